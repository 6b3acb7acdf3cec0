package demo_test

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/strollhq/stroll/internal/app"
	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/demo"
	"github.com/strollhq/stroll/internal/testkit"
	"github.com/strollhq/stroll/jwosim"
)

var (
	every = flag.Int("every", of(1, 9), "run only each n-th cell of the crash matrix")
	onPG  = flag.Duration("postgres-for", of(45*time.Second, 5*time.Second), "how long cells of the crash matrix are run on PostgreSQL too")
)

// of is a default, and that under the race detector.
func of[T any](plain, race T) T {
	if raced {
		return race
	}
	return plain
}

// cell is one square of the crash matrix: what happens at the n-th passing of a
// point.
type cell struct {
	point string // "call:AdjustCharge" or "commit:internal/cart.(*Carts).take"
	fault string
	n     int
}

// The columns of the matrix.
var (
	ofCalls   = []string{"fails and did not happen", "fails but happened", "killed before", "killed between", "killed after"}
	ofCommits = []string{"fails and did not happen", "fails but happened", "killed before", "killed after"}
)

// aside are commits that are not on the way from the gate to the receipt, and
// why.
var aside = map[string]string{
	"commit:internal/catalog.(*Books).Publish": "opening the shop",
	"commit:internal/gate.(*Gate).Purge":       "housekeeping, each hour",
	"commit:internal/journal.(*Journal).Purge": "housekeeping, each hour",
	// pay's own names for commits that the database names too
	"commit:step": "pay.mark", "commit:answer": "pay.change", "commit:report": "internal/pay.(*Pay).sendReport",
}

// matrix watches a run: it counts the points, and does what its cells say, once
// each and one after the other.
type matrix struct {
	sim func() *jwosim.Sim

	mu     sync.Mutex
	open   bool // the shop is: what it takes to open it is not on the way
	cells  []cell
	count  map[string]int // since the last cell was done
	passed map[string]int
}

func (m *matrix) watch(at string) deed {
	when, point, _ := strings.Cut(at, " ")
	kind, name, _ := strings.Cut(point, ":")
	if kind != "call" && kind != "commit" || aside[point] != "" {
		return nothing
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.open {
		return nothing
	}
	if when == "before" {
		m.passed[point]++
		m.count[point]++
	}
	// What comes between and after may belong to a neighbour that was faster.
	if len(m.cells) == 0 || point != m.cells[0].point || m.count[point] < m.cells[0].n {
		return nothing
	}
	what := nothing
	switch fault := m.cells[0].fault; {
	case fault == "killed "+when:
		what = kill
	case kind == "call" && when == "before" && strings.HasPrefix(fault, "fails"):
		outcome := "reset"
		if fault == ofCalls[1] {
			outcome = "lost"
		}
		if err := m.sim().Force(jwosim.Force{API: name, Outcome: outcome}); err != nil {
			panic(err)
		}
	case kind == "commit" && (when == "before" && fault == ofCommits[0] || when == "after" && fault == ofCommits[1]):
		what = fail
	default:
		return nothing
	}
	m.cells = m.cells[1:]
	clear(m.count)
	return what
}

// live is one run of the whole program: shoppers of every kind come, shop and
// leave, and what stops on the way goes on until all is at rest. It returns what
// is broken then.
func live(t *testing.T, dsn string, m *matrix) (found []string) {
	synctest.Test(t, func(t *testing.T) {
		w := &town{t: t, dsn: dsn, watch: m.watch, edit: func(a *app.Config) {
			a.Stores[0].Gate.Strategy = "amazon_recommendation"
			brisk(a)
		}}
		m.sim = func() *jwosim.Sim { return w.amazon.Sim }
		w.open(demo.Config{Seed: 1, Sim: func(c *jwosim.Config) {
			c.Stores[0].Lifetime = lifetime
			c.Settings.DoubleCaptures = true // a Capture sent again takes the money again
		}})
		defer w.close()
		m.mu.Lock()
		m.open, m.count = true, map[string]int{}
		m.mu.Unlock()
		ctx := t.Context()
		for i, who := range []struct {
			card, code string
			items      []jwosim.Item
		}{
			{card: "approve", items: []jwosim.Item{{ID: "DRK-001", Quantity: "2"}, {ID: "DRK-004", Quantity: "1"}}},
			{code: "shopper-01", items: []jwosim.Item{{ID: "DRK-004", Quantity: "3"}}},
			{card: "decline_adjust", items: []jwosim.Item{{ID: "DRK-004", Quantity: "1"}}},
			{card: "approve"},
			{card: "approve", items: []jwosim.Item{{ID: "NOBODY-KNOWS", Quantity: "1"}, {ID: "DRK-004", Quantity: "1"}}},
		} {
			w.tries("shop", func(s *demo.World) error { return shopOnce(ctx, s, i, who.card, who.code, who.items) })
		}
		w.tries("resolve", func(s *demo.World) error { _, err := s.Tidy(ctx); return err })
		found = w.rests()
		if b := w.now().Sim.Books(); len(b.Trips) < 5 {
			t.Errorf("only %d trips", len(b.Trips))
		}
	})
	return found
}

// shopOnce lets one shopper through; what fails leaves no trip open.
func shopOnce(ctx context.Context, s *demo.World, n int, card, code string, items []jwosim.Item) error {
	e := jwosim.Entry{StoreID: demo.StoreID, Card: card}
	if code != "" {
		c, err := s.App.Gate.IssueCode(ctx, demo.StoreID, code)
		if err != nil {
			return err
		}
		e.Code = c.Text
	}
	trip, err := s.Sim.Enter(ctx, e)
	if err != nil {
		return err
	}
	for _, it := range items {
		if it.Unit == "" {
			it.Unit = "each"
		}
		if err := trip.Take(it); err != nil {
			return err
		}
	}
	return s.Sim.WalkOut(ctx, trip)
}

// TestCrashMatrix breaks the whole program at every call to Amazon and every
// commit on the way from the gate to the receipt, in every way there is, one at
// a time: {fails and did not happen, fails but happened, killed before, between,
// after}. It starts again, runs until nothing is left to do, and every invariant
// must hold and both sides' books be equal. The points are found by watching
// runs; one that testdata/points.txt does not name fails the test. Points that
// are passed only after a fault are named there with the cell that leads to them.
func TestCrashMatrix(t *testing.T) {
	t.Parallel()
	clean := newMatrix()
	for _, f := range live(t, testkit.SQLiteDSN(t), clean) {
		t.Errorf("without any crash: %s", f)
	}
	known := readPoints(t)
	var runs [][]cell
	for _, p := range slices.Sorted(maps.Keys(clean.passed)) {
		for _, f := range faultsOf(p) {
			for _, n := range passings(clean.passed[p]) {
				runs = append(runs, []cell{{p, f, n}})
			}
		}
	}
	for p, way := range known {
		for _, f := range faultsOf(p) {
			if way != nil {
				runs = append(runs, []cell{*way, {p, f, 1}})
			}
		}
	}
	found := points{known: known, seen: map[string]*cell{}}
	for p := range clean.passed {
		found.seen[p] = nil
	}
	t.Logf("%d points, %d runs", len(known), len(runs))
	t.Run("on", func(t *testing.T) {
		t.Run(db.SQLite, func(t *testing.T) {
			t.Parallel()
			for i, cells := range runs {
				if i%*every == 0 {
					t.Run(name(cells), func(t *testing.T) {
						t.Parallel()
						crash(t, testkit.SQLiteDSN(t), db.SQLite, cells, &found)
					})
				}
			}
		})
		t.Run(db.Postgres, func(t *testing.T) {
			t.Parallel()
			// As many as the time allows, in an order of their own.
			some := slices.Clone(runs)
			rand.New(rand.NewPCG(1, 1)).Shuffle(len(some), func(i, j int) { some[i], some[j] = some[j], some[i] })
			for began := time.Now(); len(some) > 0 && time.Since(began) < *onPG; some = some[1:] {
				t.Run(name(some[0]), func(t *testing.T) { crash(t, testkit.PostgresDSN(t), db.Postgres, some[0], &found) })
			}
		})
	})
	found.compare(t)
}

func newMatrix(cells ...cell) *matrix {
	return &matrix{cells: slices.Clone(cells), count: map[string]int{}, passed: map[string]int{}}
}

func faultsOf(point string) []string {
	if strings.HasPrefix(point, "call:") {
		return ofCalls
	}
	return ofCommits
}

// passings picks which of a point's passings are broken: the first ones, which
// differ most, and the last.
func passings(count int) (all []int) {
	for _, n := range []int{1, 2, 3, count} {
		if n <= count && !slices.Contains(all, n) {
			all = append(all, n)
		}
	}
	return all
}

func name(cells []cell) string {
	var words []string
	for _, c := range cells {
		words = append(words, fmt.Sprintf("%s_%s_%d", short(c.point), c.fault, c.n))
	}
	return strings.Join(words, "_then_")
}

// short is a point's name without the folder of its package.
func short(point string) string {
	kind, name, _ := strings.Cut(point, ":")
	return kind + " " + path.Base(name)
}

// crash breaks the program in the cells' ways and demands that nothing is lost.
func crash(t *testing.T, dsn, engine string, cells []cell, all *points) {
	m := newMatrix(cells...)
	found := live(t, dsn, m)
	for _, f := range found {
		t.Error(f)
	}
	last := cells[len(cells)-1]
	if len(m.cells) > 0 {
		if last.n == 1 && len(cells) == 1 {
			t.Errorf("%s was not passed", m.cells[0].point)
		}
		return // grouped commits may be fewer this time
	}
	for p := range m.passed {
		all.see(p, cells[0])
	}
	testkit.Tell(t, testkit.Tried{Fault: last.fault, Where: short(last.point), Times: 1, Lost: len(found), On: engine})
}
