package pay_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/internal/pay"
	"github.com/strollhq/stroll/jwo"
	"github.com/strollhq/stroll/money"
)

// conflicts demands that an act is refused and sends nothing.
func (w *world) conflicts(trip string, act func() error) {
	w.t.Helper()
	before, calls := w.get(trip), w.count(trip, "")
	if err := act(); !errors.Is(err, fault.Conflict) {
		w.t.Errorf("error %v, want a conflict", err)
	}
	w.pass(time.Minute)
	if after := w.get(trip); after.State != before.State || w.count(trip, "") != calls {
		w.t.Errorf("state %s, then %s; %d calls more", before.State, after.State, w.count(trip, "")-calls)
	}
}

func TestOperator(t *testing.T) {
	scenarios(t, []scenario{
		{"acts_need_a_name_and_a_reason", once, func(w *world) {
			trip := w.buy("approve", "10")
			for _, err := range []error{
				w.pay.CancelTrip(w.t.Context(), trip, "", "why"), w.pay.RetryParked(w.t.Context(), trip, "ann", ""),
				w.pay.HoldTrip(w.t.Context(), trip, "", ""), w.pay.DecideUnknown(w.t.Context(), trip, true, "ann", ""),
			} {
				if !errors.Is(err, fault.Invalid) {
					w.t.Errorf("error %v", err)
				}
			}
			w.pass(time.Second)
		}},
		{"retry_sends_the_same_body_again", setup{}, func(w *world) {
			w.force(jwo.APIAdjustCharge, jwo.BadRequestException)
			trip := w.buy("approve", "10")
			w.pass(time.Minute)
			w.is(trip, pay.Parked)
			if err := w.pay.RetryParked(w.t.Context(), trip, "ann", "Amazon fixed it"); err != nil {
				w.t.Fatal(err)
			}
			w.pass(time.Second)
			w.is(trip, pay.CaptureInitiated)
			same(w, trip, jwo.APIAdjustCharge)
			if h := w.history(trip); !strings.Contains(h, "by ann Amazon fixed it") {
				w.t.Errorf("not in the history:\n%s", h)
			}
		}},
		{"retry_after_a_refused_capture", once, func(w *world) {
			w.force(jwo.APICaptureCharge, jwo.BadRequestException)
			trip := w.buy("approve", "10")
			w.pass(time.Minute)
			if err := w.pay.RetryParked(w.t.Context(), trip, "ann", "again"); err != nil {
				w.t.Fatal(err)
			}
			w.pass(time.Second)
			w.is(trip, pay.CaptureInitiated)
			same(w, trip, jwo.APICaptureCharge)
		}},
		{"cancel_lets_a_trip_go", setup{}, func(w *world) {
			trip := w.buy("pending_forever", "10")
			w.pass(time.Second)
			if err := w.pay.CancelTrip(w.t.Context(), trip, "ann", "spoiled goods"); err != nil {
				w.t.Fatal(err)
			}
			w.pass(time.Second)
			w.is(trip, pay.CancelInitiated)
			if w.debt(trip).Amount != 0 || w.balance(pay.AccountWaived) != 1000 || w.settled[trip] != 0 {
				w.t.Errorf("debt %+v, waived %d", w.debt(trip), w.balance(pay.AccountWaived))
			}
			n := w.count(trip, jwo.APIAdjustCharge)
			w.pass(47 * time.Hour)
			w.is(trip, pay.CancelInitiated)
			if w.count(trip, jwo.APIAdjustCharge) != n {
				w.t.Error("adjusted after the Cancel")
			}
		}},
		{"cancel_after_capture_is_refused", once, func(w *world) {
			trip := w.buy("approve", "10")
			w.pass(time.Second)
			w.conflicts(trip, func() error { return w.pay.CancelTrip(w.t.Context(), trip, "ann", "no") })
			throttled := w.buy("approve", "5")
			w.pass(time.Second)
			w.is(throttled, pay.CaptureInitiated)
		}},
		{"cancel_of_a_sent_capture_is_refused", once, func(w *world) {
			w.forceN(jwo.APICaptureCharge, "429", 1, time.Hour)
			trip := w.buy("approve", "10")
			w.pass(time.Second)
			w.is(trip, pay.AdjustApproved)
			w.conflicts(trip, func() error { return w.pay.CancelTrip(w.t.Context(), trip, "ann", "no") })
		}},
		{"capture_after_cancel_is_refused", once, func(w *world) {
			trip := w.buy("approve", "0")
			w.pass(time.Second)
			w.is(trip, pay.CancelInitiated)
			w.conflicts(trip, func() error { return w.pay.ReleaseTrip(w.t.Context(), trip, "ann", "charge it") })
			w.conflicts(trip, func() error { return w.pay.DecideUnknown(w.t.Context(), trip, false, "ann", "again") })
		}},
		{"cancel_in_doubt_is_refused", once, func(w *world) {
			w.forceN(jwo.APIAdjustCharge, "500", 1000, 0)
			trip := w.buy("approve", "10")
			w.pass(time.Second)
			w.is(trip, pay.AdjustUnknown)
			if err := w.pay.CancelTrip(w.t.Context(), trip, "ann", "no"); !errors.Is(err, fault.Conflict) {
				w.t.Errorf("error %v", err)
			}
		}},
		{"refund_before_capture_is_refused", once, func(w *world) {
			w.forceN(jwo.APICaptureCharge, "429", 1, time.Hour)
			trip := w.buy("approve", "10")
			w.pass(time.Second)
			if err := w.get(trip).Refundable(); !errors.Is(err, fault.Conflict) {
				w.t.Errorf("error %v", err)
			}
			w.pass(2 * time.Hour)
			if err := w.get(trip).Refundable(); err != nil {
				w.t.Error(err)
			}
		}},
		{"opening_again_with_another_content_is_refused", once, func(w *world) {
			trip := w.buy("approve", "10")
			if err := w.tx(openTx(w, opening(card, trip, usd("11")))); !errors.Is(err, fault.Conflict) {
				w.t.Errorf("error %v", err)
			}
			w.pass(time.Second)
		}},
		{"settlement_held_for_a_store", setup{change: nil}, func(w *world) {
			w.use(func(s *pay.Settings) { s.Settlement.Held = true })
			trip, other := w.buy("approve", "10"), w.buy("approve", "5")
			w.pass(time.Hour)
			w.is(trip, pay.Parked)
			if w.count("", jwo.APIAdjustCharge) != 0 {
				w.t.Error("sent although held")
			}
			if err := w.pay.ReleaseTrip(w.t.Context(), trip, "ann", "goal 3 of the connectivity test"); err != nil {
				w.t.Fatal(err)
			}
			w.pass(time.Second)
			w.is(trip, pay.CaptureInitiated)
			w.is(other, pay.Parked)
			w.use(func(s *pay.Settings) { s.Settlement.Held = false })
			w.pass(11 * time.Minute)
			w.is(other, pay.CaptureInitiated)
		}},
		{"held_by_an_operator", once, func(w *world) {
			w.forceN(jwo.APIAdjustCharge, "429", 1, time.Minute)
			trip := w.buy("approve", "10")
			w.pass(time.Second)
			if err := w.pay.HoldTrip(w.t.Context(), trip, "ann", "shopper calls"); err != nil {
				w.t.Fatal(err)
			}
			w.pass(time.Hour)
			w.is(trip, pay.Parked)
			if all, err := w.pay.Parked(w.t.Context()); err != nil || len(all) != 1 {
				w.t.Errorf("parked %v, %v", all, err)
			}
			if err := w.pay.RetryParked(w.t.Context(), trip, "ann", "fine"); err != nil {
				w.t.Fatal(err)
			}
			w.pass(time.Second)
			w.is(trip, pay.CaptureInitiated)
		}},
		{"overdue_parked_payment_is_alerted", once, func(w *world) {
			w.force(jwo.APIAdjustCharge, jwo.BadRequestException)
			trip := w.buy("approve", "10")
			w.pass(3 * time.Hour)
			if w.alerted(trip, pay.AlertOverdue) {
				w.t.Error("too early")
			}
			w.pass(2 * time.Hour)
			if !w.alerted(trip, pay.AlertOverdue) {
				w.t.Error("nobody told")
			}
			all, _ := w.pay.Alerts(w.t.Context(), trip)
			for _, a := range all {
				if err := w.pay.Acknowledge(w.t.Context(), trip, a.Kind, a.Ref, "ann"); err != nil {
					w.t.Fatal(err)
				}
			}
			if open, _ := w.pay.Alerts(w.t.Context(), ""); len(open) != 0 {
				w.t.Errorf("still open: %+v", open)
			}
		}},
		{"unpriced_cart_cannot_be_retried", once, func(w *world) {
			trip := w.enter(card, "approve")
			o := opening(card, trip, money.Amount{})
			o.Act, o.Reason = pay.Hold, pay.BadCart
			w.open(o)
			w.conflicts(trip, func() error { return w.pay.RetryParked(w.t.Context(), trip, "ann", "go") })
		}},
	})
}

func TestSettings(t *testing.T) {
	t.Parallel()
	if err := (pay.Settings{}).Check(); err != nil {
		t.Errorf("the zero value: %v", err)
	}
	var s pay.Settings
	s.Settlement.Route, s.Settlement.FinancialRoute = "checkout", pay.OwnProcessor
	s.Decline.Policy, s.Capture.UnknownPolicy, s.Adjust.Partial = "never", "hope", "half"
	s.Preauth.Lifetime, s.Adjust.DeclineRetries = -time.Hour, -1
	s.Currency, s.Preauth.Amount = "USD", "1.234"
	err := s.Check()
	if err == nil {
		t.Fatal("accepted")
	}
	for _, path := range []string{"settlement.route: checkout", "settlement.financial_route", "decline.policy", "capture.unknown_policy", "adjust.partial",
		"preauth.lifetime", "adjust.decline_retries", "preauth.amount"} {
		if !strings.Contains(err.Error(), path) {
			t.Errorf("%q is not named in %v", path, err)
		}
	}
}
