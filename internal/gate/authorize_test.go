package gate_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/strollhq/stroll/internal/gate"
	"github.com/strollhq/stroll/jwo"
	"github.com/strollhq/stroll/money"
)

const pathFA = jwo.PathGetShopperAuthorization

// tap is a GetShopperAuthorization body for a card on a trip.
func tap(instrument, trip string) object {
	return object{
		"storeId": store, "shopperIdentity": object{"id": instrument},
		"authorizedAmount": object{"value": 25.00, "currencyCode": "USD"},
		"shopperInteraction": object{
			"shoppingTripId": trip,
			"gateAuthenticationEvent": object{
				"id": uuid.NewString(), "timestamp": string(jwo.At(time.Now())), "location": "ENTRY", "type": "CREDIT_CARD", "interactionType": "TAP",
				"data": object{},
			},
		},
	}
}

const (
	atEvent  = "shopperInteraction.gateAuthenticationEvent."
	atAdvice = "shopperInteraction.recommendation"
)

// advised is tap with Amazon's advice.
func advised(yes bool, risks ...string) object {
	if risks == nil {
		risks = []string{}
	}
	return with(tap("card-1", uuid.NewString()), atAdvice, object{
		"shopperAuthorized": yes, "authorizationConditions": []any{}, "shopperRisks": risks,
	})
}

func condition(value any, currency string) []any {
	return []any{object{"type": "ADJUST", "amount": object{"value": value, "currencyCode": currency}}}
}

func (h *house) authorize(body any) answer {
	h.t.Helper()
	return h.post(pathFA, body)
}

// answers checks the whole body of an authorization.
func (h *house) answers(a answer, yes bool, adjust, risks string) {
	h.t.Helper()
	want := `{"shopperAuthorized":` + map[bool]string{true: "true", false: "false"}[yes] + `,"authorizationConditions":[`
	if adjust != "" {
		want += `{"type":"ADJUST","amount":{"value":` + adjust + `,"currencyCode":"USD"}}`
	}
	want += `],"shopperRisks":[` + risks + `]}`
	if a.Status != http.StatusOK || a.Raw != want {
		h.t.Errorf("answered %d %s\nwant %s", a.Status, a.Raw, want)
	}
}

func strategy(name string) func(*gate.Settings) {
	return func(s *gate.Settings) { s.Strategy = name }
}

// TestGetShopperAuthorization has the cases of the contract, entry 11.4, by
// their numbers.
func TestGetShopperAuthorization(t *testing.T) {
	t.Parallel()
	const fraud, debt = `"CustomerFraud"`, `"BadDebt"`
	for _, name := range []string{"amazon_recommendation", "retailer_managed", "customer_managed"} {
		t.Run("7a.1_authorised_low_risk/"+name, onSQLite(strategy(name), func(t *testing.T, h *house) {
			h.answers(h.authorize(advised(true)), true, "", "")
			h.answers(h.authorize(tap("card-2", "trip-2")), true, "", "")
		}))
		t.Run("7a.2_denied_high_risk/own_ledger_and_flags/"+name, onSQLite(strategy(name), func(t *testing.T, h *house) {
			h.change(func(s *gate.Settings) {
				s.Flag.Instruments, s.Block.Instruments = []string{"flagged"}, []string{"blocked"}
			})
			h.ledger.charge("indebted", 1)
			h.answers(h.authorize(tap("flagged", "t1")), false, "", fraud)
			h.answers(h.authorize(tap("blocked", "t2")), false, "", fraud)
			h.answers(h.authorize(tap("indebted", "t3")), false, "", debt)
			if got := h.last(); got.Reason != gate.Debt || got.Outcome != gate.Refused || got.Instrument != "indebted" || got.TripID != "t3" {
				t.Errorf("recorded %+v", got)
			}
			if _, linked := h.ledger.link("t3"); linked {
				t.Error("a refused card is linked with the trip")
			}
		}))
		t.Run("7a.11_outstanding_balance/"+name, onSQLite(strategy(name), func(t *testing.T, h *house) {
			h.ledger.charge("card-1", 1299)
			h.answers(h.authorize(advised(false, "BadDebt")), false, "", debt)
			h.answers(h.authorize(advised(true)), false, "", debt)
			h.ledger.payOff("card-1")
			h.answers(h.authorize(advised(false, "BadDebt")), true, "", "") // Amazon does not know yet
		}))
	}
	advice := strategy("amazon_recommendation")
	t.Run("7a.2_denied_high_risk/advice", onSQLite(advice, func(t *testing.T, h *house) {
		h.answers(h.authorize(advised(false, "CustomerFraud")), false, "", fraud)
		h.answers(h.authorize(advised(true, "BadDebt")), false, "", debt)
	}))
	t.Run("7a.3_reduced_pre_auth", onSQLite(advice, func(t *testing.T, h *house) {
		body := with(advised(true), atAdvice+".authorizationConditions", condition(json.RawMessage("7.5"), "USD"))
		body = with(body, "shopperInteraction.shoppingTripId", "reduced")
		h.answers(h.authorize(body), true, "7.5", "") // digit for digit
		if k, _ := h.ledger.link("reduced"); k.Hold != money.New(750, "USD") {
			t.Errorf("linked with a hold of %s", k.Hold)
		}
		h.change(func(s *gate.Settings) { s.FA.ReducedPreAuth.Amount = money.MustDecimal("10") })
		h.answers(h.authorize(advised(true)), true, "10.00", "")
		if got := h.last(); got.Reason != gate.Reduced {
			t.Errorf("recorded %s", got.Reason)
		}
	}))
	t.Run("7a.4_invalid_card", onSQLite(advice, func(t *testing.T, h *house) {
		h.answers(h.authorize(advised(false, "InvalidCard")), false, "", `"InvalidCard"`)
	}))
	t.Run("7a.5_expired_card", onSQLite(advice, func(t *testing.T, h *house) {
		h.answers(h.authorize(advised(false, "ExpiredCard")), false, "", `"ExpiredCard"`)
	}))
	t.Run("7a.6_every_risk_value", onSQLite(advice, risks))
	t.Run("7a.7_every_authentication_event_type", onSQLite(advice, func(t *testing.T, h *house) {
		for _, kind := range []string{"CREDIT_CARD", "DEBIT_CARD", "MOBILE_WALLET", "PALM", "", "SOMETHING_NEW"} {
			body := with(with(advised(true), atEvent+"type", kind), atEvent+"interactionType", "WAVE")
			h.answers(h.authorize(with(body, atEvent+"location", "ROOF")), true, "", "")
		}
		if n := h.metric(`stroll_gate_unknown_values_total{field="type"}`); n != "4" {
			t.Errorf("%s unknown types counted, want 4", n)
		}
	}))
	override := func(o gate.Override) func(*gate.Settings) {
		return func(s *gate.Settings) { advice(s); s.FA.Overrides = []gate.Override{o} }
	}
	t.Run("7a.8_override_accept", onSQLite(override(gate.Override{Act: "accept", Risk: "InvalidCard", By: "olga"}), func(t *testing.T, h *house) {
		h.answers(h.authorize(advised(false, "InvalidCard")), true, "", "")
		h.answers(h.authorize(advised(false, "ExpiredCard")), false, "", `"ExpiredCard"`) // another risk
		h.ledger.charge("card-1", 5)                                                      // own debt beats an override
		h.answers(h.authorize(advised(false, "InvalidCard")), false, "", debt)
	}))
	t.Run("7a.9_override_deny", onSQLite(override(gate.Override{Act: "deny", Instrument: "card-1"}), func(t *testing.T, h *house) {
		h.answers(h.authorize(advised(true)), false, "", "")
		h.answers(h.authorize(tap("card-2", "trip")), true, "", "")
	}))
	t.Run("7a.10_override_adjust", onSQLite(override(gate.Override{Act: "adjust", Amount: money.MustDecimal("12.5")}), func(t *testing.T, h *house) {
		body := with(advised(false, "InvalidCard"), atAdvice+".authorizationConditions", condition(5, "USD"))
		h.answers(h.authorize(body), true, "12.50", "")
		if got := h.last(); got.Reason != gate.OverrideAdjust {
			t.Errorf("recorded %s", got.Reason)
		}
	}))
	t.Run("7a.12_missing_required_fields", onSQLite(func(s *gate.Settings) {
		s.FA.RequiredFields = []string{"authorizedAmount", "shopperInteraction.shoppingTripId"}
	}, func(t *testing.T, h *house) {
		good := tap("card-1", "trip-1")
		h.answers(h.authorize(good), true, "", "")
		for _, field := range []string{"storeId", "shopperIdentity", "shopperIdentity.id", "authorizedAmount", "shopperInteraction.shoppingTripId"} {
			if a := h.authorize(with(good, field, nil)); a.Status != http.StatusBadRequest || !strings.Contains(a.Raw, `"`+field+`"`) {
				t.Errorf("without %s: %d %s", field, a.Status, a.Raw)
			}
		}
		if a := h.authorize(""); a.Status != http.StatusBadRequest {
			t.Errorf("an empty body: %d", a.Status)
		}
	}))
	t.Run("7a.13_invalid_store", onSQLite(nil, func(t *testing.T, h *house) {
		for _, id := range []string{"another-store", strings.Repeat("s", 256)} {
			if a := h.authorize(with(tap("card-1", "trip-1"), "storeId", id)); a.Status != http.StatusBadRequest {
				t.Errorf("store %.20s: %d", id, a.Status)
			}
		}
	}))
	for _, name := range []string{"amazon_managed", "none"} {
		t.Run("7a.14_connector_configuration_missing/"+name, onSQLite(strategy(name), func(t *testing.T, h *house) {
			if a := h.authorize(tap("card-1", "trip-1")); a.Status != http.StatusNotFound || a.Body["code"] == "" {
				t.Errorf("answered %d %s", a.Status, a.Raw)
			}
		}))
	}
	t.Run("7a.15_server_error_then_retry", eachGate(func(s *gate.Settings) { s.FA.Fallback = "error" }, func(t *testing.T, h *house) {
		body := tap("card-1", "trip-1")
		h.ledger.fail(errLedger)
		if a := h.authorize(body); a.Status != http.StatusServiceUnavailable {
			t.Errorf("answered %d %s", a.Status, a.Raw)
		}
		h.ledger.fail(nil)
		h.answers(h.authorize(body), true, "", "")
		h.ledger.charge("card-1", 1)
		a := h.authorize(body) // one decision, whatever changed since
		h.answers(a, true, "", "")
		if a.Header.Get("Idempotency-Hit") != "true" {
			t.Error("the repeat is not marked")
		}
		list, err := h.gate.Decisions(t.Context(), gate.Filter{Outcome: gate.Accepted})
		if err != nil || len(list) != 1 {
			t.Errorf("%d decisions recorded, %v", len(list), err)
		}
	}))
	t.Run("7a.16_fraud_system_unavailable", onSQLite(nil, fallbacks))
}
