// Package receipt makes the shopper's receipt: once for each trip, in the
// transaction that settles it, from the same stored integers the payment and
// the books use. It has an unguessable address from the first moment on.
//
//	PENDING   settled; the card's details are being asked for; the page says
//	          that the trip is being processed
//	ISSUED    shown; details of the card may still be missing
//	COMPLETE  nothing will be added any more
//
// What was bought and paid is frozen when the receipt begins. Only the card
// block is added later: Amazon's Get Transactional Data answers after Capture,
// with any field possibly missing (contract: payments 6), so the receipt waits
// for it a set time, goes out without, and is completed on a schedule.
//
// Content is data and HTML is one rendering of it; a document or a message is
// another one beside html.go, made from the same View.
package receipt
