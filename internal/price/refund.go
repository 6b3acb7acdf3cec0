package price

// Unit is one piece's frozen share of a line, in minor units. Over all units of
// the line every figure sums to the line's own.
type Unit struct {
	Price int64 `json:"price"`
	Promo int64 `json:"promo"`
	// Taxes are the shares of Line.Taxes, in its order; Tax their sum.
	Taxes []int64 `json:"taxes,omitempty"`
	Tax   int64   `json:"tax"`
	// Fees and FeeTaxes are the shares of the amounts and taxes of Line.Fees, in
	// its order; Fee and FeeTax their sums.
	Fees     []int64 `json:"fees,omitempty"`
	Fee      int64   `json:"fee"`
	FeeTaxes []int64 `json:"fee_taxes,omitempty"`
	FeeTax   int64   `json:"fee_tax"`
	// Total is what giving this piece back returns.
	Total int64 `json:"total"`
}

// Units gives each piece of a priced line its share, so that refunding the
// pieces one by one, in any order and at any time, returns exactly the line
// (field lessons: a refund gives back the frozen share). Pieces of a line are
// alike to shopper and shelf, so a promotion that made one of them free makes
// all of them cheaper here. Shares differ by at most one minor unit per figure;
// the first pieces have the larger ones. A weighed line is one unit.
func Units(l Line) []Unit {
	n := max(1, l.Pieces)
	units := make([]Unit, n)
	nt, nf := len(l.Taxes), len(l.Fees)
	block := make([]int64, int(n)*(nt+2*nf))
	for i := range units {
		u := &units[i]
		u.Taxes, block = cut(block, nt)
		u.Fees, block = cut(block, nf)
		u.FeeTaxes, block = cut(block, nf)
	}
	even(l.Price, units, func(u *Unit, v int64) { u.Price = v })
	even(l.Promo, units, func(u *Unit, v int64) { u.Promo = v })
	for j := range l.Taxes {
		even(l.Taxes[j].Amount, units, func(u *Unit, v int64) { u.Taxes[j] = v; u.Tax += v })
	}
	for j := range l.Fees {
		even(l.Fees[j].Amount, units, func(u *Unit, v int64) { u.Fees[j] = v; u.Fee += v })
		even(l.Fees[j].Tax, units, func(u *Unit, v int64) { u.FeeTaxes[j] = v; u.FeeTax += v })
	}
	for i := range units {
		u := &units[i]
		u.Total = u.Price - u.Promo + u.Fee
		if !l.TaxIncluded {
			u.Total += u.Tax + u.FeeTax
		}
	}
	return units
}

func cut(block []int64, n int) (head, tail []int64) { return block[:n:n], block[n:] }

// even is a split into equal parts by largest remainder.
func even(total int64, units []Unit, put func(*Unit, int64)) {
	n := int64(len(units))
	share, rest := total/n, total%n
	for i := range units {
		v := share
		if int64(i) < rest {
			v++
		}
		put(&units[i], v)
	}
}
