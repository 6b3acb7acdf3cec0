package price_test

import (
	"fmt"

	"github.com/strollhq/stroll/internal/price"
)

// inconsistencies lists what is wrong inside a result: it looks at nothing but
// the result, as an auditor of stored sales would.
func inconsistencies(r *price.Result) []string {
	var out []string
	check := func(ok bool, format string, args ...any) {
		if !ok {
			out = append(out, fmt.Sprintf(format, args...))
		}
	}
	var sub, promo, fees, tax, total int64
	byRate := map[string]price.TaxPart{}
	for _, l := range r.Lines {
		lineFaults(l, check)
		sub, promo, fees = sub+l.Price, promo+l.Promo, fees+l.Fee
		tax, total = tax+l.Tax+l.FeeTax, total+l.Total
		parts := l.Taxes
		for _, f := range l.Fees {
			parts = append(parts[:len(parts):len(parts)], f.Taxes...)
		}
		for _, p := range parts {
			have := byRate[p.ID]
			byRate[p.ID] = price.TaxPart{ID: p.ID, Name: p.Name, Rate: p.Rate, Base: have.Base + p.Base, Amount: have.Amount + p.Amount}
		}
	}
	check(sub == r.SubTotal && promo == r.PromotionsTotal && fees == r.FeesTotal && tax == r.TaxTotal && total == r.Total,
		"totals %+v are not the sums of the lines", r)
	formula := r.SubTotal - r.PromotionsTotal + r.FeesTotal
	if !r.TaxIncluded {
		formula += r.TaxTotal
	}
	check(formula == r.Total, "total %d, by the formula %d", r.Total, formula)
	check(r.Total >= 0, "total %d is negative", r.Total)
	check(len(byRate) == len(r.Taxes), "%d rates, totals of %d", len(byRate), len(r.Taxes))
	for _, p := range r.Taxes {
		check(byRate[p.ID] == p, "rate %s: total %+v, lines %+v", p.ID, p, byRate[p.ID])
	}
	var explained int64
	for _, x := range r.Explain {
		explained += x.Amount
		check(x.Why != "", "%s has no explanation", x.Promotion)
		check(x.Applied == (x.Amount > 0), "%s: applied %v with %d", x.Promotion, x.Applied, x.Amount)
		check(x.Amount == r.Uses[x.Promotion].Amount, "%s: explained %d, used %+v", x.Promotion, x.Amount, r.Uses[x.Promotion])
	}
	check(explained == r.PromotionsTotal, "explanations sum to %d of %d", explained, r.PromotionsTotal)
	return out
}

func lineFaults(l price.Line, check func(bool, string, ...any)) {
	var promo, tax, fee, feeTax int64
	seen := map[string]bool{}
	for _, p := range l.Promotions {
		check(!seen[p.ID], "line %d: promotion %s twice", l.No, p.ID)
		seen[p.ID] = true
		promo += p.Amount
		check(p.Amount > 0, "line %d: promotion %s of %d", l.No, p.ID, p.Amount)
	}
	for _, p := range l.Taxes {
		tax += p.Amount
		check(p.Amount >= 0 && p.Base >= 0, "line %d: tax %+v", l.No, p)
	}
	for _, f := range l.Fees {
		var own int64
		for _, p := range f.Taxes {
			own += p.Amount
			check(p.Amount >= 0 && p.Base >= 0, "line %d: tax %+v of fee %s", l.No, p, f.ID)
		}
		check(own == f.Tax && f.Amount >= 0, "line %d: fee %+v", l.No, f)
		fee, feeTax = fee+f.Amount, feeTax+f.Tax
	}
	check(promo == l.Promo && tax == l.Tax && fee == l.Fee && feeTax == l.FeeTax, "line %d: parts do not sum: %+v", l.No, l)
	check(l.Promo <= l.Price && l.Promo >= 0 && l.Price >= 0, "line %d: price %d, promotions %d", l.No, l.Price, l.Promo)
	want := l.Price - l.Promo + l.Fee
	if !l.TaxIncluded {
		want += l.Tax + l.FeeTax
	}
	check(l.Total == want && l.Total >= 0, "line %d: total %d, by the formula %d", l.No, l.Total, want)
	check(l.Pieces >= 1, "line %d: %d pieces", l.No, l.Pieces)
}
