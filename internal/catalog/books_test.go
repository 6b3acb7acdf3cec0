package catalog_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/strollhq/stroll/internal/catalog"
	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/internal/price"
	"github.com/strollhq/stroll/internal/testkit"
	"github.com/strollhq/stroll/money"
)

func TestMain(m *testing.M) { testkit.Main(m) }

func spec(cost string) price.Spec {
	return price.Spec{Currency: "USD", Items: []price.Item{{SKU: "tea", Price: money.MustDecimal(cost)}}}
}

// cost is what the list in force at a moment asks for tea.
func cost(t *testing.T, b *catalog.Books, at time.Time) int64 {
	t.Helper()
	book, _, err := b.At(context.Background(), "s", at)
	if err != nil {
		t.Fatal(err)
	}
	r, err := book.Price(price.Cart{At: at, Lines: []price.CartLine{{No: 1, SKU: "tea", Quantity: money.MustDecimal("1")}}})
	if err != nil {
		t.Fatal(err)
	}
	return r.SubTotal
}

func TestLateCartsFindTheListOfTheirDay(t *testing.T) {
	t.Parallel()
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		b := catalog.NewBooks(d)
		day := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
		for i, c := range []string{"1.00", "2.00", "3.00"} {
			if _, fresh, err := b.Publish(ctx, "s", spec(c), day.AddDate(0, 0, i)); err != nil || !fresh {
				t.Fatalf("publish %s: fresh %v, %v", c, fresh, err)
			}
		}
		for name, b := range map[string]*catalog.Books{"same process": b, "another process": catalog.NewBooks(d)} {
			for at, want := range map[time.Time]int64{
				day.AddDate(0, 0, -9): 100, // before the first list: the first
				day:                   100, // from its first moment on
				day.AddDate(0, 0, 1).Add(-time.Nanosecond): 100,
				day.AddDate(0, 0, 1):                       200,
				day.AddDate(1, 0, 0):                       300,
			} {
				if got := cost(t, b, at); got != want {
					t.Errorf("%s: tea at %s costs %d, want %d", name, at, got, want)
				}
			}
		}
	})
}

func TestPublish(t *testing.T) {
	t.Parallel()
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		b := catalog.NewBooks(d)
		now := time.Now()
		if _, _, err := b.At(ctx, "s", now); !errors.Is(err, fault.NotFound) {
			t.Errorf("a store without prices: %v", err)
		}
		first, _, err := b.Publish(ctx, "s", spec("1.00"), now)
		if err != nil {
			t.Fatal(err)
		}
		if v, fresh, err := b.Publish(ctx, "s", spec("1.00"), now.Add(time.Hour)); err != nil || fresh || v != first {
			t.Errorf("the same content again: %v, fresh %v, %v", v, fresh, err)
		}
		if _, _, err := b.Publish(ctx, "s", price.Spec{Currency: "USD", Items: []price.Item{{SKU: "x"}}}, now); !errors.Is(err, fault.Invalid) {
			t.Errorf("a list with faults: %v", err)
		}
		// A change in the same moment, or with a clock that ran back, still
		// comes after what was in force.
		second, fresh, err := b.Publish(ctx, "s", spec("2.00"), now.Add(-time.Hour))
		if err != nil || !fresh || !second.From.After(first.From) {
			t.Errorf("a change with the clock back: %v, fresh %v, %v", second, fresh, err)
		}
		// Going back to an old price is a change like any other.
		if v, fresh, err := b.Publish(ctx, "s", spec("1.00"), now.Add(time.Hour)); err != nil || !fresh || v.ID != first.ID {
			t.Errorf("back to the first: %v, fresh %v, %v", v, fresh, err)
		}
		if got := cost(t, b, now.Add(2*time.Hour)); got != 100 {
			t.Errorf("tea costs %d", got)
		}
		if list, err := b.Versions(ctx, "s"); err != nil || len(list) != 3 {
			t.Errorf("versions: %v, %v", list, err)
		}
	})
}
