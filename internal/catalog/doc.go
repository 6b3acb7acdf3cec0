// Package catalog knows what a store sells: the price lists in force at each
// moment, and the reading of item files.
//
// A price list (items, prices, taxes, promotions) is published whole, as data,
// with the moment it takes effect; a cart is priced by the list that was in
// force when its trip ended, however late it arrives. Lists are never changed
// or removed: a correction is a new list.
package catalog
