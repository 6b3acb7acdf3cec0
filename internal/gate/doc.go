// Package gate decides who may enter: by the retailer's app, where Amazon asks
// about a scanned key (VerifyIdentityKeys), and by card, where Amazon asks
// about a payment instrument (GetShopperAuthorization).
//
// A decision is one short transaction: the scan code's record, the account,
// what is owed and the row that records the answer are read and written
// together. A unique index on the event makes repeats harmless, between
// goroutines and between processes: the first answer is the answer. Refusals
// by policy are 401 for a scanned key and "not authorized" for a card, also
// when something breaks after they are known; an outage is never shown as a
// refusal unless the store's settings say so. Every answer is given before the
// deadline of the settings, whatever the database or a ledger does meanwhile.
//
// Keys and tokens are stored as hashes only and reach no log.
package gate
