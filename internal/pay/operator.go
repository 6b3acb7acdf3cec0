package pay

import (
	"context"
	"fmt"
	"time"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/fault"
)

// operate runs an operator's act on a payment: named, with a reason, in the
// history. A payment with a call under way is fault.Conflict: its outcome
// comes first.
func (p *Pay) operate(ctx context.Context, what, tripID, by, reason string, act func(c *change, ops []operation) error) error {
	if by == "" || reason == "" {
		return fault.New(fault.Invalid, "%s trip %s: operator and reason are needed", what, tripID)
	}
	return p.db.Tx(ctx, func(ctx context.Context, tx *db.Tx) error {
		pay, err := loadPayment(ctx, tx, tripID)
		if err != nil {
			return err
		}
		ops, err := loadOperations(ctx, tx, tripID)
		if err != nil {
			return err
		}
		if o := inFlight(ops); o != nil {
			return fault.New(fault.Conflict, "%s trip %s: its %s is being sent, try again when it is answered", what, tripID, o.Op)
		}
		c := begin(pay, p.settingsOf(pay.StoreID), time.Now(), by)
		if err := act(c, ops); err != nil {
			return err
		}
		c.wake = true
		_, err = p.save(ctx, tx, c)
		return p.opened(err)
	})
}

// RetryParked sends a parked payment on from where it was: the refused call is
// made again with the same body. One that was held for its cart needs Reprice.
func (p *Pay) RetryParked(ctx context.Context, tripID, by, reason string) error {
	return p.operate(ctx, "retry", tripID, by, reason, func(c *change, ops []operation) error {
		if c.p.State != Parked {
			return fault.New(fault.Conflict, "trip %s is not parked: it is in state %s", tripID, c.p.State)
		}
		for _, o := range ops {
			if o.State == opRefused {
				o.State, o.Next, o.Attempts = opStored, at(0), 0
				c.put(o)
			}
		}
		return c.retry(reason)
	})
}

// retry leaves PARKED for where the payment came from.
func (c *change) retry(reason string) error {
	e, ok := map[State]Event{
		CartPriced: retryPriced, AdjustPending: retryPriced, AdjustUnknown: retryPriced,
		AdjustApproved: retryApproved, AdjustDeclined: retryDeclined,
		CaptureUnknown: retryUnknown, CancelUnknown: retryReleased,
	}[c.p.ParkedFrom]
	if c.p.ParkedFrom == Preauthorized && c.p.Act == Release {
		e, ok = retryReleased, true
	}
	if !ok {
		return fault.New(fault.Conflict, "trip %s is parked out of state %s: give its cart a price first", c.p.TripID, c.p.ParkedFrom)
	}
	return c.on(e, reason)
}

// DecideUnknown ends the doubt about a Capture in an operator's name: it
// happened, or it did not. If it did not, the same Capture is sent again, or,
// once the pre-authorization has ended, the total becomes a debt.
func (p *Pay) DecideUnknown(ctx context.Context, tripID string, captured bool, by, reason string) error {
	return p.operate(ctx, "decide", tripID, by, reason, func(c *change, ops []operation) error {
		o := last(ops, OpCapture)
		if o == nil || (c.p.State != CaptureUnknown && (c.p.State != Parked || c.p.ParkedFrom != CaptureUnknown)) {
			return fault.New(fault.Conflict, "trip %s: no Capture is in doubt in state %s", tripID, c.p.State)
		}
		o.UnknownAt, o.Barred, o.Next = at(0), false, at(0)
		if captured {
			o.State = opDone
			c.put(*o)
			if err := c.on(decideCaptured, reason); err != nil {
				return err
			}
			c.take(o.Amount)
			c.report()
			return nil
		}
		if c.now.Before(c.p.Expires) {
			o.State = opStored
			c.put(*o)
			return c.on(decideNot, reason)
		}
		o.State = opRefused
		c.put(*o)
		return c.expire(nil, decideExpired, reason)
	})
}

// CancelTrip lets a trip go uncharged: its pre-authorization is released and
// what was sold is waived. It is refused once a Capture was sent, while an
// outcome is in doubt, and when a debt exists, which is written off instead.
func (p *Pay) CancelTrip(ctx context.Context, tripID, by, reason string) error {
	return p.operate(ctx, "cancel", tripID, by, reason, func(c *change, ops []operation) error {
		if o := last(ops, OpCapture); o != nil && o.Touched > 0 {
			return fault.New(fault.Conflict, "cancel trip %s: a Capture was sent", tripID)
		}
		if _, ok := next(c.p.State, released); !ok || c.p.indebted || c.p.Act == "" || c.p.Act == Release {
			return fault.New(fault.Conflict, "cancel trip %s: not possible in state %s", tripID, c.p.State)
		}
		c.void(ops)
		if c.p.sold > 0 {
			c.move(moveWaive, c.p.Total, "")
		}
		c.p.Act, c.p.Reason, c.p.Authorized = Release, "operator_cancel", c.p.zero()
		return c.on(released, reason)
	})
}

// HoldTrip parks a payment before its money moves.
func (p *Pay) HoldTrip(ctx context.Context, tripID, by, reason string) error {
	return p.operate(ctx, "hold", tripID, by, reason, func(c *change, ops []operation) error {
		if o := last(ops, OpCapture); o != nil && o.Touched > 0 {
			return fault.New(fault.Conflict, "hold trip %s: a Capture was sent", tripID)
		}
		if _, ok := next(c.p.State, held); !ok || c.p.Final() || c.p.State == Parked || c.p.Act != Charge {
			return fault.New(fault.Conflict, "hold trip %s: not possible in state %s", tripID, c.p.State)
		}
		return c.on(held, "held by "+by+": "+reason)
	})
}

// ReleaseTrip sends a held payment on, also while its store's settlement is
// held.
func (p *Pay) ReleaseTrip(ctx context.Context, tripID, by, reason string) error {
	return p.operate(ctx, "release", tripID, by, reason, func(c *change, _ []operation) error {
		if c.p.State != Parked || c.p.Act != Charge {
			return fault.New(fault.Conflict, "trip %s is not held: it is in state %s", tripID, c.p.State)
		}
		c.p.Reason = reasonReleased
		return c.retry(reason)
	})
}

// Escalate flags a debt, or takes the flag back.
func (p *Pay) Escalate(ctx context.Context, tripID string, on bool, by, reason string) error {
	if by == "" || reason == "" {
		return fault.New(fault.Invalid, "escalate the debt of trip %s: operator and reason are needed", tripID)
	}
	return p.db.Tx(ctx, func(ctx context.Context, tx *db.Tx) error {
		d, err := loadDebt(ctx, tx, tripID)
		if err != nil {
			return err
		}
		now := time.Now()
		d.Escalated, d.Changed = on, now
		if err := storeDebt(ctx, tx, d); err != nil {
			return err
		}
		return p.raise(ctx, tx, tx, Alert{TripID: tripID, StoreID: d.StoreID, Kind: "debt_escalated", Ref: fmt.Sprintf("%t %d", on, ms(now)), At: now, Note: by + ": " + reason})
	})
}
