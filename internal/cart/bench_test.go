package cart_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/strollhq/stroll/internal/cart"
	"github.com/strollhq/stroll/internal/connector"
	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/outbox"
	"github.com/strollhq/stroll/internal/pay"
)

// BenchmarkCreatePurchases takes carts of ten lines with their real payment,
// from 64 callers at once, each answer durable.
func BenchmarkCreatePurchases(b *testing.B) {
	for _, lines := range []int{10, 1000} {
		b.Run(map[int]string{10: "10_lines", 1000: "1000_lines"}[lines], func(b *testing.B) {
			d, err := db.Open(b.Context(), db.Config{DSN: b.TempDir() + "/bench.db"})
			if err != nil {
				b.Fatal(err)
			}
			defer d.Close()
			list := book(b, shelfYAML)
			box := outbox.New(outbox.Config{DB: d})
			carts := cart.New(cart.Config{
				DB: d, Outbox: box, Pay: pay.New(pay.Config{DB: d, Outbox: box}),
				Book:     func(context.Context, string, time.Time) (*priceBook, string, error) { return list, "v1", nil },
				Settings: func(string) (cartSettings, bool) { return cartSettings{}, true },
			})
			door := connector.New(connector.Config{Purchaser: carts, Settings: connector.Settings{Rate: -1}})
			var all []object
			for i := range lines {
				all = append(all, item([]string{"WATER", "ROLL"}[i%2], "2"))
			}
			text := body("TRIP", items(all...))
			b.SetParallelism(32)
			b.ReportAllocs()
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					r := httptest.NewRequest(http.MethodPost, "/v1/order/purchases", strings.NewReader(strings.Replace(text, "TRIP", trip(), 1)))
					w := httptest.NewRecorder()
					door.ServeHTTP(w, r)
					if w.Code != http.StatusCreated {
						b.Errorf("%d %s", w.Code, w.Body)
						return
					}
				}
			})
		})
	}
}
