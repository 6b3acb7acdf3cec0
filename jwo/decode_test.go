package jwo_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/strollhq/stroll/jwo"
)

func fields(err error) []string {
	var f jwo.FieldErrors
	if errors.As(err, &f) {
		return f.Fields()
	}
	return nil
}

func TestDecodeReadsTheWholeDocument(t *testing.T) {
	t.Parallel()
	var got jwo.CreatePurchasesRequest
	if err := jwo.Decode([]byte(purchasesBody), &got); err != nil {
		t.Fatal(err)
	}
	want := jwo.CreatePurchasesRequest{
		RequestID: requestA, IdempotentShoppingTripID: tripA, StoreID: storeA,
		ShoppingTrip: &jwo.ShoppingTrip{
			StartTime: "2026-03-01T09:30:00Z", EndTime: "2026-03-01T09:45:00Z",
			AuthEvents: []jwo.PurchaseAuthEvent{{ID: eventA, Timestamp: "2026-03-01T09:30:00Z", Location: jwo.Entry,
				PayloadType: jwo.Financial, ScanResult: &jwo.ScanResult{ID: "visitor-1", Type: jwo.Shopper}}},
		},
		CartItems: []jwo.CartItem{
			{ID: "A1", Type: jwo.ItemSKU, Quantity: &jwo.Quantity{Value: "2", Unit: "unit"}, LineItemID: "line-1",
				ExternalIdentifiers: []jwo.ExternalIdentifier{{ID: "036000291452", Type: "UPC"}}},
			{ID: "036000291452", Type: jwo.ItemScanCode, Quantity: &jwo.Quantity{Value: "0.75", Unit: "lb"}, LineItemID: "line-2"},
		},
		ShopperIdentity: &jwo.Identity{ID: "instrument-1"}, ShopperDeviceID: "device-1", PaymentSource: &jwo.Identity{ID: "source-1"},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	var strewnGot jwo.CreatePurchasesRequest
	if err := jwo.Decode([]byte(strewn(t, purchasesBody)), &strewnGot); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, strewnGot); d != "" {
		t.Errorf("unknown fields were not ignored: %s", d)
	}
}

func TestDecodeRefusesWhatIsNotOneObject(t *testing.T) {
	t.Parallel()
	for name, doc := range map[string]string{
		"empty": "", "white space": " \n", "array": "[]", "string": `"x"`, "number": "1", "null": "null",
		"open": `{"storeId":`, "unclosed": `{"storeId":"a"`, "trailing": `{} {}`, "trailing text": `{}x`, "comma": `{"storeId":"a",}`,
		"comment": `{/* */}`, "single quotes": `{'storeId':'a'}`, "bare word": `{"storeId": a}`, "leading zero": `{"x":01}`,
		"control character": "{\"storeId\":\"a\nb\"}", "bad escape": `{"storeId":"\x"}`, "not UTF-8": "{\"storeId\":\"\xff\"}",
		"byte order mark": "\ufeff{}", "deep": `{"x":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + "}",
		"very deep": strings.Repeat(`{"x":`, 1_000_000),
	} {
		var v jwo.CancelChargeRequest
		if got := fields(jwo.Decode([]byte(doc), &v)); !cmp.Equal(got, []string{jwo.BodyField}) {
			t.Errorf("%s: %v", name, got)
		}
	}
	var v jwo.CancelChargeRequest
	if err := jwo.Decode([]byte(`{"x":`+strings.Repeat("[", 60)+strings.Repeat("]", 60)+`,"storeId":"s"}`), &v); err != nil || v.StoreID != "s" {
		t.Errorf("nested unknown field: %v", err)
	}
}

func TestDecodeReportsEveryWrongType(t *testing.T) {
	t.Parallel()
	doc := `{"requestId": 1, "idempotentShoppingTripId": true, "storeId": ["s"], "shoppingTrip": {"startTime": {}, "authEvents": [
		"x", {"id": 5, "scanResult": []}, {"id": "` + eventA + `"}, null]},
		"cartItems": [{"id": "A", "quantity": {"value": 2, "unit": null}}, {"quantity": "2", "externalIdentifiers": {"id": "x"}}, 7],
		"shopperIdentity": "instrument-1"}`
	var v jwo.CreatePurchasesRequest
	want := jwo.FieldErrors{
		{"requestId", "must be a string"}, {"idempotentShoppingTripId", "must be a string"}, {"storeId", "must be a string"},
		{"shoppingTrip.startTime", "must be a string"},
		{"shoppingTrip.authEvents[0]", "must be an object"}, {"shoppingTrip.authEvents[1].id", "must be a string"},
		{"shoppingTrip.authEvents[1].scanResult", "must be an object"},
		{"cartItems[0].quantity.value", "must be a string"}, {"cartItems[1].quantity", "must be an object"},
		{"cartItems[1].externalIdentifiers", "must be an array"}, {"cartItems[2]", "must be an object"},
		{"shopperIdentity", "must be an object"},
	}
	if d := cmp.Diff(want, jwo.Decode([]byte(doc), &v)); d != "" {
		t.Error(d)
	}
	if len(v.CartItems) != 3 || v.CartItems[0].ID != "A" || v.ShoppingTrip.AuthEvents[2].ID != eventA {
		t.Errorf("the readable fields were not read: %+v", v)
	}
}

func TestDecodeRequestReportsTypesAndTheRestTogether(t *testing.T) {
	t.Parallel()
	doc := edited(t, purchasesBody,
		edit{"requestId", "no uuid"}, edit{"cartItems[0].quantity.value", 2}, edit{"cartItems[1].quantity", "0.75"},
		edit{"cartItems[1].type", nil}, edit{"shoppingTrip.authEvents[0].payloadType", "PALM"})
	got := fields(jwo.DecodeRequest([]byte(doc), &jwo.CreatePurchasesRequest{}, jwo.Limits{}))
	want := []string{"cartItems[0].quantity.value", "cartItems[1].quantity", "requestId",
		"shoppingTrip.authEvents[0].payloadType", "cartItems[1].type"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestDecodeCornerCases(t *testing.T) {
	t.Parallel()
	t.Run("the last of repeated keys counts", func(t *testing.T) {
		t.Parallel()
		var v jwo.VerifyIdentityKeysRequest
		doc := `{"storeId": 1, "authEvent": {"id": 3, "location": "EXIT"}, "storeId": "b", "authEvent": {"timestamp": "x"}}`
		if err := jwo.Decode([]byte(doc), &v); err != nil || v.StoreID != "b" || *v.AuthEvent != (jwo.AuthEvent{Timestamp: "x"}) {
			t.Errorf("%+v, %v", v, err)
		}
		if err := jwo.Decode([]byte(`{"authEvent": {"id": "x"}, "authEvent": null}`), &v); err != nil || v.AuthEvent != nil {
			t.Errorf("%+v, %v", v, err)
		}
	})
	t.Run("names match exactly", func(t *testing.T) {
		t.Parallel()
		var v jwo.CancelChargeRequest
		if err := jwo.Decode([]byte(`{"StoreId": "x", "storeid": 4, "shoppingTripId": "t"}`), &v); err != nil || v.StoreID != "" || v.ShoppingTripID != "t" {
			t.Errorf("%+v, %v", v, err)
		}
		if err := jwo.Decode([]byte(`{"\u0073toreId": "esc\u0061ped \ud83d\ude00"}`), &v); err != nil || v.StoreID != "escaped 😀" {
			t.Errorf("%+v, %v", v, err)
		}
	})
	t.Run("an internal field is not read", func(t *testing.T) {
		t.Parallel()
		var v jwo.CreatePurchasesResponse
		if err := jwo.Decode([]byte(`{"purchaseId": "p", "Replayed": true, "-": true}`), &v); err != nil || v.Replayed {
			t.Errorf("%+v, %v", v, err)
		}
	})
	t.Run("empty and missing arrays differ", func(t *testing.T) {
		t.Parallel()
		var empty, absent, null jwo.CreatePurchasesRequest
		for doc, v := range map[string]*jwo.CreatePurchasesRequest{`{"cartItems": []}`: &empty, `{}`: &absent, `{"cartItems": null}`: &null} {
			if err := jwo.Decode([]byte(doc), v); err != nil {
				t.Fatal(err)
			}
		}
		if empty.CartItems == nil || absent.CartItems != nil || null.CartItems != nil {
			t.Errorf("%v %v %v", empty.CartItems, absent.CartItems, null.CartItems)
		}
	})
	t.Run("a value that is there before is cleared", func(t *testing.T) {
		t.Parallel()
		v := jwo.GetShopperIdentityRequest{StoreID: "old", ShopperID: &jwo.Identity{ID: "old"}}
		if err := jwo.Decode([]byte(`{"storeId": null, "shopperId": {}}`), &v); err != nil || v.StoreID != "" || v.ShopperID.ID != "" {
			t.Errorf("%+v, %v", v, err)
		}
	})
	t.Run("free data holds strings", func(t *testing.T) {
		t.Parallel()
		var v jwo.ShopperAuthorizationRequest
		doc := `{"shopperInteraction": {"gateAuthenticationEvent": {"data": {"a": "b", "c": null, "secret": 5}}}}`
		if got := fields(jwo.Decode([]byte(doc), &v)); !cmp.Equal(got, []string{"shopperInteraction.gateAuthenticationEvent.data"}) {
			t.Errorf("%v", got)
		}
	})
	t.Run("faults are bounded", func(t *testing.T) {
		t.Parallel()
		var v jwo.CreatePurchasesRequest
		got := fields(jwo.DecodeRequest([]byte(`{"cartItems": [`+strings.Repeat("1,", 100_000)+`1]}`), &v, jwo.Limits{}))
		if len(got) < 1000 || len(got) > 2100 || len(v.CartItems) > 50_000 {
			t.Errorf("%d faults, %d items", len(got), len(v.CartItems))
		}
	})
}

func TestMissingNamesAbsentPaths(t *testing.T) {
	t.Parallel()
	yes := true
	r := &jwo.ShopperAuthorizationRequest{StoreID: "s", ShopperInteraction: &jwo.ShopperInteraction{
		ShoppingTripID: "t", Recommendation: &jwo.Recommendation{ShopperAuthorized: &yes, ShopperRisks: []string{}}}}
	got := jwo.Missing(r, "storeId", "shopperIdentity.id", "shopperInteraction.shoppingTripId", "shopperInteraction.cartHint",
		"shopperInteraction.recommendation.shopperAuthorized", "shopperInteraction.recommendation.shopperRisks", "noSuchField", "storeId.x").Fields()
	want := []string{"shopperIdentity.id", "shopperInteraction.cartHint", "shopperInteraction.recommendation.shopperRisks", "noSuchField", "storeId.x"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	limits := jwo.Limits{AuthorizationRequired: []string{"shopperIdentity.id", "authorizedAmount"}}
	r.ShopperIdentity = &jwo.Identity{}
	if d := cmp.Diff([]string{"shopperIdentity.id", "authorizedAmount"}, fields(r.ValidateWith(limits))); d != "" {
		t.Error(d)
	}
}
