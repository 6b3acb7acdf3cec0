package pay

import (
	"context"
	"fmt"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/money"
)

// Books are our side's totals, to be laid beside Amazon's.
type Books struct {
	States []StateSum
	// Captured by trip, those with nothing captured left out.
	Captured map[string]money.Amount
	// Cancelled are the trips whose pre-authorization was released.
	Cancelled []string
	// Balances of the ledger's accounts by currency, debits minus credits, in
	// minor units. Their sum is zero in each currency.
	Balances []AccountSum
	Debts    []DebtSum
}

// StateSum counts and sums the payments of a state in a currency; payments
// without a known total have none.
type StateSum struct {
	State    State
	Currency money.Currency
	Count    int
	Total    int64 // minor units
	Captured int64
}

// AccountSum is the balance of an account.
type AccountSum struct {
	Account  string
	Currency money.Currency
	Balance  int64
}

// DebtSum counts and sums debts of a store by cause and state.
type DebtSum struct {
	StoreID, Cause, State string
	Currency              money.Currency
	Count                 int
	Amount                int64 // owed in all
	Remaining             int64
}

// Books reads the totals, all of one moment.
func (p *Pay) Books(ctx context.Context) (Books, error) {
	b := Books{Captured: map[string]money.Amount{}}
	err := p.db.Snapshot(ctx, func(ctx context.Context, q db.Querier) error { return b.read(ctx, q) })
	if err != nil {
		return Books{}, fmt.Errorf("books: %w", err)
	}
	return b, nil
}

func (b *Books) read(ctx context.Context, q db.Querier) error {
	if err := scanAll(ctx, q, `SELECT state, currency, COUNT(*), COALESCE(SUM(total), 0), COALESCE(SUM(captured), 0) FROM payment GROUP BY state, currency ORDER BY state, currency`, func(row scanner) error {
		var s StateSum
		err := row.Scan(&s.State, &s.Currency, &s.Count, &s.Total, &s.Captured)
		b.States = append(b.States, s)
		return err
	}); err != nil {
		return err
	}
	if err := scanAll(ctx, q, `SELECT trip_id, captured, currency FROM payment WHERE captured > 0`, func(row scanner) error {
		var trip string
		var a money.Amount
		err := row.Scan(&trip, &a.Minor, &a.Currency)
		b.Captured[trip] = a
		return err
	}); err != nil {
		return err
	}
	if err := scanAll(ctx, q, `SELECT trip_id FROM payment WHERE state = 'CANCEL_INITIATED' ORDER BY trip_id`, func(row scanner) error {
		var trip string
		err := row.Scan(&trip)
		b.Cancelled = append(b.Cancelled, trip)
		return err
	}); err != nil {
		return err
	}
	if err := scanAll(ctx, q, `SELECT account, currency, SUM(balance) FROM (
			SELECT debit AS account, currency, amount AS balance FROM ledger_entry
			UNION ALL SELECT credit AS account, currency, -amount AS balance FROM ledger_entry) posting
		GROUP BY account, currency ORDER BY account, currency`, func(row scanner) error {
		var s AccountSum
		err := row.Scan(&s.Account, &s.Currency, &s.Balance)
		b.Balances = append(b.Balances, s)
		return err
	}); err != nil {
		return err
	}
	return scanAll(ctx, q, `SELECT store_id, cause, state, currency, COUNT(*), SUM(amount), SUM(amount - paid - credited - written_off) FROM debt
		GROUP BY store_id, cause, state, currency ORDER BY store_id, cause, state, currency`, func(row scanner) error {
		var s DebtSum
		err := row.Scan(&s.StoreID, &s.Cause, &s.State, &s.Currency, &s.Count, &s.Amount, &s.Remaining)
		b.Debts = append(b.Debts, s)
		return err
	})
}
