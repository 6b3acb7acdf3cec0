package price_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/strollhq/stroll/internal/price"
)

func TestUnitsShareWhatTheLineCost(t *testing.T) {
	t.Parallel()
	b := book(t, `
taxes: [{id: t, percent: 10}]
fees: [{id: deposit, amount: 0.05, tax: t}]
items: [{sku: A, price: 3.49, tax: t, fees: [deposit]}]
promotions: [{id: p, kind: n_for_m, count: 3, pay: 2}]`)
	// 3 × 3.49 = 10.47 − 3.49 = 6.98, tax 0.698 → 0.70, deposit 0.15 and its tax
	// 0.015 → 0.02: 7.85. No piece is the free one: each bears a third.
	units := price.Units(priced(t, b, cart("A 3")).Lines[0])
	want := []price.Unit{
		{Price: 349, Promo: 117, Taxes: []int64{24}, Tax: 24, Fees: []int64{5}, Fee: 5, FeeTaxes: []int64{1}, FeeTax: 1, Total: 262},
		{Price: 349, Promo: 116, Taxes: []int64{23}, Tax: 23, Fees: []int64{5}, Fee: 5, FeeTaxes: []int64{1}, FeeTax: 1, Total: 262},
		{Price: 349, Promo: 116, Taxes: []int64{23}, Tax: 23, Fees: []int64{5}, Fee: 5, FeeTaxes: []int64{0}, FeeTax: 0, Total: 261},
	}
	if diff := cmp.Diff(want, units); diff != "" {
		t.Error(diff)
	}
}

func TestAWeighedLineIsOneUnit(t *testing.T) {
	t.Parallel()
	b := book(t, `items: [{sku: W, price: 7.77, unit: lb}]`)
	units := price.Units(priced(t, b, cart("W 1.5 lb")).Lines[0])
	if len(units) != 1 || units[0].Total != 1166 { // 11.655 → 11.66
		t.Errorf("%+v", units)
	}
}
