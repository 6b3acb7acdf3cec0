package gate

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/internal/pay"
	"github.com/strollhq/stroll/internal/shopper"
	"github.com/strollhq/stroll/jwo"
)

// unknownStore answers a request for a store that is not served.
func unknownStore() error {
	return &jwo.Refusal{Status: http.StatusBadRequest, Fields: []jwo.FieldError{{Field: "storeId", Reason: "is not a store served here"}}}
}

// VerifyIdentityKeys answers whether the bearer of a scanned key may enter
// (contract: entry 3). The order is: store (400), recorded answer, rate limit
// (429), key (401), standing, debt and rules (401), admission. When no
// decision can be made, or none in time, the store's settings answer.
func (g *Gate) VerifyIdentityKeys(ctx context.Context, r *jwo.VerifyIdentityKeysRequest) (*jwo.VerifyIdentityKeysResponse, error) {
	start := time.Now()
	p, ok, err := g.policy(r.StoreID)
	if err != nil {
		return nil, err
	}
	if !ok {
		g.m.verifications.Inc("", "unknown_store", "")
		return nil, unknownStore()
	}
	key, err := r.Key()
	if err != nil || r.AuthEvent == nil {
		return nil, &jwo.Refusal{Status: http.StatusBadRequest}
	}
	at, err := r.AuthEvent.Timestamp.Time()
	if err != nil {
		return nil, &jwo.Refusal{Status: http.StatusBadRequest, Fields: []jwo.FieldError{{Field: "authEvent.timestamp", Reason: "is not an ISO-8601 time"}}}
	}
	event := strings.ToLower(r.AuthEvent.ID)
	base := Decision{
		API: jwo.APIVerifyIdentityKeys, Event: event, body: hash("identity", event, r.StoreID, string(key)),
		StoreID: r.StoreID, EventAt: at, Location: r.AuthEvent.Location, Entry: byCode,
		Policy: p.version, Strategy: p.set.Strategy, started: start,
		// A code scanned to help a shopper inside, or on the way out, admits nobody.
		admits: r.AuthEvent.Location == jwo.Entry,
	}
	e := &entry{g: g, p: p, key: string(key), event: event}
	d, joined, err := g.inTime(ctx, question{
		key: base.API + base.body, p: p, base: base, judge: e.judge,
		evaluate: func(ctx context.Context, fl *flight) (*Decision, error) { return e.evaluate(ctx, fl, base) },
		after: func(ctx context.Context, known *Decision, cause error) {
			f := base
			f.Outcome, f.Status = Failed, p.identityFailure()
			g.keepFailure(ctx, known, f, cause)
		},
	})
	if err != nil {
		return nil, g.identityFailed(ctx, p, base, err)
	}
	return g.identityAnswer(ctx, p, d, joined, start)
}

// identityFailure is the status of an answer without a decision.
func (p *policy) identityFailure() int {
	if p.set.Identity.OnDependencyFailure == Deny {
		return http.StatusUnauthorized
	}
	return http.StatusInternalServerError
}

// identityFailed is the answer when there is no decision.
func (g *Gate) identityFailed(ctx context.Context, p *policy, base Decision, err error) error {
	if limited, ok := errors.AsType[*jwo.Refusal](err); ok {
		g.safely(ctx, func() { g.m.verified(&base, "throttled", base.started) })
		return limited
	}
	status := p.identityFailure()
	g.safely(ctx, func() {
		g.log.ErrorContext(ctx, "no decision on a scanned key", "store", base.StoreID, "event", base.Event,
			"answer", status, "on_dependency_failure", p.set.Identity.OnDependencyFailure, "error", err)
		g.m.verified(&base, Failed, base.started)
		g.m.failures.Inc(base.StoreID, base.API, failureReason(err))
		g.m.storeDefaults.Inc(base.StoreID, base.API, p.set.Identity.OnDependencyFailure)
	})
	if status == http.StatusUnauthorized {
		return &jwo.Refusal{Status: status}
	}
	return err
}

func failureReason(err error) string {
	if errors.Is(err, errDeadline) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return Deadline
	}
	return Dependency
}

// identityAnswer turns a decision into the answer. Nothing that goes wrong
// from here on changes it.
func (g *Gate) identityAnswer(ctx context.Context, p *policy, d *Decision, joined bool, start time.Time) (*jwo.VerifyIdentityKeysResponse, error) {
	again := joined || d.replayed
	g.safely(ctx, func() { g.note(ctx, p, d, again, start) })
	switch d.Outcome {
	case Accepted:
		return &jwo.VerifyIdentityKeysResponse{VisitorDetails: &jwo.VisitorDetails{ID: d.Visitor, Type: d.VisitorType}, Replayed: again}, nil
	case Invalid:
		return nil, changedBody("authEvent.id")
	}
	return nil, &jwo.Refusal{Status: http.StatusUnauthorized, Replayed: again}
}

func changedBody(field string) error {
	return &jwo.Refusal{Status: http.StatusBadRequest, Fields: []jwo.FieldError{{Field: field, Reason: "was used before with another content"}}}
}

// safely runs what must not change an answer that is decided.
func (g *Gate) safely(ctx context.Context, f func()) {
	if _, err := guard(func() (*Decision, error) { f(); return nil, nil }); err != nil {
		_, _ = guard(func() (*Decision, error) {
			g.log.ErrorContext(ctx, "note a decision", "error", err)
			return nil, nil
		})
	}
}

// judgeKey decides on a scanned key.
func (r grounds) judgeKey(ctx context.Context, p *policy, key string, d *Decision) error {
	b, reason, err := r.identify(ctx, p, key, d.EventAt)
	if err != nil {
		return err
	}
	d.Visitor, d.VisitorType, d.code, d.age, d.aged = b.visitor, b.kind, b.token, b.age, b.aged
	if reason == "" {
		reason, err = r.mayEnter(ctx, p, b, d)
	}
	if err == nil && reason == "" && d.admits && b.token != "" && p.set.Codes.MaxAdmissions > 0 {
		var free bool
		if free, err = r.use(ctx, b.token, p.set.Codes.MaxAdmissions); err == nil && !free {
			reason = CodeUsed
		}
	}
	switch {
	case err != nil:
		return err
	case reason != "":
		d.decide(Refused, http.StatusUnauthorized, reason)
	default:
		if d.Reason == "" {
			d.Reason = Admitted
		}
		d.decide(Accepted, http.StatusOK, d.Reason)
	}
	return nil
}

// mayEnter applies the store's policy to the bearer of a good key; a reason is
// a refusal. What needs no other table comes first, so that it refuses even
// when the ledger does not answer.
func (r grounds) mayEnter(ctx context.Context, p *policy, b bearer, d *Decision) (reason string, err error) {
	a, err := r.account(ctx, b.visitor)
	known := err == nil
	switch {
	case errors.Is(err, fault.NotFound) && b.opaque:
	case errors.Is(err, fault.NotFound):
		return KeyUnknown, nil
	case err != nil:
		return "", err
	}
	if d.VisitorType == "" {
		d.VisitorType = a.Kind
	}
	pays := d.VisitorType == jwo.Shopper
	switch {
	case p.block.has(b.visitor, ""):
		return BlockListed, nil
	case known && a.Status != shopper.Active:
		return ShopperBlocked, nil
	case known && a.Fraud, p.flag.has(b.visitor, ""):
		return Fraud, nil
	case known && pays && !a.PaymentMethod:
		return NoPaymentMethod, nil
	case known && pays && ended(a.CardExpires, d.EventAt):
		return CardExpired, nil
	}
	var owed pay.Balance
	if pays {
		owed, err = r.owed(ctx, pay.Who{StoreID: p.storeID, Visitor: b.visitor}, false)
		if err != nil {
			return "", err
		}
		if p.tooMuch(owed) {
			return Debt, nil
		}
	}
	if p.allow.has(b.visitor, "") {
		d.Reason = AllowListed
		return "", nil
	}
	facts, err := r.facts(ctx, p, d, owed)
	if err != nil {
		return "", err
	}
	return p.ruleOut(p.rule(facts), d), nil
}

// ruleOut notes what the rules did; a reason is a refusal.
func (p *policy) ruleOut(r ruled, d *Decision) string {
	d.Shadow, d.broken = r.shadow, r.broken
	if r.rule == nil {
		return ""
	}
	d.Rule = r.rule.Name
	switch {
	case r.failed:
		return RuleFailed
	case r.rule.Then == Deny:
		return r.rule.Reason
	}
	d.Reason = r.rule.Reason
	return ""
}

// tooMuch says whether a balance is above the threshold.
func (p *policy) tooMuch(b pay.Balance) bool {
	return b.Amount.Minor > 0 && b.Amount.Decimal().Cmp(p.set.DebtThreshold) > 0
}
