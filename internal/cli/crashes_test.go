package cli_test

import (
	"net/http"
	"syscall"
	"testing"
	"time"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/testkit"
)

// TestPostgresCrashes crashes the database server under the running program
// again and again while shoppers keep arriving. The program never ends: it
// answers 500 or 503 as long as there is no server, says that it is not ready,
// goes on by itself, and nothing is lost or done twice.
func TestPostgresCrashes(t *testing.T) {
	t.Parallel()
	pg := testkit.NewServer(t, "")
	c := newCampaign(t, t.TempDir(), pg.DSN)
	c.shoppers()
	s := c.open()
	tried := map[string]int{}
	for i := range max(3, *kills/10) {
		c.pass(50 + c.rng.IntN(200))
		c.moment(20 * time.Millisecond)
		switch i % 3 {
		case 0:
			tried["immediate stop of the server, and a start"]++
			pg.Crash(syscall.SIGQUIT)
			c.pass(50) // nobody is left waiting for an answer
			get(t, s.admin+"/readyz", http.StatusServiceUnavailable)
			get(t, s.admin+"/healthz", http.StatusOK)
			pg.Start()
		case 1:
			tried["kill -9 of the server, and a start"]++
			pg.Crash(syscall.SIGKILL)
			pg.Start()
		case 2:
			tried["kill -9 of a connection's process"]++
			pg.CrashBackend("stroll")
		}
		eventually(t, "ready again", func() bool {
			resp, err := http.Get(s.admin + "/readyz")
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			return resp.StatusCode == http.StatusOK
		})
	}
	c.pass(100)
	tally := c.dismiss()
	c.rest(s)
	f := c.compare(s)
	c.quiet(s.process)
	s.stop()
	ask(t, c.program, c.dir, "ledger", "verify")
	t.Logf("seed %d: %v; %d shoppers came, %v were refused; %d carts, %d charged, %d not; %d gate answers and %d calls in all; %d repeated",
		*seed, tried, tally.Trips, tally.Refused, f.carts, f.charged, f.uncharged, f.gates, c.calls.passed(), f.repeated)
	for fault, n := range tried {
		testkit.Tell(t, testkit.Tried{Fault: fault, Where: "at any moment, shoppers arriving", On: db.Postgres, Times: n, Lost: len(f.differences)})
	}
}

// TestKilledAtItsFirstStart kills the program while it makes its tables, three
// times over on each database; the start after that finishes the work.
func TestKilledAtItsFirstStart(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{db.SQLite, db.Postgres} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			tried := 0
			fresh := func() *campaign {
				database := "stroll.db"
				if engine == db.Postgres {
					database = testkit.EmptyPostgresDSN(t)
				}
				return newCampaign(t, t.TempDir(), database)
			}
			c := fresh()
			began := time.Now()
			s := c.open()
			whole := time.Since(began)
			t.Logf("a start on an empty database takes %s", whole)
			s.stop()
			for range max(2, *kills/4) {
				c := fresh()
				for range 3 {
					p := c.start()
					c.moment(whole)
					c.kill(p)
					tried++
				}
				s := c.open()
				if status, _, err := post(t, s.connector, purchase(store, "first", "SNK-001")); err != nil || status != http.StatusCreated {
					t.Errorf("the first cart: %d, %v", status, err)
				}
				s.stop()
				c.sound()
			}
			lost := 0
			if t.Failed() {
				lost = 1
			}
			testkit.Tell(t, testkit.Tried{Fault: "kill -9 of the program", Where: "while it makes its tables", On: engine, Times: tried, Lost: lost})
		})
	}
}
