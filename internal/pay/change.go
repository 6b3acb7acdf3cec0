package pay

import (
	"context"
	"fmt"
	"time"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/outbox"
	"github.com/strollhq/stroll/money"
)

// change is one step of one payment: built without a database, then saved as
// a whole or not at all. Saving may be repeated; building is done once.
type change struct {
	p   Payment // as it will be
	old Payment // as it was read
	was int64   // the version read; 0 = the payment is new
	s   Settings
	now time.Time
	by  string // an operator's name, or the part of the program

	history []transition
	ops     []operation
	moves   []move
	alerts  []Alert
	tell    bool // report the outcome to Amazon
	settle  bool // the trip is final for the shopper
	wake    bool // there is something to do
	wakeAt  time.Time
}

// transition is one row of the history.
type transition struct {
	Was    State
	Event  Event
	Became State
	Note   string
}

func begin(p Payment, s Settings, now time.Time, by string) *change {
	// Milliseconds are what is stored: what is in memory equals it.
	return &change{p: p, old: p, was: p.version, s: s.WithDefaults(), now: now.Round(0).Truncate(time.Millisecond), by: by}
}

// on moves the payment along an edge of the table. An edge that is not there
// is an *IllegalError and changes nothing.
func (c *change) on(e Event, note string) error {
	to, ok := next(c.p.State, e)
	if !ok {
		return &IllegalError{c.p.TripID, c.p.State, e}
	}
	c.history = append(c.history, transition{c.p.State, e, to, note})
	if to == Parked && c.p.State != Parked {
		c.p.ParkedFrom, c.p.Due = c.p.State, c.now.Add(c.s.Parked.DueAfter)
		if c.p.Expires.After(c.now) && c.p.Expires.Before(c.p.Due) {
			c.p.Due = c.p.Expires
		}
	}
	if to != Parked {
		c.p.ParkedFrom, c.p.Due = "", time.Time{}
	}
	c.p.State, c.p.Changed, c.p.Note = to, c.now, note
	return nil
}

// park moves the payment to PARKED and tells people why.
func (c *change) park(e Event, kind, note string) error {
	if err := c.on(e, note); err != nil {
		return err
	}
	c.alert(kind, "", note)
	return nil
}

func (c *change) alert(kind, ref, note string) {
	c.alerts = append(c.alerts, Alert{TripID: c.p.TripID, StoreID: c.p.StoreID, Kind: kind, Ref: ref, At: c.now, Note: note})
}

func (c *change) put(o operation) {
	o.fresh = false
	for i := range c.ops {
		if c.ops[i].Op == o.Op && c.ops[i].Seq == o.Seq {
			c.ops[i] = o
			return
		}
	}
	c.ops = append(c.ops, o)
}

// close makes the trip final for the shopper, once.
func (c *change) close() {
	if c.p.SettledAt.IsZero() {
		c.settle, c.p.SettledAt = true, c.now
	}
}

// keep stores an intent that waits, unless it is stored already.
func (c *change) keep(o operation) {
	for _, have := range c.ops {
		if have.Op == o.Op && have.Seq == o.Seq {
			return
		}
	}
	if o.fresh {
		c.put(o)
	}
}

// dirty tells whether there is anything to save.
func (c *change) dirty() bool {
	return len(c.history)+len(c.ops)+len(c.moves)+len(c.alerts) > 0 || c.tell || c.settle || c.wake || c.p != c.old
}

// save writes the change in the transaction and returns the payment as stored.
// errStale means that the payment was changed by somebody else since it was
// read.
func (p *Pay) save(ctx context.Context, tx *db.Tx, c *change) (Payment, error) {
	return p.put(ctx, tx, tx, c)
}

// put is save for any Putter; q reads what the change needs to know besides.
func (p *Pay) put(ctx context.Context, q db.Querier, w db.Putter, c *change) (Payment, error) {
	next, err := c.next()
	if err != nil {
		return Payment{}, err
	}
	if err := storePayment(ctx, w, next, c.was); err != nil {
		return Payment{}, err
	}
	return next, p.putRest(ctx, q, w, c, next)
}

// next is the payment as it will be stored.
func (c *change) next() (Payment, error) {
	if err := c.check(); err != nil {
		return Payment{}, err
	}
	next := c.p
	next.version = c.was + max(int64(len(c.history)), 1)
	for _, m := range c.moves {
		if m.owes() {
			next.indebted = true
		}
		next.sold += m.sold()
	}
	return next, nil
}

var putHistory = db.Insert("pay_history", "trip_id text, seq bigint, was text, event text, became text, at bigint, by_whom text, note text", "")

// putRest writes all of a change but the payment itself.
func (p *Pay) putRest(ctx context.Context, q db.Querier, w db.Putter, c *change, next Payment) error {
	for i, t := range c.history {
		if err := w.Put(ctx, putHistory, c.p.TripID, c.was+int64(i)+1, string(t.Was), string(t.Event), string(t.Became), ms(c.now), c.by, t.Note); err != nil {
			return fmt.Errorf("history of trip %s: %w", c.p.TripID, err)
		}
	}
	for _, o := range c.ops {
		if err := storeOperation(ctx, w, o); err != nil {
			return err
		}
	}
	if err := c.book(ctx, q, w, next); err != nil {
		return err
	}
	if c.tell {
		if err := p.addReport(ctx, q, w, next, c.s, c.now); err != nil {
			return err
		}
	}
	for _, a := range c.alerts {
		if err := p.raise(ctx, q, w, a); err != nil {
			return err
		}
	}
	if c.settle && p.settled != nil {
		if err := p.settled(ctx, q, w, next); err != nil {
			return &settleError{c.p.TripID, err}
		}
	}
	if c.wake {
		if err := p.outbox.Add(ctx, w, outbox.Job{Kind: StepJob, Key: c.p.TripID, RunAt: c.wakeAt, Deadline: c.p.Expires}); err != nil {
			return fmt.Errorf("job of trip %s: %w", c.p.TripID, err)
		}
	}
	w.AfterCommit(func() { p.m.changed(c, next) })
	return nil
}

// settleError is a failure of Config.Settled.
type settleError struct {
	trip string
	err  error
}

func (e *settleError) Error() string { return fmt.Sprintf("settle trip %s: %v", e.trip, e.err) }
func (e *settleError) Unwrap() error { return e.err }

// InvariantError is a change that must never be made, found before it was
// written. The payment is parked instead.
type InvariantError struct {
	TripID string
	Broken string
}

func (e *InvariantError) Error() string {
	return fmt.Sprintf("trip %s: invariant broken: %s", e.TripID, e.Broken)
}

// check asserts what must hold after every change.
func (c *change) check() error {
	p := c.p
	broken := func(format string, args ...any) error {
		return &InvariantError{p.TripID, fmt.Sprintf(format, args...)}
	}
	if _, ok := rules[p.State]; !ok {
		return broken("state %q has no name", p.State)
	}
	if p.Expires.IsZero() {
		return broken("no expiry clock")
	}
	if p.Captured.Minor < 0 || p.Captured.Minor > p.Authorized.Minor {
		return broken("captured %s above authorized %s", p.Captured, p.Authorized)
	}
	if p.Priced() && p.Captured.Minor > p.Total.Minor {
		return broken("captured %s above total %s", p.Captured, p.Total)
	}
	if p.Priced() && p.Authorized.Minor > p.Total.Minor {
		return broken("authorized %s above total %s", p.Authorized, p.Total)
	}
	// What is over is settled: all that was sold is captured, or owed.
	owes, sold := p.indebted, p.sold
	for _, m := range c.moves {
		owes, sold = owes || m.owes(), sold+m.sold()
	}
	if p.Final() && p.Act == Charge && !owes && sold != p.Captured.Minor {
		return broken("over in %s with %s sold, %s captured and no debt", p.State, money.New(sold, p.currency()), p.Captured)
	}
	for _, o := range c.ops {
		switch {
		case o.Op == OpCapture && o.Amount.Minor > p.Authorized.Minor:
			return broken("capture of %s above authorized %s", o.Amount, p.Authorized)
		case o.Op == OpCapture && o.State == opSent && p.State != AdjustApproved && p.State != CaptureUnknown && (p.State != AdjustDeclined || !p.partial):
			return broken("capture sent in state %s", p.State)
		case o.Op == OpAdjust && o.State == opSent && p.State != CartPriced && p.State != AdjustPending && p.State != AdjustUnknown:
			return broken("adjust sent in state %s", p.State)
		case o.Op == OpCancel && o.State == opSent && p.State != Preauthorized && p.State != AdjustDeclined && p.State != CancelUnknown:
			return broken("cancel sent in state %s", p.State)
		}
	}
	return nil
}

// zero is nothing in the payment's currency.
func (p Payment) zero() money.Amount { return money.New(0, p.currency()) }
