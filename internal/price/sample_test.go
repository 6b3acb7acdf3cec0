package price_test

import (
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/strollhq/stroll/internal/price"
)

// sample is the shelf of the sample store.
func sample(t *testing.T) *price.Book {
	t.Helper()
	text, err := os.ReadFile("../app/sample_prices.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return book(t, string(text))
}

func TestTheSampleStoreHasEverything(t *testing.T) {
	t.Parallel()
	b := sample(t)
	var weighed, exempt, deposits, codes int
	for _, it := range b.Items() {
		if it.Unit != price.Each {
			weighed++
		}
		if it.Tax == price.Exempt {
			exempt++
		}
		deposits += len(it.Fees)
		codes += len(it.Barcodes)
		for _, c := range it.Barcodes {
			if got := found(b, price.TypeScanCode, c); got != it.Name {
				t.Errorf("%s of %s finds %q", c, it.Name, got)
			}
		}
	}
	if n := len(b.Items()); n < 55 || n > 70 || weighed < 3 || exempt < 3 || deposits < 5 || codes < n || len(b.Spec().Taxes) != 2 {
		t.Errorf("%d items, %d weighed, %d exempt, %d deposits, %d codes", n, weighed, exempt, deposits, codes)
	}
	kinds := map[string]bool{}
	for _, p := range b.Spec().Promotions {
		kinds[p.Kind] = true
	}
	if len(kinds) != 8 {
		t.Errorf("kinds of promotions: %v", kinds)
	}
}

func TestTheSampleStoreSellsBreakfast(t *testing.T) {
	t.Parallel()
	b := sample(t)
	c := cart("COF-003 1; BAK-002 1; PRS-001 1; WGT-001 0.25 lb; DRK-001 2; TRV-008 1")
	c.At = time.Date(2026, 7, 1, 8, 30, 0, 0, b.Location()) // a Wednesday
	c.Loyalty, c.Shopper = true, "s-1"
	r := priced(t, b, c)
	// Latte 4.75 − 10 % (0.475 → 0.48) = 4.27; loyal: 0.2135 → 0.21
	// Muffin 3.45, free with the latte
	// Newspaper 3.00; loyal 0.15
	// Almonds 0.25 × 14.99 = 3.7475 → 3.75 − 15 % (0.5625 → 0.56) = 3.19; loyal 0.1595 → 0.16
	// Water 2 × 2.79 = 5.58; loyal 0.279 → 0.28
	// Umbrella for 9.99, with nothing else
	// The welcome gift of 1.00 over 4.06 + 2.85 + 3.03 + 5.30 = 15.24:
	// 26.64, 18.70, 19.88, 34.78 → 26 + 19 + 20 + 35
	want := []int64{48 + 21 + 26, 345, 15 + 19, 56 + 16 + 20, 28 + 35, 700}
	if diff := cmp.Diff(want, promos(r)); diff != "" {
		t.Errorf("%s\n%s", diff, view(r.Explain))
	}
	// Latte 3.80 × 10.25 % = 0.3895 → 0.39; water 4.95 × 8.875 % = 0.4393 → 0.44
	// and two deposits; umbrella 9.99 × 8.875 % = 0.8866 → 0.89
	if r.TaxTotal != 39+44+89 || r.FeesTotal != 10 {
		t.Errorf("tax %d, fees %d", r.TaxTotal, r.FeesTotal)
	}
}
