package pay

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/money"
)

// errStale says that somebody else moved the payment since it was read: read
// it again.
var errStale = errors.New("the payment was changed by somebody else")

// ms is a time as stored: Unix milliseconds, 0 for none.
func ms(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func at(v int64) time.Time {
	if v == 0 {
		return time.Time{}
	}
	return time.UnixMilli(v)
}

func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

const paymentColumns = `trip_id, version, store_id, purchase_id, state, act, reason, route, entry, visitor, instrument,
	currency, priced, total, hold, authorized, captured, sold, started_at, ended_at, opened_at, expires_at, captured_at, settled_at,
	changed_at, warned, parked_from, due_at, declines, indebted, partial, auth_ref, note`

type scanner interface{ Scan(...any) error }

func scanPayment(row scanner) (Payment, error) {
	var p Payment
	var currency money.Currency
	var priced, total, hold, authorized, captured int64
	var started, ended, opened, expires, capturedAt, settled, changed, due int64
	var indebted, partial int64
	err := row.Scan(&p.TripID, &p.version, &p.StoreID, &p.PurchaseID, &p.State, &p.Act, &p.Reason, &p.Route, &p.Entry, &p.Visitor, &p.Instrument,
		&currency, &priced, &total, &hold, &authorized, &captured, &p.sold, &started, &ended, &opened, &expires, &capturedAt, &settled,
		&changed, &p.warned, &p.ParkedFrom, &due, &p.declines, &indebted, &partial, &p.authRef, &p.Note)
	if err != nil {
		return Payment{}, err
	}
	if priced != 0 {
		p.Total = money.New(total, currency)
	}
	if hold >= 0 && currency != "" {
		p.Hold = money.New(hold, currency)
	}
	if currency != "" {
		p.Authorized, p.Captured = money.New(authorized, currency), money.New(captured, currency)
	}
	p.Started, p.Ended, p.Opened, p.Expires = at(started), at(ended), at(opened), at(expires)
	p.CapturedAt, p.SettledAt, p.Changed, p.Due = at(capturedAt), at(settled), at(changed), at(due)
	p.indebted, p.partial = indebted != 0, partial != 0
	return p, nil
}

// currency is the one currency of a payment; empty while no amount is known.
func (p Payment) currency() money.Currency {
	if p.Total.Currency != "" {
		return p.Total.Currency
	}
	return p.Hold.Currency
}

// values are the columns after trip_id and version, in paymentColumns' order.
func (p Payment) values() []any {
	hold := int64(-1)
	if p.Hold.Currency != "" {
		hold = p.Hold.Minor
	}
	return []any{p.StoreID, p.PurchaseID, string(p.State), string(p.Act), p.Reason, p.Route, p.Entry, p.Visitor, p.Instrument,
		string(p.currency()), bit(p.Priced()), p.Total.Minor, hold, p.Authorized.Minor, p.Captured.Minor, p.sold,
		ms(p.Started), ms(p.Ended), ms(p.Opened), ms(p.Expires), ms(p.CapturedAt), ms(p.SettledAt),
		ms(p.Changed), p.warned, string(p.ParkedFrom), ms(p.Due), p.declines, bit(p.indebted), bit(p.partial), p.authRef, p.Note, bit(p.Final())}
}

var (
	insertPayment = fmt.Sprintf(`INSERT INTO payment (%s, final) VALUES (%s) ON CONFLICT (trip_id) DO NOTHING`, paymentColumns, marks(1, 34))
	updatePayment = func() string {
		var set []string
		columns := strings.Split(paymentColumns+", final", ",")
		for i, column := range columns[1:] {
			set = append(set, fmt.Sprintf("%s = $%d", strings.TrimSpace(column), i+1))
		}
		n := len(columns)
		return fmt.Sprintf(`UPDATE payment SET %s WHERE trip_id = $%d AND version = $%d`, strings.Join(set, ", "), n, n+1)
	}()
)

// marks is "$from, … $to".
func marks(from, to int) string {
	var b strings.Builder
	for i := from; i <= to; i++ {
		if i > from {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "$%d", i)
	}
	return b.String()
}

// loadPayment is fault.NotFound for a trip nobody heard of.
func loadPayment(ctx context.Context, q db.Querier, tripID string) (Payment, error) {
	p, err := scanPayment(q.QueryRowContext(ctx, `SELECT `+paymentColumns+` FROM payment WHERE trip_id = $1`, tripID))
	if errors.Is(err, sql.ErrNoRows) {
		return Payment{}, fault.New(fault.NotFound, "no payment of trip %s", tripID)
	}
	if err != nil {
		return Payment{}, fmt.Errorf("payment of trip %s: %w", tripID, err)
	}
	return p, nil
}

// storePayment inserts (was = 0) or compares-and-swaps the payment.
func storePayment(ctx context.Context, tx *db.Tx, p Payment, was int64) error {
	var res sql.Result
	var err error
	if was == 0 {
		res, err = tx.ExecContext(ctx, insertPayment, append([]any{p.TripID, p.version}, p.values()...)...)
	} else {
		args := append([]any{p.version}, p.values()...)
		res, err = tx.ExecContext(ctx, updatePayment, append(args, p.TripID, was)...)
	}
	if err != nil {
		return fmt.Errorf("store payment %s: %w", p.TripID, err)
	}
	if n, err := res.RowsAffected(); err != nil {
		return fmt.Errorf("store payment %s: %w", p.TripID, err)
	} else if n == 0 {
		return errStale
	}
	return nil
}
