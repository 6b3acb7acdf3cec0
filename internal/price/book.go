package price

import (
	"sync"
	"time"

	"github.com/strollhq/stroll/money"
)

// Book is a compiled Spec. It does not change and is safe for concurrent use.
type Book struct {
	spec     Spec
	currency money.Currency
	location *time.Location
	digits   int
	even     bool // half_even
	whole    bool // rounding scope total
	shelf    bool // tax base shelf
	floor    ratio
	units    units

	rates    []rate
	classes  []class
	fallback int // class of items that name none
	fees     []fee

	entries  []entry
	bySKU    map[string]int32
	byCode   map[string]int32
	promos   []*promo
	groups   int
	needs    bool // some promotion has a condition
	work     sync.Pool
	anything []uint64 // selections that an item off the list belongs to: none
}

// entry is an item ready to be priced.
type entry struct {
	item  *Item
	price ratio // minor units per unit
	unit  *measure
	class int
	fees  []int
	match []uint64 // bit per selection
	no    int32
}

// in reports whether the item belongs to a selection.
func (e *entry) in(sel int) bool { return e.match[sel>>6]&(1<<(sel&63)) != 0 }

// Ref is how a cart names an item.
type Ref struct {
	// ID is a SKU or a scanned barcode, as Type (SKU or SCANCODE) says.
	ID, Type string
	// External are further identifiers of the item: barcodes.
	External []string
}

// Types of Ref.
const (
	TypeSKU      = "SKU"
	TypeScanCode = "SCANCODE"
)

// Find is the item a cart means, if it is on the list: by its SKU after the
// store's SKURule, or by its barcode in any of the equal forms; then by the
// external identifiers in their order, as far as the store's ExternalMatch
// allows. The item must not be changed.
func (b *Book) Find(r Ref) (*Item, bool) {
	if r.Type == TypeScanCode {
		if i, ok := b.findCode(r.ID); ok {
			return b.entries[i].item, true
		}
	} else if e := b.entry(r.ID); e != nil {
		return e.item, true
	}
	if b.spec.ExternalMatch == MatchNever || b.spec.ExternalMatch == MatchScanCode && r.Type != TypeScanCode {
		return nil, false
	}
	for _, id := range r.External {
		if i, ok := b.findCode(id); ok {
			return b.entries[i].item, true
		}
	}
	return nil, false
}

func (b *Book) entry(sku string) *entry {
	i, ok := b.bySKU[b.spec.SKU.key(sku)]
	if !ok {
		return nil
	}
	return &b.entries[i]
}

func (b *Book) findCode(s string) (int32, bool) {
	code, err := ParseBarcode(s)
	if err != nil {
		return 0, false
	}
	if i, ok := b.byCode[code.Key]; ok {
		return i, true
	}
	if code.Other == "" {
		return 0, false
	}
	i, ok := b.byCode[code.Other]
	return i, ok
}

// Currency of every amount.
func (b *Book) Currency() money.Currency { return b.currency }

// Location is the store's clock.
func (b *Book) Location() *time.Location { return b.location }

// Locale is the language tag amounts are shown in.
func (b *Book) Locale() string { return b.spec.Locale }

// Items are the items on the list, in its order; they must not be changed.
func (b *Book) Items() []Item { return b.spec.Items }

// InForce are the ids of the promotions open at a moment, in the list's order;
// never nil. What else they ask for (items, conditions, caps) shows only with a
// cart.
func (b *Book) InForce(at time.Time) []string {
	ids := []string{}
	for _, p := range b.promos {
		if p.window.shut(at.In(b.location)) == "" {
			ids = append(ids, p.id)
		}
	}
	return ids
}

// Capped are the ids of the promotions whose use by one shopper is limited: the
// only ones for which Cart.Used matters.
func (b *Book) Capped() []string {
	var ids []string
	for _, p := range b.promos {
		if p.perShopper != unbounded || p.shopperMoney != unbounded {
			ids = append(ids, p.id)
		}
	}
	return ids
}

// Spec is the data the book was compiled from, with the store's defaults filled
// in; it must not be changed.
func (b *Book) Spec() Spec { return b.spec }
