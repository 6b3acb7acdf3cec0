package pay_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/pay"
	"github.com/strollhq/stroll/jwo"
)

func (w *world) exec(query string, args ...any) error {
	return w.tx(func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.ExecContext(ctx, query, args...)
		return err
	})
}

// TestVerifyFinds tampers with the books in every way and demands that it is
// found, and that nothing is found once it is undone.
func TestVerifyFinds(t *testing.T) {
	t.Parallel()
	each(t, setup{}, func(w *world) {
		trip := w.buy("partial_50", "10")
		w.pass(time.Second)
		w.is(trip, pay.CaptureInitiated)
		for _, c := range []struct{ break_, mend, want string }{
			{`UPDATE payment SET captured = captured - 1`, `UPDATE payment SET captured = captured + 1`, "captured is stored as 499"},
			{`UPDATE payment SET sold = 7`, `UPDATE payment SET sold = 1000`, "sold is stored as 7"},
			{`UPDATE payment SET state = 'CAPTURED'`, `UPDATE payment SET state = 'CAPTURE_INITIATED'`, "the history ends in"},
			{`UPDATE payment SET indebted = 0`, `UPDATE payment SET indebted = 1`, "the debts say true"},
			{`UPDATE debt SET amount = amount + 1`, `UPDATE debt SET amount = amount - 1`, "debt is stored as 501"},
			{`UPDATE debt SET state = 'RESOLVED'`, `UPDATE debt SET state = 'OPEN'`, "its sums say OPEN"},
			{`UPDATE ledger_entry SET amount = amount + 1 WHERE kind = 'capture'`, `UPDATE ledger_entry SET amount = amount - 1 WHERE kind = 'capture'`, "receivable"},
			{`UPDATE ledger_entry SET currency = 'EUR' WHERE kind = 'sale'`, `UPDATE ledger_entry SET currency = 'USD' WHERE kind = 'sale'`, "an entry in EUR"},
			{`UPDATE pay_history SET became = 'EXPIRED' WHERE seq = 2`, `UPDATE pay_history SET became = 'CART_PRICED' WHERE seq = 2`, "history holds"},
			{`UPDATE ledger_entry SET trip_id = 'nobody' WHERE kind = 'sale'`, `UPDATE ledger_entry SET trip_id = '` + trip + `' WHERE kind = 'sale'`, "has no payment"},
		} {
			if err := w.exec(c.break_); err != nil {
				w.t.Fatal(err)
			}
			v, err := w.pay.Verify(w.t.Context())
			if err != nil || !strings.Contains(strings.Join(v.Differences, "\n"), c.want) {
				w.t.Errorf("%s: %v, %v; want %q", c.break_, v.Differences, err, c.want)
			}
			if err := w.exec(c.mend); err != nil {
				w.t.Fatal(err)
			}
		}
	})
}

// TestDatabaseRefuses: what must never be is refused by the database itself.
func TestDatabaseRefuses(t *testing.T) {
	t.Parallel()
	each(t, setup{}, func(w *world) {
		trip := w.buy("partial_50", "10")
		w.pass(time.Second)
		operation := `INSERT INTO pay_operation (trip_id, op, seq, api, state, amount, currency, body, attempts, touched, lost, created_at, sent_at, answered_at, unknown_at, next_at, barred, outcome)
			VALUES ($1, $2, 9, 'x', $3, 1, 'USD', '', 0, $4, 0, 0, 0, 0, 0, 0, 0, '')`
		for name, err := range map[string]error{
			"a second Capture":               w.exec(operation, trip, "capture", "stored", 0),
			"a Cancel beside a Capture":      w.exec(operation, trip, "cancel", "stored", 0),
			"giving up what was sent":        w.exec(operation, trip, "adjust", "void", 1),
			"captured above authorized":      w.exec(`UPDATE payment SET captured = authorized + 1`),
			"captured above the total":       w.exec(`UPDATE payment SET authorized = 5000, captured = 5000`),
			"a second debt":                  w.exec(`INSERT INTO debt (` + pay.DebtColumns + `) SELECT ` + pay.DebtColumns + ` FROM debt`),
			"a debt paid more than it is":    w.exec(`UPDATE debt SET paid = amount + 1`),
			"an entry of nothing":            w.exec(`UPDATE ledger_entry SET amount = 0`),
			"an entry from itself to itself": w.exec(`UPDATE ledger_entry SET credit = debit`),
		} {
			if err == nil {
				w.t.Errorf("%s is accepted", name)
			}
		}
	})
}

// TestInvariant: a payment that would break a rule is parked, loudly, and
// nothing is sent.
func TestInvariant(t *testing.T) {
	lite(t, setup{}, func(w *world) {
		w.forceN(jwo.APICaptureCharge, "429", 1, time.Hour)
		trip := w.buy("approve", "10")
		w.pass(time.Second)
		w.is(trip, pay.AdjustApproved)
		if err := w.exec(`UPDATE payment SET authorized = 1`); err != nil {
			w.t.Fatal(err)
		}
		w.pass(2 * time.Hour)
		w.is(trip, pay.Parked)
		if n := w.count(trip, jwo.APICaptureCharge); n != 1 || !w.alerted(trip, pay.AlertInvariant) || w.scrape()["stroll_pay_invariants_broken_total"] != "1" {
			w.t.Errorf("%d captures, broken %q", n, w.scrape()["stroll_pay_invariants_broken_total"])
		}
		w.pass(46 * time.Hour)
		w.is(trip, pay.Expired)
		if err := w.exec(`UPDATE payment SET authorized = 1000`); err != nil {
			w.t.Fatal(err)
		}
	})
}
