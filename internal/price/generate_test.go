package price_test

import (
	"fmt"

	"pgregory.net/rapid"

	"github.com/strollhq/stroll/internal/price"
	"github.com/strollhq/stroll/money"
)

// drawSpec is a random store: small numbers, so that promotions meet, and
// awkward rates.
func drawSpec(t *rapid.T) price.Spec {
	pick := func(label string, of ...string) string { return rapid.SampledFrom(of).Draw(t, label) }
	s := price.Spec{
		Currency:           pick("currency", "USD", "JPY"),
		Rounding:           money.Rounding(pick("rounding", "half_up", "half_even")),
		RoundingScope:      pick("scope", "line", "total"),
		TaxBase:            pick("base", "discounted", "shelf"),
		PricesIncludeTax:   rapid.Bool().Draw(t, "included"),
		MaxDiscountPercent: money.MustDecimal(pick("max", "0", "0", "35.5")),
		Taxes: []price.Tax{{ID: "a", Percent: money.MustDecimal(pick("rate", "8.875", "19", "50"))},
			{ID: "b", Percent: money.MustDecimal(pick("rate", "4", "0.375", "33.3333333"))}, {ID: "c", Percent: money.MustDecimal("1.5")}},
		TaxClasses: []price.TaxClass{{ID: "ab", Taxes: []string{"a", "b"}}, {ID: "abc", Taxes: []string{"a", "b", "c"}}},
	}
	tax := func() string { return pick("tax", "a", "b", "ab", "abc", "exempt") }
	amount := func(label string, most int64) money.Decimal {
		places := 2
		if s.Currency == "JPY" {
			places = 0
		}
		return money.DecimalOf(rapid.Int64Range(1, most).Draw(t, label), places)
	}
	s.Fees = []price.Fee{{ID: "f", Amount: amount("fee", 30), Tax: tax()}, {ID: "g", Percent: money.MustDecimal("2.5"), Tax: tax()},
		{ID: "h", Amount: amount("fee", 30), Per: "line", Tax: tax()}}
	// Prices repeat, so that the order of lines has ties to decide.
	shelf := func() money.Decimal {
		if rapid.Bool().Draw(t, "tie") {
			return money.MustDecimal("3")
		}
		return amount("price", 600)
	}
	for i := range 6 {
		it := price.Item{SKU: fmt.Sprint("S", i), Price: shelf(), Tax: tax(), Category: pick("category", "x", "y")}
		if i == 5 {
			it.Unit, it.Price = "kg", money.DecimalOf(rapid.Int64Range(1, 99999).Draw(t, "price"), 3)
		}
		if rapid.Bool().Draw(t, "fees") {
			it.Fees = rapid.SliceOfN(rapid.SampledFrom([]string{"f", "g", "h"}), 0, 2).Draw(t, "fees")
		}
		s.Items = append(s.Items, it)
	}
	s.Items[0].Category, s.Items[1].Category = "x", "y"
	for i := range rapid.IntRange(0, 5).Draw(t, "promotions") {
		s.Promotions = append(s.Promotions, drawPromotion(t, i, amount))
	}
	return s
}

func drawPromotion(t *rapid.T, i int, amount func(string, int64) money.Decimal) price.Promotion {
	number := func(label string, low, high int) int { return rapid.IntRange(low, high).Draw(t, label) }
	sel := rapid.Custom(func(t *rapid.T) price.Selection {
		return rapid.SampledFrom([]price.Selection{{}, {Categories: []string{"x"}}, {Categories: []string{"y"}},
			{Items: []string{"S1", "S2"}}, {Items: []string{"S0"}}, {ExceptItems: []string{"S3"}}}).Draw(t, "for")
	})
	p := price.Promotion{
		ID: fmt.Sprint("p", i), For: sel.Draw(t, "for"), Priority: number("priority", 0, 3),
		Group:     rapid.SampledFrom([]string{"", "", "g", "h"}).Draw(t, "group"),
		Exclusive: number("exclusive", 0, 4) == 0,
	}
	percent := money.DecimalOf(rapid.Int64Range(1, 1000).Draw(t, "percent"), 1)
	reward := func(kinds int) {
		switch number("reward", 0, kinds-1) {
		case 0:
			p.Percent = percent
		case 1:
			p.Amount = amount("amount", 900)
		default:
			p.Price = amount("price", 900)
		}
	}
	switch p.Kind = rapid.SampledFrom([]string{price.Percentage, price.FixedAmount, price.FixedPrice, price.NForM,
		price.BuyXGetY, price.Bundle, price.Threshold, price.HappyHour}).Draw(t, "kind"); p.Kind {
	case price.Percentage:
		p.Percent = percent
	case price.FixedAmount:
		p.Amount, p.Per = amount("amount", 300), rapid.SampledFrom([]string{"piece", "line", "cart"}).Draw(t, "per")
	case price.FixedPrice:
		p.Price = amount("price", 300)
	case price.NForM:
		if p.Count = number("n", 2, 4); rapid.Bool().Draw(t, "for a price") {
			p.Price = amount("price", 900)
		} else {
			p.Pay = number("m", 1, p.Count-1)
			p.Favour = rapid.SampledFrom([]string{"", "shopper"}).Draw(t, "favour")
		}
	case price.BuyXGetY:
		p.Buy, p.Get = number("x", 1, 3), number("y", 1, 2)
		p.Favour = rapid.SampledFrom([]string{"", "shopper"}).Draw(t, "favour")
		if reward(3); rapid.Bool().Draw(t, "other") {
			g := sel.Draw(t, "get")
			p.GetFor = &g
		}
	case price.Bundle:
		reward(3)
		p.Parts = []price.Part{{For: sel.Draw(t, "part"), Count: number("count", 1, 2)}, {For: sel.Draw(t, "part")}}
	case price.Threshold:
		if p.Spend = amount("spend", 1500); rapid.Bool().Draw(t, "share") {
			p.Percent = percent
		} else {
			p.Amount, p.Repeat = amount("amount", 700), rapid.Bool().Draw(t, "repeat")
		}
	case price.HappyHour:
		reward(3)
		p.Hours = []string{"11:00-13:00"}
	}
	if rapid.Bool().Draw(t, "capped") {
		p.Caps = price.Caps{PerCart: number("per cart", 0, 4), PerItem: number("per item", 0, 3), PerShopper: number("per shopper", 0, 4)}
		if rapid.Bool().Draw(t, "money") {
			p.Caps.CartAmount = amount("cart amount", 300)
			p.Caps.ShopperAmount = amount("shopper amount", 300)
			p.Caps.Percent = percent
		}
	}
	return p
}

// drawCart is a random cart of that store: SKUs repeat on several lines.
func drawCart(t *rapid.T) price.Cart {
	c := price.Cart{At: noon, Used: map[string]price.Usage{}}
	for i := range rapid.IntRange(0, 9).Draw(t, "lines") {
		n := rapid.IntRange(0, 5).Draw(t, "item")
		l := price.CartLine{No: i + 1, SKU: fmt.Sprint("S", n), Quantity: money.DecimalOf(rapid.Int64Range(1, 5).Draw(t, "pieces"), 0)}
		if n == 5 {
			l.Quantity, l.Unit = money.DecimalOf(rapid.Int64Range(1, 3000).Draw(t, "weight"), 3), "kg"
		}
		c.Lines = append(c.Lines, l)
	}
	for i := range 5 {
		if rapid.Bool().Draw(t, "used before") {
			c.Used[fmt.Sprint("p", i)] = price.Usage{Uses: rapid.Int64Range(0, 4).Draw(t, "uses"), Amount: rapid.Int64Range(0, 300).Draw(t, "amount")}
		}
	}
	return c
}
