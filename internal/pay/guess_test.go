package pay_test

import (
	"context"
	"testing"
	"time"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/outbox"
	"github.com/strollhq/stroll/internal/pay"
	"github.com/strollhq/stroll/internal/testkit"
	"github.com/strollhq/stroll/money"
)

var scratch = db.NewKind("scratch", db.Insert("scratch", "id text", "ON CONFLICT (id) DO NOTHING"), "id",
	[]*db.Check{pay.StandsAt}, pay.OpenStmts()...)

// desk is one process on the database.
type desk struct {
	*pay.Pay
	db *db.DB
}

func (d desk) write(t *testing.T, id, trip string, guess func(w *db.Write) (int64, bool, error)) bool {
	t.Helper()
	w := scratch.New(id, "")
	w.Claim(id)
	version, ok, err := guess(w)
	if err != nil || !ok {
		t.Fatalf("%s: no guess: %v, %v", id, ok, err)
	}
	w.Check(pay.StandsAt, trip, version)
	made, err := d.db.Write(t.Context(), w)
	if err != nil {
		t.Fatalf("%s: %v", id, err)
	}
	return made
}

func (d desk) link(t *testing.T, trip string) bool {
	return d.write(t, "link "+trip, trip, func(w *db.Write) (int64, bool, error) {
		ok, err := d.GuessLink(t.Context(), w, pay.Link{
			TripID: trip, StoreID: "store-1", Instrument: "card-1", Hold: money.New(2500, "USD"), At: time.Now(),
		})
		return 0, ok, err
	})
}

func cartOf(trip string) pay.Opening {
	return pay.Opening{
		TripID: trip, StoreID: "store-1", PurchaseID: "p-" + trip, Entry: pay.ByCard, Instrument: "card-1",
		Started: time.Now().Add(-time.Minute), Ended: time.Now(), Total: money.New(1234, "USD"), Act: pay.Charge,
	}
}

func (d desk) guess(t *testing.T, trip string) bool {
	return d.write(t, "open "+trip, trip, func(w *db.Write) (int64, bool, error) {
		return d.GuessOpen(t.Context(), w, cartOf(trip))
	})
}

// What one process knows of a payment it can write without reading; what it
// does not know is found out before anything is written.
func TestGuess(t *testing.T) {
	t.Parallel()
	testkit.EachDSN(t, func(t *testing.T, dsn string) {
		desks := [2]desk{}
		for i := range desks {
			d := testkit.Open(t, dsn)
			desks[i] = desk{pay.New(pay.Config{DB: d, Outbox: outbox.New(outbox.Config{DB: d})}), d}
		}
		here, there := desks[0], desks[1]
		err := here.db.Tx(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.ExecContext(ctx, "CREATE TABLE scratch (id TEXT PRIMARY KEY)")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if !here.link(t, "a") || !here.guess(t, "a") {
			t.Error("a cart was not taken after its entry in the same process")
		}
		if !here.guess(t, "b") {
			t.Error("a cart was not taken without an entry")
		}
		if !here.link(t, "c") || there.guess(t, "c") {
			t.Error("another process's entry was overwritten")
		}
		// The slow path of the other process, whose version the first one does
		// not know.
		err = there.db.Tx(t.Context(), func(ctx context.Context, tx *db.Tx) error { return there.Open(ctx, tx, cartOf("c")) })
		if err != nil {
			t.Fatal(err)
		}
		if here.guess(t, "c") {
			t.Error("a payment was opened twice")
		}
		if there.link(t, "b") {
			t.Error("an entry that came late overwrote a payment")
		}
		for _, trip := range []string{"a", "b", "c"} {
			p, err := here.Get(t.Context(), here.db.Reader(), trip)
			if err != nil || p.State != pay.CartPriced || p.Total != money.New(1234, "USD") || p.Captured != money.New(0, "USD") {
				t.Errorf("trip %s: %v, %v", trip, p, err)
			}
			if want := map[string]int64{"a": 2500, "c": 2500, "b": 0}[trip]; want != 0 && p.Hold.Minor != want {
				t.Errorf("trip %s holds %s", trip, p.Hold)
			}
		}
		if n := countRows(t, here.db, "job"); n != 3 {
			t.Errorf("%d jobs for three trips", n)
		}
		if n := countRows(t, here.db, "ledger_entry"); n != 3 {
			t.Errorf("%d ledger entries for three sales", n)
		}
	})
}

func countRows(t *testing.T, d *db.DB, table string) (n int) {
	t.Helper()
	if err := d.Reader().QueryRowContext(t.Context(), "SELECT COUNT(*) FROM "+table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
