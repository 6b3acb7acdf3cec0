// Package gate decides who may enter: by the retailer's app, where Amazon asks
// about a scanned key (VerifyIdentityKeys), and by card, where Amazon asks
// about a payment instrument (GetShopperAuthorization).
//
// A decision is one statement: it is made in memory from what this process last
// knew, and the statement that records it writes nothing unless it finds every
// fact it stands on unchanged in the database (guess.go). Where a guess was
// wrong, or one is not possible, a short transaction reads the scan code's
// record, the account and what is owed, and writes the row that records the
// answer. Either way nothing is decided on what another process has changed. A
// unique index on the event makes repeats harmless, between goroutines and
// between processes: the first answer is the answer. Refusals by policy are 401
// for a scanned key and "not authorized" for a card, also when something breaks
// after they are known; an outage is never shown as a refusal unless the
// store's settings say so. Every answer is given before the deadline of the
// settings, whatever the database or a ledger does meanwhile.
//
// Keys and tokens are stored as hashes only and reach no log.
package gate
