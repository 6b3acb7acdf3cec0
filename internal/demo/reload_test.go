package demo_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/strollhq/stroll/internal/app"
	"github.com/strollhq/stroll/internal/cart"
	"github.com/strollhq/stroll/internal/demo"
	"github.com/strollhq/stroll/internal/testkit"
	"github.com/strollhq/stroll/jwo"
	"github.com/strollhq/stroll/jwosim"
	"github.com/strollhq/stroll/money"
)

// open is a world on loopback that serves until the test ends.
func open(t *testing.T, edit func(*app.Config)) *demo.World {
	t.Helper()
	w, err := demo.Open(t.Context(), demo.Config{Database: testkit.SQLiteDSN(t), Seed: 1, Edit: func(c *app.Config) {
		demo.Hurry(c)
		if edit != nil {
			edit(c)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	served := make(chan error, 1)
	go func() { served <- w.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := errors.Join(<-served, w.Close()); err != nil {
			t.Error(err)
		}
	})
	return w
}

// buy is one trip by card for one item, and what its cart came to.
func buy(t *testing.T, w *demo.World, sku string) money.Amount {
	t.Helper()
	trip, err := w.Sim.EnterByCard(t.Context(), demo.StoreID, "approve")
	if err != nil {
		t.Fatal(err)
	}
	if err := trip.Take(jwosim.Item{ID: sku}); err != nil {
		t.Fatal(err)
	}
	if err := w.Sim.WalkOut(t.Context(), trip); err != nil {
		t.Fatal(err)
	}
	p, err := w.App.Carts.Get(t.Context(), w.App.DB.Reader(), trip.ID())
	if err != nil {
		t.Fatal(err)
	}
	return p.Total
}

// reloaded is the configuration in force with a change.
func reloaded(w *demo.World, change func(*app.Config)) *app.Config {
	cfg := *w.App.Config()
	cfg.Stores = append([]app.Store{}, cfg.Stores...)
	items := append(cfg.Stores[0].Prices.Items[:0:0], cfg.Stores[0].Prices.Items...)
	cfg.Stores[0].Prices.Items = items
	change(&cfg)
	return &cfg
}

func TestReload(t *testing.T) {
	t.Parallel()
	w := open(t, func(c *app.Config) {
		c.Stores[0].Prices.Promotions = nil
		// A trip's end is told in whole seconds: one that began and ended in the
		// second of the change would still get the old price.
		c.Stores[0].Cart.PriceAt = cart.OnReceipt
	})
	const sku = "DRK-001"
	before := buy(t, w, sku)

	t.Run("a price takes effect at the next trip", func(t *testing.T) {
		raise := reloaded(w, func(c *app.Config) {
			for i, it := range c.Stores[0].Prices.Items {
				if it.SKU == sku {
					c.Stores[0].Prices.Items[i].Price = it.Price.Add(money.MustDecimal("1.00"))
				}
			}
		})
		if err := w.App.Reload(t.Context(), raise); err != nil {
			t.Fatal(err)
		}
		if after := buy(t, w, sku); after.Minor <= before.Minor {
			t.Errorf("%s before and %s after the price was raised", before, after)
		}
	})
	t.Run("a gate rule takes effect at the next entry", func(t *testing.T) {
		closed := reloaded(w, func(c *app.Config) {
			c.Stores[0].Gate.Block.Instruments = nil
			for _, card := range w.Sim.Cards() {
				c.Stores[0].Gate.Block.Instruments = append(c.Stores[0].Gate.Block.Instruments, card.Instrument)
			}
		})
		if err := w.App.Reload(t.Context(), closed); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Sim.EnterByCard(t.Context(), demo.StoreID, "approve"); err == nil {
			t.Error("a blocked card came in")
		}
		if err := w.App.Reload(t.Context(), reloaded(w, func(c *app.Config) { c.Stores[0].Gate.Block.Instruments = nil })); err != nil {
			t.Fatal(err)
		}
		buy(t, w, sku)
	})
	t.Run("what needs a restart is refused and nothing changes", func(t *testing.T) {
		was := w.App.Config()
		err := w.App.Reload(t.Context(), reloaded(w, func(c *app.Config) {
			c.Database = "another.db"
			c.Stores[0].Name = "Another name"
		}))
		if err == nil || !strings.Contains(err.Error(), "database") || w.App.Config() != was {
			t.Errorf("reload: %v", err)
		}
	})
	t.Run("what would be ignored is refused", func(t *testing.T) {
		for name, change := range map[string]func(*app.Config){
			"log":    func(c *app.Config) { c.Log.Level = "debug" },
			"amazon": func(c *app.Config) { c.Amazon.Overrides = map[string]string{"Refund": "http://127.0.0.1:1"} },
		} {
			if err := w.App.Reload(t.Context(), reloaded(w, change)); err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
	t.Run("a new word of Amazon's is understood by gate and cart", func(t *testing.T) {
		wide := reloaded(w, func(c *app.Config) { c.Amazon.Inbound.Accept.PayloadTypes = []string{"FINANCIAL", "SCAN_CODE", "PALM"} })
		if err := w.App.Reload(t.Context(), wide); err != nil {
			t.Fatal(err)
		}
		_, err := w.App.Carts.CreatePurchases(t.Context(), &jwo.CreatePurchasesRequest{
			RequestID: "0b9fe1b4-6d7e-4f4e-9d3f-0f2d7a3c1a11", IdempotentShoppingTripID: "palm-1", StoreID: demo.StoreID,
			ShoppingTrip: &jwo.ShoppingTrip{
				StartTime: jwo.At(time.Now()), EndTime: jwo.At(time.Now()),
				AuthEvents: []jwo.PurchaseAuthEvent{{ID: "5a0c1a52-43f6-4b57-8f0a-3d1f9a1c2b33", PayloadType: "PALM"}},
			},
			CartItems: []jwo.CartItem{},
		})
		if err != nil {
			t.Error(err)
		}
	})
	t.Run("a price list with a fault changes nothing", func(t *testing.T) {
		was := w.App.Config()
		err := w.App.Reload(t.Context(), reloaded(w, func(c *app.Config) { c.Stores[0].Prices.Items[0].SKU = "" }))
		if err == nil || w.App.Config() != was {
			t.Errorf("reload: %v", err)
		}
		buy(t, w, sku)
	})
}
