package price

// These kinds work on whole pieces. A set that would save nothing is not made.

// nForM runs n for m and n for a price.
func (w *work) nForM(p *promo, limit int64) {
	w.cand = w.candidates(p, p.sel, true, w.cand)
	sets := w.sets(int64(len(w.cand))/int64(p.count), limit)
	if sets == 0 {
		w.short(p.count)
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
		w.tally.limited = "the limit of uses"
		return limit
	}
	return n
}

// set sells pieces together, or reports that this saves nothing.
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
	buys := w.candidates(p, p.sel, true, nil)
	gets := buys
	if p.get != p.sel {
		gets = w.candidates(p, p.get, true, nil)
	}
	// Pieces are in buys only, in gets only, or in both.
	both := int64(0)
	inBuys := make(map[int32]bool, len(buys))
	for _, u := range buys {
		inBuys[u] = true
	}
	for _, u := range gets {
		if inBuys[u] {
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
		w.short(p.buy + p.take)
		return
	}
	if w.cheapest(gets); p.shopper {
		w.dearest(gets)
	}
	spare := both - max(0, sets*x-onlyBuys) // of both, what may be had cheaper
	for _, u := range gets {
		if int64(len(w.pool)) == sets*y {
			break
		}
		if inBuys[u] {
			if spare == 0 {
				continue
			}
			spare--
			delete(inBuys, u)
		}
		w.pool = append(w.pool, u)
	}
	w.order()
	w.reduce(p.reward)
	w.tally.uses = sets
	w.dearest(buys)
	left := sets * x
	for _, u := range buys {
		if left > 0 && inBuys[u] {
			w.pool = append(w.pool, u)
			left--
		}
	}
}

// fromDearest builds sets from the dearest piece down and reduces the cheapest
// of each.
func (w *work) fromDearest(p *promo, limit int64) {
	w.cand = w.candidates(p, p.sel, true, w.cand)
	size := p.buy + p.take
	sets := w.sets(int64(len(w.cand))/int64(size), limit)
	if sets == 0 {
		w.short(size)
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
	m := matcher{used: make(map[int32]int, p.pieces)}
	for _, s := range p.parts {
		list := w.candidates(p, s.sel, true, nil)
		w.dearest(list)
		for range s.count {
			m.places = append(m.places, list)
		}
	}
	pieces := make([]int32, p.pieces)
	for w.tally.uses < limit {
		if !m.fill(pieces) {
			if w.tally.uses == 0 {
				w.short(p.pieces)
			}
			return
		}
		if !w.set(p.reward, pieces) {
			return
		}
		m.drop(pieces)
	}
	w.tally.limited = "the limit of uses"
}

// matcher finds a piece for every place of a bundle, also where one piece could
// take several places: augmenting paths.
type matcher struct {
	places [][]int32     // candidates of each place in order of preference
	used   map[int32]int // piece → place + 1; −1 for pieces of earlier sets
	tried  map[int32]bool
}

func (m *matcher) fill(out []int32) bool {
	for place := range m.places {
		m.tried = map[int32]bool{}
		if !m.seat(place) {
			return false
		}
	}
	for u, place := range m.used {
		if place > 0 {
			out[place-1] = u
		}
	}
	return true
}

func (m *matcher) seat(place int) bool {
	for _, u := range m.places[place] {
		if m.tried[u] || m.used[u] < 0 {
			continue
		}
		m.tried[u] = true
		if m.used[u] == 0 || m.seat(m.used[u]-1) {
			m.used[u] = place + 1
			return true
		}
	}
	return false
}

// drop takes the pieces of a set out of the game.
func (m *matcher) drop(pieces []int32) {
	for _, u := range pieces {
		m.used[u] = -1
	}
	for i := range m.places {
		for len(m.places[i]) > 0 && m.used[m.places[i][0]] < 0 {
			m.places[i] = m.places[i][1:]
		}
	}
}
