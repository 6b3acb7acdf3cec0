package cart_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/strollhq/stroll/internal/cart"
	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/internal/testkit"
)

func fix(trip string, fixes ...cart.Fix) cart.Resolution {
	return cart.Resolution{TripID: trip, Operator: "olga", Reason: "looked at the shelf", Fixes: fixes}
}

// TestBadCart: what the price list does not know is taken, parked and resolved
// by an operator (contract: ordering 2.4).
func TestBadCart(t *testing.T) {
	t.Parallel()
	kilos := object{"id": "WATER", "type": "SKU", "quantity": object{"value": "1", "unit": "kg"}}
	half := object{"id": "WATER", "type": "SKU", "quantity": object{"value": "0.5", "unit": "each"}}
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		// parked sends a cart and expects it held.
		parked := func(t *testing.T, lines ...object) string {
			t.Helper()
			trip := trip()
			a := s.post(t, body(trip, items(lines...), events(event("FINANCIAL", "", ""))))
			if a.Status != http.StatusCreated || a.purchase(t) == "" {
				t.Fatalf("%+v", a)
			}
			p := s.get(t, trip)
			if p.State != cart.Bad || p.Total.Currency != "" || p.Result != nil {
				t.Fatalf("state %s total %v", p.State, p.Total)
			}
			if o := s.till.of(t, trip); o.Act != "hold" || o.Reason != "bad_cart" || o.Currency != "" {
				t.Fatalf("payment %+v", o)
			}
			if !strings.Contains(s.log.String(), "alert=bad_cart store=store-1 trip="+trip+" ") {
				t.Error("no alert")
			}
			return trip
		}
		// charged expects a resolved cart.
		charged := func(t *testing.T, trip string, total int64) {
			t.Helper()
			p, o := s.get(t, trip), s.till.of(t, trip)
			if p.State != cart.Priced || p.Total.Minor != total || o.Act != "charge" || o.Total != total {
				t.Errorf("state %s total %s, payment %+v, want %d", p.State, p.Total, o, total)
			}
		}
		t.Run("some_unknown_map_item", func(t *testing.T) {
			trip := parked(t, item("WATER", "1"), item("wat-er", "2"))
			bad, err := s.Bad(t.Context(), "store-1")
			if err != nil || len(bad) != 1 || bad[0].TripID != trip {
				t.Fatalf("%v %v", bad, err)
			}
			line := bad[0].Lines[1]
			if line.Trouble == "" || len(line.Suggestions) == 0 || line.Suggestions[0].SKU != "WATER" {
				t.Errorf("line %+v, want WATER suggested", line)
			}
			if err := s.Resolve(t.Context(), fix(trip, cart.Fix{No: 2, SKU: "WATER"})); err != nil {
				t.Fatal(err)
			}
			charged(t, trip, 300)
			history, err := s.Pricings(t.Context(), trip)
			if err != nil || len(history) != 1 || history[0].Operator != "olga" || len(history[0].Fixes) != 1 {
				t.Errorf("history %+v, %v", history, err)
			}
			if err := s.Resolve(t.Context(), fix(trip, cart.Fix{No: 2, Drop: true})); err != nil {
				t.Errorf("resolved again: %v", err)
			}
			charged(t, trip, 300)
			if bad, err := s.Bad(t.Context(), ""); err != nil || len(bad) != 0 {
				t.Errorf("still bad: %v %v", bad, err)
			}
		})
		t.Run("all_unknown_set_price", func(t *testing.T) {
			trip := parked(t, item("nobody-knows", "2"))
			if err := s.Resolve(t.Context(), fix(trip, cart.Fix{No: 1, UnitPrice: "2.50"})); err != nil {
				t.Fatal(err)
			}
			charged(t, trip, 500+20+23) // with the default tax
		})
		t.Run("drop_line", func(t *testing.T) {
			trip := parked(t, item("WATER", "1"), item("nobody-knows", "1"))
			if err := s.Resolve(t.Context(), fix(trip, cart.Fix{No: 2, Drop: true})); err != nil {
				t.Fatal(err)
			}
			charged(t, trip, 100)
		})
		t.Run("drop_all", func(t *testing.T) {
			trip := parked(t, item("nobody-knows", "1"))
			if err := s.Resolve(t.Context(), fix(trip, cart.Fix{No: 1, Drop: true})); err != nil {
				t.Fatal(err)
			}
			if o := s.till.of(t, trip); o.Act != "release" || o.Reason != "zero_total" || o.Currency != "USD" {
				t.Errorf("payment %+v", o)
			}
		})
		t.Run("unit_does_not_fit", func(t *testing.T) {
			trip := parked(t, kilos, half, item("WATER", "1"))
			p := s.get(t, trip)
			if p.Lines[0].Trouble == "" || p.Lines[1].Trouble == "" || p.Lines[2].Trouble != "" {
				t.Errorf("lines %+v", p.Lines)
			}
			err := s.Resolve(t.Context(), fix(trip, cart.Fix{No: 1, Drop: true}))
			if !errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "line 2") {
				t.Errorf("half resolved: %v", err)
			}
			if p := s.get(t, trip); p.State != cart.Bad || p.Lines[0].Dropped {
				t.Errorf("a refused resolution left %s %+v", p.State, p.Lines[0])
			}
			if err := s.Resolve(t.Context(), fix(trip, cart.Fix{No: 1, Drop: true}, cart.Fix{No: 2, Drop: true})); err != nil {
				t.Fatal(err)
			}
			charged(t, trip, 100)
		})
		t.Run("price_list_repaired", func(t *testing.T) {
			trip := parked(t, item("NEW", "1"))
			repaired := book(t, shelfYAML+"")
			text := strings.Replace(shelfYAML, "- {sku: BAG", "- {sku: NEW, name: New, price: 3, tax: exempt}\n- {sku: BAG", 1)
			s.stock(func(context.Context, time.Time) (*priceBook, string, error) { return book(t, text), "v2", nil })
			defer s.stock(func(context.Context, time.Time) (*priceBook, string, error) { return repaired, "v1", nil })
			if err := s.Resolve(t.Context(), fix(trip)); err != nil {
				t.Fatal(err)
			}
			charged(t, trip, 300)
			if p := s.get(t, trip); p.Version != "v2" {
				t.Errorf("version %s", p.Version)
			}
		})
		t.Run("charge_known", func(t *testing.T) {
			s.set(func(c *cartSettings) { c.BadCart.Mode = cart.ChargeKnown })
			defer s.set(func(c *cartSettings) { c.BadCart.Mode = "" })
			trip := trip()
			s.post(t, body(trip, items(item("WATER", "1"), item("nobody-knows", "1")), events(event("FINANCIAL", "", ""))))
			if o, p := s.till.of(t, trip), s.get(t, trip); o.Act != "charge" || o.Total != 100 || p.State != cart.Bad {
				t.Fatalf("payment %+v, state %s", o, p.State)
			}
			if err := s.Resolve(t.Context(), fix(trip, cart.Fix{No: 2, UnitPrice: "1"})); !errors.Is(err, fault.Conflict) {
				t.Errorf("more money after the charge: %v", err)
			}
			if err := s.Resolve(t.Context(), fix(trip, cart.Fix{No: 2, Drop: true})); err != nil {
				t.Fatal(err)
			}
			charged(t, trip, 100)
		})
		t.Run("many_operators_at_once", func(t *testing.T) {
			trip := parked(t, item("WATER", "1"), item("nobody-knows", "1"))
			var wg sync.WaitGroup
			for range 8 {
				wg.Go(func() {
					if err := s.Resolve(t.Context(), fix(trip, cart.Fix{No: 2, SKU: "WATER"})); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			charged(t, trip, 200)
			if history, err := s.Pricings(t.Context(), trip); err != nil || len(history) != 1 {
				t.Errorf("%d pricings, %v", len(history), err)
			}
			if o := s.till.of(t, trip); o.Reprices != 1 {
				t.Errorf("payment re-priced %d times", o.Reprices)
			}
		})
		t.Run("wrong_resolutions", func(t *testing.T) {
			trip := parked(t, item("nobody-knows", "1"))
			for name, r := range map[string]cart.Resolution{
				"no operator":  {TripID: trip, Reason: "r", Fixes: []cart.Fix{{No: 1, Drop: true}}},
				"no reason":    {TripID: trip, Operator: "o", Fixes: []cart.Fix{{No: 1, Drop: true}}},
				"no such line": fix(trip, cart.Fix{No: 9, Drop: true}),
				"no such item": fix(trip, cart.Fix{No: 1, SKU: "nobody-knows-either"}),
				"no price":     fix(trip, cart.Fix{No: 1, UnitPrice: "-1"}),
				"twice":        fix(trip, cart.Fix{No: 1, Drop: true}, cart.Fix{No: 1, Drop: true}),
				"nothing":      fix(trip, cart.Fix{No: 1}),
				"not enough":   fix(trip),
			} {
				if err := s.Resolve(t.Context(), r); !errors.Is(err, fault.Invalid) {
					t.Errorf("%s: %v", name, err)
				}
			}
			if err := s.Resolve(t.Context(), fix("no-such-trip")); !errors.Is(err, fault.NotFound) {
				t.Errorf("no such trip: %v", err)
			}
			good := "good-" + trip
			s.post(t, body(good))
			if err := s.Resolve(t.Context(), fix(good)); !errors.Is(err, fault.Conflict) {
				t.Errorf("a good cart: %v", err)
			}
		})
	})
}
