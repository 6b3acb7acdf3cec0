package price

import "slices"

// rate is one tax, with its texts ready for results. fraction has the common
// denominator of all rates.
type rate struct {
	id, name, text string
	num            int64
}

// class is what an item or fee bears: rates side by side. den is what a rate's
// num is divided by: 1 for prices without tax, 1 + Σ rates for prices with it.
type class struct {
	rates []int
	num   int64 // Σ of the rates' num
	den   int64
}

type fee struct {
	id, name string
	amount   int64
	percent  ratio
	share    bool // of the price, in percent
	line     bool // once per line
	class    int
}

// ratePlaces bounds the decimals of a tax percentage.
const ratePlaces = 7

func (c *compiler) taxes() {
	b := c.b
	c.named = map[string]int{Exempt: 0}
	var scale int64 = 100 * powers[ratePlaces]
	b.classes = []class{{den: scale}}
	for i, t := range b.spec.Taxes {
		_, taken := c.named[t.ID]
		if !c.id(at("taxes", i, "id"), t.ID, taken) {
			continue
		}
		r := c.percent(at("taxes", i, "percent"), t.Percent, ratePlaces)
		if t.Name == "" {
			t.Name = t.ID
		}
		b.rates = append(b.rates, rate{t.ID, t.Name, t.Percent.String(), r.num * (scale / r.den)})
		c.named[t.ID] = len(b.classes)
		c.addClass(len(b.rates) - 1)
	}
	for i, k := range b.spec.TaxClasses {
		_, taken := c.named[k.ID]
		if !c.id(at("tax_classes", i, "id"), k.ID, taken) {
			continue
		}
		var rates []int
		for j, id := range k.Taxes {
			n := slices.IndexFunc(b.rates, func(r rate) bool { return r.id == id })
			path := at(at("tax_classes", i, "taxes"), j, "")
			switch {
			case n < 0:
				c.add(path, "no tax is called %.60q", id)
			case slices.Contains(rates, n):
				c.add(path, "%.60q is named twice", id)
			default:
				rates = append(rates, n)
			}
		}
		if len(k.Taxes) == 0 {
			c.add(at("tax_classes", i, "taxes"), "missing; what bears no tax is %s", Exempt)
		}
		slices.Sort(rates)
		c.named[k.ID] = len(b.classes)
		if c.addClass(rates...).num > scale {
			c.add(at("tax_classes", i, "taxes"), "together above 100 %%")
		}
	}
	b.fallback = c.class("default_tax", b.spec.DefaultTax)
}

func (c *compiler) addClass(rates ...int) class {
	b := c.b
	k := class{rates: rates, den: 100 * powers[ratePlaces]}
	for _, r := range rates {
		k.num += b.rates[r].num
	}
	if b.spec.PricesIncludeTax {
		k.den += k.num
	}
	b.classes = append(b.classes, k)
	return k
}

// class is the index of the tax or class of that name; exempt when there is
// none.
func (c *compiler) class(path, id string) int {
	n, ok := c.named[id]
	if !ok {
		c.add(path, "no tax or tax class is called %.60q", id)
	}
	return n
}

func (c *compiler) fees() {
	b := c.b
	c.feeIDs = map[string]int{}
	for i, f := range b.spec.Fees {
		_, taken := c.feeIDs[f.ID]
		if !c.id(at("fees", i, "id"), f.ID, taken) {
			continue
		}
		n := fee{id: f.ID, name: f.Name, line: f.Per == "line"}
		if n.name == "" {
			n.name = f.ID
		}
		c.oneOf(at("fees", i, "per"), f.Per, "", "piece", "line")
		switch {
		case f.Amount.IsZero() == f.Percent.IsZero():
			c.add(at("fees", i, ""), "needs an amount or a percent, not both")
		case f.Amount.IsZero():
			n.share = true
			n.percent = c.percent(at("fees", i, "percent"), f.Percent, 6)
			if f.Per != "" {
				c.add(at("fees", i, "per"), "goes with an amount only")
			}
		default:
			n.amount = c.exact(at("fees", i, "amount"), f.Amount)
		}
		if f.Tax != "" {
			n.class = c.class(at("fees", i, "tax"), f.Tax)
		}
		c.feeIDs[f.ID] = len(b.fees)
		b.fees = append(b.fees, n)
	}
}
