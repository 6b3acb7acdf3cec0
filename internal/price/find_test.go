package price_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/strollhq/stroll/internal/price"
)

const shelf = `
items:
- {sku: "00001234", price: 1, name: Tonic, barcodes: ["036000291452", "96385074"]}
- {sku: "00005678", price: 1, name: Novel, barcodes: ["0306406152"]}
- {sku: "AB-120", price: 1, name: Socks, barcodes: ["4006381333931"]}
- {sku: "AB-210", price: 1, name: Gloves, barcodes: ["2000000000015"]}
- {sku: "BANANA", price: 1, name: Banana, unit: lb, barcodes: ["4011"]}
`

func found(b *price.Book, typ, id string, external ...string) string {
	it, ok := b.Find(price.Ref{ID: id, Type: typ, External: external})
	if !ok {
		return ""
	}
	return it.Name
}

func TestFindBySKU(t *testing.T) {
	t.Parallel()
	for rule, want := range map[string]map[string]string{
		"":                           {"00001234": "Tonic", " 00001234 ": "Tonic", "1234": "", "ab-120": "", "AB-120": "Socks"},
		"sku: {pad: 8}":              {"1234": "Tonic", "00001234": "Tonic", "001234": "Tonic"},
		"sku: {trim_zeros: leading}": {"1234": "Tonic", "000001234": "Tonic", "12340": ""},
		"sku: {case: upper}":         {"ab-120": "Socks", "banana": "Banana"},
		"sku: {case: lower, trim_prefix: 'jwo-'}": {"JWO-AB-120": "Socks", "jwo-00001234": "Tonic"},
		"sku: {trim_suffix: .us}":                 {"BANANA.us": "Banana", "BANANA": "Banana"},
		"sku: {pad: 8, pad_side: right}":          {"BANANA": "Banana", "BANANA00": "Banana"},
		"sku: {trim_zeros: both}":                 {"1234": "Tonic", "0012340": "Tonic", "AB-12": "Socks"},
	} {
		b := book(t, rule+shelf)
		for id, name := range want {
			if got := found(b, price.TypeSKU, id); got != name {
				t.Errorf("%s: %q finds %q, want %q", rule, id, got, name)
			}
		}
	}
}

func TestFindByBarcode(t *testing.T) {
	t.Parallel()
	b := book(t, shelf)
	for id, name := range map[string]string{
		"036000291452": "Tonic", "0036000291452": "Tonic", "00036000291452": "Tonic", "96385074": "Tonic",
		"0306406152": "Novel", "9780306406157": "Novel", "4011": "Banana", "04011": "Banana",
		"36000291452": "", "00001234": "", "036000291453": "", "": "",
	} {
		if got := found(b, price.TypeScanCode, id); got != name {
			t.Errorf("%q finds %q, want %q", id, got, name)
		}
	}
	// A SKU is not a barcode, nor the other way round.
	if got := found(b, price.TypeSKU, "036000291452"); got != "" {
		t.Errorf("found %s", got)
	}
}

func TestFindByExternalIdentifierSecond(t *testing.T) {
	t.Parallel()
	for rule, want := range map[string][3]string{
		"":                         {"Tonic", "Socks", "Tonic"},
		"external_match: scancode": {"", "Socks", "Tonic"},
		"external_match: never":    {"", "", "Tonic"},
	} {
		b := book(t, rule+shelf)
		got := [3]string{
			found(b, price.TypeSKU, "gone", "bad", "036000291452"),
			found(b, price.TypeScanCode, "gone", "4006381333931"),
			found(b, price.TypeSKU, "00001234", "4006381333931"), // its own id wins
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", rule, diff)
		}
	}
}

func TestSuggest(t *testing.T) {
	t.Parallel()
	b := book(t, "external_match: never"+shelf)
	for _, c := range []struct {
		typ, id  string
		external []string
		want     string
	}{
		{price.TypeSKU, "gone", []string{"4006381333931"}, "Socks: external identifier 4006381333931"},
		{price.TypeScanCode, "36000291452", nil, "Tonic: barcode with other padding"},
		{price.TypeScanCode, "03600029145", nil, "Tonic: barcode without its check digit"},
		{price.TypeScanCode, "036000291459", nil, "Tonic: barcode with another check digit"},
		{price.TypeScanCode, "036000921452", nil, "Tonic: barcode with two digits swapped"},
		{price.TypeScanCode, "036000791452", nil, "Tonic: barcode with one digit different"},
		{price.TypeScanCode, "BANANA", nil, "Banana: its SKU"},
		{price.TypeSKU, "4011", nil, "Banana: its barcode"},
		{price.TypeSKU, "1234", nil, "Tonic: SKU with other case, signs or zeros"},
		{price.TypeSKU, "ab120", nil, "Socks: SKU with other case, signs or zeros"},
		{price.TypeSKU, "BAANNA", nil, "Banana: SKU with two characters swapped"},
		{price.TypeSKU, "BANAMA", nil, "Banana: SKU with one character different"},
		{price.TypeSKU, "BANAN", nil, "Banana: SKU with one character different"},
		{price.TypeSKU, "nothing like it", nil, ""},
		{price.TypeSKU, "", nil, ""},
	} {
		got := ""
		if s := b.Suggest(price.Ref{ID: c.id, Type: c.typ, External: c.external}); len(s) > 0 {
			got = fmt.Sprint(s[0].Name, ": ", s[0].Why)
		}
		if got != c.want {
			t.Errorf("%s %q: %q, want %q", c.typ, c.id, got, c.want)
		}
	}
	// Two items are one swap away from AB-120 and from each other.
	if s := b.Suggest(price.Ref{ID: "AB-1200", Type: price.TypeSKU}); len(s) != 1 || s[0].SKU != "AB-120" {
		t.Errorf("%+v", s)
	}
}
