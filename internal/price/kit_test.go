package price_test

import (
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/strollhq/stroll/internal/price"
	"github.com/strollhq/stroll/money"
)

// noon is a Wednesday, 12:00 in UTC.
var noon = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)

// spec reads a price list as a store's file would.
func spec(t testing.TB, text string) price.Spec {
	t.Helper()
	var s price.Spec
	if err := yaml.UnmarshalWithOptions([]byte(text), &s, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	return s
}

// book compiles a price list.
func book(t testing.TB, text string) *price.Book {
	t.Helper()
	b, err := price.Compile(spec(t, text))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// cart is a cart at noon: "A 2; B 0.5 lb" is two of A and half a pound of B.
func cart(text string) price.Cart {
	c := price.Cart{At: noon}
	for i, l := range strings.Split(text, ";") {
		f := strings.Fields(l)
		line := price.CartLine{No: i + 1, SKU: f[0], Quantity: money.MustDecimal(f[1])}
		if len(f) > 2 {
			line.Unit = f[2]
		}
		c.Lines = append(c.Lines, line)
	}
	return c
}

// priced prices a cart and checks what must hold for every result.
func priced(t testing.TB, b *price.Book, c price.Cart) *price.Result {
	t.Helper()
	r, err := b.Price(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range inconsistencies(r) {
		t.Error(fault)
	}
	return r
}

// promos lists what promotions took off each line.
func promos(r *price.Result) []int64 {
	var out []int64
	for _, l := range r.Lines {
		out = append(out, l.Promo)
	}
	return out
}

// why is the explanation of a promotion.
func why(t testing.TB, r *price.Result, id string) price.Explanation {
	t.Helper()
	for _, x := range r.Explain {
		if x.Promotion == id {
			return x
		}
	}
	t.Fatalf("promotion %s is not explained", id)
	return price.Explanation{}
}
