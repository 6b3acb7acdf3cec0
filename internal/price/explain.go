package price

import "strconv"

// short notes that there are too few pieces for a set.
func (w *work) short(need, have int) {
	if w.tally.matched > 0 {
		w.tally.why = "needs " + strconv.Itoa(need) + " qualifying pieces, the cart has " + strconv.Itoa(have)
	}
}

// unpaired notes the same of a set with two roles.
func (w *work) unpaired(p *promo, buys, gets int) {
	if w.tally.matched > 0 {
		w.tally.why = "needs " + strconv.Itoa(p.buy) + " to buy and " + strconv.Itoa(p.take) + " more to get, the cart has " +
			strconv.Itoa(buys) + " and " + strconv.Itoa(gets)
	}
}

// why is the sentence of a promotion that ran.
func (w *work) why(p *promo, applied bool) string {
	t := &w.tally
	if applied {
		w.buf = append(w.buf[:0], p.text...)
		w.buf = append(w.buf, ", "...)
		w.buf = strconv.AppendInt(w.buf, t.uses, 10)
		w.buf = append(w.buf, noun(p, t.uses)...)
		if t.limited != "" {
			w.buf = append(w.buf, " ("...)
			w.buf = append(w.buf, t.limited...)
			w.buf = append(w.buf, ')')
		}
		return string(w.buf)
	}
	switch {
	case t.blocked > 0 && t.blocked == t.matched:
		return "its items take part in another promotion that does not combine with it"
	case t.blocked > 0 && t.why != "":
		return t.why + "; some take part in another promotion that does not combine with it"
	case t.why != "":
		return t.why
	case t.matched == 0 && t.weighed > 0:
		return "its items are weighed and it needs whole pieces"
	case t.matched == 0:
		return "no item of the cart qualifies"
	case t.free == t.matched:
		return "other promotions left nothing to take off"
	}
	return "it would save nothing"
}

// noun is what a promotion's uses are counted in.
func noun(p *promo, n int64) string {
	word := " time"
	switch {
	case p.kind == FixedAmount && p.per == "line":
		word = " line"
	case p.kind == FixedAmount && p.per == "cart":
	case p.kind == Percentage, p.kind == FixedAmount, p.kind == FixedPrice, p.kind == HappyHour:
		word = " piece"
	}
	if n != 1 {
		word += "s"
	}
	return word
}
