package price_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/strollhq/stroll/internal/price"
)

func TestTheLargestCartIsPricedInTime(t *testing.T) {
	t.Parallel()
	// 10,000 pieces on 2,000 lines, and every kind has to look at all of them.
	b := book(t, strings.Replace(deli, "promotions:", "", 1)+`
promotions:
- {id: a, kind: bundle, percent: 1, priority: 9, parts: [{for: {tags: [mix]}}, {for: {}}, {for: {items: [C, D]}}]}
- {id: b, kind: buy_x_get_y, percent: 1, priority: 8, get_for: {tags: [mix]}}
- {id: c, kind: n_for_m, count: 3, price: 2, priority: 7}
- {id: d, kind: n_for_m, count: 3, pay: 2, priority: 6, favour: shopper}
- {id: e, kind: threshold, spend: 10, amount: 1, repeat: true, priority: 5, caps: {percent: 90}}
- {id: f, kind: percentage, percent: 3, priority: 4, caps: {per_item: 1000, per_cart: 3000, cart_amount: 1}}`)
	c := cart(strings.TrimSuffix(strings.Repeat("A 5; B 5; C 5; D 5; E 5;", 400), ";"))
	start := time.Now()
	r := priced(t, b, c)
	// Under a tenth of a second alone; quadratic work would take minutes.
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("took %s", took)
	} else {
		t.Logf("took %s", took)
	}
	for _, x := range r.Explain {
		if !x.Applied {
			t.Errorf("%+v", x)
		}
	}
}

func TestOneBookPricesManyCartsAtOnce(t *testing.T) {
	t.Parallel()
	b := book(t, shop+benchPromotions+`- {id: when, kind: percentage, percent: 1, when: 'cart.subtotal > amount("20.00")'}`)
	carts := []string{twenty, "COFFEE 2", "NUTS 0.5 kg; WATER 3", "WINE 6; CHIPS 1"}
	want := make([]string, len(carts))
	for i, text := range carts {
		want[i] = view(priced(t, b, cart(text)))
	}
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for n := range 50 {
				i := (g + n) % len(carts)
				r, err := b.Price(cart(carts[i]))
				if err != nil || view(r) != want[i] {
					t.Errorf("cart %d: %v", i, err)
				}
				b.Find(price.Ref{ID: "4011", Type: price.TypeScanCode})
				b.Suggest(price.Ref{ID: "COFFE", Type: price.TypeSKU})
			}
		})
	}
	wg.Wait()
}
