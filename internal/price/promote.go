package price

import (
	"slices"
	"time"
)

// tally is what the running promotion met, for its explanation.
type tally struct {
	matched int    // pieces that qualify by item
	blocked int    // of them, taken by another promotion of the group or exclusively
	weighed int    // weighed lines that a kind by the piece passed over
	free    int    // pieces with nothing left to take off
	uses    int64  // as Caps defines them
	limited string // the cap that held it
	why     string // the reason when nothing came of it
}

// capUses is said when a bound on uses held a promotion.
const capUses = "cap of uses reached"

// promote runs the promotions by priority and explains each.
func (w *work) promote() {
	b := w.b
	if len(b.promos) == 0 {
		return
	}
	local := w.cart.At.In(b.location)
	if b.needs {
		w.conditions(w.cart, local)
	}
	w.take = grow(w.take, len(w.units))
	w.keep = grow(w.keep, len(w.units))
	w.explain = make([]Explanation, 0, len(b.promos))
	for _, p := range b.promos {
		w.tally = tally{}
		x := Explanation{Promotion: p.id, Name: p.name}
		if x.Why = w.closed(p, local); x.Why == "" {
			x.Amount = w.run(p)
			x.Applied = x.Amount > 0
			x.Why = w.why(p, x.Applied)
		}
		w.explain = append(w.explain, x)
	}
}

// grow is a zeroed slice of length n in s's memory.
func grow(s []int64, n int) []int64 {
	s = slices.Grow(s[:0], n)[:n]
	clear(s)
	return s
}

// closed is the reason why a promotion is not open to this cart at all.
func (w *work) closed(p *promo, local time.Time) string {
	if p.loyalty && !w.cart.Loyalty {
		return "only for loyalty shoppers"
	}
	if why := p.window.shut(local); why != "" {
		return why
	}
	if p.when != nil {
		return w.refused(p)
	}
	return ""
}

// run lets one promotion work on what is left, and returns what it takes off.
func (w *work) run(p *promo) int64 {
	limit, cash := p.perCart, p.cartMoney
	if p.perShopper != unbounded || p.shopperMoney != unbounded {
		used := w.cart.Used[p.id]
		if p.perShopper != unbounded {
			limit = min(limit, p.perShopper-used.Uses)
		}
		if p.shopperMoney != unbounded {
			cash = min(cash, p.shopperMoney-used.Amount)
		}
		if limit <= 0 || cash <= 0 {
			w.tally.why = "used up by this shopper"
			return 0
		}
	}
	w.pool = w.pool[:0]
	kindRuns[p.kind](w, p, limit)
	if len(w.pool) == 0 {
		return 0
	}
	var sum int64
	for _, u := range w.pool {
		sum += w.take[u]
	}
	if sum > cash {
		w.clip(cash)
		sum = cash
		w.tally.limited = "cap of " + w.b.show(cash) + " reached"
	}
	if sum == 0 {
		return 0
	}
	w.apply(p)
	w.promos += sum
	if w.uses == nil {
		w.uses = make(map[string]Usage, len(w.b.promos))
	}
	w.uses[p.id] = Usage{w.tally.uses, sum}
	return sum
}

// kindRuns is the work of each kind: it puts the pieces that take part into
// w.pool, what each is reduced by into w.take, and counts uses. take never
// exceeds the room of a piece.
var kindRuns = map[string]func(w *work, p *promo, limit int64){
	Percentage:  (*work).each,
	FixedAmount: (*work).fixedAmount,
	FixedPrice:  (*work).each,
	HappyHour:   (*work).each,
	NForM:       (*work).nForM,
	BuyXGetY:    (*work).buyXGetY,
	Bundle:      (*work).bundle,
	Threshold:   (*work).threshold,
}

// clip spreads cash over the pieces in proportion to what they would get.
func (w *work) clip(cash int64) {
	w.order()
	w.weights, w.shares = w.weights[:0], grow(w.shares, len(w.pool))
	for _, u := range w.pool {
		w.weights = append(w.weights, w.take[u])
	}
	w.split.split(cash, w.weights, w.shares)
	for i, u := range w.pool {
		w.take[u] = w.shares[i]
	}
}

// order puts the pool in canonical order.
func (w *work) order() { slices.Sort(w.pool) }

// apply takes the reductions off, marks the pieces, and notes the promotion on
// its rows.
func (w *work) apply(p *promo) {
	w.order()
	for _, u := range w.pool {
		t := &w.units[u]
		t.left -= w.take[u]
		t.groups |= p.group
		t.used = true
		t.alone = t.alone || p.alone
		if w.take[u] == 0 {
			continue
		}
		r := &w.rows[t.row]
		r.promo += w.take[u]
		if n := len(w.hits); n > 0 && w.hits[n-1].promo == p && w.hits[n-1].row == t.row {
			w.hits[n-1].amount += w.take[u]
			continue
		}
		w.hits = append(w.hits, hit{t.row, p, w.take[u]})
		r.hits++
	}
	for _, u := range w.pool {
		w.take[u] = 0
	}
}
