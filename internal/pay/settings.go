package pay

import (
	"errors"
	"fmt"
	"time"

	"github.com/strollhq/stroll/money"
)

// Settings are one store's choices where the contract leaves one. The zero
// value works: each field says what an absent value means. Durations are
// written as in "46h".
type Settings struct {
	Currency   money.Currency    `yaml:"-"` // the store's, set by the program
	Strategy   string            `yaml:"-"` // the store's fraud and abuse strategy, set by the program
	Settlement SettlementSetting `yaml:"settlement"`
	Preauth    PreauthSetting    `yaml:"preauth"`
	Adjust     AdjustSetting     `yaml:"adjust"`
	Decline    DeclineSetting    `yaml:"decline"`
	Capture    CaptureSetting    `yaml:"capture"`
	Cancel     CancelSetting     `yaml:"cancel"`
	Own        OwnSetting        `yaml:"own_processor"`
	Retry      RetrySetting      `yaml:"retry"`
	Parked     ParkedSetting     `yaml:"parked"`
	Debt       DebtSetting       `yaml:"debt"`
	Report     ReportSetting     `yaml:"report"`
}

// SettlementSetting says who charges.
type SettlementSetting struct {
	// Route of app (SCAN_CODE) trips: payment_service (default) or own_processor.
	Route string `yaml:"route"`
	// FinancialRoute of card trips: payment_service and nothing else; written
	// down so that a wrong wish is refused instead of ignored.
	FinancialRoute string `yaml:"financial_route"`
	// Held parks each new charge until an operator releases it or the setting
	// is taken back: for a connectivity test. Default off.
	Held bool `yaml:"held"`
}

// PreauthSetting is the life of Amazon's pre-authorization.
type PreauthSetting struct {
	// Lifetime from the start of the trip, or the entry if that is earlier.
	// Varies by processor. Default 46h.
	Lifetime time.Duration `yaml:"lifetime"`
	// TryOnceAfterExpiry sends Adjust and Capture after the nominal end for a
	// cart that was never tried. Default off.
	TryOnceAfterExpiry bool `yaml:"try_once_after_expiry"`
	// Amount is the store's Authorized Amount of the Merchant Portal, as
	// "25.00": the hold assumed where the entry did not tell. Default unknown.
	Amount string `yaml:"amount"`
}

// AdjustSetting is how an adjustment is read and repeated.
type AdjustSetting struct {
	// DeclineRetries is how often a declined adjustment is asked again. Default 0.
	DeclineRetries int `yaml:"decline_retries"`
	// Partial: capture (default) takes what was authorised and makes the rest a
	// debt; park leaves it to an operator.
	Partial string `yaml:"partial"`
	// PendingFirst and PendingCeiling bound the doubling interval at which a
	// PENDING answer is asked again. Defaults 60s and 1h.
	PendingFirst   time.Duration `yaml:"pending_first"`
	PendingCeiling time.Duration `yaml:"pending_ceiling"`
}

// DeclineSetting is what follows a declined adjustment.
type DeclineSetting struct {
	// Policy: cancel_and_debt (default) releases the hold and makes the whole
	// total a debt; capture_held captures what the hold covers first.
	Policy string `yaml:"policy"`
}

// CaptureSetting is how a Capture whose outcome is in doubt heals.
type CaptureSetting struct {
	// UnknownPolicy: evidence_then_resend (default), resend or hold.
	UnknownPolicy string `yaml:"unknown_policy"`
	// EvidenceGrace is how long a lost answer waits for evidence before the
	// same Capture is sent again, and how long after expiry doubt is kept open
	// before it is parked. Default 20m, longer than a report interval.
	EvidenceGrace time.Duration `yaml:"evidence_grace"`
	// WeakEvidence: initiated (default) reads transactional data with a
	// reconciliation id as "the Capture was accepted", still to be confirmed;
	// hold keeps the doubt open for an operator. Neither resends.
	WeakEvidence string `yaml:"weak_evidence"`
	// ConfirmWithin is when an unconfirmed Capture joins the ageing list. Default 24h.
	ConfirmWithin time.Duration `yaml:"confirm_within"`
}

// CancelSetting is for trips with nothing to charge.
type CancelSetting struct {
	// ReportNothing reports trips that were cancelled because there was nothing
	// to charge. Default off.
	ReportNothing bool `yaml:"report_nothing"`
}

// OwnSetting is for trips on the retailer's own processor.
type OwnSetting struct {
	// Preauth: after_answer (default), before_answer or none.
	Preauth string `yaml:"preauth"`
	// Lifetime of its authorizations from the start of the trip. Default 46h.
	Lifetime time.Duration `yaml:"lifetime"`
	// NoReport keeps its outcomes from Amazon whatever the strategy. Default off.
	NoReport bool `yaml:"no_report"`
}

// RetrySetting is the back-off of calls that may be repeated: full jitter,
// factor 2.
type RetrySetting struct {
	First   time.Duration `yaml:"first"`   // default 1s
	Ceiling time.Duration `yaml:"ceiling"` // default 5m
	// ThrottleDefault is the pause after a 429 without a readable Retry-After. Default 600s.
	ThrottleDefault time.Duration `yaml:"throttle_default"`
	// DeniedProbe is how often an API paused by a 403 is tried with one call. Default 5m.
	DeniedProbe time.Duration `yaml:"denied_probe"`
	// CallTimeout of one call. Default 10s.
	CallTimeout time.Duration `yaml:"call_timeout"`
	// ReportFor is how long a report is retried before an operator gets it. Default 72h.
	ReportFor time.Duration `yaml:"report_for"`
}

// ParkedSetting is for operators.
type ParkedSetting struct {
	// DueAfter is when a parked payment should have been dealt with; never
	// later than its expiry. Default 4h.
	DueAfter time.Duration `yaml:"due_after"`
}

// DebtSetting is what a debt does to its payer.
type DebtSetting struct {
	// OutageExempt: debts whose charge was never answered because of an outage
	// do not keep the payer out. Default off: they do.
	OutageExempt bool `yaml:"outage_exempt"`
	// WriteoffRestoresAccess admits the payer after a write-off and reports
	// settled = total. Default off.
	WriteoffRestoresAccess bool `yaml:"writeoff_restores_access"`
}

// ReportSetting is how outcomes are told to Amazon.
type ReportSetting struct {
	// OmitFull leaves out trips settled in full. Default off: they are reported.
	OmitFull bool `yaml:"omit_full"`
	// When: initiated (default) reports at the Capture's 200, confirmed waits
	// for CaptureApproved.
	When string `yaml:"when"`
	// TimeUnit of paymentStatusTime: seconds (default) or milliseconds.
	TimeUnit string `yaml:"time_unit"`
}

// Strategies of fraud and abuse (contract: entry 8).
const (
	AmazonManaged        = "amazon_managed"
	AmazonRecommendation = "amazon_recommendation"
	RetailerManaged      = "retailer_managed"
	NoStrategy           = "none"
)

// WithDefaults is s with every field that was left out filled in.
func (s Settings) WithDefaults() Settings {
	text := func(p *string, v string) {
		if *p == "" {
			*p = v
		}
	}
	span := func(p *time.Duration, v time.Duration) {
		if *p == 0 {
			*p = v
		}
	}
	text(&s.Strategy, RetailerManaged)
	if s.Strategy == "customer_managed" {
		s.Strategy = RetailerManaged
	}
	text(&s.Settlement.Route, PaymentService)
	text(&s.Settlement.FinancialRoute, PaymentService)
	span(&s.Preauth.Lifetime, 46*time.Hour)
	text(&s.Adjust.Partial, "capture")
	span(&s.Adjust.PendingFirst, time.Minute)
	span(&s.Adjust.PendingCeiling, time.Hour)
	text(&s.Decline.Policy, "cancel_and_debt")
	text(&s.Capture.UnknownPolicy, "evidence_then_resend")
	span(&s.Capture.EvidenceGrace, 20*time.Minute)
	text(&s.Capture.WeakEvidence, "initiated")
	span(&s.Capture.ConfirmWithin, 24*time.Hour)
	text(&s.Own.Preauth, "after_answer")
	span(&s.Own.Lifetime, 46*time.Hour)
	span(&s.Retry.First, time.Second)
	span(&s.Retry.Ceiling, 5*time.Minute)
	span(&s.Retry.ThrottleDefault, 600*time.Second)
	span(&s.Retry.DeniedProbe, 5*time.Minute)
	span(&s.Retry.CallTimeout, 10*time.Second)
	span(&s.Retry.ReportFor, 72*time.Hour)
	span(&s.Parked.DueAfter, 4*time.Hour)
	text(&s.Report.When, "initiated")
	text(&s.Report.TimeUnit, "seconds")
	return s
}

// Check finds every fault of the settings, each with the path of its field.
func (s Settings) Check() error {
	s = s.WithDefaults()
	var faults []error
	bad := func(path, format string, args ...any) {
		faults = append(faults, fmt.Errorf("%s: %s", path, fmt.Sprintf(format, args...)))
	}
	oneOf := func(path, v string, allowed ...string) {
		for _, a := range allowed {
			if v == a {
				return
			}
		}
		bad(path, "%q is none of %q", v, allowed)
	}
	positive := func(path string, d time.Duration) {
		if d < 0 {
			bad(path, "%s is negative", d)
		}
	}
	switch s.Settlement.Route {
	case PaymentService, OwnProcessor:
	case "checkout":
		bad("settlement.route", "checkout is not enabled in this program")
	default:
		oneOf("settlement.route", s.Settlement.Route, PaymentService, OwnProcessor)
	}
	if s.Settlement.FinancialRoute != PaymentService {
		bad("settlement.financial_route", "card entry is always charged by the payment service, not by %q", s.Settlement.FinancialRoute)
	}
	oneOf("strategy", s.Strategy, AmazonManaged, AmazonRecommendation, RetailerManaged, NoStrategy)
	oneOf("adjust.partial", s.Adjust.Partial, "capture", "park")
	oneOf("decline.policy", s.Decline.Policy, "cancel_and_debt", "capture_held")
	oneOf("capture.unknown_policy", s.Capture.UnknownPolicy, "evidence_then_resend", "resend", "hold")
	oneOf("capture.weak_evidence", s.Capture.WeakEvidence, "initiated", "hold")
	oneOf("own_processor.preauth", s.Own.Preauth, "after_answer", "before_answer", "none")
	oneOf("report.when", s.Report.When, "initiated", "confirmed")
	oneOf("report.time_unit", s.Report.TimeUnit, "seconds", "milliseconds")
	if s.Adjust.DeclineRetries < 0 {
		bad("adjust.decline_retries", "%d is negative", s.Adjust.DeclineRetries)
	}
	for path, d := range map[string]time.Duration{
		"preauth.lifetime": s.Preauth.Lifetime, "own_processor.lifetime": s.Own.Lifetime,
		"adjust.pending_first": s.Adjust.PendingFirst, "adjust.pending_ceiling": s.Adjust.PendingCeiling,
		"capture.evidence_grace": s.Capture.EvidenceGrace, "capture.confirm_within": s.Capture.ConfirmWithin,
		"retry.first": s.Retry.First, "retry.ceiling": s.Retry.Ceiling, "retry.throttle_default": s.Retry.ThrottleDefault,
		"retry.denied_probe": s.Retry.DeniedProbe, "retry.call_timeout": s.Retry.CallTimeout,
		"retry.report_for": s.Retry.ReportFor, "parked.due_after": s.Parked.DueAfter,
	} {
		positive(path, d)
	}
	if s.Preauth.Amount != "" && s.Currency != "" {
		if a, err := money.ParseAmount(s.Preauth.Amount, s.Currency); err != nil {
			bad("preauth.amount", "%v", err)
		} else if a.Minor < 0 {
			bad("preauth.amount", "%s is negative", a)
		}
	}
	return errors.Join(faults...)
}

// hold is the store's configured pre-authorization; no currency if unknown.
func (s Settings) hold(c money.Currency) money.Amount {
	if s.Preauth.Amount == "" {
		return money.Amount{}
	}
	a, err := money.ParseAmount(s.Preauth.Amount, c)
	if err != nil || a.Minor < 0 {
		return money.Amount{}
	}
	return a
}
