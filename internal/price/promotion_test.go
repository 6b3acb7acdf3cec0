package price_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

const deli = `
items:
- {sku: A, price: 1.00, tags: [mix], category: x}
- {sku: B, price: 2.00, tags: [mix], category: x}
- {sku: C, price: 3.00, tags: [mix], category: y}
- {sku: D, price: 4.00, category: y}
- {sku: E, price: 5.00, category: z}
- {sku: F, price: 0.99, category: z}
- {sku: W, price: 7.77, unit: lb, category: w}
promotions:
`

func TestPromotionKinds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, promo, cart string
		want              []int64
	}{
		{"fixed price per piece", "kind: fixed_price, price: 1.50", "A 1; B 2; C 1", []int64{0, 100, 150}},
		// 0.5 lb at 7.77 is 3.885 → 3.89, at 5.00 it is 2.50: 1.39 off
		{"fixed price of a weighed item", "kind: fixed_price, price: 5.00", "W 0.5 lb", []int64{139}},
		{"three for two, the cheapest of all", "kind: n_for_m, count: 3, pay: 2, for: {tags: [mix]}", "A 1; B 1; C 2", []int64{100, 0, 0}},
		{"three for two, the dearest set", "kind: n_for_m, count: 3, pay: 2, favour: shopper, for: {tags: [mix]}", "A 1; B 1; C 2", []int64{0, 200, 0}},
		{"four for two", "kind: n_for_m, count: 4, pay: 2", "A 3; D 5", []int64{300, 400}},
		{"three for two, too few", "kind: n_for_m, count: 3, pay: 2", "A 2", []int64{0}},
		// B+B+B = 6.00 for 5.00: 1.00 over three pieces of one line
		{"three for a price", "kind: n_for_m, count: 3, price: 5.00", "B 4", []int64{100}},
		// dearest set C C B = 8.00 for 5.00: 3.00 by 3:3:2 → 1.125, 1.125, 0.75 →
		// 1.13 + 1.12 and 0.75; the next set B A A = 4.00 would save nothing
		{"three for a price, mixed", "kind: n_for_m, count: 3, price: 5.00", "A 2; B 2; C 2", []int64{0, 75, 225}},
		{"buy two get one", "kind: buy_x_get_y, buy: 2, get: 1", "B 7", []int64{400}},
		{"buy one get one at half price", "kind: buy_x_get_y, percent: 50", "F 2", []int64{50}},
		{"buy one get one cheaper", "kind: buy_x_get_y, amount: 0.30", "F 5", []int64{60}},
		{"buy one get one for a price", "kind: buy_x_get_y, price: 0.50", "F 3", []int64{49}},
		{"buy x get another y", "kind: buy_x_get_y, buy: 2, for: {items: [D]}, get_for: {items: [A]}", "D 5; A 3", []int64{0, 200}},
		{"buy any get a cheap one", "kind: buy_x_get_y, for: {categories: [y]}, get_for: {tags: [mix]}", "C 1; D 1", []int64{300, 0}},
		{"buy x get y, which could be either", "kind: buy_x_get_y, for: {tags: [mix]}, get_for: {categories: [x]}", "A 1; B 1", []int64{100, 0}},
		{"buy x get y, needed for buying", "kind: buy_x_get_y, for: {items: [A]}, get_for: {items: [A, E]}", "A 1; E 1", []int64{0, 500}},
		{"buy one get one, the dearest sets", "kind: buy_x_get_y, favour: shopper", "A 1; B 1; D 1; E 1", []int64{100, 0, 400, 0}},
		// A + D + E = 10.00 for 8.00: 2.00 by 1:4:5
		{"bundle for a price", "kind: bundle, price: 8, parts: [{for: {items: [A]}}, {for: {items: [D]}}, {for: {items: [E]}}]", "A 1; D 1; E 1", []int64{20, 80, 100}},
		{"bundle twice", "kind: bundle, amount: 1, parts: [{for: {items: [A]}, count: 2}, {for: {items: [D]}}]", "A 5; D 2", []int64{66, 134}},
		{"bundle at a percentage", "kind: bundle, percent: 10, parts: [{for: {items: [A]}}, {for: {items: [D]}}]", "A 1; D 1", []int64{10, 40}},
		{"bundle takes the dearest", "kind: bundle, price: 4, parts: [{for: {tags: [mix]}}, {for: {items: [D]}}]", "A 1; C 1; D 1", []int64{0, 129, 171}},
		// The first place would take C, which only it has in common with the second.
		{"bundle with places that compete", "kind: bundle, price: 1, parts: [{for: {tags: [mix]}}, {for: {items: [C]}}]", "A 1; C 1", []int64{75, 225}},
		{"bundle incomplete", "kind: bundle, price: 1, parts: [{for: {items: [A]}}, {for: {items: [D]}}]", "A 9", []int64{0}},
		{"bundle that saves nothing", "kind: bundle, price: 9, parts: [{for: {items: [A]}}, {for: {items: [D]}}]", "A 1; D 1", []int64{0, 0}},
		// 3.00 off 4.00 + 5.00 + 3.89 = 12.89: 93.10 + 116.37 + 90.54 → 93 + 116 + 91
		{"threshold amount", "kind: threshold, spend: 12, amount: 3", "D 1; E 1; W 0.5 lb", []int64{93, 116, 91}},
		{"threshold percent", "kind: threshold, spend: 9, percent: 10", "D 1; E 1", []int64{40, 50}},
		{"threshold repeated", "kind: threshold, spend: 4, amount: 1, repeat: true", "D 1; E 1", []int64{89, 111}},
		{"threshold exactly met", "kind: threshold, spend: 9, amount: 9", "D 1; E 1", []int64{400, 500}},
		{"threshold not met", "kind: threshold, spend: 9.01, amount: 1", "D 1; E 1", []int64{0, 0}},
		{"threshold of some items", "kind: threshold, spend: 4, amount: 1, for: {items: [D]}", "D 1; E 3", []int64{100, 0}},
		{"happy hour, open", `kind: happy_hour, percent: 20, hours: ["11:30-12:30"]`, "E 1; F 1", []int64{100, 20}},
		{"happy hour, over", `kind: happy_hour, percent: 20, hours: ["11:00-12:00"]`, "E 1", []int64{0}},
		{"happy hour at a price", `kind: happy_hour, price: 3, hours: ["00:00-24:00"]`, "E 2; B 1", []int64{400, 0}},
		{"categories and tags without some", "kind: percentage, percent: 10, for: {categories: [x, z], tags: [mix], except_items: [B], except_categories: [y]}", "A 1; B 1; C 1; E 1", []int64{10, 0, 0, 50}},
		{"a cap of uses takes the dearest", "kind: percentage, percent: 10, caps: {per_cart: 2}", "A 1; E 2; D 1", []int64{0, 100, 0}},
		{"a cap of sets", "kind: n_for_m, count: 3, pay: 2, caps: {per_cart: 1}", "B 9", []int64{200}},
		{"a cap of lines", "kind: fixed_amount, amount: 0.50, per: line, caps: {per_cart: 1}", "A 1; D 2", []int64{0, 50}},
		{"a cap of the total share", "kind: fixed_amount, amount: 3, caps: {percent: 25}", "D 1; F 1", []int64{100, 24}},
		{"a cap per item in sets", "kind: n_for_m, count: 2, pay: 1, caps: {per_item: 2}", "A 5; B 5", []int64{200, 0}},
		{"a cap of repeats", "kind: threshold, spend: 1, amount: 0.10, repeat: true, caps: {per_cart: 3}", "E 3", []int64{30}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := priced(t, book(t, deli+"- {id: p, "+c.promo+"}"), cart(c.cart))
			if diff := cmp.Diff(c.want, promos(r)); diff != "" {
				t.Errorf("%s\n%s", why(t, r, "p").Why, diff)
			}
		})
	}
}

func TestStacking(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, promos, cart string
		want               []int64
		whyNot             string // of promotion b
	}{
		{"all combine", `
- {id: a, kind: percentage, percent: 50, priority: 2}
- {id: b, kind: percentage, percent: 50, priority: 1}`, "D 1", []int64{300}, ""},
		{"equal priority runs by id", `
- {id: b, kind: percentage, percent: 50}
- {id: a, kind: fixed_amount, amount: 1}`, "D 1", []int64{250}, ""},
		{"one of a group", `
- {id: a, kind: percentage, percent: 10, group: g, priority: 2}
- {id: b, kind: percentage, percent: 50, group: g, priority: 1}`, "D 1", []int64{40},
			"its items take part in another promotion that does not combine with it"},
		{"a group binds pieces, not carts", `
- {id: a, kind: percentage, percent: 10, group: g, priority: 2, for: {items: [D]}}
- {id: b, kind: percentage, percent: 50, group: g, priority: 1}`, "D 1; A 1", []int64{40, 50}, ""},
		{"other groups combine", `
- {id: a, kind: percentage, percent: 50, group: g, priority: 2}
- {id: b, kind: percentage, percent: 50, group: h, priority: 1}`, "D 1", []int64{300}, ""},
		{"nothing after an exclusive one", `
- {id: a, kind: percentage, percent: 10, exclusive: true, priority: 2}
- {id: b, kind: percentage, percent: 50, priority: 1}`, "D 1", []int64{40},
			"its items take part in another promotion that does not combine with it"},
		{"an exclusive one keeps off", `
- {id: a, kind: percentage, percent: 10, priority: 2, for: {items: [A]}}
- {id: b, kind: percentage, percent: 50, exclusive: true, priority: 1}`, "A 1; D 1", []int64{10, 200}, ""},
		{"pieces beyond the sets stay open", `
- {id: a, kind: n_for_m, count: 3, pay: 2, group: g, priority: 2}
- {id: b, kind: fixed_amount, amount: 0.10, group: g, priority: 1}`, "A 4", []int64{110}, ""},
		{"paid pieces of a set are taken too", `
- {id: a, kind: n_for_m, count: 3, pay: 2, group: g, priority: 2}
- {id: b, kind: fixed_amount, amount: 0.10, group: g, priority: 1}`, "A 3", []int64{100},
			"its items take part in another promotion that does not combine with it"},
		{"a promotion that fails takes nothing", `
- {id: a, kind: threshold, spend: 99, amount: 1, exclusive: true, priority: 2}
- {id: b, kind: percentage, percent: 50, priority: 1}`, "D 1", []int64{200}, ""},
		{"thresholds count what is left", `
- {id: a, kind: fixed_amount, amount: 1, priority: 2}
- {id: b, kind: threshold, spend: 4, amount: 1, priority: 1}`, "D 1", []int64{100}, "needs 4.00, the cart has 3.00"},
		{"free pieces buy nothing", `
- {id: a, kind: percentage, percent: 100, for: {items: [A]}, priority: 2}
- {id: b, kind: buy_x_get_y, for: {items: [A]}, get_for: {items: [D]}, priority: 1}`, "A 1; D 1", []int64{100, 0}, "needs 1 to buy and 1 more to get, the cart has 0 and 1"},
		{"the total share is capped over all", `
- {id: a, kind: percentage, percent: 20, priority: 2}
- {id: b, kind: percentage, percent: 50, priority: 1, caps: {percent: 30}}`, "E 1", []int64{150}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := priced(t, book(t, deli+c.promos), cart(c.cart))
			if diff := cmp.Diff(c.want, promos(r)); diff != "" {
				t.Error(diff)
			}
			if x := why(t, r, "b"); c.whyNot != "" && (x.Applied || x.Why != c.whyNot) {
				t.Errorf("b: %+v", x)
			}
		})
	}
	r := priced(t, book(t, "max_discount_percent: 40\n"+deli+"- {id: a, kind: percentage, percent: 90}"), cart("E 2; F 1"))
	// 40 % of 5.00 each, 40 % of 0.99 = 0.396: at most 0.39
	if diff := cmp.Diff([]int64{400, 39}, promos(r)); diff != "" {
		t.Error(diff)
	}
}
