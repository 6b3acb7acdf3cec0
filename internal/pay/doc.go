// Package pay is the charge of a trip: from the pre-authorization at the gate
// to captured, cancelled or owed, with the debts and the ledger behind it.
package pay
