package price_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/strollhq/stroll/internal/price"
	"github.com/strollhq/stroll/money"
)

func TestInForce(t *testing.T) {
	t.Parallel()
	book, err := price.Compile(price.Spec{
		TimeZone: "America/New_York", Items: []price.Item{{SKU: "tea", Price: money.MustDecimal("2.00")}},
		Promotions: []price.Promotion{
			{ID: "always", Kind: price.Percentage, Percent: money.MustDecimal("10")},
			{ID: "july", Kind: price.Percentage, Percent: money.MustDecimal("10"), From: "2026-07-01", Until: "2026-07-31"},
			{ID: "evening", Kind: price.HappyHour, Percent: money.MustDecimal("10"), Hours: []string{"16:00-18:00"}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	for at, want := range map[string][]string{
		"2026-07-31T23:30:00-04:00": {"always", "july"},
		"2026-08-01T03:30:00Z":      {"always", "july"}, // still July in New York
		"2026-08-01T17:00:00-04:00": {"always", "evening"},
		"2026-08-01T12:00:00-04:00": {"always"},
	} {
		moment, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, book.InForce(moment)); d != "" {
			t.Errorf("%s: %s", at, d)
		}
	}
}
