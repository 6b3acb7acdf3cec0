package bench_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/strollhq/stroll/internal/app"
	"github.com/strollhq/stroll/internal/connector"
	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/gate"
	"github.com/strollhq/stroll/internal/shopper"
	"github.com/strollhq/stroll/internal/testkit"
)

// visitors is how many shoppers have the app.
const visitors = 20_000

// engines are the databases measured.
var engines = []string{db.SQLite, db.Postgres}

// site is where measurements happen: one durable server for all of them.
type site struct {
	server *testkit.Durable
	ranges atomic.Uint64 // of event numbers that are given out
	loads  map[int]bool  // processes that are generators
}

// dsn is a fresh database of an engine, durable, on this machine's disk.
func (s *site) dsn(t testing.TB, engine string) string {
	t.Helper()
	if engine == db.Postgres {
		if s.server == nil {
			t.Fatal("no server")
		}
		return s.server.Database(t)
	}
	dir, err := os.MkdirTemp("", "stroll-bench-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return filepath.Join(dir, "stroll.db")
}

// subject is the program with the sample store's configuration.
type subject struct {
	*app.App
	cfg  *app.Config
	addr string // of the connector
	log  *slog.Logger
}

// open makes the program as it stands behind an API gateway: the sample
// store's settings, calls recognised by the gateway's secret, its log written
// to a file. amazon is where it sends its payment calls. Limits of rate are off.
func open(t testing.TB, dsn, amazon string) *subject {
	t.Helper()
	return openProbed(t, dsn, amazon, nil)
}

// openProbed is open with a function that hears of every commit.
func openProbed(t testing.TB, dsn, amazon string, probe func(string) error, edit ...func(*app.Config)) *subject {
	t.Helper()
	cfg, err := app.Sample()
	if err != nil {
		t.Fatal(err)
	}
	cfg.Database = dsn
	cfg.Listen = app.Listen{Connector: "127.0.0.1:0", Portal: "127.0.0.1:0", Admin: "127.0.0.1:0"}
	cfg.Amazon.PaymentsURL = "http://" + amazon
	cfg.Amazon.Inbound = connector.Settings{Mode: connector.AuthHeader, Header: secretHeader, Secrets: []string{secret}, Rate: -1}.WithDefaults()
	cfg.Stores[0].Gate.Identity.RateLimit.Off = true
	for _, change := range edit {
		change(cfg)
	}
	if err := cfg.Check(); err != nil {
		t.Fatal(err)
	}
	file, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(file, nil))
	app.TuneMemory() // as the command serve does
	// But this process also holds the harness and other programs: within the
	// limit of one it would do little but collect garbage.
	debug.SetMemoryLimit(math.MaxInt64)
	a, err := app.New(t.Context(), cfg, app.Env{Log: log, Probe: probe})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
		file.Close()
	})
	if err := a.Listen(t.Context()); err != nil {
		t.Fatal(err)
	}
	return &subject{App: a, cfg: cfg, log: log}
}

// run starts the whole program until the test ends.
func (s *subject) run(t testing.TB) {
	t.Helper()
	s.addr = s.Addr("connector")
	background(t, s.Run)
}

// serve starts Amazon's door and the journal, without the workers: what the
// calls leave to be done waits in the database.
func (s *subject) serve(t testing.TB) {
	t.Helper()
	s.addr = listen(t, s.Connector())
	background(t, s.Journal.Run)
}

// background runs f until the test ends.
func background(t testing.TB, f func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- f(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// listen serves h on loopback until the test ends and returns the address.
func listen(t testing.TB, h http.Handler) string {
	t.Helper()
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := connector.Server(h)
	go server.Serve(lis)
	t.Cleanup(func() { server.Close() })
	return lis.Addr().String()
}

// bare is the baseline of the gate: the least a Go program can do with a call.
// It drains the body and answers as many bytes as the gate does.
func bare(t testing.TB) string {
	t.Helper()
	answer := []byte(`{"visitorDetails":{"id":"visitor-00000000","type":"SHOPPER"}}` + "\n")
	return listen(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			panic(http.ErrAbortHandler)
		}
		w.Header().Set("Content-Type", "application/json")
		w.Write(answer)
	}))
}

// enrol puts shoppers into the database and issues each a code.
func (s *subject) enrol(t testing.TB, n int) []gate.Code {
	t.Helper()
	codes := make([]gate.Code, n)
	parallel(t, n, func(i int) error {
		err := s.Shoppers.Put(t.Context(), shopper.Shopper{ID: visitorID(i), Name: fmt.Sprint("Shopper ", i), PaymentMethod: true})
		if err == nil {
			codes[i], err = s.Gate.IssueCode(t.Context(), storeID, visitorID(i))
		}
		return err
	})
	return codes
}

// issue gives codes to n shoppers of a database that has so many already.
func (s *subject) issue(t testing.TB, n, shoppers int) []gate.Code {
	t.Helper()
	codes := make([]gate.Code, n)
	parallel(t, n, func(i int) (err error) {
		codes[i], err = s.Gate.IssueCode(t.Context(), storeID, visitorID(i*(shoppers/n)))
		return err
	})
	return codes
}

// parallel calls f for 0 to n-1 from as many goroutines as there are connections.
func parallel(t testing.TB, n int, f func(i int) error) {
	t.Helper()
	var next atomic.Int64
	var all sync.WaitGroup
	errs := make(chan error, connections)
	for range connections {
		all.Go(func() {
			for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
				if err := f(int(i)); err != nil {
					errs <- err
					return
				}
			}
		})
	}
	all.Wait()
	select {
	case err := <-errs:
		t.Fatal(err)
	default:
	}
}

func millis(d time.Duration) float64 { return d.Seconds() * 1000 }
