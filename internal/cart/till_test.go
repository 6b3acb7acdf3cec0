package cart_test

import (
	"context"
	"database/sql"
	"sync/atomic"
	"testing"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/internal/pay"
	"github.com/strollhq/stroll/money"
)

// till is the payments of a test: one row a trip, in the cart's transaction,
// so that a cart undone is a payment undone.
type till struct {
	db    *db.DB
	fail  atomic.Bool // Open fails
	shut  atomic.Bool // nothing can be guessed
	moved atomic.Bool // HoldTrip finds the money gone
}

type opening struct {
	Trip, Act, Reason, Entry, Visitor, Instrument, Currency string
	Total                                                   int64
	Opens, Reprices                                         int
}

func newTill(t *testing.T, d *db.DB) *till {
	t.Helper()
	err := d.Tx(t.Context(), func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS till (trip TEXT PRIMARY KEY, act TEXT NOT NULL, reason TEXT NOT NULL,
			entry TEXT NOT NULL, visitor TEXT NOT NULL, instrument TEXT NOT NULL, currency TEXT NOT NULL, total BIGINT NOT NULL,
			opens BIGINT NOT NULL, reprices BIGINT NOT NULL)`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return &till{db: d}
}

var putTill = db.Insert("till", `trip text, act text, reason text, entry text, visitor text, instrument text, currency text, total bigint,
	opens bigint, reprices bigint`, "ON CONFLICT (trip) DO UPDATE SET opens = till.opens + 1")

func (l *till) OpenStmts() []*db.Stmt { return []*db.Stmt{putTill} }

func (l *till) GuessOpen(ctx context.Context, w db.Putter, o pay.Opening) (int64, bool, error) {
	if l.shut.Load() {
		return 0, false, nil
	}
	return 0, true, l.open(ctx, w, o)
}

func (l *till) Open(ctx context.Context, tx *db.Tx, o pay.Opening) error { return l.open(ctx, tx, o) }

func (l *till) open(ctx context.Context, w db.Putter, o pay.Opening) error {
	if err := w.Put(ctx, putTill, o.TripID, string(o.Act), o.Reason, o.Entry, o.Visitor, o.Instrument, string(o.Total.Currency),
		o.Total.Minor, int64(1), int64(0)); err != nil {
		return err
	}
	if l.fail.Load() {
		return fault.New(fault.Unavailable, "the till is broken")
	}
	return nil
}

func (l *till) Reprice(ctx context.Context, tx *db.Tx, trip string, total money.Amount, act pay.Act, reason string) error {
	res, err := tx.ExecContext(ctx, `UPDATE till SET act = $1, reason = $2, currency = $3, total = $4, reprices = reprices + 1
		WHERE trip = $5 AND act = 'hold'`, string(act), reason, string(total.Currency), total.Minor, trip)
	return conflict(res, err)
}

func (l *till) HoldTrip(ctx context.Context, trip, by, reason string) error {
	if l.moved.Load() {
		return fault.New(fault.Conflict, "captured")
	}
	return l.turn(ctx, trip, "charge", "parked")
}

func (l *till) ReleaseTrip(ctx context.Context, trip, by, reason string) error {
	return l.turn(ctx, trip, "parked", "charge")
}

func (l *till) turn(ctx context.Context, trip, from, to string) error {
	return l.db.Tx(ctx, func(ctx context.Context, tx *db.Tx) error {
		return conflict(tx.ExecContext(ctx, `UPDATE till SET act = $1 WHERE trip = $2 AND act = $3`, to, trip, from))
	})
}

// conflict is a fault.Conflict when nothing was changed.
func conflict(res sql.Result, err error) error {
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return fault.New(fault.Conflict, "not in that state")
	}
	return nil
}

func (l *till) of(t *testing.T, trip string) opening {
	t.Helper()
	var o opening
	err := l.db.Reader().QueryRowContext(t.Context(), `SELECT trip, act, reason, entry, visitor, instrument, currency, total, opens, reprices
		FROM till WHERE trip = $1`, trip).Scan(&o.Trip, &o.Act, &o.Reason, &o.Entry, &o.Visitor, &o.Instrument, &o.Currency, &o.Total, &o.Opens, &o.Reprices)
	if err != nil {
		t.Fatalf("payment of trip %s: %v", trip, err)
	}
	return o
}
