package price_test

import (
	"strings"
	"testing"

	"github.com/strollhq/stroll/internal/price"
)

func TestParseBarcode(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, kind, key string }{
		{"036000291452", price.UPC, "00036000291452"},
		{"0036000291452", price.EAN, "00036000291452"},   // the same, padded
		{"00036000291452", price.GTIN, "00036000291452"}, // and again
		{" 036000291452 ", price.UPC, "00036000291452"},
		{"4006381333931", price.EAN, "04006381333931"},
		{"96385074", price.EAN8, "00000096385074"},
		{"04252614", price.UPC, "00042100005264"}, // UPC-E of 042100005264
		{"10614141543219", price.GTIN, "10614141543219"},
		{"0306406152", price.ISBN, "09780306406157"},
		{"097522980X", price.ISBN, "09780975229804"},
		{"9780306406157", price.EAN, "09780306406157"}, // the same book
		{"4011", price.PLU, "plu 4011"},
		{"04011", price.PLU, "plu 4011"},
		{"94011", price.PLU, "plu 94011"},
	} {
		got, err := price.ParseBarcode(c.text)
		if err != nil || got.Kind != c.kind || got.Key != c.key || got.Text != strings.TrimSpace(c.text) {
			t.Errorf("%q: %+v, %v", c.text, got, err)
		}
	}
	for text, want := range map[string]string{
		"":                    "empty",
		"12":                  "2 digits",
		"000000000000":        "all zeros",
		"1234567":             "7 digits",
		"123456789":           "9 digits",
		"03600029145":         "11 digits",
		"123456789012345":     "15 digits",
		"036000291453":        "check digit is 2, not 3",
		"4006381333930":       "check digit is 1, not 0",
		"96385075":            "check digit is 4, not 5",
		"0306406153":          "check digit of the ISBN is 2, not 3",
		"X306406152":          "more than digits",
		"40063813339x1":       "more than digits",
		"٤٠١١":                "more than digits",
		"4006381333931\x00":   "more than digits",
		"-4011":               "more than digits",
		"4 006381 333931":     "more than digits",
		"0000000000000000001": "19 digits",
	} {
		if got, err := price.ParseBarcode(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %+v, %v; want %s", text, got, err, want)
		}
	}
}

func TestUPCEReadsEveryForm(t *testing.T) {
	t.Parallel()
	// One for each way UPC-E leaves zeros out, with the check digit of UPC-A.
	for short, long := range map[string]string{
		"01234505": "012000003455", "01234514": "012100003454", "01234523": "012200003453",
		"01234531": "012300000451", "01234543": "012340000053", "01234558": "012345000058", "01234596": "012345000096",
	} {
		got, err := price.ParseBarcode(short)
		if err != nil {
			t.Errorf("%s: %v", short, err)
			continue
		}
		if key := "00" + long; got.Key != key && got.Other != key {
			t.Errorf("%s: %+v, want %s", short, got, key)
		}
	}
}

func TestEightDigitsThatAreBothKinds(t *testing.T) {
	t.Parallel()
	both := ""
	for n := 123_456; both == "" && n < 10_000_000; n += 7 {
		if c, err := price.ParseBarcode(eightDigits(n)); err == nil && c.Other != "" {
			both = c.Text
		}
	}
	code, _ := price.ParseBarcode(both)
	long := strings.TrimPrefix(code.Other, "00")
	b := book(t, `items: [{sku: A, price: 1, barcodes: ["`+both+`"]}]`)
	for _, id := range []string{both, long, "00000" + both} {
		if it, ok := b.Find(price.Ref{ID: id, Type: price.TypeScanCode}); !ok || it.SKU != "A" {
			t.Errorf("%s: %v", id, it)
		}
	}
	// The second reading gives way to an item that has that code for itself.
	b = book(t, `items: [{sku: A, price: 1, barcodes: ["`+both+`"]}, {sku: B, price: 1, barcodes: ["`+long+`"]}]`)
	if it, _ := b.Find(price.Ref{ID: long, Type: price.TypeScanCode}); it == nil || it.SKU != "B" {
		t.Errorf("%v", it)
	}
	if it, _ := b.Find(price.Ref{ID: both, Type: price.TypeScanCode}); it == nil || it.SKU != "A" {
		t.Errorf("%v", it)
	}
}

// eightDigits is n with the check digit of EAN-8.
func eightDigits(n int) string {
	body := []byte("0000000")
	for i := 6; i >= 0; i-- {
		body[i] = byte('0' + n%10)
		n /= 10
	}
	sum := 0
	for i, d := range body {
		w := 3
		if i%2 == 1 {
			w = 1
		}
		sum += int(d-'0') * w
	}
	return string(body) + string(byte('0'+(10-sum%10)%10))
}

func FuzzParseBarcode(f *testing.F) {
	for _, s := range []string{"036000291452", "04252614", "097522980X", "4011", "", "٤٠١١", "1061414154321X", "00000000", "00000017"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, err := price.ParseBarcode(s)
		if err != nil {
			if c != (price.Barcode{}) {
				t.Fatalf("%q: %v with %+v", s, err, c)
			}
			return
		}
		if c.Text != strings.TrimSpace(s) || c.Key == "" || c.Kind == "" {
			t.Fatalf("%q: %+v", s, c)
		}
		again, err := price.ParseBarcode(c.Text)
		if err != nil || again != c {
			t.Fatalf("%q: %+v, then %+v, %v", s, c, again, err)
		}
		for _, key := range []string{c.Key, c.Other} {
			if key == "" || strings.HasPrefix(key, "plu ") {
				continue
			}
			// A key is itself a GTIN-14 and names the same product.
			if k, err := price.ParseBarcode(key); err != nil || k.Key != key || k.Kind != price.GTIN {
				t.Fatalf("%q: key %q: %+v, %v", s, key, k, err)
			}
		}
	})
}
