package cart_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/strollhq/stroll/internal/cart"
	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/testkit"
)

// TestPriceListOutage: a cart is stored and answered without its price list,
// and priced from the queue.
func TestPriceListOutage(t *testing.T) {
	t.Parallel()
	for name, broken := range map[string]func(ctx context.Context, at time.Time) (*priceBook, string, error){
		"down": func(context.Context, time.Time) (*priceBook, string, error) { return nil, "", errors.New("down") },
		"slow": func(ctx context.Context, _ time.Time) (*priceBook, string, error) {
			<-ctx.Done()
			return nil, "", ctx.Err()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			testkit.EachDB(t, func(t *testing.T, d *db.DB) {
				s := open(t, d)
				s.set(func(c *cartSettings) { c.PriceTimeout = 20 * time.Millisecond })
				b := book(t, shelfYAML)
				good, bad := trip(), trip()
				s.stock(broken)
				for trip, edit := range map[string]func(object){good: items(item("WATER", "1")), bad: items(item("nobody-knows", "1"))} {
					if a := s.post(t, body(trip, edit)); a.Status != http.StatusCreated || a.purchase(t) == "" {
						t.Fatalf("%+v", a)
					}
					if o, p := s.till.of(t, trip), s.get(t, trip); o.Act != "hold" || o.Currency != "" || p.State != cart.Unpriced {
						t.Fatalf("payment %+v, state %s", o, p.State)
					}
				}
				s.stock(func(context.Context, time.Time) (*priceBook, string, error) { return b, "v1", nil })
				runToRest(t, s, 5*time.Millisecond)
				if o, p := s.till.of(t, good), s.get(t, good); o.Act != "charge" || o.Total != 100 || p.State != cart.Priced || p.Version != "v1" {
					t.Errorf("payment %+v, state %s", o, p.State)
				}
				if o, p := s.till.of(t, bad), s.get(t, bad); o.Act != "hold" || o.Reason != "bad_cart" || p.State != cart.Bad {
					t.Errorf("payment %+v, state %s", o, p.State)
				}
			})
		})
	}
}

// runToRest runs the shop's jobs until none is left, and looks every so often
// whether that is so.
func runToRest(t *testing.T, s *shop, every time.Duration) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.box.Run(ctx) }()
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		n, _, err := s.box.Rest(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			break
		}
		<-tick.C
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// TestPriceListOutageForHours: the job goes on until the list is back.
func TestPriceListOutageForHours(t *testing.T) {
	dsn := testkit.SQLiteDSN(t)
	synctest.Test(t, func(t *testing.T) {
		d, err := db.Open(t.Context(), db.Config{DSN: dsn})
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		s, take := offline(t, d)
		back := time.Now().Add(3 * time.Hour)
		b := book(t, shelfYAML)
		s.stock(func(context.Context, time.Time) (*priceBook, string, error) {
			if time.Now().Before(back) {
				return nil, "", errors.New("down")
			}
			return b, "v1", nil
		})
		trip := trip()
		take(t, body(trip, items(item("WATER", "1"))))
		runToRest(t, s, time.Minute)
		if p := s.get(t, trip); p.State != cart.Priced || p.PricedAt.Before(back) || p.PricedAt.After(back.Add(3*time.Minute)) {
			t.Errorf("state %s, priced %s after the list was back", p.State, p.PricedAt.Sub(back))
		}
	})
}
