package receipt

import (
	"time"

	"github.com/strollhq/stroll/internal/cart"
	"github.com/strollhq/stroll/internal/pay"
	"github.com/strollhq/stroll/internal/price"
	"github.com/strollhq/stroll/jwo"
	"github.com/strollhq/stroll/money"
)

// States of a receipt; the package comment says what each means.
const (
	Pending  = "PENDING"
	Issued   = "ISSUED"
	Complete = "COMPLETE"
)

// How a trip was paid.
const (
	TenderCard = "card" // through Amazon's payment service
	TenderApp  = "app"  // by the retailer's own processor
	TenderCash = "cash" // due to staff
)

// Receipt is one trip's receipt.
type Receipt struct {
	Token      string    `json:"token"` // the address ends in it: /r/<token>
	TripID     string    `json:"trip_id"`
	StoreID    string    `json:"store_id"`
	PurchaseID string    `json:"purchase_id"`
	State      string    `json:"state"`
	Note       string    `json:"note,omitempty"` // why the card's details are missing
	Received   time.Time `json:"received"`       // when the cart arrived
	Created    time.Time `json:"created"`
	Issued     time.Time `json:"issued,omitzero"`
	Completed  time.Time `json:"completed,omitzero"`
	Content    Content   `json:"content"`
	Card       Card      `json:"card"`

	askAfter time.Time // Amazon asked to be left alone until then
}

// Store is what a receipt says about where the trip was.
type Store struct {
	Name    string   `json:"name"`
	Address []string `json:"address,omitempty"`
	// Locale says how amounts and the language are written, TimeZone (IANA)
	// whose clock times are shown by. Defaults en-US and UTC.
	Locale   string `json:"locale"`
	TimeZone string `json:"time_zone"`
}

// Content is what was bought and paid. It never changes.
type Content struct {
	Store     Store     `json:"store"`
	Number    string    `json:"number"` // the store's number in the retailer's systems
	Started   time.Time `json:"started"`
	Ended     time.Time `json:"ended"`
	GroupSize int       `json:"group_size"`
	// Price is the cart's frozen price.
	Price price.Result `json:"price"`
	// Tender is card, app or cash. Captured is what was taken, Outstanding
	// what is still owed; for cash all of it is due to staff.
	Tender      string       `json:"tender"`
	Captured    money.Amount `json:"captured"`
	Outstanding money.Amount `json:"outstanding"`
}

// Card is the card block. Every field may be empty. The card's expiry date is
// not among them: it is never stored.
type Card struct {
	Brand        string `json:"brand,omitempty"`
	Last4        string `json:"last4,omitempty"`
	EntryMode    string `json:"entry_mode,omitempty"`    // EMV_9F39_07 …
	AID          string `json:"aid,omitempty"`           // EMV application id
	AuthResponse string `json:"auth_response,omitempty"` // authorization response code
	CVM          string `json:"cvm,omitempty"`           // cardholder verification method result
	Terminal     string `json:"terminal,omitempty"`
	Cryptogram   string `json:"cryptogram,omitempty"` // cryptogram information data
	PANSequence  string `json:"pan_sequence,omitempty"`
	// Statement is the id by which the shopper finds the trip on the card's
	// statement, Reconciliation the one of reports and events.
	Statement      string `json:"statement,omitempty"`
	Reconciliation string `json:"reconciliation,omitempty"`
}

// contentOf freezes a purchase and its payment.
func contentOf(p cart.Purchase, m pay.Payment, s Store) Content {
	c := Content{
		Store: s, Number: p.POSStore, Started: p.Started, Ended: p.Ended, GroupSize: p.GroupSize,
		Tender: TenderCard, Captured: m.Captured,
	}
	if p.Result != nil {
		c.Price = *p.Result
		// What did not apply is for staff, who read it from the purchase.
		c.Price.Explain = nil
	} else {
		c.Price.Currency = m.Total.Currency
	}
	if c.Captured.Currency == "" {
		c.Captured = money.New(0, m.Total.Currency)
	}
	c.Outstanding = money.New(max(m.Total.Minor-c.Captured.Minor, 0), m.Total.Currency)
	switch {
	case m.Reason == pay.CashShopper:
		c.Tender = TenderCash
	case m.Route == pay.OwnProcessor:
		c.Tender = TenderApp
	}
	return c
}

// merge takes over what an answer knows; what it lacks stays as it was.
func (c Card) merge(a *jwo.GetTransactionalDataResponse) Card {
	for _, f := range []struct {
		into *string
		from string
	}{
		{&c.Brand, a.Brand}, {&c.Last4, last4(a.Tail)}, {&c.EntryMode, a.POSEntryMode}, {&c.AID, a.ApplicationID},
		{&c.AuthResponse, a.AuthorizationResponseCode}, {&c.CVM, a.CardholderVerificationMethodResult},
		{&c.Terminal, a.TerminalID}, {&c.Cryptogram, a.CryptogramInformationData}, {&c.PANSequence, a.PANSequenceNumber},
		{&c.Statement, a.CardStatementTransactionID}, {&c.Reconciliation, a.ReconciliationID},
	} {
		if f.from != "" {
			*f.into = short(f.from)
		}
	}
	return c
}

// last4 keeps four characters whatever came: more would be card data that must
// not be stored.
func last4(s string) string { return s[max(len(s)-4, 0):] }

// maxField bounds what is kept of one field; no documented one is longer.
const maxField = 255

func short(s string) string { return s[:min(len(s), maxField)] }

// full reports whether a shopper's receipt lacks nothing: brand and digits,
// how the card was read, who approved it where, the statement's id, and the
// application of a chip card.
func (c Card) full() bool {
	for _, s := range []string{c.Brand, c.Last4, c.EntryMode, c.AuthResponse, c.Terminal, c.Statement} {
		if s == "" {
			return false
		}
	}
	return c.AID != "" || !chip(c.EntryMode)
}
