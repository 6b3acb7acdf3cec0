// Package cart takes the carts Amazon sends after a shopper has left
// (contract: ordering 2), prices them and opens their payment.
//
// A cart is one row per trip: its identity is Amazon's idempotentShoppingTripId
// and nothing else. In one transaction the first copy of a cart becomes a
// purchase with its raw body, its lines, its frozen price and its payment;
// only then is it answered, and every later copy gets that first answer.
// Nothing here waits for Amazon, for a processor or for a slow price source:
// what cannot be priced at once is stored, answered and priced from the queue.
//
// A purchase is always in one of these states:
//
//	EMPTY     nothing was taken; the hold is released
//	PRICED    every line has a price; the payment takes it from here
//	UNPRICED  the price list was not to be had; the job "cart.price" tries again
//	BAD       a line fits nothing on the price list; an operator resolves it
//	REVIEW    held for a person: nobody to charge, or a second, different cart
//
// The price of a purchase is never edited: each pricing is kept with the price
// list's version, the first with the purchase and, once there are others, beside
// them in a row of its own; the newest counts.
package cart
