package gate

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/strollhq/stroll/internal/pay"
	"github.com/strollhq/stroll/jwo"
)

// errPreAuth is how a transaction says that its visitor would be let in once a
// pre-authorization was tried: that means the network, so it happens between
// two transactions.
type errPreAuth struct{ entrance pay.Entrance }

func (errPreAuth) Error() string { return "a pre-authorization comes first" }

// enter decides on a scanned key, with the own processor's pre-authorization
// where the store wants one.
func (g *Gate) enter(ctx context.Context, fl *flight, p *policy, base Decision, key, event string) (*Decision, error) {
	first := g.c.Entrances != nil && g.c.EnterFirst != nil && g.c.EnterFirst(p.storeID)
	tried, refused := false, false
	decide := func(ctx context.Context, on grounds, d *Decision) error {
		if err := on.judgeKey(ctx, p, key, d); err != nil {
			return err
		}
		if d.Outcome != Accepted || !d.admits || d.VisitorType != jwo.Shopper || !g.preauthorizes(p.storeID) {
			return nil
		}
		if on.tx == nil {
			return errUnsure // nothing is held on a card because of a guess
		}
		e := pay.Entrance{EventID: event, StoreID: p.storeID, Visitor: d.Visitor, At: d.EventAt}
		switch {
		case first && !tried:
			return errPreAuth{e}
		case refused:
			d.decide(Refused, http.StatusUnauthorized, PreAuthRefused)
			return nil
		}
		return g.c.Entrances.Enter(ctx, on.tx, e)
	}
	d, err := g.evaluate(ctx, fl, p, base, decide)
	if wanted, ok := errors.AsType[errPreAuth](err); ok {
		tried = true
		refused = g.enterNow(ctx, p, wanted.entrance)
		d, err = g.settle(ctx, fl, base, decide)
	}
	return d, err
}

// preauthorizes says whether a store may want a pre-authorization of its own.
func (g *Gate) preauthorizes(storeID string) bool {
	return g.c.Entrances != nil && (g.c.Enters == nil || g.c.Enters(storeID))
}

// enterNow has two thirds of what is left of the deadline. A processor that
// does not answer refuses nobody: the shopper is charged at the exit.
func (g *Gate) enterNow(ctx context.Context, p *policy, e pay.Entrance) (refused bool) {
	if end, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Until(end)*2/3)
		defer cancel()
	}
	refused, err := g.c.Entrances.EnterNow(ctx, e)
	if err != nil {
		g.m.failures.Inc(p.storeID, jwo.APIVerifyIdentityKeys, "preauth")
		g.log.WarnContext(ctx, "pre-authorization before the answer", "store", p.storeID, "event", e.EventID, "error", err)
		return false
	}
	return refused
}
