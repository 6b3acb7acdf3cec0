package pay_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/strollhq/stroll/internal/pay"
	"github.com/strollhq/stroll/jwo"
	"github.com/strollhq/stroll/jwosim"
	"github.com/strollhq/stroll/money"
)

// policy sets capture.unknown_policy.
func policy(p string) func(string, *pay.Settings) {
	return func(_ string, s *pay.Settings) { s.Capture.UnknownPolicy = p }
}

// approved is a CaptureApproved of a trip.
func approved(trip, id string, at time.Time, amount money.Amount) pay.News {
	return pay.News{TripID: trip, Kind: pay.NewsCaptureApproved, Amount: amount, ReconciliationID: id, At: at, Source: "event"}
}

func declined(trip, id string, at time.Time) pay.News {
	return pay.News{TripID: trip, Kind: pay.NewsCaptureDeclined, ReconciliationID: id, At: at, Source: "event"}
}

func (w *world) news(n pay.News) {
	w.t.Helper()
	if err := w.pay.Event(w.t.Context(), n); err != nil {
		w.t.Fatal(err)
	}
}

func TestUnknown(t *testing.T) {
	scenarios(t, []scenario{
		{"lost_capture_answer_that_happened_is_not_resent_once_evidence_came", setup{}, func(w *world) {
			w.force(jwo.APICaptureCharge, "lost")
			trip := w.buy("approve", "10")
			w.pass(time.Minute)
			w.is(trip, pay.CaptureUnknown)
			if w.settled[trip] != 0 || w.debt(trip).Amount != 0 {
				w.t.Error("settled or owed while in doubt")
			}
			w.news(approved(trip, "r-1", time.Now(), usd("10")))
			w.pass(48 * time.Hour)
			if p := w.is(trip, pay.Captured); p.Captured != usd("10") || w.settled[trip] != 1 {
				w.t.Errorf("captured %s, settled %d", p.Captured, w.settled[trip])
			}
			if n := w.count(trip, jwo.APICaptureCharge); n != 1 {
				w.t.Errorf("%d captures", n)
			}
		}},
		{"lost_capture_answer_that_happened_is_not_resent_on_weak_evidence", once, func(w *world) {
			w.force(jwo.APICaptureCharge, "lost")
			trip := w.buy("approve", "10")
			w.pass(19 * time.Minute)
			w.is(trip, pay.CaptureUnknown)
			w.pass(2 * time.Minute)
			w.is(trip, pay.CaptureInitiated)
			if n := w.count(trip, jwo.APICaptureCharge); n != 1 || !w.alerted(trip, pay.AlertWeakEvidence) {
				w.t.Errorf("%d captures", n)
			}
		}},
		{"weak_evidence_may_be_held", setup{sqlite: true, change: func(_ string, s *pay.Settings) { s.Capture.WeakEvidence = "hold" }}, func(w *world) {
			w.force(jwo.APICaptureCharge, "lost")
			trip := w.buy("approve", "10")
			w.pass(5 * time.Hour)
			w.is(trip, pay.CaptureUnknown)
			if n := w.count(trip, jwo.APICaptureCharge); n != 1 {
				w.t.Errorf("%d captures", n)
			}
			if err := w.pay.DecideUnknown(w.t.Context(), trip, true, "ann", "seen at the processor"); err != nil {
				w.t.Fatal(err)
			}
			if p := w.is(trip, pay.Captured); p.Captured != usd("10") || w.settled[trip] != 1 {
				w.t.Errorf("captured %s", p.Captured)
			}
		}},
		{"lost_capture_that_did_not_happen_is_resent_once", setup{}, func(w *world) {
			w.force(jwo.APICaptureCharge, "hang")
			trip := w.buy("approve", "10")
			w.pass(19 * time.Minute)
			w.is(trip, pay.CaptureUnknown)
			w.pass(2 * time.Minute)
			w.is(trip, pay.CaptureInitiated)
			if n := w.count(trip, jwo.APICaptureCharge); n != 2 {
				w.t.Errorf("%d captures, want 2", n)
			}
			same(w, trip, jwo.APICaptureCharge)
		}},
		{"policy_resend_does_not_wait", setup{sqlite: true, change: policy("resend")}, func(w *world) {
			w.force(jwo.APICaptureCharge, "reset")
			trip := w.buy("approve", "10")
			w.pass(5 * time.Second)
			w.is(trip, pay.CaptureInitiated)
		}},
		{"policy_hold_waits_for_a_person", setup{sqlite: true, change: policy("hold")}, func(w *world) {
			w.forceN(jwo.APICaptureCharge, "hang", 1, 0)
			trip := w.buy("approve", "10")
			w.pass(10 * time.Hour)
			w.is(trip, pay.CaptureUnknown)
			if n := w.count(trip, jwo.APICaptureCharge); n != 1 {
				w.t.Errorf("%d captures", n)
			}
			if err := w.pay.DecideUnknown(w.t.Context(), trip, false, "ann", "not at the processor"); err != nil {
				w.t.Fatal(err)
			}
			w.pass(time.Second)
			w.is(trip, pay.CaptureInitiated)
		}},
		{"refused_repeat_proves_nothing", setup{sim: func(c *jwosim.Config) { c.Settings.RepeatedCapture = "refuse" },
			change: func(_ string, s *pay.Settings) { s.Capture.WeakEvidence = "hold" }}, func(w *world) {
			w.force(jwo.APICaptureCharge, "500-after")
			trip := w.buy("approve", "10")
			w.pass(time.Hour)
			w.is(trip, pay.CaptureUnknown)
			n := w.count(trip, jwo.APICaptureCharge)
			w.pass(10 * time.Hour)
			w.is(trip, pay.CaptureUnknown)
			if got := w.count(trip, jwo.APICaptureCharge); got != n || n != 2 || w.debt(trip).Amount != 0 {
				w.t.Errorf("%d captures, then %d; debt %+v", n, got, w.debt(trip))
			}
			w.news(approved(trip, "r", time.Now(), usd("10")))
			w.is(trip, pay.Captured)
		}},
		{"expired_repeat_opens_no_debt", once, func(w *world) {
			w.force(jwo.APICaptureCharge, "503")
			w.force(jwo.APICaptureCharge, jwo.ShoppingTripExpired)
			trip := w.buy("approve", "10")
			w.pass(10 * time.Hour)
			w.is(trip, pay.CaptureUnknown)
			if w.debt(trip).Amount != 0 {
				w.t.Error("debt in doubt")
			}
		}},
		{"unknown_capture_is_parked_after_expiry_and_grace_without_debt", setup{change: func(_ string, s *pay.Settings) { s.Capture.EvidenceGrace = 4 * time.Hour }}, func(w *world) {
			w.forceN(jwo.APICaptureCharge, "hang", 1000, 0)
			trip := w.buy("approve", "10")
			w.pass(46*time.Hour + 3*time.Hour)
			w.is(trip, pay.CaptureUnknown)
			w.pass(6 * time.Hour)
			w.is(trip, pay.Parked)
			n := w.count(trip, jwo.APICaptureCharge)
			w.pass(200 * time.Hour)
			w.is(trip, pay.Parked)
			if w.debt(trip).Amount != 0 || w.count(trip, jwo.APICaptureCharge) != n || w.owed(trip).Open != 0 {
				w.t.Errorf("debt %+v, %d captures more", w.debt(trip), w.count(trip, jwo.APICaptureCharge)-n)
			}
			if err := w.pay.DecideUnknown(w.t.Context(), trip, false, "ann", "nothing came"); err != nil {
				w.t.Fatal(err)
			}
			w.is(trip, pay.Expired)
			if w.debt(trip).Amount != 1000 {
				w.t.Error("no debt after the decision")
			}
		}},
		{"unknown_adjust_is_asked_again", once, func(w *world) {
			w.force(jwo.APIAdjustCharge, "lost")
			w.force(jwo.APIAdjustCharge, "cut")
			w.force(jwo.APIAdjustCharge, "malformed")
			w.force(jwo.APIAdjustCharge, "reset")
			trip := w.buy("approve", "10")
			w.pass(2 * time.Minute)
			w.is(trip, pay.CaptureInitiated)
			same(w, trip, jwo.APIAdjustCharge)
		}},
		{"unknown_adjust_ends_at_expiry_as_debt", setup{sqlite: true, change: slowly}, func(w *world) {
			w.forceN(jwo.APIAdjustCharge, "500", 100000, 0)
			trip := w.buy("approve", "10")
			w.pass(time.Minute)
			w.is(trip, pay.AdjustUnknown)
			w.pass(46 * time.Hour)
			w.is(trip, pay.Expired)
			if w.debt(trip).Amount != 1000 {
				w.t.Error("no debt")
			}
		}},
		{"unknown_cancel_then_refused_is_done", setup{sqlite: true, sim: func(c *jwosim.Config) { c.Settings.RepeatedCancel = "refuse" }}, func(w *world) {
			w.force(jwo.APICancelCharge, "lost")
			trip := w.buy("approve", "0")
			w.pass(time.Minute)
			w.is(trip, pay.CancelInitiated)
			if n := w.count(trip, jwo.APICancelCharge); n != 2 {
				w.t.Errorf("%d cancels", n)
			}
		}},
		{"unknown_cancel_is_closed_at_expiry", setup{sqlite: true, change: slowly}, func(w *world) {
			w.forceN(jwo.APICancelCharge, "500", 100000, 0)
			trip := w.buy("approve", "0")
			w.pass(time.Minute)
			w.is(trip, pay.CancelUnknown)
			w.pass(47 * time.Hour)
			w.is(trip, pay.NeverCharged)
			if w.debt(trip).Amount != 0 {
				w.t.Error("debt")
			}
		}},
	})
}

// TestEachCall plays every fault on every call and then lets it recover: the
// right end, no second effect.
func TestEachCall(t *testing.T) {
	t.Parallel()
	for _, api := range []string{jwo.APIAdjustCharge, jwo.APICaptureCharge, jwo.APICancelCharge} {
		for _, fault := range []string{"hang", "hang-after", "cut", "reset", "lost", "500", "503", "500-after", "malformed", "429", "403"} {
			t.Run(api+"/"+fault, func(t *testing.T) {
				lite(t, setup{}, func(w *world) {
					w.forceN(api, fault, 2, time.Minute)
					total, want := "10", pay.CaptureInitiated
					if api == jwo.APICancelCharge {
						total, want = "0", pay.CancelInitiated
					}
					trip := w.buy("approve", total)
					w.pass(3 * time.Hour)
					w.is(trip, want)
					same(w, trip, api)
					if b := w.book(trip); b.Captured != w.get(trip).Captured.Minor {
						w.t.Errorf("Amazon's books %+v", b)
					}
				})
			})
		}
	}
	t.Run("connection_refused", func(t *testing.T) {
		var down atomic.Bool
		down.Store(true)
		lite(t, setup{refuse: down.Load}, func(w *world) {
			trip := w.buy("approve", "10")
			w.pass(10 * time.Minute)
			w.is(trip, pay.CartPriced)
			if n := w.count(trip, ""); n != 0 {
				w.t.Errorf("%d calls arrived", n)
			}
			down.Store(false)
			w.pass(6 * time.Minute)
			w.is(trip, pay.CaptureInitiated)
		})
	})
}

// TestUnansweredInquiry: a question about a lost Capture that was not answered is
// asked again before anything is sent again; one that never is does not hold the
// Capture up for ever.
func TestUnansweredInquiry(t *testing.T) {
	for name, c := range map[string]struct{ unanswered, captures int }{
		"answered_at_last": {5, 1},
		"never_answered":   {1 << 20, 2},
	} {
		t.Run(name, func(t *testing.T) {
			lite(t, setup{}, func(w *world) {
				w.force(jwo.APICaptureCharge, "lost")
				w.forceN(jwo.APIGetTransactionalData, "500", c.unanswered, 0)
				trip := w.buy("approve", "10")
				w.pass(35 * time.Minute)
				if n := w.count(trip, jwo.APICaptureCharge); n != 1 {
					w.t.Errorf("%d Captures while the question is open", n)
				}
				w.pass(time.Hour)
				w.is(trip, pay.CaptureInitiated)
				if n := w.count(trip, jwo.APICaptureCharge); n != c.captures {
					w.t.Errorf("%d Captures, want %d", n, c.captures)
				}
			})
		})
	}
}
