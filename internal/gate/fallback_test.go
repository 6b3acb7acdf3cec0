package gate_test

import (
	"testing"

	"github.com/strollhq/stroll/internal/gate"
)

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
