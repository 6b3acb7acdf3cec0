package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/strollhq/stroll/internal/fault"
)

// maxRepeats bounds how often a transaction is repeated after a serialization
// failure before its caller is told that the database is too busy, maxBegins
// how often a new connection is tried in place of a broken one.
const (
	maxRepeats = 12
	maxBegins  = 3
)

type postgresDB struct {
	db  *sql.DB
	log *slog.Logger
	*together
}

func openPostgres(ctx context.Context, c Config) (*postgresDB, error) {
	cfg, err := pgx.ParseConfig(c.DSN)
	if err != nil {
		return nil, fault.New(fault.Invalid, "database: %w", err) // pgx hides the password
	}
	if cfg.ConnectTimeout == 0 {
		cfg.ConnectTimeout = 10 * time.Second
	}
	if cfg.RuntimeParams["application_name"] == "" {
		cfg.RuntimeParams["application_name"] = "stroll"
	}
	d := stdlib.OpenDB(*cfg, stdlib.OptionAfterConnect(settle))
	// A commit waits for the disk, not for a core, so more connections than
	// cores are of use; far more only queue inside the server.
	n := max(16, 4*runtime.GOMAXPROCS(0))
	d.SetMaxOpenConns(n)
	d.SetMaxIdleConns(n)
	d.SetConnMaxIdleTime(5 * time.Minute)
	d.SetConnMaxLifetime(time.Hour)
	if err := migratePostgres(ctx, d, c.Log, fmt.Sprintf("%s on %s", cfg.Database, cfg.Host)); err != nil {
		d.Close()
		if errors.Is(err, fault.Conflict) {
			return nil, err // it names the database
		}
		return nil, classify(fmt.Errorf("database %s on %s: %w", cfg.Database, cfg.Host, err))
	}
	compress(ctx, d, c.Log)
	p := &postgresDB{db: d, log: c.Log}
	p.together = startTogether(cfg)
	return p, nil
}

// settle prepares a new connection. A plan made while a table was empty is a
// sequential scan, or a sort of all that an index yields, and a prepared
// statement keeps it while the table fills. Every query of ours that names a
// key or asks for the first few rows has an index in that order, so such plans
// are never wanted. Without just-in-time compilation, because the price put on
// the scans that remain would set it off.
func settle(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, `SET enable_seqscan = off; SET enable_bitmapscan = off; SET jit = off`, pgx.QueryExecModeSimpleProtocol)
	return err
}

func (p *postgresDB) reader() Querier { return pool{p.db} }

func (p *postgresDB) ping(ctx context.Context) error { return p.db.PingContext(ctx) }

func (p *postgresDB) close() error {
	p.together.stop()
	return p.db.Close()
}

// pool is the connection pool with its errors classified. pgx keeps the
// statements prepared.
type pool struct{ db *sql.DB }

func (p pool) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	res, err := p.db.ExecContext(ctx, query, args...)
	return res, classify(err)
}

func (p pool) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	rows, err := p.db.QueryContext(ctx, query, args...)
	return rows, classify(err)
}

func (p pool) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return p.db.QueryRowContext(ctx, query, args...)
}

// tx repeats fn after a serialization failure, and after a connection that
// turned out to be broken when the transaction began.
func (p *postgresDB) tx(ctx context.Context, loose bool, fn func(context.Context, *Tx) error) error {
	level := sql.LevelRepeatableRead
	if loose {
		level = sql.LevelReadCommitted
	}
	for try := 1; ; try++ {
		tx, err := p.once(ctx, level, fn)
		if err == nil {
			tx.committed()
			return nil
		}
		// A begin that failed changed nothing, whatever was sent of it. A server
		// that does not take connections is not asked again.
		_, down := errors.AsType[*pgconn.ConnectError](err)
		again := serialization(err) && try < maxRepeats ||
			tx == nil && passing(err) && !down && try < maxBegins
		if !again {
			return err
		}
		p.log.DebugContext(ctx, "transaction repeated", "try", try, "error", err)
		// Full jitter: the transactions that met each other must not meet again.
		t := time.NewTimer(rand.N(min(2*time.Millisecond<<try, 250*time.Millisecond)))
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return errors.Join(err, ctx.Err())
		}
	}
}

// once runs fn once. The Tx is nil when not even its begin was sent.
func (p *postgresDB) once(ctx context.Context, level sql.IsolationLevel, fn func(context.Context, *Tx) error) (*Tx, error) {
	sqlTx, err := p.db.BeginTx(ctx, &sql.TxOptions{Isolation: level})
	if err != nil {
		return nil, err
	}
	// Ends the transaction when fn returns an error, panics or exits; does
	// nothing after a commit.
	defer sqlTx.Rollback()
	tx := &Tx{q: sqlTx}
	if err := fn(ctx, tx); err != nil {
		return tx, err
	}
	if tx.dead != nil {
		return tx, tx.dead
	}
	return tx, sqlTx.Commit()
}
