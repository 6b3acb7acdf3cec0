package bench_test

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/strollhq/stroll/internal/db"
)

// variant is one way of sending carts.
type variant struct {
	key, what string
	engine    string
	lines     int
	repeats   int // of ten
	limit     float64
}

var variants = []variant{
	{"purchase/sqlite/10", "10 lines, SQLite", db.SQLite, 10, 0, 1.8},
	{"purchase/postgres/10", "10 lines, PostgreSQL", db.Postgres, 10, 0, 1.4},
	{"purchase/postgres/50", "50 lines, PostgreSQL", db.Postgres, 50, 0, 0.6},
	{"purchase-repeats/postgres/10", "10 % repeats, PostgreSQL", db.Postgres, 10, 1, 0.9},
	{"purchase/sqlite/50", "50 lines, SQLite", db.SQLite, 50, 0, 0},
	{"purchase-repeats/sqlite/10", "10 % repeats, SQLite", db.SQLite, 10, 1, 0.9},
}

// measurePurchase compares carts that are taken, priced and durable with
// pgbench's simple update. Each variant has a database of its own; payments
// and their jobs are written, and no worker runs.
func measurePurchase(t *testing.T, b *board, s *site) {
	var wanted []variant
	for _, v := range variants {
		if b.wants(v.key) || v.lines == 10 && v.repeats == 0 && b.wants("purchase-repeats/"+v.engine+"/10") {
			wanted = append(wanted, v)
		}
	}
	if len(wanted) == 0 {
		return
	}
	t.Run("purchase", func(t *testing.T) {
		pgbench := newPgbench(t, s)
		got, base := map[string][]float64{}, []float64{}
		gens := map[string]*remote{}
		for _, v := range wanted {
			gens[v.key] = s.till(t, v)
			gens[v.key].flood(1)
		}
		for range *rounds {
			base = append(base, pgbench.run(t, 4))
			for _, v := range wanted {
				got[v.key] = append(got[v.key], gens[v.key].flood(3).perSecond())
			}
		}
		for _, v := range wanted {
			f := Figure{Key: v.key, What: "a purchase accepted durably, priced, " + v.what, Unit: "/s", Limit: v.limit, AtLeast: true,
				Baseline: "pgbench -N, 16 clients, PostgreSQL on the same disk"}
			against, other := base, func() run { return pgbench.once(t, 4) }
			if v.repeats > 0 {
				f.Baseline = "the same without repeats"
				same := "purchase/" + v.engine + "/10"
				against, other = got[same], func() run { return gens[same].flood(4) }
			}
			f.Where = s.where(t, v.key, func() run { return gens[v.key].flood(4) }, other)
			b.rates(f, got[v.key], against)
		}
	})
}

// till opens a program without its workers and returns a generator of carts.
func (s *site) till(t testing.TB, v variant) *remote {
	sub := open(t, s.dsn(t, v.engine), "127.0.0.1:1")
	sub.serve(t)
	return s.generator(t, load{Addr: sub.addr, Want: "201", Kind: "cart", Lines: v.lines, Visitors: visitors, Repeats: v.repeats})
}

// pgbench is PostgreSQL's own benchmark in a database of its own.
type pgbench struct {
	site *site
	name string
}

func newPgbench(t testing.TB, s *site) *pgbench {
	t.Helper()
	p := &pgbench{s, "pgbench"}
	tool(t, filepath.Join(s.server.Bin, "createdb"), "-h", s.server.Dir, "-U", "postgres", p.name)
	t.Cleanup(func() { tool(t, filepath.Join(s.server.Bin, "dropdb"), "-h", s.server.Dir, "-U", "postgres", p.name) })
	p.command(t, "-i", "-q", "-s", "10")
	return p
}

var tps = regexp.MustCompile(`(?m)^tps = ([0-9.]+) \(without initial connection time\)`)

// run returns transactions a second of simple updates by 16 clients.
func (p *pgbench) run(t testing.TB, sec int) float64 {
	t.Helper()
	return p.once(t, sec).perSecond()
}

// once is run as a count of transactions.
func (p *pgbench) once(t testing.TB, sec int) run {
	t.Helper()
	out := p.command(t, "-N", "-n", "-c", "16", "-j", "2", "-T", fmt.Sprint(sec))
	m := tps.FindSubmatch(out)
	if m == nil {
		t.Fatalf("pgbench says:\n%s", out)
	}
	v, err := strconv.ParseFloat(string(m[1]), 64)
	if err != nil {
		t.Fatal(err)
	}
	return run{Answers: int(v * float64(sec)), Took: time.Duration(sec) * time.Second}
}

func (p *pgbench) command(t testing.TB, args ...string) []byte {
	t.Helper()
	return tool(t, filepath.Join(p.site.server.Bin, "pgbench"), append(args, "-h", p.site.server.Dir, "-U", "postgres", p.name)...)
}

func tool(t testing.TB, name string, args ...string) []byte {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", filepath.Base(name), err, out)
	}
	return out
}
