package price

// result turns the rows into lines in the order of the cart and adds up.
func (w *work) result() *Result {
	b := w.b
	res := &Result{
		Currency: b.currency, TaxIncluded: b.spec.PricesIncludeTax, Lines: make([]Line, len(w.rows)),
		Explain: w.explain, Uses: w.uses,
	}
	w.applied(res)
	taxes, fees := 0, 0
	for i := range w.rows {
		e := w.rows[i].e
		taxes += len(b.classes[e.class].rates)
		fees += len(e.fees)
		for _, f := range e.fees {
			taxes += len(b.classes[b.fees[f].class].rates)
		}
	}
	// One block of memory for the small parts of all lines.
	parts, charged := make([]TaxPart, taxes), make([]FeePart, fees)
	var places []taxed
	if b.whole {
		places = make([]taxed, 0, len(w.rows)+fees)
	}
	room := func(class int) []TaxPart {
		n := len(b.classes[class].rates)
		if n == 0 {
			return nil
		}
		p := parts[:n:n]
		parts = parts[n:]
		return p
	}
	for i := range w.rows {
		r := &w.rows[i]
		l := &res.Lines[r.in]
		w.line(r, l)
		base := l.Price - l.Promo
		if b.shelf {
			base = l.Price
		}
		l.Taxes = room(r.e.class)
		if n := len(r.e.fees); n > 0 {
			l.Fees, charged = charged[:n:n], charged[n:]
		}
		if b.whole {
			places = append(places, taxed{r.e.class, base, l.Taxes})
		} else {
			b.due(&b.classes[r.e.class], base, l.Taxes)
		}
		for j, n := range r.e.fees {
			f := &b.fees[n]
			p := &l.Fees[j]
			p.ID, p.Name, p.Taxes = f.id, f.name, room(f.class)
			switch {
			case f.share:
				p.Amount = b.times(l.Price-l.Promo, f.percent)
			case f.line:
				p.Amount = f.amount
			default:
				p.Amount = f.amount * r.pieces
			}
			if b.whole {
				places = append(places, taxed{f.class, p.Amount, p.Taxes})
			} else {
				b.due(&b.classes[f.class], p.Amount, p.Taxes)
			}
		}
	}
	if b.whole {
		w.sharedTax(places)
	}
	w.totals(res)
	return res
}

// line copies what a row knows before tax.
func (w *work) line(r *row, l *Line) {
	it := r.e.item
	l.No, l.SKU, l.Name = r.line.No, it.SKU, it.Name
	l.Quantity, l.Unit, l.Pieces = r.line.Quantity, r.unit.name, r.pieces
	l.UnitPrice, l.PriceUnit = it.Price, r.e.unit.name
	if r.line.Override != nil {
		l.UnitPrice = *r.line.Override
	}
	l.Price, l.Promo, l.TaxIncluded = r.price, r.promo, w.b.spec.PricesIncludeTax
}

// applied gives each line its promotions, in the order they ran.
func (w *work) applied(res *Result) {
	if len(w.hits) == 0 {
		return
	}
	all := make([]Applied, len(w.hits))
	for i := range w.rows {
		r := &w.rows[i]
		if r.hits > 0 {
			res.Lines[r.in].Promotions, all = all[:0:r.hits], all[r.hits:]
		}
	}
	for _, h := range w.hits {
		l := &res.Lines[w.rows[h.row].in]
		l.Promotions = append(l.Promotions, Applied{h.promo.id, h.promo.name, h.amount})
	}
}

// totals sums the parts of each line and the lines of the cart.
func (w *work) totals(res *Result) {
	b := w.b
	byRate := make([]TaxPart, len(b.rates))
	hit := 0
	add := func(class int, parts []TaxPart) int64 {
		for n, r := range b.classes[class].rates {
			if byRate[r].ID == "" {
				byRate[r] = b.part(r, 0, 0)
				hit++
			}
			byRate[r].Base += parts[n].Base
			byRate[r].Amount += parts[n].Amount
		}
		return sumTax(parts)
	}
	for i := range w.rows {
		r := &w.rows[i]
		l := &res.Lines[r.in]
		l.Tax = add(r.e.class, l.Taxes)
		for j := range l.Fees {
			f := &l.Fees[j]
			f.Tax = add(b.fees[r.e.fees[j]].class, f.Taxes)
			l.Fee += f.Amount
			l.FeeTax += f.Tax
		}
		l.Total = l.Price - l.Promo + l.Fee
		if !l.TaxIncluded {
			l.Total += l.Tax + l.FeeTax
		}
		res.SubTotal += l.Price
		res.PromotionsTotal += l.Promo
		res.FeesTotal += l.Fee
		res.TaxTotal += l.Tax + l.FeeTax
		res.Total += l.Total
	}
	res.Taxes = make([]TaxPart, 0, hit)
	for _, t := range byRate {
		if t.ID != "" {
			res.Taxes = append(res.Taxes, t)
		}
	}
}
