package cart

import (
	"fmt"
	"time"

	"github.com/strollhq/stroll/internal/price"
	"github.com/strollhq/stroll/jwo"
	"github.com/strollhq/stroll/money"
)

// States of a purchase; the package comment says what each means.
const (
	Empty    = "EMPTY"
	Priced   = "PRICED"
	Unpriced = "UNPRICED"
	Bad      = "BAD"
	InReview = "REVIEW"
)

// Purchase is a cart as taken, with its newest price.
type Purchase struct {
	TripID     string `json:"trip_id"`
	StoreID    string `json:"store_id"`
	POSStore   string `json:"pos_store"`
	PurchaseID string `json:"purchase_id"` // "" for an empty cart
	Status     int    `json:"status"`      // HTTP status of the first answer
	State      string `json:"state"`
	// Reason says why the payment was released or held, in pay.Opening's
	// words; "" when it was charged.
	Reason     string    `json:"reason,omitempty"`
	Entry      string    `json:"entry"`                // FINANCIAL or SCAN_CODE
	Kind       string    `json:"kind"`                 // SHOPPER, ASSOCIATE or CASH_SHOPPER
	Visitor    string    `json:"visitor,omitempty"`    // our id of the payer
	Instrument string    `json:"instrument,omitempty"` // Amazon's token of the payer's card
	Loyalty    string    `json:"loyalty,omitempty"`    // the loyalty scan's id
	Device     string    `json:"device,omitempty"`
	GroupSize  int       `json:"group_size"` // people who entered, at least 1
	Flags      []string  `json:"flags"`
	Started    time.Time `json:"started"`
	Ended      time.Time `json:"ended"`
	Received   time.Time `json:"received"`
	PriceAt    time.Time `json:"price_at"` // the moment whose price list applies
	PricedAt   time.Time `json:"priced_at,omitzero"`
	// Total is what the cart costs. It has no currency while that is unknown.
	Total money.Amount `json:"total"`
	// Version is the price list's, Result the frozen price; nil while unknown.
	Version string        `json:"version,omitempty"`
	Result  *price.Result `json:"result,omitempty"`
	Lines   []Line        `json:"lines"`

	pricing int      // number of the newest row in purchase_price, 0 for none
	shopper string   // whose promotion caps count
	digest  string   // of the content that was taken
	events  []string // ids of the entry events; only while it is taken
	text    encoded  // set by encode, before it is written
}

// encoded is the part of a purchase that is stored as text.
type encoded struct{ lines, result string }

// encode prepares p for being written. It is apart from the writing because
// SQLite has one writer: what can be done before its turn is done before.
func (p *Purchase) encode() error {
	lines, err := list(p.Lines)
	if err != nil {
		return fmt.Errorf("lines of trip %s: %w", p.TripID, err)
	}
	p.text = encoded{lines: lines}
	if p.Result != nil {
		p.text.result = string(p.Result.Append(nil))
	}
	return nil
}

// encodeFresh is encode for a cart that came as a body, which is kept. Lines
// that all have a price are what the body and the price say of them, and are
// not stored again; linesFrom finds them.
func (p *Purchase) encodeFresh() error {
	if p.State != Priced || p.Result == nil || len(p.Result.Lines) != len(p.Lines) {
		return p.encode()
	}
	p.text = encoded{result: string(p.Result.Append(nil))}
	return nil
}

// linesFrom finds the lines of a cart that was stored without them.
func (p *Purchase) linesFrom(body string) error {
	var req jwo.CreatePurchasesRequest
	// What the limits of today would refuse was taken under those of its day.
	if err := jwo.DecodeRequest([]byte(body), &req, jwo.Limits{}); err != nil && len(req.CartItems) == 0 && p.Result != nil {
		return fmt.Errorf("lines of trip %s: %w", p.TripID, err)
	}
	p.Lines = linesOf(&req)
	if p.Result == nil {
		return nil
	}
	if len(p.Result.Lines) != len(p.Lines) {
		return fmt.Errorf("lines of trip %s: its cart has %d and its price %d", p.TripID, len(p.Lines), len(p.Result.Lines))
	}
	for i, l := range p.Result.Lines {
		p.Lines[i].SKU = l.SKU
	}
	return nil
}

// linesOf is a cart's lines before anything is known of them.
func linesOf(req *jwo.CreatePurchasesRequest) []Line {
	lines := make([]Line, 0, len(req.CartItems))
	for i, item := range req.CartItems {
		l := Line{No: i + 1, ID: clean(item.ID), Type: clean(item.Type), Quantity: item.Quantity.Value,
			Unit: clean(item.Quantity.Unit), LineItemID: clean(item.LineItemID)}
		for _, x := range item.ExternalIdentifiers {
			if x.ID != "" {
				l.External = append(l.External, clean(x.ID))
			}
		}
		lines = append(lines, l)
	}
	return lines
}

// Line is one line of a cart as Amazon sent it, and what it was taken for.
type Line struct {
	No         int      `json:"no"` // from 1, in Amazon's order
	ID         string   `json:"id"`
	Type       string   `json:"type"` // SKU or SCANCODE
	Quantity   string   `json:"quantity"`
	Unit       string   `json:"unit"`
	External   []string `json:"external,omitempty"`
	LineItemID string   `json:"line_item_id,omitempty"`
	SKU        string   `json:"sku,omitempty"`      // our item; "" while none fits
	Override   string   `json:"override,omitempty"` // unit price set by an operator
	Dropped    bool     `json:"dropped,omitempty"`  // taken off by an operator
	// Trouble says why the line cannot be priced; "" when it can.
	Trouble     string             `json:"trouble,omitempty"`
	Suggestions []price.Suggestion `json:"suggestions,omitempty"`
}

// Filter picks purchases; empty fields pick all.
type Filter struct {
	StoreID string
	State   string
	Since   time.Time // received at or after
	Until   time.Time // received before
	Limit   int       // default 100, at most 1000
}

// BadCart is a purchase that waits for an operator.
type BadCart struct {
	Purchase
	Age time.Duration `json:"age_ns"` // since it was received
}

// Difference is a cart that arrived for a trip whose first cart had other
// content.
type Difference struct {
	At   time.Time `json:"at"` // first seen
	Body string    `json:"body"`
}

// Pricing is one pricing of a purchase; none is ever changed.
type Pricing struct {
	No       int           `json:"no"`
	At       time.Time     `json:"at"`
	Version  string        `json:"version"`
	Operator string        `json:"operator,omitempty"` // "" for the program
	Reason   string        `json:"reason,omitempty"`
	Fixes    []Fix         `json:"fixes,omitempty"`
	Total    money.Amount  `json:"total"`
	Result   *price.Result `json:"result"`
}
