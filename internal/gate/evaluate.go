package gate

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/internal/pay"
	"github.com/strollhq/stroll/jwo"
)

// judge fills in a decision. It may run more than once.
type judge func(context.Context, grounds, *Decision) error

// evaluate answers an event from its record or decides it, unless the store is
// asked too much.
func (g *Gate) evaluate(ctx context.Context, fl *flight, p *policy, base Decision,
	judge judge,
) (*Decision, error) {
	if !fl.counted {
		if wait, ok := p.throttle(base.API); !ok {
			// A repeat is answered from its record however busy the store is.
			d, err := prior(ctx, g.c.DB.Reader(), base.API, base.Event)
			if err != nil {
				return nil, err
			}
			if d == nil || d.body != base.body {
				return nil, &jwo.Refusal{Status: http.StatusTooManyRequests, RetryAfter: wait}
			}
			return d, nil
		}
	}
	if !fl.unsure {
		if x, err := g.guess(ctx, base, judge, g.c.DB.Reader()); err == nil {
			fl.wrong = true
			if d, _, err := x.wait(nil); d != nil || err != nil {
				return d, err
			}
		}
	}
	if fl.wrong {
		// Mostly it is a repeat, which one look answers.
		d, err := prior(ctx, g.c.DB.Reader(), base.API, base.Event)
		if err != nil {
			return nil, err
		}
		if d != nil && d.body == base.body {
			return d, nil
		}
	}
	return g.settle(ctx, fl, base, judge)
}

// settle answers an event from its record or decides it, in one transaction.
func (g *Gate) settle(ctx context.Context, fl *flight, base Decision, judge judge) (*Decision, error) {
	var out *Decision
	err := g.c.DB.Tx(ctx, func(ctx context.Context, tx *db.Tx) error {
		fl.known.Store(nil)
		d, err := prior(ctx, tx, base.API, base.Event)
		if err != nil {
			return err
		}
		if d != nil && d.body == base.body {
			out = d
			return nil
		}
		changed := d != nil
		d = base.fresh()
		if changed {
			d.decide(Invalid, http.StatusBadRequest, ChangedBody)
		} else {
			if err := judge(ctx, grounds{g: g, q: tx, tx: tx}, d); err != nil {
				return err
			}
			d.Recorded = d.Event != ""
		}
		if d.Outcome != Accepted {
			known := *d
			fl.known.Store(&known)
		}
		// After the deadline the caller has another answer already: nothing of
		// this one may take effect.
		if err := ctx.Err(); err != nil {
			return err
		}
		out = d
		return d.keep(ctx, tx)
	})
	if err != nil {
		return nil, err
	}
	g.hints.heard(out)
	return out, nil
}

// facts are what rules may ask.
func (r grounds) facts(ctx context.Context, p *policy, d *Decision, owed pay.Balance) (*Facts, error) {
	at := d.EventAt
	if at.IsZero() {
		at = d.started
	}
	local := at.In(p.zone)
	f := &Facts{
		Store: p.storeID, Entry: d.Entry, Location: d.Location, Visitor: d.VisitorType,
		Hour: local.Hour(), Minute: local.Minute(), Weekday: strings.ToLower(local.Weekday().String()),
		DebtMinor: int(owed.Amount.Minor), Debts: owed.Open, Risks: []string{},
	}
	if !p.visits {
		return f, nil
	}
	var err error
	f.VisitsHour, f.VisitsDay, err = r.visits(ctx, d, at)
	return f, err
}

// keepFailure records an answer whose transaction failed, after the answer went
// out and if the database can: a refusal that was known as what it is, anything
// else as no decision, so that a repeat is evaluated afresh.
func (g *Gate) keepFailure(ctx context.Context, known *Decision, d Decision, cause error) {
	if _, limited := errors.AsType[*jwo.Refusal](cause); limited || errors.Is(cause, fault.Unavailable) {
		return
	}
	f := d.fresh()
	if known != nil {
		f = known.fresh()
	} else {
		def(&f.Reason, failureReason(cause))
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	if err := g.c.DB.Tx(ctx, func(ctx context.Context, tx *db.Tx) error { return f.keep(ctx, tx) }); err != nil {
		g.log.WarnContext(ctx, "record an answer without a decision", "store", d.StoreID, "event", d.Event, "error", err)
	}
}

// throttle takes a token of the store's bucket for one operation, or says how
// long to wait.
func (p *policy) throttle(api string) (wait time.Duration, ok bool) {
	b := p.buckets[api]
	if b == nil {
		return 0, true
	}
	r := b.Reserve()
	if !r.OK() {
		return time.Second, false
	}
	if wait = r.Delay(); wait > 0 {
		r.Cancel()
		return wait, false
	}
	return 0, true
}

// note counts and logs an answered event.
func (g *Gate) note(ctx context.Context, p *policy, d *Decision, again bool, start time.Time) {
	switch {
	case d.Outcome == Invalid:
		g.m.changed.Inc(d.StoreID, d.API)
		g.log.WarnContext(ctx, "an event was repeated with another content", "store", d.StoreID, "api", d.API, "event", d.Event)
	case again:
		g.m.duplicates.Inc(d.StoreID, d.API)
	default:
		g.m.decided(d)
		g.observe(ctx, p, d)
		g.log.InfoContext(ctx, "gate decision", "store", d.StoreID, "api", d.API, "event", d.Event, "outcome", d.Outcome,
			"reason", d.Reason, "rule", d.Rule, "visitor_type", d.VisitorType, "policy", d.Policy, "took", d.Took)
		for _, name := range d.broken {
			g.log.WarnContext(ctx, "a rule could not be computed", "store", d.StoreID, "rule", name, "on_rule_error", p.set.OnRuleError)
		}
	}
	if d.API == jwo.APIGetShopperAuthorization {
		g.m.answered(d, start)
		return
	}
	outcome := d.Outcome
	if again {
		outcome = fmt.Sprintf("%s_again", d.Outcome)
	}
	g.m.verified(d, outcome, start)
}
