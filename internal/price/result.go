package price

import "github.com/strollhq/stroll/money"

// Result is a priced cart: what is frozen with the sale. Every amount is in
// minor units of Currency and is the sum of the lines' amounts.
//
//	Total = SubTotal − PromotionsTotal + FeesTotal + TaxTotal
//
// and without TaxTotal when TaxIncluded: then tax is part of the prices and
// fees.
type Result struct {
	Currency    money.Currency `json:"currency"`
	TaxIncluded bool           `json:"tax_included,omitempty"`
	// Lines are in the order of the cart.
	Lines           []Line `json:"lines"`
	SubTotal        int64  `json:"sub_total"`
	PromotionsTotal int64  `json:"promotions_total"`
	FeesTotal       int64  `json:"fees_total"`
	// TaxTotal is the tax of goods and of fees.
	TaxTotal int64 `json:"tax_total"`
	Total    int64 `json:"total"`
	// Taxes are the sums per rate over goods and fees, in the order of the
	// store's list; rates that touch nothing are left out.
	Taxes []TaxPart `json:"taxes,omitempty"`
	// Explain has a sentence for each promotion of the store, in the order they
	// ran.
	Explain []Explanation `json:"explain,omitempty"`
	// Uses is the use this cart makes of promotions, by id; nothing for those
	// that did not apply.
	Uses map[string]Usage `json:"uses,omitempty"`
}

// Line is one priced line.
type Line struct {
	No   int    `json:"no"`
	SKU  string `json:"sku"`
	Name string `json:"name"`
	// Quantity as it came, in Unit (the known unit's name).
	Quantity money.Decimal `json:"quantity"`
	Unit     string        `json:"unit"`
	// Pieces is the number of pieces; 1 for a weighed line.
	Pieces int64 `json:"pieces"`
	// UnitPrice is the shelf price of one PriceUnit in major units; it may have
	// more decimals than the currency.
	UnitPrice money.Decimal `json:"unit_price"`
	PriceUnit string        `json:"price_unit"`
	// Price is before promotions, fees and tax; Promo is what promotions take
	// off, at most Price.
	Price      int64     `json:"price"`
	Promo      int64     `json:"promo"`
	Promotions []Applied `json:"promotions,omitempty"`
	// Taxes are on the goods alone; Tax is their sum.
	Taxes []TaxPart `json:"taxes,omitempty"`
	Tax   int64     `json:"tax"`
	// Fees, the sum of their amounts and the sum of their taxes.
	Fees   []FeePart `json:"fees,omitempty"`
	Fee    int64     `json:"fee"`
	FeeTax int64     `json:"fee_tax"`
	// TaxIncluded: Tax and FeeTax are contained in Price and Fee.
	TaxIncluded bool  `json:"tax_included,omitempty"`
	Total       int64 `json:"total"`
}

// Applied is a promotion's part in a line.
type Applied struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Amount int64  `json:"amount"`
}

// TaxPart is one rate on one base. Rate is the percentage as text: "8.875".
// Where prices include tax, Base is what remains without any tax.
type TaxPart struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Rate   string `json:"rate"`
	Base   int64  `json:"base"`
	Amount int64  `json:"amount"`
}

// FeePart is a fee of a line and its own tax.
type FeePart struct {
	ID     string    `json:"id"`
	Name   string    `json:"name"`
	Amount int64     `json:"amount"`
	Taxes  []TaxPart `json:"taxes,omitempty"`
	Tax    int64     `json:"tax"`
}

// Explanation says what became of one promotion: Amount is what it took off in
// minor units, Why a sentence for staff and shoppers.
type Explanation struct {
	Promotion string `json:"promotion"`
	Name      string `json:"name"`
	Applied   bool   `json:"applied"`
	Amount    int64  `json:"amount"`
	Why       string `json:"why"`
}
