package testkit

import (
	"errors"
	"os"
	"sync"
	"testing"
)

// Main runs a package's tests and then ends its PostgreSQL cluster:
//
//	func TestMain(m *testing.M) { testkit.Main(m) }
func Main(m *testing.M) {
	serve()
	code := m.Run()
	ask <- request{stop: true}
	<-answers
	os.Exit(code)
}

// request asks the goroutine that owns the cluster for a new database, or to
// end the cluster.
type request struct {
	empty bool   // a database without our tables
	drop  string // a database that is done with
	stop  bool
}

type answer struct {
	dsn string
	err error
}

// The cluster belongs to one goroutine that is started outside any bubble: the
// processes and pipes of the cluster outlive a bubble, and a bubble may not
// end before the goroutines started in it. For the same reason these channels
// are made here.
var (
	ask     = make(chan request)
	answers = make(chan answer)
	turn    sync.Mutex // one question at a time
	serve   = sync.OnceFunc(func() { go own() })
)

func own() {
	var c *cluster
	var broken error
	for r := range ask {
		if r.stop {
			if c != nil {
				c.stop()
			}
			c, broken = nil, errors.New("testkit.Main has ended")
			answers <- answer{}
			continue
		}
		if r.drop != "" {
			if c != nil {
				c.drop(r.drop)
			}
			answers <- answer{}
			continue
		}
		if c == nil && broken == nil {
			c, broken = startCluster()
		}
		if broken != nil {
			answers <- answer{err: broken}
			continue
		}
		dsn, err := c.create(r.empty)
		answers <- answer{dsn, err}
	}
}

func question(r request) answer {
	serve()
	turn.Lock()
	defer turn.Unlock()
	ask <- r
	return <-answers
}

// PostgresDSN is the address of a fresh, migrated database on the test
// binary's own cluster. It is dropped after the test. Without PostgreSQL on
// the machine the test is skipped, or fails when the variable CI is set.
func PostgresDSN(t testing.TB) string {
	t.Helper()
	return postgresDSN(t, request{})
}

// EmptyPostgresDSN is PostgresDSN for a database without any table.
func EmptyPostgresDSN(t testing.TB) string {
	t.Helper()
	return postgresDSN(t, request{empty: true})
}

func postgresDSN(t testing.TB, r request) string {
	t.Helper()
	a := question(r)
	refuse(t, a.err)
	t.Cleanup(func() { question(request{drop: a.dsn}) })
	return a.dsn
}

// refuse ends a test whose database cannot be had.
func refuse(t testing.TB, err error) {
	t.Helper()
	var missing *missingError
	switch {
	case errors.As(err, &missing) && os.Getenv("CI") == "":
		t.Skip(err)
	case err != nil:
		t.Fatal(err)
	}
}
