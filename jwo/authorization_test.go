package jwo_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/strollhq/stroll/jwo"
	"github.com/strollhq/stroll/money"
)

func TestGetShopperAuthorization_faults(t *testing.T) {
	t.Parallel()
	refused(t, jwo.PathGetShopperAuthorization, authorizationBody, []fault{
		{"7a.12 storeId missing", []edit{{"storeId", drop{}}}, []string{"storeId"}},
		{"7a.12 storeId empty", []edit{{"storeId", ""}}, []string{"storeId"}},
		{"7a.12 shopperIdentity missing", []edit{{"shopperIdentity", drop{}}}, []string{"shopperIdentity"}},
		{"7a.12 shopperIdentity null", []edit{{"shopperIdentity", nil}}, []string{"shopperIdentity"}},
		{"7a.12 shopperIdentity.id missing", []edit{{"shopperIdentity.id", drop{}}}, []string{"shopperIdentity.id"}},
		{"7a.12 both missing", []edit{{"storeId", nil}, {"shopperIdentity", map[string]any{}}}, []string{"storeId", "shopperIdentity.id"}},
		{"7a.13 store id over 255", []edit{{"storeId", long(256)}}, []string{"storeId"}},
		{"shopperIdentity.id over 255", []edit{{"shopperIdentity.id", long(256)}}, []string{"shopperIdentity.id"}},
		{"shoppingTripId over 255", []edit{{"shopperInteraction.shoppingTripId", long(256)}}, []string{"shopperInteraction.shoppingTripId"}},
		{"event id over 255", []edit{{"shopperInteraction.gateAuthenticationEvent.id", long(256)}},
			[]string{"shopperInteraction.gateAuthenticationEvent.id"}},
		{"wrong types", []edit{{"authorizedAmount.value", "much"}, {"shopperInteraction.recommendation.shopperAuthorized", "yes"},
			{"shopperInteraction.recommendation.shopperRisks", "BadDebt"}, {"shopperInteraction.cartHint.items[0].quantity", 1}},
			[]string{"authorizedAmount.value", "shopperInteraction.recommendation.shopperAuthorized",
				"shopperInteraction.recommendation.shopperRisks", "shopperInteraction.cartHint.items[0].quantity"}},
	})
}

func TestGetShopperAuthorization_accepted(t *testing.T) {
	t.Parallel()
	const event = "shopperInteraction.gateAuthenticationEvent."
	docs := map[string]string{
		"all fields":                 authorizationBody,
		"extra fields at all depths": strewn(t, authorizationBody),
		"required fields only":       `{"storeId":"store-1","shopperIdentity":{"id":"instrument-1"}}`,
		"lengths at the limit": edited(t, authorizationBody, edit{"storeId", wide(255)}, edit{"shopperIdentity.id", wide(255)},
			edit{"shopperInteraction.shoppingTripId", long(255)}, edit{event + "id", long(255)}),
		"optional fields null": edited(t, authorizationBody, edit{"authorizedAmount", nil}, edit{"shopperInteraction", nil}),
		"an amount as text":    edited(t, authorizationBody, edit{"authorizedAmount.value", "50.00"}),
		"7a.6 an unknown risk": edited(t, authorizationBody, edit{"shopperInteraction.recommendation.shopperRisks", []any{"NewRisk", "InvalidCard"}}),
		"open lists":           edited(t, authorizationBody, edit{event + "location", "ROOF"}, edit{event + "interactionType", "WAVE"}, edit{event + "timestamp", "noon"}),
	}
	for _, kind := range []string{"CREDIT_CARD", "DEBIT_CARD", "PALM", "SOMETHING_NEW"} {
		docs["7a.7 "+kind] = edited(t, authorizationBody, edit{event + "type", kind})
	}
	admitted(t, jwo.PathGetShopperAuthorization, http.StatusOK, docs)
}

func TestGetShopperAuthorization_reading(t *testing.T) {
	t.Parallel()
	yes := true
	advice := &jwo.Recommendation{ShopperAuthorized: &yes, ShopperRisks: []string{jwo.RiskBadDebt},
		AuthorizationConditions: []jwo.AuthorizationCondition{{Type: jwo.Adjust, Amount: &jwo.AuthorizationMoney{Value: "20", CurrencyCode: "USD"}}}}
	hint := &jwo.CartHint{TotalPrice: &jwo.AuthorizationMoney{Value: "5.25", CurrencyCode: "USD"}, Items: []jwo.HintItem{{ID: "A1", Type: "SKU",
		UnitPrice: &jwo.AuthorizationMoney{Value: "5.25", CurrencyCode: "USD"}, Quantity: &jwo.HintQuantity{Value: "1", Unit: "each"},
		ExternalIdentifiers: []jwo.HintIdentifier{{ID: "036000291452", ExternalIdentifierType: "UPC"}}}}}
	want := &jwo.ShopperAuthorizationRequest{StoreID: storeA, ShopperIdentity: &jwo.Identity{ID: "instrument-1"},
		AuthorizedAmount: &jwo.AuthorizationMoney{Value: "50.00", CurrencyCode: "USD"},
		ShopperInteraction: &jwo.ShopperInteraction{ShoppingTripID: tripA, Recommendation: advice, CartHint: hint,
			GateAuthenticationEvent: &jwo.GateAuthenticationEvent{ID: "gate-1", Timestamp: "2026-03-01T09:30:00Z", Location: "ENTRY",
				Type: "CREDIT_CARD", InteractionType: "TAP", Data: map[string]string{"lane": "3"}}}}
	s := newSite(t, jwo.HandlerConfig{})
	_, x := s.send(t, http.MethodPost, jwo.PathGetShopperAuthorization, authorizationBody)
	if d := cmp.Diff(any(want), s.calls()[0]); d != "" {
		t.Error(d)
	}
	if x.TripID != tripA || x.StoreID != storeA {
		t.Errorf("observed %+v", x)
	}
	if got, err := s.calls()[0].(*jwo.ShopperAuthorizationRequest).AuthorizedAmount.Money(); err != nil || got != money.New(5000, "USD") {
		t.Errorf("authorizedAmount: %v %v", got, err)
	}

	// Advice at top level is the same advice.
	top := map[string]any{}
	if err := json.Unmarshal([]byte(authorizationBody), &top); err != nil {
		t.Fatal(err)
	}
	inner := top["shopperInteraction"].(map[string]any)
	for _, name := range []string{"recommendation", "cartHint"} {
		top[name] = inner[name]
		delete(inner, name)
	}
	moved, _ := json.Marshal(top)
	s.post(t, jwo.PathGetShopperAuthorization, strings.Replace(string(moved), `"value":50}`, `"value":50.00}`, 1))
	if d := cmp.Diff(any(want), s.calls()[1]); d != "" {
		t.Error(d)
	}
}

func TestGetShopperAuthorization_answers(t *testing.T) {
	t.Parallel()
	five := jwo.AuthorizationAmount(money.New(500, "USD"))
	for _, c := range []struct {
		title string
		resp  jwo.ShopperAuthorizationResponse
		omit  bool
		want  string
	}{
		{"7a.1 authorised", jwo.ShopperAuthorizationResponse{ShopperAuthorized: true}, false,
			`{"shopperAuthorized":true,"authorizationConditions":[],"shopperRisks":[]}`},
		{"7a.1 authorised, empty arrays left out", jwo.ShopperAuthorizationResponse{ShopperAuthorized: true}, true, `{"shopperAuthorized":true}`},
		{"7a.2 denied", jwo.ShopperAuthorizationResponse{ShopperRisks: []string{jwo.RiskBadDebt}}, false,
			`{"shopperAuthorized":false,"authorizationConditions":[],"shopperRisks":["BadDebt"]}`},
		{"7a.2 denied, empty arrays left out", jwo.ShopperAuthorizationResponse{ShopperRisks: []string{jwo.RiskBadDebt}}, true,
			`{"shopperAuthorized":false,"shopperRisks":["BadDebt"]}`},
		{"7a.3 conditional", jwo.ShopperAuthorizationResponse{ShopperAuthorized: true, Replayed: true,
			AuthorizationConditions: []jwo.AuthorizationCondition{{Type: jwo.Adjust, Amount: five}}}, false,
			`{"shopperAuthorized":true,"authorizationConditions":[{"type":"ADJUST","amount":{"value":5.00,"currencyCode":"USD"}}],"shopperRisks":[]}`},
	} {
		t.Run(c.title, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, jwo.HandlerConfig{OmitEmptyArrays: c.omit})
			s.answer = func(any) (any, error) { return &c.resp, nil }
			r := s.post(t, jwo.PathGetShopperAuthorization, authorizationBody)
			if r.status != 200 || r.body != c.want || (r.header.Get("Idempotency-Hit") == "true") != c.resp.Replayed {
				t.Errorf("answered %d %s %v", r.status, r.body, r.header)
			}
		})
	}
	t.Run("7a.14 connector configuration missing", func(t *testing.T) {
		t.Parallel()
		s := newSite(t, jwo.HandlerConfig{})
		s.answer = func(any) (any, error) { return nil, &jwo.Refusal{Status: http.StatusNotFound} }
		if r := s.post(t, jwo.PathGetShopperAuthorization, authorizationBody); r.status != 404 || r.problem.RequestID != nil {
			t.Errorf("answered %d %s", r.status, r.body)
		}
	})
	t.Run("an answer the contract forbids is our fault", func(t *testing.T) {
		t.Parallel()
		for _, resp := range []*jwo.ShopperAuthorizationResponse{nil,
			{ShopperAuthorized: false, AuthorizationConditions: []jwo.AuthorizationCondition{{Type: jwo.Adjust, Amount: five}}},
			{ShopperAuthorized: true, AuthorizationConditions: []jwo.AuthorizationCondition{{Type: jwo.Adjust}}},
			{ShopperAuthorized: true, AuthorizationConditions: []jwo.AuthorizationCondition{{Type: jwo.Adjust, Amount: jwo.AuthorizationAmount(money.New(0, "USD"))}}},
		} {
			s := newSite(t, jwo.HandlerConfig{})
			s.answer = func(any) (any, error) { return resp, nil }
			if r := s.post(t, jwo.PathGetShopperAuthorization, authorizationBody); r.status != 500 {
				t.Errorf("%+v was answered %d", resp, r.status)
			}
		}
	})
	t.Run("extra required fields are a setting", func(t *testing.T) {
		t.Parallel()
		s := newSite(t, jwo.HandlerConfig{Limits: jwo.Limits{AuthorizationRequired: []string{"authorizedAmount", "shopperInteraction.shoppingTripId"}}})
		r := s.post(t, jwo.PathGetShopperAuthorization, `{"storeId":"s","shopperIdentity":{"id":"i"}}`)
		if r.status != 400 || !same(r.fields(), []string{"authorizedAmount", "shopperInteraction.shoppingTripId"}) {
			t.Errorf("answered %d %s", r.status, r.body)
		}
	})
}
