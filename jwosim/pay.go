package jwosim

import (
	"net/http"
	"slices"

	"github.com/strollhq/stroll/money"
)

// payment reads what the payment calls share and finds the charge. extra reads
// the operation's own fields first, so that a malformed request is bad whatever
// the trip.
func (s *Sim) payment(b *fields, extra func()) (*Trip, *charge, *result) {
	storeID, tripID := b.text("storeId", 255, storeIDs), b.text("shoppingTripId", 255, tripIDs)
	if extra != nil {
		extra()
	}
	fail := func(name string) (*Trip, *charge, *result) {
		r := refuse(name)
		return nil, nil, &r
	}
	if b.bad || s.stores[storeID] == nil {
		return fail(badRequest)
	}
	t := s.trips[tripID]
	if t == nil || t.store.ID != storeID || t.state == tripEntering || t.state == tripDenied {
		return fail(unknownTrip)
	}
	if t.charge == nil {
		return t, nil, nil
	}
	t.charge.expire(s.Now())
	return t, t.charge, nil
}

func (s *Sim) expired() result {
	return result{status: s.cfg.Settings.ExpiredStatus, name: tripExpired}
}

// adjust sets the charge to the total.
func (s *Sim) adjust(b *fields, force string) result {
	var amount money.Amount
	t, c, bad := s.payment(b, func() { amount = b.amount("amount") })
	switch {
	case bad != nil:
		return *bad
	case c == nil:
		return refuse(unknownTrip)
	case amount.Minor <= 0 || amount.Currency != c.cur:
		return refuse(badRequest)
	case c.state == chargeExpired:
		return s.expired()
	case c.state == chargeCaptured || c.state == chargeCancelled:
		s.find(AdjustOutOfTurn, t, "Adjust to %s of a charge that is %s", amount, c.state)
		return refuse(s.cfg.Settings.WrongState)
	case c.adjusted && c.state != chargePending && s.cfg.Settings.RepeatedAdjust == "refuse":
		return refuse(s.cfg.Settings.WrongState)
	}
	pendings := 0
	if f := s.faults; s.happens(f.Pending, "pending", t.key) {
		most := f.PendingTries
		if most == 0 {
			most = 2
		}
		pendings = 1 + s.draw("pending tries", t.key).IntN(most)
	}
	decision := ""
	switch force {
	case "approved", "declined", "pending":
		decision = force
	case "approved_more", "approved_no_amount", "other_currency", "unknown_status", "no_status":
		decision = "approved"
	}
	var status string
	var authorized int64
	if p := partialOutcome(force); p > 0 {
		kept := c.card.Behaviour
		c.card.Behaviour = Behaviour{PartialPercent: p}
		status, authorized = c.adjust(amount.Minor, 0, "", s.Now())
		c.card.Behaviour = kept
	} else {
		status, authorized = c.adjust(amount.Minor, pendings, decision, s.Now())
	}
	answer := map[string]any{"status": status, "authorizedAmount": wireMoney(money.New(authorized, c.cur))}
	switch force {
	case "approved_more":
		answer["authorizedAmount"] = wireMoney(money.New(authorized+100, c.cur))
	case "approved_no_amount":
		delete(answer, "authorizedAmount")
	case "other_currency":
		other := money.Currency("EUR")
		if c.cur == other {
			other = "USD"
		}
		answer["authorizedAmount"] = wireMoney(money.New(authorized, other))
	case "unknown_status":
		answer["status"] = "WHATEVER"
	case "no_status":
		delete(answer, "status")
	}
	return ok(answer)
}

// cancelCharge releases the hold.
func (s *Sim) cancelCharge(b *fields, _ string) result {
	t, c, bad := s.payment(b, nil)
	switch {
	case bad != nil:
		return *bad
	case c == nil:
		if s.cfg.Settings.CancelWithoutHold == "accept" {
			return ok(nil)
		}
		return refuse(unknownTrip)
	case c.state == chargeExpired:
		return s.expired()
	case c.state == chargeCaptured:
		s.find(CancelAfterCapture, t, "Cancel after a Capture")
		return refuse(s.cfg.Settings.WrongState)
	case c.state == chargeCancelled && s.cfg.Settings.RepeatedCancel == "refuse":
		return refuse(s.cfg.Settings.WrongState)
	case c.state != chargeCancelled:
		c.end(chargeCancelled)
	}
	return ok(nil)
}

// capture takes the money.
func (s *Sim) capture(b *fields, _ string) result {
	var amount money.Amount
	t, c, bad := s.payment(b, func() { amount = b.amount("amount") })
	switch {
	case bad != nil:
		return *bad
	case c == nil:
		return refuse(unknownTrip)
	case amount.Minor <= 0 || amount.Currency != c.cur:
		return refuse(badRequest)
	case c.state == chargeExpired:
		return s.expired()
	case c.state == chargeCaptured:
		return s.captureAgain(t, c, amount)
	}
	limit := c.capturable(&s.cfg.Settings)
	if limit < 0 {
		s.find(CaptureOutOfTurn, t, "Capture of %s of a charge that is %s", amount, c.state)
		return refuse(s.cfg.Settings.WrongState)
	}
	if amount.Minor > limit {
		s.find(CaptureAbove, t, "Capture of %s where %s is authorized", amount, money.New(limit, c.cur))
		return refuse(s.cfg.Settings.WrongState)
	}
	c.capture(amount.Minor, limit, s.Now())
	c.reconciliation = s.id("reconciliation", t.key, 0)
	return ok(nil)
}

func (s *Sim) captureAgain(t *Trip, c *charge, amount money.Amount) result {
	if amount.Minor != c.captureAmount {
		s.find(CaptureChanged, t, "Capture of %s after one of %s", amount, money.New(c.captureAmount, c.cur))
		return refuse(s.cfg.Settings.WrongState)
	}
	if c.answered {
		s.find(CaptureTwice, t, "Capture of %s again", amount)
	}
	switch {
	case s.cfg.Settings.DoubleCaptures:
		c.capture(amount.Minor, c.captureLimit, s.Now())
	case s.cfg.Settings.RepeatedCapture == "refuse":
		return refuse(s.cfg.Settings.WrongState)
	}
	return ok(nil)
}

// refund gives captured money back.
func (s *Sim) refund(b *fields, _ string) result {
	var amount money.Amount
	var id, reason string
	t, c, bad := s.payment(b, func() {
		amount = b.amount("amount")
		id = b.text("refundRequestId", 36, refundIDs)
		reason = b.text("refundReasonCode", 255, nil)
		b.bad = b.bad || !slices.Contains(s.cfg.Settings.RefundReasons, reason)
	})
	switch {
	case bad != nil:
		return *bad
	case c == nil:
		return refuse(unknownTrip)
	case amount.Minor <= 0 || amount.Currency != c.cur:
		return refuse(badRequest)
	case c.state != chargeCaptured:
		return refuse(s.cfg.Settings.WrongState)
	}
	r, again := c.refunds[id]
	switch {
	case again && (r.amount != amount || r.reason != reason):
		s.find(RefundChanged, t, "refund request %s is known with another content", id)
		return refuse(badRequest)
	case !again && !t.ended.IsZero() && s.Now().After(t.ended.Add(s.cfg.Settings.RefundWindow)):
		return refuse(badRequest)
	case !again && amount.Minor > c.captured-c.refunded:
		s.find(RefundAbove, t, "refund of %s where %s is left", amount, money.New(c.captured-c.refunded, c.cur))
		return refuse(badRequest)
	case !again:
		r = refund{amount, reason, s.id("refund", t.key+"/"+id, 0)}
		c.refund(id, r)
	}
	if s.cfg.Settings.RefundAnswer == "empty" {
		return result{status: http.StatusOK}
	}
	return ok(map[string]string{"reconciliationId": r.reconciliation})
}
