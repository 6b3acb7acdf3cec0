package demo_test

import (
	"testing"

	"github.com/strollhq/stroll/internal/app"
	"github.com/strollhq/stroll/internal/demo"
	"github.com/strollhq/stroll/jwosim"
)

// The shelf shows every item of the price list at its exact price, and the
// simulator takes it as it is.
func TestShelf(t *testing.T) {
	t.Parallel()
	sample, err := app.Sample()
	if err != nil {
		t.Fatal(err)
	}
	spec := sample.Stores[0].Prices
	shelf := demo.Shelf(spec)
	if len(shelf) != len(spec.Items) || len(shelf) < 50 {
		t.Fatalf("%d of %d items", len(shelf), len(spec.Items))
	}
	found := map[string]jwosim.Product{}
	for _, p := range shelf {
		found[p.ID] = p
	}
	for sku, want := range map[string][4]string{
		"SNK-002": {"2.99", "each", "471200004004", "snacks"},
		"WGT-001": {"14.99", "lb", "4924", "weighed"},
		"WGT-003": {"1.199", "oz", "4936", "weighed"}, // finer than a cent
	} {
		p := found[sku]
		if got := [4]string{p.Price.String(), p.Unit, p.Barcode, p.Category}; got != want {
			t.Errorf("%s: %v, want %v", sku, got, want)
		}
	}
	if _, err := jwosim.New(jwosim.Config{Stores: []jwosim.Store{{ID: "s", Products: shelf}}}); err != nil {
		t.Error(err)
	}
}
