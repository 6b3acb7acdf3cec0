package jwo_test

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
)

const (
	requestA = "0d8ee4a6-9b0b-4f5e-8c7a-2b1f0e9d8c7b"
	eventA   = "11111111-2222-4333-8444-555555555555"
	storeA   = "store-1"
	tripA    = "trip_2026-0001"
)

const identityBody = `{
	"requestId": "` + requestA + `",
	"identityKey": "U1RST0xMMQ==",
	"storeId": "` + storeA + `",
	"authEvent": {"id": "` + eventA + `", "timestamp": "2026-03-01T09:30:00Z", "location": "ENTRY"},
	"keyChannel": "OPTICAL"
}`

const authorizationBody = `{
	"storeId": "` + storeA + `",
	"shopperIdentity": {"id": "instrument-1"},
	"authorizedAmount": {"value": 50.00, "currencyCode": "USD"},
	"shopperInteraction": {
		"shoppingTripId": "` + tripA + `",
		"gateAuthenticationEvent": {"id": "gate-1", "timestamp": "2026-03-01T09:30:00Z", "location": "ENTRY",
			"type": "CREDIT_CARD", "interactionType": "TAP", "data": {"lane": "3"}},
		"recommendation": {"shopperAuthorized": true, "shopperRisks": ["BadDebt"],
			"authorizationConditions": [{"type": "ADJUST", "amount": {"value": 20, "currencyCode": "USD"}}]},
		"cartHint": {"totalPrice": {"value": 5.25, "currencyCode": "USD"},
			"items": [{"id": "A1", "type": "SKU", "unitPrice": {"value": 5.25, "currencyCode": "USD"},
				"quantity": {"value": 1, "unit": "each"}, "externalIdentifiers": [{"id": "036000291452", "externalIdentifierType": "UPC"}]}]}
	}
}`

const purchasesBody = `{
	"requestId": "` + requestA + `",
	"idempotentShoppingTripId": "` + tripA + `",
	"storeId": "` + storeA + `",
	"shoppingTrip": {
		"startTime": "2026-03-01T09:30:00Z",
		"endTime": "2026-03-01T09:45:00Z",
		"authEvents": [{"id": "` + eventA + `", "timestamp": "2026-03-01T09:30:00Z", "location": "ENTRY",
			"payloadType": "FINANCIAL", "scanResult": {"id": "visitor-1", "type": "SHOPPER"}}]
	},
	"cartItems": [
		{"id": "A1", "type": "SKU", "quantity": {"value": "2", "unit": "unit"}, "lineItemId": "line-1",
			"externalIdentifiers": [{"id": "036000291452", "type": "UPC"}]},
		{"id": "036000291452", "type": "SCANCODE", "quantity": {"value": "0.75", "unit": "lb"}, "lineItemId": "line-2"}
	],
	"shopperIdentity": {"id": "instrument-1"},
	"shopperDeviceId": "device-1",
	"paymentSource": {"id": "source-1"}
}`

// edit changes documents: a path such as "cartItems[0].quantity.value" is set
// to value, or removed when value is drop.
type edit struct {
	path  string
	value any
}

type drop struct{}

// edited is the document after the edits.
func edited(t testing.TB, doc string, edits ...edit) string {
	t.Helper()
	var root any
	dec := json.NewDecoder(strings.NewReader(doc))
	dec.UseNumber()
	if err := dec.Decode(&root); err != nil {
		t.Fatal(err)
	}
	for _, e := range edits {
		set(t, &root, e.path, e.value)
	}
	b, err := json.Marshal(root)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func set(t testing.TB, root *any, path string, value any) {
	t.Helper()
	path = strings.ReplaceAll(path, "[", ".[")
	parts := strings.Split(path, ".")
	node := *root
	for i, part := range parts {
		last := i == len(parts)-1
		if index, ok := strings.CutPrefix(part, "["); ok {
			n, err := strconv.Atoi(strings.TrimSuffix(index, "]"))
			if err != nil {
				t.Fatal(err)
			}
			list := node.([]any)
			if last {
				list[n] = value
				return
			}
			node = list[n]
			continue
		}
		object, ok := node.(map[string]any)
		if !ok {
			t.Fatalf("path %s: %T is no object", path, node)
		}
		if last {
			if value == (drop{}) {
				delete(object, part)
			} else {
				object[part] = value
			}
			return
		}
		node = object[part]
	}
}

// strewn is the document with an unknown field added to every object in it.
func strewn(t testing.TB, doc string) string {
	t.Helper()
	var root any
	dec := json.NewDecoder(strings.NewReader(doc))
	dec.UseNumber()
	if err := dec.Decode(&root); err != nil {
		t.Fatal(err)
	}
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for _, child := range v {
				walk(child)
			}
			v["someNewAttribute"] = map[string]any{"deep": []any{1.5, nil, true, map[string]any{"id": 7}}}
		case []any:
			for _, child := range v {
				walk(child)
			}
		}
	}
	walk(root)
	// A map of strings is free but typed, so what was strewn into it goes.
	b, err := json.Marshal(root)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(b), `"lane":"3","someNewAttribute":{"deep":[1.5,null,true,{"id":7}]}`, `"lane":"3"`)
}

func long(n int) string { return strings.Repeat("a", n) }

// wide is n characters of three bytes each.
func wide(n int) string { return strings.Repeat("日", n) }

func quoted(s string) string { return fmt.Sprintf("%q", s) }
