package pay_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/outbox"
	"github.com/strollhq/stroll/internal/pay"
	"github.com/strollhq/stroll/jwo"
	"github.com/strollhq/stroll/jwosim"
	"github.com/strollhq/stroll/money"
)

// TestTwoProcesses shares a database between two programs, under faults of
// every kind: each trip ends, with one effect.
func TestTwoProcesses(t *testing.T) {
	t.Parallel()
	each(t, setup{sim: func(c *jwosim.Config) {
		c.Faults = jwosim.HeavyFaults()
	}}, func(w *world) {
		other := &world{t: w.t, db: w.db, client: w.client, set: w.set, settled: map[string]int{}}
		other.start()
		defer func() { other.stop() }()
		var trips []string
		for i := range 24 {
			kind := []string{"approve", "decline_adjust", "partial_50", "pending_3_then_approve"}[i%4]
			trip, err := w.sim.EnterByCard(w.t.Context(), told, fmt.Sprintf("%s#%d", kind, i))
			if err != nil {
				w.t.Fatal(err)
			}
			trips = append(trips, trip.ID())
			on := w
			if i%2 == 0 {
				on = other
			}
			on.open(opening(told, trip.ID(), usd("10")))
		}
		w.pass(10 * time.Minute)
		w.restart()
		w.pass(50 * time.Hour)
		for _, trip := range trips {
			p, d, b := w.get(trip), w.debt(trip), w.book(trip)
			if !p.Final() && p.State != pay.Parked {
				w.t.Errorf("state %s\n%s%s", p.State, w.history(trip), w.calls(trip))
			}
			if p.State != pay.Parked && (b.Captured != p.Captured.Minor || p.Captured.Minor+d.Remaining() != 1000) {
				w.t.Errorf("captured %s, debt %+v, Amazon %+v\n%s", p.Captured, d, b, w.history(trip))
			}
			if n := w.settled[trip] + other.settled[trip]; n != btoi(p.Captured.Minor > 0) {
				w.t.Errorf("settled %d times in state %s", n, p.State)
			}
			for _, api := range []string{jwo.APIAdjustCharge, jwo.APICaptureCharge, jwo.APICancelCharge} {
				same(w, trip, api)
			}
		}
	})
}

// TestReceiptFails: a receipt that cannot be made loses nothing that Amazon
// did, and is made later.
func TestReceiptFails(t *testing.T) {
	var broken atomic.Bool
	broken.Store(true)
	lite(t, setup{unsettle: broken.Load}, func(w *world) {
		trip := w.buy("approve", "10")
		cash := w.enter(card, "approve#cash")
		o := opening(card, cash, usd("5"))
		o.Act, o.Reason = pay.Release, pay.CashShopper
		w.open(o)
		w.pass(time.Hour)
		if p := w.is(trip, pay.CaptureInitiated); !p.SettledAt.IsZero() || p.Captured != usd("10") {
			w.t.Errorf("payment %+v", p)
		}
		broken.Store(false)
		w.pass(10 * time.Minute)
		w.is(cash, pay.CancelInitiated)
		if w.settled[trip] != 1 || w.settled[cash] != 1 || w.count(trip, jwo.APICaptureCharge) != 1 {
			w.t.Errorf("settled %v, %d captures", w.settled, w.count(trip, jwo.APICaptureCharge))
		}
	})
}

// TestMetrics: the gauges speak while payments are open and return to zero.
func TestMetrics(t *testing.T) {
	lite(t, setup{}, func(w *world) {
		w.forceN(jwo.APIAdjustCharge, "429", 1, time.Hour)
		trip := w.buy("decline_adjust", "10")
		w.pass(30 * time.Minute)
		open := w.scrape()
		for line, want := range map[string]string{
			"stroll_pay_open": "1", "stroll_pay_apis_paused": "1", "stroll_pay_payments_cart_priced": "1", "stroll_pay_oldest_open_seconds": "1800",
			"stroll_pay_uncharged_remaining_seconds": "163800",
		} {
			if open[line] != want && !strings.HasPrefix(open[line], want+".") {
				w.t.Errorf("%s is %q, want %s", line, open[line], want)
			}
		}
		w.pass(time.Hour)
		w.is(trip, pay.CancelInitiated)
		rest := w.scrape()
		for line, want := range map[string]string{
			"stroll_pay_open": "0", "stroll_pay_oldest_open_seconds": "0", "stroll_pay_apis_paused": "0", "stroll_pay_uncharged_remaining_seconds": "0",
			`stroll_pay_debts_open{cause="declined_adjustment",currency="USD",store="card",strategy="retailer_managed"}`:       "1",
			`stroll_pay_debts_open_minor{cause="declined_adjustment",currency="USD",store="card",strategy="retailer_managed"}`: "1000",
			"stroll_pay_unknown": "0",
			`stroll_pay_calls_total{op="adjust",outcome="DECLINED"}`: "1", `stroll_pay_calls_total{op="adjust",outcome="throttled"}`: "1",
			`stroll_pay_pauses_total{api="AdjustCharge",kind="throttled"}`: "1", `stroll_pay_retries_total{op="adjust"}`: "1",
		} {
			if rest[line] != want {
				w.t.Errorf("%s is %q, want %s", line, rest[line], want)
			}
		}
	})
}

// TestDebtMetrics: debts of several stores, causes and currencies are told apart.
func TestDebtMetrics(t *testing.T) {
	t.Parallel()
	each(t, setup{}, func(w *world) {
		w.buy("decline_adjust", "10")
		w.buy("decline_adjust", "2.50")
		w.buy("partial_50", "9")
		trip := w.enter(tokyo, "decline_adjust#yen")
		w.open(opening(tokyo, trip, sum("1200", "JPY")))
		w.tell("decline_adjust", "1")
		w.pass(time.Hour)
		seen := w.scrape()
		for labels, want := range map[string][2]string{
			`cause="declined_adjustment",currency="USD",store="card",strategy="retailer_managed"`:  {"2", "1250"},
			`cause="partial_capture",currency="USD",store="card",strategy="retailer_managed"`:      {"1", "450"},
			`cause="declined_adjustment",currency="JPY",store="tokyo",strategy="retailer_managed"`: {"1", "1200"},
			`cause="declined_adjustment",currency="USD",store="told",strategy="amazon_managed"`:    {"1", "100"},
		} {
			got := [2]string{seen["stroll_pay_debts_open{"+labels+"}"], seen["stroll_pay_debts_open_minor{"+labels+"}"]}
			if age := seen["stroll_pay_oldest_debt_seconds{"+labels+"}"]; got != want || !strings.HasPrefix(age, "36") {
				w.t.Errorf("%s: %v aged %q, want %v", labels, got, age, want)
			}
		}
	})
}

// TestUnchargedMetric: only a cart that is to be charged has time left, and
// never less than none.
func TestUnchargedMetric(t *testing.T) {
	lite(t, setup{}, func(w *world) {
		left := func(want string) {
			w.t.Helper()
			if got := w.scrape()["stroll_pay_uncharged_remaining_seconds"]; got != want && !strings.HasPrefix(got, want+".") {
				w.t.Errorf("%q seconds are left, want %s", got, want)
			}
		}
		w.forceN(jwo.APICancelCharge, "429", 1, 20*time.Hour)
		trip := w.enter(card, "approve")
		o := opening(card, trip, money.Amount{})
		o.Act, o.Reason, o.PurchaseID = pay.Release, pay.EmptyCart, ""
		w.open(o)
		w.pass(time.Hour)
		left("0") // a Cancel waits, no charge
		w.pass(20 * time.Hour)
		w.forceN(jwo.APICaptureCharge, "lost", 1000, 0)
		doubt := w.buy("approve", "5")
		w.pass(time.Hour)
		if w.get(doubt).State == pay.CaptureUnknown {
			left("162000")
		}
		w.pass(48 * time.Hour)
		left("0") // parked in doubt or ended: past its expiry
		w.force(jwo.APIAdjustCharge, jwo.BadRequestException)
		w.buy("approve", "10")
		w.pass(2 * time.Hour)
		left("158400") // an operator can still charge it
		w.pass(100 * time.Hour)
		left("0")
	})
}

func (w *world) scrape() map[string]string {
	rec := httptest.NewRecorder()
	w.metrics.Handler().ServeHTTP(rec, httptest.NewRequest("GET", "/metrics", nil))
	all := map[string]string{}
	for line := range strings.Lines(rec.Body.String()) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			all[name] = value
		}
	}
	return all
}

// TestAgeing lists Captures nobody confirmed.
func TestAgeing(t *testing.T) {
	lite(t, setup{}, func(w *world) {
		trip, confirmed := w.buy("approve", "10"), w.buy("approve", "5")
		w.pass(time.Second)
		w.news(approved(confirmed, "r", time.Now(), usd("5")))
		list := func() int {
			w.t.Helper()
			all, err := w.pay.Ageing(w.t.Context())
			if err != nil {
				w.t.Fatal(err)
			}
			if n := w.scrape()["stroll_pay_unconfirmed"]; n != fmt.Sprint(len(all)) {
				w.t.Errorf("%d are listed and %s counted", len(all), n)
			}
			return len(all)
		}
		if n := list(); n != 0 {
			w.t.Errorf("%d at once", n)
		}
		w.pass(25 * time.Hour)
		if n := list(); n != 1 {
			w.t.Errorf("%d after a day", n)
		}
		w.is(trip, pay.CaptureInitiated)
	})
}

// TestLink: what the entry knew reaches payment and debt, in either order.
func TestLink(t *testing.T) {
	lite(t, setup{}, func(w *world) {
		trip := w.enter(card, "decline_adjust")
		o := opening(card, trip, usd("10"))
		o.Instrument, o.Visitor = "", ""
		w.open(o)
		w.pass(time.Second)
		w.link(trip, money.Amount{})
		if d := w.debt(trip); d.Instrument != "i-"+trip || w.owed(trip).Open != 1 {
			w.t.Errorf("debt %+v", d)
		}
		early := w.enter(card, "approve")
		w.link(early, usd("25"))
		w.link(early, usd("25"))
		o = opening(card, early, usd("1"))
		o.Instrument = ""
		w.open(o)
		if p := w.get(early); p.Instrument != "i-"+early || p.Hold != usd("25") {
			w.t.Errorf("payment %+v", p)
		}
		w.pass(time.Second)
	})
}

// TestNothingLeftToDo: when every payment is final no job is left.
func TestNothingLeftToDo(t *testing.T) {
	t.Parallel()
	each(t, setup{}, func(w *world) {
		var wait sync.WaitGroup
		for i := range 20 {
			wait.Go(func() {
				trip, err := w.sim.EnterByCard(w.t.Context(), card, fmt.Sprintf("approve#%d", i))
				if err != nil {
					w.t.Error(err)
					return
				}
				if err := w.db.Tx(w.t.Context(), func(ctx context.Context, tx *db.Tx) error {
					return w.pay.Open(ctx, tx, opening(card, trip.ID(), usd("3")))
				}); err != nil {
					w.t.Error(err)
				}
			})
		}
		wait.Wait()
		w.pass(time.Minute)
		jobs, err := w.outbox.List(w.t.Context(), outbox.Filter{})
		if err != nil || len(jobs) != 0 {
			w.t.Errorf("jobs %+v, %v", jobs, err)
		}
		b, err := w.pay.Books(w.t.Context())
		if err != nil || len(b.Captured) != 20 || len(b.States) != 1 || b.States[0].Captured != 6000 {
			w.t.Errorf("books %+v, %v", b, err)
		}
	})
}
