package connector

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// maxDetail bounds what is logged of a refused body, in bytes.
const maxDetail = 2048

// plain are the fields whose values may be logged: they say what was wrong
// with a request and identify no shopper, key or card.
var plain = map[string]bool{
	"requestId": true, "idempotentShoppingTripId": true, "shoppingTripId": true, "storeId": true,
	"startTime": true, "endTime": true, "timestamp": true, "location": true, "payloadType": true,
	"type": true, "value": true, "unit": true, "keyChannel": true, "interactionType": true, "channel": true,
	"shopperKeyType": true, "lineItemId": true,
}

// redact is a body with every value masked that is not known to be harmless.
// "value" is harmless inside quantity only, and "id" inside items only.
func redact(body []byte) string {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var doc any
	if err := dec.Decode(&doc); err != nil {
		// Without structure nothing tells a shopper's id from a comma.
		return fmt.Sprintf("%d bytes that are not JSON", len(body))
	}
	out, err := json.Marshal(mask("", "", doc))
	if err != nil {
		return fmt.Sprintf("%d bytes", len(body))
	}
	if len(out) > maxDetail {
		return strings.ToValidUTF8(string(out[:maxDetail]), "") + "…"
	}
	return string(out)
}

func mask(parent, key string, v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			v[k] = mask(key, k, x)
		}
		return v
	case []any:
		for i, x := range v {
			v[i] = mask(parent, key, x)
		}
		return v
	case string:
		switch {
		case v == "":
			return v
		case key == "id" && (parent == "cartItems" || parent == "authEvents" || parent == "authEvent" || parent == "scanEvent"),
			key == "value" && parent == "quantity", key != "value" && plain[key]:
			return v
		}
		return fmt.Sprintf("(%d characters)", len([]rune(v)))
	case json.Number:
		if key == "value" && parent != "quantity" || !plain[key] {
			return "(number)"
		}
	}
	return v
}
