package pay

import (
	"fmt"

	"github.com/strollhq/stroll/jwo"
	"github.com/strollhq/stroll/money"
)

// mark turns an intent into one that is being sent.
func (c *change) mark(o operation) operation {
	o.State, o.Sent, o.Answered, o.Next = opSent, c.now, at(0), at(0)
	o.Touched++
	c.put(o)
	return o
}

// answer applies what came of sending o. The payment may have moved since: an
// event can be faster than the answer it belongs to.
func (c *change) answer(o operation, a answer) error {
	o.Answered = c.now
	if a.Ref != "" && c.p.Route == OwnProcessor {
		c.p.authRef = a.Ref
	}
	overtaken := c.p.State == Captured || c.p.State == CaptureDeclined
	switch a.Outcome {
	case jwo.NotSent, jwo.Throttled, jwo.Denied:
		if !overtaken {
			c.again(&o, a)
		}
		return nil
	case jwo.Unknown:
		if overtaken {
			return c.on(captureUnknown, "")
		}
	}
	o.tried(string(a.Outcome) + " " + a.Name + a.Status)
	if a.Outcome == jwo.Unknown {
		o.State, o.Lost = opUnknown, a.Lost
		if o.UnknownAt.IsZero() || a.Lost {
			o.UnknownAt = c.now
		}
		o.Next = c.now.Add(jitter(c.s.Retry, o.Attempts))
		if o.Op == OpCapture && a.Lost && c.s.Capture.UnknownPolicy != "resend" && c.p.Route != OwnProcessor {
			o.Next = c.now.Add(c.s.Capture.EvidenceGrace)
		}
		c.put(o)
		return c.on(map[Op]Event{OpAdjust: adjustUnknown, OpCapture: captureUnknown, OpCancel: cancelUnknown}[o.Op], a.Note)
	}
	if a.Outcome == jwo.Done {
		switch o.Op {
		case OpAdjust:
			return c.adjusted(o, a)
		case OpCapture:
			return c.capturedNow(o, captureDone, a.Note)
		}
		o.State, o.UnknownAt = opDone, at(0)
		c.put(o)
		return c.on(cancelDone, "")
	}
	return c.refused(o, a)
}

// again keeps an intent whose try had no effect. A doubt from an earlier try
// stays a doubt.
func (c *change) again(o *operation, a answer) {
	o.tried(string(a.Outcome))
	if a.Outcome == jwo.NotSent {
		o.Touched--
	}
	switch {
	case !o.UnknownAt.IsZero():
		o.State = opUnknown
	case c.p.State == AdjustPending && o.Op == OpAdjust:
		o.State = opPending
	default:
		o.State = opStored
	}
	// The pause of the API holds back the throttled and the denied; the time
	// here only spreads them when it ends.
	o.Next = c.now.Add(jitter(c.s.Retry, o.Attempts))
	if wait := a.RetryAfter; a.Outcome == jwo.Throttled && c.now.Add(wait).After(c.p.Expires) && !c.p.Final() {
		c.alert(AlertDeadline, "", fmt.Sprintf("%s is throttled for %s, beyond the end of the pre-authorization", o.Op, wait))
	}
	c.put(*o)
}

// tried counts tries that ended alike; the first different one starts anew.
func (o *operation) tried(outcome string) {
	if o.Outcome != outcome {
		o.Attempts = 0
	}
	o.Outcome = outcome
	o.Attempts++
}

// adjusted reads an Adjust that was answered.
func (c *change) adjusted(o operation, a answer) error {
	if a.Status == jwo.Pending {
		o.State, o.UnknownAt = opPending, at(0)
		o.Next = c.now.Add(doubling(c.s.Adjust.PendingFirst, c.s.Adjust.PendingCeiling, o.Attempts))
		c.put(o)
		return c.on(adjustPending, "")
	}
	o.State, o.UnknownAt = opDone, at(0)
	if a.Status == jwo.Declined {
		return c.declined(o)
	}
	got := a.Authorized
	switch {
	case got.Currency == "":
		got = o.Amount
		c.alert(AlertNoAuthorized, "", "approved without an authorizedAmount: taken as asked")
	case got.Currency != o.Amount.Currency || got.Minor <= 0:
		o.State = opRefused
		c.put(o)
		return c.park(fault_, AlertIntegrity, fmt.Sprintf("asked for %s, approved %s", o.Amount, got))
	case got.Minor > o.Amount.Minor:
		c.alert(AlertMoreAuthorized, "", fmt.Sprintf("asked for %s, approved %s: capturing what was asked", o.Amount, got))
		got = o.Amount
	}
	c.put(o)
	c.p.Authorized = got
	if err := c.on(adjustApproved, ""); err != nil {
		return err
	}
	if got.Minor < o.Amount.Minor && c.s.Adjust.Partial == "park" {
		return c.park(fault_, AlertPartial, fmt.Sprintf("approved %s of %s", got, o.Amount))
	}
	return nil
}

// declined follows the store's decline policy.
func (c *change) declined(o operation) error {
	c.p.declines++
	if c.p.declines <= int64(c.s.Adjust.DeclineRetries) {
		o.Next = c.now.Add(jitter(c.s.Retry, c.p.declines+1))
		c.put(o)
		return c.on(adjustRetry, "declined, asked again")
	}
	c.put(o)
	if err := c.on(adjustDeclined, ""); err != nil {
		return err
	}
	c.alert(AlertDeclined, "", "the adjustment was declined")
	if c.s.Decline.Policy == "capture_held" && c.p.Hold.Currency == c.p.Total.Currency && c.p.Hold.Minor > 0 {
		c.p.partial = true
		c.p.Authorized = money.New(min(c.p.Hold.Minor, c.p.Total.Minor), c.p.Total.Currency)
		return nil
	}
	c.move(moveOwe, c.p.Total, CauseDeclined)
	c.report()
	return nil
}

// capturedNow books a Capture that was accepted, by its own answer or by weak
// evidence. An event may have been faster: then there is nothing to book.
func (c *change) capturedNow(o operation, e Event, note string) error {
	was := c.p.State
	if err := c.on(e, note); err != nil {
		return err
	}
	o.State, o.UnknownAt, o.Barred = opDone, at(0), false
	c.put(o)
	if was != AdjustApproved && was != AdjustDeclined && was != CaptureUnknown {
		return nil
	}
	c.take(o.Amount)
	if c.s.Report.When != "confirmed" || c.p.Captured.Minor < c.p.Total.Minor {
		c.report()
	}
	return nil
}

// take books captured money the first time it is heard of; what it does not
// cover is a debt.
func (c *change) take(amount money.Amount) {
	if c.p.CapturedAt.IsZero() {
		c.p.CapturedAt = c.now
	}
	c.p.Captured = amount
	c.move(moveCapture, amount, "")
	if rest := c.p.Total.Minor - amount.Minor; rest > 0 && !c.p.indebted {
		c.move(moveOwe, money.New(rest, amount.Currency), CausePartial)
	}
	c.close()
}

// refused ends a call that was refused for good.
func (c *change) refused(o operation, a answer) error {
	gone := a.Name == jwo.ShoppingTripExpired
	unknownTrip := a.Name == jwo.UnknownShoppingTrip
	inDoubt := !o.UnknownAt.IsZero()
	o.State = opRefused
	why := refusal(a)
	switch o.Op {
	case OpAdjust:
		o.UnknownAt = at(0)
		c.put(o)
		if gone {
			return c.expire(nil, tripExpired, why)
		}
		if unknownTrip && c.p.Entry == ByCode && c.p.Route == PaymentService {
			return c.park(adjustRefused, AlertWrongRoute, why+": is this store's app entry really charged by the payment service?")
		}
		return c.park(adjustRefused, AlertRefused, why)
	case OpCancel:
		c.put(o)
		switch {
		case c.p.State == CancelUnknown:
			return c.on(cancelRefused, why+": taken as done")
		case c.p.State == AdjustDeclined, gone, unknownTrip:
			return c.on(cancelRefused, why+": nothing to release")
		}
		return c.park(cancelParked, AlertRefused, why)
	}
	switch {
	case inDoubt || c.p.State == CaptureUnknown:
		// Proves nothing about the first send: never again by the program.
		o.State, o.Barred, o.Next = opUnknown, true, c.now
		c.put(o)
		c.alert(AlertCaptureUnknown, "refused", "the repeated Capture was refused: "+why)
		return c.on(captureRefused, why)
	case c.p.State == Captured || c.p.State == CaptureDeclined:
		c.put(o)
		return c.on(captureRefused, why)
	case c.p.State == AdjustDeclined:
		c.put(o)
		if gone {
			return c.expire(nil, tripExpired, why)
		}
		if err := c.on(captureRefused, why+": the held amount was not captured"); err != nil {
			return err
		}
		c.move(moveOwe, c.p.Total, CauseDeclined)
		c.report()
		return nil
	case gone:
		c.put(o)
		return c.expire(nil, tripExpired, why)
	}
	c.put(o)
	return c.park(captureRefused, AlertRefused, why)
}

// refusal is the reason of a refusal for people.
func refusal(a answer) string {
	switch {
	case a.Note != "":
		return a.Note
	case a.Name != "":
		return a.Name
	}
	return "refused"
}
