package price

import (
	"cmp"
	"slices"
)

// candidates lists the pieces of a selection that may take part, in canonical
// order, at most perItem of a SKU; whole leaves weighed lines out.
func (w *work) candidates(p *promo, sel int, whole bool, list []int32) []int32 {
	list = list[:0]
	first := 0
	for i := range w.rows {
		r := &w.rows[i]
		n := int(r.pieces)
		if r.e.in(sel) {
			if whole && !r.whole {
				w.tally.weighed++
			} else {
				list = w.open(p, list, first, n)
			}
		}
		first += n
	}
	if p.perItem != unbounded {
		list = w.perItem(list, p.perItem)
	}
	return list
}

func (w *work) open(p *promo, list []int32, first, n int) []int32 {
	w.tally.matched += n
	for u := first; u < first+n; u++ {
		t := &w.units[u]
		switch {
		case t.alone, p.alone && t.used, t.groups&p.group != 0:
			w.tally.blocked++
		case t.left == 0:
			w.tally.free++
		default:
			w.keep[u] = max(t.floor, t.price-floorTimes(t.price, p.most))
			list = append(list, int32(u))
		}
	}
	return list
}

// room is how much a candidate may still be reduced.
func (w *work) room(u int32) int64 { return max(0, w.units[u].left-w.keep[u]) }

// perItem keeps the dearest n pieces of each SKU.
func (w *work) perItem(list []int32, n int64) []int32 {
	w.dearest(list)
	if w.perSKU == nil {
		w.perSKU = map[int32]int64{}
	}
	clear(w.perSKU)
	kept := list[:0]
	for _, u := range list {
		no := w.rows[w.units[u].row].e.no
		if w.perSKU[no]++; w.perSKU[no] <= n {
			kept = append(kept, u)
		} else {
			w.tally.limited = "cap per item reached"
		}
	}
	slices.Sort(kept)
	return kept
}

// dearest sorts pieces by what is left of them, the canonical order deciding
// between equal ones; cheapest is its reverse in price only.
func (w *work) dearest(list []int32) {
	slices.SortFunc(list, func(x, y int32) int {
		return cmp.Or(cmp.Compare(w.units[y].left, w.units[x].left), cmp.Compare(x, y))
	})
}

func (w *work) cheapest(list []int32) {
	slices.SortFunc(list, func(x, y int32) int {
		return cmp.Or(cmp.Compare(w.units[x].left, w.units[y].left), cmp.Compare(x, y))
	})
}

// atMost keeps the dearest n pieces, in canonical order.
func (w *work) atMost(list []int32, n int64) []int32 {
	if int64(len(list)) <= n {
		return list
	}
	w.dearest(list)
	list = list[:n]
	slices.Sort(list)
	w.tally.limited = capUses
	return list
}
