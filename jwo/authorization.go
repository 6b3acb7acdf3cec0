package jwo

import "slices"

// ShopperAuthorizationRequest asks whether an authenticated card shopper may
// enter (contract: entry 7.1). Beyond StoreID and ShopperIdentity every field
// may be absent, and an unknown type, interaction type or location is no fault.
type ShopperAuthorizationRequest struct {
	StoreID            string              `json:"storeId"`
	ShopperIdentity    *Identity           `json:"shopperIdentity"` // Amazon's token of the payment instrument
	AuthorizedAmount   *AuthorizationMoney `json:"authorizedAmount,omitempty"`
	ShopperInteraction *ShopperInteraction `json:"shopperInteraction,omitempty"`

	// Recommendation and CartHint belong inside ShopperInteraction. A reader
	// accepts them here too; DecodeRequest moves them inside.
	Recommendation *Recommendation `json:"recommendation,omitempty"`
	CartHint       *CartHint       `json:"cartHint,omitempty"`
}

// ShopperInteraction is the trip and what Amazon knows and advises about it.
type ShopperInteraction struct {
	ShoppingTripID          string                   `json:"shoppingTripId,omitempty"`
	GateAuthenticationEvent *GateAuthenticationEvent `json:"gateAuthenticationEvent,omitempty"`
	Recommendation          *Recommendation          `json:"recommendation,omitempty"`
	CartHint                *CartHint                `json:"cartHint,omitempty"`
}

// GateAuthenticationEvent is the tap or insertion of a card.
type GateAuthenticationEvent struct {
	ID              string            `json:"id,omitempty"`
	Timestamp       Timestamp         `json:"timestamp,omitempty"`
	Location        string            `json:"location,omitempty"`
	Type            string            `json:"type,omitempty"` // CREDIT_CARD and others; open
	InteractionType string            `json:"interactionType,omitempty"`
	Data            map[string]string `json:"data,omitempty"`
}

// Recommendation is Amazon's advice. ShopperAuthorized nil means it gave none.
type Recommendation struct {
	ShopperAuthorized       *bool                    `json:"shopperAuthorized,omitempty"`
	AuthorizationConditions []AuthorizationCondition `json:"authorizationConditions,omitempty"`
	ShopperRisks            []string                 `json:"shopperRisks,omitempty"`
}

// AuthorizationCondition attaches to an admission; Type is Adjust.
type AuthorizationCondition struct {
	Type   string              `json:"type"`
	Amount *AuthorizationMoney `json:"amount,omitempty"`
}

// CartHint is what Amazon expects the shopper to buy.
type CartHint struct {
	TotalPrice *AuthorizationMoney `json:"totalPrice,omitempty"`
	Items      []HintItem          `json:"items,omitempty"`
}

// HintItem resembles a cart item but is another thing: its quantity is a
// number and its identifiers have another name.
type HintItem struct {
	ID                  string              `json:"id,omitempty"`
	Type                string              `json:"type,omitempty"`
	UnitPrice           *AuthorizationMoney `json:"unitPrice,omitempty"`
	Quantity            *HintQuantity       `json:"quantity,omitempty"`
	ExternalIdentifiers []HintIdentifier    `json:"externalIdentifiers,omitempty"`
}

// HintQuantity is a HintItem's quantity.
type HintQuantity struct {
	Value Number `json:"value,omitempty"`
	Unit  string `json:"unit,omitempty"`
}

// HintIdentifier is a HintItem's barcode.
type HintIdentifier struct {
	ID                     string `json:"id,omitempty"`
	ExternalIdentifierType string `json:"externalIdentifierType,omitempty"`
}

// settle moves advice given at top level to its documented place.
func (r *ShopperAuthorizationRequest) settle() {
	if r.Recommendation == nil && r.CartHint == nil {
		return
	}
	if r.ShopperInteraction == nil {
		r.ShopperInteraction = &ShopperInteraction{}
	}
	if s := r.ShopperInteraction; s.Recommendation == nil {
		s.Recommendation = r.Recommendation
	}
	if s := r.ShopperInteraction; s.CartHint == nil {
		s.CartHint = r.CartHint
	}
	r.Recommendation, r.CartHint = nil, nil
}

// Validate implements Request.
func (r *ShopperAuthorizationRequest) Validate() error { return r.ValidateWith(Limits{}) }

// ValidateWith implements Request. Optional fields are not held to a format:
// what they say is advice, and a gate must not stay shut over it.
func (r *ShopperAuthorizationRequest) ValidateWith(l Limits) error {
	var f faults
	f.add("storeId", text(r.StoreID, maxID))
	if r.ShopperIdentity == nil {
		f.add("shopperIdentity", missing)
	} else {
		f.add("shopperIdentity.id", text(r.ShopperIdentity.ID, maxID))
	}
	if s := r.ShopperInteraction; s != nil {
		f.add("shopperInteraction.shoppingTripId", atMost(s.ShoppingTripID, maxID))
		if e := s.GateAuthenticationEvent; e != nil {
			f.add("shopperInteraction.gateAuthenticationEvent.id", atMost(e.ID, maxID))
		}
	}
	for _, m := range Missing(r, l.AuthorizationRequired...) {
		if !slices.ContainsFunc(f.list, func(have FieldError) bool { return have.Field == m.Field }) {
			f.list = append(f.list, m)
		}
	}
	return f.err()
}

// ShopperAuthorizationResponse is the decision (contract: entry 7.3). A denial
// is a response with ShopperAuthorized false and its risks, not an error.
type ShopperAuthorizationResponse struct {
	ShopperAuthorized       bool                     `json:"shopperAuthorized"`
	AuthorizationConditions []AuthorizationCondition `json:"authorizationConditions"`
	ShopperRisks            []string                 `json:"shopperRisks"`
	Replayed                bool                     `json:"-"` // a recorded answer: adds Idempotency-Hit
}

// Validate holds an answer to the contract: a condition only with an
// admission, and with an amount above zero. Digits and currency are not judged,
// since Amazon's own recommendation passes through unchanged.
func (r *ShopperAuthorizationResponse) Validate() error {
	var f faults
	if !r.ShopperAuthorized && len(r.AuthorizationConditions) > 0 {
		f.add("authorizationConditions", "accompany a denial")
	}
	for i, c := range r.AuthorizationConditions {
		if !c.Amount.positive() {
			f.elem("authorizationConditions", i)
			f.add("amount", "is not an amount above zero")
			f.out()
		}
	}
	return f.err()
}

func (m *AuthorizationMoney) positive() bool {
	if m == nil || m.CurrencyCode == "" {
		return false
	}
	d, err := m.Value.Decimal()
	return err == nil && d.Sign() > 0
}

// encodeAuthorization is the one place that knows the body of the answer, of
// which Amazon documents only that it exists.
func encodeAuthorization(r *ShopperAuthorizationResponse, omitEmpty bool) any {
	if omitEmpty {
		return struct {
			ShopperAuthorized       bool                     `json:"shopperAuthorized"`
			AuthorizationConditions []AuthorizationCondition `json:"authorizationConditions,omitempty"`
			ShopperRisks            []string                 `json:"shopperRisks,omitempty"`
		}{r.ShopperAuthorized, r.AuthorizationConditions, r.ShopperRisks}
	}
	full := *r
	if full.AuthorizationConditions == nil {
		full.AuthorizationConditions = []AuthorizationCondition{}
	}
	if full.ShopperRisks == nil {
		full.ShopperRisks = []string{}
	}
	return full
}
