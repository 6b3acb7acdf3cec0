package db_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/internal/testkit"
)

// eachEmpty gives the address of a database that nobody has opened yet.
func eachEmpty(t *testing.T, f func(t *testing.T, dsn string)) {
	t.Run(db.SQLite, func(t *testing.T) {
		t.Parallel()
		f(t, filepath.Join(t.TempDir(), "new #1?.db")) // a name that needs care in a URL
	})
	t.Run(db.Postgres, func(t *testing.T) {
		t.Parallel()
		f(t, testkit.EmptyPostgresDSN(t))
	})
}

// TestOpen_together opens one empty database from several sides at once.
func TestOpen_together(t *testing.T) {
	t.Parallel()
	eachEmpty(t, func(t *testing.T, dsn string) {
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				d, err := db.Open(t.Context(), db.Config{DSN: dsn})
				if err != nil {
					t.Error(err)
					return
				}
				defer d.Close()
				var n int
				if err := d.Reader().QueryRowContext(t.Context(), `SELECT count(*) FROM job`).Scan(&n); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if !db.IsPostgres(dsn) {
			info, err := os.Stat(dsn)
			if err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("the file is %v, %v", info.Mode(), err)
			}
		}
	})
}

// TestOpen_newer writes a version from the future and expects a refusal that
// changes nothing.
func TestOpen_newer(t *testing.T) {
	t.Parallel()
	testkit.EachDSN(t, func(t *testing.T, dsn string) {
		ctx := t.Context()
		d, err := db.Open(ctx, db.Config{DSN: dsn})
		if err != nil {
			t.Fatal(err)
		}
		write(t, d, `DROP TABLE job`) // as a later version might
		write(t, d, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, $1)`, true)
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		before := content(t, dsn)
		for range 2 {
			d, err = db.Open(ctx, db.Config{DSN: dsn})
			if err == nil {
				d.Close()
				t.Fatal("it was opened")
			}
			if !errors.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "version 99999") || strings.Contains(err.Error(), "\n") {
				t.Errorf("the refusal reads: %v", err)
			}
		}
		if !bytes.Equal(before, content(t, dsn)) {
			t.Error("the refused database was changed")
		}
	})
}

// content is everything a database holds: the bytes of a file, or the names of
// tables and the versions.
func content(t *testing.T, dsn string) []byte {
	t.Helper()
	if !db.IsPostgres(dsn) {
		b, err := os.ReadFile(dsn)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	conn, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	var all []byte
	err = conn.QueryRowContext(t.Context(), `
		SELECT (SELECT string_agg(relname || ' ' || relkind::text || ' ' || relfilenode, ',' ORDER BY relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace)
			|| (SELECT string_agg(v::text || xmin::text, ',' ORDER BY id) FROM goose_db_version v)`).Scan(&all)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestOpen_refuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text := filepath.Join(dir, "text.db")
	if err := os.WriteFile(text, []byte(strings.Repeat("not a database ", 500)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ name, dsn string }{
		{"nothing", ""},
		{"memory", ":memory:"},
		{"file_url", "file:x.db"},
		{"folder_missing", filepath.Join(dir, "missing", "x.db")},
		{"a_folder", dir},
		{"another_kind_of_file", text},
		{"bad_postgres", "postgres://host:port/x"},
		{"no_server", "postgres:///x?host=" + dir},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			d, err := db.Open(t.Context(), db.Config{DSN: tc.dsn})
			if err == nil {
				d.Close()
				t.Fatal("it was opened")
			}
			t.Log(err)
		})
	}
	if b, err := os.ReadFile(text); err != nil || !strings.HasPrefix(string(b), "not a database") {
		t.Error("the other kind of file was changed")
	}
}

// TestBubble uses a whole DB inside a bubble: its goroutines wait so that
// virtual time passes, and end at Close.
func TestBubble(t *testing.T) {
	t.Parallel()
	testkit.EachDSN(t, func(t *testing.T, dsn string) {
		synctest.Test(t, func(t *testing.T) {
			d, err := db.Open(t.Context(), db.Config{DSN: dsn})
			if err != nil {
				t.Fatal(err)
			}
			table(t, d)
			start := time.Now()
			done := make(chan error, 20)
			for i := range cap(done) {
				go func() {
					time.Sleep(time.Duration(i%5) * time.Hour)
					done <- d.Tx(t.Context(), func(ctx context.Context, tx *db.Tx) error {
						return insert(ctx, tx, time.Now().String()+string(rune('a'+i)), i)
					})
				}()
			}
			for range cap(done) {
				if err := <-done; err != nil {
					t.Error(err)
				}
			}
			if n := len(things(t, d)); n != cap(done) {
				t.Errorf("%d rows", n)
			}
			time.Sleep(24 * time.Hour)
			if passed := time.Since(start); passed != 28*time.Hour {
				t.Errorf("%s passed", passed)
			}
			if err := d.Ping(t.Context()); err != nil {
				t.Errorf("after a day: %v", err)
			}
			if err := d.Close(); err != nil {
				t.Error(err)
			}
		})
	})
}
