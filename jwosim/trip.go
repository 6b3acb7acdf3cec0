package jwosim

import (
	"fmt"
	"slices"
	"time"

	"github.com/strollhq/stroll/money"
)

// States of a trip.
const (
	tripEntering    = "entering" // the gate is deciding
	tripDenied      = "denied"
	tripShopping    = "shopping"
	tripLeft        = "left" // the cart is on its way
	tripDelivered   = "delivered"
	tripRefused     = "refused"     // the connector answered the cart 4xx: given up
	tripUndelivered = "undelivered" // given up; Redeliver tries again
)

// Trip is one visit: a payer, those who came along, and a cart.
type Trip struct {
	sim   *Sim
	no    int // of the entries, from 1
	id    string
	key   string // replays: what the draws of this trip are made from
	store *store
	entry string // FINANCIAL or SCAN_CODE
	skew  time.Duration

	// Guarded by sim.mu.
	state    string
	card     *account
	visitor  Visitor
	events   []authEvent
	cart     []Item
	lines    int // line item ids given
	started  time.Time
	ended    time.Time
	charge   *charge
	report   *Report
	attempts map[string]int
	found    map[string]bool
	purchase string
	sent     int // deliveries of the cart
	stale    []staleCall
	notes    []string
	refusal  *Refused // of the gate that stayed closed
}

// Visitor is what the retailer's identity connector answered.
type Visitor struct {
	ID   string `json:"id"`
	Type string `json:"type"`
}

// Item is something taken from the shelf.
type Item struct {
	// ID is a SKU or a scanned barcode, as Type says: "SKU" (default) or
	// "SCANCODE".
	ID   string `json:"id"`
	Type string `json:"type"`
	// Quantity as on the wire: "1" (default), "0.455". At most 10 characters.
	Quantity string `json:"quantity"`
	// Unit, free text. Default "each".
	Unit string `json:"unit"`
	// External identifiers, sent along.
	External []External `json:"external"`
}

// External is an identifier of an item in somebody else's system.
type External struct {
	ID   string `json:"id"`
	Type string `json:"type"` // "UPC"
}

type authEvent struct {
	n        int // of the trip, from 0
	id       string
	at       time.Time
	location string
	payload  string
	scan     *Visitor
}

// ID is the shopping trip id that carts and payment calls carry.
func (t *Trip) ID() string { return t.id }

// StoreID of the store the trip is in.
func (t *Trip) StoreID() string { return t.store.ID }

// Key the trip's faults are drawn from.
func (t *Trip) Key() string { return t.key }

// Take puts an item into the cart. The same item in the same unit again adds
// to its line.
func (t *Trip) Take(it Item) error { return t.change(it, false) }

// PutBack takes an item out of the cart again; more than is in it is an error.
func (t *Trip) PutBack(it Item) error { return t.change(it, true) }

// Weigh takes a weighed item: quantity "0.455" of unit "kg".
func (t *Trip) Weigh(id, quantity, unit string) error {
	return t.Take(Item{ID: id, Quantity: quantity, Unit: unit})
}

func (t *Trip) change(it Item, back bool) error {
	if it.Type == "" {
		it.Type = "SKU"
	}
	if it.Unit == "" {
		it.Unit = "each"
	}
	if it.Quantity == "" {
		it.Quantity = "1"
	}
	q, err := money.ParseDecimal(it.Quantity)
	if err != nil || q.Sign() <= 0 || it.ID == "" || len(it.ID) > 255 || it.Type != "SKU" && it.Type != "SCANCODE" {
		return fmt.Errorf("trip %s: %.40q %s of %.40q %.20q cannot be taken", t.id, it.Quantity, it.Unit, it.ID, it.Type)
	}
	t.sim.mu.Lock()
	defer t.sim.mu.Unlock()
	if t.state != tripShopping {
		return fmt.Errorf("trip %s is %s, not shopping", t.id, t.state)
	}
	i := slices.IndexFunc(t.cart, func(c Item) bool { return c.ID == it.ID && c.Type == it.Type && c.Unit == it.Unit })
	var have money.Decimal
	if i >= 0 {
		have = money.MustDecimal(t.cart[i].Quantity)
	}
	if back {
		q = money.Decimal{}.Sub(q)
	}
	sum := have.Add(q)
	switch {
	case sum.Sign() < 0:
		return fmt.Errorf("trip %s: %s %s of %s are in the cart", t.id, have, it.Unit, it.ID)
	case len(sum.String()) > 10:
		return fmt.Errorf("trip %s: %s %s of %s are more than 10 characters", t.id, sum, it.Unit, it.ID)
	case sum.IsZero():
		t.cart = slices.Delete(t.cart, i, i+1)
	case i >= 0:
		t.cart[i].Quantity = sum.String()
	default:
		it.External = slices.Clone(it.External)
		t.cart = append(t.cart, it)
	}
	t.sim.changed(t)
	return nil
}

// TripState is a trip as a value.
type TripState struct {
	ID      string    `json:"id"`
	Key     string    `json:"key"`
	StoreID string    `json:"storeId"`
	State   string    `json:"state"`
	Entry   string    `json:"entry"`
	Card    string    `json:"card"`
	Visitor Visitor   `json:"visitor"`
	People  int       `json:"people"` // scans and taps that passed the gate
	Cart    []Item    `json:"cart"`
	Started time.Time `json:"started"`
	Ended   time.Time `json:"ended"`
	// Expires is when the pre-authorization ends.
	Expires time.Time `json:"expires"`
	// PurchaseID of the connector's answer.
	PurchaseID string   `json:"purchaseId"`
	Deliveries int      `json:"deliveries"`
	Notes      []string `json:"notes"`
}

// State is the trip now.
func (t *Trip) State() TripState {
	t.sim.mu.Lock()
	defer t.sim.mu.Unlock()
	return t.view()
}

func (t *Trip) view() TripState {
	v := TripState{
		ID: t.id, Key: t.key, StoreID: t.store.ID, State: t.state, Entry: t.entry, Visitor: t.visitor,
		People: len(t.events), Cart: []Item{}, Started: t.started, Ended: t.ended,
		Expires: t.started.Add(t.store.Lifetime), PurchaseID: t.purchase, Deliveries: t.sent,
		Notes: append([]string{}, t.notes...),
	}
	if t.card != nil {
		v.Card = t.card.ID
	}
	for _, it := range t.cart {
		it.External = append([]External{}, it.External...)
		v.Cart = append(v.Cart, it)
	}
	return v
}

// Trip finds a trip by its shopping trip id.
func (s *Sim) Trip(id string) (*Trip, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, ok := s.trips[id]
	return t, ok
}

// Trips lists all trips in the order of entry, those refused at the gate too.
func (s *Sim) Trips() []TripState {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]TripState, 0, len(s.order))
	for _, t := range s.order {
		out = append(out, t.view())
	}
	return out
}

// attempt counts the requests of one kind about this trip. sim.mu is held.
func (t *Trip) attempt(what string) int {
	n := t.attempts[what]
	t.attempts[what] = n + 1
	return n
}
