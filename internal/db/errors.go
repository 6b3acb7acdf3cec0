package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/strollhq/stroll/internal/fault"
)

// IsUnique says whether err is a violated primary key or unique index. On
// PostgreSQL such an error also ends the transaction it happened in: prefer
// INSERT … ON CONFLICT DO NOTHING and look at the rows affected.
func IsUnique(err error) bool {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || e.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code == "23505"
	}
	return false
}

// sqliteCode is the primary result code of an SQLite error, 0 for others.
func sqliteCode(err error) int {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code() & 0xff
	}
	return 0
}

// endsTransaction says whether the transaction is lost even if its function
// goes on. SQLite may have rolled back everything by itself, and a statement
// run after that would commit alone; PostgreSQL wants the transaction repeated.
func endsTransaction(err error) bool {
	if serialization(err) {
		return true
	}
	switch sqliteCode(err) {
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_BUSY,
		sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_CANTOPEN:
		return true
	}
	return false
}

// serialization says whether PostgreSQL undid the transaction so that it can
// be repeated.
func serialization(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (e.Code == "40001" || e.Code == "40P01")
}

// classify gives the errors that pass by themselves the kind Unavailable and
// leaves all others, and those that have a kind, as they are.
func classify(err error) error {
	if err == nil || errors.Is(err, fault.Unavailable) || !passing(err) {
		return err
	}
	return fault.New(fault.Unavailable, "database: %w", err)
}

func passing(err error) bool {
	switch sqliteCode(err) {
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED,
		sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_PROTOCOL:
		return true
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch e.Code[:2] {
		case "08", "53", "57", "58": // connection, resources, operator, I/O
			return e.Code != "57014" // a statement cancelled by its own caller
		case "25":
			return e.Code == "25006" // read-only: a standby, or a full managed disk
		case "40":
			return true // repeated often enough and still in conflict
		}
		return false
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	if errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) ||
		errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) {
		return true
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	_, ok := errors.AsType[*net.OpError](err)
	return ok || err.Error() == "sql: database is closed" // database/sql does not export it
}
