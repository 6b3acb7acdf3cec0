package demo_test

import (
	"errors"
	"testing"
	"time"

	"github.com/strollhq/stroll/internal/app"
	"github.com/strollhq/stroll/internal/demo"
	"github.com/strollhq/stroll/internal/pay"
	"github.com/strollhq/stroll/jwo"
	"github.com/strollhq/stroll/jwosim"
	"github.com/strollhq/stroll/money"
)

// TestExpired lets a charge stay pending until its pre-authorization ends.
func TestExpired(t *testing.T) {
	t.Parallel()
	expired := func(strategy, name, card, visitor string) {
		t.Run(strategy+"/"+name+"/pending_for_46_hours_is_owed", func(t *testing.T) {
			d := debtor{strategy: strategy, card: card, visitor: visitor, cause: pay.CauseExpired}
			d.inWorld(t, "pending_forever", nil, (*debtor).expire)
		})
	}
	for _, strategy := range strategies {
		expired(strategy, "card", "pending_forever", "")
	}
	expired(pay.RetailerManaged, "app_code", "", indebtedVisitor)
}

func (d *debtor) expire(t *testing.T) {
	trip := d.begin(t)
	<-time.After(time.Minute)
	if err := d.Sim.WalkOut(d.ctx, trip); err != nil {
		t.Fatal(err)
	}
	state := func(want pay.State) pay.Payment {
		t.Helper()
		p, err := d.App.Pay.Get(d.ctx, d.App.DB.Reader(), trip.ID())
		if err != nil || p.State != want {
			t.Errorf("%s after entry: %s, want %s, %v", time.Since(trip.State().Started), p.State, want, err)
		}
		return p
	}
	<-time.After(time.Until(trip.State().Started.Add(46*time.Hour - 5*time.Minute)))
	state(pay.AdjustPending)
	d.admitted(t, "while the charge is pending")
	<-time.After(10 * time.Minute)
	p := state(pay.Expired)
	debt, book := d.debt(t, trip), d.book(t, trip)
	if debt.Amount != p.Total.Minor || debt.Amount == 0 || debt.Cause != pay.CauseExpired || book.Captured != 0 {
		t.Errorf("debt of %d of %s by %s, captured %d", debt.Amount, p.Total, debt.Cause, book.Captured)
	}
	if sent := d.Sim.History(jwosim.Filter{API: jwo.APICaptureCharge, TripID: trip.ID()}); len(sent) > 0 {
		t.Errorf("Capture was sent %d times", len(sent))
	}
	d.refused(t, "after the pre-authorization expired", "")
	d.told(t, trip, p.Total.Minor, 0)
	d.who = pay.Who{StoreID: demo.StoreID, Visitor: debt.Visitor, Instrument: debt.Instrument}
	d.pay(t, "all", debt.Amount, debt.Amount)
	d.rest(t)
	d.admitted(t, "after the payoff")
	d.told(t, trip, p.Total.Minor, 0, p.Total.Minor)
}

// TestLateCart delivers a cart hours after the shopper left.
func TestLateCart(t *testing.T) {
	t.Run("is_priced_as_of_the_trip's_end", func(t *testing.T) {
		d := debtor{strategy: pay.RetailerManaged, card: "approve"}
		d.inWorld(t, "approve", func(c *demo.Config) {
			c.Faults = jwosim.Faults{LateCart: 1, LateBy: 30 * time.Hour}
		}, (*debtor).late)
	})
}

func (d *debtor) late(t *testing.T) {
	trip := d.begin(t)
	<-time.After(2 * time.Minute)
	left := time.Now()
	taken := d.Sim.WalkOutAsync(d.ctx, trip)
	<-time.After(2 * time.Minute)
	if err := d.App.Reload(d.ctx, reloaded(d.World, func(c *app.Config) {
		for i, it := range c.Stores[0].Prices.Items {
			if it.SKU == debtItem {
				c.Stores[0].Prices.Items[i].Price = it.Price.Add(money.MustDecimal("1.00"))
			}
		}
	})); err != nil {
		t.Fatal(err)
	}
	if err := d.Sim.SetFaults(jwosim.NoFaults()); err != nil {
		t.Fatal(err)
	}
	next := d.begin(t)
	<-time.After(2 * time.Minute)
	if err := d.Sim.WalkOut(d.ctx, next); err != nil {
		t.Fatal(err)
	}
	if err := <-taken; err != nil {
		t.Fatal(err)
	}
	d.rest(t)
	late, err1 := d.App.Carts.Get(d.ctx, d.App.DB.Reader(), trip.ID())
	soon, err2 := d.App.Carts.Get(d.ctx, d.App.DB.Reader(), next.ID())
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	if after := late.Received.Sub(left); after < 2*time.Hour || !late.PriceAt.Equal(late.Ended) || !late.Received.After(soon.Received) {
		t.Errorf("received %s after the end and priced as of %s, ended %s", after, late.PriceAt, late.Ended)
	}
	if late.Version == soon.Version || soon.Total.Minor <= late.Total.Minor {
		t.Errorf("the late cart came to %s by %s, one after the price rose to %s by %s", late.Total, late.Version, soon.Total, soon.Version)
	}
	if book := d.book(t, trip); book.Captured != late.Total.Minor || book.Captures != 1 {
		t.Errorf("captured %d in %d, want %s", book.Captured, book.Captures, late.Total)
	}
}
