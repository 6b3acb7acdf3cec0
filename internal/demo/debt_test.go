package demo_test

import (
	"testing"
	"time"

	"github.com/strollhq/stroll/internal/demo"
	"github.com/strollhq/stroll/internal/gate"
	"github.com/strollhq/stroll/internal/pay"
	"github.com/strollhq/stroll/jwo"
	"github.com/strollhq/stroll/jwosim"
)

// TestDebt goes through the debt loop (contract: entry 8, payments 8 and 10)
// with the whole program: a charge that fails, the refusal at the gate, what
// Amazon is told, the payoff, and the gate that opens again.
func TestDebt(t *testing.T) {
	t.Parallel()
	for _, strategy := range strategies {
		for _, how := range []struct{ name, card, visitor string }{
			{name: "card", card: "#tapped"}, {name: "app_code", visitor: indebtedVisitor},
		} {
			for _, failure := range []struct{ name, magic, cause string }{
				{"adjustment_declined", "decline_adjust", pay.CauseDeclined},
				{"partial_approval", "partial_50", pay.CausePartial},
			} {
				t.Run(strategy+"/"+how.name+"/"+failure.name, func(t *testing.T) {
					d := debtor{strategy: strategy, visitor: how.visitor, cause: failure.cause}
					if how.card != "" {
						d.card = failure.magic + how.card
					}
					d.inWorld(t, failure.magic, nil, (*debtor).loop)
				})
			}
		}
	}
}

func (d *debtor) loop(t *testing.T) {
	d.others(t)
	trip := d.begin(t)
	var before gate.Code // which a telephone still shows when the debt is there
	if d.card == "" {
		var err error
		if before, err = d.App.Gate.IssueCode(d.ctx, demo.StoreID, d.visitor); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Sim.WalkOut(d.ctx, trip); err != nil {
		t.Fatal(err)
	}
	<-time.After(20 * time.Second) // the code is still fresh

	p, err := d.App.Pay.Get(d.ctx, d.App.DB.Reader(), trip.ID())
	if err != nil {
		t.Fatal(err)
	}
	debt, book := d.debt(t, trip), d.book(t, trip)
	total := p.Total.Minor
	if want := total - book.Captured; debt.Amount != want || debt.Cause != d.cause || debt.State != pay.DebtOpen || want == 0 {
		t.Errorf("debt of %d by %s, %s; want total − captured = %d − %d by %s", debt.Amount, debt.Cause, debt.State, total, book.Captured, d.cause)
	}
	if (book.Captured > 0) != (d.cause == pay.CausePartial) || book.Held != 0 {
		t.Errorf("after %s: captured %d, still held %d", d.cause, book.Captured, book.Held)
	}
	d.who = pay.Who{StoreID: demo.StoreID, Visitor: debt.Visitor, Instrument: debt.Instrument}
	d.refused(t, "with an open debt", before.Text)
	d.told(t, trip, total, book.Captured)

	part := debt.Amount / 3
	d.pay(t, "first", part, debt.Amount)
	if got := d.debt(t, trip); got.State != pay.DebtPartlyPaid || got.Remaining() != debt.Amount-part {
		t.Errorf("after a part payment: %s, %d left of %d", got.State, got.Remaining(), debt.Amount)
	}
	d.rest(t)
	d.refused(t, "with a part of the debt paid", "")
	d.told(t, trip, total, book.Captured, book.Captured+part)

	// Amazon does not hear of the rest at once.
	if d.reports() {
		if err := d.Sim.Force(jwosim.Force{API: jwo.APIReportPaymentStatus, Outcome: "503", Times: 3}); err != nil {
			t.Fatal(err)
		}
	}
	d.pay(t, "second", debt.Amount-part, debt.Amount-part)
	if got := d.debt(t, trip); got.State != pay.DebtResolved || got.Remaining() != 0 || got.Paid != debt.Amount {
		t.Errorf("after the whole payment: %s, %d left of %d", got.State, got.Remaining(), debt.Amount)
	}
	if d.strategy == pay.AmazonManaged && d.card != "" {
		d.refused(t, "paid, before Amazon accepted the report", "")
	} else {
		d.admitted(t, "at once after the payoff")
	}
	d.rest(t)
	d.admitted(t, "after the payoff")
	d.told(t, trip, total, book.Captured, book.Captured+part, total)
	if got := d.book(t, trip); got.Captured != book.Captured || got.Refunded != 0 {
		t.Errorf("the payoff moved money at Amazon: captured %d, refunded %d", got.Captured, got.Refunded)
	}
}

// others are trips that owe nothing: only the one that was charged is told of.
func (d *debtor) others(t *testing.T) {
	t.Helper()
	for _, quantity := range []string{"1", ""} {
		trip, err := d.Sim.EnterByCard(d.ctx, demo.StoreID, "approve")
		if err != nil {
			t.Fatal(err)
		}
		if quantity != "" {
			if err := trip.Take(jwosim.Item{ID: debtItem, Quantity: quantity}); err != nil {
				t.Fatal(err)
			}
		}
		if err := d.Sim.WalkOut(d.ctx, trip); err != nil {
			t.Fatal(err)
		}
		d.rest(t)
		if quantity == "" {
			d.told(t, trip, 0)
			continue
		}
		captured := d.book(t, trip).Captured
		d.told(t, trip, captured, captured)
	}
}

// TestDebtReportRejected has Amazon reject the report of a payoff: the debt
// stays cleared with us, nobody asks again blindly, and an operator restores
// access (contract: payments 10).
func TestDebtReportRejected(t *testing.T) {
	d := debtor{strategy: pay.AmazonManaged, card: "decline_adjust", cause: pay.CauseDeclined}
	d.inWorld(t, "approve", nil, func(d *debtor, t *testing.T) {
		trip := d.begin(t)
		if err := d.Sim.WalkOut(d.ctx, trip); err != nil {
			t.Fatal(err)
		}
		d.rest(t)
		debt := d.debt(t, trip)
		d.who = pay.Who{StoreID: demo.StoreID, Visitor: debt.Visitor, Instrument: debt.Instrument}
		if err := d.Sim.ForceNext(jwo.APIReportPaymentStatus, jwo.Rejected); err != nil {
			t.Fatal(err)
		}
		d.pay(t, "all", debt.Amount, debt.Amount)
		<-time.After(24 * time.Hour)
		if sent := d.Sim.History(jwosim.Filter{API: jwo.APIReportPaymentStatus, TripID: trip.ID()}); len(sent) != 2 {
			t.Errorf("%d reports were sent, want one of the debt and one of its payoff", len(sent))
		}
		if got := d.debt(t, trip); got.State != pay.DebtResolved {
			t.Errorf("a rejected report left the debt %s", got.State)
		}
		d.refused(t, "paid, and the report rejected", "")
		parked, err := d.App.Pay.Reports(d.ctx, "")
		if err != nil || len(parked) != 1 || parked[0].State != pay.ReportParked || parked[0].Settled.Minor != debt.Amount {
			t.Fatalf("reports that wait for a person: %+v, %v", parked, err)
		}
		if err := d.App.Pay.RetryReport(d.ctx, trip.ID(), parked[0].Seq, "Olga", "Amazon repaired it"); err != nil {
			t.Fatal(err)
		}
		d.rest(t)
		d.admitted(t, "after the operator's retry")
	})
}
