package receipt

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/outbox"
	"github.com/strollhq/stroll/jwo"
)

// Notes of a receipt whose card details are not asked for any more.
const (
	noteUnknownTrip = "Amazon does not know the trip"
	noteRefused     = "Amazon refused the question for the card's details"
	noteGivenUp     = "Amazon never gave all of the card's details"
	noteCurrency    = "the card's details name another currency"
)

// patience bounds one question; it is shorter than the job's own limit.
const patience = 20 * time.Second

// complete asks for the card's details of one receipt, issues it when they are
// there or its wait is over, and says when to ask again.
func (r *Receipts) complete(ctx context.Context, run outbox.Run) error {
	rc, err := one(ctx, r.cfg.DB.Reader(), "trip_id", run.Key)
	if err != nil || rc.State == Complete {
		return err
	}
	s := r.settings()
	due := rc.Created.Add(s.EMVWait)
	if rc.State == Pending && !time.Now().Before(due) {
		if rc, err = r.issue(ctx, rc); err != nil {
			return err
		}
	}
	if wait := time.Until(rc.askAfter); wait > 0 {
		return outbox.Later(sleep(rc, s, wait))
	}
	if wait, err := r.paused(ctx, rc); err != nil || wait > 0 {
		if err != nil {
			return err
		}
		return r.hold(ctx, rc, s, wait)
	}
	// A call that hangs must not hold up the receipt.
	until := time.Now().Add(patience)
	if rc.State == Pending && due.Before(until) {
		until = due
	}
	ask, cancel := context.WithDeadline(ctx, until)
	defer cancel()
	answer, err := r.cfg.Amazon.GetTransactionalData(ask, &jwo.GetTransactionalDataRequest{StoreID: rc.StoreID, ShoppingTripID: rc.TripID})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if r.cfg.Pauses != nil {
		if err := r.cfg.Pauses.Heard(ctx, jwo.APIGetTransactionalData, rc.StoreID, err); err != nil {
			return err
		}
	}
	r.asks.Inc(string(jwo.OutcomeOf(err)))
	now := time.Now()
	if err != nil {
		return r.failed(ctx, rc, err, now)
	}
	rc.Card = rc.Card.merge(answer)
	if want := string(rc.Content.Price.Currency); answer.Currency != "" && answer.Currency != want {
		rc.Note = noteCurrency
		r.cfg.Log.ErrorContext(ctx, "card details name another currency", "alert", "receipt_currency", "store", rc.StoreID, "trip", rc.TripID)
	}
	if rc.Card.full() {
		rc.State, rc.Completed = Complete, now
		if rc.Issued.IsZero() {
			rc.Issued = now
		}
		return r.save(ctx, rc)
	}
	if err := r.save(ctx, rc); err != nil {
		return err
	}
	return r.again(ctx, rc, now, 0, noteGivenUp)
}

// lastTry is how long a receipt waits for a paused API after its schedule is
// over (contract: payments 1.4).
const lastTry = 72 * time.Hour

// lookAgain is how soon a waiting receipt notices that an operator has ended a
// long pause.
const lookAgain = 30 * time.Minute

// paused tells how long nobody is to ask Amazon.
func (r *Receipts) paused(ctx context.Context, rc Receipt) (time.Duration, error) {
	if r.cfg.Pauses == nil {
		return 0, nil
	}
	until, err := r.cfg.Pauses.Paused(ctx, jwo.APIGetTransactionalData, rc.StoreID)
	if err != nil || until.IsZero() {
		return 0, err
	}
	return time.Until(until), nil
}

// hold lets the question wait for the end of a pause, which uses up none of
// the receipt's schedule, but not for ever.
func (r *Receipts) hold(ctx context.Context, rc Receipt, s Settings, wait time.Duration) error {
	now := time.Now()
	if _, ok := s.next(rc, now); !ok && now.After(rc.Created.Add(lastTry)) {
		return r.end(ctx, rc, noteGivenUp)
	}
	return outbox.Later(sleep(rc, s, min(wait, lookAgain)))
}

// failed decides what an unanswered question means.
func (r *Receipts) failed(ctx context.Context, rc Receipt, err error, now time.Time) error {
	var e *jwo.Error
	if errors.As(err, &e) && e.Outcome == jwo.Refused && rc.State != Pending {
		note := noteRefused
		if e.Name == jwo.UnknownShoppingTrip {
			note = noteUnknownTrip
		}
		return r.end(ctx, rc, note)
	}
	if errors.As(err, &e) && e.Outcome == jwo.Refused && e.Name != jwo.UnknownShoppingTrip {
		// Our own fault, and asking again will not mend it.
		return r.end(ctx, rc, noteRefused)
	}
	if outcome := jwo.OutcomeOf(err); r.cfg.Pauses != nil && (outcome == jwo.Throttled || outcome == jwo.Denied) {
		return outbox.Later(0) // looks at the pause this has made
	}
	// Just after Capture an unknown trip may become known.
	var wait time.Duration
	if e != nil {
		wait = e.RetryAfter
	}
	r.cfg.Log.DebugContext(ctx, "card details not had", "store", rc.StoreID, "trip", rc.TripID, "outcome", string(jwo.OutcomeOf(err)))
	return r.again(ctx, rc, now, wait, noteGivenUp)
}

// again puts the next question off as the schedule or Amazon says, or ends the
// asking.
func (r *Receipts) again(ctx context.Context, rc Receipt, now time.Time, wait time.Duration, note string) error {
	s := r.settings()
	in, ok := s.next(rc, now)
	if !ok {
		return r.end(ctx, rc, note)
	}
	if wait > in {
		rc.askAfter = now.Add(wait)
		if err := r.save(ctx, rc); err != nil {
			return err
		}
		in = sleep(rc, s, wait)
	}
	return outbox.Later(in)
}

// sleep is how long the job sleeps when Amazon wants to be left alone: that
// does not delay the receipt itself.
func sleep(rc Receipt, s Settings, wait time.Duration) time.Duration {
	if rc.State != Pending {
		return wait
	}
	return min(wait, max(time.Until(rc.Created.Add(s.EMVWait)), 0))
}

// end stops asking; a receipt still pending is issued as it is.
func (r *Receipts) end(ctx context.Context, rc Receipt, note string) error {
	rc.Note = note
	if rc.State == Pending {
		rc.State, rc.Issued = Issued, time.Now()
	}
	r.cfg.Log.WarnContext(ctx, "receipt stays without all of the card's details", "store", rc.StoreID, "trip", rc.TripID, "why", note)
	return r.save(ctx, rc)
}

// issue makes a pending receipt visible as it is.
func (r *Receipts) issue(ctx context.Context, rc Receipt) (Receipt, error) {
	rc.State, rc.Issued = Issued, time.Now()
	return rc, r.save(ctx, rc)
}

// save writes state and card block. The job is the only writer after Begin.
func (r *Receipts) save(ctx context.Context, rc Receipt) error {
	err := r.cfg.DB.Tx(ctx, func(ctx context.Context, tx *db.Tx) error {
		was, err := one(ctx, tx, "trip_id", rc.TripID)
		if err != nil {
			return err
		}
		if was.State == Pending && rc.State != Pending {
			tx.AfterCommit(func() { r.issued(rc) })
		}
		return update(ctx, tx, rc)
	})
	if err != nil {
		return fmt.Errorf("save receipt of trip %s: %w", rc.TripID, err)
	}
	return nil
}
