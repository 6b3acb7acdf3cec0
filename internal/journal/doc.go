// Package journal keeps every call to and from Amazon as a row: when, which
// way, which API, for which store and trip, how it ended and how long it took.
//
// It is a log, not a book: rows are written behind the calls in groups, and a
// crash may lose the last moment's. Bodies, keys, e-mail addresses and shopper
// ids are never in it.
package journal
