package price

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/expr-lang/expr/vm"

	"github.com/strollhq/stroll/money"
)

// promo is a Promotion ready to run. Amounts are minor units.
type promo struct {
	id, name, kind string
	sel, get       int // selections
	parts          []slot
	pieces         int // of all parts
	reward         reward
	count, pay     int
	buy, take      int
	shopper        bool // favour
	spend          int64
	repeat         bool
	per            string

	window   window
	when     *vm.Program
	loyalty  bool
	priority int
	group    uint64 // bit, 0 for none
	alone    bool

	perCart, perItem, perShopper int64
	cartMoney, shopperMoney      int64
	most                         ratio // of the shelf price

	text   string // what it gives
	unless string // the sentence when its condition says no
}

// slot is a place of a bundle.
type slot struct{ sel, count int }

// reward is what something becomes cheaper by: exactly one of a share, an
// amount or a price.
type reward struct {
	kind    rewardKind
	percent ratio
	amount  int64 // amount or price
}

type rewardKind int

const (
	byShare rewardKind = iota
	byAmount
	toPrice
)

const unbounded = math.MaxInt64

func (c *compiler) promotions() {
	b := c.b
	groups := map[string]uint64{}
	seen := map[string]bool{}
	for i, p := range b.spec.Promotions {
		field := func(name string) string { return at("promotions", i, name) }
		if c.id(field("id"), p.ID, seen[p.ID]) {
			seen[p.ID] = true
		}
		r := &promo{
			id: p.ID, name: cmp.Or(p.Name, p.ID), kind: p.Kind, per: cmp.Or(p.Per, "piece"),
			count: p.Count, pay: p.Pay, buy: cmp.Or(p.Buy, 1), take: cmp.Or(p.Get, 1), shopper: p.Favour == "shopper",
			repeat: p.Repeat, loyalty: p.Loyalty, priority: p.Priority, alone: p.Exclusive,
		}
		if p.Group != "" && groups[p.Group] == 0 {
			if len(groups) == 64 {
				c.add(field("group"), "is the 65th stacking group; there can be 64")
			}
			groups[p.Group] = 1 << (len(groups) & 63)
		}
		r.group = groups[p.Group]
		c.figures(i, p, r)
		r.sel = c.selection(field("for"), p.For)
		r.get = r.sel
		if p.GetFor != nil {
			r.get = c.selection(field("get_for"), *p.GetFor)
		}
		for j, part := range p.Parts {
			path := at(field("parts"), j, "")
			s := slot{c.selection(path+".for", part.For), cmp.Or(part.Count, 1)}
			if s.count < 0 {
				c.add(path+".count", "is below 0")
			}
			r.parts = append(r.parts, s)
			r.pieces += s.count
		}
		if p.Kind == Bundle && (r.pieces < 2 || r.pieces > 20) {
			c.add(field("parts"), "hold %d pieces, not 2 to 20", r.pieces)
		}
		r.window = c.window(i, p)
		if p.When != "" {
			r.when = c.condition(field("when"), p.When)
			b.needs = true
			r.unless = "its condition does not hold: " + p.When
		}
		c.caps(field("caps"), p.Caps, r)
		r.text = c.text(p, r)
		b.promos = append(b.promos, r)
	}
	slices.SortStableFunc(b.promos, func(x, y *promo) int {
		return cmp.Or(cmp.Compare(y.priority, x.priority), cmp.Compare(x.id, y.id))
	})
}

// caps turns absent bounds into none.
func (c *compiler) caps(path string, s Caps, r *promo) {
	bound := func(name string, n int) int64 {
		switch {
		case n < 0:
			c.add(path+"."+name, "is below 0")
		case n > 0:
			return int64(n)
		}
		return unbounded
	}
	cash := func(name string, d money.Decimal) int64 {
		if n := c.exact(path+"."+name, d); n > 0 {
			return n
		}
		return unbounded
	}
	r.perCart = bound("per_cart", s.PerCart)
	r.perItem = bound("per_item", s.PerItem)
	r.perShopper = bound("per_shopper", s.PerShopper)
	r.cartMoney = cash("cart_amount", s.CartAmount)
	r.shopperMoney = cash("shopper_amount", s.ShopperAmount)
	r.most = ratio{1, 1}
	if !s.Percent.IsZero() {
		r.most = c.percent(path+".percent", s.Percent, 6)
	}
}

// text says what a promotion gives, for explanations.
func (c *compiler) text(p Promotion, r *promo) string {
	off := ""
	switch r.reward.kind {
	case byShare:
		off = p.Percent.String() + "% off"
		if p.Kind == BuyXGetY && r.reward.percent.num == r.reward.percent.den {
			off = "free"
		}
	case byAmount:
		off = c.b.show(r.reward.amount) + " off"
	case toPrice:
		off = "for " + c.b.show(r.reward.amount)
	}
	switch p.Kind {
	case FixedAmount:
		return off + " per " + r.per
	case NForM:
		if p.Pay > 0 {
			return fmt.Sprintf("%d for %d", p.Count, p.Pay)
		}
		return strconv.Itoa(p.Count) + " " + off
	case BuyXGetY:
		return fmt.Sprintf("buy %d, get %d %s", r.buy, r.take, off)
	case Bundle:
		return "bundle " + off
	case FixedPrice, HappyHour:
		if r.reward.kind != byShare {
			return off + " each"
		}
	case Threshold:
		return off + " for spending " + c.b.show(r.spend)
	}
	return off
}

// show writes minor units as digits: "12.34".
func (b *Book) show(minor int64) string { return money.New(minor, b.currency).Number() }

func containsString(list []string, s string) bool { return slices.Contains(list, s) }
