package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/outbox"
	"github.com/strollhq/stroll/internal/testkit"
)

// bubbles runs f in virtual time on both databases.
func bubbles(t *testing.T, f func(t *testing.T, dsn string)) {
	t.Helper()
	testkit.EachDSN(t, func(t *testing.T, dsn string) {
		synctest.Test(t, func(t *testing.T) { f(t, dsn) })
	})
}

// most waits as long as the policy allows.
func most(ceiling time.Duration) time.Duration { return ceiling }

func TestLater(t *testing.T) {
	t.Parallel()
	bubbles(t, func(t *testing.T, dsn string) {
		d := testkit.Open(t, dsn)
		o := outbox.New(outbox.Config{DB: d, Poll: time.Hour})
		ran := make(chan time.Duration)
		start := time.Now()
		o.Handle("k", func(_ context.Context, r outbox.Run) error {
			if r.Attempt != 1 {
				t.Errorf("attempt %d", r.Attempt)
			}
			ran <- time.Since(start).Truncate(time.Minute)
			if time.Since(start) < 3*time.Hour {
				return fmt.Errorf("not yet: %w", outbox.Later(90*time.Minute))
			}
			return nil
		}, outbox.Policy{})
		run(t, o)
		add(t, d, o, outbox.Job{Kind: "k", RunAt: start.Add(20 * time.Minute)})
		want := []time.Duration{20 * time.Minute, 110 * time.Minute, 200 * time.Minute}
		if diff := cmp.Diff(want, []time.Duration{<-ran, <-ran, <-ran}); diff != "" {
			t.Error(diff)
		}
		synctest.Wait()
		atRest(t, o)
	})
}

// atRest lets time pass until nothing is pending.
func atRest(t *testing.T, o *outbox.Outbox) {
	t.Helper()
	for range 100 {
		if pending(t, o) == 0 {
			return
		}
		time.Sleep(time.Second) // virtual
	}
	t.Errorf("still pending: %+v", list(t, o, outbox.Filter{}))
}

func TestBackoff(t *testing.T) {
	t.Parallel()
	bubbles(t, func(t *testing.T, dsn string) {
		d := testkit.Open(t, dsn)
		o := outbox.New(outbox.Config{DB: d, Poll: time.Hour, Jitter: most})
		ran := make(chan time.Duration)
		last := time.Now()
		o.Handle("k", func(_ context.Context, r outbox.Run) error {
			ran <- time.Since(last).Round(100 * time.Millisecond)
			last = time.Now()
			if r.Attempt < 7 {
				return errors.New("no")
			}
			return nil
		}, outbox.Policy{First: 2 * time.Second, Ceiling: 20 * time.Second})
		run(t, o)
		add(t, d, o, outbox.Job{Kind: "k"})
		var got []time.Duration
		for range 7 {
			got = append(got, <-ran)
		}
		s := time.Second
		if diff := cmp.Diff([]time.Duration{0, 2 * s, 4 * s, 8 * s, 16 * s, 20 * s, 20 * s}, got); diff != "" {
			t.Error(diff)
		}
		atRest(t, o)
	})
}

// TestPoll finds a job that another process added.
func TestPoll(t *testing.T) {
	t.Parallel()
	bubbles(t, func(t *testing.T, dsn string) {
		d, other := testkit.Open(t, dsn), testkit.Open(t, dsn)
		o := outbox.New(outbox.Config{DB: d, Poll: 10 * time.Second})
		ran := make(chan time.Time)
		o.Handle("k", func(context.Context, outbox.Run) error { ran <- time.Now(); return nil }, outbox.Policy{})
		run(t, o)
		time.Sleep(time.Second)
		start := time.Now()
		add(t, other, outbox.New(outbox.Config{DB: other}), outbox.Job{Kind: "k"})
		if waited := (<-ran).Sub(start); waited > 10*time.Second {
			t.Errorf("it waited %s", waited)
		}
		atRest(t, o)
	})
}

// TestLease_renewed runs a handler for longer than the lease; the other
// process leaves its job alone.
func TestLease_renewed(t *testing.T) {
	t.Parallel()
	bubbles(t, func(t *testing.T, dsn string) {
		runs := make(chan string, 10)
		for i := range 2 {
			d := testkit.Open(t, dsn)
			o := outbox.New(outbox.Config{DB: d, Poll: time.Second, Lease: 30 * time.Second})
			o.Handle("k", func(context.Context, outbox.Run) error {
				runs <- fmt.Sprint(i)
				time.Sleep(10 * time.Minute)
				return nil
			}, outbox.Policy{Timeout: time.Hour})
			run(t, o)
			if i == 0 {
				add(t, d, o, outbox.Job{Kind: "k"})
				<-runs
			}
		}
		time.Sleep(11 * time.Minute)
		if len(runs) != 0 {
			t.Errorf("it ran again, in process %s", <-runs)
		}
	})
}

// TestFence has a handler overrun its timeout by so much that it loses the
// lease. Another process then has the job, and when the first handler returns
// at last it cannot finish it.
func TestFence(t *testing.T) {
	t.Parallel()
	for _, result := range []error{nil, outbox.Later(0), errors.New("no"), outbox.Stop(errors.New("no"))} {
		t.Run(fmt.Sprint(result), func(t *testing.T) {
			t.Parallel()
			bubbles(t, func(t *testing.T, dsn string) {
				inside, leave := make(chan int), [2]chan error{make(chan error), make(chan error)}
				var boxes []*outbox.Outbox
				for i := range 2 {
					d := testkit.Open(t, dsn)
					// With one worker the first process cannot rescue its own job.
					o := outbox.New(outbox.Config{DB: d, Workers: 1, Poll: time.Second, Lease: 30 * time.Second, Jitter: most})
					o.Handle("k", func(context.Context, outbox.Run) error { inside <- i; return <-leave[i] },
						outbox.Policy{Timeout: time.Minute})
					run(t, o)
					boxes = append(boxes, o)
					if i == 0 {
						add(t, d, o, outbox.Job{Kind: "k"})
						if who := <-inside; who != 0 {
							t.Fatalf("process %d has it first", who)
						}
					}
				}
				start := time.Now()
				if who := <-inside; who != 1 {
					t.Errorf("process %d rescued it", who)
				}
				if waited := time.Since(start); waited < time.Minute || waited > 3*time.Minute {
					t.Errorf("it was rescued after %s", waited)
				}
				leave[0] <- result
				time.Sleep(5 * time.Second)
				rows := list(t, boxes[0], outbox.Filter{})
				if len(rows) != 1 || rows[0].State != outbox.Running || rows[0].Rescued != 1 {
					t.Errorf("the job was touched by its former runner: %+v", rows)
				}
				leave[1] <- nil
				time.Sleep(time.Second)
				if n := pending(t, boxes[0]); n != 0 {
					t.Errorf("%d jobs are left", n)
				}
			})
		})
	}
}

// TestAbandoned cuts a process off its database between claim and finish, as a
// kill does. The other takes over when the lease ends.
func TestAbandoned(t *testing.T) {
	t.Parallel()
	bubbles(t, func(t *testing.T, dsn string) {
		lost, err := db.Open(t.Context(), db.Config{DSN: dsn})
		if err != nil {
			t.Fatal(err)
		}
		a := outbox.New(outbox.Config{DB: lost, Lease: 30 * time.Second})
		inside, leave := make(chan outbox.Run), make(chan error)
		a.Handle("k", func(_ context.Context, r outbox.Run) error { inside <- r; return <-leave }, outbox.Policy{})
		run(t, a)
		add(t, lost, a, outbox.Job{Kind: "k", Payload: "p"})
		first := <-inside
		if err := lost.Close(); err != nil {
			t.Fatal(err)
		}

		d := testkit.Open(t, dsn)
		b := outbox.New(outbox.Config{DB: d, Lease: 30 * time.Second})
		b.Handle("k", func(_ context.Context, r outbox.Run) error { inside <- r; return nil }, outbox.Policy{})
		run(t, b)
		start := time.Now()
		second := <-inside
		if diff := cmp.Diff(first, second); diff != "" {
			t.Errorf("the second run differs, in its attempt perhaps: %s", diff)
		}
		if waited := time.Since(start); waited > 31*time.Second {
			t.Errorf("it waited %s", waited)
		}
		leave <- nil
		atRest(t, b)
	})
}

func TestTimeout(t *testing.T) {
	t.Parallel()
	bubbles(t, func(t *testing.T, dsn string) {
		d := testkit.Open(t, dsn)
		o := outbox.New(outbox.Config{DB: d, Jitter: most})
		o.Handle("k", func(ctx context.Context, r outbox.Run) error {
			if r.Attempt > 1 {
				return nil
			}
			start := time.Now()
			<-ctx.Done()
			if waited := time.Since(start); waited != 7*time.Second {
				t.Errorf("the context ended after %s", waited)
			}
			return ctx.Err()
		}, outbox.Policy{Timeout: 7 * time.Second})
		run(t, o)
		add(t, d, o, outbox.Job{Kind: "k"})
		atRest(t, o)
	})
}

// TestShutdown ends Run while a handler is at work.
func TestShutdown(t *testing.T) {
	t.Parallel()
	t.Run("a_handler_in_time_is_recorded", func(t *testing.T) {
		t.Parallel()
		bubbles(t, func(t *testing.T, dsn string) {
			d := testkit.Open(t, dsn)
			o := outbox.New(outbox.Config{DB: d, Grace: 10 * time.Second})
			inside := make(chan bool)
			o.Handle("k", func(ctx context.Context, _ outbox.Run) error {
				close(inside)
				time.Sleep(9 * time.Second)
				return ctx.Err()
			}, outbox.Policy{})
			stop := run(t, o)
			add(t, d, o, outbox.Job{Kind: "k"})
			<-inside
			stop()
			if n := pending(t, o); n != 0 {
				t.Errorf("%d jobs are left", n)
			}
		})
	})
	t.Run("a_handler_cut_short_uses_no_attempt", func(t *testing.T) {
		t.Parallel()
		bubbles(t, func(t *testing.T, dsn string) {
			d := testkit.Open(t, dsn)
			o := outbox.New(outbox.Config{DB: d, Grace: 10 * time.Second})
			inside := make(chan bool)
			o.Handle("k", func(ctx context.Context, _ outbox.Run) error {
				close(inside)
				<-ctx.Done()
				return fmt.Errorf("calling Amazon: %w", ctx.Err())
			}, outbox.Policy{Timeout: time.Hour})
			stop := run(t, o)
			add(t, d, o, outbox.Job{Kind: "k"})
			<-inside
			start := time.Now()
			stop()
			if waited := time.Since(start); waited != 10*time.Second {
				t.Errorf("shutdown took %s", waited)
			}
			rows := list(t, o, outbox.Filter{})
			if len(rows) != 1 || rows[0].State != outbox.Ready || rows[0].Attempt != 0 || rows[0].Owner != "" {
				t.Errorf("after shutdown: %+v", rows)
			}
		})
	})
}

// TestDatabaseTrouble makes the database refuse to finish while a handler
// returns: its job is finished once it does so again, and runs only once.
func TestDatabaseTrouble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := testkit.SQLite(t)
		o := outbox.New(outbox.Config{DB: d})
		inside, leave := make(chan bool, 5), make(chan error)
		o.Handle("k", func(context.Context, outbox.Run) error { inside <- true; return <-leave }, outbox.Policy{})
		run(t, o)
		add(t, d, o, outbox.Job{Kind: "k"})
		<-inside
		do := func(statement string) {
			err := d.Tx(t.Context(), func(ctx context.Context, tx *db.Tx) error {
				_, err := tx.ExecContext(ctx, statement)
				return err
			})
			if err != nil {
				t.Error(err)
			}
		}
		do(`CREATE TRIGGER trouble BEFORE DELETE ON job BEGIN SELECT RAISE(ABORT, 'trouble'); END`)
		leave <- nil
		time.Sleep(20 * time.Second)
		if n := pending(t, o); n != 1 {
			t.Errorf("%d jobs while nothing can be finished", n)
		}
		do(`DROP TRIGGER trouble`)
		atRest(t, o)
		if len(inside) != 0 {
			t.Error("it ran twice")
		}
	})
}
