package price

import (
	"slices"
	"strconv"
)

// These kinds work on whole pieces. A set that would save nothing is not made.

// nForM runs n for m and n for a price.
func (w *work) nForM(p *promo, limit int64) {
	w.cand = w.candidates(p, p.sel, true, w.cand)
	sets := w.sets(int64(len(w.cand))/int64(p.count), limit)
	if sets == 0 {
		w.short(p.count, len(w.cand))
		return
	}
	w.dearest(w.cand)
	switch n := int(sets) * p.count; {
	case p.pay == 0:
		for s := 0; s < n; s += p.count {
			if !w.set(p.reward, w.cand[s:s+p.count]) {
				break
			}
		}
	case p.shopper:
		w.pool = append(w.pool, w.cand[:n]...)
		for i, u := range w.pool {
			if i%p.count >= p.pay {
				w.take[u] = w.room(u)
			}
		}
		w.tally.uses = sets
	default:
		free := int(sets) * (p.count - p.pay)
		w.pool = append(w.pool, w.cand[:n-free]...)
		rest := w.cand[n-free:]
		w.cheapest(rest)
		for _, u := range rest[:free] {
			w.take[u] = w.room(u)
			w.pool = append(w.pool, u)
		}
		w.tally.uses = sets
	}
}

// sets bounds a number of sets by the uses allowed.
func (w *work) sets(n, limit int64) int64 {
	if n > limit {
		w.tally.limited = capUses
		return limit
	}
	return n
}

// set sells pieces together, or reports that this saves nothing. It brings
// them in canonical order.
func (w *work) set(r reward, pieces []int32) bool {
	var sum int64
	for _, u := range pieces {
		sum += w.units[u].left
	}
	off := r.amount
	switch r.kind {
	case byShare:
		off = w.b.times(sum, r.percent)
	case toPrice:
		off = sum - r.amount
	}
	if off <= 0 {
		return false
	}
	slices.Sort(pieces)
	w.spread(pieces, off)
	w.pool = append(w.pool, pieces...)
	w.tally.uses++
	return true
}

// buyXGetY reduces get pieces for each buy others. Pieces that could be either
// are kept for buying only as far as needed.
func (w *work) buyXGetY(p *promo, limit int64) {
	if p.shopper && p.get == p.sel {
		w.fromDearest(p, limit)
		return
	}
	w.cand = w.candidates(p, p.sel, true, w.cand)
	buys, gets := w.cand, w.cand
	if p.get != p.sel {
		gets = w.candidates(p, p.get, true, nil)
	}
	// seat: 1 for pieces that may be bought, 2 for those that both roles want.
	seat := w.seats()
	for _, u := range buys {
		seat[u] = 1
	}
	both := int64(0)
	for _, u := range gets {
		if seat[u] == 1 {
			seat[u] = 2
			both++
		}
	}
	onlyBuys, onlyGets := int64(len(buys))-both, int64(len(gets))-both
	x, y := int64(p.buy), int64(p.take)
	sets := min(int64(len(buys))/x, int64(len(gets))/y)
	for sets > 0 && max(0, sets*x-onlyBuys)+max(0, sets*y-onlyGets) > both {
		sets--
	}
	if sets = w.sets(sets, limit); sets == 0 {
		if p.get == p.sel {
			w.short(p.buy+p.take, len(buys))
		} else {
			w.unpaired(p, len(buys), len(gets))
		}
		return
	}
	gets = slices.Clone(gets)
	if w.cheapest(gets); p.shopper {
		w.dearest(gets)
	}
	spare := both - max(0, sets*x-onlyBuys) // of both, what may be had cheaper
	for _, u := range gets {
		if int64(len(w.pool)) == sets*y {
			break
		}
		if seat[u] == 2 {
			if spare == 0 {
				continue
			}
			spare--
			seat[u] = 0
		}
		w.pool = append(w.pool, u)
	}
	w.order()
	w.reduce(p.reward)
	w.tally.uses = sets
	w.dearest(buys)
	left := sets * x
	for _, u := range buys {
		if left > 0 && seat[u] > 0 {
			w.pool = append(w.pool, u)
			left--
		}
	}
}

// seats is seat, empty.
func (w *work) seats() []int32 {
	w.seat = slices.Grow(w.seat[:0], len(w.units))[:len(w.units)]
	clear(w.seat)
	return w.seat
}

// fromDearest builds sets from the dearest piece down and reduces the cheapest
// of each.
func (w *work) fromDearest(p *promo, limit int64) {
	w.cand = w.candidates(p, p.sel, true, w.cand)
	size := p.buy + p.take
	sets := w.sets(int64(len(w.cand))/int64(size), limit)
	if sets == 0 {
		w.short(size, len(w.cand))
		return
	}
	w.dearest(w.cand)
	var bought []int32
	for i, u := range w.cand[:int(sets)*size] {
		if i%size >= p.buy {
			w.pool = append(w.pool, u)
		} else {
			bought = append(bought, u)
		}
	}
	w.order()
	w.reduce(p.reward)
	w.pool = append(w.pool, bought...)
	w.tally.uses = sets
}

// bundle sells a piece for each place together, the dearest first, for as long
// as that saves something.
func (w *work) bundle(p *promo, limit int64) {
	m := matcher{seats: w.seats(), holder: make([]int32, p.pieces), tried: make(map[int32]bool)}
	for _, s := range p.parts {
		list := w.candidates(p, s.sel, true, nil)
		w.dearest(list)
		for range s.count {
			m.places = append(m.places, list)
		}
	}
	for w.tally.uses < limit {
		if !m.fill() {
			if w.tally.uses == 0 && w.tally.matched > 0 {
				w.tally.why = "needs a piece for each of its " + strconv.Itoa(p.pieces) + " places"
			}
			return
		}
		if !w.set(p.reward, m.holder) {
			return
		}
		m.drop()
	}
	w.tally.limited = capUses
}

// matcher finds a piece for every place of a bundle, also where one piece could
// take several places: augmenting paths.
type matcher struct {
	places [][]int32      // candidates of each place in order of preference
	seats  []int32        // of each piece: its place + 1; −1 for pieces of earlier sets
	holder []int32        // of each place: its piece
	tried  map[int32]bool // pieces asked for one place
}

func (m *matcher) fill() bool {
	for place := range m.places {
		clear(m.tried)
		if !m.sit(place) {
			return false
		}
	}
	return true
}

func (m *matcher) sit(place int) bool {
	for _, u := range m.places[place] {
		if m.seats[u] < 0 || m.tried[u] {
			continue
		}
		m.tried[u] = true
		if m.seats[u] == 0 || m.sit(int(m.seats[u]-1)) {
			m.seats[u], m.holder[place] = int32(place+1), u
			return true
		}
	}
	return false
}

// drop takes the pieces of a set out of the game.
func (m *matcher) drop() {
	for _, u := range m.holder {
		m.seats[u] = -1
	}
	for i := range m.places {
		for len(m.places[i]) > 0 && m.seats[m.places[i][0]] < 0 {
			m.places[i] = m.places[i][1:]
		}
	}
}
