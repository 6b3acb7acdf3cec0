package db_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/testkit"
)

// together runs the functions so that they share one commit: the writer is
// kept busy until all of them wait. It returns their errors.
func together(t *testing.T, d *db.DB, fns ...func(context.Context, *db.Tx) error) []error {
	t.Helper()
	busy, release := make(chan struct{}), make(chan struct{})
	first := make(chan error)
	go func() {
		first <- d.Tx(context.Background(), func(context.Context, *db.Tx) error {
			close(busy)
			<-release
			return nil
		})
	}()
	<-busy
	errs := make([]error, len(fns))
	done := make(chan struct{})
	for i, fn := range fns {
		go func() {
			errs[i] = d.Tx(context.Background(), fn)
			done <- struct{}{}
		}()
		db.WaitQueued(d, i+1) // in this order
	}
	close(release)
	if err := <-first; err != nil {
		t.Error(err)
	}
	for range fns {
		<-done
	}
	return errs
}

// TestGroup/x fails in its own way inside a group of ten; its neighbours must
// not notice.
func TestGroup(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	for _, tc := range []struct {
		name string
		bad  func(context.Context, *db.Tx) error
		want error // nil: any error
	}{
		{"returns_an_error", func(ctx context.Context, tx *db.Tx) error {
			if err := insert(ctx, tx, "bad", 1); err != nil {
				return err
			}
			return boom
		}, boom},
		{"breaks_a_constraint", func(ctx context.Context, tx *db.Tx) error {
			if err := insert(ctx, tx, "bad", 1); err != nil {
				return err
			}
			return insert(ctx, tx, "bad", 2)
		}, nil},
		{"makes_the_commit_fail", func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.ExecContext(ctx, `INSERT INTO child (parent) VALUES ('nobody')`)
			return err
		}, nil},
		{"fills_the_disk", func(ctx context.Context, tx *db.Tx) error {
			for i := range 1000 {
				if _, err := tx.ExecContext(ctx, `INSERT INTO thing (k, n) VALUES ($1 || CAST(zeroblob(20000) AS TEXT) || $1, 1)`, fmt.Sprint("bad", i)); err != nil {
					return err
				}
			}
			return nil
		}, nil},
		{"fills_the_disk_and_hides_it", func(ctx context.Context, tx *db.Tx) error {
			for i := range 100 {
				tx.ExecContext(ctx, `INSERT INTO thing (k, n) VALUES ($1, zeroblob(20000))`, fmt.Sprint("bad", i))
			}
			return nil
		}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			d := testkit.SQLite(t)
			table(t, d)
			write(t, d, `CREATE TABLE child (parent TEXT NOT NULL REFERENCES thing (k) DEFERRABLE INITIALLY DEFERRED)`)
			limitPages(t, d, 30)
			var fns []func(context.Context, *db.Tx) error
			want := map[string]int{}
			for i := range 10 {
				if i == 4 {
					fns = append(fns, tc.bad)
					continue
				}
				k := fmt.Sprint("good", i)
				want[k] = i
				fns = append(fns, func(ctx context.Context, tx *db.Tx) error { return insert(ctx, tx, k, i) })
			}
			errs := together(t, d, fns...)
			for i, err := range errs {
				switch {
				case i != 4 && err != nil:
					t.Errorf("neighbour %d: %v", i, err)
				case i == 4 && err == nil:
					t.Error("the bad one got no error")
				case i == 4 && tc.want != nil && !errors.Is(err, tc.want):
					t.Errorf("the bad one got %v", err)
				}
			}
			if diff := cmp.Diff(want, things(t, d)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// limitPages lets the database grow by n pages and no further, which is
// SQLITE_FULL for the one who tries.
func limitPages(t *testing.T, d *db.DB, n int) {
	t.Helper()
	err := d.Tx(context.Background(), func(ctx context.Context, tx *db.Tx) error {
		var pages int
		if err := tx.QueryRowContext(ctx, `PRAGMA page_count`).Scan(&pages); err != nil {
			return err
		}
		var limit int
		return tx.QueryRowContext(ctx, fmt.Sprintf(`PRAGMA max_page_count = %d`, pages+n)).Scan(&limit)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestGroupLeaves lets one of those who wait panic and another be cancelled:
// neither leaves a trace, and the others commit.
func TestGroupLeaves(t *testing.T) {
	t.Parallel()
	d := testkit.SQLite(t)
	table(t, d)
	ctx, cancel := context.WithCancel(t.Context())
	busy, release := make(chan struct{}), make(chan struct{})
	errs := make(chan error, 3)
	panicked := make(chan any, 1)
	go func() {
		errs <- d.Tx(context.Background(), func(ctx context.Context, tx *db.Tx) error {
			close(busy)
			<-release
			return insert(ctx, tx, "first", 1)
		})
	}()
	<-busy
	go func() {
		defer func() { panicked <- recover() }()
		d.Tx(context.Background(), func(ctx context.Context, tx *db.Tx) error {
			if err := insert(ctx, tx, "panicked", 1); err != nil {
				t.Error(err)
			}
			panic("ouch")
		})
	}()
	db.WaitQueued(d, 1)
	go func() {
		err := d.Tx(ctx, func(ctx context.Context, tx *db.Tx) error { t.Error("the cancelled one ran"); return nil })
		if !errors.Is(err, context.Canceled) {
			t.Errorf("the cancelled one got %v", err)
		}
		errs <- nil
	}()
	db.WaitQueued(d, 2)
	cancel()
	go func() {
		errs <- d.Tx(context.Background(), func(ctx context.Context, tx *db.Tx) error { return insert(ctx, tx, "last", 1) })
	}()
	db.WaitQueued(d, 3)
	close(release)
	for range 3 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if p := <-panicked; p != "ouch" {
		t.Errorf("recovered %v", p)
	}
	if diff := cmp.Diff(map[string]int{"first": 1, "last": 1}, things(t, d)); diff != "" {
		t.Error(diff)
	}
}

// TestUnreadRow leaves a row unread; the statement must start anew next time.
func TestUnreadRow(t *testing.T) {
	t.Parallel()
	d := testkit.SQLite(t)
	table(t, d)
	write(t, d, `INSERT INTO thing (k, n) VALUES ('a', 1), ('b', 2)`)
	const q = `SELECT k FROM thing ORDER BY k`
	for range 3 {
		err := d.Tx(t.Context(), func(ctx context.Context, tx *db.Tx) error { return tx.QueryRowContext(ctx, q).Err() })
		if err != nil {
			t.Fatal(err)
		}
	}
	var k string
	err := d.Tx(t.Context(), func(ctx context.Context, tx *db.Tx) error { return tx.QueryRowContext(ctx, q).Scan(&k) })
	if err != nil || k != "a" {
		t.Errorf("first row is %q, %v", k, err)
	}
}
