package jwo

// AdjustChargeRequest sets a trip's charge to the full cart total, never to a
// difference (contract: payments 2).
type AdjustChargeRequest struct {
	StoreID        string        `json:"storeId"`
	ShoppingTripID string        `json:"shoppingTripId"`
	Amount         *PaymentMoney `json:"amount"`
}

// AdjustChargeResponse is the processor's word: Status is Approved, Declined
// or Pending. While Pending, AuthorizedAmount merely echoes the request.
type AdjustChargeResponse struct {
	Status           string        `json:"status"`
	AuthorizedAmount *PaymentMoney `json:"authorizedAmount,omitempty"`
}

// CancelChargeRequest releases a trip's pre-authorization (contract: payments 3).
type CancelChargeRequest struct {
	StoreID        string `json:"storeId"`
	ShoppingTripID string `json:"shoppingTripId"`
}

// CancelChargeResponse is empty: the cancellation is initiated.
type CancelChargeResponse struct{}

// CaptureChargeRequest collects an adjusted amount (contract: payments 4).
type CaptureChargeRequest struct {
	StoreID        string        `json:"storeId"`
	ShoppingTripID string        `json:"shoppingTripId"`
	Amount         *PaymentMoney `json:"amount"`
}

// CaptureChargeResponse is empty: the capture is initiated, not settled.
type CaptureChargeResponse struct{}

// RefundRequest gives captured money back (contract: payments 5).
// RefundRequestID is its idempotency key: a UUID in lower case of version 0 to
// 5, which excludes version 7.
type RefundRequest struct {
	StoreID          string        `json:"storeId"`
	ShoppingTripID   string        `json:"shoppingTripId"`
	Amount           *PaymentMoney `json:"amount"`
	RefundRequestID  string        `json:"refundRequestId"`
	RefundReasonCode string        `json:"refundReasonCode"`
}

// RefundResponse is empty or carries a ReconciliationID; both are documented.
type RefundResponse struct {
	ReconciliationID string `json:"reconciliationId,omitempty"`
}

// GetTransactionalDataRequest asks for a captured trip's EMV data
// (contract: payments 6).
type GetTransactionalDataRequest struct {
	StoreID        string `json:"storeId"`
	ShoppingTripID string `json:"shoppingTripId"`
}

// GetTransactionalDataResponse is what a card receipt must show. Any field may
// be absent; identifiers are text, whatever digits they hold.
type GetTransactionalDataResponse struct {
	Brand                              string          `json:"brand,omitempty"`
	POSEntryMode                       string          `json:"posEntryMode,omitempty"`
	Currency                           string          `json:"currency,omitempty"`
	AuthorizationResponseCode          string          `json:"authorizationResponseCode,omitempty"`
	CryptogramInformationData          string          `json:"cryptogramInformationData,omitempty"`
	Tail                               string          `json:"tail,omitempty"` // last four; a phone wallet's are those of the device account
	PANSequenceNumber                  string          `json:"panSequenceNumber,omitempty"`
	ApplicationID                      string          `json:"applicationId,omitempty"`
	ExpirationDate                     *ExpirationDate `json:"expirationDate,omitempty"`
	CardholderVerificationMethodResult string          `json:"cardholderVerificationMethodResult,omitempty"`
	TerminalID                         string          `json:"terminalId,omitempty"`
	ReconciliationID                   string          `json:"reconciliationId,omitempty"`
	CardStatementTransactionID         string          `json:"cardStatementTransactionId,omitempty"`
}

// ExpirationDate is a card's; never log it.
type ExpirationDate struct {
	ExpirationYear  string `json:"expirationYear,omitempty"`
	ExpirationMonth string `json:"expirationMonth,omitempty"`
}

// GetShopperIdentityRequest asks for the e-mail address left at the receipt
// kiosk (contract: payments 7).
type GetShopperIdentityRequest struct {
	StoreID   string    `json:"storeId"`
	ShopperID *Identity `json:"shopperId"`
}

// GetShopperIdentityResponse carries the address, or nothing: an unknown
// shopper is no error, and the Client drops an ill-formed address.
type GetShopperIdentityResponse struct {
	ShopperEmail string `json:"shopperEmail,omitempty"`
}

// Validate implements Request.
func (r *AdjustChargeRequest) Validate() error { return r.ValidateWith(Limits{}) }

// ValidateWith implements Request.
func (r *AdjustChargeRequest) ValidateWith(Limits) error {
	var f faults
	trip(&f, r.StoreID, r.ShoppingTripID)
	amount(&f, "amount", r.Amount, true)
	return f.err()
}

// Validate implements Request.
func (r *CancelChargeRequest) Validate() error { return r.ValidateWith(Limits{}) }

// ValidateWith implements Request.
func (r *CancelChargeRequest) ValidateWith(Limits) error {
	var f faults
	trip(&f, r.StoreID, r.ShoppingTripID)
	return f.err()
}

// Validate implements Request.
func (r *CaptureChargeRequest) Validate() error { return r.ValidateWith(Limits{}) }

// ValidateWith implements Request.
func (r *CaptureChargeRequest) ValidateWith(Limits) error {
	var f faults
	trip(&f, r.StoreID, r.ShoppingTripID)
	amount(&f, "amount", r.Amount, true)
	return f.err()
}

// Validate implements Request.
func (r *RefundRequest) Validate() error { return r.ValidateWith(Limits{}) }

// ValidateWith implements Request.
func (r *RefundRequest) ValidateWith(l Limits) error {
	var f faults
	trip(&f, r.StoreID, r.ShoppingTripID)
	amount(&f, "amount", r.Amount, true)
	f.add("refundRequestId", refundID(r.RefundRequestID))
	f.add("refundReasonCode", first(need(r.RefundReasonCode != ""), oneOf(r.RefundReasonCode, l.refundReasons())))
	return f.err()
}

// Validate implements Request.
func (r *GetTransactionalDataRequest) Validate() error { return r.ValidateWith(Limits{}) }

// ValidateWith implements Request.
func (r *GetTransactionalDataRequest) ValidateWith(Limits) error {
	var f faults
	trip(&f, r.StoreID, r.ShoppingTripID)
	return f.err()
}

// Validate implements Request.
func (r *GetShopperIdentityRequest) Validate() error { return r.ValidateWith(Limits{}) }

// ValidateWith implements Request.
func (r *GetShopperIdentityRequest) ValidateWith(Limits) error {
	var f faults
	f.add("storeId", outStoreID(r.StoreID))
	if r.ShopperID == nil {
		f.add("shopperId", missing)
	} else {
		f.add("shopperId.id", first(text(r.ShopperID.ID, maxID), word(r.ShopperID.ID, "_.-")))
	}
	return f.err()
}

func trip(f *faults, store, trip string) {
	f.add("storeId", outStoreID(store))
	f.add("shoppingTripId", tripID(trip))
}

// amount checks a payment amount: digits of the currency at most, not negative,
// and above zero where zero would be refused.
func amount(f *faults, name string, m *PaymentMoney, positive bool) {
	if m == nil {
		f.add(name, missing)
		return
	}
	f.in(name)
	f.add("amount", amountNumber(m, positive))
	f.add("code", currencyCode(m.Code))
	f.out()
}

// refundID is the documented pattern, which is narrower than a UUID.
func refundID(s string) string {
	switch {
	case s == "":
		return missing
	case !isUUID(s):
		return badUUID
	case s[14] > '5':
		return "is a UUID of a version above 5"
	case s[19] != '0' && s[19] != '8' && s[19] != '9' && s[19] != 'a' && s[19] != 'b':
		return "is a UUID of another variant"
	}
	for i := range len(s) {
		if s[i] >= 'A' && s[i] <= 'F' {
			return "is not in lower case"
		}
	}
	return ""
}
