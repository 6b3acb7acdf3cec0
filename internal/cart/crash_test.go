package cart_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/strollhq/stroll/internal/connector"
	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/testkit"
)

// TestACrashLeavesNothing: when the payment cannot be opened, the cart is not
// kept either, the answer is a 5xx and a retry starts afresh.
func TestACrashLeavesNothing(t *testing.T) {
	t.Parallel()
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		trip := trip()
		cart := body(trip)
		s.till.fail.Store(true)
		if a := s.post(t, cart); a.Status < 500 || strings.Contains(a.Body, "till") {
			t.Fatalf("%+v", a)
		}
		for _, table := range []string{"purchase", "purchase_price", "promotion_count", "till", "job"} {
			var n int
			if err := d.Reader().QueryRowContext(t.Context(), `SELECT COUNT(*) FROM `+table).Scan(&n); err != nil || n != 0 {
				t.Errorf("%s holds %d rows, %v", table, n, err)
			}
		}
		s.till.fail.Store(false)
		if a := s.post(t, cart); a.Status != http.StatusCreated || a.Replayed {
			t.Errorf("retry: %+v", a)
		}
	})
}

func TestAnEndedRequestKeepsNothing(t *testing.T) {
	t.Parallel()
	s := open(t, testkit.SQLite(t))
	s.stock(func(ctx context.Context, _ time.Time) (*priceBook, string, error) {
		<-ctx.Done()
		return nil, "", ctx.Err()
	})
	s.set(func(c *cartSettings) { c.PriceTimeout = 5 * time.Second })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	trip := trip()
	if _, err := send(ctx, s.url, body(trip)); err == nil {
		t.Fatal("answered before the price list was there")
	}
	s.stock(func(context.Context, time.Time) (*priceBook, string, error) { return book(t, shelfYAML), "v1", nil })
	if a := s.post(t, body(trip)); a.Status != http.StatusCreated {
		t.Errorf("retry: %+v", a)
	}
}

func TestTheRawCartIsKept(t *testing.T) {
	t.Parallel()
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		s := openWith(t, d, connector.Settings{})
		trip := trip()
		text := body(trip, at(object{"nested": "future"}, "unknown"), at("a\x00b", "shopperDeviceId"),
			items(object{"id": "W\x00", "type": "SKU", "quantity": object{"value": "1", "unit": "each"}}))
		if a := s.post(t, text); a.Status != http.StatusCreated {
			t.Fatalf("%+v", a)
		}
		kept, err := s.Body(t.Context(), trip)
		if err != nil || kept != text {
			t.Errorf("kept %s, %v; sent %s", kept, err, text)
		}
		if p := s.get(t, trip); p.Device != "a\uFFFDb" {
			t.Errorf("device %q", p.Device)
		}
	})
}
