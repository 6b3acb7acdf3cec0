package pay

import (
	"context"
	"fmt"
	"time"

	"github.com/strollhq/stroll/internal/db"
)

// Get is the payment of a trip; fault.NotFound if there is none.
func (p *Pay) Get(ctx context.Context, q db.Querier, tripID string) (Payment, error) {
	return loadPayment(ctx, q, tripID)
}

// Filter narrows List; the zero value is every payment.
type Filter struct {
	StoreID string
	State   State
	Open    bool // only those that are not final
	// Unconfirmed before this time: Captures accepted then and still not
	// confirmed, the ageing list.
	Unconfirmed time.Time
	Limit       int // 0 = 1000
}

// List is payments by the nearest deadline.
func (p *Pay) List(ctx context.Context, f Filter) ([]Payment, error) {
	if f.Limit <= 0 {
		f.Limit = 1000
	}
	before := ms(f.Unconfirmed)
	rows, err := p.db.Reader().QueryContext(ctx, `SELECT `+paymentColumns+` FROM payment
		WHERE ($1 = '' OR store_id = $1) AND ($2 = '' OR state = $2) AND ($3 = 0 OR final = 0)
			AND ($4 = 0 OR (state = 'CAPTURE_INITIATED' AND captured_at < $4))
		ORDER BY expires_at, trip_id LIMIT $5`, f.StoreID, string(f.State), bit(f.Open), before, f.Limit)
	if err != nil {
		return nil, fmt.Errorf("payments: %w", err)
	}
	defer rows.Close()
	var all []Payment
	for rows.Next() {
		one, err := scanPayment(rows)
		if err != nil {
			return nil, fmt.Errorf("payments: %w", err)
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

// Parked are the payments that wait for an operator, by due date and deadline.
func (p *Pay) Parked(ctx context.Context) ([]Payment, error) {
	return p.List(ctx, Filter{State: Parked})
}

// Ageing are the Captures Amazon accepted longer ago than their store's
// capture.confirm_within and that nothing has confirmed since: the list somebody
// looks at every day (contract: payments 9.4).
func (p *Pay) Ageing(ctx context.Context) ([]Payment, error) {
	stores, err := p.capturing(ctx)
	if err != nil {
		return nil, fmt.Errorf("ageing captures: %w", err)
	}
	all := []Payment{}
	for _, id := range stores {
		before := time.Now().Add(-p.settingsOf(id).Capture.ConfirmWithin)
		some, err := p.List(ctx, Filter{StoreID: id, Unconfirmed: before})
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}

// Debts are those still open, oldest first.
func (p *Pay) Debts(ctx context.Context) ([]Debt, error) {
	rows, err := p.db.Reader().QueryContext(ctx, `SELECT `+debtColumns+` FROM debt WHERE state IN ('OPEN', 'PARTLY_PAID') ORDER BY opened_at, trip_id`)
	if err != nil {
		return nil, fmt.Errorf("debts: %w", err)
	}
	defer rows.Close()
	var all []Debt
	for rows.Next() {
		d, err := scanDebt(rows)
		if err != nil {
			return nil, fmt.Errorf("debts: %w", err)
		}
		all = append(all, d)
	}
	return all, rows.Err()
}

// Step is one row of a payment's history.
type Step struct {
	Was, Became State
	Event       Event
	At          time.Time
	By, Note    string
}

// History is every transition of a payment, in order.
func (p *Pay) History(ctx context.Context, tripID string) ([]Step, error) {
	rows, err := p.db.Reader().QueryContext(ctx, `SELECT was, event, became, at, by_whom, note FROM pay_history WHERE trip_id = $1 ORDER BY seq`, tripID)
	if err != nil {
		return nil, fmt.Errorf("history of trip %s: %w", tripID, err)
	}
	defer rows.Close()
	var all []Step
	for rows.Next() {
		var s Step
		var when int64
		if err := rows.Scan(&s.Was, &s.Event, &s.Became, &when, &s.By, &s.Note); err != nil {
			return nil, fmt.Errorf("history of trip %s: %w", tripID, err)
		}
		s.At = at(when)
		all = append(all, s)
	}
	return all, rows.Err()
}

// Journal is the ledger of one trip, or all of it for an empty id, in order.
func (p *Pay) Journal(ctx context.Context, tripID string) ([]Entry, error) {
	return journalOf(ctx, p.db.Reader(), tripID)
}

func journalOf(ctx context.Context, q db.Querier, tripID string) ([]Entry, error) {
	rows, err := q.QueryContext(ctx, `SELECT id, trip_id, kind, debit, credit, amount, currency, by_whom, ref, note, at FROM ledger_entry
		WHERE $1 = '' OR trip_id = $1 ORDER BY trip_id, id`, tripID)
	if err != nil {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	defer rows.Close()
	var all []Entry
	for rows.Next() {
		var e Entry
		var when int64
		if err := rows.Scan(&e.ID, &e.TripID, &e.Kind, &e.Debit, &e.Credit, &e.Amount.Minor, &e.Amount.Currency, &e.By, &e.Ref, &e.Note, &when); err != nil {
			return nil, fmt.Errorf("ledger: %w", err)
		}
		e.At = at(when)
		all = append(all, e)
	}
	return all, rows.Err()
}
