package pay

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/outbox"
	"github.com/strollhq/stroll/jwo"
)

func intentOf(p Payment, o operation) intent {
	return intent{TripID: p.TripID, StoreID: p.StoreID, Op: o.Op, Seq: o.Seq, Amount: o.Amount, Visitor: p.Visitor, Ref: p.authRef}
}

func localRefusal(err error) answer {
	return answer{Outcome: jwo.Refused, Name: jwo.BadRequestException, Note: err.Error()}
}

// exchange sends a call whose intent is durable and applies its answer.
func (p *Pay) exchange(ctx context.Context, w work) (work, error) {
	s := p.settingsOf(w.pay.StoreID)
	p.probe("before send:" + string(w.op.Op))
	began := time.Now()
	// A call that has begun is ended by its own time limit, not by a shutdown:
	// its answer is worth waiting for.
	call, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.Retry.CallTimeout)
	a := p.through(w.pay.Route).send(call, intentOf(w.pay, w.op), []byte(w.op.Body))
	cancel()
	p.m.call(w.op, a, time.Since(began))
	p.probe("after send:" + string(w.op.Op))

	pay, ops := w.pay, w.ops
	for {
		o := find(ops, w.op)
		if o == nil || !o.Sent.Equal(w.op.Sent) || o.finished() {
			// Another process took this call for lost and sent it again: the
			// answer to that one counts.
			p.log.Warn("an answer came after its call was taken over", "trip", pay.TripID, "op", w.op.Op, "outcome", a.Outcome)
			return p.start(ctx, pay.TripID)
		}
		c := p.worker(pay)
		if err := c.answer(*o, a); err != nil {
			return w, err
		}
		next, err := p.drive(ctx, c, drive{ops: ops, commit: "answer", also: p.pausing(w.op.API, a, s, c.now)})
		if !errors.Is(err, errStale) {
			return next, err
		}
		// An event was faster than the answer.
		if pay, ops, err = p.load(context.WithoutCancel(ctx), pay.TripID); err != nil {
			return w, err
		}
	}
}

// pausing keeps what the answer says about its API as a whole; nil for nothing.
func (p *Pay) pausing(api string, a answer, s Settings, now time.Time) func(context.Context, *db.Tx) error {
	switch a.Outcome {
	case jwo.Throttled, jwo.Denied:
		return func(ctx context.Context, tx *db.Tx) error { return p.pause(ctx, tx, api, a, s, now) }
	case jwo.NotSent:
		return nil
	case jwo.Unknown:
		if a.Lost {
			return nil // silence does not tell that the account is let in again
		}
	}
	if !p.knownPause(api) {
		return nil
	}
	return func(ctx context.Context, tx *db.Tx) error { return p.unpause(ctx, tx, api, now) }
}

// inquire asks the far side what came of a call in doubt, before it is sent
// again.
func (p *Pay) inquire(ctx context.Context, w work) (work, error) {
	s := p.settingsOf(w.pay.StoreID)
	v, a, err := p.evidence(ctx, w, s)
	if err != nil {
		return w, err
	}
	c := p.worker(w.pay)
	o := w.op
	over := o.Op == OpCapture && c.p.over(c.now)
	hold := over || o.Barred || (o.Op == OpCapture && s.Capture.UnknownPolicy == "hold")
	switch {
	case v == answered:
		err = c.answer(o, a)
	case v == weak && s.Capture.WeakEvidence == "initiated":
		c.alert(AlertWeakEvidence, "", "the Capture's answer was lost; "+a.Note+": taken as accepted, to be confirmed")
		err = c.capturedNow(o, captureWeak, a.Note)
	case v == weak, v != absent && hold, over:
		// Neither resent nor believed: ask again later, until evidence, a
		// person or the clock ends it.
		o.Next = c.now.Add(s.Capture.EvidenceGrace)
		c.put(o)
	case unheard(a) && c.now.Before(o.UnknownAt.Add(2*s.Capture.EvidenceGrace)):
		// The question was not answered, which says nothing: it is asked again
		// before anything moves money, for as long once more.
		o.Next = c.now.Add(askAgain)
		c.put(o)
	}
	if err != nil {
		return w, err
	}
	return p.drive(ctx, c, drive{ops: w.ops, commit: "step", asked: true})
}

// askAgain is how long an inquiry without an answer waits.
const askAgain = time.Minute

// unheard tells that a question had no answer, if only because its API is paused.
func unheard(a answer) bool {
	switch a.Outcome {
	case jwo.NotSent, jwo.Unknown, jwo.Throttled, jwo.Denied:
		return true
	}
	return false
}

// evidence makes the inquiry, unless its API is paused: then there is no news,
// as after a question without an answer. A pause that lasts is not waited for,
// because what it could bring is weak and the pre-authorization runs out.
func (p *Pay) evidence(ctx context.Context, w work, s Settings) (verdict, answer, error) {
	g := p.through(w.pay.Route)
	api := g.asks(w.op.Op)
	if api != "" {
		now := time.Now()
		until, err := p.paused(ctx, api, s, now)
		if err != nil || until.After(now) {
			return noNews, answer{Outcome: jwo.Throttled}, err
		}
	}
	p.probe("before inquire")
	call, cancel := context.WithTimeout(ctx, s.Retry.CallTimeout)
	v, a := g.inquire(call, intentOf(w.pay, w.op))
	cancel()
	p.probe("after inquire")
	if err := ctx.Err(); err != nil {
		return noNews, answer{}, err
	}
	if api == "" {
		return v, a, nil
	}
	return v, a, p.heard(ctx, api, a, s)
}

// broken deals with a change that must not be: it says so loudly and parks the
// payment. Any other error is the job's to retry.
func (p *Pay) broken(ctx context.Context, tripID string, err error) error {
	var illegal *IllegalError
	var invariant *InvariantError
	if !errors.As(err, &illegal) && !errors.As(err, &invariant) && !db.IsUnique(err) {
		return err
	}
	p.m.broken.Inc()
	p.log.LogAttrs(ctx, slog.LevelError, "payment invariant broken", slog.String("trip", tripID), slog.String("error", err.Error()))
	parked := false
	failed := p.db.Tx(context.WithoutCancel(ctx), func(ctx context.Context, tx *db.Tx) error {
		parked = false
		pay, loadErr := loadPayment(ctx, tx, tripID)
		if loadErr != nil {
			return loadErr
		}
		c := p.worker(pay)
		if _, ok := next(pay.State, fault_); !ok {
			return p.raise(ctx, tx, tx, Alert{TripID: tripID, StoreID: pay.StoreID, Kind: AlertInvariant, At: c.now, Note: err.Error()})
		}
		if parkErr := c.park(fault_, AlertInvariant, err.Error()); parkErr != nil {
			return parkErr
		}
		parked = true
		_, saveErr := p.save(ctx, tx, c)
		return saveErr
	})
	switch {
	case failed != nil:
		return fmt.Errorf("park trip %s after %w: %w", tripID, err, failed)
	case parked:
		return outbox.Later(0) // its clock goes on
	}
	return outbox.Stop(err)
}
