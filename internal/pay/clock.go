package pay

import (
	"fmt"
	"time"
)

// expiresAt is the end of the pre-authorization of a trip that started then,
// or whose entry was then, whichever is known and earlier.
func expiresAt(lifetime time.Duration, now time.Time, starts ...time.Time) time.Time {
	from := now
	for _, s := range starts {
		if !s.IsZero() && s.Before(from) {
			from = s
		}
	}
	return from.Add(lifetime)
}

// lifetime of a trip's authorization on its route.
func (s Settings) lifetime(route string) time.Duration {
	if route == OwnProcessor {
		return s.Own.Lifetime
	}
	return s.Preauth.Lifetime
}

// percents of the lifetime after which an uncharged cart is warned about.
var percents = []int64{50, 90}

// warnAt is when the warning of a percentage is due.
func (p Payment) warnAt(percent int64) time.Time {
	life := p.Expires.Sub(p.Started)
	return p.Started.Add(life / 100 * time.Duration(percent))
}

// warning is the percentage to warn about now; 0 for none.
func (p Payment) warning(now time.Time) (percent int64) {
	if !p.uncharged() || p.Act == Release {
		return 0
	}
	for _, v := range percents {
		if v > p.warned && !now.Before(p.warnAt(v)) {
			percent = v
		}
	}
	return percent
}

func (c *change) warn(percent int64) error {
	c.p.warned = percent
	c.alert(fmt.Sprintf("%s_%d", AlertUncharged, percent), "", fmt.Sprintf("in state %s with %s left to charge", c.p.State, c.p.Remaining(c.now).Round(time.Second)))
	return nil
}

// end is when the clock moves the payment by itself; an unknown Capture is
// given the grace for evidence.
func (p Payment) end(s Settings) time.Time {
	if p.State == CaptureUnknown {
		return p.Expires.Add(s.Capture.EvidenceGrace)
	}
	return p.Expires
}

// over tells that the pre-authorization has ended.
func (p Payment) over(now time.Time) bool { return !now.Before(p.Expires) }

// nextClock is the next time that a clock moves the payment: a warning or the
// end; zero when none does.
func (p Payment) nextClock(s Settings, now time.Time) time.Time {
	if p.uncharged() && p.Act != Release {
		for _, v := range percents {
			if w := p.warnAt(v); v > p.warned && w.After(now) {
				return w
			}
		}
	}
	if e := p.end(s); e.After(now) {
		return e
	}
	return time.Time{}
}

// overdue is what the end of the pre-authorization does in each state.
func overdue(p Payment, ops []operation, s Settings, now time.Time) (todo, bool) {
	if now.Before(p.end(s)) {
		return todo{}, false
	}
	do := func(f func(*change) error) (todo, bool) { return todo{act: actChange, change: f}, true }
	switch p.State {
	case Preauthorized, CancelUnknown:
		return do(func(c *change) error {
			if c.p.Opened.IsZero() {
				c.alert(AlertNeverCharged, "", "the pre-authorization ended and no cart came")
				return c.on(closed, "expired without a cart: never charged")
			}
			c.void(ops)
			return c.on(closed, "expired: nothing left to release")
		})
	case CartPriced, AdjustPending, AdjustApproved, AdjustDeclined, AdjustUnknown:
		if s.Preauth.TryOnceAfterExpiry && untried(p, ops) {
			return todo{}, false
		}
		return do(func(c *change) error { return c.expire(ops, expired, "the pre-authorization ended") })
	case CaptureUnknown:
		if o := last(ops, OpCapture); o != nil && now.Before(o.UnknownAt.Add(s.Capture.EvidenceGrace)) {
			return todo{act: actWait, until: o.UnknownAt.Add(s.Capture.EvidenceGrace)}, true
		}
		return do(func(c *change) error {
			return c.park(expired, AlertCaptureUnknown, "it is not known whether the Capture happened, and no evidence came")
		})
	case Parked:
		switch {
		case p.ParkedFrom == CaptureUnknown:
			return todo{}, false // no debt by the passing of time; people are reminded
		case p.Act == Release:
			return do(func(c *change) error { c.void(ops); return c.on(closed, "expired: nothing left to release") })
		case p.Priced():
			return do(func(c *change) error {
				return c.expire(ops, expired, "the pre-authorization ended while parked: "+c.p.Note)
			})
		case p.warned < 100:
			return do(func(c *change) error {
				c.p.warned = 100
				c.alert(AlertExpiredUnpriced, "", "the pre-authorization ended before the cart had a price")
				return nil
			})
		}
	}
	return todo{}, false
}

// untried tells that nothing of the kind needed now was ever sent.
func untried(p Payment, ops []operation) bool {
	switch p.State {
	case CartPriced:
		o := last(ops, OpAdjust)
		return o == nil || o.Touched == 0
	case AdjustApproved:
		o := last(ops, OpCapture)
		return o == nil || o.Touched == 0
	}
	return false
}

// expire moves to EXPIRED and makes what is not captured a debt.
func (c *change) expire(ops []operation, e Event, note string) error {
	if err := c.on(e, note); err != nil {
		return err
	}
	c.void(ops)
	c.alert(AlertExpired, "", note)
	if c.p.indebted {
		return nil
	}
	c.sell()
	c.move(moveOwe, c.p.Total, CauseExpired)
	c.report()
	return nil
}

// void gives up the intents that never left.
func (c *change) void(ops []operation) {
	for _, o := range ops {
		if !o.finished() && o.Touched == 0 {
			o.State, o.Next = opVoid, time.Time{}
			c.put(o)
		}
	}
}

// remind tells again that a parked payment waits for somebody.
func (c *change) remind() error {
	c.alert(AlertOverdue, c.p.Due.UTC().Format(time.RFC3339), fmt.Sprintf("parked out of %s since %s: %s", c.p.ParkedFrom, c.p.Changed.UTC().Format(time.RFC3339), c.p.Note))
	c.p.Due = c.now.Add(remindEvery)
	return nil
}
