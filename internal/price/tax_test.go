package price_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/strollhq/stroll/internal/price"
	"github.com/strollhq/stroll/money"
)

func TestPricesThatIncludeTax(t *testing.T) {
	t.Parallel()
	const vat = `
currency: EUR
prices_include_tax: true
taxes: [{id: full, percent: 19}, {id: low, percent: 7}, {id: extra, percent: 5}]
tax_classes: [{id: two, taxes: [full, extra]}]
fees: [{id: pfand, amount: 0.25, tax: full}]
items:
- {sku: BEER, price: 1.19, tax: full, fees: [pfand]}
- {sku: BREAD, price: 2.50, tax: low}
- {sku: TWO, price: 10.00, tax: two}
promotions: [{id: p, kind: percentage, percent: 10, for: {items: [BREAD]}}]
`
	r := priced(t, book(t, vat), cart("BEER 2; BREAD 1; TWO 1"))
	// BEER 2.38 holds 2.38 × 19/119 = 0.38; the deposit 0.50 holds 0.0798 → 0.08.
	// BREAD 2.50 − 0.25 = 2.25 holds 2.25 × 7/107 = 0.1472 → 0.15.
	// TWO 10.00 holds 10 × 19/124 = 1.5323 → 1.53 and 10 × 5/124 = 0.4032 → 0.40.
	got := []int64{r.Lines[0].Tax, r.Lines[0].FeeTax, r.Lines[1].Tax, r.Lines[2].Taxes[0].Amount, r.Lines[2].Taxes[1].Amount,
		r.Lines[0].Total, r.Lines[1].Total, r.Lines[2].Total, r.TaxTotal, r.Total}
	if diff := cmp.Diff([]int64{38, 8, 15, 153, 40, 288, 225, 1000, 254, 1513}, got); diff != "" {
		t.Error(diff)
	}
	if b := r.Lines[2].Taxes[0].Base; b != 1000-193 {
		t.Errorf("base %d", b)
	}
}

func TestRoundingScopeTotal(t *testing.T) {
	t.Parallel()
	const text = `
taxes: [{id: t, percent: 10}, {id: u, percent: 5}]
tax_classes: [{id: tu, taxes: [t, u]}]
fees: [{id: bag, amount: 0.04, tax: t}]
items: [{sku: A, price: 0.14, tax: t}, {sku: B, price: 0.16, tax: tu, fees: [bag]}]
rounding_scope: `
	// By line: A 0.014 → 0.01 each of three lines; B 0.016 → 0.02 and 0.008 →
	// 0.01; bag 0.004 → 0. Sum 0.03 + 0.03 = 0.06.
	c := cart("A 1; A 1; A 1; B 1")
	if r := priced(t, book(t, text+"line"), c); r.TaxTotal != 6 {
		t.Errorf("by line %d", r.TaxTotal)
	}
	// By total: t on 0.42 + 0.16 + 0.04 = 0.62 → 0.062 → 0.06, spread by remainder:
	// B 16 × 6/62 = 1.55, A 14 × 6/62 = 1.35 each, bag 4 × 6/62 = 0.39: after one
	// for each of four, 2 remain: B (.55) and bag (.39). u on 0.16 = 0.008 → 0.01.
	r := priced(t, book(t, text+"total"), c)
	var got []int64
	for _, l := range r.Lines {
		got = append(got, l.Tax, l.FeeTax)
	}
	if diff := cmp.Diff([]int64{1, 0, 1, 0, 1, 0, 3, 1}, got); diff != "" {
		t.Error(diff)
	}
	want := []price.TaxPart{{ID: "t", Name: "t", Rate: "10", Base: 62, Amount: 6}, {ID: "u", Name: "u", Rate: "5", Base: 16, Amount: 1}}
	if diff := cmp.Diff(want, r.Taxes); diff != "" {
		t.Error(diff)
	}
	// Included: class t holds 0.42 + 0.04 = 0.46 × 10/110 = 0.0418 → 0.04; class
	// tu 0.16 × 15/115 = 0.0209 → 0.02, of which 2/3 are t: 1.33 and 0.67 → 1 + 1.
	r = priced(t, book(t, text+"total\nprices_include_tax: true"), c)
	if diff := cmp.Diff([]int64{5, 1}, []int64{r.Taxes[0].Amount, r.Taxes[1].Amount}); diff != "" {
		t.Error(diff)
	}
}

func TestCurrencyWithoutDecimals(t *testing.T) {
	t.Parallel()
	b := book(t, `
currency: JPY
taxes: [{id: t, percent: 8}]
default_tax: t
items: [{sku: A, price: 105}, {sku: W, price: 98.5, unit: 100g}]
promotions: [{id: p, kind: percentage, percent: 10}]`)
	// 3 × 105 = 315 − 31.5 → 32 = 283, tax 22.64 → 23.
	// 250 g × 98.5/100 g = 246.25 → 246 − 24.6 → 25 = 221, tax 17.68 → 18.
	r := priced(t, b, cart("A 3; W 250 g"))
	if r.Lines[0].Total != 306 || r.Lines[1].Total != 239 || r.Currency != "JPY" {
		t.Errorf("%+v", r.Lines)
	}
}

func TestFees(t *testing.T) {
	t.Parallel()
	b := book(t, `
taxes: [{id: t, percent: 10}]
fees:
- {id: bottle, amount: 0.10}
- {id: pack, amount: 0.25, per: line, tax: t}
- {id: airport, name: Airport levy, percent: 3, tax: t}
items:
- {sku: SIX, price: 8.00, fees: [bottle, bottle, pack]}
- {sku: SUB, price: 9.00, tax: t, fees: [airport]}
promotions: [{id: p, kind: percentage, percent: 50}]`)
	r := priced(t, b, cart("SIX 3; SUB 1"))
	// SIX: 2 × 3 × 0.10 without tax and 0.25 with 0.025 → 0.03, whatever the
	// promotion. SUB: 3 % of 4.50 = 0.135 → 0.14 with 0.014 → 0.01.
	if l := r.Lines[0]; l.Fee != 85 || l.FeeTax != 3 || l.Total != 1200+85+3 {
		t.Errorf("%+v", l)
	}
	if l := r.Lines[1]; l.Fee != 14 || l.FeeTax != 1 || l.Fees[0].Name != "Airport levy" || l.Total != 450+45+14+1 {
		t.Errorf("%+v", l)
	}
}

func TestUnitsOfMeasure(t *testing.T) {
	t.Parallel()
	b := book(t, `
units: {kg: [Kilo], each: [STÜCK]}
items:
- {sku: KG, price: 10, unit: kg}
- {sku: HG, price: 1, unit: 100g}
- {sku: LB, price: 16, unit: lb}
- {sku: PC, price: 1}
- {sku: L, price: 3, unit: l}`)
	for in, want := range map[string]int64{
		"KG 0.5 kg": 500, "KG 500 g": 500, "KG 5 100g": 500, "KG 0.5 KG": 500, "KG 0.5 kilograms": 500, "KG 0.5 KILO": 500,
		"HG 0.5 kg": 500, "HG 333 g": 333, "LB 8 oz": 800, "LB 0.125 Pounds": 200, "PC 2 unit": 200, "PC 2.00 each": 200,
		"PC 2 stück": 200, "L 33 cl": 99, "KG 0.5": 500, "L 250 ml": 75,
	} {
		if r := priced(t, b, cart(in)); r.Lines[0].Price != want {
			t.Errorf("%s: %d, want %d", in, r.Lines[0].Price, want)
		}
	}
	for in, want := range map[string]string{
		"KG 1 each":         "does not fit a price per kg",
		"KG 1 lb":           "does not fit a price per kg",
		"PC 1 kg":           "does not fit a price per each",
		"PC 1.5 each":       "1.5 of an item sold by the piece",
		"L 1 kg":            "does not fit",
		"KG 1 bushel":       `unit "bushel" is not known`,
		"PC 0 each":         "not above 0",
		"PC -1 each":        "not above 0",
		"NONE 1":            `SKU "NONE" is not on the price list`,
		"PC 10001":          "more than 10000 pieces",
		"PC 6000; PC 6000":  "the cart has more than 10000 pieces",
		"KG 1.0123456789":   "decimals",
		"KG 99999999999999": "too large",
	} {
		_, err := b.Price(cart(in))
		var bad *price.BadLine
		if !errors.As(err, &bad) || !strings.Contains(bad.Reason, want) {
			t.Errorf("%s: %v, want %s", in, err, want)
		}
	}
	// Every bad line is named, once.
	_, err := b.Price(cart("PC 1.5; PC 1; KG 1 lb; PC 999999999999999999"))
	var all price.BadLines
	if !errors.As(err, &all) || len(all) != 3 || all[0].No != 1 || all[1].No != 3 || all[2].No != 4 {
		t.Errorf("%v", err)
	}
}

func TestPricesSetByAPerson(t *testing.T) {
	t.Parallel()
	b := book(t, `
taxes: [{id: t, percent: 10}]
default_tax: t
items: [{sku: A, price: 5, tags: [x]}]
promotions: [{id: p, kind: percentage, percent: 10, for: {tags: [x]}}, {id: q, kind: percentage, percent: 50}]`)
	c := cart("A 2; MYSTERY 3; CHEESE 0.5 kg")
	for i, p := range []string{"4.00", "1.50", "20"} {
		d := money.MustDecimal(p)
		c.Lines[i].Override = &d
	}
	r := priced(t, b, c)
	// A: 8.00 with both promotions; what is not on the list takes part in none.
	// 3 × 1.50 = 4.50 and 0.5 kg × 20.00 = 10.00, with the default tax.
	var got []int64
	for _, l := range r.Lines {
		got = append(got, l.Price, l.Promo, l.Tax)
	}
	if diff := cmp.Diff([]int64{800, 80 + 360, 36, 450, 0, 45, 1000, 0, 100}, got); diff != "" {
		t.Error(diff)
	}
	if r.Lines[1].Name != "MYSTERY" || r.Lines[2].PriceUnit != "kg" {
		t.Errorf("%+v", r.Lines)
	}
	d := money.MustDecimal("-1")
	c.Lines[0].Override = &d
	if _, err := b.Price(c); err == nil {
		t.Error("a price below 0 was accepted")
	}
}
