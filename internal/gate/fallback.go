package gate

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/strollhq/stroll/jwo"
)

// Reasons of answers by the fallback.
const (
	FallbackAdvice = "fallback_advice" // Amazon's recommendation
	FallbackAllow  = "fallback_allow"
	FallbackDeny   = "fallback_deny"
)

// fallback fills in the answer when our own rules or ledger failed. It is
// false when the answer is an error.
func (p *policy) fallback(c *card, d *Decision) bool {
	v := verdict{}
	switch p.set.FA.Fallback {
	case FallbackError:
		d.decide(Failed, http.StatusServiceUnavailable, Dependency)
		return false
	case Allow:
		v.allow, v.reason = true, FallbackAllow
	case RecommendationElseDeny:
		v.reason = FallbackDeny
		if c.advice != nil && c.advice.ShopperAuthorized != nil {
			v.allow, v.reason, v.risks = *c.advice.ShopperAuthorized, FallbackAdvice, c.advice.ShopperRisks
			v.adjust = c.adviceAmount()
		}
	default:
		v.reason = FallbackDeny
	}
	d.decide(Refused, http.StatusOK, v.reason)
	if v.allow {
		d.Outcome = Accepted
	}
	d.admits = false
	d.answer = v.answer()
	return true
}

// cardFailed is the answer when there is no decision.
func (g *Gate) cardFailed(ctx context.Context, p *policy, c *card, d Decision, cause error) (*jwo.ShopperAuthorizationResponse, error) {
	if limited, ok := errors.AsType[*jwo.Refusal](cause); ok {
		g.safely(ctx, func() {
			g.m.authorizations.Inc(d.StoreID, d.Strategy, Throttled, "", noRisk)
			g.m.answered(&d, d.started)
		})
		return nil, limited
	}
	answered := p.fallback(c, &d)
	g.safely(ctx, func() {
		g.log.ErrorContext(ctx, "no decision on a card", "store", d.StoreID, "event", d.Event, "fallback", p.set.FA.Fallback,
			"outcome", d.Outcome, "error", cause)
		g.m.failures.Inc(d.StoreID, d.API, failureReason(cause))
		g.m.storeDefaults.Inc(d.StoreID, d.API, p.set.FA.Fallback)
		g.m.fallbacks.Inc(d.StoreID, p.set.FA.Fallback, d.Outcome)
		g.m.answered(&d, d.started)
	})
	if !answered {
		return nil, &jwo.Refusal{Status: http.StatusServiceUnavailable}
	}
	return d.answer, nil
}

// Values of open enumerations that are known; others are counted, so that
// somebody looks at them.
var (
	knownTypes        = []string{"", "CREDIT_CARD"}
	knownInteractions = []string{"", "TAP", "INSERT"}
	knownLocations    = []string{"", jwo.Entry, jwo.ManualInStore, jwo.Exit}
	knownRisks        = []string{jwo.RiskInvalidCard, jwo.RiskCustomerFraud, jwo.RiskBadDebt, jwo.RiskExpiredCard}
)

func (g *Gate) unknownValues(ctx context.Context, c *card) {
	met := func(field, value string, known []string) {
		if !slices.Contains(known, value) {
			g.m.unknown.Inc(field)
			g.log.InfoContext(ctx, "a value that is not known", "store", c.store, "field", field, "value", value[:min(len(value), 60)])
		}
	}
	met("type", c.kind, knownTypes)
	met("interactionType", c.interaction, knownInteractions)
	met("location", c.location, knownLocations)
	if c.missing {
		g.m.unknown.Inc("recommendation missing")
		g.log.WarnContext(ctx, "Amazon's recommendation is missing: own rules alone decide", "store", c.store)
	}
	if c.advice == nil {
		return
	}
	for _, r := range c.advice.ShopperRisks[:min(len(c.advice.ShopperRisks), maxRisks)] {
		met("shopperRisks", r, knownRisks)
	}
	for _, x := range c.advice.AuthorizationConditions[:min(len(c.advice.AuthorizationConditions), maxRisks)] {
		met("authorizationConditions.type", x.Type, []string{jwo.Adjust})
	}
}
