package jwosim

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"time"
)

// sameDecision finds two different decisions about one event; lost answers
// count, for the connector gave them. It returns the decision to compare with.
func (s *Sim) sameDecision(c call, first *reply, a answer) *reply {
	if a.err != nil && a.err != errLost || a.refusedCaller() {
		return first
	}
	r := reply{status: a.status}
	if a.status == http.StatusOK {
		if v, err := c.read(a.body); err == nil {
			r.value = v
		}
	}
	if r.value == nil && a.status != http.StatusUnauthorized {
		return first
	}
	if first == nil {
		return &r
	}
	if r.status != first.status || !reflect.DeepEqual(r.value, first.value) {
		s.mu.Lock()
		s.find(GateAnswerChanged, c.trip, "%s of event %s: %d, then %d, or another content", c.api, c.event.id, first.status, r.status)
		s.mu.Unlock()
	}
	return first
}

// WalkOut ends the trip and delivers its cart, again and again until the
// connector has taken it (2xx) or refused it (another 4xx than 429), the
// setting CartGiveUp has passed or the context ends; then the error says so.
// On a trip whose cart was taken it does nothing.
func (s *Sim) WalkOut(ctx context.Context, t *Trip) error {
	taken, err := s.leave(t)
	if err != nil || taken {
		return err
	}
	return s.deliver(ctx, t, s.clock.mark())
}

// WalkOutAsync is WalkOut in the background. The channel yields its error once
// and is closed. Close ends it.
func (s *Sim) WalkOutAsync(ctx context.Context, t *Trip) <-chan error {
	out := make(chan error, 1)
	taken, err := s.leave(t)
	if err != nil || taken {
		out <- err
		close(out)
		return out
	}
	from := s.clock.mark()
	s.async.Go(func() {
		defer close(out)
		out <- s.deliver(ctx, t, from)
	})
	return out
}

// Redeliver sends a cart again: one that was given up, or, to try the
// connector, one that was taken.
func (s *Sim) Redeliver(ctx context.Context, t *Trip) error {
	s.mu.Lock()
	switch t.state {
	case tripDelivered, tripUndelivered, tripRefused:
		t.state = tripLeft
		s.changed(t)
		s.mu.Unlock()
		return s.deliver(ctx, t, s.clock.mark())
	}
	defer s.mu.Unlock()
	return fmt.Errorf("trip %s is %s: no cart to deliver again", t.id, t.state)
}

func (s *Sim) leave(t *Trip) (taken bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch t.state {
	case tripShopping:
		t.state, t.ended = tripLeft, s.Now()
		s.changed(t)
		return false, nil
	case tripDelivered:
		return true, nil
	}
	return false, fmt.Errorf("trip %s is %s: it cannot walk out", t.id, t.state)
}

// deliver sends the cart of a trip that ended at the mark.
func (s *Sim) deliver(ctx context.Context, t *Trip, ended mark) error {
	ctx, done := s.bound(ctx)
	defer done()
	set := s.cfg.Settings
	c := s.cartCall(t)
	giveUp := set.CartGiveUp
	if giveUp == 0 {
		giveUp = t.store.Lifetime
	}
	var twin <-chan answer
	var stale func()
	outcome, err := tripUndelivered, error(nil)
	begin, wait, requestID := s.Now(), set.CartFirst, ""
	if err = s.clock.sleepFrom(ctx, ended, s.late(c)); err == nil {
		twin = s.twin(ctx, c, s.Faults().DuplicateCart)
		stale = s.overtaken(ctx, t)
	}
	for err == nil {
		s.mu.Lock()
		attempt := t.attempts[c.api]
		requestID = s.requestID(c, t.sent, requestID)
		t.sent++
		s.mu.Unlock()
		a := s.send(ctx, c, "", attempt, requestID)
		if !a.planned { // an outage changes no draw behind it
			s.mu.Lock()
			t.attempt(c.api)
			s.mu.Unlock()
		}
		s.purchased(t, a)
		pause := max(wait, a.after)
		switch {
		case ctx.Err() != nil:
			err = ctx.Err()
		case a.err != nil || a.status >= 500 || a.status == http.StatusTooManyRequests || a.status == http.StatusRequestTimeout || a.refusedCaller():
			if s.Now().Add(pause).Sub(begin) > giveUp {
				err = fmt.Errorf("trip %s: cart given up after %s: last status %d", t.id, s.Now().Sub(begin), a.status)
				break
			}
			err = s.clock.sleep(ctx, pause)
			wait = min(2*wait, set.CartCeiling)
			continue
		case a.status/100 == 2:
			outcome = tripDelivered
		default:
			outcome, err = tripRefused, fmt.Errorf("trip %s: cart refused with status %d", t.id, a.status)
		}
		break
	}
	if twin != nil {
		for a := range twin {
			s.purchased(t, a)
		}
	}
	if stale != nil {
		stale()
	}
	if outcome == tripDelivered {
		s.repeatLater(c)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t.state = outcome
	if outcome == tripRefused {
		s.find(CartRefused, t, "%v", err)
	}
	if err != nil {
		t.notes = append(t.notes, err.Error())
	}
	s.changed(t)
	return err
}

// late is how long the cart waits before its first delivery.
func (s *Sim) late(c call) time.Duration {
	f := s.Faults()
	if !s.happens(f.LateCart, "late cart", c.key()) {
		return 0
	}
	return f.late(s.draw("late by", c.key()))
}

// purchased reads an answer to the cart; lost ones count too.
func (s *Sim) purchased(t *Trip, a answer) {
	if a.status/100 != 2 || a.err != nil && a.err != errLost {
		return
	}
	var b struct {
		PurchaseID *string `json:"purchaseId"`
	}
	err := json.Unmarshal(a.body, &b)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case err != nil || b.PurchaseID == nil:
		s.find(BadAnswer, t, "CreatePurchases: status %d without a readable purchaseId", a.status)
		return
	case t.found["purchase"] && t.purchase != *b.PurchaseID:
		s.find(PurchaseIDChanged, t, "purchase id %q, then %q", t.purchase, *b.PurchaseID)
	case (len(t.cart) == 0) != (*b.PurchaseID == ""):
		s.find(PurchaseIDUnexpected, t, "%d lines, purchase id %q", len(t.cart), *b.PurchaseID)
	}
	if !t.found["purchase"] {
		t.found["purchase"], t.purchase = true, *b.PurchaseID
	}
}

// cartCall freezes the cart.
func (s *Sim) cartCall(t *Trip) call {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.cfg.Settings.CartFields != "required"
	b := purchasesRequest{
		TripID: t.id, StoreID: t.store.ID, Items: []cartItem{},
		Trip: shoppingTrip{Start: timestamp(t.started.Add(t.skew)), End: timestamp(t.ended.Add(t.skew)), Events: []cartEvent{}},
	}
	for _, ev := range t.events {
		e := cartEvent{ID: ev.id, Payload: ev.payload}
		if all {
			e.Timestamp, e.Location = timestamp(ev.at), ev.location
		}
		if ev.scan != nil {
			v := *ev.scan
			if v.Type == "CASH_SHOPPER" {
				v.Type = s.cfg.Settings.CashWord
			}
			e.ScanResult = &v
		}
		b.Trip.Events = append(b.Trip.Events, e)
	}
	for i, it := range t.cart {
		line := cartItem{ID: it.ID, Type: it.Type, Quantity: cartQuantity{it.Quantity, it.Unit}, External: it.External}
		if all {
			line.LineID = "line-" + strconv.Itoa(i+1)
		}
		b.Items = append(b.Items, line)
	}
	if all && t.entry == "FINANCIAL" && t.card != nil {
		b.ShopperIdentity = &wireID{t.card.Instrument}
		b.ShopperDeviceID = "reader-" + t.store.ID[:min(len(t.store.ID), 200)]
		if s.cfg.Settings.CartFields == "older" {
			b.PaymentSource = &wireID{t.card.Instrument}
		}
	}
	return call{
		api: "CreatePurchases", path: "/v1/order/purchases", trip: t, timeout: s.cfg.Settings.CartTimeout, empty: len(b.Items) == 0,
		body: func(requestID string) any {
			r := b
			r.RequestID = requestID
			return r
		},
	}
}
