package pay

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sort"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/money"
)

// Verification is what recomputing the books found.
type Verification struct {
	Trips, Entries int
	Differences    []string // empty when the books are right
}

// OK tells that the books are right.
func (v Verification) OK() bool { return len(v.Differences) == 0 }

// pageOf is how many trips are held in memory at a time.
const pageOf = 1000

// Verify recomputes every balance from the ledger's entries and every state
// from the history, and compares them with what is stored, all of one moment.
// It holds up nobody who writes.
func (p *Pay) Verify(ctx context.Context) (Verification, error) {
	var v Verification
	err := p.db.Snapshot(ctx, func(ctx context.Context, q db.Querier) error {
		v = Verification{}
		for last := ""; ; {
			var end string
			err := q.QueryRowContext(ctx, `SELECT trip_id FROM payment WHERE trip_id > $1 ORDER BY trip_id LIMIT 1 OFFSET $2`, last, pageOf-1).Scan(&end)
			where, args := "trip_id > $1 AND trip_id <= $2", []any{last, end}
			if errors.Is(err, sql.ErrNoRows) {
				where, args = "trip_id > $1", []any{last}
			} else if err != nil {
				return fmt.Errorf("verify: %w", err)
			}
			if err := v.page(ctx, q, where, args...); err != nil || end == "" {
				return err
			}
			last = end
		}
	})
	sort.Strings(v.Differences)
	return v, err
}

// books are one trip's records as read.
type books struct {
	p       Payment
	d       *Debt
	balance map[string]int64
	ops     []operation
	state   State
}

func (v *Verification) differ(trip, format string, args ...any) {
	v.Differences = append(v.Differences, "trip "+trip+": "+fmt.Sprintf(format, args...))
}

// page verifies the trips of a condition.
func (v *Verification) page(ctx context.Context, q db.Querier, where string, args ...any) error {
	trips := map[string]*books{}
	// of finds the trip of a record; nil, and a difference, if there is none.
	of := func(trip string) *books {
		b := trips[trip]
		if b == nil {
			v.differ(trip, "a record of a trip that has no payment")
		}
		return b
	}
	for _, part := range []struct {
		query string
		scan  func(scanner) error
	}{
		{`SELECT ` + paymentColumns + ` FROM payment WHERE ` + where, func(row scanner) error {
			p, err := scanPayment(row)
			trips[p.TripID] = &books{p: p, balance: map[string]int64{}}
			v.Trips++
			return err
		}},
		{`SELECT ` + debtColumns + ` FROM debt WHERE ` + where, func(row scanner) error {
			d, err := scanDebt(row)
			if b := of(d.TripID); b != nil {
				b.d = &d
			}
			return err
		}},
		{`SELECT trip_id, debit, credit, amount, currency FROM ledger_entry WHERE ` + where, func(row scanner) error {
			var trip, debit, credit string
			var amount money.Amount
			err := row.Scan(&trip, &debit, &credit, &amount.Minor, &amount.Currency)
			v.Entries++
			if b := of(trip); b != nil {
				b.balance[debit] += amount.Minor
				b.balance[credit] -= amount.Minor
				if amount.Currency != b.p.currency() {
					v.differ(trip, "an entry in %s, the payment in %s", amount.Currency, b.p.currency())
				}
			}
			return err
		}},
		{`SELECT trip_id, op, seq, state, amount, touched FROM pay_operation WHERE ` + where, func(row scanner) error {
			var o operation
			err := row.Scan(&o.TripID, &o.Op, &o.Seq, &o.State, &o.Amount.Minor, &o.Touched)
			if b := of(o.TripID); b != nil {
				b.ops = append(b.ops, o)
			}
			return err
		}},
		{`SELECT trip_id, was, event, became FROM pay_history WHERE ` + where + ` ORDER BY trip_id, seq`, func(row scanner) error {
			var trip string
			var was, became State
			var e Event
			err := row.Scan(&trip, &was, &e, &became)
			if b := of(trip); b != nil {
				if to, ok := next(was, e); !ok || to != became || was != b.state {
					v.differ(trip, "history holds %s -%s-> %s after %s", was, e, became, b.state)
				}
				b.state = became
			}
			return err
		}},
	} {
		if err := scanAll(ctx, q, part.query, part.scan, args...); err != nil {
			return err
		}
	}
	for trip, b := range trips {
		b.compare(func(format string, args ...any) { v.differ(trip, format, args...) })
	}
	return nil
}

// compare finds what does not fit together in one trip.
func (b *books) compare(differ func(string, ...any)) {
	p := b.p
	equal := func(what string, stored, recomputed int64) {
		if stored != recomputed {
			differ("%s is stored as %d, the ledger says %d", what, stored, recomputed)
		}
	}
	equal("sold", p.sold, -b.balance[AccountSales])
	equal("captured", p.Captured.Minor, b.balance[AccountCaptured])
	if p.State != b.state {
		differ("state %s, the history ends in %s", p.State, b.state)
	}
	if p.Captured.Minor > p.Authorized.Minor || p.Captured.Minor > p.Total.Minor {
		differ("captured %s of %s authorized and %s total", p.Captured, p.Authorized, p.Total)
	}
	var d Debt
	if b.d != nil {
		d = *b.d
	}
	if p.indebted != (b.d != nil) {
		differ("the payment says debt %t, the debts say %t", p.indebted, b.d != nil)
	}
	equal("debt", d.Remaining(), b.balance[AccountDebt])
	equal("paid", d.Paid+d.Surplus, b.balance[AccountPaid])
	equal("written off", d.WrittenOff, b.balance[AccountWrittenOff])
	equal("overpaid", d.Overpaid+d.Surplus, -b.balance[AccountOverpaid])
	if b.d != nil {
		equal("what the debt leaves", p.Total.Minor-p.Captured.Minor, d.Amount-d.Credited-d.Overpaid)
		if d.Remaining() < 0 || d.Reserved < 0 {
			differ("debt %+v", d)
		}
		want := d
		want.touch(d.Changed)
		if want.State != d.State {
			differ("the debt is %s, its sums say %s", d.State, want.State)
		}
	}
	// What was sold is captured, owed, or let go once the payment is final.
	if p.Final() || p.Act == Release {
		equal("receivable", 0, b.balance[AccountReceivable])
	}
	captures, cancels := 0, 0
	for _, o := range b.ops {
		switch {
		case o.State == opVoid:
			if o.Touched != 0 {
				differ("a %s was given up after it was sent", o.Op)
			}
		case o.Op == OpCapture:
			captures++
			if o.Amount.Minor > p.Authorized.Minor && p.Authorized.Minor > 0 {
				differ("a Capture of %d, authorized %s", o.Amount.Minor, p.Authorized)
			}
		case o.Op == OpCancel:
			cancels++
		}
	}
	if captures > 1 || cancels > 1 || captures+cancels > 1 {
		differ("%d Captures and %d Cancels", captures, cancels)
	}
}

// scanAll reads every row of a query.
func scanAll(ctx context.Context, q db.Querier, query string, one func(scanner) error, args ...any) error {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("verify: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := one(rows); err != nil {
			return fmt.Errorf("verify: %w", err)
		}
	}
	return rows.Err()
}
