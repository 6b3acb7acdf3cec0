package pay_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/strollhq/stroll/internal/pay"
	"github.com/strollhq/stroll/jwo"
)

func TestEvents(t *testing.T) {
	scenarios(t, []scenario{
		{"capture_declined_opens_a_debt", setup{}, func(w *world) {
			trip := w.buy("approve", "10")
			w.pass(time.Second)
			w.news(declined(trip, "r", time.Now()))
			p, d := w.is(trip, pay.CaptureDeclined), w.debt(trip)
			if p.Captured.Minor != 0 || d.Amount != 1000 || d.Cause != pay.CauseCaptureDeclined {
				w.t.Errorf("captured %s, debt %+v", p.Captured, d)
			}
			w.news(approved(trip, "r", time.Now().Add(time.Second), usd("10")))
			p, d = w.is(trip, pay.Captured), w.debt(trip)
			if p.Captured != usd("10") || d.State != pay.DebtResolved || d.Credited != 1000 {
				w.t.Errorf("captured %s, debt %+v", p.Captured, d)
			}
		}},
		{"decline_of_a_partial_capture_raises_its_debt", once, func(w *world) {
			trip := w.buy("partial_50", "10")
			w.pass(time.Second)
			w.news(declined(trip, "r", time.Now()))
			if d := w.debt(trip); d.Amount != 1000 || d.Remaining() != 1000 {
				w.t.Errorf("debt %+v", d)
			}
		}},
		{"late_capture_after_expiry_shrinks_the_debt", setup{change: slowly}, func(w *world) {
			w.forceN(jwo.APIAdjustCharge, "500", 100000, 0)
			trip := w.buy("approve", "10")
			w.pass(47 * time.Hour)
			w.is(trip, pay.Expired)
			w.news(approved(trip, "r", time.Now(), usd("4")))
			p, d := w.is(trip, pay.Captured), w.debt(trip)
			if p.Captured != usd("4") || d.Remaining() != 600 || d.State != pay.DebtPartlyPaid || w.settled[trip] != 1 {
				w.t.Errorf("captured %s, debt %+v", p.Captured, d)
			}
		}},
		{"late_capture_after_payoff_is_overpaid", setup{change: slowly}, func(w *world) {
			w.forceN(jwo.APIAdjustCharge, "500", 100000, 0)
			trip := w.buy("approve", "10")
			w.pass(47 * time.Hour)
			w.payoff("k", trip, usd("10"))
			w.news(approved(trip, "r", time.Now(), usd("10")))
			w.is(trip, pay.Captured)
			if d := w.debt(trip); d.Overpaid != 1000 || d.State != pay.DebtResolved || !w.alerted(trip, pay.AlertOverpaid) {
				w.t.Errorf("debt %+v", d)
			}
		}},
		{"double_capture_is_alarmed_and_not_undone", once, func(w *world) {
			trip := w.buy("approve", "10")
			w.pass(time.Second)
			w.news(approved(trip, "r-1", time.Now(), usd("10")))
			w.news(approved(trip, "r-2", time.Now(), usd("10")))
			w.pass(time.Hour)
			w.is(trip, pay.Captured)
			if !w.alerted(trip, pay.AlertDoubleCapture) || w.count(trip, "Refund") != 0 {
				w.t.Error("no alarm, or a refund by itself")
			}
		}},
		{"another_amount_is_not_applied", once, func(w *world) {
			trip := w.buy("approve", "10")
			w.pass(time.Second)
			w.news(approved(trip, "r", time.Now(), usd("11")))
			w.is(trip, pay.CaptureInitiated)
			if !w.alerted(trip, pay.AlertCaptureDiffers) {
				w.t.Error("nobody told")
			}
		}},
		{"news_that_cannot_be_is_kept_and_not_applied", once, func(w *world) {
			trip := w.buy("approve", "0")
			w.pass(time.Second)
			w.news(approved(trip, "r", time.Now(), usd("1")))
			w.is(trip, pay.CancelInitiated)
			if !w.alerted(trip, pay.AlertIllegal) {
				w.t.Error("nobody told")
			}
			w.news(approved("nobody", "r", time.Now(), usd("1")))
			if !w.alerted("nobody", pay.AlertIllegal) {
				w.t.Error("news of an unknown trip was dropped")
			}
		}},
		{"authorization_news_moves_nothing", once, func(w *world) {
			w.forceN(jwo.APIAdjustCharge, "500", 1, 0)
			trip := w.buy("approve", "10")
			n := approved(trip, "r", time.Now(), usd("10"))
			n.Kind = pay.NewsAuthorizationApproved
			w.news(n)
			n.Kind = pay.NewsAuthorizationDeclined
			w.news(n)
			w.pass(time.Minute)
			w.is(trip, pay.CaptureInitiated)
		}},
		{"parked_unknown_capture_is_ended_by_evidence", setup{sqlite: true, change: func(_ string, s *pay.Settings) { s.Capture.EvidenceGrace = 4 * time.Hour }}, func(w *world) {
			w.forceN(jwo.APICaptureCharge, "hang", 1000, 0)
			trip := w.buy("approve", "10")
			w.pass(60 * time.Hour)
			w.is(trip, pay.Parked)
			w.news(declined(trip, "r", time.Now()))
			w.is(trip, pay.CaptureDeclined)
			if w.debt(trip).Amount != 1000 {
				w.t.Error("no debt")
			}
		}},
	})
}

// TestEventsCommute shuffles and duplicates the news of a trip: before, while
// and after its Capture is answered, the end is the same.
func TestEventsCommute(t *testing.T) {
	lite(t, setup{}, func(w *world) {
		type end struct {
			State    pay.State
			Captured string
			Settled  int
			Debt     int64
		}
		for seed := range uint64(8) {
			var first end
			for order := range uint64(4) {
				random := rand.New(rand.NewPCG(seed, order))
				w.force(jwo.APICaptureCharge, []string{"lost", "hang", "500-after"}[seed%3])
				trip := w.buy("approve", "10")
				base := time.Now()
				var all []pay.News
				for i := range 1 + seed%4 {
					n := approved(trip, "r", base.Add(time.Duration(i)*time.Minute), usd("10"))
					if (seed+i)%2 == 0 {
						n = declined(trip, "r", n.At)
					}
					all = append(all, n, n)
				}
				random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
				for _, n := range all {
					w.pass(time.Duration(random.IntN(12)) * time.Second)
					if w.get(trip).State == pay.CartPriced {
						w.pass(time.Second)
					}
					w.news(n)
				}
				w.pass(3 * time.Hour)
				p := w.get(trip)
				got := end{p.State, p.Captured.String(), w.settled[trip], w.debt(trip).Remaining()}
				if p.State == pay.CaptureDeclined {
					got.Settled = 0 // a receipt that went out before the decline stays
				}
				if order == 0 {
					first = got
				}
				if got != first {
					w.t.Fatalf("seed %d order %d: %+v, first %+v\n%s", seed, order, got, first, w.history(trip))
				}
			}
		}
	})
}

// TestRaces delivers one cart many times at once, with events, operators and
// restarts in between: one Adjust, one Capture, no refund.
func TestRaces(t *testing.T) {
	t.Parallel()
	each(t, setup{}, func(w *world) {
		for round := range 4 {
			trip := w.enter(card, fmt.Sprintf("approve#%d", round))
			done := make(chan error, 64)
			for i := range 32 {
				go func() {
					o := opening(card, trip, usd("10"))
					err := w.tx(openTx(w, o))
					if i%8 == 3 {
						w.pay.HoldTrip(w.t.Context(), trip, "ann", "look")
						w.pay.ReleaseTrip(w.t.Context(), trip, "ann", "fine")
					}
					if i%8 == 5 {
						w.pay.RetryParked(w.t.Context(), trip, "bob", "again")
						w.pay.Event(w.t.Context(), approved(trip, "r", time.Now(), usd("10")))
					}
					done <- err
				}()
			}
			for range 32 {
				if err := <-done; err != nil {
					w.t.Errorf("open: %v", err)
				}
			}
			w.restart()
			w.pass(time.Hour)
			p := w.get(trip)
			if p.State == pay.Parked {
				if err := w.pay.ReleaseTrip(w.t.Context(), trip, "ann", "fine"); err != nil {
					w.t.Fatal(err)
				}
				w.pass(time.Minute)
				p = w.get(trip)
			}
			if p.State != pay.CaptureInitiated && p.State != pay.Captured || w.settled[trip] != 1 {
				w.t.Errorf("state %s, settled %d\n%s", p.State, w.settled[trip], w.history(trip))
			}
			for _, api := range []string{jwo.APIAdjustCharge, jwo.APICaptureCharge} {
				if n := w.count(trip, api); n != 1 {
					w.t.Errorf("%d calls of %s", n, api)
				}
			}
			if b := w.book(trip); b.Captured != 1000 || b.Refunds != 0 {
				w.t.Errorf("Amazon's books %+v", b)
			}
		}
	})
}
