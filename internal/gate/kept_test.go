package gate_test

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"testing"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/gate"
	"github.com/strollhq/stroll/internal/outbox"
	"github.com/strollhq/stroll/internal/pay"
	"github.com/strollhq/stroll/internal/testkit"
)

// kept is a house whose debts and trips are kept by package pay, so that its
// decisions may be one statement; with reads each of them reads first.
func kept(t testing.TB, d *db.DB, change func(*gate.Settings), reads bool) (*house, *pay.Pay) {
	t.Helper()
	h := build(t, d, change)
	set := pay.Settings{Currency: "USD"}
	p := pay.New(pay.Config{
		DB: d, Outbox: outbox.New(outbox.Config{DB: d, Log: slog.New(slog.DiscardHandler)}),
		Settings: func(string) (pay.Settings, bool) { return set, true },
	})
	c := gate.Config{
		DB: d, Shoppers: h.shoppers, Debts: p, Links: p, Books: p, Settings: h.settings, Metrics: h.metrics, Log: slog.New(h.log),
	}
	if reads {
		c.Books = nil
	}
	h.gate = gate.New(c)
	h.url, h.client = "http://gate.test", &http.Client{Transport: direct{h.handler()}}
	return h, p
}

// commits are the names of the commits asked for since the last look.
type commits struct {
	mu    sync.Mutex
	names []string
}

func (c *commits) note(point string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.names = append(c.names, point)
	return nil
}

func (c *commits) look() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	names := c.names
	c.names = nil
	return names
}

// probed opens a database whose commits are noted.
func probed(t testing.TB, dsn string) (*db.DB, *commits) {
	t.Helper()
	c := &commits{}
	d, err := db.Open(t.Context(), db.Config{DSN: dsn, Probe: c.note})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d, c
}

// owe writes a debt as another program might; state and amount as stored.
func owe(t testing.TB, d *db.DB, trip, visitor, instrument, state string, writtenOff, paid int64) {
	t.Helper()
	exec(t, d, `INSERT INTO debt (trip_id, store_id, visitor, instrument, cause, state, currency, amount, paid, credited, written_off, overpaid, surplus, reserved,
		blocks, escalated, opened_at, changed_at, closed_at) VALUES ($1, 'store-1', $2, $3, 'partial_capture', $4, 'USD', 500, $5, 0, $6, 0, 0, 0, 1, 0, 1, 1, 0)
		ON CONFLICT (trip_id) DO UPDATE SET state = excluded.state, paid = excluded.paid, written_off = excluded.written_off`,
		trip, visitor, instrument, state, paid, writtenOff)
}

func exec(t testing.TB, d *db.DB, query string, args ...any) {
	t.Helper()
	err := d.Tx(t.Context(), func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.ExecContext(ctx, query, args...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// twoProcesses are two houses on one database, each with a connection and a
// memory of its own.
func twoProcesses(t *testing.T, change func(*gate.Settings), f func(t *testing.T, here, there *house)) {
	testkit.EachDSN(t, func(t *testing.T, dsn string) {
		here, _ := kept(t, testkit.Open(t, dsn), change, false)
		there, _ := kept(t, testkit.Open(t, dsn), change, false)
		f(t, here, there)
	})
}
