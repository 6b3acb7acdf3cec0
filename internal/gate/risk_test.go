package gate_test

import (
	"testing"

	"github.com/strollhq/stroll/internal/gate"
)

// TestRiskLabel: Amazon's open list of risks does not grow the labels.
func TestRiskLabel(t *testing.T) {
	onSQLite(strategy("amazon_recommendation"), func(t *testing.T, h *house) {
		for _, c := range []struct {
			risks                   []string
			label, decision, reason string
		}{
			{[]string{"CustomerFraud"}, "CustomerFraud", gate.Refused, gate.Risk},
			{[]string{"SolarFlare"}, "other", gate.Refused, gate.Advised},
			{nil, "none", gate.Accepted, gate.Advised},
		} {
			h.authorize(advised(c.risks == nil, c.risks...))
			if n := h.metric(`stroll_gate_authorizations_total{decision="` + c.decision + `",reason="` + c.reason + `",risk="` + c.label +
				`",store="store-1",strategy="amazon_recommendation"}`); n != "1" {
				t.Errorf("%v as %s: %q", c.risks, c.label, n)
			}
		}
	})(t)
}
