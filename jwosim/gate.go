package jwosim

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"time"

	"github.com/strollhq/stroll/money"
)

// Entry is somebody at a gate.
type Entry struct {
	StoreID string `json:"storeId"`
	// Code is the text of the code shown, before Base64; or
	Code string `json:"code"`
	// Card is the id of the card tapped: a known one, or a magic one.
	Card string `json:"card"`
	// Key names this entry of the store for replays: every draw about the trip
	// is made from the seed, the store and it. Used again it is counted on.
	// Default: the card and how often it came, or the number of the code entry,
	// which under concurrency depends on the order.
	Key string `json:"key"`
	// Location of the event. Default ENTRY.
	Location string `json:"location"`
	// Loyalty, on a card entry, is the loyalty id also scanned.
	Loyalty string `json:"loyalty"`
	// NoChannel leaves the optional keyChannel out.
	NoChannel bool `json:"noChannel"`
}

// Refused is a gate that stayed closed.
type Refused struct {
	StoreID string `json:"storeId"`
	TripID  string `json:"tripId"`
	EventID string `json:"eventId"`
	// Gate is who refused: "pattern", "reader", "preauth", "amazon",
	// "identity" or "authorization" (the two connectors).
	Gate string `json:"gate"`
	// Status of the connector's last answer, 0 if none was asked or came.
	Status int `json:"status"`
	// Reason: code_pattern, card_unknown, card_invalid, card_expired,
	// preauth_declined, bad_debt, risk, shopper_refused (401), bad_request
	// (400), throttled (429), caller_refused (403), not_configured (404),
	// connector_failed (the store's default gate is closed), denied.
	Reason string `json:"reason"`
	// Risks named by whoever denied.
	Risks []string `json:"risks"`
	// Tries of the connector.
	Tries int `json:"tries"`
}

// Error says who refused and why.
func (r *Refused) Error() string {
	return fmt.Sprintf("store %s: gate closed by %s: %s (status %d)", r.StoreID, r.Gate, r.Reason, r.Status)
}

// EnterByCode shows a code at the gate. The error is a *Refused when the gate
// stays closed.
func (s *Sim) EnterByCode(ctx context.Context, storeID, code string) (*Trip, error) {
	return s.Enter(ctx, Entry{StoreID: storeID, Code: code})
}

// EnterByCard taps a card at the gate. The error is a *Refused when the gate
// stays closed.
func (s *Sim) EnterByCard(ctx context.Context, storeID, cardID string) (*Trip, error) {
	return s.Enter(ctx, Entry{StoreID: storeID, Card: cardID})
}

// Enter is somebody at a gate: it asks whom the store's set-up says must be
// asked, as a real gate does, and returns the trip once the gate has opened.
func (s *Sim) Enter(ctx context.Context, e Entry) (*Trip, error) {
	st := s.stores[e.StoreID]
	if st == nil {
		return nil, fmt.Errorf("no store %.40q", e.StoreID)
	}
	if (e.Code == "") == (e.Card == "") {
		return nil, errors.New("an entry has a code or a card")
	}
	ctx, done := s.bound(ctx)
	defer done()
	t := s.newTrip(st, e)
	var err error
	if e.Card != "" {
		err = s.enterByCard(ctx, t, e)
	} else {
		err = s.enterByCode(ctx, t, e)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.deny(t, err)
		return nil, err
	}
	t.state = tripShopping
	s.changed(t)
	return t, nil
}

// newTrip gives the trip its identity; the gate has not decided yet.
func (s *Sim) newTrip(st *store, e Entry) *Trip {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := st.ID + "/" + e.Key
	if e.Key == "" && e.Card != "" {
		key += "card/" + e.Card
	} else if e.Key == "" {
		key += "code"
	}
	n := s.keys[key]
	s.keys[key] = n + 1
	if n > 0 || e.Key == "" {
		key += "/" + strconv.Itoa(n)
	}
	t := &Trip{
		sim: s, no: len(s.order) + 1, key: key, store: st, id: s.id("trip", key, 0), state: tripEntering, entry: "SCAN_CODE",
		skew: s.skew(s.faults, key), started: s.Now(), attempts: map[string]int{}, found: map[string]bool{},
	}
	if e.Card != "" {
		t.entry = "FINANCIAL"
	}
	s.trips[t.id] = t
	s.order = append(s.order, t)
	s.changed(t)
	return t
}

// deny releases what the gate held and counts the refusal. s.mu is held.
func (s *Sim) deny(t *Trip, err error) {
	t.state = tripDenied
	if t.charge != nil {
		t.charge.end(chargeDenied)
	}
	reason := "error"
	if r := new(Refused); errors.As(err, &r) {
		r.StoreID, r.TripID = t.store.ID, t.id
		if r.Risks == nil {
			r.Risks = []string{}
		}
		reason, t.refusal = r.Reason, r
		t.notes = append(t.notes, r.Error())
	} else {
		t.notes = append(t.notes, "gate: "+err.Error())
	}
	s.refused[reason]++
	s.changed(t)
}

// event is a new authentication event of the trip.
func (t *Trip) event(e Entry) authEvent {
	t.sim.mu.Lock()
	defer t.sim.mu.Unlock()
	n := t.attempt("event")
	if e.Location == "" {
		e.Location = "ENTRY"
	}
	return authEvent{n: n, id: t.sim.id("event", t.key, n), at: t.sim.Now().Add(t.skew), location: e.Location, payload: t.entry}
}

// hold pre-authorizes the store's amount on a card. s.mu is held.
func (s *Sim) hold(t *Trip, a *account) bool {
	s.sweep(a)
	amount := t.store.PreAuth
	if a.Balance.Currency != amount.Currency {
		return false
	}
	c, ok := newCharge(t, a, amount, t.started.Add(t.store.Lifetime))
	if ok {
		t.charge = c
	}
	return ok
}

// lower moves the hold down to an ADJUST condition's amount; others are noted
// and ignored. s.mu is held.
func (s *Sim) lower(t *Trip, amount money.Amount) {
	c := t.charge
	if c == nil {
		return
	}
	if amount.Currency != c.cur || amount.Minor <= 0 || amount.Minor > c.hold {
		t.notes = append(t.notes, fmt.Sprintf("ADJUST to %s ignored: the hold is %s", amount, money.New(c.hold, c.cur)))
		return
	}
	c.move(amount.Minor)
	c.preauth = amount.Minor
}

// Join lets another person pass with the payer's means: another scan of a code
// (Entry.Code), or another tap of the payer's card (Entry.Card).
func (s *Sim) Join(ctx context.Context, t *Trip, e Entry) error {
	ctx, done := s.bound(ctx)
	defer done()
	s.mu.Lock()
	state, card := t.state, t.card
	s.mu.Unlock()
	if state != tripShopping {
		return fmt.Errorf("trip %s is %s: nobody can join", t.id, state)
	}
	var err error
	switch {
	case e.Code != "" && t.entry == "SCAN_CODE":
		err = s.scan(ctx, t, e)
	case e.Card != "" && card != nil && e.Card == card.ID && t.entry == "FINANCIAL":
		_, err = s.authorize(ctx, t, e)
	default:
		return fmt.Errorf("trip %s: a group enters with the payer's own means", t.id)
	}
	if r := new(Refused); errors.As(err, &r) {
		r.StoreID, r.TripID, r.Risks = t.store.ID, t.id, append([]string{}, r.Risks...)
		s.mu.Lock()
		s.refused[r.Reason]++
		s.mu.Unlock()
	}
	return err
}

// Join lets another person pass with a code.
func (t *Trip) Join(ctx context.Context, code string) error {
	return t.sim.Join(ctx, t, Entry{Code: code})
}

// Refusals counts the entries refused, by reason.
func (s *Sim) Refusals() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.refused)
}

// timestamp is how Amazon writes times: UTC, seconds.
func timestamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
