package pay_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/pay"
	"github.com/strollhq/stroll/jwo"
	"github.com/strollhq/stroll/jwosim"
	"github.com/strollhq/stroll/money"
)

func TestClock(t *testing.T) {
	scenarios(t, []scenario{
		{"pending_for_ever_ends_as_debt_with_warnings", setup{}, func(w *world) {
			trip := w.buy("pending_forever", "10")
			w.pass(22 * time.Hour)
			if w.alerted(trip, "uncharged_50") {
				w.t.Error("warned before half of the time was over")
			}
			w.pass(2 * time.Hour)
			if !w.alerted(trip, "uncharged_50") || w.alerted(trip, "uncharged_90") {
				w.t.Error("not warned at 50 %, or at 90 % already")
			}
			w.pass(18 * time.Hour)
			if !w.alerted(trip, "uncharged_90") {
				w.t.Error("not warned at 90 %")
			}
			w.is(trip, pay.AdjustPending)
			w.pass(4 * time.Hour)
			w.is(trip, pay.Expired)
			if d := w.debt(trip); d.Amount != 1000 || d.Cause != pay.CauseExpired {
				w.t.Errorf("debt %+v", d)
			}
			if n := w.count(trip, jwo.APIAdjustCharge); n < 40 || n > 60 {
				w.t.Errorf("%d adjusts in 46 hours", n)
			}
		}},
		{"entry_without_a_cart_is_never_charged", setup{}, func(w *world) {
			trip := w.enter(card, "approve")
			w.link(trip, usd("25"))
			w.pass(46*time.Hour - time.Minute)
			w.is(trip, pay.Preauthorized)
			w.pass(2 * time.Minute)
			w.is(trip, pay.NeverCharged)
			if w.debt(trip).Amount != 0 || !w.alerted(trip, pay.AlertNeverCharged) || w.count(trip, "") != 0 {
				w.t.Error("debt, no alert, or a call")
			}
		}},
		{"cart_after_that_becomes_a_debt", once, func(w *world) {
			trip := w.enter(card, "approve")
			w.link(trip, usd("25"))
			started := time.Now()
			w.pass(50 * time.Hour)
			o := opening(card, trip, usd("10"))
			o.Started = started
			w.open(o)
			w.pass(time.Minute)
			w.is(trip, pay.Expired)
			if w.debt(trip).Amount != 1000 || w.count(trip, "") != 0 {
				w.t.Errorf("debt %+v", w.debt(trip))
			}
		}},
		{"clock_runs_from_the_earlier_of_entry_and_start", once, func(w *world) {
			trip := w.enter(card, "approve")
			entry := time.Now()
			w.link(trip, usd("25"))
			w.pass(time.Hour)
			w.open(opening(card, trip, usd("10")))
			if got := w.get(trip).Expires.Sub(entry); got != 46*time.Hour {
				w.t.Errorf("expires %s after the entry", got)
			}
		}},
		{"late_cart_is_not_tried_by_default", once, func(w *world) {
			trip := w.enter(card, "approve")
			started := time.Now()
			w.pass(47 * time.Hour)
			o := opening(card, trip, usd("10"))
			o.Started = started
			w.open(o)
			w.pass(time.Minute)
			w.is(trip, pay.Expired)
			if w.count(trip, "") != 0 {
				w.t.Error("a call after expiry")
			}
		}},
		{"late_cart_is_tried_once_by_setting", setup{sqlite: true, change: func(_ string, s *pay.Settings) { s.Preauth.TryOnceAfterExpiry = true },
			sim: func(c *jwosim.Config) { c.Stores[0].Lifetime = 100 * time.Hour }}, func(w *world) {
			trip := w.enter(card, "approve")
			started := time.Now()
			w.pass(47 * time.Hour)
			o := opening(card, trip, usd("10"))
			o.Started = started
			w.open(o)
			w.pass(time.Minute)
			w.is(trip, pay.CaptureInitiated)
		}},
		{"late_cart_tried_once_and_not_answered", setup{sqlite: true, change: func(_ string, s *pay.Settings) { s.Preauth.TryOnceAfterExpiry = true }}, func(w *world) {
			w.forceN(jwo.APIAdjustCharge, "500", 10, 0)
			trip := w.enter(card, "approve")
			started := time.Now()
			w.pass(47 * time.Hour)
			o := opening(card, trip, usd("10"))
			o.Started = started
			w.open(o)
			w.pass(time.Hour)
			w.is(trip, pay.Expired)
			if n := w.count(trip, ""); n != 1 {
				w.t.Errorf("%d calls", n)
			}
		}},
		{"bad_cart_is_parked_beyond_expiry_until_priced", setup{}, func(w *world) {
			trip := w.enter(card, "approve")
			o := opening(card, trip, money.Amount{})
			o.Act, o.Reason = pay.Hold, pay.BadCart
			w.open(o)
			w.pass(47 * time.Hour)
			w.is(trip, pay.Parked)
			if w.debt(trip).Amount != 0 || !w.alerted(trip, pay.AlertExpiredUnpriced) || !w.alerted(trip, "uncharged_90") {
				w.t.Error("debt without a total, or nobody told")
			}
			w.reprice(trip, usd("10"), pay.Charge)
			w.pass(time.Minute)
			w.is(trip, pay.Expired)
			if w.debt(trip).Amount != 1000 || w.count(trip, "") != 0 {
				w.t.Errorf("debt %+v", w.debt(trip))
			}
		}},
		{"bad_cart_resolved_in_time_is_charged", once, func(w *world) {
			trip := w.enter(card, "approve")
			o := opening(card, trip, money.Amount{})
			o.Act, o.Reason = pay.Hold, pay.BadCart
			w.open(o)
			w.pass(5 * time.Hour)
			if p := w.is(trip, pay.Parked); p.Due.IsZero() || w.count(trip, "") != 0 {
				w.t.Errorf("due %s", p.Due)
			}
			w.reprice(trip, usd("7"), pay.Charge)
			w.pass(time.Second)
			if p := w.is(trip, pay.CaptureInitiated); p.Captured != usd("7") {
				w.t.Errorf("captured %s", p.Captured)
			}
			if err := w.tx(func(ctx context.Context, tx *db.Tx) error {
				return w.pay.Reprice(ctx, tx, trip, usd("8"), pay.Charge, "")
			}); err == nil {
				w.t.Error("priced again after the Capture")
			}
		}},
		{"bad_cart_resolved_to_nothing_is_released", once, func(w *world) {
			trip := w.enter(card, "approve")
			o := opening(card, trip, money.Amount{})
			o.Act, o.Reason = pay.Hold, pay.BadCart
			w.open(o)
			w.reprice(trip, usd("0"), pay.Charge)
			w.pass(time.Second)
			w.is(trip, pay.CancelInitiated)
		}},
		{"approved_and_never_captured_expires_as_debt", once, func(w *world) {
			w.forceN(jwo.APICaptureCharge, "429", 1000, 100*time.Hour)
			trip := w.buy("approve", "10")
			w.pass(time.Minute)
			w.is(trip, pay.AdjustApproved)
			if !w.alerted(trip, pay.AlertDeadline) {
				w.t.Error("nobody told that the pause is too long")
			}
			w.pass(46 * time.Hour)
			w.is(trip, pay.Expired)
			if w.debt(trip).Amount != 1000 {
				w.t.Error("no debt")
			}
			if n := w.count(trip, jwo.APICaptureCharge); n != 1 {
				w.t.Errorf("%d captures", n)
			}
		}},
		{"declined_and_never_cancelled_keeps_one_debt", once, func(w *world) {
			w.forceN(jwo.APICancelCharge, "429", 1, 100*time.Hour)
			trip := w.buy("decline_adjust", "10")
			w.pass(47 * time.Hour)
			w.is(trip, pay.Expired)
			if d := w.debt(trip); d.Amount != 1000 || d.Cause != pay.CauseDeclined {
				w.t.Errorf("debt %+v", d)
			}
		}},
	})
}

// TestUnansweredByOutage: a debt that our own outage caused may be exempt.
func TestUnansweredByOutage(t *testing.T) {
	lite(t, setup{refuse: func() bool { return true }, change: func(store string, s *pay.Settings) { slowly(store, s); s.Debt.OutageExempt = true }}, func(w *world) {
		trip := w.buy("approve", "10")
		w.pass(47 * time.Hour)
		w.is(trip, pay.Expired)
		if d := w.debt(trip); d.Amount != 1000 || d.Blocks || w.owed(trip).Open != 0 {
			w.t.Errorf("debt %+v, owed %+v", d, w.owed(trip))
		}
	})
}

// throttle answers the first Adjust 429 with the headers given.
func throttle(header func(http.Header)) setup {
	return setup{sqlite: true, wrap: func(next http.Handler) http.Handler {
		var once sync.Once
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			first := false
			if strings.HasSuffix(r.URL.Path, "/adjust/charge") {
				once.Do(func() { first = true })
			}
			if !first {
				next.ServeHTTP(w, r)
				return
			}
			io.Copy(io.Discard, r.Body)
			header(w.Header())
			w.WriteHeader(http.StatusTooManyRequests)
		})
	}}
}

// obeyed is a pause of that length.
func obeyed(d time.Duration) func(*world) {
	return func(w *world) {
		trip := w.buy("approve", "10")
		w.pass(d - 2*time.Second)
		w.is(trip, pay.CartPriced)
		w.pass(5 * time.Second)
		w.is(trip, pay.CaptureInitiated)
	}
}

func TestPauses(t *testing.T) {
	scenarios(t, []scenario{
		{"429_without_retry_after_waits_600_seconds", throttle(func(http.Header) {}), obeyed(600 * time.Second)},
		{"429_with_an_unreadable_one_waits_600_seconds", throttle(func(h http.Header) { h.Set("Retry-After", "soon") }), obeyed(600 * time.Second)},
		{"429_with_a_number", throttle(func(h http.Header) { h.Set("Retry-After", "90") }), obeyed(90 * time.Second)},
		{"429_with_a_date", throttle(func(h http.Header) { h.Set("Retry-After", time.Now().Add(4*time.Minute).UTC().Format(http.TimeFormat)) }), obeyed(4 * time.Minute)},
		{"403_pauses_until_a_probe_succeeds", setup{}, func(w *world) {
			w.forceN(jwo.APIAdjustCharge, "403", 3, 0)
			trip := w.buy("approve", "10")
			w.pass(time.Second)
			var others []string
			for range 5 {
				others = append(others, w.buy("approve", "1"))
			}
			w.pass(4 * time.Minute)
			if n := w.count("", jwo.APIAdjustCharge); n != 1 {
				w.t.Errorf("%d calls although denied", n)
			}
			if !w.alerted("", pay.AlertPaused) {
				w.t.Error("nobody told")
			}
			w.pass(15 * time.Minute)
			for _, trip := range append(others, trip) {
				w.is(trip, pay.CaptureInitiated)
			}
			if all, _ := w.pay.Pauses(w.t.Context()); len(all) != 0 {
				w.t.Errorf("still paused: %+v", all)
			}
		}},
		{"403_is_told_once_for_the_whole_pause", once, func(w *world) {
			w.forceN(jwo.APIAdjustCharge, "403", 30, 0)
			w.buy("approve", "10")
			w.pass(2 * time.Hour)
			told := 0
			all, err := w.pay.Alerts(w.t.Context(), "")
			for _, a := range all {
				if a.Kind == pay.AlertPaused {
					told++
				}
			}
			if err != nil || told != 1 {
				w.t.Errorf("told %d times, %v", told, err)
			}
		}},
		{"an_inquiry_pauses_its_api_for_all", once, func(w *world) {
			w.force(jwo.APICaptureCharge, "lost")
			w.forceN(jwo.APIGetTransactionalData, "403", 30, 0)
			trip := w.buy("approve", "10")
			w.pass(21 * time.Minute)
			w.is(trip, pay.CaptureUnknown) // no answer is no news
			w.pass(21 * time.Minute)
			w.is(trip, pay.CaptureInitiated) // for as long again: sent again
			all, err := w.pay.Pauses(w.t.Context())
			if err != nil || len(all) != 1 || all[0].API != jwo.APIGetTransactionalData || all[0].Kind != "denied" || !w.alerted("", pay.AlertPaused) {
				w.t.Errorf("paused: %+v, %v", all, err)
			}
			if until, err := w.pay.Paused(w.t.Context(), jwo.APIGetTransactionalData, card); err != nil || !until.After(time.Now()) {
				w.t.Errorf("free to call: %s, %v", until, err)
			}
			// The answer to somebody else's question ends it.
			if err := w.pay.Heard(w.t.Context(), jwo.APIGetTransactionalData, card, nil); err != nil {
				w.t.Error(err)
			}
			if until, err := w.pay.Paused(w.t.Context(), jwo.APIGetTransactionalData, card); err != nil || !until.IsZero() {
				w.t.Errorf("still paused until %s, %v", until, err)
			}
		}},
		{"an_inquiry_is_not_made_while_its_api_is_paused", once, func(w *world) {
			w.force(jwo.APICaptureCharge, "lost")
			trip := w.buy("approve", "10")
			w.pass(19 * time.Minute)
			busy := &jwo.Error{API: jwo.APIGetTransactionalData, Status: http.StatusTooManyRequests, Outcome: jwo.Throttled, RetryAfter: time.Hour}
			if err := w.pay.Heard(w.t.Context(), jwo.APIGetTransactionalData, card, busy); err != nil {
				w.t.Fatal(err)
			}
			w.pass(10 * time.Minute)
			w.is(trip, pay.CaptureUnknown) // the pause may end in time
			w.pass(13 * time.Minute)
			w.is(trip, pay.CaptureInitiated) // this one does not
			if asked, sent := w.count(trip, jwo.APIGetTransactionalData), w.count(trip, jwo.APICaptureCharge); asked != 0 || sent != 2 {
				w.t.Errorf("asked %d times, captured %d times", asked, sent)
			}
		}},
		{"403_ends_when_an_operator_says_so", once, func(w *world) {
			w.forceN(jwo.APIAdjustCharge, "403", 1, 0)
			trip := w.buy("approve", "10")
			w.pass(time.Second)
			w.is(trip, pay.CartPriced)
			if err := w.pay.ResumeAPI(w.t.Context(), jwo.APIAdjustCharge, "ann", "permission added"); err != nil {
				w.t.Fatal(err)
			}
			w.pass(2 * time.Second)
			w.is(trip, pay.CaptureInitiated)
		}},
		{"paused_work_resumes_by_nearest_deadline", once, func(w *world) {
			w.forceN(jwo.APIAdjustCharge, "429", 1, 10*time.Minute)
			w.buy("approve", "1")
			w.pass(time.Second)
			var trips []string
			for i := range 5 {
				trip := w.enter(card, "approve")
				o := opening(card, trip, usd("1"))
				o.Started = time.Now().Add(-time.Duration(i) * time.Hour)
				w.open(o)
				trips = append([]string{trip}, trips...) // the oldest first
			}
			w.pass(20 * time.Minute)
			for _, trip := range trips {
				w.is(trip, pay.CaptureInitiated)
			}
		}},
	})
}
