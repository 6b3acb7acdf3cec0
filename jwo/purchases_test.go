package jwo_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/strollhq/stroll/jwo"
)

func TestCreatePurchases_group_3(t *testing.T) {
	t.Parallel()
	const event, item = "shoppingTrip.authEvents[0].", "cartItems[0]."
	refused(t, jwo.PathCreatePurchases, purchasesBody, []fault{
		{"3.1 requestId missing", []edit{{"requestId", drop{}}}, []string{"requestId"}},
		{"3.2 requestId format", []edit{{"requestId", "request-1"}}, []string{"requestId"}},
		{"3.3 idempotentShoppingTripId missing", []edit{{"idempotentShoppingTripId", drop{}}}, []string{"idempotentShoppingTripId"}},
		{"3.3 idempotentShoppingTripId > 255", []edit{{"idempotentShoppingTripId", long(256)}}, []string{"idempotentShoppingTripId"}},
		{"3.3 idempotentShoppingTripId format", []edit{{"idempotentShoppingTripId", "trip 1"}}, []string{"idempotentShoppingTripId"}},
		{"3.4 storeId missing", []edit{{"storeId", ""}}, []string{"storeId"}},
		{"3.5 storeId > 255", []edit{{"storeId", long(256)}}, []string{"storeId"}},
		{"3.6 shoppingTrip missing", []edit{{"shoppingTrip", drop{}}}, []string{"shoppingTrip"}},
		{"3.7 startTime missing", []edit{{"shoppingTrip.startTime", drop{}}}, []string{"shoppingTrip.startTime"}},
		{"3.8 endTime missing", []edit{{"shoppingTrip.endTime", drop{}}}, []string{"shoppingTrip.endTime"}},
		{"3.9 startTime format", []edit{{"shoppingTrip.startTime", "yesterday"}}, []string{"shoppingTrip.startTime"}},
		{"3.9 endTime format", []edit{{"shoppingTrip.endTime", "2026-03-01 09:45:00Z"}}, []string{"shoppingTrip.endTime"}},
		{"3.10 end before start", []edit{{"shoppingTrip.endTime", "2026-03-01T09:29:59Z"}}, []string{"shoppingTrip.endTime"}},
		{"3.10 end before start across zones", []edit{{"shoppingTrip.endTime", "2026-03-01T10:29:59+01:00"}}, []string{"shoppingTrip.endTime"}},
		{"3.11 authEvents missing", []edit{{"shoppingTrip.authEvents", drop{}}}, []string{"shoppingTrip.authEvents"}},
		{"3.11 authEvents an object", []edit{{"shoppingTrip.authEvents", map[string]any{}}}, []string{"shoppingTrip.authEvents"}},
		{"3.12 authEvents id missing", []edit{{event + "id", nil}}, []string{event + "id"}},
		{"3.12 authEvents element null", []edit{{"shoppingTrip.authEvents[0]", nil}}, []string{event + "id", event + "payloadType"}},
		{"3.13 authEvents id format", []edit{{event + "id", "event-1"}}, []string{event + "id"}},
		{"3.14 authEvents id > 255", []edit{{event + "id", long(256)}}, []string{event + "id"}},
		{"3.14 authEvents timestamp format", []edit{{event + "timestamp", "noon"}}, []string{event + "timestamp"}},
		{"3.15 payloadType missing", []edit{{event + "payloadType", drop{}}}, []string{event + "payloadType"}},
		{"3.16 payloadType invalid", []edit{{event + "payloadType", "PALM"}}, []string{event + "payloadType"}},
		{"3.17 location invalid", []edit{{event + "location", "ROOF"}}, []string{event + "location"}},
		{"3.18 cartItems missing", []edit{{"cartItems", drop{}}}, []string{"cartItems"}},
		{"3.18 cartItems null", []edit{{"cartItems", nil}}, []string{"cartItems"}},
		{"3.19 item id missing", []edit{{item + "id", drop{}}}, []string{item + "id"}},
		{"3.20 item id > 255", []edit{{item + "id", long(256)}}, []string{item + "id"}},
		{"3.21 item type missing", []edit{{item + "type", drop{}}}, []string{item + "type"}},
		{"3.22 item type invalid", []edit{{item + "type", "UPC"}}, []string{item + "type"}},
		{"3.23 quantity missing", []edit{{item + "quantity", drop{}}}, []string{item + "quantity"}},
		{"3.24 quantity value missing", []edit{{item + "quantity.value", drop{}}}, []string{item + "quantity.value"}},
		{"3.25 quantity value > 10 characters", []edit{{item + "quantity.value", "1.000000000"}}, []string{item + "quantity.value"}},
		{"3.25 quantity value a number", []edit{{item + "quantity.value", 2}}, []string{item + "quantity.value"}},
		{"3.25 quantity value zero", []edit{{item + "quantity.value", "0.00"}}, []string{item + "quantity.value"}},
		{"3.25 quantity value negative", []edit{{item + "quantity.value", "-1"}}, []string{item + "quantity.value"}},
		{"3.25 quantity value with exponent", []edit{{item + "quantity.value", "1e3"}}, []string{item + "quantity.value"}},
		{"3.25 quantity value without whole part", []edit{{item + "quantity.value", ".5"}}, []string{item + "quantity.value"}},
		{"3.25 quantity value without fraction", []edit{{item + "quantity.value", "5."}}, []string{item + "quantity.value"}},
		{"3.25 quantity value in other digits", []edit{{item + "quantity.value", "１"}}, []string{item + "quantity.value"}},
		{"3.25 quantity value no number", []edit{{item + "quantity.value", "NaN"}}, []string{item + "quantity.value"}},
		{"3.26 quantity unit missing", []edit{{item + "quantity.unit", ""}}, []string{item + "quantity.unit"}},
		{"3.27 external identifier type invalid", []edit{{item + "externalIdentifiers[0].type", "QR"}}, []string{item + "externalIdentifiers[0].type"}},
		{"3.28 external identifier id > 255", []edit{{item + "externalIdentifiers[0].id", long(256)}}, []string{item + "externalIdentifiers[0].id"}},
		{"3.29 scanResult.type invalid", []edit{{event + "scanResult.type", "GUEST"}}, []string{event + "scanResult.type"}},
		{"3.30 scanResult.id > 255", []edit{{event + "scanResult.id", long(256)}}, []string{event + "scanResult.id"}},
		{"3.31 shopperIdentity.id > 255", []edit{{"shopperIdentity.id", long(256)}}, []string{"shopperIdentity.id"}},
		{"3.32 shopperDeviceId > 255", []edit{{"shopperDeviceId", long(256)}}, []string{"shopperDeviceId"}},
		{"3.33 lineItemId > 255", []edit{{item + "lineItemId", long(256)}}, []string{item + "lineItemId"}},
		{"3.34 duplicate lineItemId", []edit{{"cartItems[1].lineItemId", "line-1"}}, []string{"cartItems[1].lineItemId"}},
		{"3.34 paymentSource.id > 255", []edit{{"paymentSource.id", long(256)}}, []string{"paymentSource.id"}},
	})
	t.Run("3.35 empty request", func(t *testing.T) {
		t.Parallel()
		s := newSite(t, jwo.HandlerConfig{})
		if r := s.post(t, jwo.PathCreatePurchases, ""); r.status != 400 || !same(r.fields(), []string{jwo.BodyField}) {
			t.Errorf("empty body: %d %s", r.status, r.body)
		}
		want := []string{"requestId", "idempotentShoppingTripId", "storeId", "shoppingTrip", "cartItems"}
		if r := s.post(t, jwo.PathCreatePurchases, "{}"); r.status != 400 || !same(r.fields(), want) {
			t.Errorf("empty object: %d %s", r.status, r.body)
		}
		if n := len(s.calls()); n != 0 {
			t.Errorf("asked %d times", n)
		}
	})
}

// The titles of the cart payload validation plan.
func TestCartPayloadValidation(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		title, body string
		fields      []string
	}{
		{"1.1 malformed JSON", purchasesBody[:len(purchasesBody)-10], []string{jwo.BodyField}},
		{"1.1 malformed JSON: trailing data", purchasesBody + ",", []string{jwo.BodyField}},
		{"1.2 required fields missing", edited(t, purchasesBody, edit{"storeId", drop{}}, edit{"shoppingTrip.startTime", drop{}},
			edit{"shoppingTrip.authEvents[0].id", drop{}}, edit{"cartItems[0].id", drop{}}, edit{"cartItems[1].quantity", drop{}}),
			[]string{"storeId", "shoppingTrip.startTime", "shoppingTrip.authEvents[0].id", "cartItems[0].id", "cartItems[1].quantity"}},
		{"1.3 wrong data types", edited(t, purchasesBody, edit{"storeId", 5}, edit{"shoppingTrip.authEvents", "x"},
			edit{"cartItems[0].quantity.value", 2.5}, edit{"cartItems[1]", true}, edit{"shopperIdentity", []any{}}),
			[]string{"storeId", "shoppingTrip.authEvents", "cartItems[0].quantity.value", "cartItems[1]", "shopperIdentity"}},
	} {
		t.Run(c.title, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, jwo.HandlerConfig{})
			r, x := s.send(t, http.MethodPost, jwo.PathCreatePurchases, c.body)
			if r.status != 400 || !same(r.fields(), c.fields) || !same(x.Fields, c.fields) || len(s.calls()) != 0 {
				t.Errorf("answered %d %v after %d calls", r.status, r.problem.Errors, len(s.calls()))
			}
		})
	}
}

func TestCreatePurchases_accepted(t *testing.T) {
	t.Parallel()
	const event, item = "shoppingTrip.authEvents[0].", "cartItems[0]."
	docs := map[string]string{
		"all fields":                purchasesBody,
		"extra fields at any depth": strewn(t, purchasesBody),
		"1.7 empty cart":            edited(t, purchasesBody, edit{"cartItems", []any{}}),
		"1.15 optional fields omitted": edited(t, purchasesBody, edit{"shopperIdentity", drop{}}, edit{"shopperDeviceId", drop{}},
			edit{"paymentSource", drop{}}, edit{item + "lineItemId", drop{}}, edit{item + "externalIdentifiers", drop{}},
			edit{"cartItems[1].lineItemId", drop{}}, edit{event + "timestamp", drop{}}, edit{event + "location", drop{}}, edit{event + "scanResult", drop{}}),
		"1.15 optional fields null": edited(t, purchasesBody, edit{"shopperIdentity", nil}, edit{"shopperDeviceId", nil},
			edit{"paymentSource", nil}, edit{item + "lineItemId", nil}, edit{item + "externalIdentifiers", nil},
			edit{event + "timestamp", nil}, edit{event + "location", nil}, edit{event + "scanResult", nil}),
		"1.5 empty external identifiers":     edited(t, purchasesBody, edit{item + "externalIdentifiers", []any{}}),
		"no auth events":                     edited(t, purchasesBody, edit{"shoppingTrip.authEvents", []any{}}),
		"end equal to start":                 edited(t, purchasesBody, edit{"shoppingTrip.endTime", "2026-03-01T09:30:00Z"}),
		"1.14 MANUAL_IN_STORE":               edited(t, purchasesBody, edit{event + "location", jwo.ManualInStore}),
		"several lines without a lineItemId": edited(t, purchasesBody, edit{item + "lineItemId", ""}, edit{"cartItems[1].lineItemId", ""}),
		"lengths exactly at the limit": edited(t, purchasesBody, edit{"storeId", wide(255)}, edit{"idempotentShoppingTripId", long(255)},
			edit{item + "id", wide(255)}, edit{item + "lineItemId", wide(255)}, edit{item + "externalIdentifiers[0].id", wide(255)},
			edit{event + "scanResult.id", wide(255)}, edit{"shopperIdentity.id", wide(255)}, edit{"shopperDeviceId", wide(255)},
			edit{"paymentSource.id", wide(255)}, edit{item + "quantity.value", "0.00000001"}, edit{"cartItems[1].quantity.value", "1234567890"}),
		"a unit of any text": edited(t, purchasesBody, edit{item + "quantity.unit", wide(300)}),
	}
	for _, kind := range []string{jwo.Shopper, jwo.Associate, jwo.Loyalty, jwo.Cash, jwo.CashShopper} {
		docs["1.10–1.12 "+kind] = edited(t, purchasesBody, edit{event + "payloadType", jwo.ScanCode}, edit{event + "scanResult.type", kind})
	}
	for _, kind := range []string{"UPC", "EAN8", "EAN", "ISBN", "GTIN", "PLU"} {
		docs["1.5 "+kind] = edited(t, purchasesBody, edit{item + "externalIdentifiers[0].type", kind})
	}
	admitted(t, jwo.PathCreatePurchases, http.StatusCreated, docs)
}

func TestCreatePurchases_answers(t *testing.T) {
	t.Parallel()
	t.Run("the purchase", func(t *testing.T) {
		t.Parallel()
		s := newSite(t, jwo.HandlerConfig{})
		r, x := s.send(t, http.MethodPost, jwo.PathCreatePurchases, purchasesBody)
		if r.status != 201 || r.body != `{"purchaseId":"purchase-1"}` || r.header.Get("Idempotency-Hit") != "" {
			t.Errorf("answered %d %s %v", r.status, r.body, r.header)
		}
		x.Took = 0
		if d := cmp.Diff(jwo.Exchange{API: jwo.APICreatePurchases, StoreID: storeA, TripID: tripA, RequestID: requestA, Status: 201}, x); d != "" {
			t.Error(d)
		}
	})
	t.Run("an empty cart has an empty purchaseId", func(t *testing.T) {
		t.Parallel()
		s := newSite(t, jwo.HandlerConfig{})
		if r := s.post(t, jwo.PathCreatePurchases, edited(t, purchasesBody, edit{"cartItems", []any{}})); r.status != 201 || r.body != `{"purchaseId":""}` {
			t.Errorf("answered %d %s", r.status, r.body)
		}
	})
	t.Run("the success status is a setting", func(t *testing.T) {
		t.Parallel()
		s := newSite(t, jwo.HandlerConfig{SuccessStatus: http.StatusOK})
		if r := s.post(t, jwo.PathCreatePurchases, purchasesBody); r.status != 200 {
			t.Errorf("answered %d", r.status)
		}
	})
	t.Run("a replay is marked", func(t *testing.T) {
		t.Parallel()
		s := newSite(t, jwo.HandlerConfig{})
		s.answer = func(any) (any, error) { return &jwo.CreatePurchasesResponse{PurchaseID: "p", Replayed: true}, nil }
		r, x := s.send(t, http.MethodPost, jwo.PathCreatePurchases, purchasesBody)
		if r.header.Get("Idempotency-Hit") != "true" || !x.Replayed || strings.Contains(r.body, "eplay") {
			t.Errorf("answered %v %s", r.header, r.body)
		}
	})
	t.Run("the status of a replay is the original one", func(t *testing.T) {
		t.Parallel()
		s := newSite(t, jwo.HandlerConfig{})
		s.answer = func(any) (any, error) {
			return &jwo.CreatePurchasesResponse{PurchaseID: "p", Replayed: true, Status: http.StatusOK}, nil
		}
		if r := s.post(t, jwo.PathCreatePurchases, purchasesBody); r.status != 200 || r.body != `{"purchaseId":"p"}` {
			t.Errorf("answered %d %s", r.status, r.body)
		}
		s.answer = func(any) (any, error) { return &jwo.CreatePurchasesResponse{PurchaseID: "p", Status: 404}, nil }
		if r := s.post(t, jwo.PathCreatePurchases, purchasesBody); r.status != 500 {
			t.Errorf("a success of 404 was answered %d", r.status)
		}
	})
	t.Run("the setting is for carts alone", func(t *testing.T) {
		t.Parallel()
		s := newSite(t, jwo.HandlerConfig{SuccessStatus: http.StatusCreated})
		if r := s.post(t, jwo.PathVerifyIdentityKeys, identityBody); r.status != 200 {
			t.Errorf("answered %d", r.status)
		}
	})
	t.Run("an id the contract forbids is our fault", func(t *testing.T) {
		t.Parallel()
		s := newSite(t, jwo.HandlerConfig{})
		s.answer = func(any) (any, error) { return &jwo.CreatePurchasesResponse{PurchaseID: "a b"}, nil }
		if r := s.post(t, jwo.PathCreatePurchases, purchasesBody); r.status != 500 {
			t.Errorf("answered %d", r.status)
		}
	})
}
