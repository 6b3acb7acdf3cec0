package gate_test

import (
	"encoding/json"
	"testing"

	"github.com/google/uuid"

	"github.com/strollhq/stroll/internal/gate"
	"github.com/strollhq/stroll/internal/testkit"
	"github.com/strollhq/stroll/money"
)

// TestAdjustCondition holds the condition to the contract, entry 7.3.
func TestAdjustCondition(t *testing.T) {
	t.Parallel()
	h := open(t, testkit.SQLite(t), nil)
	number := func(s string) json.RawMessage { return json.RawMessage(s) }
	for _, x := range []struct {
		title      string
		own        string // the store's reduced amount
		authorized any    // amount, nil = not told
		currency   string
		advice     any // recommended amount, nil = none
		in         string
		want       string // value on the wire, "" = no condition
		hold       string // linked
	}{
		{"own amount", "10", number("25"), "USD", nil, "", "10.00", "10.00 USD"},
		{"own amount in yen", "1000", number("2500"), "JPY", nil, "", "1000", "1000 JPY"},
		{"own amount with more decimals than the currency", "10.5", number("2500"), "JPY", nil, "", "", "2500 JPY"},
		{"own amount equal to the authorized one", "25.00", number("25"), "USD", nil, "", "", "25.00 USD"},
		{"own amount above it", "26", number("25"), "USD", nil, "", "", "25.00 USD"},
		{"own amount without an authorized one", "10", nil, "", nil, "", "", "0.00"},
		{"recommended amount passes unchanged", "", number("25"), "USD", number("7.5"), "USD", "7.5", "7.50 USD"},
		{"recommended as a string", "", number("25"), "USD", "7.250", "USD", "7.250", "7.25 USD"},
		{"recommended amount above the authorized one", "", number("25"), "USD", number("30"), "USD", "30", "25.00 USD"},
		{"recommended amount without an authorized one", "", nil, "", number("8"), "USD", "8", "8.00 USD"},
		{"recommended zero is ignored", "", number("25"), "USD", number("0"), "USD", "", "25.00 USD"},
		{"recommended negative is ignored", "", number("25"), "USD", number("-3"), "USD", "", "25.00 USD"},
		{"recommended in another currency", "", number("25"), "USD", number("5"), "EUR", "", "25.00 USD"},
		{"recommended before own", "10", number("25"), "USD", number("12"), "USD", "12", "12.00 USD"},
		{"recommended zero leaves own", "10", number("25"), "USD", number("0"), "USD", "10.00", "10.00 USD"},
		{"no number at all", "10", number(`0.001`), "USD", nil, "", "", "0.00"},
	} {
		t.Run(x.title, func(t *testing.T) {
			h.change(func(s *gate.Settings) {
				s.Strategy, s.FA.ReducedPreAuth.Amount = "amazon_recommendation", money.Decimal{}
				if x.own != "" {
					s.FA.ReducedPreAuth.Amount = money.MustDecimal(x.own)
				}
			})
			trip := uuid.NewString()
			body := with(advised(true), "shopperInteraction.shoppingTripId", trip)
			body = with(body, "authorizedAmount", nil)
			if x.authorized != nil {
				body = with(body, "authorizedAmount", object{"value": x.authorized, "currencyCode": x.currency})
			}
			if x.advice != nil {
				body = with(body, atAdvice+".authorizationConditions", condition(x.advice, x.in))
			}
			a := h.authorize(body)
			currency := x.currency
			if currency == "" {
				currency = x.in
			}
			want := `{"shopperAuthorized":true,"authorizationConditions":[],"shopperRisks":[]}`
			if x.want != "" {
				want = `{"shopperAuthorized":true,"authorizationConditions":[{"type":"ADJUST","amount":{"value":` + x.want +
					`,"currencyCode":"` + currency + `"}}],"shopperRisks":[]}`
			}
			if a.Status != 200 || a.Raw != want {
				t.Errorf("answered %d %s\nwant %s", a.Status, a.Raw, want)
			}
			if k, _ := h.ledger.link(trip); k.Hold.String() != x.hold {
				t.Errorf("linked with a hold of %s, want %s", k.Hold, x.hold)
			}
		})
	}
	t.Run("never with a denial", func(t *testing.T) {
		body := with(advised(false), atAdvice+".authorizationConditions", condition(5, "USD"))
		h.answers(h.authorize(body), false, "", "")
	})
	t.Run("one condition at most", func(t *testing.T) {
		h.change(func(s *gate.Settings) { s.FA.ReducedPreAuth.Amount = money.Decimal{} })
		several := append(append([]any{object{"type": "DANCE"}}, condition(0, "USD")...), condition(4, "USD")...)
		several = append(several, condition(3, "USD")...)
		h.answers(h.authorize(with(advised(true), atAdvice+".authorizationConditions", several)), true, "4", "")
	})
}
