package bench_test

import (
	"flag"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/testkit"
)

var (
	growth = flag.Bool("growth", false, "measure how cost grows with the past; see bench/growth")
	sizes  = flag.String("sizes", "10000/10000,10000/1000000,1000000/1000000,10000000/1000000", "past trips/shoppers of each database; the first is what the others are compared with")
)

// flat is how much of the smallest database's rate the others must keep.
const flat = 0.8

// TestGrowth measures databases of several sizes side by side; the script
// bench/growth runs it.
func TestGrowth(t *testing.T) {
	if !*growth {
		t.Skip("measuring growth takes an hour and the machine for itself: run bench/growth")
	}
	b := &board{t: t, file: *results, only: regexp.MustCompile(*only), growing: true}
	b.read()
	all, err := parseSizes(*sizes)
	if err != nil {
		t.Fatal(err)
	}
	for _, engine := range engines {
		if !b.wants(engine) {
			continue
		}
		t.Run(engine, func(t *testing.T) {
			s := &site{}
			if engine == db.Postgres {
				s.server = testkit.NewDurable(t)
			}
			measureGrowth(t, b, s, engine, all)
		})
	}
	b.write()
}

func parseSizes(text string) (all []size, err error) {
	for one := range strings.SplitSeq(text, ",") {
		trips, shoppers, _ := strings.Cut(one, "/")
		var z size
		if z.trips, err = strconv.Atoi(trips); err == nil {
			z.shoppers, err = strconv.Atoi(shoppers)
		}
		if err != nil || z.trips < 1 || z.shoppers < 1 {
			return nil, fmt.Errorf("-sizes: %q is not past trips/shoppers such as 10000/10000", one)
		}
		all = append(all, z)
	}
	return all, nil
}

// paths are what is measured on each database. Payments come
// first, while no others wait.
var paths = []struct {
	key, what string
	once      func(t testing.TB, g *grown) run
}{
	{"payment", "a payment adjusted and captured", func(t testing.TB, g *grown) run { return g.shop.settle(t, 1000) }},
	{"code", "a scan code verified", func(_ testing.TB, g *grown) run { return g.codes.flood(2) }},
	{"card", "a card authorized", func(_ testing.TB, g *grown) run { return g.cards.flood(2) }},
	{"cart-1", "a purchase of 1 line", func(_ testing.TB, g *grown) run { return g.carts[0].flood(2) }},
	{"cart-10", "a purchase of 10 lines", func(_ testing.TB, g *grown) run { return g.carts[1].flood(2) }},
	{"cart-50", "a purchase of 50 lines", func(_ testing.TB, g *grown) run { return g.carts[2].flood(2) }},
}

// grown is a program on a database with a past.
type grown struct {
	codes, cards *remote
	carts        [3]*remote
	shop         *workshop
}

// touched counts the pages that PostgreSQL reads for one event of a path on
// each database, in memory or not: a cost without the noise of a timing.
func touched(t testing.TB, open []*grown, once func(testing.TB, *grown) run) (pages []float64) {
	t.Helper()
	before := pagesRead(t, open)
	for _, g := range open {
		pages = append(pages, float64(once(t, g).Answers))
	}
	after := pagesRead(t, open)
	for z := range open {
		pages[z] = (after[z] - before[z]) / pages[z]
	}
	return pages
}

// told is when a server process that is idle has told what it did.
const told = 11 * time.Second

func pagesRead(t testing.TB, open []*grown) (pages []float64) {
	t.Helper()
	time.Sleep(told)
	for _, g := range open {
		var n float64
		if err := g.shop.sub.DB.Reader().QueryRowContext(t.Context(), `SELECT blks_hit + blks_read FROM pg_stat_database WHERE datname = current_database()`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		pages = append(pages, n)
	}
	return pages
}

// app shoppers who come while it is measured, spread over all there are.
const callers = 2000

func newGrown(t testing.TB, s *site, engine string, z size, far *simulated) *grown {
	t.Helper()
	dsn := s.dsn(t, engine)
	d, err := db.Open(t.Context(), db.Config{DSN: dsn}) // migrates it
	if err == nil {
		err = d.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	remember(t, engine, dsn, z)
	sub := open(t, dsn, far.addr)
	codes := sub.issue(t, min(callers, z.shoppers), z.shoppers)
	sub.serve(t)
	g := &grown{shop: &workshop{sub: sub, far: far, jobs: sub.worker(t, far.addr)}}
	g.codes = s.generator(t, load{Addr: sub.addr, Want: "200", Kind: "code", Codes: codes})
	g.cards = s.generator(t, load{Addr: sub.addr, Want: "200", Kind: "card"})
	for i, lines := range []int{1, 10, 50} {
		g.carts[i] = s.generator(t, load{Addr: sub.addr, Want: "201", Kind: "cart", Lines: lines, Visitors: min(visitors, z.shoppers)})
	}
	return g
}

func measureGrowth(t *testing.T, b *board, s *site, engine string, all []size) {
	far := newSimulated(t, 0)
	var open []*grown
	for _, z := range all {
		open = append(open, newGrown(t, s, engine, z, far))
	}
	rates := make([][][]float64, len(paths)) // path, size, round
	pages := make([][]float64, len(paths))   // path, size
	for i := range paths {
		rates[i] = make([][]float64, len(all))
	}
	for i, p := range paths {
		for round := range *rounds + 1 { // the first one warms up
			for z := range open {
				z = (z + round) % len(open) // nobody is always the first
				if r := p.once(t, open[z]); round > 0 {
					rates[i][z] = append(rates[i][z], r.perSecond())
				}
			}
		}
		if engine == db.Postgres {
			pages[i] = touched(t, open, p.once)
		}
	}
	for i, p := range paths {
		for z := 1; z < len(all); z++ {
			b.rates(Figure{Key: fmt.Sprintf("growth/%s/%s/%d-%d", engine, p.key, all[z].trips, all[z].shoppers), What: p.what + ", " + name(engine) + ", " + all[z].String(),
				Baseline: all[0].String(), Unit: "/s", Limit: flat, AtLeast: true}, rates[i][z], rates[i][0])
			if pages[i] != nil {
				b.rates(Figure{Key: fmt.Sprintf("growth/%s/%s-pages/%d-%d", engine, p.key, all[z].trips, all[z].shoppers), What: "pages touched by " + p.what + ", " + name(engine) + ", " + all[z].String(),
					Baseline: all[0].String(), Unit: "", Limit: 2 - flat}, pages[i][z:z+1], pages[i][:1])
			}
		}
	}
}
