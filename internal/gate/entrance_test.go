package gate_test

import (
	"context"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/gate"
	"github.com/strollhq/stroll/internal/outbox"
	"github.com/strollhq/stroll/internal/pay"
	"github.com/strollhq/stroll/internal/testkit"
	"github.com/strollhq/stroll/money"
)

// The gate and the real payments on one database: debts are looked up, a link
// makes the trip known, an app shopper's own pre-authorization is asked for.
func TestWithPayments(t *testing.T) {
	t.Parallel()
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		h := build(t, d, nil)
		set := pay.Settings{Currency: "USD"}
		set.Settlement.Route, set.Preauth.Amount = pay.OwnProcessor, "20"
		p := pay.New(pay.Config{
			DB: d, Outbox: outbox.New(outbox.Config{DB: d, Log: slog.New(slog.DiscardHandler)}),
			Settings: func(string) (pay.Settings, bool) { return set, true },
		})
		h.gate = gate.New(gate.Config{
			DB: d, Shoppers: h.shoppers, Debts: p, Links: p, Entrances: p,
			Settings: h.settings,
		})
		h.url, h.client = "http://gate.test", &http.Client{Transport: direct{h.handler()}}
		h.answers(h.authorize(tap("card-1", "trip-1")), true, "", "")
		got, err := p.Get(t.Context(), d.Reader(), "trip-1")
		if err != nil || got.State != pay.Preauthorized || got.Instrument != "card-1" || got.Hold != money.New(2500, "USD") {
			t.Errorf("the trip's payment is %+v, %v", got, err)
		}
		c := h.ada()
		body := scan(c.Text, c.IssuedAt)
		for range 3 {
			h.admitted(h.verify(body), "ada", "SHOPPER")
		}
		var wanted int
		err = d.Reader().QueryRowContext(t.Context(), `SELECT count(*) FROM pay_preauth WHERE event_id = $1 AND visitor = 'ada'`,
			body["authEvent"].(object)["id"]).Scan(&wanted)
		if err != nil || wanted != 1 {
			t.Errorf("%d pre-authorizations wanted, %v", wanted, err)
		}
	})
}

// processor is the own processor at the gate.
type processor struct {
	refuse  bool
	err     error
	wait    time.Duration
	asked   []pay.Entrance
	entered []pay.Entrance
}

func (p *processor) Enter(_ context.Context, tx *db.Tx, e pay.Entrance) error {
	tx.AfterCommit(func() { p.entered = append(p.entered, e) })
	return nil
}

func (p *processor) EnterNow(ctx context.Context, e pay.Entrance) (bool, error) {
	p.asked = append(p.asked, e)
	if p.wait > 0 {
		select {
		case <-time.After(p.wait):
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
	return p.refuse, p.err
}

func TestPreAuthBeforeTheAnswer(t *testing.T) {
	t.Parallel()
	for title, x := range map[string]struct {
		p      processor
		status int
		took   time.Duration
	}{
		"granted":          {processor{}, 200, 0},
		"refused":          {processor{refuse: true}, 401, 0},
		"broken":           {processor{err: errLedger}, 200, 0},
		"slow":             {processor{wait: 500 * time.Millisecond}, 200, 500 * time.Millisecond},
		"does not answer":  {processor{wait: time.Hour}, 200, time.Second}, // two thirds of the deadline
		"slow and refused": {processor{wait: time.Second / 2, refuse: true}, 401, time.Second / 2},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			inBubble(t, keys, func(t *testing.T, h *house) {
				p := x.p
				h.gate = gate.New(gate.Config{
					DB: h.db, Shoppers: h.shoppers, Debts: h.ledger, Links: h.ledger, Entrances: &p,
					EnterFirst: func(id string) bool { return id == store },
					Settings:   h.settings,
				})
				h.client = &http.Client{Transport: direct{h.handler()}}
				c := h.ada()
				body := scan(c.Text, c.IssuedAt)
				var a answer
				if d := took(func() { a = h.verify(body) }); a.Status != x.status || d != x.took {
					t.Errorf("answered %d after %s, want %d after %s", a.Status, d, x.status, x.took)
				}
				h.verify(body)
				h.verify(scan("unknown", time.Now()))
				h.verify(scan("cash#12", time.Now()))
				if len(p.asked) != 1 || p.asked[0].Visitor != "ada" || p.asked[0].EventID != body["authEvent"].(object)["id"] {
					t.Errorf("asked for %+v", p.asked)
				}
				if let := len(p.entered) == 1; let != (x.status == 200) {
					t.Errorf("entered %+v", p.entered)
				}
			})
		})
	}
}
