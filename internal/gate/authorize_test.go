package gate_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/gate"
	"github.com/strollhq/stroll/internal/pay"
	"github.com/strollhq/stroll/internal/testkit"
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

func risks(t *testing.T, h *house) {
	h.change(func(s *gate.Settings) { s.FA.Risks = map[string]string{"Harmless": "allow", "Wait": "follow"} })
	for _, x := range []struct {
		advice bool
		risks  []string
		want   bool
	}{
		{true, []string{"InvalidCard"}, false},
		{true, []string{"CustomerFraud"}, false},
		{true, []string{"BadDebt"}, false},
		{true, []string{"ExpiredCard"}, false},
		{true, []string{"Unheard"}, true},
		{false, []string{"Unheard"}, false},
		{false, []string{"Harmless"}, true},
		{false, []string{"Harmless", "Wait"}, false},
		{true, []string{"Harmless", "Wait"}, true},
		{false, nil, false},
		{true, nil, true},
	} {
		a := h.authorize(advised(x.advice, x.risks...))
		if a.Status != 200 || a.Body["shopperAuthorized"] != x.want {
			t.Errorf("advice %v with risks %v: %d %s, want %v", x.advice, x.risks, a.Status, a.Raw, x.want)
		}
	}
	h.change(func(s *gate.Settings) { s.FA.Risks = map[string]string{"*": "deny"} })
	h.answers(h.authorize(advised(true, "Unheard")), false, "", `"Unheard"`)
}

func fallbacks(t *testing.T, h *house) {
	h.ledger.fail(errLedger)
	none := with(advised(true), atAdvice, nil)
	for _, x := range []struct {
		strategy, fallback string
		body               object
		status             int
		yes                bool
	}{
		{"amazon_recommendation", "", advised(true), 200, true},
		{"amazon_recommendation", "", advised(false, "InvalidCard"), 200, false},
		{"amazon_recommendation", "", none, 200, false},
		{"retailer_managed", "", advised(true), 200, false}, // advice does not count there
		{"amazon_recommendation", "allow", advised(false), 200, true},
		{"retailer_managed", "allow", none, 200, true},
		{"amazon_recommendation", "deny", advised(true), 200, false},
		{"amazon_recommendation", "error", advised(true), 503, false},
	} {
		h.change(func(s *gate.Settings) { s.Strategy, s.FA.Fallback = x.strategy, x.fallback })
		a := h.authorize(x.body)
		if a.Status != x.status || a.Status == 200 && a.Body["shopperAuthorized"] != x.yes {
			t.Errorf("%s with fallback %q: %d %s", x.strategy, x.fallback, a.Status, a.Raw)
		}
		for _, d := range h.decisions() {
			if d.Recorded {
				t.Errorf("the fallback's answer is recorded: %+v", d)
			}
		}
	}
	if n := h.metric(`stroll_gate_fallbacks_total{decision="accepted",setting="allow",store="store-1"}`); n != "2" {
		t.Errorf("%s fallbacks counted, want 2", n)
	}
	// What is known without the ledger still counts.
	h.change(func(s *gate.Settings) { s.FA.Fallback, s.Flag.Instruments = "allow", []string{"card-1"} })
	h.answers(h.authorize(advised(true)), false, "", `"CustomerFraud"`)
}

func TestAuthorizationRepeated(t *testing.T) {
	t.Parallel()
	testkit.EachDSN(t, func(t *testing.T, dsn string) {
		one, two := open(t, testkit.Open(t, dsn), nil), open(t, testkit.Open(t, dsn), nil)
		gates := []*house{one, two}
		body := tap("card-1", "trip-1")
		for _, a := range together(t, 60, func(i int) answer { return gates[i%2].authorize(body) }) {
			one.answers(a, true, "", "")
		}
		if n := len(one.decisions()); n != 1 {
			t.Errorf("%d decisions, want 1", n)
		}
		if a := one.authorize(with(body, "shopperIdentity.id", "card-2")); a.Status != http.StatusBadRequest {
			t.Errorf("another card on the same event: %d %s", a.Status, a.Raw)
		}
		// Without an event the trip is the key, for each card of its own.
		one.ledger.charge("card-3", 1)
		for _, card := range []string{"card-2", "card-3"} {
			body := with(tap(card, "trip-2"), "shopperInteraction.gateAuthenticationEvent", nil)
			first := one.authorize(body)
			one.ledger.payOff("card-3")
			one.ledger.charge("card-2", 1)
			if again := one.authorize(body); again.Raw != first.Raw || again.Header.Get("Idempotency-Hit") == "" {
				t.Errorf("%s is answered %s and then %s", card, first.Raw, again.Raw)
			}
			one.ledger.charge("card-3", 1)
		}
	})
}

func TestLink(t *testing.T) {
	t.Parallel()
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		h := open(t, d, func(s *gate.Settings) { s.FA.VisitorData = "visitor" })
		at := time.Now().UTC().Truncate(time.Second).Add(-time.Minute)
		body := with(with(tap("card-1", "trip-1"), atEvent+"timestamp", string(jwo.At(at))), atEvent+"data", object{"visitor": "ada"})
		h.answers(h.authorize(body), true, "", "")
		got, _ := h.ledger.link("trip-1")
		want := pay.Link{TripID: "trip-1", StoreID: store, Visitor: "ada", Instrument: "card-1", Hold: money.New(2500, "USD"), At: at}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("linked (-want +got):\n%s", diff)
		}
		// A link that cannot be kept is no admission: the fallback decides.
		h.ledger.mu.Lock()
		h.ledger.linking = errLedger
		h.ledger.mu.Unlock()
		h.answers(h.authorize(tap("card-1", "trip-2")), false, "", "")
		// What the visitor owes keeps the card out.
		h.ledger.charge("ada", 7)
		h.answers(h.authorize(with(body, atEvent+"id", uuid.NewString())), false, "", `"BadDebt"`)
	})
}

func TestAdviceAtTopLevel(t *testing.T) {
	t.Parallel()
	h := open(t, testkit.SQLite(t), strategy("amazon_recommendation"))
	body := with(tap("card-1", "trip-1"), "recommendation", object{"shopperAuthorized": false, "shopperRisks": []string{}})
	body = with(body, "cartHint", object{"totalPrice": object{"value": 1, "currencyCode": "USD"}, "items": []any{object{"future": 1}}})
	h.answers(h.authorize(body), false, "", "")
	if a := h.authorize(object{"storeId": store, "shopperIdentity": object{"id": "card-1"}}); a.Status != 200 {
		t.Errorf("the smallest request: %d %s", a.Status, a.Raw)
	}
	if n := h.metric(`stroll_gate_unknown_values_total{field="recommendation missing"}`); n != "1" {
		t.Errorf("%s missing recommendations counted, want 1", n)
	}
}
