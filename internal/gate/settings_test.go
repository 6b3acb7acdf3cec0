package gate_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"github.com/strollhq/stroll/internal/gate"
	"github.com/strollhq/stroll/money"
)

func TestSettingsDefaults(t *testing.T) {
	t.Parallel()
	if err := (gate.Settings{}).Check(); err != nil {
		t.Errorf("the zero value: %v", err)
	}
	s := gate.Settings{Strategy: "customer_managed"}.WithDefaults()
	if s.Strategy != gate.RetailerManaged || s.Codes.Freshness != time.Minute || s.Codes.Skew != 5*time.Second || s.Codes.Renew != 30*time.Second ||
		s.Identity.Deadline != 1500*time.Millisecond || s.Identity.OnDependencyFailure != gate.StoreDefault || s.FA.Fallback != gate.RecommendationElseDeny ||
		s.FA.Risks["BadDebt"] != gate.Deny || s.FA.Risks["*"] != gate.Follow || s.Codes.MaxAdmissions != 0 || s.Codes.Prefixes[0].Value != "STROLL0" {
		t.Errorf("defaults are %+v", s)
	}
	if diff := cmp.Diff(s, s.WithDefaults(), cmp.Comparer(func(a, b money.Decimal) bool { return a.Cmp(b) == 0 })); diff != "" {
		t.Errorf("defaults of defaults differ:\n%s", diff)
	}
}

func TestSettingsCheck(t *testing.T) {
	t.Parallel()
	for _, x := range []struct{ text, paths string }{
		{"strategy: customer_managed", ""},
		{"strategy: amazon", "strategy"},
		{"time_zone: Mars/Base", "time_zone"},
		{"debt_threshold: -1", "debt_threshold"},
		{"debt_threshold: 12.50", ""},
		{"codes: {freshness: 30s}", ""},
		{"codes: {freshness: 90s, skew: 30s}", ""},
		{"codes: {freshness: 29s}", "codes.freshness"},
		{"codes: {freshness: 91s}", "codes.freshness"},
		{"codes: {skew: 31s}", "codes.skew"},
		{"codes: {renew: 61s}", "codes.renew"},
		{"codes: {max_admissions_per_code: -1}", "codes.max_admissions_per_code"},
		{"codes: {prefixes: [{value: SHORT}, {value: lower00}, {value: GOOD000}, {value: GOOD000}]}",
			"codes.prefixes[0].value codes.prefixes[1].value codes.prefixes[3].value"},
		{"codes: {prefixes: [{value: GOOD000, since: 2026-01-01T00:00:00Z, until: 2027-01-01T00:00:00Z}]}", ""},
		{"codes: {custom: {max_length: 65}}", "codes.custom.max_length"},
		{"codes: {custom: {keys: [{secret: short}]}}", "codes.custom.keys[0].secret"},
		{"codes: {custom: {signature_length: 8, keys: [{secret: sixteen bytes ok}]}}", "codes.custom.signature_length"},
		{"codes: {custom: {max_length: 20, signature_length: 32, keys: [{secret: sixteen bytes ok}]}}", "codes.custom.signature_length"},
		{"opaque_keys: [{visitor: v}, {key: a, sha256: b, visitor: v}, {sha256: xyz, visitor: v}, {key: k}, {key: k, visitor: v, type: GHOST}]",
			"opaque_keys[0] opaque_keys[1] opaque_keys[2] opaque_keys[3].visitor opaque_keys[4] opaque_keys[4].type"},
		{"identity: {deadline: 2s}", "identity.deadline"},
		{"identity: {on_dependency_failure: open}", "identity.on_dependency_failure"},
		{"identity: {rate_limit: {per_second: -1}}", "identity.rate_limit"},
		{"identity: {rate_limit: {off: true}}", ""},
		{"fa: {fallback: maybe}", "fa.fallback"},
		{"fa: {risks: {BadDebt: forgive}}", "fa.risks.BadDebt"},
		{"fa: {overrides: [{act: accept}, {act: adjust}, {act: deny, amount: 3}, {act: shrug}]}",
			"fa.overrides[1].amount fa.overrides[2].amount fa.overrides[3].act"},
		{"fa: {required_fields: [authorizedAmount, shopperInteraction.shoppingTripId, cart]}", "fa.required_fields[2]"},
		{"fa: {reduced_pre_auth: {amount: -1, when: 'hour >'}}", "fa.reduced_pre_auth.amount fa.reduced_pre_auth.when"},
		{"block: {shoppers: [a, '']}", "block.shoppers[1]"},
		{"rules: [{name: a, when: 'hour + 1', then: deny}, {name: a, when: 'hours > 1', then: allow}, {name: c, when: 'true', then: vanish}]",
			"rules[0].when rules[1].name rules[1].when rules[2].then"},
		{"rules: [{name: a, when: 'now().Hour() > 1', then: deny}, {name: b, when: '', then: deny}, {name: c, when: 'true', then: adjust}]",
			"rules[0].when rules[1].when rules[2].amount"},
		{"rules: [{name: a, when: 'true', then: deny, reason: Not A Code, mode: dim}]", "rules[0].mode rules[0].reason"},
		{"on_rule_error: panic", "on_rule_error"},
		{"doors: {shopper: [QR_CODE, PHONE_NUMBER]}", "doors.shopper[1]"},
		{"watch: {window: 1s, alert_below: 101, least: -1}", "watch.window watch.alert_below watch.least"},
	} {
		var s gate.Settings
		if err := yaml.UnmarshalWithOptions([]byte(x.text), &s, yaml.Strict()); err != nil {
			t.Errorf("%s: %v", x.text, err)
			continue
		}
		var paths []string
		if err := s.Check(); err != nil {
			for line := range strings.Lines(err.Error()) {
				path, _, _ := strings.Cut(line, ": ")
				paths = append(paths, path)
			}
		}
		if got := strings.Join(paths, " "); got != x.paths {
			t.Errorf("%s\n  faults at %q, want %q", x.text, got, x.paths)
		}
	}
}

// A fault stands on one line, since the configuration shows a line for each.
func TestSettingsFaultsAreLines(t *testing.T) {
	t.Parallel()
	s := gate.Settings{Rules: []gate.Rule{{Name: "a", When: "hour >\n and", Then: gate.Deny}}}
	err := s.Check()
	var many interface{ Unwrap() []error }
	if !errors.As(err, &many) || len(many.Unwrap()) != 1 || strings.Contains(err.Error(), "\n") {
		t.Errorf("Check answers %v", err)
	}
}

// The configuration prints settings and reads what it printed.
func TestSettingsRoundTrip(t *testing.T) {
	t.Parallel()
	s := gate.Settings{
		DebtThreshold: money.MustDecimal("1.50"), Codes: gate.CodeSettings{Prefixes: []gate.Prefix{{Value: "GOOD000", Until: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)}}},
		OpaqueKeys: []gate.OpaqueKey{{Key: "k", Visitor: "v"}},
		Rules:      []gate.Rule{{Name: "a", When: "true", Then: gate.Adjust, Amount: money.MustDecimal("3")}},
	}.WithDefaults()
	text, err := yaml.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var back gate.Settings
	if err := yaml.UnmarshalWithOptions(text, &back, yaml.Strict()); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if err := back.Check(); err != nil {
		t.Error(err)
	}
	again, err := yaml.Marshal(back.WithDefaults())
	if err != nil || string(again) != string(text) {
		t.Errorf("printed, read and printed again differs: %v\n%s", err, cmp.Diff(string(text), string(again)))
	}
}
