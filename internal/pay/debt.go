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

// Causes of a debt (contract: payments 10).
const (
	CauseDeclined        = "declined_adjustment"
	CausePartial         = "partial_capture"
	CauseExpired         = "expired_preauth"
	CauseCaptureDeclined = "capture_declined"
)

// States of a debt.
const (
	DebtOpen       = "OPEN"
	DebtPartlyPaid = "PARTLY_PAID"
	DebtResolved   = "RESOLVED"
	DebtWrittenOff = "WRITTEN_OFF"
)

// Debt is what is owed for one trip. All sums are minor units of Currency.
type Debt struct {
	TripID, StoreID     string
	Visitor, Instrument string
	Cause               string // of its opening
	State               string
	Currency            money.Currency
	Amount              int64 // owed in all, over its life
	Paid                int64 // paid off
	Credited            int64 // captured late
	WrittenOff          int64
	Overpaid            int64 // captured although already paid
	Surplus             int64 // paid off although already settled
	Reserved            int64 // by payoffs under way
	Blocks              bool  // keeps the payer out while open
	Escalated           bool
	Opened              time.Time
	Changed             time.Time
	Closed              time.Time // zero while open
}

// Remaining is what is still owed.
func (d Debt) Remaining() int64 { return d.Amount - d.Paid - d.Credited - d.WrittenOff }

// Balance is Remaining as an amount.
func (d Debt) Balance() money.Amount { return money.New(d.Remaining(), d.Currency) }

// touch derives the state from the sums.
func (d *Debt) touch(now time.Time) {
	d.Changed = now
	switch {
	case d.Remaining() > 0 && d.Paid+d.Credited > 0:
		d.State, d.Closed = DebtPartlyPaid, time.Time{}
	case d.Remaining() > 0:
		d.State, d.Closed = DebtOpen, time.Time{}
	case d.WrittenOff > 0:
		d.State = DebtWrittenOff
	default:
		d.State = DebtResolved
	}
	if d.Remaining() == 0 && d.Closed.IsZero() {
		d.Closed = now
	}
}

// owe opens the debt of a trip, or raises it.
func owe(d *Debt, p Payment, m move, c *change) *Debt {
	if d == nil {
		d = &Debt{TripID: p.TripID, StoreID: p.StoreID, Visitor: p.Visitor, Instrument: p.Instrument, Cause: m.cause,
			Currency: m.amount.Currency, Blocks: true, Opened: c.now}
		if m.cause == CauseExpired && c.s.Debt.OutageExempt && c.outage() {
			d.Blocks = false
		}
	}
	d.Amount += m.amount.Minor
	d.touch(c.now)
	return d
}

// outage tells that the charge ended without ever having got an answer: the
// fault of a machine, not of the payer.
func (c *change) outage() bool {
	for _, t := range c.history {
		if t.Event == expired && (t.Was == CartPriced || t.Was == AdjustUnknown) {
			return true
		}
	}
	return false
}

const debtRow = `trip_id text, store_id text, visitor text, instrument text, cause text, state text, currency text, amount bigint, paid bigint,
	credited bigint, written_off bigint, overpaid bigint, surplus bigint, reserved bigint, blocks bigint, escalated bigint, opened_at bigint,
	changed_at bigint, closed_at bigint`

var debtColumns = db.Names(debtRow)

func scanDebt(row scanner) (Debt, error) {
	var d Debt
	var blocks, escalated, opened, changed, closed int64
	err := row.Scan(&d.TripID, &d.StoreID, &d.Visitor, &d.Instrument, &d.Cause, &d.State, &d.Currency, &d.Amount, &d.Paid, &d.Credited, &d.WrittenOff,
		&d.Overpaid, &d.Surplus, &d.Reserved, &blocks, &escalated, &opened, &changed, &closed)
	d.Blocks, d.Escalated = blocks != 0, escalated != 0
	d.Opened, d.Changed, d.Closed = at(opened), at(changed), at(closed)
	return d, err
}

func loadDebt(ctx context.Context, q db.Querier, tripID string) (Debt, error) {
	d, err := scanDebt(q.QueryRowContext(ctx, `SELECT `+debtColumns+` FROM debt WHERE trip_id = $1`, tripID))
	if errors.Is(err, sql.ErrNoRows) {
		return Debt{}, fault.New(fault.NotFound, "no debt of trip %s", tripID)
	}
	if err != nil {
		return Debt{}, fmt.Errorf("debt of trip %s: %w", tripID, err)
	}
	return d, nil
}

var putDebt = db.Insert("debt", debtRow, `
	ON CONFLICT (trip_id) DO UPDATE SET visitor = excluded.visitor, instrument = excluded.instrument, state = excluded.state, amount = excluded.amount,
		paid = excluded.paid, credited = excluded.credited, written_off = excluded.written_off, overpaid = excluded.overpaid, surplus = excluded.surplus, reserved = excluded.reserved,
		blocks = excluded.blocks, escalated = excluded.escalated, changed_at = excluded.changed_at, closed_at = excluded.closed_at`)

func storeDebt(ctx context.Context, w db.Putter, d Debt) error {
	err := w.Put(ctx, putDebt, d.TripID, d.StoreID, d.Visitor, d.Instrument, d.Cause, d.State, string(d.Currency), d.Amount, d.Paid, d.Credited,
		d.WrittenOff, d.Overpaid, d.Surplus, d.Reserved, bit(d.Blocks), bit(d.Escalated), ms(d.Opened), ms(d.Changed), ms(d.Closed))
	if err != nil {
		return fmt.Errorf("store debt of trip %s: %w", d.TripID, err)
	}
	return nil
}

// Debt is the debt of a trip; fault.NotFound when it never had one.
func (p *Pay) Debt(ctx context.Context, q db.Querier, tripID string) (Debt, error) {
	return loadDebt(ctx, q, tripID)
}

// Owed is what a payer owes in all stores: debts found by the instrument or by
// the visitor, whichever entry they came by. Debts written off count unless
// the store's setting restores access; debts that do not block are left out.
func (p *Pay) Owed(ctx context.Context, q db.Querier, who Who) (Balance, error) {
	rows, err := q.QueryContext(ctx, `SELECT `+debtColumns+` FROM debt WHERE (instrument <> '' AND instrument = $1) OR (visitor <> '' AND visitor = $2)`,
		who.Instrument, who.Visitor)
	if err != nil {
		return Balance{}, fmt.Errorf("debts of a payer: %w", err)
	}
	defer rows.Close()
	var b Balance
	var seen int
	for rows.Next() {
		d, err := scanDebt(rows)
		if err != nil {
			return Balance{}, fmt.Errorf("debts of a payer: %w", err)
		}
		seen++
		owed := d.Remaining()
		if d.State == DebtWrittenOff && !p.settingsOf(d.StoreID).Debt.WriteoffRestoresAccess {
			owed = d.WrittenOff
		}
		if owed == 0 || !d.Blocks {
			continue
		}
		b.Open++
		// Debts in several currencies cannot be summed; the first one is shown,
		// and any of them keeps the payer out.
		if b.Amount.Currency == "" || (b.Amount.Currency != d.Currency && d.StoreID == who.StoreID) {
			b.Amount = money.New(0, d.Currency)
		}
		if b.Amount.Currency == d.Currency {
			b.Amount.Minor += owed
		}
	}
	b.ClearedBefore = seen > 0 && b.Open == 0
	return b, rows.Err()
}
