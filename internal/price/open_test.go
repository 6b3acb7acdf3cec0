package price_test

import (
	"strings"
	"testing"
	"time"

	"github.com/strollhq/stroll/internal/price"
)

func TestPromotionWindows(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		window string
		open   map[string]bool // local time of New York
	}{
		{`from: 2026-07-01, until: 2026-07-31`, map[string]bool{
			"2026-06-30 23:59": false, "2026-07-01 00:00": true, "2026-07-31 23:59": true, "2026-08-01 00:00": false}},
		{`from: "2026-07-01T12:00:00-04:00", until: "2026-07-01T13:00:00-04:00"`, map[string]bool{
			"2026-07-01 11:59": false, "2026-07-01 12:00": true, "2026-07-01 12:59": true, "2026-07-01 13:00": false}},
		{`weekdays: [mon, fri]`, map[string]bool{
			"2026-07-03 00:00": true, "2026-07-03 23:59": true, "2026-07-04 12:00": false, "2026-07-06 12:00": true}},
		{`hours: ["07:00-09:30", "16:00-18:00"]`, map[string]bool{
			"2026-07-01 06:59": false, "2026-07-01 07:00": true, "2026-07-01 09:30": false, "2026-07-01 17:59": true, "2026-07-01 18:00": false}},
		// Friday night belongs to Friday, also after midnight.
		{`weekdays: [fri], hours: ["22:00-02:00"]`, map[string]bool{
			"2026-07-03 21:59": false, "2026-07-03 22:00": true, "2026-07-04 01:59": true, "2026-07-04 02:00": false,
			"2026-07-03 01:00": false, "2026-07-04 22:30": false}},
		{`hours: ["22:00-24:00"]`, map[string]bool{"2026-07-03 23:59": true, "2026-07-04 00:00": false}},
		// The night the clocks go forward: 01:59 is followed by 03:00.
		{`hours: ["02:00-03:30"]`, map[string]bool{"2026-03-08 01:59": false, "2026-03-08 03:00": true, "2026-03-08 03:30": false}},
	} {
		t.Run(c.window, func(t *testing.T) {
			t.Parallel()
			b := book(t, "time_zone: America/New_York\nitems: [{sku: A, price: 10}]\npromotions:\n- {id: p, kind: percentage, percent: 10, "+c.window+"}")
			for text, want := range c.open {
				at, err := time.ParseInLocation("2006-01-02 15:04", text, b.Location())
				if err != nil {
					t.Fatal(err)
				}
				in := cart("A 1")
				in.At = at.UTC()
				if x := why(t, priced(t, b, in), "p"); x.Applied != want {
					t.Errorf("at %s: %+v", text, x)
				}
			}
		})
	}
}

func TestConditions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		when string
		yes  bool
	}{
		{`cart.subtotal == amount("8.00")`, true},
		{`cart.subtotal > amount("8")`, false},
		{`cart.remaining == amount("7.20")`, true}, // after the 10 % that ran before
		{`cart.pieces == 4 and cart.lines == 2`, true},
		{`cart.pieces_of("mix") == 3 && cart.pieces_of("D") == 0`, true},
		{`cart.pieces_of("z") == 1`, true},
		{`shopper.loyalty and shopper.known`, true},
		{`shopper.kind == "ASSOCIATE"`, false},
		{`shopper.kind in ["SHOPPER", "LOYALTY"]`, true},
		{`entry == "SCAN_CODE" and weekday == "wed" and hour == 12 and minute == 0`, true},
		{`date >= "2026-07-01" and date < "2026-08-01"`, true},
		{`not (hour >= 12)`, false},
	} {
		b := book(t, deli+`
- {id: first, kind: percentage, percent: 10, priority: 2}
- {id: p, kind: percentage, percent: 10, priority: 1, when: '`+c.when+`'}`)
		in := cart("A 3; E 1")
		in.Loyalty, in.Shopper, in.Kind, in.Entry = true, "s-1", "SHOPPER", "SCAN_CODE"
		r := priced(t, b, in)
		if x := why(t, r, "p"); x.Applied != c.yes {
			t.Errorf("%s: %+v", c.when, x)
		} else if !c.yes && !strings.Contains(x.Why, c.when) {
			t.Errorf("%s: not named in %q", c.when, x.Why)
		}
	}
}

func TestConditionsAreCheckedWhenTheStoreLoads(t *testing.T) {
	t.Parallel()
	for when, want := range map[string]string{
		`cart.subtotal`:                    "bool",
		`cart.total > 1`:                   "total",
		`cart.subtotal > 1.5`:              "decimal",
		`cart.subtotal / 2 > 100`:          "decimal",
		`cart.subtotal > amount("12.345")`: "more than 2 decimals",
		`cart.subtotal > amount("twelve")`: "not a number",
		`hour >`:                           "unexpected",
		`now() != nil`:                     "now",
		`len(entry) > 1`:                   "len",
		`entry == 3`:                       "mismatched",
	} {
		_, err := price.Compile(spec(t, deli+`- {id: p, kind: percentage, percent: 10, when: '`+when+`'}`))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "promotions[0].when") {
			t.Errorf("%s: %v", when, err)
		}
	}
}

func TestLoyaltyAndShopperCaps(t *testing.T) {
	t.Parallel()
	b := book(t, deli+`
- {id: club, kind: percentage, percent: 10, loyalty_only: true, priority: 3}
- {id: uses, kind: fixed_amount, amount: 0.50, caps: {per_shopper: 3}, priority: 2}
- {id: cash, kind: fixed_amount, amount: 0.50, caps: {shopper_amount: 1.20}, priority: 1}`)
	in := cart("E 5")
	// Not known: 3 × 0.50 and 1.20 in one cart.
	r := priced(t, b, in)
	if why(t, r, "club").Why != "only for loyalty shoppers" || why(t, r, "uses").Amount != 150 || why(t, r, "cash").Amount != 120 {
		t.Errorf("%+v", r.Explain)
	}
	in.Loyalty, in.Shopper = true, "s-1"
	in.Used = map[string]price.Usage{"uses": {Uses: 2, Amount: 100}, "cash": {Uses: 2, Amount: 100}}
	r = priced(t, b, in)
	if why(t, r, "club").Amount != 250 || why(t, r, "uses").Amount != 50 || why(t, r, "cash").Amount != 20 {
		t.Errorf("%+v", r.Explain)
	}
	in.Used = map[string]price.Usage{"uses": {Uses: 3}, "cash": {Amount: 120}}
	r = priced(t, b, in)
	for _, id := range []string{"uses", "cash"} {
		if x := why(t, r, id); x.Applied || x.Why != "used up by this shopper" {
			t.Errorf("%+v", x)
		}
	}
}

func TestExplanations(t *testing.T) {
	t.Parallel()
	b := book(t, deli+`
- {id: a, kind: percentage, percent: 20, for: {items: [D]}, priority: 9}
- {id: b, kind: n_for_m, count: 3, pay: 2, for: {tags: [mix]}, priority: 8}
- {id: c, kind: buy_x_get_y, for: {items: [E]}, caps: {per_cart: 1}, priority: 7}
- {id: d, kind: buy_x_get_y, for: {items: [W]}, priority: 6}
- {id: e, kind: percentage, percent: 5, for: {items: [F]}, priority: 5}
- {id: f, kind: fixed_price, price: 9, for: {items: [A]}, priority: 4}
- {id: g, kind: threshold, spend: 100, amount: 20, priority: 3}
- {id: h, kind: percentage, percent: 5, weekdays: [sat, sun], hours: ["10:00-12:00"], priority: 2}
- {id: i, kind: percentage, percent: 5, from: 2027-01-01, priority: 1}
- {id: j, kind: percentage, percent: 50, caps: {cart_amount: 2}}`)
	r := priced(t, b, cart("D 2; A 2; E 4; W 1 lb"))
	want := []string{
		"20% off, 2 pieces",
		"needs 3 qualifying pieces, the cart has 2",
		"buy 1, get 1 free, 1 time (cap of uses reached)",
		"its items are weighed and it needs whole pieces",
		"no item of the cart qualifies",
		"it would save nothing",
		"needs 100.00, the cart has 31.17",
		"open only sat, sun, 10:00-12:00",
		"begins 2027-01-01",
		"50% off, 8 pieces (cap of 2.00 reached)",
	}
	for i, x := range r.Explain {
		if x.Why != want[i] {
			t.Errorf("%s: %q, want %q", x.Promotion, x.Why, want[i])
		}
	}
}
