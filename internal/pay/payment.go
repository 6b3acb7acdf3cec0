package pay

import (
	"time"

	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/money"
)

// Routes a trip is settled by, fixed when its cart becomes durable.
const (
	PaymentService = "payment_service"
	OwnProcessor   = "own_processor"
)

// Payment is the charge of one trip as stored. Refunds and debts are records
// of their own; nothing here is a flag set by hand.
type Payment struct {
	TripID     string
	StoreID    string
	PurchaseID string
	State      State
	Act        Act    // empty while the cart is not known
	Reason     string // of an Act that is not a plain charge
	Route      string // PaymentService or OwnProcessor; empty while the cart is not known
	Entry      string
	Visitor    string
	Instrument string

	Total      money.Amount // no currency while the price is not known
	Hold       money.Amount // the pre-authorization, as far as known
	Authorized money.Amount // what may be captured: authorised by Adjust, or the hold of a deliberate partial capture
	Captured   money.Amount // what was captured, as far as known today

	Started, Ended time.Time
	Opened         time.Time // when the cart became durable; zero before
	Expires        time.Time // end of the pre-authorization
	CapturedAt     time.Time // the Capture's 200; zero before
	SettledAt      time.Time // when the trip became final for the shopper; zero before
	Changed        time.Time // last transition

	ParkedFrom State     // the state left for PARKED
	Due        time.Time // when an operator is expected to have dealt with a parked payment
	Note       string    // why it is where it is, for people

	sold     int64  // what the ledger holds as sold
	authRef  string // the own processor's reference of the authorization
	declines int64  // declined adjustments so far
	partial  bool   // captures the hold after a decline
	indebted bool   // a debt record exists
	warned   int64  // the last expiry warning given, in percent of the lifetime
	version  int64
}

// Priced tells whether the total is known.
func (p Payment) Priced() bool { return p.Total.Currency != "" }

// Final tells whether nothing more happens unless news arrives from outside.
func (p Payment) Final() bool { return rules[p.State].Final }

// Refundable is nil in the states a refund is allowed in (contract: payments
// 5), else fault.Conflict: nothing is to be sent.
func (p Payment) Refundable() error {
	if p.State == CaptureInitiated || p.State == Captured {
		return nil
	}
	return fault.New(fault.Conflict, "refund trip %s: nothing is captured in state %s", p.TripID, p.State)
}

// Remaining is the time left to charge an uncharged payment at now; zero when
// it is over.
func (p Payment) Remaining(now time.Time) time.Duration {
	return max(p.Expires.Sub(now), 0)
}

// uncharged tells whether the expiry clock matters: a cart is there and
// nothing is captured yet.
func (p Payment) uncharged() bool { return !p.Opened.IsZero() && !p.Final() }

// unsettled tells that the trip is final for the shopper and nobody was told:
// captured, or due to staff in cash.
func (p Payment) unsettled() bool {
	done := p.State == CaptureInitiated || p.State == Captured || (p.Reason == CashShopper && p.Act == Release)
	return done && p.SettledAt.IsZero()
}
