package price

import (
	"fmt"
	"strings"
	"time"

	"github.com/strollhq/stroll/money"
)

// Cart is what is to be priced.
//
// The order of Lines does not change any result. Where a choice has to be made
// (who gets the odd cent, which of equal pieces is free) lines count in this
// order: price per piece, dearest first; SKU; line price, dearest first;
// quantity, largest first; unit; the way the price was found; No. So lines that
// are alike in everything but No may swap their results when they are
// renumbered, and nothing else changes.
type Cart struct {
	Lines []CartLine
	// At is the moment whose promotions count: the end of the trip.
	At time.Time
	// Loyalty says that the shopper belongs to the loyalty programme.
	Loyalty bool
	// Shopper is the retailer's id of the shopper, "" if not known. It selects
	// nothing; a known shopper's earlier uses are in Used.
	Shopper string
	// Kind is the kind of shopper (SHOPPER, ASSOCIATE, CASH_SHOPPER) and Entry
	// the way in (SCAN_CODE, FINANCIAL), for conditions.
	Kind, Entry string
	// Used is the earlier use of promotions by this shopper, by promotion id.
	Used map[string]Usage
}

// CartLine is one line of a cart.
type CartLine struct {
	// No names the line in results and faults.
	No int
	// SKU of the item, as Find gave it.
	SKU string
	// Quantity is above 0; whole for items sold by the piece.
	Quantity money.Decimal
	// Unit of the quantity. Empty: the unit of the item's price.
	Unit string
	// Override is a unit price set by a person, in the store's currency, instead
	// of the shelf price; with it, a SKU that is not on the list is priced too,
	// by its Unit and with the store's default tax.
	Override *money.Decimal
}

// Usage counts the use of one promotion: Uses as Caps defines them, Amount in
// minor units.
type Usage struct {
	Uses   int64 `json:"uses"`
	Amount int64 `json:"amount"`
}

// BadLine is a cart line that cannot be priced: the cart goes to a person.
type BadLine struct {
	No     int
	Reason string
}

func (e *BadLine) Error() string { return fmt.Sprintf("line %d: %s", e.No, e.Reason) }

// BadLines is the error of Price: every line that cannot be priced.
// errors.As finds the first *BadLine in it.
type BadLines []*BadLine

func (e BadLines) Error() string {
	parts := make([]string, len(e))
	for i, l := range e {
		parts[i] = l.Error()
	}
	return strings.Join(parts, "; ")
}

// Unwrap gives the single lines to errors.Is and errors.As.
func (e BadLines) Unwrap() []error {
	out := make([]error, len(e))
	for i, l := range e {
		out[i] = l
	}
	return out
}
