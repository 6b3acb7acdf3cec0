package jwo

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// CreatePurchasesRequest is the final cart of a trip (contract: ordering 2.1).
// IdempotentShoppingTripID is its idempotency key. A CartItems that is empty
// but not nil is an empty cart; nil is a missing field.
type CreatePurchasesRequest struct {
	RequestID                string        `json:"requestId"`
	IdempotentShoppingTripID string        `json:"idempotentShoppingTripId"`
	StoreID                  string        `json:"storeId"`
	ShoppingTrip             *ShoppingTrip `json:"shoppingTrip"`
	CartItems                []CartItem    `json:"cartItems"`
	ShopperIdentity          *Identity     `json:"shopperIdentity,omitempty"` // Amazon's token of the payment instrument
	ShopperDeviceID          string        `json:"shopperDeviceId,omitempty"`
	PaymentSource            *Identity     `json:"paymentSource,omitempty"` // older bodies only
}

// ShoppingTrip is when the trip was and how its people came in; several
// AuthEvents are a group.
type ShoppingTrip struct {
	StartTime  Timestamp           `json:"startTime"`
	EndTime    Timestamp           `json:"endTime"`
	AuthEvents []PurchaseAuthEvent `json:"authEvents"`
}

// PurchaseAuthEvent is one person's way in: PayloadType Financial or ScanCode.
type PurchaseAuthEvent struct {
	ID          string      `json:"id"`
	Timestamp   Timestamp   `json:"timestamp,omitempty"`
	Location    string      `json:"location,omitempty"`
	PayloadType string      `json:"payloadType"`
	ScanResult  *ScanResult `json:"scanResult,omitempty"`
}

// ScanResult is what the retailer's identity connector answered at the scan.
type ScanResult struct {
	ID   string `json:"id,omitempty"`
	Type string `json:"type,omitempty"`
}

// CartItem is a line of the cart: ID is a SKU or a barcode, as Type says.
type CartItem struct {
	ID                  string               `json:"id"`
	Type                string               `json:"type"`
	Quantity            *Quantity            `json:"quantity"`
	ExternalIdentifiers []ExternalIdentifier `json:"externalIdentifiers,omitempty"`
	LineItemID          string               `json:"lineItemId,omitempty"`
}

// Quantity is a positive decimal as a string, of at most 10 characters, and
// its unit: "unit", "each", "lb", …
type Quantity struct {
	Value string `json:"value"`
	Unit  string `json:"unit"`
}

// ExternalIdentifier is a further identifier of an item, such as its UPC.
type ExternalIdentifier struct {
	ID   string `json:"id,omitempty"`
	Type string `json:"type,omitempty"`
}

// maxQuantity is the longest quantity.value, decimal point included.
const maxQuantity = 10

// Validate implements Request.
func (r *CreatePurchasesRequest) Validate() error { return r.ValidateWith(Limits{}) }

// ValidateWith implements Request.
func (r *CreatePurchasesRequest) ValidateWith(l Limits) error {
	var f faults
	f.add("requestId", requestID(r.RequestID))
	f.add("idempotentShoppingTripId", tripID(r.IdempotentShoppingTripID))
	f.add("storeId", text(r.StoreID, maxID))
	if r.ShoppingTrip == nil {
		f.add("shoppingTrip", missing)
	} else {
		f.in("shoppingTrip")
		r.ShoppingTrip.validate(&f, l)
		f.out()
	}
	f.add("cartItems", need(r.CartItems != nil))
	lines := make(map[string]bool, len(r.CartItems))
	for i := range r.CartItems {
		f.elem("cartItems", i)
		item := &r.CartItems[i]
		item.validate(&f, l)
		if id := item.LineItemID; id != "" {
			if lines[id] {
				f.add("lineItemId", "is used by an earlier line")
			}
			lines[id] = true
		}
		f.out()
	}
	if r.ShopperIdentity != nil {
		f.add("shopperIdentity.id", atMost(r.ShopperIdentity.ID, maxID))
	}
	f.add("shopperDeviceId", atMost(r.ShopperDeviceID, maxID))
	if r.PaymentSource != nil {
		f.add("paymentSource.id", atMost(r.PaymentSource.ID, maxID))
	}
	return f.err()
}

func (t *ShoppingTrip) validate(f *faults, l Limits) {
	f.add("startTime", timestamp(t.StartTime))
	end := timestamp(t.EndTime)
	if start, err := t.StartTime.Time(); err == nil && end == "" {
		if e, _ := t.EndTime.Time(); e.Before(start) {
			end = "is before startTime"
		}
	}
	f.add("endTime", end)
	f.add("authEvents", need(t.AuthEvents != nil))
	for i := range t.AuthEvents {
		f.elem("authEvents", i)
		e := &t.AuthEvents[i]
		f.add("id", first(text(e.ID, maxID), requestID(e.ID)))
		f.add("timestamp", timestampIf(e.Timestamp))
		f.add("location", oneOfIf(e.Location, l.purchaseLocations()))
		f.add("payloadType", first(text(e.PayloadType, maxID), oneOf(e.PayloadType, l.payloadTypes())))
		if s := e.ScanResult; s != nil {
			f.add("scanResult.id", atMost(s.ID, maxID))
			f.add("scanResult.type", oneOfIf(s.Type, l.scanResultTypes()))
		}
		f.out()
	}
}

func (c *CartItem) validate(f *faults, l Limits) {
	f.add("id", text(c.ID, maxID))
	f.add("type", first(text(c.Type, maxID), oneOf(c.Type, l.itemTypes())))
	if c.Quantity == nil {
		f.add("quantity", missing)
	} else {
		f.add("quantity.value", quantity(c.Quantity.Value))
		f.add("quantity.unit", need(c.Quantity.Unit != ""))
	}
	for i, x := range c.ExternalIdentifiers {
		f.elem("externalIdentifiers", i)
		f.add("id", atMost(x.ID, maxID))
		f.add("type", oneOfIf(x.Type, l.identifierTypes()))
		f.out()
	}
	f.add("lineItemId", atMost(c.LineItemID, maxID))
}

func quantity(s string) string {
	if s == "" {
		return missing
	}
	if utf8.RuneCountInString(s) > maxQuantity {
		return fmt.Sprintf("is longer than %d characters", maxQuantity)
	}
	whole, part, point := strings.Cut(s, ".")
	if whole == "" || digits(whole) != len(whole) || point && (part == "" || digits(part) != len(part)) {
		return "is not a decimal such as 1 or 0.75"
	}
	if strings.Trim(s, "0.") == "" {
		return "is not above zero"
	}
	return ""
}

// CreatePurchasesResponse acknowledges a cart (contract: ordering 2.2).
// PurchaseID is the retailer's own, at most 255 of letters, digits, - and _;
// empty for an empty cart.
type CreatePurchasesResponse struct {
	PurchaseID string `json:"purchaseId"`
	Replayed   bool   `json:"-"` // a recorded answer: adds Idempotency-Hit
	Status     int    `json:"-"` // the HTTP status to answer with, as when it was first given; 0 = HandlerConfig.SuccessStatus
}

// Validate holds an answer to the contract.
func (r *CreatePurchasesResponse) Validate() error {
	var f faults
	f.add("purchaseId", first(atMost(r.PurchaseID, maxID), word(r.PurchaseID, "-_")))
	if r.Status != 0 && (r.Status < 200 || r.Status > 299) {
		f.add("Status", "is no success")
	}
	return f.err()
}
