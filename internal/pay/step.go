package pay

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/internal/outbox"
)

// Points are the names Probe is called with, in the order of a charge: each
// send has one before and one after, each commit too.
func Points() []string {
	var all []string
	for _, what := range []string{"send:adjust", "send:capture", "send:cancel", "send:report", "inquire", "commit:step", "commit:answer", "commit:report"} {
		all = append(all, "before "+what, "after "+what)
	}
	return all
}

// step is the worker of one trip: it decides, stores the intent, calls, applies
// the answer, and goes on until it must wait or nothing is left to do.
func (p *Pay) step(ctx context.Context, r outbox.Run) error {
	w, err := p.first(ctx, r.Key)
	for {
		switch {
		case errors.Is(err, errStale):
			// Somebody else moved the payment: decide again on what is true now.
			w, err = p.start(ctx, r.Key)
		case errors.Is(err, fault.NotFound):
			return outbox.Stop(err)
		case err != nil:
			return p.broken(ctx, r.Key, err)
		case w.ask:
			w, err = p.inquire(ctx, w)
		case w.send:
			w, err = p.exchange(ctx, w)
		default:
			return w.result
		}
	}
}

// work is what a decision leaves to do outside a transaction.
type work struct {
	pay    Payment // as committed
	ops    []operation
	op     operation
	send   bool  // op is marked as sent: send it
	ask    bool  // ask the far side about op before it is sent again
	result error // otherwise: what the job returns
}

func (p *Pay) load(ctx context.Context, tripID string) (Payment, []operation, error) {
	// One after the other: an intent newer than the payment read shows as a
	// stale version when the decision is stored.
	pay, err := loadPayment(ctx, p.db.Reader(), tripID)
	if err != nil {
		return Payment{}, nil, err
	}
	ops, err := loadOperations(ctx, p.db.Reader(), tripID)
	return pay, ops, err
}

// first is start without a read for a payment that this process has just
// opened: it has no intents yet. If it was moved since, storing the decision
// shows that, so a decision with nothing to store is made again.
func (p *Pay) first(ctx context.Context, tripID string) (work, error) {
	if pay := p.opening.take(tripID); pay.version > 0 {
		w, err := p.drive(ctx, p.worker(pay), drive{commit: "step"})
		if err != nil || w.pay.version != pay.version {
			return w, err
		}
	}
	return p.start(ctx, tripID)
}

func (p *Pay) start(ctx context.Context, tripID string) (work, error) {
	pay, ops, err := p.load(ctx, tripID)
	if err != nil {
		return work{}, err
	}
	return p.drive(ctx, p.worker(pay), drive{ops: ops, commit: "step"})
}

func (p *Pay) worker(pay Payment) *change {
	return begin(pay, p.settingsOf(pay.StoreID), time.Now(), "worker")
}

// drive says how a change goes on.
type drive struct {
	ops    []operation
	commit string // name of the commit, for Probe
	asked  bool   // the inquiry was just made and brought no news
	also   func(context.Context, *db.Tx) error
}

// maxChanges bounds the transitions of one decision: a table that goes in
// circles is a fault of the program and must not spin.
const maxChanges = 8

// drive applies every transition that needs no call, marks the next call as
// sent and commits it all, in one transaction.
func (p *Pay) drive(ctx context.Context, c *change, d drive) (work, error) {
	var w work
	for i := 0; ; i++ {
		if i == maxChanges {
			return w, &InvariantError{c.p.TripID, fmt.Sprintf("%d changes without an end in state %s", i, c.p.State)}
		}
		t := decide(c.p, merged(d.ops, c.ops), c.s, c.now)
		var err error
		switch t.act {
		case actChange:
			err = t.change(c)
		case actEnd:
			if !c.p.Final() {
				err = &InvariantError{c.p.TripID, fmt.Sprintf("it waits in state %s without a clock", c.p.State)}
			}
		case actWait:
			w.result = outbox.Later(time.Until(t.until))
		case actCall:
			if ctx.Err() != nil {
				// A program that is stopping begins no further call.
				w.result = ctx.Err()
				break
			}
			if t.ask && !d.asked {
				w.ask, w.op = true, t.op
				break
			}
			t.act, err = p.ready(ctx, c, t.op, &w)
		}
		if err != nil {
			return w, err
		}
		if t.act != actChange {
			break
		}
	}
	w.pay, w.ops = c.p, d.ops
	if !c.dirty() && d.also == nil {
		return w, nil
	}
	p.probe("before commit:" + d.commit)
	// An answer that came is kept even while the program is stopping.
	ctx = context.WithoutCancel(ctx)
	err := p.commit(ctx, c, d, &w)
	if late := new(settleError); errors.As(err, &late) {
		// What Amazon did is not forgotten because the receipt cannot be made:
		// it is kept, and the job tries the receipt again.
		c.settle, c.p.SettledAt = false, c.old.SettledAt
		if !c.dirty() && d.also == nil {
			return w, err
		}
		if !w.send && !w.ask {
			w.result = err
		}
		err = p.commit(ctx, c, d, &w)
	}
	if err != nil {
		return w, err
	}
	p.probe("after commit:" + d.commit)
	w.ops = merged(d.ops, c.ops)
	return w, nil
}

// commit stores the change: together with those of other payments where nothing
// of it must be read in the same transaction.
func (p *Pay) commit(ctx context.Context, c *change, d drive, w *work) error {
	if d.also == nil && c.alone() {
		next, err := p.together(ctx, c)
		if err == nil {
			w.pay = next
		}
		if !errors.Is(err, db.ErrChanged) && !db.IsUnique(err) {
			return err
		}
	}
	return p.db.Tx(ctx, func(ctx context.Context, tx *db.Tx) error {
		if d.also != nil {
			if err := d.also(ctx, tx); err != nil {
				return err
			}
		}
		var err error
		w.pay, err = p.save(ctx, tx, c)
		return err
	})
}

// alone tells that nothing the change reads can be written by anybody but
// those who move this payment, and that it does not read what it writes.
func (c *change) alone() bool {
	owes := slices.ContainsFunc(c.moves, move.owes)
	return c.was > 0 && !c.old.indebted && !(owes && c.tell) && c.p.fixed() == c.old.fixed()
}

// still tells that the change stores intents and jobs, and moves nothing.
func (c *change) still() bool {
	return c.p == c.old && len(c.history)+len(c.moves)+len(c.alerts) == 0 && !c.tell && !c.settle
}

// together stores the change in one write with others'. What is read for it
// outside of that write belongs to this payment alone, whose version the write
// claims: its reports, its alerts, its cart.
func (p *Pay) together(ctx context.Context, c *change) (Payment, error) {
	next, err := c.next()
	if err != nil {
		return Payment{}, err
	}
	kind, claim := p.changes, next.move(c.was)
	if c.still() {
		kind, claim = p.marks, []any{next.version, c.p.TripID, c.was}
	}
	w := kind.New(c.p.TripID, "")
	w.Claim(claim...)
	if err := p.putRest(ctx, p.db.Reader(), w, c, next); err != nil {
		return Payment{}, err
	}
	made, err := p.db.Write(ctx, w)
	if err == nil && !made {
		err = errStale
	}
	return next, err
}

// ready marks a call as sent, or says that it must wait for its API. actChange
// asks for another decision.
func (p *Pay) ready(ctx context.Context, c *change, o operation, w *work) (act, error) {
	g := p.through(c.p.Route)
	if o.Body == "" {
		body, err := g.body(intentOf(c.p, o))
		o.API, o.Body = g.api(o.Op), string(body)
		if err != nil {
			// Our own check refuses it as Amazon would.
			return actChange, c.answer(o, localRefusal(err))
		}
	}
	until, err := p.paused(ctx, o.API, c.s, c.now)
	if err != nil {
		return actEnd, err
	}
	if !until.After(c.now) {
		w.op, w.send = c.mark(o), true
		return actCall, nil
	}
	c.keep(o) // so that it is found when the API resumes
	if until.After(c.p.Expires) {
		c.alert(AlertDeadline, "", fmt.Sprintf("%s is paused until %s, beyond the end of the pre-authorization", o.API, until.UTC().Format(time.RFC3339)))
	}
	if clock := c.p.nextClock(c.s, c.now); !clock.IsZero() && clock.Before(until) {
		until = clock
	}
	w.result = outbox.Later(time.Until(until))
	return actWait, nil
}
