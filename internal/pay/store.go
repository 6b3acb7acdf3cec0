package pay

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
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

// paymentSet is the columns after the trip's id, and final, which only the
// indexes read.
const (
	paymentSet = `version bigint, store_id text, purchase_id text, state text, act text, reason text, route text, entry text, visitor text,
		instrument text, currency text, priced bigint, total bigint, hold bigint, authorized bigint, captured bigint, sold bigint,
		started_at bigint, ended_at bigint, opened_at bigint, expires_at bigint, captured_at bigint, settled_at bigint,
		changed_at bigint, warned bigint, parked_from text, due_at bigint, declines bigint, indebted bigint, partial bigint, auth_ref text, note text`
	paymentAll = paymentSet + `, final bigint`
)

var paymentColumns = "trip_id, " + db.Names(paymentSet)

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

// values are the columns of paymentAll after the version.
func (p Payment) values() []any {
	return []any{p.StoreID, p.PurchaseID, string(p.State), string(p.Act), p.Reason, p.Route, p.Entry, p.Visitor, p.Instrument,
		string(p.currency()), bit(p.Priced()), p.Total.Minor, p.holdMinor(), p.Authorized.Minor, p.Captured.Minor, p.sold,
		ms(p.Started), ms(p.Ended), ms(p.Opened), ms(p.Expires), ms(p.CapturedAt), ms(p.SettledAt),
		ms(p.Changed), p.warned, string(p.ParkedFrom), ms(p.Due), p.declines, bit(p.indebted), bit(p.partial), p.authRef, p.Note, bit(p.Final())}
}

var (
	insertPayment = db.Insert("payment", "trip_id text, "+paymentAll, "ON CONFLICT (trip_id) DO NOTHING")
	swapPayment   = db.Update("payment", paymentAll, "trip_id text, version bigint")

	// Most steps of the worker move an opened payment or only store an intent.
	// They leave alone what the cart fixed, and the indexes over it.
	movePayment = db.Update("payment", `version bigint, state text, act text, reason text, hold bigint, authorized bigint, captured bigint, sold bigint,
		captured_at bigint, settled_at bigint, changed_at bigint, warned bigint, parked_from text, due_at bigint, declines bigint, indebted bigint,
		partial bigint, auth_ref text, note text, final bigint`, "trip_id text, version bigint")
	touchPayment = db.Update("payment", "version bigint", "trip_id text, version bigint")
)

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

// holdMinor is the hold as stored, -1 when it is not known.
func (p Payment) holdMinor() int64 {
	if p.Hold.Currency == "" {
		return -1
	}
	return p.Hold.Minor
}

// move are the values of movePayment.
func (p Payment) move(was int64) []any {
	return []any{p.version, string(p.State), string(p.Act), p.Reason, p.holdMinor(), p.Authorized.Minor, p.Captured.Minor, p.sold,
		ms(p.CapturedAt), ms(p.SettledAt), ms(p.Changed), p.warned, string(p.ParkedFrom), ms(p.Due), p.declines, bit(p.indebted),
		bit(p.partial), p.authRef, p.Note, bit(p.Final()), p.TripID, was}
}

// fixed is what movePayment does not write.
func (p Payment) fixed() Payment {
	return Payment{TripID: p.TripID, StoreID: p.StoreID, PurchaseID: p.PurchaseID, Route: p.Route, Entry: p.Entry, Visitor: p.Visitor,
		Instrument: p.Instrument, Total: p.Total, Hold: p.zero(), Started: p.Started, Ended: p.Ended, Opened: p.Opened, Expires: p.Expires}
}

// swap are the values of swapPayment.
func (p Payment) swap(was int64) []any {
	return append(append([]any{p.version}, p.values()...), p.TripID, was)
}

// storePayment inserts (was = 0) or compares-and-swaps the payment.
func storePayment(ctx context.Context, w db.Putter, p Payment, was int64) error {
	var err error
	if was == 0 {
		err = w.Put(ctx, insertPayment, append([]any{p.TripID, p.version}, p.values()...)...)
	} else {
		err = w.Put(ctx, swapPayment, p.swap(was)...)
	}
	if errors.Is(err, db.ErrChanged) {
		return errStale
	}
	if err != nil {
		return fmt.Errorf("store payment %s: %w", p.TripID, err)
	}
	return nil
}
