package cart_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/strollhq/stroll/internal/cart"
	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/testkit"
)

const chargeYAML = `
currency: USD
taxes:
- {id: a, name: Tax A, percent: 5}
- {id: b, name: Tax B, percent: 2.5}
tax_classes:
- {id: ab, taxes: [a, b]}
fees:
- {id: deposit, amount: 0.10, tax: a}
items:
- {sku: MID, price: 0.50, tax: b}
- {sku: PCT, price: 3.33, tax: exempt, tags: [pct]}
- {sku: FIX, price: 2.00, tax: exempt, tags: [fix]}
- {sku: BOGO, price: 1.25, tax: exempt, tags: [bogo]}
- {sku: STACK, price: 10.00, tax: exempt, tags: [stack]}
- {sku: LIMIT, price: 4.00, tax: exempt, tags: [limit]}
- {sku: ONE, price: 9.99, tax: a}
- {sku: TWO, price: 9.99, tax: ab}
- {sku: NONE, price: 9.99, tax: exempt}
- {sku: OFF, price: 8.00, tax: ab, tags: [pct]}
- {sku: BOTTLE, price: 1.99, tax: ab, fees: [deposit]}
- {sku: CHEAP, price: 0.40, tax: a, tags: [gift]}
promotions:
- {id: pct, kind: percentage, percent: 15, for: {tags: [pct]}}
- {id: fix, kind: fixed_amount, amount: 0.75, for: {tags: [fix]}}
- {id: bogo, kind: buy_x_get_y, for: {tags: [bogo]}}
- {id: stack-1, kind: percentage, percent: 20, for: {tags: [stack]}, priority: 2}
- {id: stack-2, kind: fixed_amount, amount: 1, for: {tags: [stack]}, priority: 1}
- {id: limit, kind: percentage, percent: 50, for: {tags: [limit]}, caps: {per_cart: 2}}
- {id: gift, kind: fixed_amount, amount: 5, for: {tags: [gift]}}
`

// TestChargeCalculation is the contract's ordering 9.2: a cart is sent over
// HTTP and the stored price read.
func TestChargeCalculation(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name                       string
		lines                      []object
		sub, promo, fees, tax, sum int64
	}{
		// 0.50 × 2.5 % is 1.25 cents a piece; 2 pieces 2.5, half up 3.
		{"7c.1_decimal_rounding", []object{item("MID", "2")}, 100, 0, 0, 3, 103},
		{"7c.2_percentage_discount", []object{item("PCT", "1")}, 333, 50, 0, 0, 283},
		{"7c.3_fixed_amount_discount", []object{item("FIX", "2")}, 400, 150, 0, 0, 250},
		{"7c.4_buy_one_get_one_even", []object{item("BOGO", "4")}, 500, 250, 0, 0, 250},
		{"7c.4_buy_one_get_one_odd", []object{item("BOGO", "3")}, 375, 125, 0, 0, 250},
		{"7c.5_stacked_promotions", []object{item("STACK", "1")}, 1000, 300, 0, 0, 700},
		{"7c.6_promotion_limit", []object{item("LIMIT", "3")}, 1200, 400, 0, 0, 800},
		{"7c.7_standard_tax", []object{item("ONE", "1")}, 999, 0, 0, 50, 1049},
		{"7c.8_tax_exempt_item", []object{item("NONE", "1")}, 999, 0, 0, 0, 999},
		{"7c.9_several_rates", []object{item("ONE", "1"), item("TWO", "1"), item("NONE", "1")}, 2997, 0, 0, 50 + 50 + 25, 3122},
		// 8.00 − 1.20 = 6.80; 5 % 0.34, 2.5 % 0.17.
		{"7c.10_tax_on_discounted_item", []object{item("OFF", "1")}, 800, 120, 0, 51, 731},
		// 3.98 + 0.20; tax 0.199 → 20, 0.0995 → 10; deposit's 5 % of 0.20 1.
		{"7c.11_total_formula", []object{item("BOTTLE", "2"), item("OFF", "1")}, 1198, 120, 20, 31 + 51, 1180},
		{"7c.12_negative_total_prevented", []object{item("CHEAP", "1")}, 40, 40, 0, 0, 0},
	}
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		b := book(t, chargeYAML)
		s.stock(func(context.Context, time.Time) (*priceBook, string, error) { return b, "v1", nil })
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				trip := trip()
				if a := s.post(t, body(trip, items(c.lines...))); a.Status != http.StatusCreated {
					t.Fatalf("%+v", a)
				}
				p := s.get(t, trip)
				r := p.Result
				got := []int64{r.SubTotal, r.PromotionsTotal, r.FeesTotal, r.TaxTotal, r.Total}
				if diff := cmp.Diff([]int64{c.sub, c.promo, c.fees, c.tax, c.sum}, got); diff != "" {
					t.Error(diff)
				}
				adds(t, p)
			})
		}
		t.Run("7c.13_large_cart", func(t *testing.T) {
			trip := trip()
			skus := []string{"MID", "PCT", "FIX", "BOGO", "STACK", "LIMIT", "ONE", "TWO", "NONE", "OFF", "BOTTLE", "CHEAP"}
			var lines []object
			for i := range 1200 {
				lines = append(lines, item(skus[i%len(skus)], fmt.Sprint(1+i%7)))
			}
			began := time.Now()
			if a := s.post(t, body(trip, items(lines...))); a.Status != http.StatusCreated {
				t.Fatalf("%+v", a)
			}
			// The target is 2 s, and the benchmark shows a few milliseconds; the
			// limit here leaves room for a busy machine and the race detector.
			if took := time.Since(began); took > 15*time.Second {
				t.Errorf("answered after %s", took)
			}
			p := s.get(t, trip)
			if len(p.Lines) != 1200 || len(p.Result.Lines) != 1200 {
				t.Fatalf("%d lines, %d priced", len(p.Lines), len(p.Result.Lines))
			}
			adds(t, p)
		})
	})
}

// adds checks the identities every stored price keeps.
func adds(t *testing.T, p cart.Purchase) {
	t.Helper()
	r := p.Result
	var price, promo, fees, tax, total int64
	for _, l := range r.Lines {
		price, promo, fees, tax, total = price+l.Price, promo+l.Promo, fees+l.Fee, tax+l.Tax+l.FeeTax, total+l.Total
		if l.Promo > l.Price || l.Total < 0 {
			t.Errorf("line %d: %d off %d", l.No, l.Promo, l.Price)
		}
	}
	if diff := cmp.Diff([]int64{r.SubTotal, r.PromotionsTotal, r.FeesTotal, r.TaxTotal, r.Total}, []int64{price, promo, fees, tax, total}); diff != "" {
		t.Errorf("totals against sums of lines: %s", diff)
	}
	if r.Total != r.SubTotal-r.PromotionsTotal+r.FeesTotal+r.TaxTotal || r.Total != p.Total.Minor {
		t.Errorf("total %d of %+v", r.Total, r)
	}
}

// TestPricesOfTheTripsEnd: a late cart is priced with the list that was in
// force when the shopper left, and never refused for lateness.
func TestPricesOfTheTripsEnd(t *testing.T) {
	t.Parallel()
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		asked := make(chan time.Time, 1)
		b := book(t, shelfYAML)
		s.stock(func(_ context.Context, at time.Time) (*priceBook, string, error) {
			asked <- at
			return b, "v" + at.Format("2006"), nil
		})
		late := func(o object) {
			at("2019-05-01T10:00:00Z", "shoppingTrip", "startTime")(o)
			at("2019-05-01T10:05:00Z", "shoppingTrip", "endTime")(o)
		}
		for _, setting := range []string{cart.TripEnd, cart.OnReceipt} {
			s.set(func(c *cartSettings) { c.PriceAt = setting })
			trip := trip()
			before := time.Now().Truncate(time.Millisecond)
			if a := s.post(t, body(trip, late)); a.Status != http.StatusCreated {
				t.Fatalf("%+v", a)
			}
			want := time.Date(2019, 5, 1, 10, 5, 0, 0, time.UTC)
			got, p := <-asked, s.get(t, trip)
			if setting == cart.TripEnd && (!got.Equal(want) || !p.PriceAt.Equal(want) || p.Version != "v2019") {
				t.Errorf("%s: asked for %s, stored %s %s", setting, got, p.PriceAt, p.Version)
			}
			if setting == cart.OnReceipt && p.PriceAt.Before(before) {
				t.Errorf("%s: asked for %s", setting, got)
			}
		}
	})
}
