package price_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"github.com/strollhq/stroll/internal/price"
)

func TestCompileListsEveryFaultWithItsPath(t *testing.T) {
	t.Parallel()
	_, err := price.Compile(spec(t, `
currency: usd
time_zone: Mars/Olympus
rounding: bankers
rounding_scope: cart
tax_base: net
max_discount_percent: 101
sku: {case: camel, pad: 300}
external_match: maybe
units: {stone: [st], kg: [lb]}
default_tax: vat
taxes:
- {id: t, percent: 8.12345678}
- {id: t, percent: 5}
- {id: exempt, percent: 5}
- {id: u, percent: 60}
- {id: v, percent: 60}
tax_classes: [{id: c, taxes: [u, v, u, x]}, {id: d, taxes: []}]
fees:
- {id: f}
- {id: g, amount: 0.005, tax: w}
- {id: h, percent: 2, per: line}
items:
- {sku: A, price: 1, barcodes: ["4006381333937", "4011"]}
- {sku: A, price: -1}
- {sku: B}
- {sku: C, price: 1, unit: barrel, tax: w, fees: [nothing]}
- {sku: " ", price: 0.0000000001}
- {sku: D, price: 1, barcodes: ["04011"]}
- {sku: E, price: 1, free: true}
promotions:
- {id: p, kind: gift}
- {id: p, kind: percentage}
- {id: q, kind: percentage, percent: 110, pay: 3}
- {id: r, kind: n_for_m, count: 1}
- {id: s, kind: bundle, price: 1, parts: [{for: {items: [Z]}}]}
- {id: u, kind: threshold, percent: 5, repeat: true}
- {id: v, kind: happy_hour, price: 1, percent: 2}
- {id: w, kind: percentage, percent: 5, for: {tags: [none]}, from: yesterday, weekdays: [monday], hours: ["9-5"], caps: {per_cart: -1, cart_amount: -2}}
- {id: x, kind: percentage, percent: 5, from: 2026-02-01, until: 2026-01-01}
`))
	var faults price.Faults
	if !errors.As(err, &faults) {
		t.Fatal(err)
	}
	var got []string
	for _, f := range faults {
		got = append(got, f.String())
	}
	want := []string{
		`currency: currency "usd": not three capital letters`,
		`time_zone: "Mars/Olympus" is not a time zone such as America/New_York`,
		`rounding: rounding "bankers": not half_up or half_even`,
		`rounding_scope: "cart" is not one of line, total`,
		`tax_base: "net" is not one of discounted, shelf`,
		`max_discount_percent: 101 is not a percentage of 0 to 100 with at most 6 decimals`,
		`sku.case: "camel" is not one of keep, upper, lower`,
		`sku.pad: is 300, not a length of 0 to 255`,
		`external_match: "maybe" is not one of always, scancode, never`,
		`units.kg[0]: "lb" already means lb`,
		`units.stone: is not a known unit`,
		`taxes[0].percent: 8.12345678 is not a percentage of 0 to 100 with at most 7 decimals`,
		`taxes[1].id: "t" is used twice`,
		`taxes[2].id: "exempt" is used twice`,
		`tax_classes[0].taxes[2]: "u" is named twice`,
		`tax_classes[0].taxes[3]: no tax is called "x"`,
		`tax_classes[0].taxes: together above 100 %`,
		`tax_classes[1].taxes: missing; what bears no tax is exempt`,
		`default_tax: no tax or tax class is called "vat"`,
		`fees[0]: needs an amount or a percent, not both`,
		`fees[1].amount: 0.005 : more than 2 decimals`,
		`fees[1].tax: no tax or tax class is called "w"`,
		`fees[2].per: goes with an amount only`,
		`items[0].barcodes[0]: check digit is 1, not 7`,
		`items[1].sku: "A" is the same as that of items[0]`,
		`items[1].price: -1 is below 0`,
		`items[2].price: missing; an item that costs nothing says free: true`,
		`items[3].unit: "barrel" is not a known unit`,
		`items[3].tax: no tax or tax class is called "w"`,
		`items[3].fees[0]: no fee is called "nothing"`,
		`items[4].sku: missing`,
		`items[4].price: 0.0000000001 is too large or has more than 9 decimals`,
		`items[5].barcodes[0]: 04011 belongs to items[0] already`,
		`items[6].free: the item has a price`,
		`promotions[0].kind: "gift" is not one of percentage, fixed_amount, fixed_price, n_for_m, buy_x_get_y, bundle, threshold, happy_hour`,
		`promotions[1].id: "p" is used twice`,
		`promotions[1]: percentage needs exactly one of [percent]`,
		`promotions[2].pay: does not go with percentage`,
		`promotions[2].percent: 110 is not a percentage of 0 to 100 with at most 6 decimals`,
		`promotions[3].count: is 1, not 2 to 1000`,
		`promotions[3].pay: needs either pay, from 1 to count − 1, or price`,
		`promotions[4].parts: hold 1 pieces, not 2 to 20`,
		`promotions[5].spend: missing`,
		`promotions[5].repeat: goes with an amount only`,
		`promotions[6]: happy_hour needs exactly one of [percent amount price]`,
		`promotions[6].hours: missing`,
		`promotions[7].from: "yesterday" is neither a day such as 2026-07-31 nor an instant such as 2026-07-31T12:00:00-04:00`,
		`promotions[7].weekdays[0]: "monday" is not one of mon, tue, wed, thu, fri, sat, sun`,
		`promotions[7].hours[0]: "9-5" is not a window such as 16:00-18:00`,
		`promotions[7].caps.per_cart: is below 0`,
		`promotions[7].caps.cart_amount: -2 is below 0`,
		`promotions[8].until: is not after from`,
		`promotions[4].parts[0].for.items[0]: no item has "Z"`,
		`promotions[7].for.tags[0]: no item has "none"`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTheZeroSpecIsAStoreThatSellsNothing(t *testing.T) {
	t.Parallel()
	b, err := price.Compile(price.Spec{})
	if err != nil {
		t.Fatal(err)
	}
	r := priced(t, b, price.Cart{At: noon})
	if r.Total != 0 || r.Currency != "USD" || len(r.Lines) != 0 || !strings.Contains(view(r), `"lines": []`) {
		t.Errorf("%s", view(r))
	}
	if s := b.Spec(); s.TimeZone != "UTC" || s.Rounding != "half_up" || s.DefaultTax != "exempt" {
		t.Errorf("%+v", s)
	}
}

func TestSpecSurvivesItsOwnYAML(t *testing.T) {
	t.Parallel()
	b := book(t, shop+benchPromotions)
	text, err := yaml.Marshal(b.Spec())
	if err != nil {
		t.Fatal(err)
	}
	again := book(t, string(text))
	if diff := cmp.Diff(view(priced(t, b, cart(twenty))), view(priced(t, again, cart(twenty)))); diff != "" {
		t.Error(diff)
	}
}

func TestUnknownKeysAreRefused(t *testing.T) {
	t.Parallel()
	var s price.Spec
	err := yaml.UnmarshalWithOptions([]byte("items:\n- {sku: A, prize: 1}"), &s, yaml.Strict())
	if err == nil || !strings.Contains(err.Error(), "prize") {
		t.Errorf("%v", err)
	}
}

func TestOneItemMayNameACodeTwice(t *testing.T) {
	t.Parallel()
	b := book(t, `items: [{sku: A, price: 1, barcodes: ["036000291452", "0036000291452"]}]`)
	if found(b, price.TypeScanCode, "036000291452") != "A" {
		t.Error("not found")
	}
}
