package bench_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/strollhq/stroll/internal/db"
)

// measureGateBeside times the gate at 300 a second while rows are merged into
// the same database and the payment worker settles what 50 carts a second leave
// to be done. What counts is the latest answer against a quarter of Amazon's two
// seconds.
func measureGateBeside(t *testing.T, b *board, s *site) {
	for _, engine := range engines {
		key := "gate-beside/" + engine
		if !b.wants(key) {
			continue
		}
		t.Run(key, func(t *testing.T) {
			dsn, far := s.dsn(t, engine), newAmazon(t, 0)
			sub := open(t, dsn, far.addr)
			codes := sub.enrol(t, visitors)
			sub.run(t)
			gates := []*remote{
				s.generator(t, load{Addr: sub.addr, Want: "200", Kind: "code", Codes: codes}),
				s.generator(t, load{Addr: sub.addr, Want: "200", Kind: "card"}),
			}
			carts := s.generator(t, load{Addr: sub.addr, Want: "201", Kind: "cart", Lines: 10, Visitors: visitors})
			gates[0].flood(0.5)
			bulk := newBulk(t, sub.DB, dsn)
			var worst []float64
			for range *rounds {
				stop := bulk.start(t)
				filled := make(chan run, 1)
				go func() { filled <- carts.pace(50, 8) }()
				other := make(chan run, 1)
				go func() { other <- gates[1].pace(150, 8) }()
				r := gates[0].pace(150, 8)
				worst = append(worst, max(millis(r.Max), millis((<-other).Max)))
				<-filled
				t.Logf("%d rows merged, %d payments captured", stop(), far.captures.Swap(0))
			}
			b.rates(Figure{Key: key, What: "slowest gate answer at 300 a second beside a bulk upsert and the payment worker, " + name(engine), Unit: "ms", Limit: 500}, worst, nil)
		})
	}
}

// measurePurchaseBeside compares the latest of a hundred purchases at 300 a
// second with and without rows being merged into the same database.
func measurePurchaseBeside(t *testing.T, b *board, s *site) {
	limits := map[string]float64{db.SQLite: 8, db.Postgres: 5}
	for _, engine := range engines {
		key := "purchase-beside/" + engine
		if !b.wants(key) {
			continue
		}
		t.Run(key, func(t *testing.T) {
			dsn := s.dsn(t, engine)
			sub := open(t, dsn, "127.0.0.1:1")
			sub.serve(t)
			carts := s.generator(t, load{Addr: sub.addr, Want: "201", Kind: "cart", Lines: 10, Visitors: visitors})
			carts.flood(1)
			bulk := newBulk(t, sub.DB, dsn)
			var alone, beside []float64
			for range *rounds {
				alone = append(alone, millis(carts.pace(300, 5).P99))
				stop := bulk.start(t)
				beside = append(beside, millis(carts.pace(300, 5).P99))
				t.Logf("%d rows merged", stop())
			}
			b.rates(Figure{Key: key, What: "a purchase beside a bulk upsert, p99 at 300 a second, " + name(engine), Unit: "ms", Limit: limits[engine],
				Baseline: "the same without the upsert"}, beside, alone)
		})
	}
}

// bulk merges rows into a table of its own in the program's database, as the
// ingest of a report does: new ones, and every third one changed again.
type bulk struct {
	d    *db.DB
	conn *pgx.Conn // PostgreSQL: another session
	rows int64
}

func newBulk(t testing.TB, d *db.DB, dsn string) *bulk {
	t.Helper()
	k := &bulk{d: d}
	err := d.Tx(t.Context(), func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.ExecContext(ctx, `CREATE TABLE bench_report (
			id TEXT PRIMARY KEY, trip_id TEXT NOT NULL, kind TEXT NOT NULL, amount BIGINT NOT NULL, currency TEXT NOT NULL, at BIGINT NOT NULL)`)
		return err
	})
	if err == nil && d.Engine() == db.Postgres {
		k.conn, err = pgx.Connect(t.Context(), dsn)
		if err == nil {
			t.Cleanup(func() { k.conn.Close(context.Background()) })
			_, err = k.conn.Exec(t.Context(), `CREATE TEMPORARY TABLE incoming (LIKE bench_report)`)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// start merges until the function returned is called, which returns how many
// rows were merged.
func (k *bulk) start(t testing.TB) (stop func() int64) {
	before := k.rows
	var end atomic.Bool
	done := make(chan error, 1)
	go func() {
		var err error
		for err == nil && !end.Load() {
			if k.conn != nil {
				err = k.copied(t.Context())
			} else {
				err = k.slice(t.Context())
			}
		}
		done <- err
	}()
	return func() int64 {
		end.Store(true)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		return k.rows - before
	}
}

// next is a row: every third has the id of one that came before.
func (k *bulk) next() []any {
	n := k.rows
	k.rows++
	if n%3 == 2 {
		n = n * 2 / 3
	}
	id := fmt.Sprintf("%016x", mix(uint64(n)))
	return []any{id, "trip-" + id, "CAPTURE", n % 10_000, "USD", time.Now().UnixMilli()}
}

const (
	slice = 100    // rows a turn among the writers of an SQLite file
	batch = 10_000 // rows copied and merged at once
)

const mergeRow = ` ON CONFLICT (id) DO UPDATE SET amount = excluded.amount, at = excluded.at WHERE bench_report.amount <> excluded.amount`

var insertSlice = `INSERT INTO bench_report (id, trip_id, kind, amount, currency, at) VALUES ` +
	strings.TrimSuffix(strings.Repeat("(?,?,?,?,?,?),", slice), ",") + mergeRow

// slice merges a slice through the program's one writer, which others wait for.
func (k *bulk) slice(ctx context.Context) error {
	args := make([]any, 0, slice*6)
	for range slice {
		args = append(args, k.next()...)
	}
	return k.d.Tx(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.ExecContext(ctx, insertSlice, args...)
		return err
	})
}

// copied copies a batch to a temporary table and merges it.
func (k *bulk) copied(ctx context.Context) error {
	tx, err := k.conn.Begin(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback(ctx)
	if _, err := tx.Exec(ctx, `TRUNCATE incoming`); err != nil {
		return err
	}
	_, err = tx.CopyFrom(ctx, pgx.Identifier{"incoming"}, []string{"id", "trip_id", "kind", "amount", "currency", "at"},
		pgx.CopyFromSlice(batch, func(int) ([]any, error) { return k.next(), nil }))
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `INSERT INTO bench_report SELECT DISTINCT ON (id) * FROM incoming ORDER BY id`+mergeRow); err != nil {
		return err
	}
	return tx.Commit(ctx)
}
