package pay

import (
	"time"

	"github.com/strollhq/stroll/money"
)

// Act is what the cart asks of the payment.
type Act string

const (
	// Charge adjusts and captures the total.
	Charge Act = "charge"
	// Release cancels the pre-authorization; nothing is charged.
	Release Act = "release"
	// Hold charges nothing until somebody decides; the expiry clock runs.
	Hold Act = "hold"
)

// Reasons of an Opening that are not a plain charge.
const (
	EmptyCart    = "empty_cart"
	ZeroTotal    = "zero_total"
	Associate    = "associate"
	CashShopper  = "cash_shopper"
	BadCart      = "bad_cart"
	OperatorHold = "operator_hold"
)

// Entry methods: the payload type of the payer's entry event.
const (
	ByCard = "FINANCIAL"
	ByCode = "SCAN_CODE"
)

// Opening is the payment of one trip as its cart knows it.
type Opening struct {
	TripID     string // Amazon's trip id, one payment each
	StoreID    string
	PurchaseID string // empty for an empty cart
	Entry      string // ByCard or ByCode: decides the route
	Visitor    string // our visitor id, empty when unknown
	Instrument string // Amazon's token of the payment instrument, empty when unknown

	// Events are the ids of the entry events of the trip. An own pre-authorization
	// made at the gate is found by them; optional.
	Events []string

	Started time.Time // start of the trip: the expiry clock runs from here
	Ended   time.Time
	// Total is the cart's price. Without a currency it is not known, which is
	// legal with Hold only: such a trip becomes a debt only once it is priced.
	Total  money.Amount
	Act    Act
	Reason string
}

// Link is an entry known before the cart: the card tap that Amazon asked about.
type Link struct {
	TripID     string
	StoreID    string
	Visitor    string
	Instrument string
	Hold       money.Amount // the pre-authorization as far as it is known; zero value if not
	At         time.Time    // of the entry event: the expiry clock runs from here
}

// Who names a payer: either key finds a debt.
type Who struct {
	StoreID    string // whose currency the balance is shown in
	Visitor    string
	Instrument string
}

// Balance is what a payer owes.
type Balance struct {
	Amount money.Amount // sum of the open debts that keep the payer out; no currency when there is none
	Open   int          // number of those debts
	// ClearedBefore tells that the payer once owed and owes nothing now: an
	// advice of bad debt from elsewhere is out of date (contract: entry 8).
	ClearedBefore bool
}
