package price

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// A stored result is most of what a sale takes up in the database, and half of
// its JSON would be names of fields and texts that come again on every line. So
// it is stored as a JSON array of two: the different texts, and the numbers,
// which follow each other in the order of the fields, lists after their length
// and texts as their index. ParseResult reads that and plain JSON alike.

// Append adds the stored form of r to b.
func (r *Result) Append(b []byte) []byte {
	t := newTape(b)
	r.run(t)
	return t.end()
}

// ParseResult reads a stored result.
func ParseResult(data []byte) (*Result, error) {
	r := &Result{}
	var err error
	if len(data) > 0 && data[0] == '[' {
		t := &tape{reading: true}
		if err = json.Unmarshal(data, &[2]any{&t.texts, &t.numbers}); err == nil {
			r.run(t)
			if err = t.err; err == nil && len(t.numbers) > 0 {
				err = errors.New("numbers are left over")
			}
		}
	} else {
		err = json.Unmarshal(data, r)
	}
	if err != nil {
		return nil, fmt.Errorf("stored price: %w", err)
	}
	return r, nil
}

// run takes r over the tape, in the one order it is written and read in. A new
// field goes to the end of a new form, since old sales must remain readable.
func (r *Result) run(t *tape) {
	t.text((*string)(&r.Currency))
	t.flag(&r.TaxIncluded)
	t.number(&r.SubTotal)
	t.number(&r.PromotionsTotal)
	t.number(&r.FeesTotal)
	t.number(&r.TaxTotal)
	t.number(&r.Total)
	for i := range length(t, &r.Lines) {
		r.Lines[i].run(t)
	}
	taxes(t, &r.Taxes)
	for i := range length(t, &r.Explain) {
		e := &r.Explain[i]
		t.text(&e.Promotion)
		t.text(&e.Name)
		t.flag(&e.Applied)
		t.number(&e.Amount)
		t.text(&e.Why)
	}
	r.runUses(t)
}

func (l *Line) run(t *tape) {
	no := int64(l.No)
	t.number(&no)
	l.No = int(no)
	t.text(&l.SKU)
	t.text(&l.Name)
	t.decimal(&l.Quantity)
	t.text(&l.Unit)
	t.number(&l.Pieces)
	t.decimal(&l.UnitPrice)
	t.text(&l.PriceUnit)
	t.number(&l.Price)
	t.number(&l.Promo)
	for i := range length(t, &l.Promotions) {
		a := &l.Promotions[i]
		t.text(&a.ID)
		t.text(&a.Name)
		t.number(&a.Amount)
	}
	taxes(t, &l.Taxes)
	t.number(&l.Tax)
	for i := range length(t, &l.Fees) {
		f := &l.Fees[i]
		t.text(&f.ID)
		t.text(&f.Name)
		t.number(&f.Amount)
		taxes(t, &f.Taxes)
		t.number(&f.Tax)
	}
	t.number(&l.Fee)
	t.number(&l.FeeTax)
	t.flag(&l.TaxIncluded)
	t.number(&l.Total)
}

func taxes(t *tape, all *[]TaxPart) {
	for i := range length(t, all) {
		x := &(*all)[i]
		t.text(&x.ID)
		t.text(&x.Name)
		t.text(&x.Rate)
		t.number(&x.Base)
		t.number(&x.Amount)
	}
}

func (r *Result) runUses(t *tape) {
	ids := slices.Sorted(maps.Keys(r.Uses))
	n := t.size(len(ids))
	if n > len(ids) {
		ids, r.Uses = make([]string, n), make(map[string]Usage, n)
	}
	for _, id := range ids {
		u := r.Uses[id]
		t.text(&id)
		t.number(&u.Uses)
		t.number(&u.Amount)
		if t.reading {
			r.Uses[id] = u
		}
	}
}
