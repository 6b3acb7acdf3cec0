// Package shopper keeps the accounts of those who enter with the retailer's
// app: shoppers, associates and shoppers who pay cash, with what the gate
// needs to know about them. Names and e-mail addresses are kept here and
// nowhere else, and reach no log.
//
// Reads take the caller's db.Querier, so that the gate sees an account, its
// debts and its own record in one transaction. Whatever changes a shopper's
// standing leaves a row that names who did it and why.
package shopper
