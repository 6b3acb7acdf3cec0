package testkit_test

import (
	"context"
	"testing"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

func TestEachDB(t *testing.T) {
	t.Parallel()
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		count := func() (n int) {
			t.Helper()
			if err := d.Reader().QueryRowContext(ctx, `SELECT count(*) FROM job`).Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		if n := count(); n != 0 {
			t.Errorf("a fresh database holds %d jobs", n)
		}
		err := d.Tx(ctx, func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.ExecContext(ctx, `INSERT INTO job (id, kind, key, payload, state, run_at, deadline, attempt, again_at,
				owner, lease, leased_until, rescued, error, added) VALUES ($1, 'k', 'k', '{}', 'ready', 0, 0, 0, 0, '', '', 0, 0, '', 0)`, "1")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if n := count(); n != 1 {
			t.Errorf("after one insert %d jobs", n)
		}
	})
}
