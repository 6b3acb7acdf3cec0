package db_test

import (
	"context"
	"testing"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/testkit"
)

func TestSnapshot(t *testing.T) {
	t.Parallel()
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		write := func(id string) {
			t.Helper()
			err := d.Tx(ctx, func(ctx context.Context, tx *db.Tx) error {
				_, err := tx.ExecContext(ctx, `INSERT INTO price_list_body (version, body) VALUES ($1, '')`, id)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		count := func(q db.Querier) (n int) {
			t.Helper()
			if err := q.QueryRowContext(ctx, `SELECT count(*) FROM price_list_body`).Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		write("a")
		err := d.Snapshot(ctx, func(ctx context.Context, q db.Querier) error {
			if n := count(q); n != 1 {
				t.Errorf("%d rows at the start", n)
			}
			write("b") // does not wait for the snapshot to end
			if n := count(q); n != 1 {
				t.Errorf("the snapshot moved: %d rows", n)
			}
			if _, err := q.ExecContext(ctx, `DELETE FROM price_list_body`); err == nil {
				t.Error("a snapshot could be written to")
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if n := count(d.Reader()); n != 2 {
			t.Errorf("%d rows at the end", n)
		}
	})
}
