package outbox_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/outbox"
	"github.com/strollhq/stroll/internal/testkit"
)

// spares runs eight short jobs and then twelve that block, so that eight of
// those run and four are held for the next workers to be free.
func spares(t *testing.T, d *db.DB, lease time.Duration, block chan struct{}) (o *outbox.Outbox, began *atomic.Int64) {
	began = new(atomic.Int64)
	o = outbox.New(outbox.Config{DB: d, Workers: 8, Lease: lease, Jitter: most})
	o.Handle("short", func(context.Context, outbox.Run) error { return nil }, outbox.Policy{})
	o.Handle("long", func(ctx context.Context, r outbox.Run) error {
		if r.Attempt != 1 {
			t.Errorf("job %s: attempt %d", r.Key, r.Attempt)
		}
		began.Add(1)
		select {
		case <-block:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}, outbox.Policy{Timeout: 24 * time.Hour})
	var short, long []outbox.Job
	for i := range 20 {
		if i < 8 {
			short = append(short, outbox.Job{Kind: "short", Key: fmt.Sprint(i)})
		} else {
			long = append(long, outbox.Job{Kind: "long", Key: fmt.Sprint(i)})
		}
	}
	add(t, d, o, short...)
	run(t, o)
	synctest.Wait()
	add(t, d, o, long...)
	synctest.Wait()
	return o, began
}

func count(t *testing.T, o *outbox.Outbox, state string) int {
	return len(list(t, o, outbox.Filter{State: state}))
}

// What is held for a free worker keeps its lease however long it waits, and
// runs then.
func TestSpare(t *testing.T) {
	t.Parallel()
	bubbles(t, func(t *testing.T, dsn string) {
		d := testkit.Open(t, dsn)
		block := make(chan struct{})
		o, began := spares(t, d, time.Minute, block)
		if running := count(t, o, outbox.Running); began.Load() != 8 || running != 12 {
			t.Fatalf("%d run and %d are leased; want 8 of 12", began.Load(), running)
		}
		time.Sleep(10 * time.Minute)
		close(block)
		atRest(t, o)
		if began.Load() != 12 {
			t.Errorf("%d jobs ran, want each of 12 once", began.Load())
		}
	})
}

// What is held at a shutdown is given back and costs no attempt.
func TestSpare_shutdown(t *testing.T) {
	t.Parallel()
	bubbles(t, func(t *testing.T, dsn string) {
		d := testkit.Open(t, dsn)
		block := make(chan struct{})
		ctx, cancel := context.WithCancel(t.Context())
		o := outbox.New(outbox.Config{DB: d, Workers: 4, Jitter: most})
		o.Handle("short", func(context.Context, outbox.Run) error { return nil }, outbox.Policy{})
		o.Handle("long", func(context.Context, outbox.Run) error { <-block; return nil }, outbox.Policy{})
		done := make(chan error, 1)
		var short []outbox.Job
		for i := range 4 {
			short = append(short, outbox.Job{Kind: "short", Key: fmt.Sprint(i)})
		}
		add(t, d, o, short...)
		go func() { done <- o.Run(ctx) }()
		synctest.Wait()
		var long []outbox.Job
		for i := range 9 {
			long = append(long, outbox.Job{Kind: "long", Key: fmt.Sprint(i)})
		}
		add(t, d, o, long...)
		synctest.Wait()
		if n := count(t, o, outbox.Running); n != 6 {
			t.Fatalf("%d jobs are leased, want 4 that run and 2 that are held", n)
		}
		cancel()
		synctest.Wait()
		close(block)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		rows := list(t, o, outbox.Filter{})
		for _, r := range rows {
			if r.State != outbox.Ready || r.Attempt != 0 {
				t.Errorf("job %s is %s after %d attempts", r.Key, r.State, r.Attempt)
			}
		}
		if len(rows) != 5 {
			t.Errorf("%d jobs are left, want 5", len(rows))
		}
	})
}

// What is held and was taken by somebody else is not run here.
func TestSpare_lost(t *testing.T) {
	t.Parallel()
	bubbles(t, func(t *testing.T, dsn string) {
		d := testkit.Open(t, dsn)
		block := make(chan struct{})
		o, began := spares(t, d, time.Minute, block)
		err := d.Tx(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.ExecContext(ctx, `UPDATE job SET lease = 'another', leased_until = 9000000000000 WHERE kind = 'long'`)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if began.Load() != 8 || count(t, o, outbox.Running) != 12 {
			t.Errorf("%d jobs ran, want the 8 that had begun", began.Load())
		}
		close(block)
	})
}
