package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	_ "modernc.org/sqlite" // registers the driver "sqlite"

	"github.com/strollhq/stroll/internal/fault"
)

// sqliteDB is one writing connection behind a queue, and a pool of reading
// ones.
type sqliteDB struct {
	writer  *sql.DB
	read    *sql.DB
	readers prepared
	*group
}

func openSQLite(ctx context.Context, c Config) (*sqliteDB, error) {
	if c.DSN == "" || strings.HasPrefix(c.DSN, "file:") || strings.Contains(c.DSN, ":memory:") {
		return nil, fault.New(fault.Invalid, "database %q: give the path of a file, or a postgres:// address", c.DSN)
	}
	path, err := filepath.Abs(c.DSN)
	if err != nil {
		return nil, fmt.Errorf("database %s: %w", c.DSN, err)
	}
	if err := refuseNewerSQLite(ctx, path); err != nil {
		return nil, err
	}
	// The file holds personal data: it is created for its owner alone, and
	// SQLite gives the files beside it the same mode.
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, unopened(path, fault.New(fault.Unavailable, "%w", err))
	}
	f.Close()

	write, err := sql.Open("sqlite", sqliteURL(path, "_txlock=immediate"))
	if err != nil {
		return nil, fmt.Errorf("database %s: %w", path, err)
	}
	write.SetMaxOpenConns(1)
	if err := migrateSQLite(ctx, write, c.Log); err != nil {
		write.Close()
		return nil, unopened(path, err)
	}
	conn, err := write.Conn(ctx)
	if err != nil {
		write.Close()
		return nil, unopened(path, err)
	}
	read, err := sql.Open("sqlite", sqliteURL(path, "_query_only=1"))
	if err != nil {
		conn.Close()
		write.Close()
		return nil, fmt.Errorf("database %s: %w", path, err)
	}
	n := max(4, 2*runtime.GOMAXPROCS(0))
	read.SetMaxOpenConns(n)
	read.SetMaxIdleConns(n)
	return &sqliteDB{writer: write, read: read, readers: newPrepared(read), group: startGroup(write, conn)}, nil
}

// sqliteURL is the driver's name for a file. busy_timeout stands first because
// switching to WAL can itself meet a busy file.
func sqliteURL(path string, extra string) string {
	q := []string{
		"_pragma=busy_timeout(10000)",
		"_pragma=journal_mode(wal)",
		"_pragma=synchronous(full)",
		"_pragma=foreign_keys(1)",
		"_pragma=temp_store(memory)",
		"_pragma=cache_size(-32768)",
		"_pragma=journal_size_limit(67108864)",
		extra,
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + strings.Join(q, "&")
}

// refuseNewerSQLite looks at an existing file through a connection that cannot
// write, so that a refused file keeps every byte.
func refuseNewerSQLite(ctx context.Context, path string) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0 {
		return nil
	}
	if err != nil {
		return unopened(path, fault.New(fault.Unavailable, "%w", err))
	}
	if !info.Mode().IsRegular() {
		return fault.New(fault.Invalid, "database %s: it is not a file", path)
	}
	ro, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?mode=ro&_pragma=busy_timeout(10000)")
	if err != nil {
		return fmt.Errorf("database %s: %w", path, err)
	}
	defer ro.Close()
	ro.SetMaxOpenConns(1)
	var n int
	err = ro.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'goose_db_version'`).Scan(&n)
	if err != nil {
		return unopened(path, err)
	}
	if n == 0 {
		return nil
	}
	return refuseNewer(ctx, ro, path)
}

func (s *sqliteDB) reader() Querier { return s.readers }

func (s *sqliteDB) ping(ctx context.Context) error {
	var one int
	return s.readers.QueryRowContext(ctx, `SELECT 1`).Scan(&one)
}

func (s *sqliteDB) close() error {
	s.group.stop()
	s.readers.st.close()
	// Readers first: the last connection to close checkpoints the log and
	// removes it, which only a writing one may do.
	return errors.Join(s.read.Close(), s.writer.Close())
}
