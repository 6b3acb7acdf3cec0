package testkit

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/strollhq/stroll/internal/db"
)

// EachDB runs f against a fresh, migrated database of each engine, in the
// parallel subtests "sqlite" and "postgres". Without PostgreSQL on the machine
// the second is skipped, or fails when the variable CI is set.
func EachDB(t *testing.T, f func(t *testing.T, d *db.DB)) {
	t.Helper()
	EachDSN(t, func(t *testing.T, dsn string) { f(t, Open(t, dsn)) })
}

// EachDSN is EachDB for tests that open the database themselves, more than
// once or inside a bubble for example. The database is migrated.
func EachDSN(t *testing.T, f func(t *testing.T, dsn string)) {
	t.Helper()
	t.Run(db.SQLite, func(t *testing.T) {
		t.Parallel()
		f(t, SQLiteDSN(t))
	})
	t.Run(db.Postgres, func(t *testing.T) {
		t.Parallel()
		f(t, PostgresDSN(t))
	})
}

// Open opens a database for the length of the test.
func Open(t testing.TB, dsn string) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), db.Config{DSN: dsn})
	if err != nil {
		t.Fatalf("open the test's database: %v", err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Errorf("close the test's database: %v", err)
		}
	})
	return d
}

// SQLite opens a fresh, migrated SQLite database for the length of the test.
func SQLite(t testing.TB) *db.DB {
	t.Helper()
	return Open(t, SQLiteDSN(t))
}

// SQLiteDSN is the path of a fresh, migrated SQLite file that nobody has open.
func SQLiteDSN(t testing.TB) string {
	t.Helper()
	image, err := sqliteTemplate()
	if err != nil {
		t.Fatalf("make an empty SQLite file: %v", err)
	}
	path := filepath.Join(t.TempDir(), "stroll.db")
	if err := os.WriteFile(path, image, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// sqliteTemplate is the content of a freshly migrated file, made once.
var sqliteTemplate = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "stroll-sqlite-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "template.db")
	d, err := db.Open(context.Background(), db.Config{DSN: path})
	if err != nil {
		return nil, err
	}
	if err := d.Close(); err != nil { // the last to close moves the log into the file
		return nil, err
	}
	return os.ReadFile(path)
})
