package cart_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/strollhq/stroll/internal/cart"
	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/testkit"
	"github.com/strollhq/stroll/money"
)

// TestOlderSales: a purchase stored as it was before prices became shorter and
// lines were left to the body reads as one that is stored today, and can be
// priced again.
func TestOlderSales(t *testing.T) {
	t.Parallel()
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		trip := trip()
		scanned := item("nobody-knows", "02.0")
		scanned["externalIdentifiers"] = []any{object{"id": "012345678905", "type": "UPC"}, object{"type": "UPC"}}
		scanned["lineItemId"] = "line-\u0000-1"
		s.post(t, body(trip, items(item("ROLL", "2"), scanned, item("WATER", "1"))))
		today := s.get(t, trip)
		if len(today.Lines) != 3 || today.Lines[1].SKU != "COLA" || today.Lines[1].Quantity != "02.0" || len(today.Lines[1].External) != 1 || today.State != cart.Priced {
			t.Fatalf("%+v", today.Lines)
		}
		before, err := s.Pricings(t.Context(), trip)
		if err != nil || len(before) != 1 {
			t.Fatalf("%d pricings, %v", len(before), err)
		}
		text := func(v any) string {
			b, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			return string(b)
		}
		err = d.Tx(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			if _, err := tx.ExecContext(ctx, `INSERT INTO purchase_price (trip_id, no, at, version, operator, reason, fixes, currency, total, result)
				SELECT trip_id, pricing, priced, version, '', '', '', currency, total, $1 FROM purchase WHERE trip_id = $2`, text(today.Result), trip); err != nil {
				return err
			}
			_, err := tx.ExecContext(ctx, `UPDATE purchase SET version = '', result = '', lines = $1 WHERE trip_id = $2`, text(today.Lines), trip)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		same := []cmp.Option{cmpopts.EquateEmpty(), cmpopts.IgnoreUnexported(cart.Purchase{}), cmp.Comparer(func(a, b money.Decimal) bool { return a.String() == b.String() })}
		if diff := cmp.Diff(today, s.get(t, trip), same...); diff != "" {
			t.Errorf("an older sale (-today +older):\n%s", diff)
		}
		if after, err := s.Pricings(t.Context(), trip); err != nil || cmp.Diff(before, after, same...) != "" {
			t.Errorf("its pricings (-today +older): %v\n%s", err, cmp.Diff(before, after, same...))
		}
	})
}

// TestFirstPriceStays: the price a cart was taken with remains beside the one
// an operator's fix leads to.
func TestFirstPriceStays(t *testing.T) {
	t.Parallel()
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		s.set(func(c *cartSettings) { c.BadCart.Mode = cart.ChargeKnown })
		trip := trip()
		s.post(t, body(trip, items(item("WATER", "1"), item("nobody-knows", "1"))))
		s.till.moved.Store(true)
		first := s.get(t, trip)
		if err := s.Resolve(t.Context(), fix(trip, cart.Fix{No: 2, Drop: true})); err != nil {
			t.Fatal(err)
		}
		all, err := s.Pricings(t.Context(), trip)
		if err != nil || len(all) != 2 {
			t.Fatalf("%d pricings, %v", len(all), err)
		}
		if all[0].No != 1 || all[0].Operator != "" || all[0].Version != "v1" || all[0].Total != first.Total || !all[0].At.Equal(first.PricedAt) ||
			all[1].No != 2 || all[1].Operator == "" {
			t.Errorf("%+v", all)
		}
		if p := s.get(t, trip); p.State != cart.Priced || len(p.Lines) != 2 || !p.Lines[1].Dropped || p.Total != first.Total {
			t.Errorf("%+v", p)
		}
	})
}
