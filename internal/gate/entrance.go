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

// entry is one scanned key to be decided on.
type entry struct {
	g              *Gate
	p              *policy
	key, event     string
	tried, refused bool // the pre-authorization that comes first
}

// judge decides, with the own processor's pre-authorization where the store
// wants one.
func (e *entry) judge(ctx context.Context, on grounds, d *Decision) error {
	if err := on.judgeKey(ctx, e.p, e.key, d); err != nil {
		return err
	}
	g, storeID := e.g, e.p.storeID
	if d.Outcome != Accepted || !d.admits || d.VisitorType != jwo.Shopper || !g.preauthorizes(storeID) {
		return nil
	}
	if on.tx == nil {
		return errUnsure // nothing is held on a card because of a guess
	}
	way := pay.Entrance{EventID: e.event, StoreID: storeID, Visitor: d.Visitor, At: d.EventAt}
	switch {
	case !e.tried && g.c.EnterFirst != nil && g.c.EnterFirst(storeID):
		return errPreAuth{way}
	case e.refused:
		d.decide(Refused, http.StatusUnauthorized, PreAuthRefused)
		return nil
	}
	return g.c.Entrances.Enter(ctx, on.tx, way)
}

func (e *entry) evaluate(ctx context.Context, fl *flight, base Decision) (*Decision, error) {
	d, err := e.g.evaluate(ctx, fl, e.p, base, e.judge)
	if wanted, ok := errors.AsType[errPreAuth](err); ok {
		e.tried = true
		e.refused = e.g.enterNow(ctx, e.p, wanted.entrance)
		d, err = e.g.settle(ctx, fl, base, e.judge)
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
