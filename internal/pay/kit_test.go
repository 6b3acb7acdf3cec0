package pay_test

import (
	"context"
	"errors"
	"flag"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/metric"
	"github.com/strollhq/stroll/internal/outbox"
	"github.com/strollhq/stroll/internal/pay"
	"github.com/strollhq/stroll/internal/testkit"
	"github.com/strollhq/stroll/jwo"
	"github.com/strollhq/stroll/jwosim"
)

// TestMain runs more worlds at once than there are processors: a world mostly
// waits for its database's disk. The flag -parallel overrides it.
func TestMain(m *testing.M) {
	flag.Parse()
	if f := flag.Lookup("test.parallel"); f.Value.String() == f.DefValue {
		if err := f.Value.Set("8"); err != nil {
			panic(err)
		}
	}
	testkit.Main(m)
}

const (
	card  = "card"  // a store nobody asks about: card entry
	tokyo = "tokyo" // the same in yen
	told  = "told"  // a store whose outcomes are reported
)

var key = jwosim.Credentials{AccessKeyID: "AKIDTEST", SecretAccessKey: "not a secret"}

// setup changes how a world is made.
type setup struct {
	settings  pay.Settings
	change    func(store string, s *pay.Settings)
	processor pay.Processor
	sim       func(*jwosim.Config)
	refuse    func() bool // connections are refused while true
	sqlite    bool        // not on both databases
	wrap      func(http.Handler) http.Handler
	unsettle  func() bool // no receipt can be made while true
	bend      *bend       // changes a request on the wire
}

// world is the payments of a store and a simulated Amazon, over HTTP, in
// virtual time.
type world struct {
	t      *testing.T
	dsn    string
	db     *db.DB
	sim    *jwosim.Sim
	net    *testkit.Net
	client *jwo.Client
	set    setup

	mu       sync.Mutex
	settings pay.Settings
	settled  map[string]int
	probe    func(string)

	// of the program as it runs now
	pay     *pay.Pay
	outbox  *outbox.Outbox
	metrics *metric.Set
	stop    func()
}

// slowly is a store that asks again every six hours at most: tests that wait for
// an expiry would otherwise ask a thousand times.
func slowly(_ string, s *pay.Settings) { s.Retry.Ceiling = 6 * time.Hour }

// each runs f in a bubble against each database.
func each(t *testing.T, set setup, f func(w *world)) {
	t.Helper()
	testkit.EachDSN(t, func(t *testing.T, dsn string) { in(t, dsn, set, f) })
}

// lite runs f in a bubble on SQLite, for tests of rules that SQL has no part in.
func lite(t *testing.T, set setup, f func(w *world)) {
	t.Helper()
	t.Parallel()
	in(t, testkit.SQLiteDSN(t), set, f)
}

func in(t *testing.T, dsn string, set setup, f func(w *world)) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, dsn: dsn, set: set, settings: set.settings, settled: map[string]int{}}
		w.db = testkit.Open(t, dsn)
		cfg := jwosim.Config{
			Seed:   1,
			Accept: []jwosim.Credentials{key},
			Stores: []jwosim.Store{
				{ID: card, Currency: "USD", ConnectorURL: "http://nobody", Strategy: jwosim.NoStrategy},
				{ID: tokyo, Currency: "JPY", ConnectorURL: "http://nobody", Strategy: jwosim.NoStrategy},
				{ID: told, Currency: "USD", ConnectorURL: "http://nobody", Strategy: jwosim.NoStrategy},
			},
		}
		if set.sim != nil {
			set.sim(&cfg)
		}
		var err error
		if w.sim, err = jwosim.New(cfg); err != nil {
			t.Fatal(err)
		}
		w.net = testkit.NewNet()
		handler := w.sim.Handler()
		if set.wrap != nil {
			handler = set.wrap(handler)
		}
		server := &http.Server{Handler: handler}
		go server.Serve(w.net.Listen("amazon:80"))
		t.Cleanup(func() {
			server.Close()
			w.net.Close()
			w.sim.Close()
		})
		transport := http.RoundTripper(w.net.Client().Transport)
		if set.refuse != nil {
			transport = &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
				if set.refuse() {
					return nil, errors.New("connection refused")
				}
				return w.net.DialContext(ctx, network, addr)
			}}
		}
		if set.bend != nil {
			transport = set.bend.over(transport)
		}
		w.client, err = jwo.NewClient(jwo.ClientConfig{PaymentsURL: "http://amazon", Region: "us-east-1",
			Credentials: credentials.NewStaticCredentialsProvider(key.AccessKeyID, key.SecretAccessKey, ""), HTTP: &http.Client{Transport: transport}})
		if err != nil {
			t.Fatal(err)
		}
		w.start()
		f(w)
		w.stop()
		w.sound()
	})
}

// start starts the program; stop kills or ends it.
func (w *world) start() {
	w.metrics = metric.New()
	w.outbox = outbox.New(outbox.Config{DB: w.db, Poll: time.Hour, Lease: time.Hour, Grace: 30 * time.Second})
	w.pay = pay.New(pay.Config{
		DB: w.db, Outbox: w.outbox, Amazon: w.client, Processor: w.set.processor, Metrics: w.metrics,
		Settings: func(store string) (pay.Settings, bool) {
			w.mu.Lock()
			defer w.mu.Unlock()
			s := w.settings
			s.Currency = "USD"
			if store == tokyo {
				s.Currency = "JPY"
			}
			if store == told {
				s.Strategy = pay.AmazonManaged
			}
			if w.set.change != nil {
				w.set.change(store, &s)
			}
			return s, true
		},
		Settled: func(_ context.Context, _ db.Querier, tx db.Putter, p pay.Payment) error {
			if w.set.unsettle != nil && w.set.unsettle() {
				return errors.New("no paper")
			}
			tx.AfterCommit(func() {
				w.mu.Lock()
				defer w.mu.Unlock()
				w.settled[p.TripID]++
			})
			return nil
		},
		Probe: func(point string) {
			w.mu.Lock()
			probe := w.probe
			w.mu.Unlock()
			if probe != nil {
				probe(point)
			}
		},
	})
	ctx, cancel := context.WithCancel(w.t.Context())
	done := make(chan struct{})
	o := w.outbox
	go func() {
		defer close(done)
		if err := o.Run(ctx); err != nil {
			w.t.Errorf("outbox: %v", err)
		}
	}()
	w.stop = func() {
		cancel()
		<-done
		w.stop = func() {}
	}
}

func (w *world) restart() {
	w.stop()
	w.start()
}
