package scenario

import (
	"context"
	"fmt"
)

// priceFamily is charge calculation. What a cart must cost only the retailer
// knows, so both are told, by the name of the case.
func priceFamily() []Scenario {
	var list []Scenario
	for _, p := range []struct {
		id, name, title, hint string
		also                  []string
	}{
		{"7c.1", "rounding", "decimal rounding", "something whose price or tax ends on half a cent", nil},
		{"7c.2", "percentage", "a percentage off", "something reduced by a percentage", nil},
		{"7c.3", "fixed-amount", "a fixed amount off", "something reduced by an amount", nil},
		{"7c.4", "buy-one-get-one", "buy one, get one", "an odd number of something sold two for one", nil},
		{"7c.5", "stacked", "several promotions at once", "something to which two promotions apply", nil},
		{"7c.6", "limit", "a promotion with a limit", "more of something than its promotion covers", nil},
		{"7c.7", "tax", "the standard tax", "something taxed", nil},
		{"7c.8", "exempt", "no tax", "something exempt from tax", nil},
		{"7c.9", "two-rates", "several rates in one cart", "things taxed at different rates", nil},
		{"7c.10", "discounted-tax", "tax on something reduced", "something both reduced and taxed", nil},
		{"7c.11", "total", "the total formula", "promotion, tax and a fee in one cart", []string{"ordering 9.5/pricing"}},
		{"7c.12", "never-negative", "a promotion above the price", "something reduced by more than it costs, beside something else", nil},
		{"7c.13", "large-cart", "a large cart", "fifty lines or more", nil},
	} {
		name := "price." + p.name
		list = append(list, Scenario{
			Name: name, Title: p.title,
			Explains: "Delivers the cart that was named for this case (" + p.hint + ") and looks at what is charged.",
			Expect:   "201 with a purchaseId; one Adjust and one Capture of exactly the sum that was named.",
			Sources:  append([]string{"ordering 9.2/" + p.id}, p.also...), Needs: []Need{NeedPrice(name)},
			Run: func(ctx context.Context, st *Stage) {
				priced := st.opt.Priced[name]
				want, ok := st.minor(priced.Total)
				if !ok {
					st.Skip("%q is no amount of %s", priced.Total, st.store.Currency)
				}
				trip := st.shop(ctx, "approve", priced.Items...)
				b := st.once(ctx, trip)
				st.Expect(b.Captured == want, "it costs what it must", fmt.Sprint(want), fmt.Sprint(b.Captured))
			},
		})
	}
	return list
}
