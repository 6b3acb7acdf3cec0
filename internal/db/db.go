package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"regexp"
	"runtime"
	"strings"

	"github.com/strollhq/stroll/internal/fault"
)

// Querier runs statements; its methods are those of database/sql.
type Querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// Config says which database to open.
type Config struct {
	// DSN is a path to an SQLite file, created if it is missing (its folder
	// is not), or a postgres:// URL. The schema is brought up to date.
	DSN string
	// Log gets migrations and repeated transactions; nil is silent.
	Log *slog.Logger
	// Probe is called just before and just after each commit, on the goroutine
	// that asked for it, with "before commit:NAME" and "after commit:NAME". NAME
	// is the write's kind, or the function whose transaction it is, such as
	// internal/cart.(*Carts).take. Tests stop the program there, or make the
	// commit fail: an error before it undoes the transaction, one after it is a
	// commit whose answer was lost. Nil does nothing.
	Probe func(point string) error
}

// The values of Engine.
const (
	SQLite   = "sqlite"
	Postgres = "postgres"
)

// backend is what differs between the engines.
type backend interface {
	tx(ctx context.Context, loose bool, fn func(context.Context, *Tx) error) error
	begin(ctx context.Context, w *Write) (*Begun, error)
	reader() Querier
	snapshot(ctx context.Context) (*sql.Tx, error)
	ping(ctx context.Context) error
	close() error
}

// DB is an open database. Its methods may be called from any goroutine.
type DB struct {
	engine string
	back   backend
	watch  func(point string) error // nil for nobody
}

var errClosed = fault.New(fault.Unavailable, "the database is closed")

// Open opens the database and brings its schema up to date; two processes may
// do so at once. A database whose schema is newer than this program is refused
// with fault.Conflict and left exactly as it was.
func Open(ctx context.Context, c Config) (*DB, error) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if IsPostgres(c.DSN) {
		back, err := openPostgres(ctx, c)
		if err != nil {
			return nil, err
		}
		return &DB{engine: Postgres, back: back, watch: c.Probe}, nil
	}
	back, err := openSQLite(ctx, c)
	if err != nil {
		return nil, err
	}
	return &DB{engine: SQLite, back: back, watch: c.Probe}, nil
}

// IsPostgres says whether a DSN names a PostgreSQL server rather than a file.
func IsPostgres(dsn string) bool {
	return strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://")
}

// Engine is SQLite or Postgres.
func (d *DB) Engine() string { return d.engine }

// Reader reads committed data. Writing through it is an error on SQLite and
// forbidden everywhere: it would not be durable together with anything else.
func (d *DB) Reader() Querier { return d.back.reader() }

// Tx runs fn in a write transaction. When it returns nil, what fn wrote is
// durable; when fn returns an error, what fn wrote is undone and Tx returns
// that error. fn may run more than once, so it must have no effect outside tx
// except through tx.AfterCommit. It must neither wait nor use the network: on
// SQLite all writers wait with it. A ctx that has ended before fn starts means
// fn does not run; once fn has run, the answer waits for the commit.
//
// Tx inside fn is refused: it would wait for itself.
func (d *DB) Tx(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	return d.run(ctx, false, fn)
}

// TxReadCommitted is Tx at READ COMMITTED on PostgreSQL, for statements that
// take rows from a queue with SKIP LOCKED: under REPEATABLE READ a row taken
// by a neighbour is a serialization failure instead of a row to skip. On
// SQLite it is Tx.
func (d *DB) TxReadCommitted(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	return d.run(ctx, true, fn)
}

type inTx struct{}

func (d *DB) run(ctx context.Context, loose bool, fn func(context.Context, *Tx) error) error {
	if ctx.Value(inTx{}) == d {
		return errors.New("a transaction was begun inside a transaction of the same database")
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("transaction not begun: %w", err)
	}
	if d.watch == nil {
		return classify(d.back.tx(context.WithValue(ctx, inTx{}, d), loose, fn))
	}
	name := nameOf(fn)
	var lost error
	err := d.back.tx(context.WithValue(ctx, inTx{}, d), loose, func(ctx context.Context, tx *Tx) error {
		if err := fn(ctx, tx); err != nil {
			return err
		}
		after := tx.after
		tx.after = []func(){func() {
			if lost = d.watch("after commit:" + name); lost == nil {
				(&Tx{after: after}).committed()
			}
		}}
		return d.watch("before commit:" + name)
	})
	return classify(errors.Join(err, lost))
}

func (d *DB) probe(point string) error {
	if d.watch == nil {
		return nil
	}
	return d.watch(point)
}

// nameOf is the place in our code of a transaction's function.
func nameOf(fn func(context.Context, *Tx) error) string {
	name := runtime.FuncForPC(reflect.ValueOf(fn).Pointer()).Name()
	name = strings.TrimPrefix(name, "github.com/strollhq/stroll/")
	return closures.ReplaceAllString(name, "")
}

var closures = regexp.MustCompile(`(\.func\d+(\.\d+)*)+$`)

// Ping asks the database for an answer.
func (d *DB) Ping(ctx context.Context) error { return classify(d.back.ping(ctx)) }

// Close ends all connections. Transactions under way finish; later ones are
// refused.
func (d *DB) Close() error { return d.back.close() }

// Tx is a transaction in progress. It belongs to the function it was given to
// and to that function's goroutine.
type Tx struct {
	q     Querier
	after []func()
	// dead is the error after which the engine may have rolled back by
	// itself; nothing may run any more.
	dead error
}

// ExecContext runs a statement.
func (t *Tx) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if t.dead != nil {
		return nil, t.dead
	}
	res, err := t.q.ExecContext(ctx, query, args...)
	return res, t.note(err)
}

// QueryContext runs a query; close its rows before the function ends.
func (t *Tx) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if t.dead != nil {
		return nil, t.dead
	}
	rows, err := t.q.QueryContext(ctx, query, args...)
	return rows, t.note(err)
}

// QueryRowContext runs a query for one row.
func (t *Tx) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	row := t.q.QueryRowContext(ctx, query, args...)
	t.note(row.Err())
	return row
}

// AfterCommit registers f to run once the transaction is durable, in order of
// registration, on the goroutine that called DB.Tx. If the transaction is
// undone or repeated, f is forgotten.
func (t *Tx) AfterCommit(f func()) { t.after = append(t.after, f) }

func (t *Tx) note(err error) error {
	if err != nil && t.dead == nil && endsTransaction(err) {
		t.dead = err
	}
	return err
}

func (t *Tx) committed() {
	for _, f := range t.after {
		f()
	}
}
