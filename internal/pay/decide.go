package pay

import (
	"math/rand/v2"
	"time"

	"github.com/strollhq/stroll/jwo"
)

// act is what a payment needs next.
type act int

const (
	actEnd    act = iota // nothing, unless news arrives
	actWait              // nothing before until
	actChange            // a transition without a call
	actCall              // op is to be sent, after an inquiry if ask is set
)

// todo is one decision.
type todo struct {
	act    act
	until  time.Time
	change func(*change) error
	op     operation
	ask    bool // inquire first
}

// slack is how long after the end of a call's time its answer may still be on
// its way into the database.
const slack = 2 * time.Second

// decide says what a payment needs next. It is a function of what is stored,
// the settings and the clock, so a restart decides the same.
func decide(p Payment, ops []operation, s Settings, now time.Time) todo {
	if p.Final() {
		if p.unsettled() {
			return todo{act: actChange, change: func(c *change) error { c.close(); return nil }}
		}
		return todo{act: actEnd}
	}
	if o := inFlight(ops); o != nil {
		lost := o.Sent.Add(s.Retry.CallTimeout + slack)
		if now.Before(lost) {
			return todo{act: actWait, until: lost}
		}
		return todo{act: actChange, change: func(c *change) error {
			return c.answer(*o, answer{Outcome: jwo.Unknown, Lost: true, Note: "sent, and the program stopped before an answer was kept"})
		}}
	}
	if t, over := overdue(p, ops, s, now); over {
		return t
	}
	if percent := p.warning(now); percent > 0 {
		return todo{act: actChange, change: func(c *change) error { return c.warn(percent) }}
	}
	t := wants(p, ops, s, now)
	if t.act == actWait {
		if wake := p.nextClock(s, now); !wake.IsZero() && (t.until.IsZero() || wake.Before(t.until)) {
			t.until = wake
		}
		if t.until.IsZero() {
			return todo{act: actEnd}
		}
	}
	return t
}

// wants is decide without the clocks.
func wants(p Payment, ops []operation, s Settings, now time.Time) todo {
	if p.unsettled() {
		return todo{act: actChange, change: func(c *change) error { c.close(); return nil }}
	}
	switch p.State {
	case Preauthorized:
		if p.Act != Release {
			return todo{act: actWait}
		}
		if p.Route == OwnProcessor && p.authRef == "" && last(ops, OpAdjust) == nil {
			return todo{act: actChange, change: func(c *change) error {
				return c.on(cancelRefused, "no authorization was ever made: nothing to release")
			}}
		}
		return call(p, ops, OpCancel, now)
	case CartPriced, AdjustPending, AdjustUnknown:
		if o := last(ops, OpAdjust); s.Settlement.Held && p.Reason != reasonReleased && (o == nil || o.Touched == 0) {
			return todo{act: actChange, change: func(c *change) error { return c.on(held, noteHeld) }}
		}
		return call(p, ops, OpAdjust, now)
	case AdjustApproved:
		return call(p, ops, OpCapture, now)
	case AdjustDeclined:
		if p.partial {
			return call(p, ops, OpCapture, now)
		}
		return call(p, ops, OpCancel, now)
	case CaptureUnknown:
		return heal(p, ops, s, now)
	case CancelUnknown:
		return call(p, ops, OpCancel, now)
	case Parked:
		if p.Note == noteHeld && !s.Settlement.Held {
			return todo{act: actChange, change: func(c *change) error { return c.retry("the store's settlement is no longer held") }}
		}
		if !now.Before(p.Due) {
			return todo{act: actChange, change: func(c *change) error { return c.remind() }}
		}
		if p.Note == noteHeld && now.Add(heldPoll).Before(p.Due) {
			return todo{act: actWait, until: now.Add(heldPoll)}
		}
		return todo{act: actWait, until: p.Due}
	}
	return todo{act: actWait}
}

const (
	noteHeld       = "settlement is held for this store"
	reasonReleased = "operator_release" // an operator sent it on although the store is held
	heldPoll       = 10 * time.Minute
	remindEvery    = 24 * time.Hour
)

// call is the intent of op to be sent now, or the wait for it.
func call(p Payment, ops []operation, op Op, now time.Time) todo {
	o := last(ops, op)
	if o == nil || (o.finished() && op == OpAdjust) {
		// A declined adjustment asked again is a new intent with the same total.
		seq := int64(1)
		for _, old := range ops {
			if old.Op == op {
				seq = old.Seq + 1
			}
		}
		fresh := operation{TripID: p.TripID, Op: op, Seq: seq, State: opStored, Created: now, fresh: true}
		if o != nil {
			fresh.Next = o.Next
		}
		switch op {
		case OpAdjust:
			fresh.Amount = p.Total
		case OpCapture:
			fresh.Amount = p.Authorized
		}
		o = &fresh
	}
	if o.Next.After(now) {
		return todo{act: actWait, until: o.Next}
	}
	return todo{act: actCall, op: *o, ask: p.Route == OwnProcessor && o.State == opUnknown}
}

// heal settles an unknown Capture by the store's policy (contract: payments 9.5).
func heal(p Payment, ops []operation, s Settings, now time.Time) todo {
	o := last(ops, OpCapture)
	if o == nil {
		return todo{act: actWait}
	}
	if o.Next.After(now) {
		return todo{act: actWait, until: o.Next}
	}
	// Once the pre-authorization has ended nothing is sent again: what is left is
	// to ask (contract: payments 9.4).
	ask := p.over(now) || o.Barred || p.Route == OwnProcessor || s.Capture.UnknownPolicy == "hold" || (o.Lost && s.Capture.UnknownPolicy == "evidence_then_resend")
	return todo{act: actCall, op: *o, ask: ask}
}

// jitter is the wait before try n+1: full jitter, factor 2.
func jitter(s RetrySetting, n int64) time.Duration {
	top := s.First
	for i := int64(1); i < n && top < s.Ceiling; i++ {
		top *= 2
	}
	top = min(top, s.Ceiling)
	return time.Millisecond + time.Duration(rand.Int64N(int64(top)))
}

// doubling is the interval of PENDING answers: first, doubling to the ceiling.
func doubling(first, ceiling time.Duration, n int64) time.Duration {
	for i := int64(1); i < n && first < ceiling; i++ {
		first *= 2
	}
	return min(first, ceiling)
}
