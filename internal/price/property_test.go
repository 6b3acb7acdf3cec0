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

// draw is a random store with a cart of it, and its result.
func draw(t *rapid.T) (price.Spec, *price.Book, price.Cart, *price.Result) {
	s := drawSpec(t)
	b, err := price.Compile(s)
	if err != nil {
		t.Fatal(err)
	}
	c := drawCart(t)
	r, err := b.Price(c)
	if err != nil {
		t.Fatal(err)
	}
	return s, b, c, r
}

func TestProperty_parts_sum_to_totals_and_nothing_is_negative(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		_, _, _, r := draw(t)
		for _, fault := range inconsistencies(r) {
			t.Error(fault)
		}
	})
}

func TestProperty_shelf_price_and_line_tax_are_the_formula(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s, _, c, r := draw(t)
		cur := money.Currency(s.Currency)
		items := map[string]price.Item{}
		for _, it := range s.Items {
			items[it.SKU] = it
		}
		for i, l := range r.Lines {
			want, err := s.Rounding.Round(items[l.SKU].Price.Mul(c.Lines[i].Quantity), cur)
			if err != nil || want.Minor != l.Price {
				t.Fatalf("line %+v: price %v, %v", l, want, err)
			}
			if s.RoundingScope == price.ScopeTotal || s.PricesIncludeTax {
				continue
			}
			base := l.Price - l.Promo
			if s.TaxBase == price.BaseShelf {
				base = l.Price
			}
			for _, p := range l.Taxes {
				exact := money.DecimalOf(base, cur.Digits()).Mul(money.MustDecimal(p.Rate)).Mul(money.MustDecimal("0.01"))
				if tax, err := s.Rounding.Round(exact, cur); err != nil || tax.Minor != p.Amount || p.Base != base {
					t.Fatalf("line %+v: %s is %v, %v", l, p.ID, tax, err)
				}
			}
		}
	})
}

func TestProperty_order_of_lines_is_irrelevant(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		_, b, c, r := draw(t)
		shuffled := c
		shuffled.Lines = rapid.Permutation(c.Lines).Draw(t, "order")
		again, err := b.Price(shuffled)
		if err != nil {
			t.Fatal(err)
		}
		// Lines keep their numbers, and with them every figure.
		slices.SortFunc(again.Lines, func(x, y price.Line) int { return x.No - y.No })
		if diff := cmp.Diff(view(r), view(again)); diff != "" {
			t.Fatal(diff)
		}
		// Numbered anew, lines that are alike may swap; nothing else changes.
		for i := range shuffled.Lines {
			shuffled.Lines[i].No = i + 1
		}
		again, err = b.Price(shuffled)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(anonymous(r), anonymous(again)); diff != "" {
			t.Fatal(diff)
		}
	})
}

// view is a result as it is stored.
func view(v any) string {
	b, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		panic(err)
	}
	return string(b)
}

// anonymous is a result as a set of lines without numbers.
func anonymous(r *price.Result) []string {
	out := []string{}
	for _, l := range r.Lines {
		l.No = 0
		out = append(out, view(l))
	}
	slices.Sort(out)
	rest := *r
	rest.Lines = nil
	return append(out, view(rest))
}

func TestProperty_caps_hold(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s, b, c, r := draw(t)
		minor := func(d money.Decimal) int64 { a, _ := money.Exact(d, b.Currency()); return a.Minor }
		for _, p := range s.Promotions {
			u, used := r.Uses[p.ID], c.Used[p.ID]
			if n := int64(p.Caps.PerCart); n > 0 && u.Uses > n {
				t.Errorf("%s: %d uses of %d", p.ID, u.Uses, n)
			}
			if n := int64(p.Caps.PerShopper); n > 0 && u.Uses > max(0, n-used.Uses) {
				t.Errorf("%s: %d uses after %d of %d", p.ID, u.Uses, used.Uses, n)
			}
			if n := minor(p.Caps.CartAmount); n > 0 && u.Amount > n {
				t.Errorf("%s: %d off, at most %d", p.ID, u.Amount, n)
			}
			if n := minor(p.Caps.ShopperAmount); n > 0 && u.Amount > max(0, n-used.Amount) {
				t.Errorf("%s: %d off after %d, at most %d", p.ID, u.Amount, used.Amount, n)
			}
			if (u.Amount > 0) != (u.Uses > 0) {
				t.Errorf("%s: %+v", p.ID, u)
			}
		}
		if s.MaxDiscountPercent.IsZero() {
			return
		}
		for _, l := range r.Lines {
			most := money.DecimalOf(l.Price, 2).Mul(s.MaxDiscountPercent)
			if money.DecimalOf(l.Promo, 0).Cmp(most) > 0 {
				t.Errorf("line %+v: more than %s %% off", l, s.MaxDiscountPercent)
			}
		}
	})
}

func TestProperty_groups_and_exclusive_keep_apart(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s, _, _, r := draw(t)
		by := map[string]price.Promotion{}
		for _, p := range s.Promotions {
			by[p.ID] = p
		}
		for _, l := range r.Lines {
			if l.Pieces > 1 { // different pieces of a line may differ
				continue
			}
			groups := map[string]bool{}
			for _, a := range l.Promotions {
				p := by[a.ID]
				if p.Exclusive && len(l.Promotions) > 1 || p.Group != "" && groups[p.Group] {
					t.Errorf("line %+v", l)
				}
				groups[p.Group] = true
			}
		}
	})
}

func TestProperty_a_cart_leaves_no_trace(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		_, b, c, r := draw(t)
		first := view(r)
		if _, err := b.Price(drawCart(t)); err != nil {
			t.Fatal(err)
		}
		again, err := b.Price(c)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(first, view(again)); diff != "" {
			t.Fatal(diff)
		}
		if diff := cmp.Diff(first, view(r)); diff != "" {
			t.Fatal(diff)
		}
	})
}
