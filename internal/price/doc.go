// Package price turns a cart into money: shelf prices, promotions, tax and
// fees, by the formula of the contract (ordering 4). It is pure: a Spec is
// compiled once into a Book, and Book.Price depends on nothing but its
// arguments.
//
// All results are integer minor units of the store's currency. Per line:
//
//	price = round(unit price × quantity)
//	promo = Σ promotions, each on what the earlier ones left, never above price
//	tax   = Σ over rates of round((price − promo) × rate)
//	fees  = Σ fees, feeTax = Σ over fees and their rates of round(fee × rate)
//	total = price − promo + fees + tax + feeTax     (tax shown, not added, where prices include it)
//
// and every total of the cart is a sum over its lines. A promotion or tax that
// belongs to the whole cart is spread over the lines by largest remainder.
//
// The order of the lines does not matter: selection and spreading follow a
// canonical order (see Cart). Units gives each piece of a line its own share,
// so that refunds of single pieces add up to the line.
package price
