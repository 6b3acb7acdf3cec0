package demo

import (
	"cmp"
	"context"

	"github.com/strollhq/stroll/internal/price"
	"github.com/strollhq/stroll/jwosim"
)

// Shelf is a store's price list as the simulator's shelf shows it.
func Shelf(spec price.Spec) []jwosim.Product {
	var out []jwosim.Product
	for _, it := range spec.Items {
		p := jwosim.Product{ID: it.SKU, Name: it.Name, Unit: cmp.Or(it.Unit, "each"), Category: it.Category, Price: new(it.Price)}
		if len(it.Barcodes) > 0 {
			p.Barcode = it.Barcodes[0]
		}
		out = append(out, p)
	}
	return out
}

// freshCode is what a shopper's app shows now: of who, or of the next one of
// those who may come in.
func (w *World) freshCode(ctx context.Context, who string) (string, error) {
	if who == "" {
		good := w.visitor[4:9] // the five before and behind have something against them
		who = good[int(w.codes.Add(1)-1)%len(good)].ID
	}
	code, err := w.App.Gate.IssueCode(ctx, w.App.Config().Stores[0].ID, who)
	return code.Text, err
}
