package price

import "github.com/strollhq/stroll/money"

// The kinds of promotion.
const (
	// Percentage takes Percent off what each line's qualifying pieces cost.
	Percentage = "percentage"
	// FixedAmount takes Amount off per piece, line or cart (Per).
	FixedAmount = "fixed_amount"
	// FixedPrice sells each qualifying piece at Price.
	FixedPrice = "fixed_price"
	// NForM gives Count pieces for the price of Pay (the cheapest are free), or
	// for Price together.
	NForM = "n_for_m"
	// BuyXGetY takes Percent, Amount or down to Price off the cheapest Get
	// pieces of GetFor for every Buy pieces of For. Without figures it is buy
	// one, get one free.
	BuyXGetY = "buy_x_get_y"
	// Bundle sells one of each of Parts together at Price, or with Percent or
	// Amount off.
	Bundle = "bundle"
	// Threshold takes Amount or Percent off once qualifying pieces cost Spend.
	Threshold = "threshold"
	// HappyHour takes Percent, Amount or down to Price off each piece during
	// Hours.
	HappyHour = "happy_hour"
)

// Promotion is one typed price reduction.
//
// Promotions run by Priority; each works on what the earlier ones left of each
// piece. Group and Exclusive keep promotions apart. A piece takes part in one
// promotion once. Weighed items have no pieces: they take part in percentage,
// fixed_amount, fixed_price, threshold and happy_hour with the whole line.
type Promotion struct {
	// ID is the key by which uses are counted; never reuse one.
	ID string `yaml:"id" json:"id"`
	// Name is what receipts show. Default the id.
	Name string `yaml:"name,omitempty" json:"name,omitempty"`
	// Kind is one of the kinds above.
	Kind string `yaml:"kind" json:"kind"`
	// For selects the qualifying items. Default every item.
	For Selection `yaml:"for,omitempty" json:"for,omitzero"`

	// Percent off, above 0 and at most 100, at most 6 decimals.
	Percent money.Decimal `yaml:"percent,omitempty" json:"percent,omitzero"`
	// Amount off.
	Amount money.Decimal `yaml:"amount,omitempty" json:"amount,omitzero"`
	// Per is what Amount is for in fixed_amount: piece (default; of a weighed
	// item, the unit its price is for), line or cart.
	Per string `yaml:"per,omitempty" json:"per,omitempty"`
	// Price after the promotion.
	Price money.Decimal `yaml:"price,omitempty" json:"price,omitzero"`
	// Count and Pay are n and m of n_for_m.
	Count int `yaml:"count,omitempty" json:"count,omitempty"`
	Pay   int `yaml:"pay,omitempty" json:"pay,omitempty"`
	// Buy and Get are x and y of buy_x_get_y. Default 1 each.
	Buy int `yaml:"buy,omitempty" json:"buy,omitempty"`
	Get int `yaml:"get,omitempty" json:"get,omitempty"`
	// GetFor selects the items that become cheaper in buy_x_get_y. Default the
	// same as For.
	GetFor *Selection `yaml:"get_for,omitempty" json:"get_for,omitempty"`
	// Favour decides n_for_m with Pay and buy_x_get_y when prices differ: store
	// (default) reduces the cheapest of all qualifying pieces; shopper builds
	// sets from the dearest piece down and reduces the cheapest of each.
	Favour string `yaml:"favour,omitempty" json:"favour,omitempty"`
	// Parts are the pieces of a bundle.
	Parts []Part `yaml:"parts,omitempty" json:"parts,omitempty"`
	// Spend is what qualifying pieces must cost, after earlier promotions, for
	// a threshold.
	Spend money.Decimal `yaml:"spend,omitempty" json:"spend,omitzero"`
	// Repeat gives a threshold's Amount for every full Spend. Default once.
	Repeat bool `yaml:"repeat,omitempty" json:"repeat,omitempty"`

	// From and Until bound the promotion in time: a day of the store's calendar
	// ("2026-07-31": from its first, until its last moment) or an instant
	// ("2026-07-31T12:00:00-04:00"; until that, exclusive). Default unbounded.
	From  string `yaml:"from,omitempty" json:"from,omitempty"`
	Until string `yaml:"until,omitempty" json:"until,omitempty"`
	// Weekdays are mon … sun. Default all.
	Weekdays []string `yaml:"weekdays,omitempty" json:"weekdays,omitempty"`
	// Hours are windows of the store's clock, "16:00-18:00", end exclusive. A
	// window over midnight belongs to the weekday it starts on. Default all day.
	Hours []string `yaml:"hours,omitempty" json:"hours,omitempty"`
	// When is a further condition, an expression with a yes or no answer; see
	// Conditions. Default none.
	When string `yaml:"when,omitempty" json:"when,omitempty"`
	// Loyalty keeps the promotion for shoppers known to the loyalty programme.
	Loyalty bool `yaml:"loyalty_only,omitempty" json:"loyalty_only,omitempty"`

	// Priority: the larger runs first; equal ones in order of their ids.
	Priority int `yaml:"priority,omitempty" json:"priority,omitempty"`
	// Group is a stacking group: a piece takes part in one promotion of a group,
	// the first that runs. Promotions without a group stack with all others.
	Group string `yaml:"group,omitempty" json:"group,omitempty"`
	// Exclusive pieces take part in nothing else: the promotion passes over
	// pieces that another one reduced, and later ones pass over its pieces.
	Exclusive bool `yaml:"exclusive,omitempty" json:"exclusive,omitempty"`
	// Caps bound it. Default unbounded.
	Caps Caps `yaml:"caps,omitempty" json:"caps,omitzero"`
}

// Selection is a set of items: those of Items, Categories or Tags (all items
// when the three are empty) without those of the Except lists. Names that no
// item bears are faults.
type Selection struct {
	Items            []string `yaml:"items,omitempty" json:"items,omitempty"`
	Categories       []string `yaml:"categories,omitempty" json:"categories,omitempty"`
	Tags             []string `yaml:"tags,omitempty" json:"tags,omitempty"`
	ExceptItems      []string `yaml:"except_items,omitempty" json:"except_items,omitempty"`
	ExceptCategories []string `yaml:"except_categories,omitempty" json:"except_categories,omitempty"`
	ExceptTags       []string `yaml:"except_tags,omitempty" json:"except_tags,omitempty"`
}

// Part is a place in a bundle: Count pieces (default 1) of For.
type Part struct {
	For   Selection `yaml:"for" json:"for"`
	Count int       `yaml:"count,omitempty" json:"count,omitempty"`
}

// Caps bound a promotion; 0 is no bound. A use is a piece (weighed: a line)
// for percentage, fixed_price, happy_hour and fixed_amount per piece, a line or
// cart for fixed_amount per line or cart, a set for the others. When a cap
// leaves a choice, the dearest pieces are taken; when money runs short, what is
// left is spread in proportion.
type Caps struct {
	// PerCart is the most uses in one cart.
	PerCart int `yaml:"per_cart,omitempty" json:"per_cart,omitempty"`
	// PerItem is the most pieces of one SKU that take part in one cart.
	PerItem int `yaml:"per_item,omitempty" json:"per_item,omitempty"`
	// PerShopper is the most uses by one shopper, ever (Cart.Used). A shopper
	// who is not known has used nothing.
	PerShopper int `yaml:"per_shopper,omitempty" json:"per_shopper,omitempty"`
	// CartAmount is the most money off in one cart.
	CartAmount money.Decimal `yaml:"cart_amount,omitempty" json:"cart_amount,omitzero"`
	// ShopperAmount is the most money off for one shopper, ever.
	ShopperAmount money.Decimal `yaml:"shopper_amount,omitempty" json:"shopper_amount,omitzero"`
	// Percent is the most that this promotion and those before it together may
	// take off a piece's shelf price.
	Percent money.Decimal `yaml:"percent,omitempty" json:"percent,omitzero"`
}
