package price

import (
	"slices"
	"strings"
	"time"

	"github.com/strollhq/stroll/money"
)

// compiler builds a Book and collects what is wrong with its Spec.
type compiler struct {
	faults
	b      *Book
	named  map[string]int // taxes and classes by id, as indices of b.classes
	feeIDs map[string]int
	sels   []Selection
	paths  []string // of sels, for faults
}

// Compile checks a Spec as a whole and makes it ready for use. The error is a
// Faults with everything that is wrong; then there is no Book. The Book keeps
// the Spec's slices, which must not change afterwards.
func Compile(s Spec) (*Book, error) {
	c := &compiler{b: &Book{spec: s}}
	c.settings()
	c.taxes()
	c.fees()
	c.items()
	c.promotions()
	c.selections()
	if len(c.list) > 0 {
		return nil, c.list
	}
	c.b.work.New = func() any { return new(work) }
	return c.b, nil
}

func (c *compiler) settings() {
	b, s := c.b, &c.b.spec
	def := func(p *string, v string) {
		if *p == "" {
			*p = v
		}
	}
	def(&s.Currency, "USD")
	def(&s.Locale, "en-US")
	def(&s.TimeZone, "UTC")
	def(&s.RoundingScope, ScopeLine)
	def(&s.TaxBase, BaseDiscounted)
	def(&s.ExternalMatch, MatchAlways)
	def(&s.DefaultTax, Exempt)
	if s.Rounding == "" {
		s.Rounding = money.HalfUp
	}
	var err error
	if b.currency, err = money.ParseCurrency(s.Currency); err != nil {
		c.add("currency", "%v", err)
	}
	b.digits = b.currency.Digits()
	if b.location, err = time.LoadLocation(s.TimeZone); err != nil || s.TimeZone == "Local" {
		c.add("time_zone", "%.60q is not a time zone such as America/New_York", s.TimeZone)
		b.location = time.UTC
	}
	if err := s.Rounding.Check(); err != nil {
		c.add("rounding", "%v", err)
	}
	c.oneOf("rounding_scope", s.RoundingScope, ScopeLine, ScopeTotal)
	c.oneOf("tax_base", s.TaxBase, BaseDiscounted, BaseShelf)
	b.even = s.Rounding == money.HalfEven
	b.whole = s.RoundingScope == ScopeTotal
	b.shelf = s.TaxBase == BaseShelf
	b.floor = c.percent("max_discount_percent", s.MaxDiscountPercent, 6)
	if s.MaxDiscountPercent.IsZero() {
		b.floor = ratio{1, 1}
	}
	s.SKU.check(&c.faults)
	c.oneOf("external_match", s.ExternalMatch, MatchAlways, MatchScanCode, MatchNever)
	b.units = compileUnits(s.Units, &c.faults)
}

// percent is a percentage of 0 to 100 as a fraction.
func (c *compiler) percent(path string, d money.Decimal, places int) ratio {
	r, ok := ratioOf(d, 1, places)
	if !ok || d.Cmp(hundred) > 0 {
		c.add(path, "%s is not a percentage of 0 to 100 with at most %d decimals", d, places)
		return ratio{0, 1}
	}
	r.den *= 100
	return r
}

var hundred = money.DecimalOf(100, 0)

// exact is an amount of 0 or more in minor units.
func (c *compiler) exact(path string, d money.Decimal) int64 {
	a, err := money.Exact(d, c.b.currency)
	switch {
	case err != nil:
		c.add(path, "%v", err)
	case a.Minor < 0:
		c.add(path, "%s is below 0", d)
	case a.Minor > maxUnitPrice:
		c.add(path, "%s is too large", d)
	default:
		return a.Minor
	}
	return 0
}

// unitPrice is a price of 0 or more per unit, which may have more decimals
// than the currency.
func (b *Book) unitPrice(d money.Decimal) (ratio, string) {
	r, ok := ratioOf(d, powers[b.digits], 9)
	switch {
	case d.Sign() < 0:
		return ratio{0, 1}, d.String() + " is below 0"
	case !ok || r.num/r.den > maxUnitPrice:
		return ratio{0, 1}, d.String() + " is too large or has more than 9 decimals"
	}
	return r, ""
}

// id checks a key: present, of reasonable length, not seen before.
func (c *compiler) id(path, id string, taken bool) bool {
	switch {
	case strings.TrimSpace(id) == "":
		c.add(path, "missing")
	case len(id) > 255:
		c.add(path, "longer than 255 characters")
	case taken:
		c.add(path, "%.60q is used twice", id)
	default:
		return true
	}
	return false
}

func (c *compiler) items() {
	b := c.b
	items := slices.Clone(b.spec.Items)
	b.spec.Items = items
	b.entries = make([]entry, len(items))
	b.bySKU = make(map[string]int32, len(items))
	b.byCode = make(map[string]int32, len(items))
	type second struct {
		key string
		i   int32
	}
	var seconds []second
	for i := range items {
		it, e := &items[i], &b.entries[i]
		e.item, e.no = it, int32(i)
		key := b.spec.SKU.key(it.SKU)
		if old, taken := b.bySKU[key]; taken {
			c.add(at("items", i, "sku"), "%.60q is the same as that of items[%d]", it.SKU, old)
		} else if c.id(at("items", i, "sku"), it.SKU, false) {
			b.bySKU[key] = int32(i)
		}
		if it.Name == "" {
			it.Name = it.SKU
		}
		for j, text := range it.Barcodes {
			code, err := ParseBarcode(text)
			if err != nil {
				c.add(at(at("items", i, "barcodes"), j, ""), "%v", err)
				continue
			}
			if old, taken := b.byCode[code.Key]; taken && old != int32(i) {
				c.add(at(at("items", i, "barcodes"), j, ""), "%s belongs to items[%d] already", code.Text, old)
				continue
			}
			b.byCode[code.Key] = int32(i)
			if code.Other != "" {
				seconds = append(seconds, second{code.Other, int32(i)})
			}
		}
		c.item(i, it, e)
	}
	// A second reading of eight digits never takes a code from another item.
	for _, s := range seconds {
		if _, taken := b.byCode[s.key]; !taken {
			b.byCode[s.key] = s.i
		}
	}
}

func (c *compiler) item(i int, it *Item, e *entry) {
	b := c.b
	if it.Unit == "" {
		it.Unit = Each
	}
	if e.unit = b.units.find(it.Unit); e.unit == nil {
		c.add(at("items", i, "unit"), "%.30q is not a known unit", it.Unit)
	}
	var wrong string
	if e.price, wrong = b.unitPrice(it.Price); wrong != "" {
		c.add(at("items", i, "price"), "%s", wrong)
	} else if it.Price.IsZero() && !it.Free {
		c.add(at("items", i, "price"), "missing; an item that costs nothing says free: true")
	} else if !it.Price.IsZero() && it.Free {
		c.add(at("items", i, "free"), "the item has a price")
	}
	e.class = b.fallback
	if it.Tax != "" {
		e.class = c.class(at("items", i, "tax"), it.Tax)
	}
	for j, id := range it.Fees {
		n, ok := c.feeIDs[id]
		if !ok {
			c.add(at(at("items", i, "fees"), j, ""), "no fee is called %.60q", id)
			continue
		}
		e.fees = append(e.fees, n)
	}
}
