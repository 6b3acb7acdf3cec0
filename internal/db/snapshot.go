package db

import (
	"context"
	"database/sql"
)

// Snapshot runs f on one consistent view of the committed data, however much
// is written meanwhile and without keeping writers waiting: for reports and
// checks that read a lot. Writing through q is an error.
func (d *DB) Snapshot(ctx context.Context, f func(ctx context.Context, q Querier) error) error {
	tx, err := d.back.snapshot(ctx)
	if err != nil {
		return classify(err)
	}
	// Nothing was written, so there is nothing to commit.
	defer tx.Rollback()
	return classify(f(ctx, tx))
}

func (s *sqliteDB) snapshot(ctx context.Context) (*sql.Tx, error) { return s.read.BeginTx(ctx, nil) }

func (p *postgresDB) snapshot(ctx context.Context) (*sql.Tx, error) {
	return p.db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
}
