package cli_test

import (
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/testkit"
)

// eachDatabase runs f with the folder and the database of a program that has
// never run: a file on the disk, and a PostgreSQL server of its own.
func eachDatabase(t *testing.T, f func(t *testing.T, dir, database string)) {
	t.Run(db.SQLite, func(t *testing.T) { t.Parallel(); f(t, t.TempDir(), "stroll.db") })
	t.Run(db.Postgres, func(t *testing.T) {
		t.Parallel()
		f(t, t.TempDir(), testkit.NewServer(t, "").DSN)
	})
}

// engine names a campaign's database.
func (c *campaign) engine() string {
	if db.IsPostgres(c.database) {
		return db.Postgres
	}
	return db.SQLite
}

// TestKills kills the program again and again while shoppers keep arriving, at
// drawn moments of its work and of its start. In the end every cart that was
// answered is there and paid exactly once, every answer of a gate is on record,
// and both sides' books are equal. With -kills=100 it is the campaign of
// docs/reliability.md.
func TestKills(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, dir, database string) {
		c := newCampaign(t, dir, database)
		c.shoppers()
		began, starting := time.Now(), 0
		c.kill(c.open().process)
		for range *kills - 1 {
			p := c.start()
			if c.rng.IntN(5) == 0 { // in the middle of its start
				starting++
				c.moment(60 * time.Millisecond)
			} else {
				c.point(p.serving())
				c.pass(1 + c.rng.IntN(200))
				c.moment(20 * time.Millisecond)
			}
			c.kill(p)
		}
		s := c.open()
		c.pass(100)
		tally := c.dismiss()
		struck := time.Since(began)
		c.rest(s)
		f := c.compare(s, http.StatusBadGateway)
		if f.unrecorded > 0 {
			t.Errorf("%d refusals were answered and are not on record", f.unrecorded)
		}
		c.quiet(s.process)
		s.stop()
		ask(t, c.program, dir, "ledger", "verify")
		c.sound()
		t.Logf("seed %d: killed %d times (%d at its start) in %s; %d shoppers came, %v were refused; %d carts, %d charged, %d not; %d gate answers and %d calls in all; %d repeated",
			*seed, *kills, starting, struck.Round(time.Second/10), tally.Trips, tally.Refused, f.carts, f.charged, f.uncharged, f.gates, c.calls.passed(), f.repeated)
		for where, n := range map[string]int{"at any moment, shoppers arriving": *kills - starting, "while it starts, shoppers arriving": starting} {
			testkit.Tell(t, testkit.Tried{Fault: "kill -9 of the program", Where: where, On: c.engine(), Times: n, Lost: len(f.differences)})
		}
	})
}

// TestKillsOfTwo kills one of two programs that share a database, again and
// again; every call may come to either, also the two copies of one.
func TestKillsOfTwo(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, dir, database string) {
		c := newCampaign(t, dir, database)
		c.shoppers()
		both := []server{c.open(), c.start().serving()}
		c.point(both...)
		times := max(2, *kills/2)
		for range times {
			c.pass(50 + c.rng.IntN(150))
			c.moment(20 * time.Millisecond)
			victim := c.rng.IntN(2)
			c.kill(both[victim].process)
			both[victim] = c.start().serving()
			c.point(both...)
		}
		c.pass(100)
		tally := c.dismiss()
		c.rest(both[0])
		f := c.compare(both[1], http.StatusBadGateway)
		for _, s := range both {
			c.quiet(s.process)
			s.stop()
		}
		ask(t, c.program, dir, "ledger", "verify")
		c.sound()
		t.Logf("seed %d: one of two killed %d times; %d shoppers came, %v were refused; %d carts, %d charged, %d not; %d gate answers and %d calls in all; %d repeated",
			*seed, times, tally.Trips, tally.Refused, f.carts, f.charged, f.uncharged, f.gates, c.calls.passed(), f.repeated)
		testkit.Tell(t, testkit.Tried{Fault: "kill -9 of one of two programs", Where: "at any moment, shoppers arriving", On: c.engine(), Times: times, Lost: len(f.differences)})
	})
}

// sound has SQLite check its file.
func (c *campaign) sound() {
	c.t.Helper()
	if c.engine() != db.SQLite {
		return
	}
	var verdict string
	if err := c.records().QueryRow(`PRAGMA integrity_check`).Scan(&verdict); err != nil || verdict != "ok" {
		c.t.Errorf("%s: %s, %v", filepath.Base(c.database), verdict, err)
	}
}
