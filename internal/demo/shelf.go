package demo

import (
	"cmp"

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
