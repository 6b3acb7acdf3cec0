package gate_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/gate"
	"github.com/strollhq/stroll/internal/testkit"
	"github.com/strollhq/stroll/jwo"
	"github.com/strollhq/stroll/money"
)

func withRules(rules ...gate.Rule) func(*gate.Settings) {
	return func(s *gate.Settings) { s.Rules = rules }
}

func TestRules(t *testing.T) {
	t.Parallel()
	night := gate.Rule{Name: "night", When: `hour >= 22 or hour < 6`, Then: gate.Deny, Reason: "night"}
	t.Run("deny by hour of the event in the store's zone", onSQLite(func(s *gate.Settings) {
		s.TimeZone = "America/Chicago"
		withRules(night)(s)
	}, func(t *testing.T, h *house) {
		h.change(keys)
		zone, err := time.LoadLocation("America/Chicago")
		if err != nil {
			t.Fatal(err)
		}
		h.admitted(h.verify(scan("cash#12", time.Date(2026, 3, 1, 12, 0, 0, 0, zone))), "cash-12", "CASH_SHOPPER")
		h.refused(h.verify(scan("cash#12", time.Date(2026, 3, 1, 23, 0, 0, 0, zone))), "night")
		if got := h.last(); got.Rule != "night" || got.Policy == "" {
			t.Errorf("recorded %+v", got)
		}
		h.change(func(s *gate.Settings) { s.Allow.Shoppers = []string{"cash-12"} })
		h.admitted(h.verify(scan("cash#12", time.Date(2026, 3, 1, 23, 0, 0, 0, zone))), "cash-12", "CASH_SHOPPER")
		if got := h.last(); got.Reason != gate.AllowListed {
			t.Errorf("recorded %s", got.Reason)
		}
	}))
	t.Run("every fact", onSQLite(func(s *gate.Settings) {
		s.Strategy, s.DebtThreshold = "amazon_recommendation", money.MustDecimal("5")
		withRules(gate.Rule{Name: "all", Then: gate.Deny, Risk: "Odd", When: `store == "store-1" and entry == "FINANCIAL" and location == "ENTRY" and
			hour == 12 and minute == 30 and weekday == "sunday" and visitor == "" and visits_hour == 0 and visits_day == 0 and debt_minor == 499 and
			debts == 1 and amount_minor == 2500 and currency == "USD" and "Odd" in risks and recommended == "yes" and
			event_type == "CREDIT_CARD" and interaction_type == "TAP"`})(s)
	}, func(t *testing.T, h *house) {
		h.ledger.charge("card-1", 499)
		body := with(advised(true, "Odd", "Odder"), atEvent+"timestamp", "2026-03-01T12:30:00Z")
		h.answers(h.authorize(body), false, "", `"Odd"`)
		h.answers(h.authorize(with(advised(true), atEvent+"timestamp", "2026-03-01T12:31:00Z")), true, "", "")
	}))
	t.Run("allow passes Amazon's advice, not debt", onSQLite(func(s *gate.Settings) {
		s.Strategy = "amazon_recommendation"
		withRules(gate.Rule{Name: "trust", When: `amount_minor <= 2500`, Then: gate.Allow, Reason: "small"})(s)
	}, func(t *testing.T, h *house) {
		h.answers(h.authorize(advised(false, "InvalidCard")), true, "", "")
		h.ledger.charge("card-1", 1)
		h.answers(h.authorize(advised(true)), false, "", `"BadDebt"`)
	}))
	t.Run("adjust concerns cards", onSQLite(withRules(
		gate.Rule{Name: "less", When: `true`, Then: gate.Adjust, Amount: money.MustDecimal("3")},
		gate.Rule{Name: "staff", When: `visitor == "ASSOCIATE"`, Then: gate.Deny},
	), func(t *testing.T, h *house) {
		h.change(keys)
		h.answers(h.authorize(tap("card-1", "trip-1")), true, "3.00", "")
		h.refused(h.verify(scan("staff:0007/nadia", time.Now())), gate.Ruled)
	}))
	t.Run("the first live one counts, shadows are noted", onSQLite(withRules(
		gate.Rule{Name: "s1", When: `true`, Then: gate.Deny, Reason: "first_shadow", Mode: gate.Shadow},
		gate.Rule{Name: "no", When: `false`, Then: gate.Deny, Mode: gate.Shadow},
		gate.Rule{Name: "live", When: `true`, Then: gate.Allow, Reason: "live_reason"},
		gate.Rule{Name: "s2", When: `true`, Then: gate.Deny, Mode: gate.Shadow},
	), func(t *testing.T, h *house) {
		h.change(keys)
		h.admitted(h.verify(scan("cash#12", time.Now())), "cash-12", "CASH_SHOPPER")
		got := h.last()
		if diff := cmp.Diff([]gate.ShadowRule{{Rule: "s1", Then: "deny", Reason: "first_shadow"}}, got.Shadow); diff != "" || got.Reason != "live_reason" {
			t.Errorf("reason %s, shadow (-want +got):\n%s", got.Reason, diff)
		}
		if n := h.metric(`stroll_gate_rules_total{mode="shadow",rule="s1",store="store-1",then="deny"}`); n != "1" {
			t.Errorf("shadow rule counted %q times", n)
		}
	}))
	// A condition may be sound and yet fail on what it meets.
	broken := gate.Rule{Name: "broken", When: `1 % debts == 0`, Then: gate.Deny}
	t.Run("a rule that fails is skipped and counted", onSQLite(withRules(broken, night), func(t *testing.T, h *house) {
		h.change(keys)
		noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		h.admitted(h.verify(scan("cash#12", noon)), "cash-12", "CASH_SHOPPER")
		h.refused(h.verify(scan("cash#12", noon.Add(12*time.Hour))), "night")
		if n := h.metric(`stroll_gate_rule_errors_total{rule="broken",store="store-1"}`); n != "2" {
			t.Errorf("counted %q errors, want 2", n)
		}
		h.change(func(s *gate.Settings) { s.OnRuleError = gate.Deny })
		h.refused(h.verify(scan("cash#12", noon)), gate.RuleFailed)
		h.answers(h.authorize(tap("card-1", "trip-1")), false, "", "")
	}))
}

func TestVisits(t *testing.T) {
	t.Parallel()
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		h := open(t, d, withRules(
			gate.Rule{Name: "often", When: `visits_hour >= 3`, Then: gate.Deny, Reason: "often"},
			gate.Rule{Name: "daily", When: `visits_day >= 5`, Then: gate.Deny, Reason: "daily"},
		))
		h.change(keys)
		start := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
		card := func(at time.Time) answer {
			body := with(tap("card-1", uuid.NewString()), atEvent+"timestamp", string(jwo.At(at)))
			return h.authorize(body)
		}
		reasons := []string{}
		for i := range 4 {
			h.verify(scan("cash#12", start.Add(time.Duration(i)*time.Minute)))
			reasons = append(reasons, h.last().Reason)
			card(start.Add(time.Duration(i) * time.Minute))
			reasons = append(reasons, h.last().Reason)
		}
		want := []string{gate.Admitted, gate.Admitted, gate.Admitted, gate.Admitted, gate.Admitted, gate.Admitted, "often", "often"}
		if diff := cmp.Diff(want, reasons); diff != "" {
			t.Errorf("reasons (-want +got):\n%s", diff)
		}
		// The window slides with the events' own time; refusals are no visits.
		h.admitted(h.verify(scan("cash#12", start.Add(time.Hour))), "cash-12", "CASH_SHOPPER")
		h.admitted(h.verify(scan("cash#12", start.Add(3*time.Hour))), "cash-12", "CASH_SHOPPER")
		h.refused(h.verify(scan("cash#12", start.Add(6*time.Hour))), "daily")
		h.admitted(h.verify(scan("cash#12", start.Add(30*time.Hour))), "cash-12", "CASH_SHOPPER")
	})
}

func TestPolicyVersion(t *testing.T) {
	t.Parallel()
	h := open(t, testkit.SQLite(t), keys)
	version := func() string {
		h.verify(scan("cash#12", time.Now()))
		return h.last().Policy
	}
	first := version()
	if again := version(); again != first {
		t.Errorf("the same rules are %s and %s", first, again)
	}
	h.change(withRules(gate.Rule{Name: "never", When: `false`, Then: gate.Deny}))
	second := version()
	h.change(func(s *gate.Settings) { s.Codes.Prefixes = []gate.Prefix{{Value: "OTHER00"}} })
	if third := version(); second == first || third != second {
		t.Errorf("versions %s, %s and %s: rules differ, a rotated key does not", first, second, third)
	}
	h.change(withRules(gate.Rule{Name: "never", When: ` false`, Then: gate.Allow}))
	if fourth := version(); fourth == second || len(fourth) != 12 || strings.ToLower(fourth) != fourth {
		t.Errorf("version %s", fourth)
	}
}
