package receipt

import (
	"fmt"
	"slices"
	"strings"

	"github.com/strollhq/stroll/internal/price"
	"github.com/strollhq/stroll/money"
)

// writer writes the amounts of one receipt.
type writer struct {
	currency money.Currency
	locale   string
	marks    map[string]string // the letter of each tax
	lines    map[string]int    // on how many lines each promotion is
}

func newWriter(c Content) writer {
	w := writer{currency: c.Price.Currency, locale: c.Store.Locale, marks: map[string]string{}, lines: map[string]int{}}
	for i, t := range c.Price.Taxes {
		w.marks[t.ID] = string(rune('A' + i%26))
	}
	for _, l := range c.Price.Lines {
		for _, p := range l.Promotions {
			w.lines[p.ID]++
		}
	}
	return w
}

func (w writer) amount(minor int64) string { return money.New(minor, w.currency).Format(w.locale) }

// unit writes a unit price, which may have more digits than the currency: they
// follow the last digit of what the locale makes of the others.
func (w writer) unit(d money.Decimal) string {
	if a, err := money.Exact(d, w.currency); err == nil {
		return a.Format(w.locale)
	}
	digits := w.currency.Digits()
	whole, part, _ := strings.Cut(d.String(), ".")
	if digits > 0 && len(part) > digits {
		if a, err := money.ParseAmount(whole+"."+part[:digits], w.currency); err == nil {
			text := a.Format(w.locale)
			if end := strings.LastIndexAny(text, "0123456789") + 1; end > 0 {
				return text[:end] + strings.TrimRight(part[digits:], "0") + text[end:]
			}
		}
	}
	return d.String() + " " + string(w.currency)
}

func (w writer) line(l price.Line) LineView {
	v := LineView{Name: or(l.Name, l.SKU), Amount: w.amount(l.Price)}
	if one, ok := l.Quantity.Int64(); !ok || one != 1 || l.PriceUnit != "each" {
		quantity := l.Quantity.String()
		if l.PriceUnit == "each" || l.PriceUnit == "" {
			v.Detail = quantity + " × " + w.unit(l.UnitPrice)
		} else {
			v.Detail = quantity + " " + l.Unit + " × " + w.unit(l.UnitPrice) + " per " + l.PriceUnit
		}
	}
	for _, p := range l.Promotions {
		// One that is spread over several lines is shown once, with the sums.
		if w.lines[p.ID] == 1 {
			v.Notes = append(v.Notes, w.saving(or(p.Name, p.ID), p.Amount))
		}
	}
	for _, f := range l.Fees {
		v.Notes = append(v.Notes, Row{Label: or(f.Name, f.ID), Text: "+" + w.amount(f.Amount)})
	}
	var letters []string
	for _, t := range l.Taxes {
		letters = append(letters, w.marks[t.ID])
	}
	slices.Sort(letters)
	v.Marks = strings.Join(letters, " ")
	return v
}

func (w writer) saving(label string, amount int64) Row {
	return Row{Label: label, Text: "−" + w.amount(amount), Minus: true}
}

// sums are the rows between the lines and the total, and the taxes contained
// in the prices if they are.
func (w writer) sums(p price.Result) (sums, taxes []Row) {
	if p.PromotionsTotal != 0 || p.FeesTotal != 0 || len(p.Taxes) > 0 && !p.TaxIncluded {
		sums = append(sums, Row{Label: "Subtotal", Text: w.amount(p.SubTotal)})
	}
	sums = append(sums, w.savings(p)...)
	if p.FeesTotal != 0 {
		sums = append(sums, Row{Label: "Deposits and fees", Text: w.amount(p.FeesTotal)})
	}
	for _, t := range p.Taxes {
		row := Row{Label: fmt.Sprintf("%s %s%% of %s", or(t.Name, t.ID), t.Rate, w.amount(t.Base)), Text: w.amount(t.Amount), Mark: w.marks[t.ID]}
		if p.TaxIncluded {
			taxes = append(taxes, row)
		} else {
			sums = append(sums, row)
		}
	}
	return sums, taxes
}

// savings are the promotions that are on several lines, each with its sum, and
// what the others, shown with their lines, come to.
func (w writer) savings(p price.Result) []Row {
	if p.PromotionsTotal == 0 {
		return nil
	}
	type promotion struct {
		name  string
		total int64
	}
	var order []string
	spread := map[string]promotion{}
	rest := p.PromotionsTotal
	for _, l := range p.Lines {
		for _, a := range l.Promotions {
			if w.lines[a.ID] == 1 {
				continue
			}
			s, seen := spread[a.ID]
			if !seen {
				order = append(order, a.ID)
			}
			spread[a.ID] = promotion{or(a.Name, a.ID), s.total + a.Amount}
			rest -= a.Amount
		}
	}
	var rows []Row
	if rest != 0 {
		label := "Savings"
		if len(order) > 0 {
			label = "Savings on items"
		}
		rows = append(rows, w.saving(label, rest))
	}
	for _, id := range order {
		rows = append(rows, w.saving(spread[id].name, spread[id].total))
	}
	return rows
}
