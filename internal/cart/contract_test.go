package cart_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/strollhq/stroll/internal/cart"
	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/testkit"
)

var purchaseID = regexp.MustCompile(`^[0-9A-Za-z_-]+$`)

// TestCreatePurchases is group 1 of the contract (ordering 9.1): carts that are
// taken, over real HTTP.
func TestCreatePurchases(t *testing.T) {
	t.Parallel()
	scan := func(code string) object {
		return object{"id": code, "type": "SCANCODE", "quantity": object{"value": "1", "unit": "unit"}}
	}
	weight := object{"id": "APPLE", "type": "SKU", "quantity": object{"value": "1.25", "unit": "lb"}}
	external := item("unheard-of", "1")
	external["externalIdentifiers"] = []any{object{"id": "012345678905", "type": "UPC"}}
	numbered := item("WATER", "1")
	numbered["lineItemId"] = "line-1"
	cases := []struct {
		name  string
		edit  []func(object)
		total int64
		act   string
		check func(*testing.T, cart.Purchase)
	}{
		// Cola: 1.50 + deposit 0.05 + tax 0.06 + 0.07; the welcome offer of the
		// tests' shopper: 0.50 + 0.05 + 0.02 + 0.02.
		{name: "1.1_single_item", edit: []func(object){items(item("WATER", "1"))}, total: 100, act: "charge"},
		{name: "1.2_multiple_items", edit: []func(object){items(item("WATER", "2"), item("ROLL", "1"))}, total: 200 + 725 + 29, act: "charge"},
		{name: "1.3_weight_based_item", edit: []func(object){items(weight)}, total: 499, act: "charge"},
		{name: "1.4_item_type_SCANCODE", edit: []func(object){items(scan("4006381333931"))}, total: 100, act: "charge"},
		{name: "1.5_external_identifiers", edit: []func(object){items(external), events(event("FINANCIAL", "", ""))}, total: 168, act: "charge"},
		{name: "1.6_lineItemId", edit: []func(object){items(numbered)}, total: 100, act: "charge", check: func(t *testing.T, p cart.Purchase) {
			if p.Lines[0].LineItemID != "line-1" {
				t.Errorf("line item id %q", p.Lines[0].LineItemID)
			}
		}},
		{name: "1.7_empty_cart", edit: []func(object){items()}, act: "release"},
		{name: "1.8_FINANCIAL", edit: []func(object){items(item("WATER", "1")), events(event("FINANCIAL", "", "")), at(object{"id": "card-1"}, "shopperIdentity")},
			total: 100, act: "charge", check: func(t *testing.T, p cart.Purchase) {
				if p.Entry != "FINANCIAL" || p.Instrument != "card-1" || p.Visitor != "" {
					t.Errorf("entry %s instrument %q visitor %q", p.Entry, p.Instrument, p.Visitor)
				}
			}},
		{name: "1.8_FINANCIAL_with_scanResult", edit: []func(object){items(item("ROLL", "1")), events(event("FINANCIAL", "LOYALTY", "member"))}, total: 725 - 73 + 26, act: "charge"},
		{name: "1.9_SCAN_CODE", edit: []func(object){items(item("WATER", "1"))}, total: 100, act: "charge", check: func(t *testing.T, p cart.Purchase) {
			if p.Entry != "SCAN_CODE" || p.Visitor != "ann" || p.Kind != "SHOPPER" {
				t.Errorf("entry %s visitor %q kind %s", p.Entry, p.Visitor, p.Kind)
			}
		}},
		{name: "1.10_associate", edit: []func(object){items(item("WATER", "1")), events(event("SCAN_CODE", "ASSOCIATE", "staff"))}, total: 100, act: "release"},
		{name: "1.11_cash_shopper", edit: []func(object){items(item("WATER", "1")), events(event("SCAN_CODE", "CASH_SHOPPER", "c"))}, total: 100, act: "release"},
		{name: "1.11_cash", edit: []func(object){items(item("WATER", "1")), events(event("SCAN_CODE", "CASH", "c"))}, total: 100, act: "release", check: func(t *testing.T, p cart.Purchase) {
			if p.Kind != "CASH_SHOPPER" || p.Reason != "cash_shopper" {
				t.Errorf("kind %s reason %s", p.Kind, p.Reason)
			}
		}},
		{name: "1.12_loyalty", edit: []func(object){items(item("ROLL", "1")), events(event("SCAN_CODE", "LOYALTY", "member"), event("SCAN_CODE", "SHOPPER", "bob"))},
			total: 725 - 73 + 26, act: "charge", check: func(t *testing.T, p cart.Purchase) {
				if p.Visitor != "bob" || p.Loyalty != "member" {
					t.Errorf("visitor %q loyalty %q", p.Visitor, p.Loyalty)
				}
			}},
		{name: "1.13_group_trip", edit: []func(object){items(item("WATER", "3")), events(event("SCAN_CODE", "SHOPPER", "eve"), event("FINANCIAL", "", ""), event("SCAN_CODE", "SHOPPER", "dan"))},
			total: 300, act: "charge", check: func(t *testing.T, p cart.Purchase) {
				if p.GroupSize != 3 || p.Entry != "FINANCIAL" || p.Visitor != "" {
					t.Errorf("group of %d, entry %s, visitor %q", p.GroupSize, p.Entry, p.Visitor)
				}
			}},
		{name: "1.14_MANUAL_IN_STORE", edit: []func(object){items(item("WATER", "1")), at("MANUAL_IN_STORE", "shoppingTrip", "authEvents", 0, "location")}, total: 100, act: "charge"},
		{name: "1.15_optional_fields_omitted", edit: []func(object){items(item("WATER", "1")), at(nothing, "shoppingTrip", "authEvents", 0, "scanResult"),
			at(nothing, "shoppingTrip", "authEvents", 0, "timestamp"), at(nothing, "shoppingTrip", "authEvents", 0, "location")}, total: 100, act: "charge"},
		{name: "extra_fields_at_any_depth", edit: []func(object){items(item("WATER", "1")), at(object{"a": []any{1.5, nil}}, "future"), at(1e30, "shoppingTrip", "future"),
			at(true, "shoppingTrip", "authEvents", 0, "scanResult", "future"), at("x", "cartItems", 0, "quantity", "future")}, total: 100, act: "charge"},
		{name: "lengths_at_the_limit", edit: []func(object){items(object{"id": "WATER", "type": "SKU", "quantity": object{"value": "2.00000000", "unit": "each"}, "lineItemId": strings.Repeat("l", 255),
			"externalIdentifiers": []any{object{"id": strings.Repeat("9", 255), "type": "UPC"}}}), at(strings.Repeat("é", 255), "shopperDeviceId"), at(object{"id": strings.Repeat("i", 255)}, "shopperIdentity")}, total: 200, act: "charge"},
		{name: "zero_total", edit: []func(object){items(item("BAG", "2"))}, act: "release", check: func(t *testing.T, p cart.Purchase) {
			if p.Reason != "zero_total" || p.PurchaseID == "" {
				t.Errorf("reason %q, purchase %q", p.Reason, p.PurchaseID)
			}
		}},
		{name: "end_equals_start", edit: []func(object){items(item("WATER", "1")), at("2026-03-02T14:41:00Z", "shoppingTrip", "startTime")}, total: 100, act: "charge"},
	}
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				trip := trip()
				a := s.post(t, body(trip, c.edit...))
				if a.Status != http.StatusCreated || a.Replayed {
					t.Fatalf("answer %+v", a)
				}
				id := a.purchase(t)
				p := s.get(t, trip)
				if empty := p.State == cart.Empty; empty != (id == "") || !empty && !purchaseID.MatchString(id) || id != p.PurchaseID {
					t.Errorf("purchase id %q, stored %q, state %s", id, p.PurchaseID, p.State)
				}
				o := s.till.of(t, trip)
				if o.Act != c.act || o.Total != c.total || o.Opens != 1 {
					t.Errorf("payment %+v, want %s of %d", o, c.act, c.total)
				}
				if p.Total.Minor != c.total {
					t.Errorf("total %s, want %d", p.Total, c.total)
				}
				sum := int64(0)
				if p.Result != nil {
					for _, l := range p.Result.Lines {
						sum += l.Total
					}
				}
				if sum != c.total {
					t.Errorf("lines sum to %d, want %d", sum, c.total)
				}
				if c.check != nil {
					c.check(t, p)
				}
			})
		}
	})
}

// TestCreatePurchasesInvalid is group 3: structural faults, all answered 400
// with the field named, none recorded.
func TestCreatePurchasesInvalid(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 256)
	ev := []any{"shoppingTrip", "authEvents", 0}
	line := []any{"cartItems", 0}
	under := func(base []any, more ...any) []any { return append(append([]any{}, base...), more...) }
	cases := []struct {
		name, field string
		value       any
		path        []any
	}{
		{"3.1_requestId_missing", "requestId", nothing, []any{"requestId"}},
		{"3.2_requestId_format", "requestId", "not-a-uuid", []any{"requestId"}},
		{"3.3_idempotentShoppingTripId_missing", "idempotentShoppingTripId", nothing, []any{"idempotentShoppingTripId"}},
		{"3.4_storeId_missing", "storeId", nothing, []any{"storeId"}},
		{"3.5_storeId_too_long", "storeId", long, []any{"storeId"}},
		{"3.6_shoppingTrip_missing", "shoppingTrip", nothing, []any{"shoppingTrip"}},
		{"3.7_startTime_missing", "shoppingTrip.startTime", nothing, []any{"shoppingTrip", "startTime"}},
		{"3.8_endTime_missing", "shoppingTrip.endTime", nothing, []any{"shoppingTrip", "endTime"}},
		{"3.9_startTime_format", "shoppingTrip.startTime", "yesterday", []any{"shoppingTrip", "startTime"}},
		{"3.10_end_before_start", "shoppingTrip.endTime", "2026-03-02T14:29:59Z", []any{"shoppingTrip", "endTime"}},
		{"3.11_authEvents_missing", "shoppingTrip.authEvents", nothing, []any{"shoppingTrip", "authEvents"}},
		{"3.12_authEvent_id_missing", "shoppingTrip.authEvents[0].id", nothing, under(ev, "id")},
		{"3.13_authEvent_id_format", "shoppingTrip.authEvents[0].id", "7", under(ev, "id")},
		{"3.14_authEvent_id_too_long", "shoppingTrip.authEvents[0].id", long, under(ev, "id")},
		{"3.15_payloadType_missing", "shoppingTrip.authEvents[0].payloadType", nothing, under(ev, "payloadType")},
		{"3.16_payloadType_invalid", "shoppingTrip.authEvents[0].payloadType", "PALM", under(ev, "payloadType")},
		{"3.17_location_invalid", "shoppingTrip.authEvents[0].location", "ROOF", under(ev, "location")},
		{"3.18_cartItems_missing", "cartItems", nothing, []any{"cartItems"}},
		{"3.19_item_id_missing", "cartItems[0].id", nothing, under(line, "id")},
		{"3.20_item_id_too_long", "cartItems[0].id", long, under(line, "id")},
		{"3.21_item_type_missing", "cartItems[0].type", nothing, under(line, "type")},
		{"3.22_item_type_invalid", "cartItems[0].type", "NAME", under(line, "type")},
		{"3.23_quantity_missing", "cartItems[0].quantity", nothing, under(line, "quantity")},
		{"3.24_quantity_value_missing", "cartItems[0].quantity.value", nothing, under(line, "quantity", "value")},
		{"3.25_quantity_value_too_long", "cartItems[0].quantity.value", "1.234567890", under(line, "quantity", "value")},
		{"3.26_quantity_unit_missing", "cartItems[0].quantity.unit", nothing, under(line, "quantity", "unit")},
		{"3.27_external_identifier_type_invalid", "cartItems[0].externalIdentifiers[0].type", []any{object{"id": "1", "type": "QR"}}, under(line, "externalIdentifiers")},
		{"3.28_external_identifier_id_too_long", "cartItems[0].externalIdentifiers[0].id", []any{object{"id": long, "type": "UPC"}}, under(line, "externalIdentifiers")},
		{"3.29_scanResult_type_invalid", "shoppingTrip.authEvents[0].scanResult.type", "GHOST", under(ev, "scanResult", "type")},
		{"3.30_scanResult_id_too_long", "shoppingTrip.authEvents[0].scanResult.id", long, under(ev, "scanResult", "id")},
		{"3.31_shopperIdentity_id_too_long", "shopperIdentity.id", object{"id": long}, []any{"shopperIdentity"}},
		{"3.32_shopperDeviceId_too_long", "shopperDeviceId", long, []any{"shopperDeviceId"}},
		{"3.33_lineItemId_too_long", "cartItems[0].lineItemId", long, under(line, "lineItemId")},
		{"3.34_lineItemId_duplicate", "cartItems[1].lineItemId", []any{lineWith("a"), lineWith("a")}, []any{"cartItems"}},
		{"endTime_format", "shoppingTrip.endTime", "2026-03-02 14:41", []any{"shoppingTrip", "endTime"}},
		{"quantity_is_a_number", "cartItems[0].quantity.value", 2, under(line, "quantity", "value")},
		{"quantity_is_zero", "cartItems[0].quantity.value", "0.00", under(line, "quantity", "value")},
		{"quantity_is_negative", "cartItems[0].quantity.value", "-1", under(line, "quantity", "value")},
		{"unknown_store", "storeId", "store-2", []any{"storeId"}},
		{"trip_id_with_other_characters", "idempotentShoppingTripId", "a b", []any{"idempotentShoppingTripId"}},
	}
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				trip := trip()
				refused(t, s.post(t, body(trip, at(c.value, c.path...))), c.field)
				if c.path[0] == "idempotentShoppingTripId" {
					return
				}
				// Nothing was recorded: the corrected resend is taken.
				if a := s.post(t, body(trip, items(item("WATER", "1")))); a.Status != http.StatusCreated || a.Replayed {
					t.Errorf("corrected resend: %+v", a)
				}
			})
		}
		t.Run("3.35_empty_request", func(t *testing.T) {
			for _, text := range []string{"", "  ", "{}", "null"} {
				if a := s.post(t, text); a.Status != http.StatusBadRequest {
					t.Errorf("%q: %+v", text, a)
				}
			}
		})
		t.Run("all_faulty_fields_at_once", func(t *testing.T) {
			a := s.post(t, body(trip(), at(nothing, "requestId"), at("x", "cartItems", 0, "quantity", "value"), at("ROOF", "shoppingTrip", "authEvents", 0, "location")))
			refused(t, a, "requestId", "cartItems[0].quantity.value", "shoppingTrip.authEvents[0].location")
		})
	})
}

func lineWith(id string) object {
	i := item("WATER", "1")
	i["lineItemId"] = id
	return i
}

// refused checks a 400 in the one error shape with these fields.
func refused(t *testing.T, a answer, fields ...string) {
	t.Helper()
	var e struct {
		Code, Message string
		RequestID     *string
		Errors        []struct{ Field, Reason string }
	}
	if err := json.Unmarshal([]byte(a.Body), &e); err != nil || a.Status != http.StatusBadRequest {
		t.Fatalf("answer %+v, want 400", a)
	}
	if e.Code == "" || e.Message == "" {
		t.Errorf("error body %s", a.Body)
	}
	for _, want := range fields {
		found := false
		for _, f := range e.Errors {
			found = found || f.Field == want && f.Reason != ""
		}
		if !found {
			t.Errorf("%s does not name %s", a.Body, want)
		}
	}
}
