package gate

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/internal/pay"
	"github.com/strollhq/stroll/internal/shopper"
	"github.com/strollhq/stroll/jwo"
	"github.com/strollhq/stroll/money"
)

// GetShopperAuthorization answers whether the bearer of a payment instrument
// may enter (contract: entry 7 and 8). A denial is a response. Strategies
// under which Amazon decides alone answer 404.
func (g *Gate) GetShopperAuthorization(ctx context.Context, r *jwo.ShopperAuthorizationRequest) (*jwo.ShopperAuthorizationResponse, error) {
	start := time.Now()
	p, ok, err := g.policy(r.StoreID)
	switch {
	case err != nil:
		return nil, err
	case !ok:
		g.m.authorizations.Inc("", "", "unknown_store", "", noRisk)
		return nil, unknownStore()
	case r.ShopperIdentity == nil:
		return nil, &jwo.Refusal{Status: http.StatusBadRequest}
	}
	switch p.set.Strategy {
	case AmazonManaged, NoStrategy:
		g.m.authorizations.Inc(r.StoreID, p.set.Strategy, "not_configured", "", noRisk)
		g.log.WarnContext(ctx, "asked about a card although the strategy leaves that to Amazon", "store", r.StoreID, "strategy", p.set.Strategy)
		return nil, &jwo.Refusal{Status: http.StatusNotFound}
	}
	if missing := jwo.Missing(r, p.set.FA.RequiredFields...); len(missing) > 0 {
		return nil, &jwo.Refusal{Status: http.StatusBadRequest, Fields: missing}
	}
	c := p.cardOf(r)
	if faulty := c.faults(); faulty != nil {
		return nil, &jwo.Refusal{Status: http.StatusBadRequest, Fields: faulty}
	}
	g.safely(ctx, func() { g.unknownValues(ctx, c) })
	base := c.base(p, start)
	q := question{key: c.flight(base), p: p, base: base}
	q.judge = func(ctx context.Context, on grounds, d *Decision) error { return on.judgeCard(ctx, p, c, d) }
	q.evaluate = func(ctx context.Context, fl *flight) (*Decision, error) { return g.evaluate(ctx, fl, p, base, q.judge) }
	q.after = func(ctx context.Context, known *Decision, cause error) {
		f := base
		_ = p.fallback(c, &f)
		g.keepFailure(ctx, known, f, cause)
	}
	d, joined, err := g.inTime(ctx, q)
	if err != nil {
		return g.cardFailed(ctx, p, c, base, err)
	}
	again := joined || d.replayed
	g.safely(ctx, func() { g.note(ctx, p, d, again, start) })
	if d.Outcome == Invalid {
		return nil, changedBody("shopperIdentity.id")
	}
	answer := *d.answer
	answer.Replayed = again
	return &answer, nil
}

// card is what a request says about a tap.
type card struct {
	store, trip, event string
	instrument         string
	visitor            string // of ours, where Amazon tells it
	at                 time.Time
	location           string
	kind, interaction  string
	amount             *jwo.AuthorizationMoney
	advice             *jwo.Recommendation // only where it counts
	missing            bool                // advice was expected and is not there
}

// cardOf reads a request; everything that is optional may be absent.
func (p *policy) cardOf(r *jwo.ShopperAuthorizationRequest) *card {
	c := &card{store: r.StoreID, instrument: r.ShopperIdentity.ID, amount: r.AuthorizedAmount}
	advice := r.Recommendation
	if s := r.ShopperInteraction; s != nil {
		c.trip = s.ShoppingTripID
		if s.Recommendation != nil {
			advice = s.Recommendation
		}
		if e := s.GateAuthenticationEvent; e != nil {
			c.event, c.location, c.kind, c.interaction = e.ID, clip(e.Location), e.Type, e.InteractionType
			if at, err := e.Timestamp.Time(); err == nil {
				c.at = at
			}
			if name := p.set.FA.VisitorData; name != "" && clip(e.Data[name]) == e.Data[name] {
				c.visitor = e.Data[name]
			}
		}
	}
	if p.set.Strategy == AmazonRecommendation {
		c.advice, c.missing = advice, advice == nil
	}
	return c
}

// faults are identifiers that no database keeps as they are.
func (c *card) faults() (list []jwo.FieldError) {
	for _, id := range []struct{ field, value string }{
		{"shopperIdentity.id", c.instrument},
		{"shopperInteraction.shoppingTripId", c.trip},
		{"shopperInteraction.gateAuthenticationEvent.id", c.event},
	} {
		if strings.ContainsRune(id.value, 0) {
			list = append(list, jwo.FieldError{Field: id.field, Reason: "holds a NUL character"})
		}
	}
	return list
}

// clip makes a free text fit to be kept.
func clip(s string) string {
	if len(s) > maxID {
		s = strings.ToValidUTF8(s[:maxID], "")
	}
	return strings.ReplaceAll(s, "\x00", "")
}

// base is the row of a decision about the card. Its idempotency key is the
// tap's own id, else the trip together with the instrument: a trip may have
// more than one card. Without either every request is an event of its own.
func (c *card) base(p *policy, start time.Time) Decision {
	key := ""
	switch {
	case c.event != "":
		key = c.store + "/event/" + c.event
	case c.trip != "":
		key = c.store + "/trip/" + c.trip + "/" + hash(c.instrument)[:16]
	}
	return Decision{
		API: jwo.APIGetShopperAuthorization, Event: key, body: hash("card", key, c.instrument),
		StoreID: c.store, EventAt: c.at, Location: c.location, Entry: byCard, TripID: c.trip,
		Visitor: c.visitor, Instrument: c.instrument, Strategy: p.set.Strategy, Policy: p.version, started: start, admits: true,
	}
}

func (c *card) flight(base Decision) string {
	if base.Event == "" {
		return ""
	}
	return base.API + base.body
}

// judgeCard decides on a card and links it with its trip.
func (r grounds) judgeCard(ctx context.Context, p *policy, c *card, d *Decision) error {
	f := cardFacts{card: c}
	if c.visitor != "" {
		a, err := r.account(ctx, c.visitor)
		switch {
		case err == nil:
			f.flagged, d.VisitorType = a.Fraud || a.Status != shopper.Active, a.Kind
		case !errors.Is(err, fault.NotFound):
			return err
		}
	}
	f.flagged = f.flagged || p.flag.has(c.visitor, c.instrument)
	f.blocked = p.block.has(c.visitor, c.instrument)
	who := pay.Who{StoreID: c.store, Visitor: c.visitor, Instrument: c.instrument}
	owed, err := r.owed(ctx, who, c.advice != nil && slices.Contains(c.advice.ShopperRisks, jwo.RiskBadDebt))
	if err != nil && !f.flagged && !f.blocked {
		return err
	}
	f.owed = owed
	if f.Facts, err = r.facts(ctx, p, d, owed); err != nil {
		return err
	}
	c.tell(f.Facts)
	v := p.decideCard(&f)
	d.Reason, d.Rule, d.override = v.reason, v.rule, v.override
	d.Shadow, d.broken = v.shadow, v.broken
	d.answer = v.answer()
	d.decide(Refused, http.StatusOK, v.reason)
	if !v.allow {
		return nil
	}
	d.Outcome = Accepted
	if c.trip == "" {
		return nil
	}
	at := c.at
	if at.IsZero() {
		at = d.started
	}
	return r.link(ctx, pay.Link{
		TripID: c.trip, StoreID: c.store, Visitor: c.visitor, Instrument: c.instrument, Hold: v.hold(c.amount), At: at,
	})
}

// tell adds what the request says to the facts.
func (c *card) tell(f *Facts) {
	f.EventType, f.InteractionType = c.kind, c.interaction
	if a, err := c.amount.Money(); err == nil {
		f.AmountMinor, f.Currency = int(a.Minor), string(a.Currency)
	}
	if c.advice != nil {
		f.Risks = append(f.Risks, c.advice.ShopperRisks...)
		if yes := c.advice.ShopperAuthorized; yes != nil {
			f.Recommended = map[bool]string{true: "yes", false: "no"}[*yes]
		}
	}
}

// hold is the pre-authorization as it stands after the answer: no currency
// when it is not known.
func (v *verdict) hold(authorized *jwo.AuthorizationMoney) money.Amount {
	held, err := authorized.Money()
	if v.adjust != nil {
		if other, e := v.adjust.Money(); e == nil && (err != nil || other.Currency == held.Currency && other.Cmp(held) < 0) {
			return other
		}
	}
	if err != nil {
		return money.Amount{}
	}
	return held
}
