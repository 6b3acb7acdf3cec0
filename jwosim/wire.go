package jwosim

import (
	"encoding/json"

	"github.com/strollhq/stroll/money"
)

// The bodies of our calls to connectors, written from the contract a second
// time: sharing jwo's types would hide a mistake in both.

type wireID struct {
	ID string `json:"id"`
}

type wireEvent struct {
	ID        string `json:"id"`
	Timestamp string `json:"timestamp"`
	Location  string `json:"location"`
}

type identityRequest struct {
	RequestID   string    `json:"requestId"`
	IdentityKey string    `json:"identityKey"`
	StoreID     string    `json:"storeId"`
	AuthEvent   wireEvent `json:"authEvent"`
	KeyChannel  string    `json:"keyChannel,omitempty"`
}

type moneyValue struct {
	Value        json.Number `json:"value"`
	CurrencyCode string      `json:"currencyCode"`
}

func authorizationMoney(a money.Amount) moneyValue {
	return moneyValue{json.Number(a.Number()), string(a.Currency)}
}

type condition struct {
	Type   string     `json:"type"`
	Amount moneyValue `json:"amount"`
}

type recommendation struct {
	ShopperAuthorized bool        `json:"shopperAuthorized"`
	Conditions        []condition `json:"authorizationConditions"`
	ShopperRisks      []string    `json:"shopperRisks"`
}

type gateEvent struct {
	ID              string            `json:"id"`
	Timestamp       string            `json:"timestamp"`
	Location        string            `json:"location"`
	Type            string            `json:"type"`
	InteractionType string            `json:"interactionType"`
	Data            map[string]string `json:"data"`
}

type shopperInteraction struct {
	ShoppingTripID string          `json:"shoppingTripId"`
	Event          gateEvent       `json:"gateAuthenticationEvent"`
	Recommendation *recommendation `json:"recommendation,omitempty"`
}

type authorizationRequest struct {
	StoreID            string             `json:"storeId"`
	ShopperIdentity    wireID             `json:"shopperIdentity"`
	AuthorizedAmount   moneyValue         `json:"authorizedAmount"`
	ShopperInteraction shopperInteraction `json:"shopperInteraction"`
}

type purchasesRequest struct {
	RequestID       string       `json:"requestId"`
	TripID          string       `json:"idempotentShoppingTripId"`
	StoreID         string       `json:"storeId"`
	Trip            shoppingTrip `json:"shoppingTrip"`
	Items           []cartItem   `json:"cartItems"`
	ShopperIdentity *wireID      `json:"shopperIdentity,omitempty"`
	ShopperDeviceID string       `json:"shopperDeviceId,omitempty"`
	PaymentSource   *wireID      `json:"paymentSource,omitempty"`
}

type shoppingTrip struct {
	Start  string      `json:"startTime"`
	End    string      `json:"endTime"`
	Events []cartEvent `json:"authEvents"`
}

type cartEvent struct {
	ID         string   `json:"id"`
	Timestamp  string   `json:"timestamp,omitempty"`
	Location   string   `json:"location,omitempty"`
	Payload    string   `json:"payloadType"`
	ScanResult *Visitor `json:"scanResult,omitempty"`
}

type cartItem struct {
	ID       string       `json:"id"`
	Type     string       `json:"type"`
	Quantity cartQuantity `json:"quantity"`
	External []External   `json:"externalIdentifiers,omitempty"`
	LineID   string       `json:"lineItemId,omitempty"`
}

type cartQuantity struct {
	Value string `json:"value"`
	Unit  string `json:"unit"`
}
