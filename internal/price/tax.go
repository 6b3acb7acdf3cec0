package price

// due is the tax of one class on an amount, rate by rate: every rate rounded by
// itself where tax is added. Where it is included the same holds; the rates of a
// class are at most 100 % together, so that the rounded parts never exceed the
// amount.
func (b *Book) due(k *class, amount int64, out []TaxPart) int64 {
	var sum int64
	for i, r := range k.rates {
		t := b.times(amount, ratio{b.rates[r].num, k.den})
		out[i] = b.part(r, amount, t)
		sum += t
	}
	b.net(out[:len(k.rates)], sum)
	return sum
}

func (b *Book) part(r int, base, amount int64) TaxPart {
	t := &b.rates[r]
	return TaxPart{ID: t.id, Name: t.name, Rate: t.text, Base: base, Amount: amount}
}

// net takes the tax out of the bases where prices include it.
func (b *Book) net(parts []TaxPart, sum int64) {
	if b.spec.PricesIncludeTax {
		for i := range parts {
			parts[i].Base -= sum
		}
	}
}

// taxed is a place where a class taxes an amount: the goods of a line or one of
// its fees.
type taxed struct {
	class  int
	amount int64
	parts  []TaxPart
}

// sharedTax taxes all places of a cart under rounding scope total.
func (w *work) sharedTax(places []taxed) {
	if w.b.spec.PricesIncludeTax {
		w.sharedIncluded(places)
		return
	}
	amounts, shares := make([]int64, len(places)), make([]int64, len(places))
	for r := range w.b.rates {
		var sum int64
		for i, p := range places {
			amounts[i], shares[i] = 0, 0
			if _, ok := w.b.has(p.class, r); ok {
				amounts[i] = p.amount
				sum += p.amount
			}
		}
		w.split.split(w.b.times(sum, ratio{w.b.rates[r].num, w.b.classes[0].den}), amounts, shares)
		for i, p := range places {
			if n, ok := w.b.has(p.class, r); ok {
				p.parts[n] = w.b.part(r, p.amount, shares[i])
			}
		}
	}
}

// sharedIncluded rounds each class once: its tax is spread over the places and
// there over the rates, so that no place has more tax than money.
func (w *work) sharedIncluded(places []taxed) {
	amounts, shares := make([]int64, len(places)), make([]int64, len(places))
	for c := range w.b.classes {
		k := &w.b.classes[c]
		var sum int64
		for i, p := range places {
			amounts[i], shares[i] = 0, 0
			if p.class == c {
				amounts[i] = p.amount
				sum += p.amount
			}
		}
		w.split.split(w.b.times(sum, ratio{k.num, k.den}), amounts, shares)
		nums, each := make([]int64, len(k.rates)), make([]int64, len(k.rates))
		for i, p := range places {
			if p.class != c {
				continue
			}
			for n, r := range k.rates {
				nums[n], each[n] = w.b.rates[r].num, 0
			}
			w.split.split(shares[i], nums, each)
			for n, r := range k.rates {
				p.parts[n] = w.b.part(r, p.amount, each[n])
			}
			w.b.net(p.parts, shares[i])
		}
	}
}

// has is the place of a rate in a class.
func (b *Book) has(class, r int) (int, bool) {
	for n, have := range b.classes[class].rates {
		if have == r {
			return n, true
		}
	}
	return 0, false
}

func sumTax(parts []TaxPart) int64 {
	var sum int64
	for i := range parts {
		sum += parts[i].Amount
	}
	return sum
}
