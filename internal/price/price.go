package price

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/expr-lang/expr/vm"
)

// work is the memory of one pricing, kept between carts.
type work struct {
	b     *Book
	cart  *Cart
	rows  []row // in canonical order
	found []row // in the order of the cart
	index []int32
	units []piece
	bad   BadLines

	cand, pool []int32 // indices of units
	take       []int64 // per unit: what the running promotion takes off
	keep       []int64 // per unit: how far it may go down
	seat       []int32 // per unit: its place in the set being built
	weights    []int64
	shares     []int64
	spans      []group
	perSKU     map[int32]int64
	hits       []hit
	split      splitter
	tally      tally
	explain    []Explanation
	uses       map[string]Usage
	promos     int64
	buf        []byte

	env Conditions
	vm  vm.VM
}

// row is a cart line on its way, in canonical order.
type row struct {
	in     int // index in the cart
	line   *CartLine
	e      *entry
	unit   *measure
	qty    ratio // in the unit of the price
	price  int64
	pieces int64
	each   int64 // price per piece, rounded down
	whole  bool  // sold by the piece
	promo  int64
	hits   int // promotions in it
}

// piece is a unit of a row: one piece, or all of a weighed line.
type piece struct {
	row    int32
	price  int64
	left   int64 // after promotions so far
	floor  int64 // left never goes below
	groups uint64
	used   bool // took part in some promotion
	alone  bool // took part in an exclusive one
}

// hit is a promotion's part in a row.
type hit struct {
	row    int32
	promo  *promo
	amount int64
}

// Price works a cart out. The error is a BadLines: every line that cannot be
// priced, and then nothing is.
func (b *Book) Price(c Cart) (*Result, error) {
	w := b.work.Get().(*work)
	defer b.work.Put(w)
	defer w.clear()
	w.b, w.cart = b, &c
	if !w.shelf() {
		return nil, w.bad
	}
	w.promote()
	return w.result(), nil
}

// clear forgets the cart, so that the pool keeps no shopper's data alive.
func (w *work) clear() {
	clear(w.rows)
	clear(w.found)
	clear(w.hits)
	*w = work{
		rows: w.rows[:0], found: w.found[:0], index: w.index[:0], units: w.units[:0], cand: w.cand[:0], pool: w.pool[:0], take: w.take, keep: w.keep, seat: w.seat,
		weights: w.weights, shares: w.shares, spans: w.spans[:0], perSKU: w.perSKU, hits: w.hits[:0], split: w.split,
		buf: w.buf[:0], vm: w.vm,
	}
}

// shelf finds each line's item and shelf price, and brings rows and pieces in
// canonical order. It reports whether every line could be priced.
func (w *work) shelf() bool {
	w.found = slices.Grow(w.found, len(w.cart.Lines))[:len(w.cart.Lines)]
	var pieces int64
	for i := range w.cart.Lines {
		r := &w.found[i]
		*r = row{in: i, line: &w.cart.Lines[i]}
		if reason := w.b.shelfPrice(r); reason != "" {
			w.bad = append(w.bad, &BadLine{r.line.No, reason})
			continue
		}
		pieces += r.pieces
		if pieces > maxPieces {
			w.bad = append(w.bad, &BadLine{r.line.No, fmt.Sprintf("the cart has more than %d pieces", maxPieces)})
			break
		}
	}
	if len(w.bad) > 0 {
		return false
	}
	w.sort()
	w.units = slices.Grow(w.units, int(pieces))
	for i := range w.rows {
		r := &w.rows[i]
		share, rest := r.each, r.price%r.pieces
		for n := range r.pieces {
			p := share
			if n < rest {
				p++
			}
			w.units = append(w.units, piece{row: int32(i), price: p, left: p, floor: p - floorTimes(p, w.b.floor)})
		}
	}
	return true
}

// sort brings the rows in canonical order, moving each once.
func (w *work) sort() {
	for i := range w.found {
		w.index = append(w.index, int32(i))
	}
	slices.SortFunc(w.index, func(x, y int32) int { return canonical(&w.found[x], &w.found[y]) })
	w.rows = slices.Grow(w.rows, len(w.found))
	for _, i := range w.index {
		w.rows = append(w.rows, w.found[i])
	}
}

// canonical is the order of Cart.
func canonical(x, y *row) int {
	if c := cmp.Or(cmp.Compare(y.each, x.each), cmp.Compare(x.e.item.SKU, y.e.item.SKU)); c != 0 {
		return c
	}
	return cmp.Or(
		cmp.Compare(y.price, x.price),
		y.line.Quantity.Cmp(x.line.Quantity),
		cmp.Compare(x.unit.name, y.unit.name),
		compareOverride(x.line, y.line),
		cmp.Compare(x.line.No, y.line.No),
		cmp.Compare(x.in, y.in),
	)
}

func compareOverride(x, y *CartLine) int {
	switch {
	case x.Override == nil && y.Override == nil:
		return 0
	case x.Override == nil:
		return -1
	case y.Override == nil:
		return 1
	}
	return x.Override.Cmp(*y.Override)
}

// shelfPrice fills in a row, or says why it has no price.
func (b *Book) shelfPrice(r *row) string {
	l := r.line
	r.e = b.entry(l.SKU)
	if r.e == nil && l.Override == nil {
		return fmt.Sprintf("SKU %.60q is not on the price list", l.SKU)
	}
	r.unit = b.units.find(l.Unit)
	if l.Unit == "" {
		r.unit = &measures[0]
		if r.e != nil {
			r.unit = r.e.unit
		}
	}
	if r.unit == nil {
		return fmt.Sprintf("unit %.30q is not known", l.Unit)
	}
	if l.Override != nil {
		if reason := b.override(r); reason != "" {
			return reason
		}
	}
	if r.unit.system != r.e.unit.system {
		return fmt.Sprintf("unit %.30q does not fit a price per %s", l.Unit, r.e.unit.name)
	}
	qty, ok := ratioOf(l.Quantity, 1, 9)
	switch {
	case l.Quantity.Sign() <= 0:
		return "quantity is not above 0"
	case !ok:
		return "quantity has more than 9 decimals or is too large"
	}
	r.whole = r.e.unit.name == Each
	r.pieces = 1
	if r.whole {
		if qty.den != 1 {
			return fmt.Sprintf("%s of an item sold by the piece", l.Quantity)
		}
		r.pieces = qty.num
		if r.pieces > maxPieces {
			return fmt.Sprintf("more than %d pieces", maxPieces)
		}
	}
	if r.price, ok = b.product(maxLinePrice, r.e.price, qty, ratio{r.unit.size, r.e.unit.size}); !ok {
		return "quantity times price is too large"
	}
	r.each = r.price / r.pieces
	r.qty = qty
	if r.unit.size != r.e.unit.size {
		num, ok1 := mul64(qty.num, r.unit.size)
		den, ok2 := mul64(qty.den, r.e.unit.size)
		if !ok1 || !ok2 {
			return "quantity has too many digits"
		}
		r.qty = ratio{num, den}
	}
	return ""
}

// override gives a row a price of its own, and an item if it has none.
func (b *Book) override(r *row) string {
	own := entry{
		item: &Item{SKU: r.line.SKU, Name: r.line.SKU, Unit: r.unit.name},
		unit: r.unit, class: b.fallback, match: b.anything, no: -1,
	}
	if r.e != nil {
		own = *r.e
	}
	var wrong string
	if own.price, wrong = b.unitPrice(*r.line.Override); wrong != "" {
		return "price " + wrong
	}
	r.e = &own
	return ""
}
