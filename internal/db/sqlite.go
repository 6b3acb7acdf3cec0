package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
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
	if err := migrateSQLite(ctx, write, c.Log, path); err != nil {
		write.Close()
		if errors.Is(err, fault.Conflict) {
			return nil, err
		}
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
	tidy, err := sql.Open("sqlite", sqliteURL(path, ""))
	if err != nil {
		read.Close()
		conn.Close()
		write.Close()
		return nil, fmt.Errorf("database %s: %w", path, err)
	}
	tidy.SetMaxOpenConns(1)
	return &sqliteDB{writer: write, read: read, readers: newPrepared(read), group: startGroup(write, conn, startTidier(tidy))}, nil
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
		"_pragma=wal_autocheckpoint(0)", // see tidier
		extra,
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + strings.Join(q, "&")
}

func (s *sqliteDB) reader() Querier { return s.readers }

func (s *sqliteDB) ping(ctx context.Context) error {
	var one int
	return s.readers.QueryRowContext(ctx, `SELECT 1`).Scan(&one)
}

func (s *sqliteDB) close() error {
	s.group.stop()
	s.readers.st.close()
	// The writer last: the last connection to close checkpoints the log and
	// removes it, which only a writing one may do.
	return errors.Join(s.group.tidier.stop(), s.read.Close(), s.writer.Close())
}
