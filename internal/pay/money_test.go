package pay_test

import (
	"testing"
	"time"

	"github.com/strollhq/stroll/internal/pay"
	"github.com/strollhq/stroll/jwo"
	"github.com/strollhq/stroll/jwosim"
)

func TestAdjustedAmount(t *testing.T) {
	held := func(s *pay.Settings) { s.Decline.Policy = "capture_held" }
	scenarios(t, []scenario{
		{"partly_approved_the_rest_is_debt", setup{}, func(w *world) {
			trip := w.buy("partial_50", "12.35")
			w.pass(time.Second)
			p := w.is(trip, pay.CaptureInitiated)
			d := w.debt(trip)
			if p.Captured != usd("6.17") || d.Amount != 618 || d.Cause != pay.CausePartial || w.settled[trip] != 1 {
				w.t.Errorf("captured %s, debt %+v, settled %d", p.Captured, d, w.settled[trip])
			}
		}},
		{"partly_approved_parked_by_setting", setup{sqlite: true, change: func(_ string, s *pay.Settings) { s.Adjust.Partial = "park" }}, func(w *world) {
			trip := w.buy("partial_50", "10")
			w.pass(time.Minute)
			w.is(trip, pay.Parked)
			if w.count(trip, jwo.APICaptureCharge) != 0 {
				w.t.Error("captured")
			}
			if err := w.pay.RetryParked(w.t.Context(), trip, "ann", "take what there is"); err != nil {
				w.t.Fatal(err)
			}
			w.pass(time.Second)
			if p := w.is(trip, pay.CaptureInitiated); p.Captured != usd("5") {
				w.t.Errorf("captured %s", p.Captured)
			}
		}},
		{"more_than_asked_captures_what_was_asked", once, func(w *world) {
			w.force(jwo.APIAdjustCharge, "approved_more")
			trip := w.buy("approve", "10")
			w.pass(time.Second)
			if p := w.is(trip, pay.CaptureInitiated); p.Captured != usd("10") || !w.alerted(trip, pay.AlertMoreAuthorized) {
				w.t.Errorf("captured %s", p.Captured)
			}
		}},
		{"no_authorized_amount_takes_what_was_asked", once, func(w *world) {
			w.force(jwo.APIAdjustCharge, "approved_no_amount")
			trip := w.buy("approve", "10")
			w.pass(time.Second)
			if p := w.is(trip, pay.CaptureInitiated); p.Captured != usd("10") || !w.alerted(trip, pay.AlertNoAuthorized) {
				w.t.Errorf("captured %s", p.Captured)
			}
		}},
		{"other_currency_is_parked", once, func(w *world) {
			w.force(jwo.APIAdjustCharge, "other_currency")
			trip := w.buy("approve", "10")
			w.pass(time.Minute)
			w.is(trip, pay.Parked)
			if w.count(trip, jwo.APICaptureCharge) != 0 || !w.alerted(trip, pay.AlertIntegrity) {
				w.t.Error("captured, or nobody told")
			}
		}},
		{"unknown_status_heals", once, func(w *world) {
			w.forceN(jwo.APIAdjustCharge, "unknown_status", 2, 0)
			trip := w.buy("approve", "10")
			w.pass(time.Minute)
			w.is(trip, pay.CaptureInitiated)
			same(w, trip, jwo.APIAdjustCharge)
		}},
		{"missing_status_heals", once, func(w *world) {
			w.forceN(jwo.APIAdjustCharge, "no_status", 2, 0)
			trip := w.buy("approve", "10")
			w.pass(time.Minute)
			w.is(trip, pay.CaptureInitiated)
		}},
		{"yen_have_no_decimals", once, func(w *world) {
			trip := w.enter(tokyo, "approve#yen")
			w.open(opening(tokyo, trip, sum("1234", "JPY")))
			w.pass(time.Second)
			w.is(trip, pay.CaptureInitiated)
			if b := w.book(trip); b.Captured != 1234 {
				w.t.Errorf("Amazon's books %+v", b)
			}
		}},
		{"decline_retries", setup{sqlite: true, change: func(_ string, s *pay.Settings) { s.Adjust.DeclineRetries = 2 }}, func(w *world) {
			trip := w.buy("decline_adjust", "10")
			w.pass(time.Minute)
			w.is(trip, pay.CancelInitiated)
			if n := w.count(trip, jwo.APIAdjustCharge); n != 3 {
				w.t.Errorf("%d adjusts, want 3", n)
			}
			same(w, trip, jwo.APIAdjustCharge)
			if d := w.debt(trip); d.Amount != 1000 {
				w.t.Errorf("debt %+v", d)
			}
		}},
		{"decline_retry_may_succeed", setup{sqlite: true, change: func(_ string, s *pay.Settings) { s.Adjust.DeclineRetries = 1 }}, func(w *world) {
			w.force(jwo.APIAdjustCharge, "declined")
			trip := w.buy("approve", "10")
			w.pass(time.Minute)
			w.is(trip, pay.CaptureInitiated)
			if d := w.debt(trip); d.Amount != 0 {
				w.t.Errorf("debt %+v", d)
			}
		}},
		{"decline_captures_what_is_held", setup{change: func(_ string, s *pay.Settings) { held(s) }}, func(w *world) {
			trip := w.enter(card, "decline_adjust")
			w.link(trip, usd("25"))
			w.open(opening(card, trip, usd("40")))
			w.pass(time.Second)
			p, d := w.is(trip, pay.CaptureInitiated), w.debt(trip)
			if p.Captured != usd("25") || d.Amount != 1500 || d.Cause != pay.CausePartial || w.settled[trip] != 1 {
				w.t.Errorf("captured %s, debt %+v", p.Captured, d)
			}
			if w.count(trip, jwo.APICancelCharge) != 0 {
				w.t.Error("cancelled beside a Capture")
			}
		}},
		{"decline_captures_the_total_if_less_is_needed", setup{sqlite: true, change: func(_ string, s *pay.Settings) { held(s); s.Preauth.Amount = "25.00" }}, func(w *world) {
			trip := w.buy("decline_adjust", "10")
			w.pass(time.Second)
			if p := w.is(trip, pay.CaptureInitiated); p.Captured != usd("10") || w.debt(trip).Amount != 0 {
				w.t.Errorf("captured %s", p.Captured)
			}
		}},
		{"decline_without_a_known_hold_cancels", setup{sqlite: true, change: func(_ string, s *pay.Settings) { held(s) }}, func(w *world) {
			trip := w.buy("decline_adjust", "10")
			w.pass(time.Second)
			w.is(trip, pay.CancelInitiated)
			if w.debt(trip).Amount != 1000 {
				w.t.Error("no debt")
			}
		}},
		{"decline_refused_capture_makes_the_total_debt", setup{sqlite: true, change: func(_ string, s *pay.Settings) { held(s); s.Preauth.Amount = "25.00" },
			sim: func(c *jwosim.Config) { c.Settings.NoCaptureAfterDecline = true }}, func(w *world) {
			trip := w.buy("decline_adjust", "40")
			w.pass(time.Minute)
			p := w.is(trip, pay.NeverCharged)
			if d := w.debt(trip); d.Amount != 4000 || p.Captured.Minor != 0 || w.settled[trip] != 0 {
				w.t.Errorf("debt %+v, captured %s", d, p.Captured)
			}
		}},
		{"refused_cancel_after_a_decline_is_not_fatal", once, func(w *world) {
			w.force(jwo.APICancelCharge, jwo.BadRequestException)
			trip := w.buy("decline_adjust", "10")
			w.pass(time.Minute)
			w.is(trip, pay.NeverCharged)
			if w.debt(trip).Amount != 1000 {
				w.t.Error("no debt")
			}
		}},
	})
}

func TestTripExpired(t *testing.T) {
	t.Parallel()
	for _, api := range []string{jwo.APIAdjustCharge, jwo.APICaptureCharge} {
		t.Run(api+"_makes_it_a_debt", func(t *testing.T) {
			lite(t, setup{}, func(w *world) {
				w.force(api, jwo.ShoppingTripExpired)
				trip := w.buy("approve", "10")
				w.pass(time.Minute)
				w.is(trip, pay.Expired)
				if d := w.debt(trip); d.Amount != 1000 || d.Cause != pay.CauseExpired {
					w.t.Errorf("debt %+v", d)
				}
			})
		})
	}
	t.Run("CancelCharge_has_nothing_to_release", func(t *testing.T) {
		lite(t, setup{}, func(w *world) {
			w.force(jwo.APICancelCharge, jwo.ShoppingTripExpired)
			trip := w.buy("approve", "0")
			w.pass(time.Minute)
			w.is(trip, pay.NeverCharged)
		})
	})
}
