package db_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/internal/testkit"
)

// fill writes rows until the database refuses, and returns how many are
// durable and the refusal.
func fill(d *db.DB, from int) (int, error) {
	for i := from; ; i++ {
		err := d.Tx(context.Background(), func(ctx context.Context, tx *db.Tx) error {
			return insert(ctx, tx, fmt.Sprint(i, strings.Repeat("x", 8000)), i)
		})
		if err != nil || i > from+10000 {
			return i - from, err
		}
	}
}

// TestDiskFull_pages fills a database that may not grow.
func TestDiskFull_pages(t *testing.T) {
	t.Parallel()
	d := testkit.SQLite(t)
	table(t, d)
	limitPages(t, d, 20)
	n, err := fill(d, 0)
	if !errors.Is(err, fault.Unavailable) {
		t.Fatalf("a full database is %v", err)
	}
	if got := len(things(t, d)); got != n || n == 0 {
		t.Errorf("%d rows were promised and %d are there", n, got)
	}
	limitPages(t, d, 1000)
	write(t, d, `INSERT INTO thing (k, n) VALUES ('space again', 1)`)
}

// TestDiskFull_device fills a real, small file system.
func TestDiskFull_device(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=2m"); err != nil {
		t.Skipf("mounting a small file system needs root: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	ballast := filepath.Join(dir, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 512<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	d, err := db.Open(t.Context(), db.Config{DSN: filepath.Join(dir, "stroll.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	table(t, d)
	n, err := fill(d, 0)
	if !errors.Is(err, fault.Unavailable) {
		t.Fatalf("a full disk is %v", err)
	}
	if got := len(things(t, d)); got != n || n == 0 {
		t.Errorf("%d rows were promised and %d are there", n, got)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	more, err := fill(d, n)
	if more == 0 {
		t.Errorf("with space again: %v", err)
	}
	if got := len(things(t, d)); got != n+more {
		t.Errorf("%d rows were promised and %d are there", n+more, got)
	}
}

func TestReadOnly(t *testing.T) {
	t.Parallel()
	testkit.EachDSN(t, func(t *testing.T, dsn string) {
		if db.IsPostgres(dsn) {
			d := testkit.Open(t, dsn+"&default_transaction_read_only=on")
			if err := exec(d, `DELETE FROM job`); !errors.Is(err, fault.Unavailable) {
				t.Errorf("a read-only server is %v", err)
			}
			return
		}
		d := testkit.Open(t, dsn)
		write(t, d, `DELETE FROM job`)
		if _, err := d.Reader().ExecContext(t.Context(), `DELETE FROM job`); err == nil {
			t.Error("the reader wrote")
		}
	})
}

// TestBrokenConnections cuts all of a pool's connections; the next
// transactions must not notice, because nothing was sent on them.
func TestBrokenConnections(t *testing.T) {
	t.Parallel()
	dsn := testkit.PostgresDSN(t)
	d := testkit.Open(t, dsn)
	table(t, d)
	for i := range 5 {
		write(t, d, `INSERT INTO thing (k, n) VALUES ($1, 1)`, fmt.Sprint(i))
		other := testkit.Open(t, dsn)
		rows, err := other.Reader().QueryContext(t.Context(), `
			SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
		}
		rows.Close()
		write(t, d, `UPDATE thing SET n = n + 1 WHERE k = $1`, fmt.Sprint(i))
	}
	for k, n := range things(t, d) {
		if n != 2 {
			t.Errorf("row %s is %d", k, n)
		}
	}
}

// TestLostServer breaks the connection inside a transaction.
func TestLostServer(t *testing.T) {
	t.Parallel()
	d := testkit.Open(t, testkit.PostgresDSN(t))
	table(t, d)
	err := d.Tx(t.Context(), func(ctx context.Context, tx *db.Tx) error {
		if err := insert(ctx, tx, "lost", 1); err != nil {
			return err
		}
		tx.ExecContext(ctx, `SELECT pg_terminate_backend(pg_backend_pid())`)
		return insert(ctx, tx, "lost too", 1)
	})
	if !errors.Is(err, fault.Unavailable) {
		t.Errorf("a lost server is %v", err)
	}
	if got := things(t, d); len(got) != 0 {
		t.Errorf("rows %v", got)
	}
}

// TestPassword checks that an error does not show the address's password.
func TestPassword(t *testing.T) {
	t.Parallel()
	for _, dsn := range []string{
		"postgres://user:s3cret@127.0.0.1:1/x?connect_timeout=1",
		"postgres://user:s3cret@host:notaport/x",
		(&url.URL{Scheme: "postgres", User: url.UserPassword("u", "s3cret"), Host: "127.0.0.1:1", RawQuery: "sslmode=nonsense"}).String(),
	} {
		if _, err := db.Open(t.Context(), db.Config{DSN: dsn}); err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("the error reads: %v", err)
		}
	}
}

// TestSerialization makes two transactions read what the other writes. The one
// that loses runs again even though its function hides the failure.
func TestSerialization(t *testing.T) {
	t.Parallel()
	d := testkit.Open(t, testkit.PostgresDSN(t))
	table(t, d)
	write(t, d, `INSERT INTO thing (k, n) VALUES ('x', 0)`)
	runs := 0
	err := d.Tx(t.Context(), func(ctx context.Context, tx *db.Tx) error {
		runs++
		var n int
		if err := tx.QueryRowContext(ctx, `SELECT n FROM thing WHERE k = 'x'`).Scan(&n); err != nil {
			return err
		}
		if runs == 1 {
			write(t, d, `UPDATE thing SET n = 10 WHERE k = 'x'`)
		}
		tx.ExecContext(ctx, `UPDATE thing SET n = $1 WHERE k = 'x'`, n+1)
		return nil
	})
	if err != nil || runs != 2 || things(t, d)["x"] != 11 {
		t.Errorf("%d runs left %v, %v", runs, things(t, d), err)
	}
}
