package testkit_test

import (
	"context"
	"syscall"
	"testing"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/testkit"
)

// TestServer crashes a server in every way there is; what was committed is
// there each time.
func TestServer(t *testing.T) {
	t.Parallel()
	s := testkit.NewServer(t, "")
	d := testkit.Open(t, s.DSN)
	put := func(n int) {
		t.Helper()
		err := d.Tx(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.ExecContext(ctx, `INSERT INTO thing (n) VALUES ($1)`, n)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	err := d.Tx(t.Context(), func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.ExecContext(ctx, `CREATE TABLE thing (n BIGINT NOT NULL)`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for n, crash := range []func(){
		func() { s.Crash(syscall.SIGQUIT); s.Start() },
		func() { s.Crash(syscall.SIGKILL); s.Start() },
		func() { s.CrashBackend("stroll") },
	} {
		put(n)
		crash()
		var got int
		if err := testkit.Open(t, s.DSN).Reader().QueryRowContext(t.Context(), `SELECT count(*) FROM thing`).Scan(&got); err != nil || got != n+1 {
			t.Fatalf("after crash %d: %d rows, %v", n, got, err)
		}
	}
}
