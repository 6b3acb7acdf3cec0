package jwosim

import (
	"time"

	"github.com/strollhq/stroll/money"
)

// States of a trip's charge.
const (
	chargeHeld      = "preauthorized"
	chargePending   = "adjust_pending"
	chargeApproved  = "adjust_approved"
	chargeDeclined  = "adjust_declined"
	chargeCaptured  = "captured"
	chargeCancelled = "cancelled"
	chargeExpired   = "expired"
	chargeDenied    = "released_at_gate" // held while the gate decided, then let go
)

// charge is the money of one trip, in minor units of its card's currency.
// Between calls hold is what is reserved on the card and nothing else is.
type charge struct {
	trip    *Trip
	card    *account
	cur     money.Currency
	expires time.Time
	state   string

	preauth, hold int64
	adjusted      bool  // an Adjust reached the charge
	asked         int64 // by the last Adjust
	authorized    int64 // by the last Adjust
	pendings      int
	pendingSince  time.Time

	captured, refunded int64
	captureAmount      int64
	captureLimit       int64 // what the Capture could have taken
	capturedAt         time.Time
	captures           int
	answered           bool // a Capture's 200 went out whole
	refunds            map[string]refund
	reconciliation     string
}

type refund struct {
	amount         money.Amount
	reason         string
	reconciliation string
}

// newCharge holds the amount on the card, or reports that it cannot.
func newCharge(t *Trip, card *account, amount money.Amount, expires time.Time) (*charge, bool) {
	if card.available() < amount.Minor {
		return nil, false
	}
	c := &charge{
		trip: t, card: card, cur: amount.Currency, expires: expires, state: chargeHeld,
		preauth: amount.Minor, refunds: map[string]refund{},
	}
	card.open[t] = true
	c.move(amount.Minor)
	return c, true
}

// move sets the hold.
func (c *charge) move(to int64) {
	c.card.held += to - c.hold
	c.hold = to
}

// end releases what is held and closes the hold.
func (c *charge) end(state string) {
	c.move(0)
	c.state = state
	delete(c.card.open, c.trip)
}

// expire ends the charge once its time is over and it was never captured.
func (c *charge) expire(now time.Time) {
	switch c.state {
	case chargeHeld, chargePending, chargeApproved, chargeDeclined:
		if !now.Before(c.expires) {
			c.end(chargeExpired)
		}
	}
}

// adjust asks for a total. It returns the status and the authorized sum of the
// documented answer; force, when not empty, decides instead of the card:
// "approved" (within the balance), "declined", "pending".
func (c *charge) adjust(total int64, pendings int, force string, now time.Time) (status string, authorized int64) {
	b := c.card.Behaviour
	c.asked, c.adjusted = total, true
	pending := false
	switch {
	case force != "":
		pending = force == "pending"
	case b.PendingFor > 0:
		if c.pendingSince.IsZero() {
			c.pendingSince = now
		}
		pending = now.Before(c.pendingSince.Add(b.PendingFor))
	default:
		n := b.PendingTries
		if n == 0 {
			n = pendings
		}
		pending = n < 0 || c.pendings < n
	}
	if pending {
		c.pendings++
		c.state, c.authorized = chargePending, 0
		return "PENDING", total
	}
	granted := total
	if room := c.card.available() + c.hold; granted > room {
		granted = 0
		if b.PartialBalance {
			granted = room
		}
	}
	if b.PartialPercent > 0 && force == "" {
		granted = min(granted, part(total, b.PartialPercent))
	}
	if b.DeclineAdjust && force == "" || force == "declined" {
		granted = 0
	}
	if granted <= 0 {
		// The hold of the entry stays until it is captured, cancelled or over.
		c.state, c.authorized = chargeDeclined, 0
		return "DECLINED", 0
	}
	c.move(granted)
	c.state, c.authorized = chargeApproved, granted
	return "APPROVED", granted
}

// part is percent of n, rounded down, without overflow.
func part(n int64, percent int) int64 {
	p := int64(percent)
	return n/100*p + n%100*p/100
}

// capturable is the most a Capture may take now, −1 when it may not at all.
func (c *charge) capturable(s *Settings) int64 {
	switch {
	case c.state == chargeApproved:
		return c.authorized
	case c.state == chargeDeclined && !s.NoCaptureAfterDecline:
		return c.hold
	case c.state == chargeHeld && s.CaptureWithoutAdjust:
		return c.hold
	}
	return -1
}

// capture spends the amount, which may be up to limit, and frees the rest of
// the hold.
func (c *charge) capture(amount, limit int64, now time.Time) {
	if c.captures == 0 {
		c.end(chargeCaptured)
		c.captureAmount, c.captureLimit, c.capturedAt = amount, limit, now
	}
	c.captures++
	c.captured += amount
	c.card.spent += amount
}

// refund gives the amount back.
func (c *charge) refund(id string, r refund) {
	c.refunds[id] = r
	c.refunded += r.amount.Minor
	c.card.spent -= r.amount.Minor
}
