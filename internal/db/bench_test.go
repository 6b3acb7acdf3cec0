package db_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/testkit"
)

// BenchmarkTx writes one row a transaction from many goroutines and, to
// compare, from one.
func BenchmarkTx(b *testing.B) {
	for _, writers := range []int{1, 64} {
		b.Run(fmt.Sprintf("sqlite/writers=%d", writers), func(b *testing.B) {
			path := b.TempDir() + "/bench.db"
			benchTx(b, path, writers)
		})
		b.Run(fmt.Sprintf("postgres/writers=%d", writers), func(b *testing.B) {
			benchTx(b, testkit.PostgresDSN(b), writers)
		})
	}
}

func benchTx(b *testing.B, dsn string, writers int) {
	d, err := db.Open(b.Context(), db.Config{DSN: dsn})
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	if err := exec(d, `CREATE TABLE thing (k TEXT NOT NULL PRIMARY KEY, n BIGINT NOT NULL)`); err != nil {
		b.Fatal(err)
	}
	var next atomic.Int64
	done := make(chan error, writers)
	b.ResetTimer()
	for range writers {
		go func() {
			for {
				i := next.Add(1)
				if i > int64(b.N) {
					done <- nil
					return
				}
				err := d.Tx(context.Background(), func(ctx context.Context, tx *db.Tx) error {
					var n int
					if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM thing WHERE k = $1`, "x").Scan(&n); err != nil {
						return err
					}
					return insert(ctx, tx, fmt.Sprintf("key %d", i), int(i))
				})
				if err != nil {
					done <- err
					return
				}
			}
		}()
	}
	for range writers {
		if err := <-done; err != nil {
			b.Fatal(err)
		}
	}
}
