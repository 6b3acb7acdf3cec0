package demo_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/strollhq/stroll/internal/app"
	"github.com/strollhq/stroll/internal/demo"
	"github.com/strollhq/stroll/internal/gate"
	"github.com/strollhq/stroll/internal/pay"
	"github.com/strollhq/stroll/internal/shopper"
	"github.com/strollhq/stroll/jwosim"
	"github.com/strollhq/stroll/jwosim/scenario"
)

// played is what is asked of one store.
type played struct {
	strategy string
	edit     func(*app.Config)
}

// inScenarios opens a store for scenarios and plays them all.
func (p played) play(t *testing.T, match ...string) []scenario.Result {
	t.Helper()
	var results []scenario.Result
	inWorld(t, func(c *demo.Config, _ *http.Client) {
		edit := c.Edit
		c.Edit = func(a *app.Config) {
			edit(a)
			a.Stores[0].Gate.Strategy = p.strategy
			a.Stores[0].Gate.Doors.ResolveScan = true
			a.Stores[0].Gate.OpaqueKeys = nil
			if p.edit != nil {
				p.edit(a)
			}
		}
	}, func(t *testing.T, o opened) {
		list, err := scenario.Match(match...)
		if err != nil {
			t.Fatal(err)
		}
		r := scenario.Runner{Sim: o.Sim, Options: o.options(p.strategy)}
		results = r.RunAll(o.ctx, list, 8, nil)
		for _, res := range results {
			t.Log(res)
		}
		rest(t, o.ctx, o.World)
	})
	return results
}

// options are what this store knows.
func (o opened) options(strategy string) scenario.Options {
	return scenario.Options{
		Item: "SNK-001", Freshness: time.Minute, Patience: 5 * time.Minute, Quiet: time.Minute, Code: (&queue{opened: o}).code,
	}
}

// queue draws codes for people in every role.
type queue struct {
	opened
	n int
}

func (q *queue) code(ctx context.Context, r scenario.Role) (string, error) {
	s := shopper.Shopper{ID: fmt.Sprintf("%s-%s", r, time.Now().Format("150405.000000000")), Kind: "SHOPPER", Name: string(r), Status: "active", PaymentMethod: true, CardExpires: time.Now().AddDate(1, 0, 0), Created: time.Now()}
	then := func() error { return nil }
	switch r {
	case scenario.Associate:
		s.Kind = "ASSOCIATE"
	case scenario.Cash:
		s.Kind, s.PaymentMethod = "CASH_SHOPPER", false
	case scenario.Debtor:
		s.ID = "debtor"
	case scenario.Flagged:
		then = func() error { s.Fraud = true; return q.App.Shoppers.Put(ctx, s) }
	case scenario.OldCard:
		then = func() error { s.CardExpires = time.Now().AddDate(0, -1, 0); return q.App.Shoppers.Put(ctx, s) }
	case scenario.NoMethod:
		then = func() error { s.PaymentMethod = false; return q.App.Shoppers.Put(ctx, s) }
	case scenario.Revoked:
		then = func() error { return q.App.Gate.RevokeAll(ctx, s.ID) }
	case scenario.Indebted:
		return "", scenario.ErrNoCode
	}
	if err := q.App.Shoppers.Put(ctx, s); err != nil {
		return "", err
	}
	code, err := q.App.Gate.IssueCode(ctx, demo.StoreID, s.ID)
	if err != nil {
		return "", err
	}
	return code.Text, then()
}

func TestScenarios(t *testing.T) {
	for _, strategy := range strategies {
		t.Run(strategy, func(t *testing.T) {
			played{strategy: strategy}.play(t, "all")
		})
	}
}

var (
	_ = errors.Is
	_ = gate.Debt
	_ = pay.CauseExpired
	_ = jwosim.NoFaults
)
