package pay

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/money"
)

// Accounts of the ledger, one set for each trip. A balance is debits − credits.
const (
	AccountSales      = "sales"       // credit: what was sold and is to be paid for
	AccountReceivable = "receivable"  // sold, not yet captured, owed or let go
	AccountCaptured   = "captured"    // taken from the card, as far as known
	AccountDebt       = "debt"        // owed by the shopper
	AccountPaid       = "paid"        // debts paid off through the processor
	AccountWrittenOff = "written_off" // debts given up
	AccountOverpaid   = "overpaid"    // credit: taken although the debt was already paid
	AccountCashDue    = "cash_due"    // due to staff in the store
	AccountAssociate  = "associate"   // taken by associates, not charged
	AccountWaived     = "waived"      // let go by an operator
)

// Entry is one row of the ledger: Amount goes from Credit to Debit, so every
// entry balances by construction. Entries are never changed.
type Entry struct {
	ID, TripID    string
	Kind          string
	Debit, Credit string
	Amount        money.Amount
	By, Ref, Note string
	At            time.Time
}

// moveKind is what happened to money, or to the right to it.
type moveKind string

const (
	moveSale      moveKind = "sale"       // a receivable arises
	moveCapture   moveKind = "capture"    // money came
	moveUncapture moveKind = "uncaptured" // it did not come after all
	moveOwe       moveKind = "debt"       // the receivable becomes a debt
	moveWaive     moveKind = "waived"
	moveCash      moveKind = "cash_due"
	moveAssociate moveKind = "associate"
)

// move is one such happening inside a change. Debts decide where it goes, so
// it becomes entries only when the change is saved.
type move struct {
	kind   moveKind
	amount money.Amount
	cause  string // of a debt
	ref    string
}

func (m move) owes() bool {
	return (m.kind == moveOwe || m.kind == moveUncapture) && m.amount.Minor > 0
}

func (m move) sold() int64 {
	if m.kind == moveSale {
		return m.amount.Minor
	}
	return 0
}

func (c *change) move(kind moveKind, amount money.Amount, cause string) {
	if amount.Minor != 0 {
		c.moves = append(c.moves, move{kind: kind, amount: amount, cause: cause})
	}
}

// sell books the total as a receivable, once.
func (c *change) sell() {
	for _, m := range c.moves {
		if m.kind == moveSale {
			return
		}
	}
	if c.p.sold == 0 {
		c.move(moveSale, c.p.Total, "")
	}
}

// book writes the change's moves: entries, and the debt they open or change.
func (c *change) book(ctx context.Context, q db.Querier, w db.Putter, next Payment) error {
	if len(c.moves) == 0 {
		return nil
	}
	var d *Debt
	if c.p.indebted {
		found, err := loadDebt(ctx, q, c.p.TripID)
		if err != nil {
			return err
		}
		d = &found
	}
	j := journal{ctx: ctx, w: w, c: c, trip: c.p.TripID, by: c.by, at: ms(c.now)}
	changed := false
	for _, m := range c.moves {
		switch m.kind {
		case moveSale:
			j.add(string(m.kind), AccountReceivable, AccountSales, m.amount, m.ref, "")
		case moveWaive:
			j.add(string(m.kind), AccountWaived, AccountReceivable, m.amount, m.ref, "")
		case moveCash:
			j.add(string(m.kind), AccountCashDue, AccountReceivable, m.amount, m.ref, "")
		case moveAssociate:
			j.add(string(m.kind), AccountAssociate, AccountReceivable, m.amount, m.ref, "")
		case moveOwe:
			d = owe(d, next, m, c)
			j.add(string(m.kind), AccountDebt, AccountReceivable, m.amount, m.ref, m.cause)
			changed = true
		case moveCapture:
			if d == nil {
				j.add(string(m.kind), AccountCaptured, AccountReceivable, m.amount, m.ref, "")
				continue
			}
			j.late(d, m)
			changed = true
		case moveUncapture:
			d = j.back(d, next, m)
			changed = true
		}
	}
	if j.err == nil && changed {
		j.err = storeDebt(ctx, w, *d)
	}
	return j.err
}

var putEntry = db.Insert("ledger_entry", `id text, trip_id text, kind text, debit text, credit text, amount bigint, currency text, at bigint,
	by_whom text, ref text, note text`, "")

// journal adds entries for one trip and keeps the first error.
type journal struct {
	ctx  context.Context
	w    db.Putter
	c    *change // nil outside a change
	trip string
	by   string
	at   int64
	err  error
}

func (j *journal) add(kind, debit, credit string, amount money.Amount, ref, note string) {
	if j.err != nil || amount.Minor == 0 {
		return
	}
	id, err := uuid.NewV7()
	if err != nil {
		j.err = err
		return
	}
	err = j.w.Put(j.ctx, putEntry, id.String(), j.trip, kind, debit, credit, amount.Minor, string(amount.Currency), j.at, j.by, ref, note)
	if err != nil {
		j.err = fmt.Errorf("ledger of trip %s: %w", j.trip, err)
	}
}

// late books money that came after the trip became a debt: it lowers the debt,
// then recovers what was written off; what is left was paid twice.
func (j *journal) late(d *Debt, m move) {
	rest := m.amount.Minor
	take := func(kind, account string, have int64) int64 {
		part := min(rest, have)
		rest -= part
		j.add(kind, AccountCaptured, account, money.New(part, m.amount.Currency), m.ref, "")
		return part
	}
	d.Credited += take("credit", AccountDebt, d.Remaining())
	recovered := take("recovery", AccountWrittenOff, d.WrittenOff)
	d.WrittenOff -= recovered
	d.Credited += recovered
	if over := take("overpaid", AccountOverpaid, rest); over > 0 {
		d.Overpaid += over
		j.c.alert(AlertOverpaid, fmt.Sprint(d.Overpaid), fmt.Sprintf("captured %s after the debt was paid: decide on giving it back", money.New(over, m.amount.Currency)))
	}
	d.touch(j.c.now)
}

// back books money that did not come after all: first what was paid twice,
// the rest is owed.
func (j *journal) back(d *Debt, p Payment, m move) *Debt {
	rest := m.amount.Minor
	if d != nil {
		over := min(rest, d.Overpaid)
		d.Overpaid -= over
		rest -= over
		j.add("uncaptured", AccountOverpaid, AccountCaptured, money.New(over, m.amount.Currency), m.ref, "")
	}
	if rest > 0 {
		left := money.New(rest, m.amount.Currency)
		j.add("uncaptured", AccountReceivable, AccountCaptured, left, m.ref, "")
		d = owe(d, p, move{kind: moveOwe, amount: left, cause: m.cause}, j.c)
		j.add("debt", AccountDebt, AccountReceivable, left, m.ref, m.cause)
	}
	d.touch(j.c.now)
	return d
}
