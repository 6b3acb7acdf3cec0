package db

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"github.com/strollhq/stroll/internal/fault"
)

// refuseNewerSQLite looks at an existing file through a connection that changes
// nothing, neither in the file nor in those beside it, so that a refused
// database keeps every byte.
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
	err = look(ctx, path)
	if err != nil && !errors.Is(err, fault.Conflict) {
		// Somebody may be making or opening the file at this moment: take turns
		// with them, at the price of an index file beside it.
		err = refuseNewerBy(ctx, path, path, "mode=ro")
	}
	if err != nil && !errors.Is(err, fault.Conflict) {
		return unopened(path, err)
	}
	return err
}

// look reads the schema version of a file without leaving a trace. To read the
// log beside the file takes an index of the log.
func look(ctx context.Context, path string) error {
	if _, err := os.Stat(path + "-shm"); err == nil {
		// The index that is there, or one in memory if nobody uses that.
		return refuseNewerBy(ctx, path, path, "mode=ro&readonly_shm=1")
	}
	if log, err := os.Stat(path + "-wal"); err != nil || log.Size() == 0 {
		return refuseNewerBy(ctx, path, path, "mode=ro&immutable=1") // there is no log
	}
	// Nobody has the file open. The index is made beside another name of it.
	aside, err := os.MkdirTemp(filepath.Dir(path), ".stroll-look-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(aside)
	name := filepath.Join(aside, "db")
	if err := errors.Join(os.Link(path, name), os.Link(path+"-wal", name+"-wal")); err != nil {
		return err
	}
	return refuseNewerBy(ctx, path, name, "mode=ro")
}

func refuseNewerBy(ctx context.Context, path, name, how string) error {
	ro, err := sql.Open("sqlite", "file:"+(&url.URL{Path: name}).EscapedPath()+"?"+how+"&_pragma=busy_timeout(10000)")
	if err != nil {
		return err
	}
	defer ro.Close()
	ro.SetMaxOpenConns(1)
	var n int
	err = ro.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'goose_db_version'`).Scan(&n)
	if err != nil || n == 0 {
		return err
	}
	return refuseNewer(ctx, ro, path)
}
