package db

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/strollhq/stroll/internal/fault"
)

//go:embed migrations/*.sql
var migrations embed.FS

// newest is the highest version among the embedded migrations.
func newest() int64 {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		panic(err) // the pattern is a constant
	}
	var top int64
	for _, name := range names {
		digits, _, _ := strings.Cut(strings.TrimPrefix(name, "migrations/"), "_")
		if v, err := strconv.ParseInt(digits, 10, 64); err == nil {
			top = max(top, v)
		}
	}
	return top
}

// version is the schema's version; the table of versions must exist.
func version(ctx context.Context, q *sql.DB) (int64, error) {
	var v int64
	err := q.QueryRowContext(ctx, `SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version`).Scan(&v)
	return v, err
}

func refuseNewer(ctx context.Context, q *sql.DB, name string) error {
	v, err := version(ctx, q)
	if err != nil {
		return fmt.Errorf("read the schema version: %w", err)
	}
	if top := newest(); v > top {
		return fault.New(fault.Conflict, "database %s has schema version %d, written by a newer Stroll: this program knows versions up to %d and has left it untouched", name, v, top)
	}
	return nil
}

func provider(dialect goose.Dialect, d *sql.DB, log *slog.Logger, opts ...goose.ProviderOption) (*goose.Provider, error) {
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	opts = append(opts, goose.WithSlog(log), goose.WithDisableGlobalRegistry(true))
	return goose.NewProvider(dialect, d, dir, opts...)
}

// migrateSQLite brings the schema up to date. Each migration and its version
// row are one immediate transaction, so of two processes that start together
// one fails cleanly and finds the work done when it looks again.
func migrateSQLite(ctx context.Context, d *sql.DB, log *slog.Logger, name string) error {
	if v, err := version(ctx, d); err == nil && v == newest() {
		return nil
	} else if err == nil {
		// A newer one may have been here since the file was looked at.
		if err := refuseNewer(ctx, d, name); err != nil {
			return err
		}
	}
	p, err := provider(goose.DialectSQLite3, d, log)
	if err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	for try := 1; ; try++ {
		if _, err = p.Up(ctx); err == nil || try == 5 || ctx.Err() != nil {
			return err
		}
		t := time.NewTimer(50*time.Millisecond + rand.N(100*time.Millisecond))
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return errors.Join(err, ctx.Err())
		}
	}
}

// migratePostgres brings the schema up to date under an advisory lock.
func migratePostgres(ctx context.Context, d *sql.DB, log *slog.Logger, name string) error {
	var exists bool
	err := d.QueryRowContext(ctx, `SELECT to_regclass('goose_db_version') IS NOT NULL`).Scan(&exists)
	if err != nil {
		return err
	}
	if exists {
		if err := refuseNewer(ctx, d, name); err != nil {
			return err
		}
		if v, err := version(ctx, d); err == nil && v == newest() {
			return nil
		}
	}
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300))
	if err != nil {
		return err
	}
	p, err := provider(goose.DialectPostgres, d, log, goose.WithSessionLocker(locker))
	if err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	_, err = p.Up(ctx)
	return err
}
