package price

import "github.com/strollhq/stroll/money"

// Spec is a store's prices as data: what YAML and JSON hold. Amounts are exact
// decimals in the store's currency ("3.49"), rates are percentages ("8.875").
// The zero value is a store that sells nothing in US dollars. Compile checks
// it as a whole.
type Spec struct {
	// Currency is the ISO 4217 code of every amount. Default USD.
	Currency string `yaml:"currency,omitempty" json:"currency,omitempty"`
	// Locale is the language tag people of the store read amounts in. Default
	// en-US. It changes how amounts look, never what they are.
	Locale string `yaml:"locale,omitempty" json:"locale,omitempty"`
	// TimeZone is the IANA name of the store's clock ("America/New_York"), by
	// which promotion windows open and close. Default UTC.
	TimeZone string `yaml:"time_zone,omitempty" json:"time_zone,omitempty"`
	// Rounding is half_up (default: a midpoint goes away from zero) or
	// half_even.
	Rounding money.Rounding `yaml:"rounding,omitempty" json:"rounding,omitempty"`
	// RoundingScope is line (default: each tax of each line is rounded) or
	// total: each tax is rounded once for the cart and spread over the lines by
	// largest remainder, so that the lines still sum to it. Where prices include
	// tax, total rounds once per tax class.
	RoundingScope string `yaml:"rounding_scope,omitempty" json:"rounding_scope,omitempty"`
	// TaxBase is discounted (default: tax on what is paid) or shelf: tax on the
	// price before promotions, also where it is contained in the price and only
	// shown.
	TaxBase string `yaml:"tax_base,omitempty" json:"tax_base,omitempty"`
	// PricesIncludeTax says that prices and fees already contain their tax: it
	// is shown and not added. Default false.
	PricesIncludeTax bool `yaml:"prices_include_tax,omitempty" json:"prices_include_tax,omitempty"`
	// MaxDiscountPercent is the most that all promotions together may take off
	// one piece. Default 100: a piece may become free, never cheaper.
	MaxDiscountPercent money.Decimal `yaml:"max_discount_percent,omitempty" json:"max_discount_percent,omitzero"`

	// SKU says how SKUs are made comparable before they are looked up.
	SKU SKURule `yaml:"sku,omitempty" json:"sku,omitzero"`
	// ExternalMatch says when the external identifiers of a cart item may find
	// it after its own id did not: always (default), scancode (only for items
	// sent by scan code) or never (they are only suggested).
	ExternalMatch string `yaml:"external_match,omitempty" json:"external_match,omitempty"`
	// Units adds spellings to the known units of measure: {kg: [kilo, kilos]}.
	// Known: each, g, 100g, kg, oz, lb, ml, cl, 100ml, l, cm, m. Case and spaces
	// do not matter. A unit that is not known makes a cart bad.
	Units map[string][]string `yaml:"units,omitempty" json:"units,omitempty"`

	// Taxes are the rates in force. None: nothing is taxed.
	Taxes []Tax `yaml:"taxes,omitempty" json:"taxes,omitempty"`
	// TaxClasses group rates that apply together.
	TaxClasses []TaxClass `yaml:"tax_classes,omitempty" json:"tax_classes,omitempty"`
	// DefaultTax is the tax or tax class of items that name none. Default
	// exempt.
	DefaultTax string `yaml:"default_tax,omitempty" json:"default_tax,omitempty"`
	// Fees are deposits and charges that items bear besides their price.
	Fees []Fee `yaml:"fees,omitempty" json:"fees,omitempty"`
	// Items are everything that can be sold.
	Items []Item `yaml:"items,omitempty" json:"items,omitempty"`
	// Promotions apply by priority, each on what the earlier ones left.
	Promotions []Promotion `yaml:"promotions,omitempty" json:"promotions,omitempty"`
}

// Values of Spec.RoundingScope, Spec.TaxBase and Spec.ExternalMatch, and the
// tax name of what bears none.
const (
	ScopeLine  = "line"
	ScopeTotal = "total"

	BaseDiscounted = "discounted"
	BaseShelf      = "shelf"

	MatchAlways   = "always"
	MatchScanCode = "scancode"
	MatchNever    = "never"

	Exempt = "exempt"
)

// SKURule makes SKUs of different systems comparable: Amazon's and the POS's
// differ in padding when the POS has codes of fixed length (contract: ordering
// 2.4). It is applied to both sides, in the order of the fields. Spaces around
// a SKU never count.
type SKURule struct {
	// Case is keep (default: A and a differ), upper or lower.
	Case string `yaml:"case,omitempty" json:"case,omitempty"`
	// TrimPrefix and TrimSuffix are cut off when present. Default nothing.
	TrimPrefix string `yaml:"trim_prefix,omitempty" json:"trim_prefix,omitempty"`
	TrimSuffix string `yaml:"trim_suffix,omitempty" json:"trim_suffix,omitempty"`
	// TrimZeros is none (default), leading, trailing or both. A SKU of zeros
	// only keeps one.
	TrimZeros string `yaml:"trim_zeros,omitempty" json:"trim_zeros,omitempty"`
	// Pad is the length to which zeros are added. Default 0: none.
	Pad int `yaml:"pad,omitempty" json:"pad,omitempty"`
	// PadSide is left (default) or right.
	PadSide string `yaml:"pad_side,omitempty" json:"pad_side,omitempty"`
}

// Tax is one rate.
type Tax struct {
	// ID is what items, fees and classes name.
	ID string `yaml:"id" json:"id"`
	// Name is what receipts show. Default the id.
	Name string `yaml:"name,omitempty" json:"name,omitempty"`
	// Percent is the rate, at most 7 decimals: 8.875.
	Percent money.Decimal `yaml:"percent" json:"percent"`
}

// TaxClass is a set of rates that apply side by side, each on the same base.
type TaxClass struct {
	// ID is what items and fees name.
	ID string `yaml:"id" json:"id"`
	// Taxes are ids of taxes; together at most 100 %.
	Taxes []string `yaml:"taxes" json:"taxes"`
}

// Fee is a deposit or charge with a tax of its own. Promotions do not reduce
// it.
type Fee struct {
	// ID is what items name.
	ID string `yaml:"id" json:"id"`
	// Name is what receipts show. Default the id.
	Name string `yaml:"name,omitempty" json:"name,omitempty"`
	// Amount is charged for each piece (a weighed line is one), or once per line
	// when Per says so.
	Amount money.Decimal `yaml:"amount,omitempty" json:"amount,omitzero"`
	// Percent is charged on the discounted price instead of an Amount.
	Percent money.Decimal `yaml:"percent,omitempty" json:"percent,omitzero"`
	// Per is piece (default) or line; only with Amount.
	Per string `yaml:"per,omitempty" json:"per,omitempty"`
	// Tax is a tax, a tax class or exempt (default: deposits usually are).
	Tax string `yaml:"tax,omitempty" json:"tax,omitempty"`
}

// Item is something on the shelf.
type Item struct {
	// SKU is the item's key in the POS and at Amazon, at most 255 characters.
	SKU string `yaml:"sku" json:"sku"`
	// Name is what receipts show. Default the SKU.
	Name string `yaml:"name,omitempty" json:"name,omitempty"`
	// Barcodes are UPC (12 digits, or 8 as UPC-E), EAN-8, EAN-13, ISBN-10,
	// GTIN-14 and PLU (3 to 6 digits) codes with their check digits. One code
	// belongs to one item. Write them in quotes: leading zeros count.
	Barcodes []string `yaml:"barcodes,omitempty" json:"barcodes,omitempty"`
	// Category and Tags are what promotions select by.
	Category string   `yaml:"category,omitempty" json:"category,omitempty"`
	Tags     []string `yaml:"tags,omitempty" json:"tags,omitempty"`
	// Price is the shelf price of one Unit. It may have more decimals than the
	// currency; the line is rounded.
	Price money.Decimal `yaml:"price" json:"price"`
	// Free confirms a Price of 0, which is otherwise taken for a missing one.
	Free bool `yaml:"free,omitempty" json:"free,omitempty"`
	// Unit is what Price is for: each (default: sold by whole pieces) or a unit
	// of measure (lb, kg, 100g).
	Unit string `yaml:"unit,omitempty" json:"unit,omitempty"`
	// Tax is a tax, a tax class or exempt. Default the store's DefaultTax.
	Tax string `yaml:"tax,omitempty" json:"tax,omitempty"`
	// Fees are ids of fees, each charged once per piece unless the fee says
	// otherwise; naming one twice charges it twice (a pack of two bottles).
	Fees []string `yaml:"fees,omitempty" json:"fees,omitempty"`
}
