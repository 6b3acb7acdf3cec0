package pay_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/internal/pay"
	"github.com/strollhq/stroll/jwo"
	"github.com/strollhq/stroll/money"
)

// indebted buys with a card that declines.
func (w *world) indebted(store, payer, total string) string {
	w.t.Helper()
	trip := w.enter(store, "decline_adjust")
	o := opening(store, trip, usd(total))
	o.Instrument, o.Visitor = "i-"+payer, "v-"+payer
	w.open(o)
	w.pass(5 * time.Second)
	return trip
}

func (w *world) payoff(key, trip string, amount money.Amount) pay.Payoff {
	w.t.Helper()
	o, err := w.pay.PayOff(w.t.Context(), pay.Payoff{Key: key, TripID: trip, Amount: amount, By: "portal"})
	if err != nil {
		w.t.Fatal(err)
	}
	return o
}

// reported are the settled sums Amazon was told about a trip.
func (w *world) reported(trip string) string {
	w.t.Helper()
	all, err := w.pay.Reports(w.t.Context(), trip)
	if err != nil {
		w.t.Fatal(err)
	}
	s := ""
	for _, r := range all {
		s += fmt.Sprintf("%s/%s %s;", r.Settled.Number(), r.Total.Number(), r.State)
	}
	return s
}

func TestDebt(t *testing.T) {
	scenarios(t, []scenario{
		{"refusal_payoff_admission", setup{}, func(w *world) {
			who := pay.Who{StoreID: card, Instrument: "i-1"}
			owed := func() pay.Balance {
				b, err := w.pay.Owed(w.t.Context(), w.db.Reader(), who)
				if err != nil {
					w.t.Fatal(err)
				}
				return b
			}
			if b := owed(); b.Open != 0 || b.ClearedBefore {
				w.t.Errorf("owes before shopping: %+v", b)
			}
			trip := w.indebted(card, "1", "10")
			if b := owed(); b.Open != 1 || b.Amount != usd("10") {
				w.t.Errorf("owed %+v", b)
			}
			who = pay.Who{StoreID: card, Visitor: "v-1"}
			if b := owed(); b.Amount != usd("10") {
				w.t.Errorf("owed by the visitor %+v", b)
			}
			w.payoff("k1", trip, usd("4"))
			if b, d := owed(), w.debt(trip); b.Amount != usd("6") || d.State != pay.DebtPartlyPaid {
				w.t.Errorf("owed %+v, debt %+v", b, d)
			}
			w.payoff("k1", trip, usd("4")) // the same again
			if b := owed(); b.Amount != usd("6") {
				w.t.Errorf("owed after a repeat %+v", b)
			}
			w.payoff("k2", trip, usd("6"))
			if b, d := owed(), w.debt(trip); b.Open != 0 || !b.ClearedBefore || d.State != pay.DebtResolved {
				w.t.Errorf("owed %+v, debt %+v", b, d)
			}
			if w.reported(trip) != "" || w.count(trip, jwo.APIReportPaymentStatus) != 0 {
				w.t.Error("Amazon was told although the retailer manages")
			}
		}},
		{"same_key_with_another_content_is_refused", once, func(w *world) {
			trip := w.indebted(card, "1", "10")
			w.payoff("k", trip, usd("4"))
			_, err := w.pay.PayOff(w.t.Context(), pay.Payoff{Key: "k", TripID: trip, Amount: usd("5"), By: "portal"})
			if !errors.Is(err, fault.Conflict) {
				w.t.Errorf("error %v", err)
			}
		}},
		{"more_than_owed_is_refused", once, func(w *world) {
			trip := w.indebted(card, "1", "10")
			_, err := w.pay.PayOff(w.t.Context(), pay.Payoff{Key: "k", TripID: trip, Amount: usd("10.01"), By: "portal"})
			if !errors.Is(err, fault.Invalid) || w.debt(trip).Remaining() != 1000 || w.debt(trip).Reserved != 0 {
				w.t.Errorf("error %v, debt %+v", err, w.debt(trip))
			}
		}},
		{"two_payoffs_at_once_never_overpay", setup{}, func(w *world) {
			trip := w.indebted(card, "1", "10")
			done := make(chan error, 8)
			for i := range 8 {
				go func() {
					_, err := w.pay.PayOff(w.t.Context(), pay.Payoff{Key: fmt.Sprint("k", i), TripID: trip, Amount: usd("6"), By: "portal"})
					done <- err
				}()
			}
			paid := 0
			for range 8 {
				if err := <-done; err == nil {
					paid++
				} else if !errors.Is(err, fault.Invalid) {
					w.t.Error(err)
				}
			}
			if d := w.debt(trip); paid != 1 || d.Remaining() != 400 || d.Overpaid != 0 {
				w.t.Errorf("%d paid, debt %+v", paid, d)
			}
		}},
		{"oldest_debt_first", once, func(w *world) {
			first := w.indebted(card, "1", "10")
			w.pass(time.Minute)
			second := w.indebted(card, "1", "20")
			o, err := w.pay.PayOff(w.t.Context(), pay.Payoff{Key: "k", Who: pay.Who{Visitor: "v-1"}, Amount: usd("12"), By: "portal"})
			if err != nil {
				w.t.Fatal(err)
			}
			if w.debt(first).Remaining() != 0 || w.debt(second).Remaining() != 1800 || len(o.Parts) != 2 {
				w.t.Errorf("payoff %+v", o)
			}
		}},
		{"failed_payoff_frees_what_it_reserved", once, func(w *world) {
			trip := w.indebted(card, "1", "10")
			o := pay.Payoff{Key: "k", TripID: trip, Amount: usd("10"), By: "portal"}
			if _, err := w.pay.RequestPayoff(w.t.Context(), o); err != nil {
				w.t.Fatal(err)
			}
			if _, err := w.pay.FailPayoff(w.t.Context(), "k", "declined"); err != nil {
				w.t.Fatal(err)
			}
			if _, err := w.pay.ConfirmPayoff(w.t.Context(), "k", "r"); !errors.Is(err, fault.Conflict) {
				w.t.Errorf("confirmed after failing: %v", err)
			}
			w.payoff("k2", trip, usd("10"))
			if w.debt(trip).State != pay.DebtResolved {
				w.t.Error("not resolved")
			}
		}},
		{"payoff_confirmed_after_a_late_capture_is_flagged", setup{sqlite: true, change: slowly}, func(w *world) {
			w.forceN(jwo.APIAdjustCharge, "500", 100000, 0)
			trip := w.buy("approve", "10")
			w.pass(47 * time.Hour)
			if _, err := w.pay.RequestPayoff(w.t.Context(), pay.Payoff{Key: "k", TripID: trip, Amount: usd("10"), By: "portal"}); err != nil {
				w.t.Fatal(err)
			}
			w.news(approved(trip, "r", time.Now(), usd("10")))
			if _, err := w.pay.ConfirmPayoff(w.t.Context(), "k", "ref"); err != nil {
				w.t.Fatal(err)
			}
			if d := w.debt(trip); d.Surplus != 1000 || d.State != pay.DebtResolved || !w.alerted(trip, pay.AlertOverpaid) {
				w.t.Errorf("debt %+v", d)
			}
		}},
		{"write_off_is_no_payment", setup{}, func(w *world) {
			trip := w.indebted(told, "1", "10")
			if err := w.pay.WriteOff(w.t.Context(), trip, "", "old"); !errors.Is(err, fault.Invalid) {
				w.t.Errorf("written off by nobody: %v", err)
			}
			if err := w.pay.WriteOff(w.t.Context(), trip, "ann", "old"); err != nil {
				w.t.Fatal(err)
			}
			b, _ := w.pay.Owed(w.t.Context(), w.db.Reader(), pay.Who{StoreID: told, Visitor: "v-1"})
			w.pass(time.Minute)
			if d := w.debt(trip); d.State != pay.DebtWrittenOff || b.Open != 1 || w.reported(trip) != "0.00/10.00 ACCEPTED;" {
				w.t.Errorf("debt %+v, owed %+v, reported %s", d, b, w.reported(trip))
			}
			w.payoff("late", trip, usd("3")) // later money is a recovery
			if d := w.debt(trip); d.Paid != 300 || d.WrittenOff != 700 {
				w.t.Errorf("debt %+v", d)
			}
		}},
		{"write_off_may_restore_access", setup{sqlite: true, change: func(_ string, s *pay.Settings) { s.Debt.WriteoffRestoresAccess = true }}, func(w *world) {
			trip := w.indebted(told, "1", "10")
			if err := w.pay.WriteOff(w.t.Context(), trip, "ann", "old"); err != nil {
				w.t.Fatal(err)
			}
			w.pass(time.Minute)
			b, _ := w.pay.Owed(w.t.Context(), w.db.Reader(), pay.Who{StoreID: told, Visitor: "v-1"})
			if b.Open != 0 || w.reported(trip) != "0.00/10.00 ACCEPTED;10.00/10.00 ACCEPTED;" {
				w.t.Errorf("owed %+v, reported %s", b, w.reported(trip))
			}
		}},
		{"escalated_by_a_named_operator", once, func(w *world) {
			trip := w.indebted(card, "1", "10")
			if err := w.pay.Escalate(w.t.Context(), trip, true, "ann", "third time"); err != nil || !w.debt(trip).Escalated {
				w.t.Errorf("%v, %+v", err, w.debt(trip))
			}
		}},
	})
}

func TestDebtByStrategy(t *testing.T) {
	t.Parallel()
	for strategy, want := range map[string]string{
		pay.AmazonManaged:        "0.00/10.00 ACCEPTED;4.00/10.00 ACCEPTED;10.00/10.00 ACCEPTED;",
		pay.AmazonRecommendation: "0.00/10.00 ACCEPTED;4.00/10.00 ACCEPTED;10.00/10.00 ACCEPTED;",
		pay.RetailerManaged:      "",
		pay.NoStrategy:           "",
	} {
		t.Run(strategy, func(t *testing.T) {
			lite(t, setup{change: func(_ string, s *pay.Settings) { s.Strategy = strategy }}, func(w *world) {
				trip := w.indebted(card, "1", "10")
				w.payoff("k1", trip, usd("4"))
				w.payoff("k2", trip, usd("6"))
				w.pass(time.Minute)
				if got := w.reported(trip); got != want {
					w.t.Errorf("reported %s, want %s", got, want)
				}
				if b := w.owed("1"); b.Open != 0 {
					w.t.Errorf("owed %+v", b)
				}
			})
		})
	}
}
