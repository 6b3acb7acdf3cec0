package bench_test

import (
	"encoding/json"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/strollhq/stroll/internal/app"
	"github.com/strollhq/stroll/internal/price"
	"github.com/strollhq/stroll/jwo"
	"github.com/strollhq/stroll/money"
)

// measureDecode compares the decoder, with all its checks, with encoding/json
// into the same struct without any.
func measureDecode(t *testing.T, b *board, _ *site) {
	if !b.wants("decode") {
		return
	}
	sample, err := app.Sample()
	if err != nil {
		t.Fatal(err)
	}
	body := []byte(purchaseBody(sample.Stores[0].Prices.Items, 20, visitorID(1)))
	var ours, theirs []float64
	for range *rounds {
		theirs = append(theirs, each(t, func() error { return json.Unmarshal(body, new(jwo.CreatePurchasesRequest)) }))
		ours = append(ours, each(t, func() error { return jwo.DecodeRequest(body, new(jwo.CreatePurchasesRequest), jwo.Limits{}) }))
	}
	b.rates(Figure{Key: "decode", What: "decode and validate a cart of 20 lines", Baseline: "encoding/json into the same struct, no checks", Unit: "µs", Limit: 0.5}, ours, theirs)
}

// measurePrice times and counts a pricing of 20 lines with the sample store's
// promotions and two tax rates.
func measurePrice(t *testing.T, b *board, _ *site) {
	if !b.wants("price-time", "price-allocations") {
		return
	}
	book, cart := pricing(t)
	var took []float64
	one := func() error { _, err := book.Price(cart); return err }
	for range *rounds {
		took = append(took, each(t, one))
	}
	b.rates(Figure{Key: "price-time", What: "pricing a cart of 20 lines, 14 promotions, two tax rates", Unit: "µs", Limit: 50}, took, nil)
	n := testing.AllocsPerRun(100, func() { one() })
	b.rates(Figure{Key: "price-allocations", What: "allocations of the same", Unit: "", Limit: 100}, []float64{n}, nil)
}

// pricing is the sample store's price list and a cart of 20 lines of it.
func pricing(t testing.TB) (*price.Book, price.Cart) {
	t.Helper()
	sample, err := app.Sample()
	if err != nil {
		t.Fatal(err)
	}
	spec := sample.Stores[0].Prices
	book, err := price.Compile(spec)
	if err != nil {
		t.Fatal(err)
	}
	c := price.Cart{At: time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC), Loyalty: true, Shopper: visitorID(1), Kind: jwo.Shopper, Entry: jwo.ScanCode}
	for i := range 20 {
		it := spec.Items[i*7%len(spec.Items)]
		l := price.CartLine{No: i + 1, SKU: it.SKU, Quantity: money.MustDecimal("2")}
		if it.Unit != "" {
			l.Quantity = money.MustDecimal("0.350")
		}
		c.Lines = append(c.Lines, l)
	}
	return book, c
}

// each is how many microseconds of the processor a call of f takes, the garbage
// collector's work included, measured for a third of a second. Time on the
// processor does not count what others do on the machine meanwhile.
func each(t testing.TB, f func() error) float64 {
	t.Helper()
	runtime.GC()
	n, began, used := 0, time.Now(), processor(t)
	for ; time.Since(began) < time.Second/3; n++ {
		if err := f(); err != nil {
			t.Fatal(err)
		}
	}
	return float64((processor(t) - used).Microseconds()) / float64(n)
}

// processor is the time this process has used.
func processor(t testing.TB) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
