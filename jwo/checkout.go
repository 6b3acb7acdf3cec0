package jwo

import "github.com/strollhq/stroll/money"

// CheckoutRequest hands a priced cart to Amazon's Checkout service, the
// documented alternative to the payment calls (contract: ordering 6).
type CheckoutRequest struct {
	IdempotentShoppingTripID string             `json:"idempotentShoppingTripId"`
	StoreID                  string             `json:"storeId"`
	LineItems                []CheckoutLineItem `json:"lineItems"`
	OrderTotals              *CheckoutTotals    `json:"orderTotals"`
}

// CheckoutLineItem is a priced line; Type is ItemSKU or ItemScanCode.
type CheckoutLineItem struct {
	ProductID string             `json:"productId"`
	Type      string             `json:"type"`
	Quantity  *Quantity          `json:"quantity"`
	UnitPrice *CheckoutUnitPrice `json:"unitPrice"`
}

// CheckoutUnitPrice is a line's price: Price from the shelf, TotalPrice after
// promotions and tax. Whether it is per piece or per line is not documented.
type CheckoutUnitPrice struct {
	Price           *CheckoutMoney      `json:"price"`
	TotalPrice      *CheckoutMoney      `json:"totalPrice"`
	SalesTax        *CheckoutMoney      `json:"salesTax"`
	DepositsAndFees []CheckoutFee       `json:"depositsAndFees,omitempty"`
	Promotions      []CheckoutPromotion `json:"promotions,omitempty"`
}

// CheckoutFee is a deposit or fee of a line.
type CheckoutFee struct {
	DepositAndFeeAmount      *CheckoutMoney `json:"depositAndFeeAmount"`
	DepositAndFeeDescription string         `json:"depositAndFeeDescription"`
	SalesTax                 *CheckoutMoney `json:"salesTax,omitempty"`
}

// CheckoutPromotion is a positive amount taken off a line.
type CheckoutPromotion struct {
	PromotionAmount      *CheckoutMoney `json:"promotionAmount"`
	PromotionDescription string         `json:"promotionDescription"`
}

// CheckoutTotals are the sums of the lines. There is no total of fees; they
// enter PriceTotal.
type CheckoutTotals struct {
	PriceTotal      *CheckoutMoney `json:"priceTotal"`
	SubTotal        *CheckoutMoney `json:"subTotal"`
	PromotionsTotal *CheckoutMoney `json:"promotionsTotal"`
	SalesTaxTotal   *CheckoutMoney `json:"salesTaxTotal"`
}

// CheckoutResponse names the order Amazon made of the cart.
type CheckoutResponse struct {
	OrderID string `json:"orderId"`
}

// Validate implements Request.
func (r *CheckoutRequest) Validate() error { return r.ValidateWith(Limits{}) }

// ValidateWith implements Request. That lines and totals agree is the caller's
// business.
func (r *CheckoutRequest) ValidateWith(l Limits) error {
	var f faults
	f.add("idempotentShoppingTripId", tripID(r.IdempotentShoppingTripID))
	f.add("storeId", outStoreID(r.StoreID))
	f.add("lineItems", need(len(r.LineItems) > 0))
	for i := range r.LineItems {
		f.elem("lineItems", i)
		r.LineItems[i].validate(&f, l)
		f.out()
	}
	if t := r.OrderTotals; t == nil {
		f.add("orderTotals", missing)
	} else {
		f.in("orderTotals")
		checkoutMoney(&f, "priceTotal", t.PriceTotal)
		checkoutMoney(&f, "subTotal", t.SubTotal)
		checkoutMoney(&f, "promotionsTotal", t.PromotionsTotal)
		checkoutMoney(&f, "salesTaxTotal", t.SalesTaxTotal)
		f.out()
	}
	return f.err()
}

func (c *CheckoutLineItem) validate(f *faults, l Limits) {
	f.add("productId", text(c.ProductID, maxID))
	f.add("type", first(need(c.Type != ""), oneOf(c.Type, l.itemTypes())))
	if c.Quantity == nil {
		f.add("quantity", missing)
	} else {
		f.add("quantity.value", quantity(c.Quantity.Value))
		f.add("quantity.unit", need(c.Quantity.Unit != ""))
	}
	u := c.UnitPrice
	if u == nil {
		f.add("unitPrice", missing)
		return
	}
	f.in("unitPrice")
	defer f.out()
	checkoutMoney(f, "price", u.Price)
	checkoutMoney(f, "totalPrice", u.TotalPrice)
	checkoutMoney(f, "salesTax", u.SalesTax)
	for i, fee := range u.DepositsAndFees {
		f.elem("depositsAndFees", i)
		checkoutMoney(f, "depositAndFeeAmount", fee.DepositAndFeeAmount)
		if fee.SalesTax != nil {
			checkoutMoney(f, "salesTax", fee.SalesTax)
		}
		f.out()
	}
	for i, p := range u.Promotions {
		f.elem("promotions", i)
		checkoutMoney(f, "promotionAmount", p.PromotionAmount)
		f.out()
	}
}

// checkoutMoney wants digits, a point and two decimals.
func checkoutMoney(f *faults, name string, m *CheckoutMoney) {
	if m == nil {
		f.add(name, missing)
		return
	}
	f.in(name)
	defer f.out()
	f.add("currencyCode", currencyCode(m.CurrencyCode))
	n := len(m.Amount)
	switch d, err := money.ParseDecimal(m.Amount); {
	case m.Amount == "":
		f.add("amount", missing)
	case err != nil:
		f.add("amount", "is not a number")
	case n < 4 || m.Amount[n-3] != '.':
		f.add("amount", "has not exactly two decimals")
	case d.Sign() < 0:
		f.add("amount", "is negative")
	}
}
