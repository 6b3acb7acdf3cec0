package jwosim

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/strollhq/stroll/money"
)

// Books is the simulator's own account of what happened, to be laid beside the
// retailer's. Amounts are in minor units of the currency named beside them.
type Books struct {
	At time.Time `json:"at"`
	// Seed that replays the run.
	Seed uint64 `json:"seed"`
	// Trips whose gate opened, in the order of entry.
	Trips []TripBook `json:"trips"`
	// Totals by currency.
	Totals []Totals `json:"totals"`
	// Refused entries by reason.
	Refused map[string]int `json:"refused"`
	// Findings: what a well-behaved system never does.
	Findings []Finding `json:"findings"`
	// Balanced is empty, or says where money was made or lost.
	Balanced string `json:"balanced"`
}

// TripBook is the money of one trip.
type TripBook struct {
	TripID     string         `json:"tripId"`
	Key        string         `json:"key"`
	StoreID    string         `json:"storeId"`
	Entry      string         `json:"entry"` // FINANCIAL or SCAN_CODE
	State      string         `json:"state"` // of the trip: shopping, left, delivered, refused, undelivered
	PurchaseID string         `json:"purchaseId"`
	Lines      int            `json:"lines"`
	Card       string         `json:"card"`
	Charge     string         `json:"charge"` // state of the charge; "" where there was no hold
	Currency   money.Currency `json:"currency"`
	Expires    time.Time      `json:"expires"`
	PreAuth    int64          `json:"preAuth"`    // held at entry, after an ADJUST condition
	Held       int64          `json:"held"`       // still held
	Asked      int64          `json:"asked"`      // by the last Adjust
	Adjusted   int64          `json:"adjusted"`   // authorized by the last Adjust
	Captured   int64          `json:"captured"`   // in all
	Captures   int            `json:"captures"`   // more than 1 only with DoubleCaptures
	Refunded   int64          `json:"refunded"`   // in all
	Refunds    int            `json:"refunds"`    // refund requests
	Reported   *Report        `json:"reported"`   // the last accepted payment status, null for none
	Reports    int            `json:"reports"`    // accepted
	Deliveries int            `json:"deliveries"` // of the cart
}

// Totals sums one currency.
type Totals struct {
	Currency money.Currency `json:"currency"`
	// Trips by the state of their charge; "none" where there was no hold.
	Trips    map[string]int `json:"trips"`
	PreAuth  int64          `json:"preAuth"`
	Held     int64          `json:"held"`
	Adjusted int64          `json:"adjusted"`
	Captured int64          `json:"captured"`
	Refunded int64          `json:"refunded"`
	// ReportedTotal and ReportedSettled sum the last accepted reports.
	ReportedTotal   int64 `json:"reportedTotal"`
	ReportedSettled int64 `json:"reportedSettled"`
}

// Books of everything so far; expired holds are released first.
func (s *Sim) Books() Books {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := Books{
		At: s.Now(), Seed: s.cfg.Seed, Trips: []TripBook{},
		Refused: maps.Clone(s.refused), Findings: append([]Finding{}, s.findings...),
	}
	sums := ledger{}
	for _, t := range s.order {
		if t.admitted() {
			tb := s.book(t, b.At)
			b.Trips = append(b.Trips, tb)
			sums.add(tb)
		}
	}
	b.Totals = sums.list()
	if err := s.verify(); err != nil {
		b.Balanced = err.Error()
	}
	return b
}

func (s *Sim) book(t *Trip, now time.Time) TripBook {
	b := TripBook{
		TripID: t.id, Key: t.key, StoreID: t.store.ID, Entry: t.entry, State: t.state, PurchaseID: t.purchase,
		Lines: len(t.cart), Currency: t.store.Currency, Expires: t.started.Add(t.store.Lifetime), Deliveries: t.sent,
	}
	if t.card != nil {
		b.Card = t.card.ID
	}
	if t.report != nil {
		r := *t.report
		b.Reported, b.Reports = &r, r.Count
	}
	c := t.charge
	if c == nil {
		return b
	}
	c.expire(now)
	b.Charge, b.PreAuth, b.Held, b.Asked, b.Adjusted = c.state, c.preauth, c.hold, c.asked, c.authorized
	b.Captured, b.Captures, b.Refunded, b.Refunds = c.captured, c.captures, c.refunded, len(c.refunds)
	return b
}

// admitted reports a trip whose gate opened.
func (t *Trip) admitted() bool { return t.state != tripEntering && t.state != tripDenied }

// ledger sums trips by currency.
type ledger map[money.Currency]*Totals

func (l ledger) of(c money.Currency) *Totals {
	if l[c] == nil {
		l[c] = &Totals{Currency: c, Trips: map[string]int{}}
	}
	return l[c]
}

func (l ledger) add(b TripBook) {
	t := l.of(b.Currency)
	t.Trips[cmp.Or(b.Charge, "none")]++
	t.PreAuth += b.PreAuth
	t.Held += b.Held
	t.Adjusted += b.Adjusted
	t.Captured += b.Captured
	t.Refunded += b.Refunded
	if r := b.Reported; r != nil {
		t = l.of(r.Total.Currency)
		t.ReportedTotal += r.Total.Minor
		t.ReportedSettled += r.Settled.Minor
	}
}

func (l ledger) list() []Totals {
	out := []Totals{}
	for _, cur := range slices.Sorted(maps.Keys(l)) {
		out = append(out, *l[cur])
	}
	return out
}

// Totals are those of Books, without the trips and the checks: cheap enough
// for a display that is drawn again and again.
func (s *Sim) Totals() []Totals {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, sums := s.Now(), ledger{}
	for _, t := range s.order {
		if t.admitted() {
			sums.add(s.book(t, now))
		}
	}
	return sums.list()
}

// Verify recomputes every card from its trips: what is held is the sum of the
// running holds, what is spent the sum of captures less refunds, no refund
// exceeds its capture, no capture what was authorized or held; and without
// DoubleCaptures nothing is captured twice and no card is overdrawn. The error
// names every difference.
func (s *Sim) Verify() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.verify()
}

func (s *Sim) verify() error {
	type sums struct{ held, spent int64 }
	of := map[*account]*sums{}
	for _, a := range s.cards {
		of[a] = &sums{}
	}
	var faults []error
	for _, t := range s.order {
		c := t.charge
		if c == nil {
			continue
		}
		sum := of[c.card]
		sum.held += c.hold
		sum.spent += c.captured - c.refunded
		if c.refunded < 0 || c.refunded > c.captured {
			faults = append(faults, fmt.Errorf("trip %s: refunded %d of captured %d", t.id, c.refunded, c.captured))
		}
		var refunds int64
		for _, r := range c.refunds {
			refunds += r.amount.Minor
		}
		if refunds != c.refunded {
			faults = append(faults, fmt.Errorf("trip %s: refunds sum to %d, not %d", t.id, refunds, c.refunded))
		}
		if c.hold < 0 || c.hold > 0 && !c.card.open[t] {
			faults = append(faults, fmt.Errorf("trip %s: hold of %d, open %v", t.id, c.hold, c.card.open[t]))
		}
		if c.captureAmount > c.captureLimit {
			faults = append(faults, fmt.Errorf("trip %s: captured %d of %d", t.id, c.captureAmount, c.captureLimit))
		}
		if c.captures > 1 && !s.cfg.Settings.DoubleCaptures {
			faults = append(faults, fmt.Errorf("trip %s: captured %d times", t.id, c.captures))
		}
	}
	for _, a := range s.cards {
		if got := of[a]; got.held != a.held || got.spent != a.spent {
			faults = append(faults, fmt.Errorf("card %s: held %d and spent %d, trips say %d and %d", a.ID, a.held, a.spent, got.held, got.spent))
		}
		if a.available() < 0 && !s.cfg.Settings.DoubleCaptures {
			faults = append(faults, fmt.Errorf("card %s: overdrawn by %d", a.ID, -a.available()))
		}
	}
	return errors.Join(faults...)
}
