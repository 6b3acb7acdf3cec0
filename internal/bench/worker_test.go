package bench_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/metric"
	"github.com/strollhq/stroll/internal/outbox"
	"github.com/strollhq/stroll/internal/pay"
	"github.com/strollhq/stroll/internal/receipt"
	"github.com/strollhq/stroll/jwo"
	"github.com/strollhq/stroll/money"
)

// measureWorker compares payments that are adjusted and captured, each with all
// its transitions, operations, ledger entries and its receipt's row, with the
// same two signed calls without any state, to the same simulator. The payments
// come from carts of ten lines taken before; the question for the card's details that follows each Capture waits.
func measureWorker(t *testing.T, b *board, s *site) {
	for _, c := range []struct {
		name, after string
		delay       time.Duration
		payments    int
		limit       float64
	}{
		{"at-once", "answered at once", 0, 3000, 0.45},
		{"after-50ms", "answered after 50 ms", 50 * time.Millisecond, 1500, 0.93},
	} {
		for _, engine := range engines {
			key := "worker/" + engine + "/" + c.name
			if !b.wants(key) {
				continue
			}
			t.Run(key, func(t *testing.T) {
				far := newSimulated(t, c.delay)
				w := newWorkshop(t, s, engine, far)
				plain := newClient(t, far.addr, nil)
				var got, base []float64
				plainly(t, plain, far.enter(t, c.payments/4))
				w.settle(t, c.payments/4)
				for range *rounds {
					base = append(base, plainly(t, plain, far.enter(t, c.payments)).perSecond())
					got = append(got, w.settle(t, c.payments).perSecond())
				}
				if *profiles != "" {
					w.fill(t, c.payments)
				}
				trips := far.enter(t, c.payments)
				where := s.where(t, key, func() run { return w.work(t, c.payments) }, func() run { return plainly(t, plain, trips) })
				b.rates(Figure{Key: key, Where: where, What: "payments adjusted and captured, 64 in flight, " + c.after + ", " + name(engine), Unit: "/s", Limit: c.limit, AtLeast: true,
					Baseline: "the same two calls without state"}, got, base)
			})
		}
	}
}

// plainly makes both calls for the trips, 64 at once.
func plainly(t testing.TB, c client, trips []string) run {
	t.Helper()
	amount := jwo.PaymentAmount(money.New(4711, "USD"))
	began := time.Now()
	parallel(t, len(trips), func(i int) error {
		trip := trips[i]
		if _, err := c.AdjustCharge(t.Context(), &jwo.AdjustChargeRequest{StoreID: storeID, ShoppingTripID: trip, Amount: amount}); err != nil {
			return err
		}
		_, err := c.CaptureCharge(t.Context(), &jwo.CaptureChargeRequest{StoreID: storeID, ShoppingTripID: trip, Amount: amount})
		return err
	})
	return run{Answers: len(trips), Took: time.Since(began)}
}

// workshop is a program whose payments wait, and the worker that settles them.
type workshop struct {
	sub  *subject
	far  *simulated
	jobs func(ctx context.Context) error
}

// newWorkshop opens both. The worker is the program's own payment worker with
// 64 jobs at once, on its database; other kinds of jobs are left alone.
func newWorkshop(t testing.TB, s *site, engine string, far *simulated) *workshop {
	t.Helper()
	sub := open(t, s.dsn(t, engine), far.addr)
	sub.serve(t)
	return &workshop{sub: sub, far: far, jobs: sub.worker(t, far.addr)}
}

// worker makes the payment worker of a program; run it to settle payments.
func (sub *subject) worker(t testing.TB, amazon string) func(context.Context) error {
	t.Helper()
	m := metric.New()
	box := outbox.New(outbox.Config{DB: sub.DB, Log: sub.log, Metrics: m, Workers: 64, Poll: sub.cfg.Jobs.Poll, Lease: sub.cfg.Jobs.Lease})
	pay.New(pay.Config{
		DB: sub.DB, Outbox: box, Amazon: newClient(t, amazon, sub.Journal.Record), Log: sub.log, Metrics: m,
		Settings: func(id string) (pay.Settings, bool) {
			p := sub.cfg.Stores[0].Pay
			p.Currency, p.Strategy = money.Currency(sub.cfg.Stores[0].Prices.Currency), sub.cfg.Stores[0].Gate.Strategy
			return p, id == storeID
		},
		Settled: sub.Receipts.Begin, SettledStmts: receipt.BeginStmts(),
	})
	return box.Run
}

// settle has n carts taken and then their payments settled by the worker.
func (w *workshop) settle(t testing.TB, n int) run {
	t.Helper()
	w.fill(t, n)
	return w.work(t, n)
}

func (w *workshop) fill(t testing.TB, n int) {
	// The questions for cards' details, which nobody asks here, would be in the
	// way of each claim of jobs.
	err := w.sub.DB.Tx(t.Context(), func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM job WHERE kind LIKE 'receipt%'`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	w.sub.take(t, w.far.enter(t, n))
}

// work runs the worker until the n payments that wait are settled.
func (w *workshop) work(t testing.TB, n int) run {
	t.Helper()
	before := w.far.captures.Load()
	ctx, cancel := context.WithCancel(t.Context())
	began, ended := time.Now(), make(chan error, 1)
	go func() { ended <- w.jobs(ctx) }()
	for w.far.captures.Load()-before < int64(n) || w.open(t) > 0 {
		if time.Since(began) > 2*time.Minute {
			t.Fatalf("%d of %d payments captured, %d open, such as %s", w.far.captures.Load()-before, n, w.open(t), w.stuck(t))
		}
		time.Sleep(2 * time.Millisecond)
	}
	took := time.Since(began)
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	return run{Answers: n, Took: took}
}

// open counts payments that are not final.
func (w *workshop) open(t testing.TB) (n int) {
	t.Helper()
	if err := w.sub.DB.Reader().QueryRowContext(t.Context(), `SELECT COUNT(*) FROM payment WHERE final = 0`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// stuck describes a payment that is not final.
func (w *workshop) stuck(t testing.TB) string {
	t.Helper()
	var trip, state, note, job, failed string
	var at int64
	err := w.sub.DB.Reader().QueryRowContext(t.Context(), `SELECT p.trip_id, p.state, p.note, COALESCE(j.state, 'no job'), COALESCE(j.error, ''), COALESCE(j.run_at, 0)
		FROM payment p LEFT JOIN job j ON j.key = p.trip_id AND j.kind NOT LIKE 'receipt%' WHERE p.final = 0 ORDER BY p.changed_at LIMIT 1`).Scan(&trip, &state, &note, &job, &failed, &at)
	return fmt.Sprint(trip, " in state ", state, " ", note, ", job ", job, " ", failed, " for ", time.UnixMilli(at), " ", err)
}
