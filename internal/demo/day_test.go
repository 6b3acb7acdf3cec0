package demo_test

import (
	"context"
	"flag"
	"fmt"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/strollhq/stroll/internal/app"
	"github.com/strollhq/stroll/internal/demo"
	"github.com/strollhq/stroll/internal/outbox"
	"github.com/strollhq/stroll/internal/pay"
	"github.com/strollhq/stroll/internal/testkit"
	"github.com/strollhq/stroll/jwosim"
)

func TestMain(m *testing.M) { testkit.Main(m) }

var (
	seeds = flag.Int("seeds", 6, "how many virtual days")
	first = flag.Uint64("seed", 1, "the first day's seed")
	trips = flag.Int("trips", 60, "shoppers a day")
	// A day on PostgreSQL takes ten times as long, so one is the rule.
	allDBs = flag.Bool("postgres", false, "every day on PostgreSQL too")
)

// kinds of day: who decides at the gate changes what has to be reported, and
// who charges app trips changes whom we call.
var kinds = []struct {
	name, strategy string
	own            bool // app trips are settled by the retailer's own processor
}{
	{"retailer_managed", "retailer_managed", false},
	{"amazon_recommendation", "amazon_recommendation", false},
	{"amazon_managed", "amazon_managed", false},
	{"own_processor", "retailer_managed", true},
}

// TestVirtualDay runs the whole program against the simulated Amazon on a bad
// day, with its real waits (a minute for a pending answer, twenty for evidence,
// 46 hours for a pre-authorization) in virtual time, on a real database and over
// real HTTP, until nothing is left to do. Then no trip is charged twice, every
// trip is in a named state, and both sides' books are equal.
func TestVirtualDay(t *testing.T) {
	t.Parallel()
	for n := range *seeds {
		seed := *first + uint64(n)
		kind := kinds[seed%uint64(len(kinds))]
		t.Run(fmt.Sprintf("seed_%d_%s", seed, kind.name), func(t *testing.T) {
			day := func(t *testing.T, dsn string) {
				synctest.Test(t, func(t *testing.T) { virtualDay(t, dsn, seed, kind.strategy, kind.own) })
			}
			if n == 0 || *allDBs {
				testkit.EachDSN(t, day)
			} else {
				day(t, testkit.SQLiteDSN(t))
			}
			if t.Failed() {
				t.Logf("replay with: go test ./internal/demo -run TestVirtualDay -seeds 1 -seed %d -trips %d", seed, *trips)
			}
		})
	}
}

func virtualDay(t *testing.T, dsn string, seed uint64, strategy string, own bool) {
	network := testkit.NewNet()
	defer network.Close()
	w, err := demo.Open(t.Context(), demo.Config{
		Database: dsn, Seed: seed, Faults: jwosim.HeavyFaults(), HTTP: network.Client(),
		Listen: func(addr string) (net.Listener, error) { return network.Listen(addr), nil },
		Edit: func(c *app.Config) {
			c.Listen = app.Listen{Connector: "127.0.0.1:0", Portal: "127.0.0.1:0", Admin: "127.0.0.1:0"}
			c.Stores[0].Gate.Strategy = strategy
			if own {
				c.Processor, c.Stores[0].Pay.Settlement.Route = app.ProcessorSimulated, pay.OwnProcessor
			}
			// One process wakes its own jobs; looking around every few seconds
			// for four days would only make the test slow.
			c.Jobs.Poll, c.Jobs.Lease = 10*time.Minute, time.Hour
		},
		Sim: func(c *jwosim.Config) {
			if own {
				c.Stores[0].AppPayment = "own_processor"
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- w.Run(ctx) }()
	defer func() {
		stop()
		if err := <-served; err != nil {
			t.Errorf("run: %v", err)
		}
		if err := w.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}()
	opened := time.Now()
	tally, err := w.Shop(ctx, *trips, 8, nil)
	if err != nil {
		t.Fatal(err)
	}
	// Staff resolve bad carts the same day, or only once their pre-authorizations
	// have ended.
	if seed%2 == 0 {
		rest(t, ctx, w)
	}
	if _, err := w.Tidy(ctx); err != nil {
		t.Fatal(err)
	}
	rest(t, ctx, w)
	sum, err := w.Summary(ctx, tally)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range append(sum.Differences, tally.Failures...) {
		t.Error(d)
	}
	if tally.Left == 0 || sum.Captured.IsZero() {
		t.Errorf("nothing happened: %+v, captured %s", tally, sum.Captured)
	}
	settled(t, ctx, w)
	t.Logf("%s of virtual time: %d in, %d carts, captured %s, %d declined, %d debts of %s",
		time.Since(opened).Truncate(time.Minute), tally.ByCode+tally.ByCard, tally.Left, sum.Captured, sum.Declined, sum.Debts, sum.Owed)
}

// rest waits until every clock of a payment or receipt has run out: the last is
// that of a card's missing details, two days after the receipt. What is left
// then waits for a person.
func rest(t *testing.T, ctx context.Context, w *demo.World) {
	t.Helper()
	<-time.After(90 * time.Hour)
	if err := w.Rest(ctx, time.Hour, nil); err != nil {
		t.Fatal(err)
	}
}

// settled checks that every payment is final, or parked with a reason for a
// person.
func settled(t *testing.T, ctx context.Context, w *demo.World) {
	t.Helper()
	open, err := w.App.Pay.List(ctx, pay.Filter{Open: true, Limit: 1 << 30})
	if err != nil {
		t.Fatal(err)
	}
	parked := map[string]bool{}
	for _, p := range open {
		parked[p.TripID] = p.State == pay.Parked
		t.Logf("trip %s waits for a person since %s: %s", p.TripID, p.Changed.Format(time.DateTime), p.Note)
		if p.State != pay.Parked || p.Note == "" || p.Due.IsZero() {
			t.Errorf("trip %s rests in %s (%q), which is neither final nor for a person", p.TripID, p.State, p.Note)
		}
	}
	jobs, err := w.App.Jobs.List(ctx, outbox.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	for _, j := range jobs {
		// A rejected report is for a person by contract (payments 8), and a
		// payment that waits for one reminds of itself.
		rejected := j.State == outbox.Parked && strings.HasPrefix(j.Kind, "pay.report")
		if !rejected && !(j.Kind == pay.StepJob && parked[j.Key]) {
			t.Errorf("job %s %s is %s: %s", j.Kind, j.Key, j.State, j.Error)
		}
	}
}
