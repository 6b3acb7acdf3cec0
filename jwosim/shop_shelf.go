package jwosim

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/strollhq/stroll/money"
)

// Product is something on a store's shelf, for the shop page to offer. A trip
// may take what is on no shelf.
type Product struct {
	// ID is what the cart will say: a SKU, or a code to be scanned, as Type says.
	ID string `json:"id" yaml:"id"`
	// Type is "SKU" (default) or "SCANCODE".
	Type string `json:"type" yaml:"type"`
	// Name on the shelf. Default the ID.
	Name string `json:"name" yaml:"name"`
	// Price of one Unit in the store's currency, 1.199 too; nil is not known. It
	// is for the eye alone: the retailer prices the cart.
	Price *money.Decimal `json:"price" yaml:"price"`
	// Unit the product is taken in: "each" (default), or one it is weighed in.
	Unit string `json:"unit" yaml:"unit"`
	// Barcode, which a cart may carry (type SCANCODE) in place of a SKU.
	Barcode string `json:"barcode" yaml:"barcode"`
	// Category sorts the shelf. Default none.
	Category string `json:"category" yaml:"category"`
}

// shown is the price with at least the currency's decimals: "2.50"; "" when it
// is not known.
func (p *Product) shown(c money.Currency) string {
	if p.Price == nil {
		return ""
	}
	return p.Price.Add(money.New(0, c).Decimal()).String()
}

// shelf is a store's products with an index.
type shelf struct {
	currency   money.Currency
	list       []Product
	of         map[[2]string]*Product // by type and id, or SCANCODE and barcode
	categories []string
}

// newShelf checks the products. Two may not share an id; a barcode shared by
// two is the first one's.
func newShelf(c Store) (*shelf, error) {
	s := &shelf{currency: c.Currency, list: slices.Clone(c.Products), of: map[[2]string]*Product{}}
	found := map[string]bool{}
	for i := range s.list {
		p := &s.list[i]
		p.Type, p.Unit, p.Name = cmp.Or(p.Type, "SKU"), cmp.Or(p.Unit, "each"), cmp.Or(p.Name, p.ID)
		switch {
		case p.ID == "" || len(p.ID) > 255:
			return nil, fmt.Errorf("product %d, %.40q: id is not 1 to 255 characters", i, p.ID)
		case p.Type != "SKU" && p.Type != "SCANCODE":
			return nil, fmt.Errorf("product %s: type %.20q is not SKU or SCANCODE", p.ID, p.Type)
		case p.Price != nil && p.Price.Sign() < 0:
			return nil, fmt.Errorf("product %s: price %s is less than nothing", p.ID, p.Price)
		}
		key := [2]string{p.Type, p.ID}
		if s.of[key] != nil {
			return nil, fmt.Errorf("product %s is there twice", p.ID)
		}
		s.of[key] = p
		if p.Category != "" {
			found[p.Category] = true
		}
	}
	for i := range s.list {
		if p := &s.list[i]; p.Barcode != "" && s.of[[2]string{"SCANCODE", p.Barcode}] == nil {
			s.of[[2]string{"SCANCODE", p.Barcode}] = p
		}
	}
	s.categories = slices.Sorted(maps.Keys(found))
	return s, nil
}

// find is the product an item of a cart is, nil for none.
func (s *shelf) find(it Item) *Product { return s.of[[2]string{it.Type, it.ID}] }

// Shelf is a look at a store's products.
type Shelf struct {
	StoreID  string         `json:"storeId"`
	Currency money.Currency `json:"currency"`
	Products []ShelfProduct `json:"products"`
	// Found counts what was searched for, Total everything.
	Found      int      `json:"found"`
	Total      int      `json:"total"`
	Categories []string `json:"categories"`
}

// ShelfProduct is a Product with its price as text: "2.50"; "" when it is not
// known.
type ShelfProduct struct {
	Product
	Shown string `json:"shown"`
}

// search finds products that hold every word in name, id, barcode or category.
func (s *shelf) search(text, category string, limit int) (out []ShelfProduct, found int) {
	words := strings.Fields(strings.ToLower(text))
	out = []ShelfProduct{}
	for i := range s.list {
		p := s.list[i]
		hay := strings.ToLower(p.Name + "\n" + p.ID + "\n" + p.Barcode + "\n" + p.Category)
		if category != "" && p.Category != category ||
			slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(hay, w) }) {
			continue
		}
		found++
		if len(out) == limit {
			continue
		}
		out = append(out, ShelfProduct{p, p.shown(s.currency)})
	}
	return out, found
}

// storesBare are the stores without their products, which can be many.
func (s *Sim) storesBare() []Store {
	list := s.Stores()
	for i := range list {
		list[i].Products = nil
	}
	return list
}

func (s *Sim) manageShelf(r *http.Request) (any, error) {
	q := r.URL.Query()
	st := s.first
	if id := q.Get("store"); id != "" {
		if st = s.stores[id]; st == nil {
			return nil, missing(fmt.Sprintf("no store %.60q", id))
		}
	}
	limit, err := number(q, "limit")
	if err != nil {
		return nil, err
	}
	list, found := st.shelf.search(q.Get("q"), q.Get("category"), int(cmp.Or(min(limit, 1000), 100)))
	return Shelf{
		StoreID: st.ID, Currency: st.Currency, Products: list, Found: found, Total: len(st.shelf.list),
		Categories: append([]string{}, st.shelf.categories...),
	}, nil
}
