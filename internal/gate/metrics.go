package gate

import (
	"fmt"
	"slices"
	"time"

	"github.com/strollhq/stroll/internal/metric"
	"github.com/strollhq/stroll/jwo"
)

// budget is how long Amazon waits for an answer.
const budget = 2 * time.Second

// metrics are what the reviews ask of the gate (contract: entry 10). Labels
// hold configured names only, never a visitor, an instrument or a key.
type metrics struct {
	verifications, refusals, failures, storeDefaults, slow *metric.Counter
	duplicates, changed, unrecorded, issued, prechecks     *metric.Counter
	authorizations, overrides, adjusts, fallbacks, unknown *metric.Counter
	ruled, ruleErrors, rows                                *metric.Counter
	took, age                                              *metric.Seconds
	ratio, share, alarm, since, until                      *metric.Gauge
}

func newMetrics(s *metric.Set) *metrics {
	return &metrics{
		verifications:  s.Counter("stroll_gate_verifications_total", "VerifyIdentityKeys and ResolveScan answers.", "store", "outcome", "visitor_type"),
		refusals:       s.Counter("stroll_gate_refusals_total", "Refused entries by reason.", "store", "api", "reason", "visitor_type"),
		failures:       s.Counter("stroll_gate_failures_total", "Answers given without a decision.", "store", "api", "reason"),
		storeDefaults:  s.Counter("stroll_gate_defaults_total", "Answers left to on_dependency_failure or the fallback.", "store", "api", "setting"),
		slow:           s.Counter("stroll_gate_over_budget_total", "Answers that took longer than Amazon waits (2 s).", "api"),
		duplicates:     s.Counter("stroll_gate_duplicates_total", "Repeated events answered from their first answer.", "store", "api"),
		changed:        s.Counter("stroll_gate_changed_bodies_total", "Events repeated with another content.", "store", "api"),
		unrecorded:     s.Counter("stroll_gate_unrecorded_refusals_total", "Refusals answered although they could not be recorded.", "store"),
		issued:         s.Counter("stroll_gate_codes_issued_total", "Scan codes issued.", "store"),
		prechecks:      s.Counter("stroll_gate_precheck_failures_total", "Scan codes not issued, by what the shopper must mend.", "store", "problem"),
		authorizations: s.Counter("stroll_gate_authorizations_total", "GetShopperAuthorization decisions; the first risk of the answer, none, or other when it is not a known one.", "store", "strategy", "decision", "reason", "risk"),
		overrides:      s.Counter("stroll_gate_overrides_total", "Decisions of an operator's override.", "store", "act"),
		adjusts:        s.Counter("stroll_gate_adjusts_total", "Authorizations with another pre-authorization amount.", "store", "reason"),
		fallbacks:      s.Counter("stroll_gate_fallbacks_total", "Authorizations answered by the fallback.", "store", "setting", "decision"),
		unknown:        s.Counter("stroll_gate_unknown_values_total", "Values of open enumerations that are not known.", "field"),
		ruled:          s.Counter("stroll_gate_rules_total", "Rules that fired, shadow ones included.", "store", "rule", "mode", "then"),
		ruleErrors:     s.Counter("stroll_gate_rule_errors_total", "Rules that could not be computed.", "store", "rule"),
		rows:           s.Counter("stroll_gate_purged_rows_total", "Rows forgotten because of their age.", "table"),
		took:           s.Seconds("stroll_gate_answer_seconds", "Time to answer.", "api"),
		age:            s.Seconds("stroll_gate_code_age_seconds", "Age of scan codes at the scan; 0 when from the future.", "store"),
		ratio:          s.Gauge("stroll_gate_accepted_ratio", "Share of accepted entries in the window.", "store"),
		share:          s.Gauge("stroll_gate_accepted_kind_ratio", "Share of accepted entries in the window, of one visitor type (empty = not known) and entry.", "store", "visitor_type", "entry"),
		alarm:          s.Gauge("stroll_gate_accepted_alarm", "1 while the share of accepted entries is below the store's limit.", "store"),
		since:          s.Gauge("stroll_gate_key_since_seconds", "Unix time at which a key was taken into use; 0 = not told.", "store", "kind", "key"),
		until:          s.Gauge("stroll_gate_key_until_seconds", "Unix time at which a key ends; 0 = never.", "store", "kind", "key"),
	}
}

func (m *metrics) timed(api string, start time.Time) {
	took := time.Since(start)
	m.took.Observe(took, api)
	if took > budget {
		m.slow.Inc(api)
	}
}

// verified counts an answer about a scanned key.
func (m *metrics) verified(d *Decision, outcome string, start time.Time) {
	m.verifications.Inc(d.StoreID, outcome, d.VisitorType)
	m.timed(d.API, start)
}

// answered counts an answer about a card.
func (m *metrics) answered(d *Decision, start time.Time) { m.timed(d.API, start) }

// decided counts a decision, once however often it is repeated.
func (m *metrics) decided(d *Decision) {
	if d.Outcome == Refused {
		m.refusals.Inc(d.StoreID, d.API, d.Reason, d.VisitorType)
	}
	if d.aged {
		m.age.Observe(max(d.age, 0), d.StoreID)
	}
	for _, s := range d.Shadow {
		m.ruled.Inc(d.StoreID, s.Rule, Shadow, s.Then)
	}
	for _, name := range d.broken {
		m.ruleErrors.Inc(d.StoreID, name)
	}
	if d.Rule != "" && d.override == "" && d.Reason != RuleFailed {
		m.ruled.Inc(d.StoreID, d.Rule, Live, d.Outcome)
	}
	if d.API != jwo.APIGetShopperAuthorization {
		return
	}
	decision := d.Outcome
	if d.answer != nil && len(d.answer.AuthorizationConditions) > 0 {
		decision = "adjusted"
		m.adjusts.Inc(d.StoreID, d.Reason)
	}
	m.authorizations.Inc(d.StoreID, d.Strategy, decision, d.Reason, riskOf(d))
	if d.override != "" {
		m.overrides.Inc(d.StoreID, d.override)
	}
}

// noRisk labels an answer without risks, and what was no answer.
const noRisk = "none"

// riskOf is a decision's first risk, by a closed list: Amazon's values are an
// open one and must not grow the labels.
func riskOf(d *Decision) string {
	switch {
	case d.answer == nil || len(d.answer.ShopperRisks) == 0:
		return noRisk
	case slices.Contains(knownRisks, d.answer.ShopperRisks[0]):
		return d.answer.ShopperRisks[0]
	}
	return "other"
}

// keys shows the age and the end of everything that is rotated.
func (m *metrics) keys(p *policy) {
	seconds := func(t time.Time) float64 {
		if t.IsZero() {
			return 0
		}
		return float64(t.Unix())
	}
	show := func(kind, name string, since, until time.Time) {
		m.since.Set(seconds(since), p.storeID, kind, name)
		m.until.Set(seconds(until), p.storeID, kind, name)
	}
	for _, x := range p.set.Codes.Prefixes {
		show("prefix", x.Value, x.Since, x.Until)
	}
	for i, k := range p.set.Codes.Custom.Keys {
		show("signing", fmt.Sprint(i), k.Since, k.Until)
	}
	for i, k := range p.set.OpaqueKeys {
		show("opaque", fmt.Sprint(i), k.Since, k.Until)
	}
}
