package db_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// table makes a table of the test's own.
func table(t *testing.T, d *db.DB) {
	t.Helper()
	write(t, d, `CREATE TABLE thing (k TEXT NOT NULL PRIMARY KEY, n BIGINT NOT NULL)`)
}

func write(t *testing.T, d *db.DB, query string, args ...any) {
	t.Helper()
	if err := exec(d, query, args...); err != nil {
		t.Fatal(err)
	}
}

func exec(d *db.DB, query string, args ...any) error {
	return d.Tx(context.Background(), func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.ExecContext(ctx, query, args...)
		return err
	})
}

func insert(ctx context.Context, tx *db.Tx, k string, n int) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO thing (k, n) VALUES ($1, $2)`, k, n)
	return err
}

// things reads all rows.
func things(t *testing.T, d *db.DB) map[string]int {
	t.Helper()
	rows, err := d.Reader().QueryContext(context.Background(), `SELECT k, n FROM thing ORDER BY k`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	got := map[string]int{}
	for rows.Next() {
		var k string
		var n int
		if err := rows.Scan(&k, &n); err != nil {
			t.Fatal(err)
		}
		got[k] = n
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return got
}

func TestTx(t *testing.T) {
	t.Parallel()
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		table(t, d)
		ctx := t.Context()

		t.Run("commits", func(t *testing.T) {
			var order []int
			err := d.Tx(ctx, func(ctx context.Context, tx *db.Tx) error {
				tx.AfterCommit(func() { order = append(order, 1) })
				tx.AfterCommit(func() { order = append(order, 2) })
				if len(order) != 0 {
					t.Error("AfterCommit ran before the commit")
				}
				return insert(ctx, tx, "committed", 1)
			})
			if err != nil || things(t, d)["committed"] != 1 {
				t.Errorf("%v, %v", err, things(t, d))
			}
			if diff := cmp.Diff([]int{1, 2}, order); diff != "" {
				t.Error(diff)
			}
		})

		t.Run("undoes_what_failed", func(t *testing.T) {
			boom := errors.New("boom")
			err := d.Tx(ctx, func(ctx context.Context, tx *db.Tx) error {
				tx.AfterCommit(func() { t.Error("AfterCommit of a failed transaction ran") })
				if err := insert(ctx, tx, "undone", 1); err != nil {
					return err
				}
				return boom
			})
			if !errors.Is(err, boom) {
				t.Errorf("got %v", err)
			}
			if _, there := things(t, d)["undone"]; there {
				t.Error("the row of a failed transaction is there")
			}
		})

		t.Run("contains_a_panic", func(t *testing.T) {
			func() {
				defer func() {
					if p := recover(); p != "ouch" {
						t.Errorf("recovered %v", p)
					}
				}()
				d.Tx(ctx, func(ctx context.Context, tx *db.Tx) error {
					if err := insert(ctx, tx, "panicked", 1); err != nil {
						t.Error(err)
					}
					panic("ouch")
				})
			}()
			if _, there := things(t, d)["panicked"]; there {
				t.Error("the row of a panicked transaction is there")
			}
		})

		t.Run("contains_a_goroutine_that_exits", func(t *testing.T) {
			done := make(chan struct{})
			go func() {
				defer close(done)
				d.Tx(ctx, func(context.Context, *db.Tx) error { runtime.Goexit(); return nil })
			}()
			<-done
			if err := exec(d, `INSERT INTO thing (k, n) VALUES ('after', 1)`); err != nil {
				t.Errorf("the next transaction: %v", err)
			}
		})

		t.Run("does_not_run_when_cancelled", func(t *testing.T) {
			ctx, cancel := context.WithCancel(ctx)
			cancel()
			err := d.Tx(ctx, func(context.Context, *db.Tx) error { t.Error("it ran"); return nil })
			if !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
		})

		t.Run("refuses_a_transaction_inside", func(t *testing.T) {
			err := d.Tx(ctx, func(ctx context.Context, tx *db.Tx) error {
				return d.Tx(ctx, func(context.Context, *db.Tx) error { t.Error("it ran"); return nil })
			})
			if err == nil {
				t.Error("no error")
			}
		})

		t.Run("reads_its_own_writes_and_others_do_not", func(t *testing.T) {
			err := d.Tx(ctx, func(ctx context.Context, tx *db.Tx) error {
				if err := insert(ctx, tx, "own", 7); err != nil {
					return err
				}
				var n int
				if err := tx.QueryRowContext(ctx, `SELECT n FROM thing WHERE k = $1`, "own").Scan(&n); err != nil || n != 7 {
					t.Errorf("own row: %d, %v", n, err)
				}
				if _, there := things(t, d)["own"]; there {
					t.Error("a reader saw what is not committed")
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})

		t.Run("tells_a_duplicate", func(t *testing.T) {
			write(t, d, `INSERT INTO thing (k, n) VALUES ('unique', 1)`)
			err := exec(d, `INSERT INTO thing (k, n) VALUES ('unique', 2)`)
			if !db.IsUnique(err) || errors.Is(err, fault.Unavailable) {
				t.Errorf("a duplicate is %v", err)
			}
			if err := exec(d, `INSERT INTO thing (k, n) VALUES ('null', NULL)`); err == nil || db.IsUnique(err) {
				t.Errorf("a NULL is %v", err)
			}
		})
	})
}

// TestNestedRows asks the same query while rows of it are open.
func TestNestedRows(t *testing.T) {
	t.Parallel()
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		if d.Engine() == db.Postgres {
			t.Skip("PostgreSQL's protocol has one result at a time in a transaction")
		}
		table(t, d)
		for i := range 3 {
			write(t, d, `INSERT INTO thing (k, n) VALUES ($1, $2)`, fmt.Sprint(i), i)
		}
		const all = `SELECT k FROM thing ORDER BY k`
		n := 0
		err := d.Tx(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			rows, err := tx.QueryContext(ctx, all)
			if err != nil {
				return err
			}
			defer rows.Close()
			for rows.Next() {
				n++
				var k string
				if err := tx.QueryRowContext(ctx, all).Scan(&k); err != nil || k != "0" {
					t.Errorf("inner row %q, %v", k, err)
				}
			}
			first, second := tx.QueryRowContext(ctx, all), tx.QueryRowContext(ctx, all)
			var a, b string
			if err := errors.Join(first.Scan(&a), second.Scan(&b)); err != nil || a != "0" || b != "0" {
				t.Errorf("two rows at once: %q, %q, %v", a, b, err)
			}
			return rows.Err()
		})
		if err != nil || n != 3 {
			t.Errorf("%d rows, %v", n, err)
		}
	})
}

// TestCounter increments one row from many goroutines: none may be lost.
func TestCounter(t *testing.T) {
	t.Parallel()
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		table(t, d)
		write(t, d, `INSERT INTO thing (k, n) VALUES ('counter', 0)`)
		var wg sync.WaitGroup
		for range 6 {
			wg.Go(func() {
				for range 5 {
					err := d.Tx(context.Background(), func(ctx context.Context, tx *db.Tx) error {
						var n int
						if err := tx.QueryRowContext(ctx, `SELECT n FROM thing WHERE k = 'counter'`).Scan(&n); err != nil {
							return err
						}
						_, err := tx.ExecContext(ctx, `UPDATE thing SET n = $1 WHERE k = 'counter'`, n+1)
						return err
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		if n := things(t, d)["counter"]; n != 30 {
			t.Errorf("30 increments made %d", n)
		}
	})
}

func TestClose(t *testing.T) {
	t.Parallel()
	testkit.EachDSN(t, func(t *testing.T, dsn string) {
		d, err := db.Open(t.Context(), db.Config{DSN: dsn})
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Ping(t.Context()); err != nil {
			t.Errorf("ping: %v", err)
		}
		if err := d.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		err = d.Tx(t.Context(), func(context.Context, *db.Tx) error { t.Error("it ran"); return nil })
		if !errors.Is(err, fault.Unavailable) {
			t.Errorf("a transaction on a closed database: %v", err)
		}
		if err := d.Ping(t.Context()); err == nil {
			t.Error("a closed database answers a ping")
		}
	})
}
