package price_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/strollhq/stroll/internal/price"
	"github.com/strollhq/stroll/money"
)

const benchPromotions = `promotions:
- {id: coffee, name: Coffee for two, kind: buy_x_get_y, for: {tags: [coffee]}, priority: 9}
- {id: lunch, name: Lunch deal, kind: bundle, parts: [{for: {items: [SANDWICH]}}, {for: {items: [CHIPS]}}, {for: {items: [COLA]}}], price: 9.99, priority: 8}
- {id: water, name: Three for two, kind: n_for_m, count: 3, pay: 2, for: {items: [WATER]}, priority: 7}
- {id: nuts, name: Nuts week, kind: percentage, percent: 15, for: {items: [NUTS]}, priority: 6}
- {id: book, name: Book of the month, kind: fixed_price, price: 9.99, for: {items: [BOOK]}, priority: 5}
- {id: late, name: Late hour, kind: happy_hour, percent: 10, hours: ["20:00-22:00"], priority: 4}
- {id: club, name: Club, kind: percentage, percent: 5, loyalty_only: true, priority: 3}
- {id: big, name: Five off fifty, kind: threshold, spend: 50, amount: 5}
`

func bench(b *testing.B, text, lines string) {
	book, c := book(b, text), cart(lines)
	if _, err := book.Price(c); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := book.Price(c); err != nil {
			b.Fatal(err)
		}
	}
}

const twenty = "COFFEE 2; LATTE 1; SANDWICH 1; CHIPS 2; COLA 1; WATER 4; NUTS 0.350 kg; BOOK 1; WINE 1; CHIPS 1;" +
	"COFFEE 1; LATTE 2; SANDWICH 2; FERRY 2; COLA 2; WATER 1; NUTS 125 g; BOOK 2; WINE 2; COFFEE 3"

func BenchmarkPrice20Lines(b *testing.B) { bench(b, shop+benchPromotions, twenty) }

func BenchmarkPrice20LinesCondition(b *testing.B) {
	bench(b, shop+benchPromotions+`- {id: when, kind: percentage, percent: 1, when: 'cart.subtotal > amount("20.00") and hour < 18'}`, twenty)
}

func BenchmarkPrice20LinesScopeTotal(b *testing.B) {
	bench(b, shop+benchPromotions+"rounding_scope: total", twenty)
}

func BenchmarkPrice1000Lines(b *testing.B) {
	bench(b, shop+benchPromotions, strings.Repeat(twenty+";", 49)+twenty)
}

// large is a price list of n items with two barcodes each.
func large(n int) price.Spec {
	s := price.Spec{Taxes: []price.Tax{{ID: "t", Percent: money.MustDecimal("8.875")}}}
	for i := range n {
		s.Items = append(s.Items, price.Item{
			SKU: fmt.Sprintf("SKU-%06d", i), Name: "Item", Price: money.DecimalOf(int64(i%5000+1), 2), Tax: "t",
			Category: fmt.Sprint("c", i%40), Barcodes: []string{ean(int64(i)), ean(1_000_000 + int64(i))},
		})
	}
	for i := range 40 {
		s.Promotions = append(s.Promotions, price.Promotion{
			ID: fmt.Sprint("p", i), Kind: price.Percentage, Percent: money.MustDecimal("5"),
			For: price.Selection{Categories: []string{fmt.Sprint("c", i)}},
		})
	}
	return s
}

// ean is a valid EAN-13 of the range for use within a shop.
func ean(n int64) string {
	body := fmt.Sprintf("2%011d", n)
	sum := 0
	for i := range body {
		d := int(body[i] - '0')
		if i%2 == 1 {
			d *= 3
		}
		sum += d
	}
	return body + fmt.Sprint((10-sum%10)%10)
}

func BenchmarkCompile25000(b *testing.B) {
	s := large(25_000)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := price.Compile(s); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFindBarcode(b *testing.B) {
	book, err := price.Compile(large(25_000))
	if err != nil {
		b.Fatal(err)
	}
	ref := price.Ref{ID: ean(17_000), Type: price.TypeScanCode}
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := book.Find(ref); !ok {
			b.Fatal("not found")
		}
	}
}

func TestCompileOfALargeListIsFast(t *testing.T) {
	t.Parallel()
	s := large(25_000)
	start := time.Now()
	b, err := price.Compile(s)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("25,000 items in %s", time.Since(start))
	if it, ok := b.Find(price.Ref{ID: "0" + ean(24_999), Type: price.TypeScanCode}); !ok || it.SKU != "SKU-024999" {
		t.Errorf("found %v", it)
	}
	if len(b.Suggest(price.Ref{ID: "SKU-1234", Type: price.TypeSKU})) > 5 {
		t.Error("more suggestions than anybody reads")
	}
}
