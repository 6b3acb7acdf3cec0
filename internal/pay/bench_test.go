package pay_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/outbox"
	"github.com/strollhq/stroll/internal/pay"
	"github.com/strollhq/stroll/internal/testkit"
	"github.com/strollhq/stroll/jwo"
	"github.com/strollhq/stroll/jwosim"
	"github.com/strollhq/stroll/money"
)

// BenchmarkWorker charges payments, 64 at once, against a simulated Amazon that
// answers at once or after 50 ms. "calls" is the same Adjust and Capture without
// any state, in the same run.
func BenchmarkWorker(b *testing.B) {
	for _, engine := range []string{db.SQLite, db.Postgres} {
		for _, delay := range []time.Duration{0, 50 * time.Millisecond} {
			b.Run(fmt.Sprintf("%s/%s", engine, delay), func(b *testing.B) { benchWorker(b, engine, delay) })
		}
	}
}

const inFlight = 64

// processorTime is what this process has used so far.
func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func benchWorker(b *testing.B, engine string, delay time.Duration) {
	sim, err := jwosim.New(jwosim.Config{
		Seed: 1, Accept: []jwosim.Credentials{key}, History: -1,
		Faults: jwosim.Faults{Latency: jwosim.Latency{Law: jwosim.Fixed, Typical: delay}},
		Stores: []jwosim.Store{{ID: card, Currency: "USD", ConnectorURL: "http://nobody", Strategy: jwosim.NoStrategy}},
	})
	if err != nil {
		b.Fatal(err)
	}
	defer sim.Close()
	amazon := httptest.NewServer(sim.Handler())
	defer amazon.Close()
	client, err := jwo.NewClient(jwo.ClientConfig{
		PaymentsURL: amazon.URL, Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider(key.AccessKeyID, key.SecretAccessKey, ""),
		HTTP: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: inFlight}},
	})
	if err != nil {
		b.Fatal(err)
	}
	dsn := b.TempDir() + "/bench.db"
	if engine == db.Postgres {
		dsn = testkit.PostgresDSN(b)
	}
	d := testkit.Open(b, dsn)
	var settled atomic.Int64
	all := make(chan bool)
	o := outbox.New(outbox.Config{DB: d, Workers: inFlight})
	p := pay.New(pay.Config{DB: d, Outbox: o, Amazon: client, Settled: func(_ context.Context, _ db.Querier, w db.Putter, _ pay.Payment) error {
		w.AfterCommit(func() {
			if settled.Add(1) == int64(b.N) {
				close(all)
			}
		})
		return nil
	}})
	trips := [2][]string{}
	for i := range trips {
		for n := range b.N {
			trip, err := sim.EnterByCard(b.Context(), card, fmt.Sprintf("approve#%d-%d", i, n))
			if err != nil {
				b.Fatal(err)
			}
			trips[i] = append(trips[i], trip.ID())
		}
	}
	err = d.Tx(b.Context(), func(ctx context.Context, tx *db.Tx) error {
		for _, trip := range trips[0] {
			if err := p.Open(ctx, tx, pay.Opening{TripID: trip, StoreID: card, PurchaseID: trip, Entry: pay.ByCard,
				Started: time.Now(), Ended: time.Now(), Total: money.New(1234, "USD"), Act: pay.Charge}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	ended := make(chan error)
	b.ResetTimer()
	began, busy := time.Now(), processorTime(b)
	go func() { ended <- o.Run(ctx) }()
	<-all
	took, spent := time.Since(began), processorTime(b)-busy
	b.StopTimer()
	cancel()
	<-ended

	began, busy = time.Now(), processorTime(b)
	work := make(chan string)
	var callers sync.WaitGroup
	for range inFlight {
		callers.Go(func() {
			for trip := range work {
				_, err := client.AdjustCharge(b.Context(), &jwo.AdjustChargeRequest{StoreID: card, ShoppingTripID: trip, Amount: jwo.PaymentAmount(money.New(1234, "USD"))})
				if err == nil {
					_, err = client.CaptureCharge(b.Context(), &jwo.CaptureChargeRequest{StoreID: card, ShoppingTripID: trip, Amount: jwo.PaymentAmount(money.New(1234, "USD"))})
				}
				if err != nil {
					b.Error(err)
				}
			}
		})
	}
	for _, trip := range trips[1] {
		work <- trip
	}
	close(work)
	callers.Wait()
	b.ReportMetric(float64(b.N)/took.Seconds(), "payments/s")
	b.ReportMetric(time.Since(began).Seconds()/took.Seconds(), "of-calls")
	// Without PostgreSQL's own; less disturbed by neighbours than the clock.
	b.ReportMetric(float64(spent.Microseconds())/float64(b.N), "cpu-µs/op")
	b.ReportMetric(float64(processorTime(b)-busy)/float64(spent), "cpu-of-calls")
}
