package price

// group is a run of the pool within one row.
type group struct{ from, to int }

// each runs percentage, fixed_price and happy_hour: every candidate becomes
// cheaper by itself. A share is rounded once per line.
func (w *work) each(p *promo, limit int64) {
	w.cand = w.candidates(p, p.sel, false, w.cand)
	gaining := w.cand[:0]
	for _, u := range w.cand {
		if w.gain(u, p.reward) > 0 {
			gaining = append(gaining, u)
		}
	}
	w.pool = append(w.pool, w.atMost(gaining, limit)...)
	w.reduce(p.reward)
	w.tally.uses = int64(len(w.pool))
}

// fixedAmount takes its amount off each piece, each line or the cart.
func (w *work) fixedAmount(p *promo, limit int64) {
	switch p.per {
	case "piece":
		w.each(p, limit)
	case "line":
		w.cand = w.candidates(p, p.sel, false, w.cand)
		w.pool = append(w.pool, w.cand...)
		w.lines()
		if int64(len(w.spans)) > limit {
			w.spans = w.spans[:limit]
			w.pool = w.pool[:w.spans[limit-1].to]
			w.tally.limited = capUses
		}
		w.tally.uses = int64(len(w.spans))
		for _, s := range w.spans {
			w.spread(w.pool[s.from:s.to], p.reward.amount)
		}
	default:
		w.cand = w.candidates(p, p.sel, false, w.cand)
		w.pool = append(w.pool, w.cand...)
		w.tally.uses = 1
		w.spreadCart(p.reward.amount)
	}
}

// threshold takes its reward off the cart once the candidates cost enough.
func (w *work) threshold(p *promo, limit int64) {
	w.cand = w.candidates(p, p.sel, false, w.cand)
	var sum int64
	for _, u := range w.cand {
		sum += w.units[u].left
	}
	if sum < p.spend {
		if w.tally.matched > 0 {
			w.tally.why = "needs " + w.b.show(p.spend) + ", the cart has " + w.b.show(sum)
		}
		return
	}
	times := int64(1)
	if p.repeat {
		if times = sum / p.spend; times > limit {
			times = limit
			w.tally.limited = capUses
		}
	}
	w.pool = append(w.pool, w.cand...)
	w.tally.uses = times
	if p.reward.kind == byShare {
		w.spreadCart(w.b.times(sum, p.reward.percent))
		return
	}
	// Beyond the sum nothing is taken, so the product may stop there.
	off := sum
	if p.reward.amount <= sum/times {
		off = p.reward.amount * times
	}
	w.spreadCart(off)
}

// reduce gives every piece of the pool, which is in canonical order, a reward
// of its own. A line whose share rounds to nothing leaves the pool.
func (w *work) reduce(r reward) {
	if r.kind != byShare {
		for _, u := range w.pool {
			w.take[u] = w.gain(u, r)
		}
		return
	}
	w.lines()
	kept := w.pool[:0]
	for _, s := range w.spans {
		var sum int64
		for _, u := range w.pool[s.from:s.to] {
			sum += w.units[u].left
		}
		if off := w.b.times(sum, r.percent); off > 0 {
			w.spread(w.pool[s.from:s.to], off)
			kept = append(kept, w.pool[s.from:s.to]...)
		}
	}
	w.pool = kept
}

// gain is how much cheaper a reward makes a candidate; for a share, which is
// worked out per line, how much it could.
func (w *work) gain(u int32, r reward) int64 {
	room := w.room(u)
	if r.kind == byShare || room == 0 {
		return room
	}
	amount := r.amount
	if row := &w.rows[w.units[u].row]; !row.whole {
		// Of a weighed item, the figure is for a unit of its price. Beyond all
		// bounds, a reduction is all of it and a price none.
		var ok bool
		if amount, ok = w.b.product(maxLinePrice, ratio{r.amount, 1}, row.qty, ratio{1, 1}); !ok {
			amount = maxLinePrice
		}
	}
	if r.kind == toPrice {
		amount = max(0, w.units[u].left-amount)
	}
	return min(amount, room)
}

// lines finds the runs of the pool that belong to one row.
func (w *work) lines() {
	w.spans = w.spans[:0]
	for i := 0; i < len(w.pool); {
		j := i + 1
		for j < len(w.pool) && w.units[w.pool[j]].row == w.units[w.pool[i]].row {
			j++
		}
		w.spans = append(w.spans, group{i, j})
		i = j
	}
}

// spread takes amount, or all there is room for, off pieces in proportion to
// their room.
func (w *work) spread(pieces []int32, amount int64) {
	var sum int64
	w.weights = w.weights[:0]
	for _, u := range pieces {
		room := w.room(u)
		sum += room
		w.weights = append(w.weights, room)
	}
	w.shares = grow(w.shares, len(pieces))
	w.split.split(min(amount, sum), w.weights, w.shares)
	for i, u := range pieces {
		w.take[u] += w.shares[i]
	}
}

// spreadCart takes amount off the whole pool: first over the lines by largest
// remainder, then over the pieces of each.
func (w *work) spreadCart(amount int64) {
	w.lines()
	rooms := make([]int64, len(w.spans))
	var sum int64
	for i, s := range w.spans {
		for _, u := range w.pool[s.from:s.to] {
			rooms[i] += w.room(u)
		}
		sum += rooms[i]
	}
	parts := make([]int64, len(rooms))
	w.split.split(min(amount, sum), rooms, parts)
	for i, s := range w.spans {
		w.spread(w.pool[s.from:s.to], parts[i])
	}
}
