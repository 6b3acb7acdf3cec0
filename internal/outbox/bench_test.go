package outbox_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/outbox"
	"github.com/strollhq/stroll/internal/testkit"
)

// BenchmarkRun runs jobs that do nothing, all added before, and shows how long
// a job added to an idle outbox waits.
func BenchmarkRun(b *testing.B) {
	for _, engine := range []string{db.SQLite, db.Postgres} {
		open := func(b *testing.B) *db.DB {
			if engine == db.SQLite {
				return testkit.Open(b, b.TempDir()+"/bench.db")
			}
			return testkit.Open(b, testkit.PostgresDSN(b))
		}
		b.Run(engine+"/backlog", func(b *testing.B) {
			d := open(b)
			o := outbox.New(outbox.Config{DB: d, Workers: 128})
			var left atomic.Int64
			left.Store(int64(b.N))
			done := make(chan bool)
			o.Handle("k", func(context.Context, outbox.Run) error {
				if left.Add(-1) == 0 {
					close(done)
				}
				return nil
			}, outbox.Policy{})
			err := d.Tx(b.Context(), func(ctx context.Context, tx *db.Tx) error {
				for i := range b.N {
					if err := o.Add(ctx, tx, outbox.Job{Kind: "k", Key: fmt.Sprint(i)}); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				b.Fatal(err)
			}
			ctx, cancel := context.WithCancel(b.Context())
			ended := make(chan error)
			b.ResetTimer()
			go func() { ended <- o.Run(ctx) }()
			<-done
			cancel()
			<-ended
		})
		b.Run(engine+"/pickup", func(b *testing.B) {
			d := open(b)
			o := outbox.New(outbox.Config{DB: d})
			ran := make(chan time.Time)
			o.Handle("k", func(context.Context, outbox.Run) error { ran <- time.Now(); return nil }, outbox.Policy{})
			ctx, cancel := context.WithCancel(b.Context())
			ended := make(chan error)
			go func() { ended <- o.Run(ctx) }()
			var sum time.Duration
			for i := range b.N {
				err := d.Tx(ctx, func(ctx context.Context, tx *db.Tx) error {
					return o.Add(ctx, tx, outbox.Job{Kind: "k", Key: fmt.Sprint(i)})
				})
				if err != nil {
					b.Fatal(err)
				}
				added := time.Now()
				sum += (<-ran).Sub(added)
			}
			b.ReportMetric(float64(sum.Microseconds())/float64(b.N), "µs-pickup/op")
			cancel()
			<-ended
		})
	}
}
