package pay

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/money"
)

// Open makes the payment of a trip and its job, in the cart's transaction: the
// cart is charged, or released, if and only if that transaction commits. The
// route is fixed here. Opening a trip again with the same content changes
// nothing; with another it is fault.Conflict.
func (p *Pay) Open(ctx context.Context, tx *db.Tx, o Opening) error {
	if err := o.check(); err != nil {
		return err
	}
	s := p.settingsOf(o.StoreID)
	pay, err := loadPayment(ctx, tx, o.TripID)
	fresh := errors.Is(err, fault.NotFound)
	if err != nil && !fresh {
		return err
	}
	if !fresh && !pay.Opened.IsZero() {
		if pay.PurchaseID == o.PurchaseID && pay.StoreID == o.StoreID && pay.Total == o.Total {
			return nil
		}
		return fault.New(fault.Conflict, "trip %s has a payment already", o.TripID)
	}
	c, err := opening(pay, s, o)
	if err != nil {
		return err
	}
	if c.p.Route == OwnProcessor {
		if err := p.adopt(ctx, tx, c, o.Events); err != nil {
			return err
		}
	}
	if err := c.price(o.Total, o.Act, o.Reason); err != nil {
		return err
	}
	next, err := p.save(ctx, tx, c)
	if err == nil && c.was == 0 {
		tx.AfterCommit(func() { p.opening.put(next) })
	}
	return p.opened(err)
}

// opening is the change that makes pay, which may be nothing yet, the payment
// of a cart, before it has its price.
func opening(pay Payment, s Settings, o Opening) (*change, error) {
	c := begin(pay, s, time.Now(), "cart")
	c.p.TripID, c.p.StoreID, c.p.PurchaseID = o.TripID, o.StoreID, o.PurchaseID
	c.p.Entry, c.p.Ended, c.p.Opened = o.Entry, o.Ended, c.now
	c.p.Route = s.route(o.Entry)
	if o.Visitor != "" {
		c.p.Visitor = o.Visitor
	}
	if o.Instrument != "" {
		c.p.Instrument = o.Instrument
	}
	c.p.Expires = expiresAt(s.lifetime(c.p.Route), c.now, pay.Started, o.Started)
	c.p.Started = c.p.Expires.Add(-s.lifetime(c.p.Route))
	if c.was == 0 {
		if err := c.on(entered, ""); err != nil {
			return nil, err
		}
	}
	if pay.State == NeverCharged {
		c.alert(AlertLateCart, "", "the cart came after its pre-authorization was closed")
	}
	c.wake = true
	return c, nil
}

// opened turns a payment that appeared meanwhile into something that is tried
// again.
func (p *Pay) opened(err error) error {
	if errors.Is(err, errStale) {
		return fault.New(fault.Unavailable, "%w", err)
	}
	return err
}

func (o Opening) check() error {
	switch {
	case o.TripID == "" || o.StoreID == "":
		return fault.New(fault.Invalid, "open a payment: trip and store are needed")
	case o.Total.Minor < 0:
		return fault.New(fault.Invalid, "open the payment of trip %s: total %s", o.TripID, o.Total)
	case o.Act != Charge && o.Act != Release && o.Act != Hold:
		return fault.New(fault.Invalid, "open the payment of trip %s: no act %q", o.TripID, o.Act)
	case o.Act == Charge && o.Total.Currency == "":
		return fault.New(fault.Invalid, "open the payment of trip %s: a charge needs a total", o.TripID)
	}
	return nil
}

// route of a trip by its entry method.
func (s Settings) route(entry string) string {
	if entry == ByCode {
		return s.Settlement.Route
	}
	return PaymentService
}

// price makes the cart's wish the payment's.
func (c *change) price(total money.Amount, act Act, reason string) error {
	if act == Charge && total.IsZero() {
		// A zero amount cannot be captured: there is nothing to charge.
		act, reason = Release, ZeroTotal
	}
	c.p.Act, c.p.Reason, c.p.Total = act, reason, total
	if total.Currency != "" {
		c.p.Authorized, c.p.Captured = money.New(0, total.Currency), money.New(0, total.Currency)
		if c.p.Hold.Currency == "" {
			if c.p.Route == PaymentService {
				c.p.Hold = c.s.hold(total.Currency)
			}
		} else if c.p.Hold.Currency != total.Currency {
			c.alert(AlertHoldCurrency, "", fmt.Sprintf("pre-authorized %s, the cart is %s", c.p.Hold, total))
			c.p.Hold = money.Amount{}
		}
	}
	switch act {
	case Hold:
		return c.on(held, reason)
	case Release:
		if reason == CashShopper || reason == Associate {
			c.sell()
			to := moveCash
			if reason == Associate {
				to = moveAssociate
			}
			c.move(to, total, "")
		} else if c.s.Cancel.ReportNothing && total.Currency != "" {
			c.report()
		}
		return c.on(released, reason)
	}
	c.sell()
	return c.on(priced, "")
}

// Reprice gives a held payment its price, in the transaction that resolved its
// cart. A payment that is not held is fault.Conflict. Once the
// pre-authorization has ended the whole total becomes a debt.
func (p *Pay) Reprice(ctx context.Context, tx *db.Tx, tripID string, total money.Amount, act Act, reason string) error {
	o := Opening{TripID: tripID, StoreID: "-", Total: total, Act: act}
	if err := o.check(); err != nil {
		return err
	}
	pay, err := loadPayment(ctx, tx, tripID)
	if err != nil {
		return err
	}
	if pay.State != Parked || pay.Act != Hold {
		return fault.New(fault.Conflict, "trip %s is not held: it is in state %s", tripID, pay.State)
	}
	c := begin(pay, p.settingsOf(pay.StoreID), time.Now(), "cart")
	if act == Charge && total.Minor > 0 && !c.now.Before(c.p.Expires) {
		c.p.Act, c.p.Reason, c.p.Total = act, reason, total
		if c.p.Hold.Currency != total.Currency {
			c.p.Hold = money.Amount{}
		}
		c.p.Authorized, c.p.Captured = money.New(0, total.Currency), money.New(0, total.Currency)
		err = c.expire(nil, expired, "priced after the pre-authorization had ended")
	} else {
		err = c.price(total, act, reason)
	}
	if err != nil {
		return err
	}
	c.wake = true
	_, err = p.save(ctx, tx, c)
	return p.opened(err)
}

// Link makes a trip known by its entry, before its cart, and starts its expiry
// clock. A trip that is known learns what it did not know; so does its debt.
func (p *Pay) Link(ctx context.Context, tx *db.Tx, l Link) error {
	if l.TripID == "" || l.StoreID == "" {
		return fault.New(fault.Invalid, "link an entry: trip and store are needed")
	}
	s := p.settingsOf(l.StoreID)
	pay, err := loadPayment(ctx, tx, l.TripID)
	if err != nil && !errors.Is(err, fault.NotFound) {
		return err
	}
	c, err := linking(pay, s, l)
	if err != nil || c.p == c.old {
		return err
	}
	if _, err := p.save(ctx, tx, c); err != nil {
		return p.opened(err)
	}
	if !c.p.indebted {
		return nil
	}
	if _, err := tx.ExecContext(ctx, `UPDATE debt SET visitor = $1, instrument = $2 WHERE trip_id = $3`, c.p.Visitor, c.p.Instrument, c.p.TripID); err != nil {
		return fmt.Errorf("link debt of trip %s: %w", l.TripID, err)
	}
	return nil
}

// linking is the change that makes pay, which may be nothing yet, the payment
// of an entry.
func linking(pay Payment, s Settings, l Link) (*change, error) {
	c := begin(pay, s, time.Now(), "gate")
	if c.was == 0 {
		c.p.TripID, c.p.StoreID = l.TripID, l.StoreID
		c.p.Expires = expiresAt(s.Preauth.Lifetime, c.now, l.At)
		c.p.Started = c.p.Expires.Add(-s.Preauth.Lifetime)
		if err := c.on(entered, ""); err != nil {
			return nil, err
		}
		c.wake, c.wakeAt = true, c.p.Expires
	}
	if c.p.Visitor == "" {
		c.p.Visitor = l.Visitor
	}
	if c.p.Instrument == "" {
		c.p.Instrument = l.Instrument
	}
	if c.p.Hold.Currency == "" && (c.p.currency() == "" || c.p.currency() == l.Hold.Currency) && l.Hold.Minor >= 0 {
		c.p.Hold = l.Hold
		if c.p.Authorized.Currency == "" && l.Hold.Currency != "" {
			c.p.Authorized, c.p.Captured = money.New(0, l.Hold.Currency), money.New(0, l.Hold.Currency)
		}
	}
	return c, nil
}
