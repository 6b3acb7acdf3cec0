package pay

import (
	"context"
	"sync"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/internal/outbox"
)

// A gate event and a cart are one write each, decided before it is made. What
// it takes for granted of the trip's payment, it checks.

// StandsAt checks that the payment of a trip has a version, 0 for no payment.
var StandsAt = db.NewCheck("trip_id text, version bigint",
	"COALESCE((SELECT payment.version FROM payment WHERE payment.trip_id = r.trip_id), 0) = r.version")

// OwesNothing checks that a payer owes nothing in any store, whichever of both
// keys it is known by: then Owed answers no amount and no open debt. Debts that
// are paid off do not count; those written off do.
var OwesNothing = db.NewCheck("visitor text, instrument text",
	`NOT EXISTS (SELECT 1 FROM debt WHERE debt.visitor = r.visitor AND debt.visitor <> '' AND debt.state <> 'RESOLVED')
	AND NOT EXISTS (SELECT 1 FROM debt WHERE debt.instrument = r.instrument AND debt.instrument <> '' AND debt.state <> 'RESOLVED')`)

// NeverOwed checks that a payer has no debt and never had one: then Owed
// answers the zero Balance.
var NeverOwed = db.NewCheck("visitor text, instrument text",
	`NOT EXISTS (SELECT 1 FROM debt WHERE debt.visitor = r.visitor AND debt.visitor <> '')
	AND NOT EXISTS (SELECT 1 FROM debt WHERE debt.instrument = r.instrument AND debt.instrument <> '')`)

// LinkStmts are the statements that GuessLink puts.
func LinkStmts() []*db.Stmt { return []*db.Stmt{insertPayment, putHistory, outbox.AddStmt} }

// OpenStmts are the statements that GuessOpen puts.
func OpenStmts() []*db.Stmt {
	return []*db.Stmt{insertPayment, swapPayment, putHistory, putEntry, putReport, outbox.AddStmt}
}

// OpenStmts is the function of that name, for callers to whom p is an interface.
func (p *Pay) OpenStmts() []*db.Stmt { return OpenStmts() }

// GuessLink is Link for a trip that nobody has heard of, without reading: the
// caller adds the check StandsAt with version 0. With false it must use Link.
func (p *Pay) GuessLink(ctx context.Context, w db.Putter, l Link) (bool, error) {
	if l.TripID == "" || l.StoreID == "" {
		return false, fault.New(fault.Invalid, "link an entry: trip and store are needed")
	}
	c, err := linking(Payment{}, p.settingsOf(l.StoreID), l)
	if err != nil {
		return false, err
	}
	next, err := p.put(ctx, noReads{}, w, c)
	if err != nil {
		return false, err
	}
	w.AfterCommit(func() { p.linked.put(next) })
	return true, nil
}

// GuessOpen is Open for what this process knows of the trip's payment, without
// reading: the caller adds the check StandsAt with the version answered. With
// false it must use Open.
func (p *Pay) GuessOpen(ctx context.Context, w db.Putter, o Opening) (version int64, ok bool, err error) {
	if err := o.check(); err != nil {
		return 0, false, err
	}
	known := p.linked.take(o.TripID)
	s := p.settingsOf(o.StoreID)
	if s.route(o.Entry) == OwnProcessor || known.indebted || !known.Opened.IsZero() {
		return 0, false, nil
	}
	c, err := opening(known, s, o)
	if err == nil {
		err = c.price(o.Total, o.Act, o.Reason)
	}
	if err != nil {
		return 0, false, err
	}
	if c.settle || len(c.alerts) > 0 || c.tell && s.reports(c.p) {
		return 0, false, nil // more is read and written than a guess can
	}
	next, err := p.put(ctx, noReads{}, w, c)
	if err != nil {
		return 0, false, err
	}
	w.AfterCommit(func() { p.opening.put(next) })
	return c.was, true, nil
}

// noReads is the Querier of a change that reads nothing.
type noReads struct{ db.Querier }

// memory keeps payments that this process has just written until it goes on
// with them, so that they need not be read. It may forget any of them, and
// whoever takes one finds out when writing whether it still stands.
type memory struct {
	mu     sync.Mutex
	byTrip map[string]Payment
	ring   []string
	next   int
}

// remembered bounds a memory, at about a kilobyte for each payment.
const remembered = 8192

func (m *memory) put(p Payment) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.byTrip == nil {
		m.byTrip, m.ring = map[string]Payment{}, make([]string, remembered)
	}
	if _, known := m.byTrip[p.TripID]; !known {
		delete(m.byTrip, m.ring[m.next])
		m.ring[m.next] = p.TripID
		m.next = (m.next + 1) % len(m.ring)
	}
	m.byTrip[p.TripID] = p
}

// take is the payment of the trip, which is then forgotten; without one it is
// nothing.
func (m *memory) take(tripID string) Payment {
	m.mu.Lock()
	defer m.mu.Unlock()
	p := m.byTrip[tripID]
	delete(m.byTrip, tripID)
	return p
}
