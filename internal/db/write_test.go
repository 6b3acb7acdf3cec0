package db_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/testkit"
)

// A seat is claimed by one holder; each claim leaves a note, and adds to a
// count that a check compares.
var (
	claimSeat = db.Insert("seat", "id text, holder text", "ON CONFLICT (id) DO NOTHING")
	addNote   = db.Insert("note", "id text, what text, n bigint", "")
	moveOn    = db.Change("id text, was bigint", "UPDATE counter SET n = n + 1 FROM {rows} WHERE counter.id = r.id AND counter.n = r.was")
	perhaps   = db.Insert("seen", "id text", "ON CONFLICT (id) DO NOTHING").Loose()
	isFree    = db.NewCheck("holder text", "NOT EXISTS (SELECT 1 FROM banned WHERE banned.holder = r.holder)")
	seating   = db.NewKind("seating", claimSeat, "id", []*db.Check{isFree}, addNote, moveOn, perhaps)
)

func seats(t *testing.T, d *db.DB) {
	t.Helper()
	err := d.Tx(t.Context(), func(ctx context.Context, tx *db.Tx) error {
		for _, q := range []string{
			"CREATE TABLE seat (id TEXT PRIMARY KEY, holder TEXT NOT NULL)",
			"CREATE TABLE note (id TEXT PRIMARY KEY, what TEXT NOT NULL, n BIGINT NOT NULL)",
			"CREATE TABLE counter (id TEXT PRIMARY KEY, n BIGINT NOT NULL)",
			"CREATE TABLE seen (id TEXT PRIMARY KEY)",
			"CREATE TABLE banned (holder TEXT PRIMARY KEY)",
			"INSERT INTO banned VALUES ('mallory')",
			"INSERT INTO counter VALUES ('a', 0), ('b', 7)",
		} {
			if _, err := tx.ExecContext(ctx, q); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func ask(t *testing.T, d *db.DB, query string, args ...any) int {
	t.Helper()
	var n int
	if err := d.Reader().QueryRowContext(t.Context(), query, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// sit is a claim of a seat with two notes.
func sit(seat, holder string) *db.Write {
	w := seating.New(seat, "")
	w.Check(isFree, holder)
	w.Claim(seat, holder)
	w.Put(context.Background(), addNote, seat+"/1", holder, int64(1))
	w.Put(context.Background(), addNote, seat+"/2", holder, int64(2))
	w.Put(context.Background(), perhaps, holder)
	return w
}

func TestWrite(t *testing.T) {
	t.Parallel()
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		seats(t, d)
		told := false
		w := sit("1", "ada")
		w.AfterCommit(func() { told = true })
		if made, err := d.Write(t.Context(), w); !made || err != nil || !told {
			t.Fatalf("a free seat: made %v, told %v, %v", made, told, err)
		}
		w = sit("1", "ben")
		w.AfterCommit(func() { t.Error("told of a write that was not made") })
		if made, err := d.Write(t.Context(), w); made || err != nil {
			t.Errorf("a taken seat: made %v, %v", made, err)
		}
		if made, err := d.Write(t.Context(), sit("2", "mallory")); made || err != nil {
			t.Errorf("a check that does not hold: made %v, %v", made, err)
		}
		// The loose statement found Ada there already.
		if made, err := d.Write(t.Context(), sit("3", "ada")); !made || err != nil {
			t.Errorf("a second seat: made %v, %v", made, err)
		}
		w = sit("4", "chloe")
		w.Put(t.Context(), moveOn, "a", int64(0))
		if made, err := d.Write(t.Context(), w); !made || err != nil {
			t.Errorf("a row as expected: made %v, %v", made, err)
		}
		w = sit("5", "dmitri")
		w.Put(t.Context(), moveOn, "b", int64(6))
		if made, err := d.Write(t.Context(), w); made || !errors.Is(err, db.ErrChanged) {
			t.Errorf("a row that was changed meanwhile: made %v, %v", made, err)
		}
		w = sit("6", "esra")
		w.Put(t.Context(), addNote, "1/1", "", int64(0))
		if made, err := d.Write(t.Context(), w); made || !db.IsUnique(err) {
			t.Errorf("a note that is there already: made %v, %v", made, err)
		}
		if s, n, c := ask(t, d, "SELECT count(*) FROM seat"), ask(t, d, "SELECT count(*) FROM note"), ask(t, d, "SELECT sum(n) FROM counter"); s != 3 || n != 6 || c != 8 {
			t.Errorf("%d seats, %d notes, counters at %d; want 3, 6, 8", s, n, c)
		}
	})
}

// Writes that come at once share commits; each gets its own answer, and the
// bad among them do not fail their neighbours.
func TestWritesTogether(t *testing.T) {
	t.Parallel()
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		seats(t, d)
		var made, taken, banned, clashed atomic.Int64
		var all sync.WaitGroup
		for i := range 400 {
			all.Go(func() {
				w := sit(fmt.Sprint(i%200), fmt.Sprint("holder-", i))
				if i%50 == 1 {
					w = sit(fmt.Sprint("banned-", i), "mallory")
				}
				if i%50 == 2 {
					w.Put(context.Background(), addNote, "same", "", int64(0))
				}
				ok, err := d.Write(context.Background(), w)
				switch {
				case ok:
					made.Add(1)
				case db.IsUnique(err):
					clashed.Add(1)
				case err != nil:
					t.Error(err)
				case i%50 == 1:
					banned.Add(1)
				default:
					taken.Add(1)
				}
			})
		}
		all.Wait()
		if n := int64(ask(t, d, "SELECT count(*) FROM seat")); n != made.Load() || int(2*n) != ask(t, d, "SELECT count(*) FROM note WHERE id <> 'same'") {
			t.Errorf("%d seats for %d claims, or not two notes for each", n, made.Load())
		}
		if banned.Load() != 8 || made.Load()+taken.Load()+clashed.Load() != 392 || made.Load() < 189 {
			t.Errorf("%d made, %d taken, %d clashed, %d banned", made.Load(), taken.Load(), clashed.Load(), banned.Load())
		}
	})
}

// A hundred copies of one write, in one program: one is made.
func TestWriteStorm(t *testing.T) {
	t.Parallel()
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		seats(t, d)
		var made atomic.Int64
		var all sync.WaitGroup
		for i := range 100 {
			all.Go(func() {
				if ok, err := d.Write(context.Background(), sit("one", fmt.Sprint(i))); err != nil {
					t.Error(err)
				} else if ok {
					made.Add(1)
				}
			})
		}
		all.Wait()
		if made.Load() != 1 || ask(t, d, "SELECT count(*) FROM note") != 2 {
			t.Errorf("made %d times", made.Load())
		}
	})
}

func TestWriteRefusesWhatItCannotMake(t *testing.T) {
	t.Parallel()
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		seats(t, d)
		w := sit("1", "ada")
		if err := w.Put(t.Context(), claimSeat, "2", "ada"); err == nil {
			t.Error("took a statement that is not of its kind")
		}
		if err := w.Put(t.Context(), addNote, "2", "ada", 1); err == nil {
			t.Error("took an int for a bigint column")
		}
		w = seating.New("1", "")
		w.Claim("1")
		if _, err := d.Write(t.Context(), w); err == nil {
			t.Error("took a claim with a value too few")
		}
		if _, err := d.Write(t.Context(), seating.New("1", "")); err == nil {
			t.Error("took a write without a claim")
		}
		gone, leave := context.WithCancel(t.Context())
		leave()
		if made, err := d.Write(gone, sit("1", "ada")); made || !errors.Is(err, context.Canceled) {
			t.Errorf("a caller that has gone: made %v, %v", made, err)
		}
		err := d.Tx(t.Context(), func(ctx context.Context, _ *db.Tx) error {
			_, err := d.Write(ctx, sit("1", "ada"))
			return err
		})
		if err == nil {
			t.Error("wrote inside a transaction of the same database, which would wait for itself")
		}
		if n := ask(t, d, "SELECT count(*) FROM seat"); n != 0 {
			t.Errorf("%d seats", n)
		}
	})
}

// A transaction's function can put the same rows.
func TestPut(t *testing.T) {
	t.Parallel()
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		seats(t, d)
		for _, tc := range []struct {
			name string
			s    *db.Stmt
			v    []any
			want error
		}{
			{"insert", addNote, []any{"1", "x", int64(1)}, nil},
			{"change", moveOn, []any{"a", int64(0)}, nil},
			{"changed_meanwhile", moveOn, []any{"b", int64(0)}, db.ErrChanged},
			{"there_already", perhaps, []any{"x"}, nil},
			{"there_already_again", perhaps, []any{"x"}, nil},
		} {
			err := d.Tx(t.Context(), func(ctx context.Context, tx *db.Tx) error { return tx.Put(ctx, tc.s, tc.v...) })
			if !errors.Is(err, tc.want) {
				t.Errorf("%s: %v, want %v", tc.name, err, tc.want)
			}
		}
	})
}

// Writes work in virtual time, where a commit takes none.
func TestWriteInBubble(t *testing.T) {
	t.Parallel()
	testkit.EachDSN(t, func(t *testing.T, dsn string) {
		synctest.Test(t, func(t *testing.T) {
			d := testkit.Open(t, dsn)
			seats(t, d)
			if made, err := d.Write(t.Context(), sit("1", "ada")); !made || err != nil {
				t.Errorf("made %v, %v", made, err)
			}
		})
	})
}

// Probe names each commit by its kind or by its place in the code.
func TestProbe(t *testing.T) {
	t.Parallel()
	testkit.EachDSN(t, func(t *testing.T, dsn string) {
		var seen []string
		var failAt string
		d, err := db.Open(t.Context(), db.Config{DSN: dsn, Probe: func(p string) error {
			seen = append(seen, p)
			if p == failAt {
				return errors.New("played")
			}
			return nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		seats(t, d)
		seen = nil
		if _, err := d.Write(t.Context(), sit("1", "ada")); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Write(t.Context(), sit("1", "ada")); err != nil {
			t.Fatal(err)
		}
		claim(t, d)
		want := "[before commit:seating after commit:seating before commit:seating before commit:internal/db_test.claim after commit:internal/db_test.claim]"
		if fmt.Sprint(seen) != want {
			t.Errorf("%v, want %s", seen, want)
		}
		// A commit that fails happened, or did not, by where it fails.
		for i, f := range []struct {
			at       string
			happened bool
		}{{"before commit:seating", false}, {"after commit:seating", true}} {
			failAt = f.at
			seat := fmt.Sprint(20 + i)
			if _, err := d.Write(t.Context(), sit(seat, "eve")); err == nil {
				t.Errorf("%s: no error", f.at)
			}
			failAt = ""
			if made, err := d.Write(t.Context(), sit(seat, "eve")); err != nil || made == f.happened {
				t.Errorf("%s: made again %t, %v", f.at, made, err)
			}
		}
		for i, point := range []string{"before commit:internal/db_test.TestProbe", "after commit:internal/db_test.TestProbe"} {
			failAt = point
			hooked, seat := false, fmt.Sprint(30+i)
			err := d.Tx(t.Context(), func(ctx context.Context, tx *db.Tx) error {
				tx.AfterCommit(func() { hooked = true })
				return tx.Put(ctx, claimSeat, seat, "x")
			})
			failAt = ""
			made, again := d.Write(t.Context(), sit(seat, "eve"))
			if err == nil || again != nil || made != (i == 0) || hooked {
				t.Errorf("%s: %v, made again %t (%v), hooks run %t", point, err, made, again, hooked)
			}
		}
	})
}

func claim(t *testing.T, d *db.DB) {
	if err := d.Tx(t.Context(), func(ctx context.Context, tx *db.Tx) error { return tx.Put(ctx, claimSeat, "9", "x") }); err != nil {
		t.Fatal(err)
	}
}
