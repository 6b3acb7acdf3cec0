package scenario

import (
	"context"
	"net/http"
	"strings"
)

// cartFaults are the cases of group 3 of Create Purchases.
func cartFaults() []faulty {
	long := strings.Repeat("x", 256)
	event, line := "shoppingTrip.authEvents.0.", "cartItems.0."
	return []faulty{
		{"3.1", "missing-request-id", "requestId is missing", "requestId", gone{}, ""},
		{"3.2", "bad-request-id", "requestId is no UUID", "requestId", "not-a-uuid", ""},
		{"3.3", "missing-trip-id", "idempotentShoppingTripId is missing", "idempotentShoppingTripId", gone{}, ""},
		{"3.4", "missing-store", "storeId is missing", "storeId", gone{}, ""},
		{"3.5", "long-store", "storeId has more than 255 characters", "storeId", long, ""},
		{"3.6", "missing-trip", "shoppingTrip is missing", "shoppingTrip", gone{}, ""},
		{"3.7", "missing-start", "startTime is missing", "shoppingTrip.startTime", gone{}, ""},
		{"3.8", "missing-end", "endTime is missing", "shoppingTrip.endTime", gone{}, ""},
		{"3.9", "bad-start", "startTime is no ISO-8601 time", "shoppingTrip.startTime", "yesterday at noon", ""},
		{"3.10", "end-before-start", "the trip ends before it starts", "shoppingTrip.endTime", "1999-01-01T00:00:00Z", ""},
		{"3.11", "missing-events", "authEvents is missing", "shoppingTrip.authEvents", gone{}, ""},
		{"3.12", "missing-event-id", "an event's id is missing", event + "id", gone{}, ""},
		{"3.13", "bad-event-id", "an event's id is no UUID", event + "id", "event 1", ""},
		{"3.14", "long-event-id", "an event's id has more than 255 characters", event + "id", long, ""},
		{"3.15", "missing-payload-type", "payloadType is missing", event + "payloadType", gone{}, ""},
		{"3.16", "bad-payload-type", "payloadType is not of the enumeration", event + "payloadType", "SEASHELLS", ""},
		{"3.17", "bad-location", "location is not of the enumeration", event + "location", "MOON", ""},
		{"3.18", "missing-items", "cartItems is missing", "cartItems", gone{}, ""},
		{"3.19", "missing-item-id", "an item's id is missing", line + "id", gone{}, ""},
		{"3.20", "long-item-id", "an item's id has more than 255 characters", line + "id", long, ""},
		{"3.21", "missing-item-type", "an item's type is missing", line + "type", gone{}, ""},
		{"3.22", "bad-item-type", "an item's type is not of the enumeration", line + "type", "RUMOUR", ""},
		{"3.23", "missing-quantity", "an item's quantity is missing", line + "quantity", gone{}, ""},
		{"3.24", "missing-quantity-value", "a quantity's value is missing", line + "quantity.value", gone{}, ""},
		{"3.25", "long-quantity-value", "a quantity's value has more than 10 characters", line + "quantity.value", "1.000000000", ""},
		{"3.26", "missing-unit", "a quantity's unit is missing", line + "quantity.unit", gone{}, ""},
		{"3.27", "bad-identifier-type", "an external identifier's type is not of the enumeration", line + "externalIdentifiers", []any{body{"id": "1", "type": "TATTOO"}}, ""},
		{"3.28", "long-identifier", "an external identifier has more than 255 characters", line + "externalIdentifiers", []any{body{"id": long, "type": "UPC"}}, ""},
		{"3.29", "bad-scan-type", "scanResult.type is not of the enumeration", event + "scanResult", body{"id": "1", "type": "GHOST"}, ""},
		{"3.30", "long-scan-id", "scanResult.id has more than 255 characters", event + "scanResult", body{"id": long, "type": "SHOPPER"}, ""},
		{"3.31", "long-identity", "shopperIdentity.id has more than 255 characters", "shopperIdentity", body{"id": long}, "shopperIdentity"},
		{"3.32", "long-device", "shopperDeviceId has more than 255 characters", "shopperDeviceId", long, ""},
		{"3.33", "long-line-id", "lineItemId has more than 255 characters", line + "lineItemId", long, ""},
		{"3.34", "duplicate-line-id", "two lines have the same id", "", nil, "lineItemId"},
		{"3.35", "empty-body", "the request has no body", "", nil, ""},
	}
}

// cartFieldFamily breaks a cart in every documented way.
func cartFieldFamily() []Scenario {
	var list []Scenario
	for _, f := range cartFaults() {
		list = append(list, Scenario{
			Name: "ordering." + f.name, Title: f.title,
			Explains: "Delivers a cart that is broken: " + f.title + ". Then the same trip's cart as it should have been.",
			Expect:   "400 to the broken cart, saying which field is at fault, and no effect of it; 201 to the other.",
			Sources:  []string{"ordering 9.1/" + f.id},
			Run:      func(ctx context.Context, st *Stage) { brokenCart(ctx, st, f) },
		})
	}
	for _, p := range []struct{ id, name, title, path, text string }{
		{"1.1", "malformed", "the body is no JSON", "", `{"requestId": "`},
		{"1.2", "fields-missing", "several required fields are missing at once", "shoppingTrip", ""},
		{"1.3", "wrong-types", "a quantity is a number instead of a text", "quantity", ""},
	} {
		list = append(list, Scenario{
			Name: "payload." + p.name, Title: p.title,
			Explains: "Delivers a cart in which " + p.title + ". Then the same trip's cart as it should have been.",
			Expect:   "400 naming every field at fault, nothing downstream, and 201 to the other. The alarm and the log that the test plan also asks for are inside the retailer's system.",
			Sources:  []string{"ordering 9.3/" + p.id},
			Run: func(ctx context.Context, st *Stage) {
				trip, cart := st.visit(ctx, "approve", st.item("1"))
				text := []byte(p.text)
				switch p.id {
				case "1.2":
					text = cart.with("shoppingTrip", gone{}).with("storeId", gone{}).text()
				case "1.3":
					text = cart.with("cartItems.0.quantity.value", 1).with("shoppingTrip.startTime", 1700000000).text()
				}
				r := st.send(ctx, p.title, cartAPI, trip, text)
				st.status(r, "the broken cart is refused", http.StatusBadRequest)
				if p.path != "" {
					st.names(r, p.path)
				}
				if p.id == "1.2" {
					st.names(r, "storeId")
				}
				st.mended(ctx, trip, cart)
			},
		})
	}
	return list
}

func brokenCart(ctx context.Context, st *Stage, f faulty) {
	trip, cart := st.visit(ctx, "approve", st.item("1"))
	var text []byte
	switch {
	case f.name == "duplicate-line-id":
		lines := cart["cartItems"].([]any)
		twice := body(lines[0].(map[string]any)).with("lineItemId", "the-same")
		text = cart.with("cartItems", []any{twice, twice.with("id", "SCENARIO-UNKNOWN")}).text()
	default:
		text = f.text(st, cart)
	}
	r := st.send(ctx, f.title, cartAPI, trip, text)
	st.status(r, "the broken cart is refused", http.StatusBadRequest)
	field := f.field
	if field == "" {
		field = f.path[strings.LastIndexByte(f.path, '.')+1:]
	}
	if field != "" {
		st.names(r, field)
	}
	st.mended(ctx, trip, cart)
}
