package cart_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/strollhq/stroll/internal/cart"
	"github.com/strollhq/stroll/internal/connector"
	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/outbox"
	"github.com/strollhq/stroll/internal/pay"
	"github.com/strollhq/stroll/internal/testkit"
	"github.com/strollhq/stroll/money"
)

// process is a program with its real payments on a database that others share.
type process struct {
	*cart.Carts
	pay *pay.Pay
	db  *db.DB
	url string

	mu      sync.Mutex
	commits []string // by name, as the probe tells them
}

func start(t *testing.T, dsn string) *process {
	t.Helper()
	p := &process{}
	d, err := db.Open(t.Context(), db.Config{DSN: dsn, Probe: func(point string) error {
		if name, ok := strings.CutPrefix(point, "before commit:"); ok {
			p.mu.Lock()
			p.commits = append(p.commits, name)
			p.mu.Unlock()
		}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	b := book(t, shelfYAML)
	box := outbox.New(outbox.Config{DB: d})
	p.db, p.pay = d, pay.New(pay.Config{DB: d, Outbox: box})
	p.Carts = cart.New(cart.Config{
		DB: d, Outbox: box, Pay: p.pay,
		Book:     func(context.Context, string, time.Time) (*priceBook, string, error) { return b, "v1", nil },
		Settings: func(string) (cartSettings, bool) { return cartSettings{}, true },
	})
	srv := httptest.NewServer(connector.New(connector.Config{Purchaser: p.Carts, Settings: connector.Settings{Rate: -1}}))
	t.Cleanup(srv.Close)
	p.url = srv.URL + "/v1/order/purchases"
	return p
}

func (p *process) post(t *testing.T, text string) answer {
	t.Helper()
	a, err := send(t.Context(), p.url, text)
	if err != nil || a.Status != http.StatusCreated {
		t.Fatalf("%+v, %v", a, err)
	}
	return a
}

// made is what was committed since it was asked last.
func (p *process) made() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	defer func() { p.commits = nil }()
	return strings.Join(p.commits, " ")
}

func (p *process) count(t *testing.T, query string, args ...any) (n int) {
	t.Helper()
	if err := p.db.Reader().QueryRowContext(t.Context(), query, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestOneCommit: a fresh cart is one commit and nothing else; a copy of it is
// none in the process that took it, and nothing but a look in another one.
func TestOneCommit(t *testing.T) {
	t.Parallel()
	testkit.EachDSN(t, func(t *testing.T, dsn string) {
		here, there := start(t, dsn), start(t, dsn)
		for name, text := range map[string]string{
			"plain": body(trip(), items(item("WATER", "1"))), "with the offer": body(trip()), "after the offer": body(trip()),
			"empty": body(trip(), items()), "bad": body(trip(), items(item("nobody-knows", "1"))),
			"card": body(trip(), events(event("FINANCIAL", "", "")), at(object{"id": "card-1"}, "shopperIdentity")),
		} {
			first := here.post(t, text)
			if got := here.made(); got != "purchase" {
				t.Errorf("%s: committed %q", name, got)
			}
			if a := here.post(t, text); a.Body != first.Body || !a.Replayed {
				t.Errorf("%s: again %+v, first %+v", name, a, first)
			}
			if got := here.made(); got != "" {
				t.Errorf("%s: a copy committed %q", name, got)
			}
			if a := there.post(t, text); a.Body != first.Body || !a.Replayed {
				t.Errorf("%s: elsewhere %+v, first %+v", name, a, first)
			}
			if got := there.made(); got != "purchase" { // which writes nothing: the claim is taken
				t.Errorf("%s: a copy elsewhere committed %q", name, got)
			}
		}
	})
}

// TestEnteredElsewhere: the entry came to one process and the cart to another,
// which knows nothing of the payment and must not overwrite it.
func TestEnteredElsewhere(t *testing.T) {
	t.Parallel()
	testkit.EachDSN(t, func(t *testing.T, dsn string) {
		gate, till := start(t, dsn), start(t, dsn)
		trip := trip()
		err := gate.db.Tx(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			return gate.pay.Link(ctx, tx, pay.Link{TripID: trip, StoreID: "store-1", Instrument: "card-1", Hold: money.New(2500, "USD"), At: time.Now()})
		})
		if err != nil {
			t.Fatal(err)
		}
		till.post(t, body(trip, events(event("FINANCIAL", "", "")), at(object{"id": "card-1"}, "shopperIdentity")))
		if got := till.made(); got != "purchase internal/cart.(*Carts).read" {
			t.Errorf("committed %q", got)
		}
		p, err := till.pay.Get(t.Context(), till.db.Reader(), trip)
		if err != nil || p.State != pay.CartPriced || p.Hold != money.New(2500, "USD") || p.PurchaseID == "" {
			t.Errorf("payment %+v, %v", p, err)
		}
		if n := till.count(t, `SELECT COUNT(*) FROM job WHERE key = $1`, trip); n != 1 {
			t.Errorf("%d jobs", n)
		}
	})
}

// TestTheLastOffer: the one use that is left of an offer is fought over by
// carts in two processes, each of which believes to know how often it was used.
func TestTheLastOffer(t *testing.T) {
	t.Parallel()
	testkit.EachDSN(t, func(t *testing.T, dsn string) {
		both := []*process{start(t, dsn), start(t, dsn)}
		for round := range 12 {
			who := events(event("SCAN_CODE", "SHOPPER", fmt.Sprint("shopper-", round)))
			if round%2 == 1 {
				// Both have seen the shopper without an offer.
				for _, p := range both {
					p.post(t, body(trip(), who, items(item("WATER", "1"))))
				}
			}
			trips := make([]string, 4)
			var all sync.WaitGroup
			begin := make(chan struct{})
			for i := range trips {
				trips[i] = trip()
				text := body(trips[i], who)
				all.Go(func() {
					<-begin
					if a, err := send(t.Context(), both[i%2].url, text); err != nil || a.Status != http.StatusCreated {
						t.Errorf("%+v, %v", a, err)
					}
				})
			}
			close(begin)
			all.Wait()
			offers := 0
			for _, trip := range trips {
				p, err := both[0].Get(t.Context(), both[0].db.Reader(), trip)
				if err != nil {
					t.Fatal(err)
				}
				offers += int(p.Result.Uses["welcome"].Uses)
			}
			if offers != 1 {
				t.Errorf("round %d: the offer was given %d times", round, offers)
			}
		}
		if n := both[0].count(t, `SELECT COUNT(*) FROM promotion_count WHERE promotion = 'welcome' AND uses <> 1`); n != 0 {
			t.Errorf("%d counts are not 1", n)
		}
	})
}

// TestRepeatsAtOnce: 64 connections, every fifth cart sent twice or more; each
// trip is one purchase with its lines, one price, one payment and one job.
func TestRepeatsAtOnce(t *testing.T) {
	t.Parallel()
	testkit.EachDSN(t, func(t *testing.T, dsn string) {
		const carts, connections = 400, 64
		both := []*process{start(t, dsn), start(t, dsn)}
		var texts, trips []string
		for i := range carts {
			id := trip()
			trips = append(trips, id)
			text := body(id, items(item("WATER", "1"), item("ROLL", "2"), item("COLA", "1")), events(event("SCAN_CODE", "SHOPPER", fmt.Sprint("shopper-", i%50))))
			texts = append(texts, text)
			if i%5 == 0 {
				texts = append(texts, text, texts[len(texts)/2])
			}
		}
		next := make(chan string, len(texts))
		for _, text := range texts {
			next <- text
		}
		close(next)
		var all sync.WaitGroup
		for i := range connections {
			all.Go(func() {
				for text := range next {
					if a, err := send(t.Context(), both[i%2].url, text); err != nil || a.Status != http.StatusCreated {
						t.Errorf("%+v, %v", a, err)
					}
				}
			})
		}
		all.Wait()
		for _, table := range []string{"purchase", "payment", "job", "ledger_entry"} {
			if n := both[0].count(t, `SELECT COUNT(*) FROM `+table); n != carts {
				t.Errorf("%d rows in %s", n, table)
			}
		}
		for i, id := range trips {
			p, err := both[i%2].Get(t.Context(), both[i%2].db.Reader(), id)
			if err != nil {
				t.Fatal(err)
			}
			skus := []string{}
			for _, l := range p.Lines {
				skus = append(skus, l.SKU+" "+l.Quantity)
			}
			if !slices.Equal(skus, []string{"WATER 1", "ROLL 2", "COLA 1"}) || len(p.Result.Lines) != 3 {
				t.Fatalf("lines %v", p.Lines)
			}
		}
	})
}
