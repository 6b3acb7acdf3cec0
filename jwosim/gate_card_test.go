package jwosim_test

import (
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/strollhq/stroll/jwosim"
)

func TestCardGate(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for _, c := range []struct{ store, card, gate, reason string }{
		{"store-1", "approve", "", ""},
		{"store-1", "expired", "reader", "card_expired"},
		{"store-1", "invalid_card", "reader", "card_invalid"},
		{"store-1", "nobody's", "reader", "card_unknown"},
		{"store-1", "preauth_declined", "preauth", "preauth_declined"},
		{"store-1", "fraud_risk", "", ""}, // retailer_managed: Amazon's view does not count
		{"amazon", "approve", "", ""},
		{"amazon", "fraud_risk", "amazon", "risk"},
		{"amazon", "risk_bad_debt", "amazon", "bad_debt"},
		{"alone", "fraud_risk", "", ""},
	} {
		before := len(w.con.got(authorizePath))
		_, err := w.sim.EnterByCard(t.Context(), c.store, c.card)
		asked := len(w.con.got(authorizePath)) - before
		if want := map[bool]int{true: 1}[c.store == "store-1" && c.gate == ""]; asked != want {
			t.Errorf("%s at %s: connector asked %d times, want %d", c.card, c.store, asked, want)
		}
		if c.gate == "" {
			if err != nil {
				t.Errorf("%s at %s: %v", c.card, c.store, err)
			}
			continue
		}
		if r := refusal(t, err); r.Gate != c.gate || r.Reason != c.reason {
			t.Errorf("%s at %s: %+v", c.card, c.store, r)
		}
	}
	want := map[string]int{"card_expired": 1, "card_invalid": 1, "card_unknown": 1, "preauth_declined": 1, "risk": 1, "bad_debt": 1}
	if diff := cmp.Diff(want, w.sim.Refusals()); diff != "" {
		t.Error(diff)
	}
	if err := w.sim.Verify(); err != nil {
		t.Error(err)
	}
}

func held(s *jwosim.Sim, id string) int64 {
	for _, c := range s.Cards() {
		if c.ID == id {
			return c.Held
		}
	}
	return -1
}

func TestCardGate_answers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *jwosim.Config) { c.Settings.GateTries = 2 })
	const yes = `{"shopperAuthorized":true,"authorizationConditions":[`
	for _, c := range []struct {
		name, answer string
		status       int
		store        string
		held         int64
		reason       string
	}{
		{"plain", yes + `]}`, 200, "store-1", 2500, ""},
		{"adjust", yes + `{"type":"ADJUST","amount":{"value":10.00,"currencyCode":"USD"}}]}`, 200, "store-1", 1000, ""},
		{"adjust_upwards_is_ignored", yes + `{"type":"ADJUST","amount":{"value":99,"currencyCode":"USD"}}]}`, 200, "store-1", 2500, ""},
		{"adjust_to_nothing_is_ignored", yes + `{"type":"ADJUST","amount":{"value":0,"currencyCode":"USD"}}]}`, 200, "store-1", 2500, ""},
		{"adjust_in_another_currency_is_ignored", yes + `{"type":"ADJUST","amount":{"value":10,"currencyCode":"EUR"}}]}`, 200, "store-1", 2500, ""},
		{"unknown_condition", yes + `{"type":"SMILE"}],"new":1}`, 200, "store-1", 2500, ""},
		{"denied", `{"shopperAuthorized":false,"shopperRisks":["BadDebt"]}`, 200, "store-1", 0, "denied"},
		{"bad_request", `{}`, 400, "store-1", 0, "bad_request"},
		{"not_configured", `{}`, 404, "store-1", 0, "not_configured"},
		{"failed_closed", ``, 503, "store-1", 0, "connector_failed"},
		{"failed_open", ``, 503, "advice", 2500, ""},
		{"unreadable", `{}`, 200, "store-1", 0, "connector_failed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w.con.on(authorizePath, say(c.status, c.answer))
			_, err := w.sim.EnterByCard(t.Context(), c.store, "approve#"+c.name)
			if c.reason != "" {
				r := refusal(t, err)
				if r.Reason != c.reason || r.Gate != "authorization" {
					t.Errorf("%+v", r)
				}
				if c.name == "denied" && !cmp.Equal(r.Risks, []string{"BadDebt"}) {
					t.Errorf("risks %v", r.Risks)
				}
			} else if err != nil {
				t.Error(err)
			}
			if got := held(w.sim, "approve#"+c.name); got != c.held {
				t.Errorf("held %d, want %d", got, c.held)
			}
		})
	}
	if err := w.sim.Verify(); err != nil {
		t.Error(err)
	}
}

func TestCardGate_recommendation(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for _, c := range []struct {
		card string
		want map[string]any
	}{
		{"approve", map[string]any{"shopperAuthorized": true, "authorizationConditions": []any{}, "shopperRisks": []any{}}},
		{"fraud_risk", map[string]any{"shopperAuthorized": false, "authorizationConditions": []any{}, "shopperRisks": []any{"CustomerFraud"}}},
		{"risk_expired_card", map[string]any{"shopperAuthorized": false, "authorizationConditions": []any{}, "shopperRisks": []any{"ExpiredCard"}}},
		{"recommend_adjust_40", map[string]any{"shopperAuthorized": true, "shopperRisks": []any{},
			"authorizationConditions": []any{map[string]any{"type": "ADJUST", "amount": map[string]any{"value": 10.0, "currencyCode": "USD"}}}}},
	} {
		before := len(w.con.got(authorizePath))
		if _, err := w.sim.EnterByCard(t.Context(), "advice", c.card); err != nil {
			t.Fatal(err)
		}
		got := w.con.got(authorizePath)[before]["shopperInteraction"].(map[string]any)["recommendation"]
		if diff := cmp.Diff(any(c.want), got); diff != "" {
			t.Errorf("%s: %s", c.card, diff)
		}
	}
	if _, err := w.sim.EnterByCard(t.Context(), "store-1", "fraud_risk"); err != nil {
		t.Fatal(err)
	}
	calls := w.con.got(authorizePath)
	if _, there := calls[len(calls)-1]["shopperInteraction"].(map[string]any)["recommendation"]; there {
		t.Error("retailer_managed was given advice")
	}
}

// A reported debt keeps the card out of stores that leave the balance to
// Amazon, is advice where the retailer shares in it, and ends with the payoff.
func TestDebt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	report := func(trip *jwosim.Trip, settled string) {
		t.Helper()
		w.expect(reportPath, `{"storeId":"`+trip.StoreID()+`","shoppingTripId":"`+trip.ID()+`","totalAmount":{"amount":30,"code":"USD"},"settledAmount":{"amount":`+settled+`,"code":"USD"}}`,
			200, `{"status":"Accepted"}`)
	}
	advised := func(card string) bool {
		if _, err := w.sim.EnterByCard(t.Context(), "advice", card); err != nil {
			t.Fatal(err)
		}
		calls := w.con.got(authorizePath)
		rec := calls[len(calls)-1]["shopperInteraction"].(map[string]any)["recommendation"].(map[string]any)
		return cmp.Equal(rec["shopperRisks"], []any{"BadDebt"})
	}
	trip := w.shop("amazon", "approve#debtor")
	if advised("approve#debtor") {
		t.Error("advised of a debt before there is one")
	}
	report(trip, "10")
	_, err := w.sim.EnterByCard(t.Context(), "amazon", "approve#debtor")
	if r := refusal(t, err); r.Gate != "amazon" || r.Reason != "bad_debt" {
		t.Errorf("%+v", r)
	}
	if !advised("approve#debtor") {
		t.Error("not advised of the debt")
	}
	if _, err := w.sim.EnterByCard(t.Context(), "store-1", "approve#debtor"); err != nil {
		t.Error(err) // the retailer keeps the balance itself
	}
	if _, err := w.sim.EnterByCard(t.Context(), "amazon", "approve#other"); err != nil {
		t.Error(err) // another card is another balance
	}
	report(trip, "30")
	if _, err := w.sim.EnterByCard(t.Context(), "amazon", "approve#debtor"); err != nil {
		t.Error(err)
	}
	own := w.shop("store-1", "approve#own")
	report(own, "0")
	if _, err := w.sim.EnterByCard(t.Context(), "amazon", "approve#own"); err != nil {
		t.Error(err) // reports of a retailer_managed store block nothing
	}
}

func TestGroup(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	trip, err := w.sim.EnterByCode(t.Context(), "store-1", "CODE")
	if err != nil {
		t.Fatal(err)
	}
	if err := trip.Join(t.Context(), "CODE"); err != nil {
		t.Fatal(err)
	}
	w.con.on(identityPath, say(401, ``))
	if r := refusal(t, trip.Join(t.Context(), "CODE")); r.Reason != "shopper_refused" {
		t.Errorf("%+v", r)
	}
	calls := w.con.got(identityPath)
	ids := map[any]bool{}
	for _, c := range calls {
		ids[c["authEvent"].(map[string]any)["id"]] = true
	}
	if len(ids) != 3 || trip.State().People != 2 {
		t.Errorf("%d events, %d people", len(ids), trip.State().People)
	}
	tapped, err := w.sim.EnterByCard(t.Context(), "store-1", "approve")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.sim.Join(t.Context(), tapped, jwosim.Entry{Card: "approve"}); err != nil {
		t.Error(err)
	}
	if err := w.sim.Join(t.Context(), tapped, jwosim.Entry{Card: "approve#other"}); err == nil {
		t.Error("joined with another payer's card")
	}
	if got := held(w.sim, "approve"); got != 2500 {
		t.Errorf("held %d: a group has one hold", got)
	}
	if err := w.sim.WalkOut(t.Context(), tapped); err != nil {
		t.Fatal(err)
	}
	if err := w.sim.Join(t.Context(), tapped, jwosim.Entry{Card: "approve"}); err == nil {
		t.Error("joined a trip that is over")
	}
	events := w.con.got(purchasesPath)[0]["shoppingTrip"].(map[string]any)["authEvents"].([]any)
	if len(events) != 2 {
		t.Errorf("%d events in the cart", len(events))
	}
}

// Two answers to one event are a finding, also when one was lost.
func TestGate_answer_changed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	var n atomic.Int32
	w.con.on(identityPath, func(rw http.ResponseWriter, r *http.Request) {
		say(200, `{"visitorDetails":{"id":"v-`+string('0'+n.Add(1))+`","type":"SHOPPER"}}`)(rw, r)
	})
	if err := w.sim.ForceNext("VerifyIdentityKeys", "lost"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.sim.EnterByCode(t.Context(), "store-1", "CODE"); err != nil {
		t.Fatal(err)
	}
	if f := w.sim.Findings(); len(f) != 1 || f[0].Kind != jwosim.GateAnswerChanged {
		t.Errorf("findings %+v", f)
	}
}
