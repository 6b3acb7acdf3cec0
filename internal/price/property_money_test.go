package price_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/strollhq/stroll/internal/price"
	"github.com/strollhq/stroll/money"
)

func TestProperty_any_sequence_of_partial_refunds_returns_the_line(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		_, _, _, r := draw(t)
		// Refunds read the stored sale, not the program's memory of it.
		var stored price.Result
		if err := json.Unmarshal([]byte(view(r)), &stored); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(view(r), view(stored)); diff != "" {
			t.Fatal(diff)
		}
		var all int64
		for _, l := range stored.Lines {
			units := price.Units(l)
			if int64(len(units)) != l.Pieces {
				t.Fatalf("%d units of %+v", len(units), l)
			}
			var back price.Unit
			order := make([]int, len(units))
			for i := range order {
				order[i] = i
			}
			for len(order) > 0 {
				n := rapid.IntRange(1, len(order)).Draw(t, "pieces given back")
				for _, i := range rapid.Permutation(order).Draw(t, "which")[:n] {
					u := units[i]
					if u.Total < 0 || u.Price < 0 || u.Promo > u.Price || u.Tax < 0 || u.Fee < 0 {
						t.Fatalf("unit %+v", u)
					}
					back.Price, back.Promo, back.Tax = back.Price+u.Price, back.Promo+u.Promo, back.Tax+u.Tax
					back.Fee, back.FeeTax, back.Total = back.Fee+u.Fee, back.FeeTax+u.FeeTax, back.Total+u.Total
					order = slices.DeleteFunc(order, func(j int) bool { return j == i })
				}
				if back.Total > l.Total {
					t.Fatalf("%d given back of %d", back.Total, l.Total)
				}
			}
			want := price.Unit{Price: l.Price, Promo: l.Promo, Tax: l.Tax, Fee: l.Fee, FeeTax: l.FeeTax, Total: l.Total}
			if diff := cmp.Diff(want, back); diff != "" {
				t.Fatal(diff)
			}
			for j := range l.Taxes {
				var sum int64
				for _, u := range units {
					sum += u.Taxes[j]
				}
				if sum != l.Taxes[j].Amount {
					t.Fatalf("rate %s: %d of %d", l.Taxes[j].ID, sum, l.Taxes[j].Amount)
				}
			}
			all += back.Total
		}
		if all != stored.Total {
			t.Fatalf("%d given back of %d", all, stored.Total)
		}
	})
}

func TestProperty_included_tax_is_part_of_the_price(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := drawSpec(t)
		s.PricesIncludeTax = true
		b, err := price.Compile(s)
		if err != nil {
			t.Fatal(err)
		}
		r, err := b.Price(drawCart(t))
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range r.Lines {
			gross := l.Price - l.Promo
			if s.TaxBase == price.BaseShelf {
				gross = l.Price
			}
			for _, p := range l.Taxes {
				if p.Base+l.Tax != gross {
					t.Fatalf("line %+v: net %d and tax %d are not %d", l, p.Base, l.Tax, gross)
				}
			}
			for _, f := range l.Fees {
				for _, p := range f.Taxes {
					if p.Base+f.Tax != f.Amount {
						t.Fatalf("fee %+v", f)
					}
				}
			}
		}
		if r.Total != r.SubTotal-r.PromotionsTotal+r.FeesTotal {
			t.Fatalf("%+v", r)
		}
	})
}

func TestProperty_scope_total_rounds_each_rate_once(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := drawSpec(t)
		s.PricesIncludeTax, s.RoundingScope = false, price.ScopeTotal
		b, err := price.Compile(s)
		if err != nil {
			t.Fatal(err)
		}
		r, err := b.Price(drawCart(t))
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range r.Taxes {
			exact := money.DecimalOf(p.Base, b.Currency().Digits()).Mul(money.MustDecimal(p.Rate)).Mul(money.MustDecimal("0.01"))
			if want, err := s.Rounding.Round(exact, b.Currency()); err != nil || want.Minor != p.Amount {
				t.Fatalf("%+v: %v, %v", p, want, err)
			}
		}
	})
}

func TestProperty_cart_promotions_spread_by_largest_remainder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		prices := rapid.SliceOfN(rapid.Int64Range(1, 10_000), 1, 30).Draw(t, "prices")
		// The canonical order is the dearest first; SKUs decide between equals.
		slices.SortFunc(prices, func(x, y int64) int { return int(y - x) })
		var s price.Spec
		var c price.Cart
		var sum int64
		for i, p := range prices {
			sku := string(rune('a' + i))
			s.Items = append(s.Items, price.Item{SKU: sku, Price: money.DecimalOf(p, 2)})
			c.Lines = append(c.Lines, price.CartLine{No: i, SKU: sku, Quantity: money.DecimalOf(1, 0)})
			sum += p
		}
		off := rapid.Int64Range(1, sum).Draw(t, "off")
		s.Promotions = []price.Promotion{{ID: "p", Kind: price.FixedAmount, Per: "cart", Amount: money.DecimalOf(off, 2)}}
		b, err := price.Compile(s)
		if err != nil {
			t.Fatal(err)
		}
		r, err := b.Price(c)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(money.Allocate(off, prices), promos(r)); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestOddCentGoesByQuantityBetweenEqualPrices(t *testing.T) {
	t.Parallel()
	b := book(t, `
items: [{sku: W, price: 2.00, unit: kg}]
promotions: [{id: p, kind: fixed_amount, amount: 0.01, per: cart}]`)
	// Both cost 1.00; the heavier one gets the cent, wherever it stands.
	for in, want := range map[string][]int64{"W 0.5 kg; W 0.501 kg": {0, 1}, "W 0.501 kg; W 0.5 kg": {1, 0}} {
		if diff := cmp.Diff(want, promos(priced(t, b, cart(in)))); diff != "" {
			t.Errorf("%s: %s", in, diff)
		}
	}
}
