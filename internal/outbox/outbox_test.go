package outbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/internal/outbox"
	"github.com/strollhq/stroll/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// run starts an outbox and returns what stops it and waits for it.
func run(t *testing.T, o *outbox.Outbox) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- o.Run(ctx) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	}
	t.Cleanup(stop)
	return stop
}

// add adds jobs in one transaction.
func add(t *testing.T, d *db.DB, o *outbox.Outbox, jobs ...outbox.Job) {
	t.Helper()
	err := d.Tx(context.Background(), func(ctx context.Context, tx *db.Tx) error {
		for _, j := range jobs {
			if err := o.Add(ctx, tx, j); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func list(t *testing.T, o *outbox.Outbox, f outbox.Filter) []outbox.Row {
	t.Helper()
	rows, err := o.List(context.Background(), f)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// pending counts the jobs neither finished nor parked.
func pending(t *testing.T, o *outbox.Outbox) int {
	t.Helper()
	n, _, err := o.Rest(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestRun(t *testing.T) {
	t.Parallel()
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		o := outbox.New(outbox.Config{DB: d})
		ran := make(chan outbox.Run, 10)
		o.Handle("greet", func(_ context.Context, r outbox.Run) error { ran <- r; return nil }, outbox.Policy{})
		stop := run(t, o)
		deadline := time.Now().Add(time.Hour).Truncate(time.Millisecond)
		add(t, d, o, outbox.Job{Kind: "greet", Key: "a", Payload: map[string]int{"n": 1}, Deadline: deadline})
		got := <-ran
		var payload struct{ N int }
		if err := got.Decode(&payload); err != nil || payload.N != 1 {
			t.Errorf("payload %s: %v, %v", got.Payload, payload, err)
		}
		want := outbox.Run{ID: got.ID, Kind: "greet", Key: "a", Payload: json.RawMessage(`{"n":1}`), Attempt: 1, Added: got.Added, Deadline: deadline}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		stop()
		if n := pending(t, o); n != 0 {
			t.Errorf("%d jobs are left", n)
		}
	})
}

func TestAdd(t *testing.T) {
	t.Parallel()
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		o := outbox.New(outbox.Config{DB: d})
		now := time.Now().Truncate(time.Millisecond)

		t.Run("not_in_a_transaction_that_fails", func(t *testing.T) {
			boom := errors.New("boom")
			err := d.Tx(t.Context(), func(ctx context.Context, tx *db.Tx) error {
				if err := o.Add(ctx, tx, outbox.Job{Kind: "k", Key: "gone"}); err != nil {
					return err
				}
				return boom
			})
			if !errors.Is(err, boom) {
				t.Errorf("Tx: %v", err)
			}
			if rows := list(t, o, outbox.Filter{}); len(rows) != 0 {
				t.Errorf("jobs of a failed transaction: %v", rows)
			}
		})
		t.Run("again_moves_earlier", func(t *testing.T) {
			add(t, d, o, outbox.Job{Kind: "k", Key: "twice", Payload: 1, RunAt: now.Add(time.Hour), Deadline: now.Add(3 * time.Hour)})
			add(t, d, o, outbox.Job{Kind: "k", Key: "twice", Payload: 2, RunAt: now.Add(2 * time.Hour), Deadline: now.Add(2 * time.Hour)})
			rows := list(t, o, outbox.Filter{Kind: "k"})
			if len(rows) != 1 {
				t.Fatalf("%d jobs", len(rows))
			}
			r := rows[0]
			if !r.RunAt.Equal(now.Add(time.Hour)) || !r.Deadline.Equal(now.Add(2*time.Hour)) || string(r.Payload) != "2" || r.State != outbox.Waiting {
				t.Errorf("job %+v", r)
			}
			add(t, d, o, outbox.Job{Kind: "k", Key: "twice", Payload: 3})
			if r := list(t, o, outbox.Filter{Kind: "k"})[0]; r.State != outbox.Ready {
				t.Errorf("job added for now is %s", r.State)
			}
		})
		t.Run("without_a_kind", func(t *testing.T) {
			err := d.Tx(t.Context(), func(ctx context.Context, tx *db.Tx) error { return o.Add(ctx, tx, outbox.Job{}) })
			if !errors.Is(err, fault.Invalid) {
				t.Errorf("got %v", err)
			}
		})
	})
}

func TestAddWhileRunning(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		result error
	}{
		{"done", nil},
		{"later", outbox.Later(time.Hour)},
		{"error", errors.New("no")},
		{"parked", outbox.Stop(errors.New("no"))},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			testkit.EachDB(t, func(t *testing.T, d *db.DB) {
				o := outbox.New(outbox.Config{DB: d, Jitter: func(c time.Duration) time.Duration { return c }})
				inside, leave := make(chan string), make(chan error)
				o.Handle("k", func(_ context.Context, r outbox.Run) error { inside <- string(r.Payload); return <-leave },
					outbox.Policy{First: time.Hour, Ceiling: time.Hour})
				stop := run(t, o)
				add(t, d, o, outbox.Job{Kind: "k", Key: "x", Payload: 1})
				if got := <-inside; got != "1" {
					t.Errorf("first run had payload %s", got)
				}
				add(t, d, o, outbox.Job{Kind: "k", Key: "x", Payload: 2})
				leave <- tc.result
				if got := <-inside; got != "2" {
					t.Errorf("second run had payload %s", got)
				}
				leave <- nil
				stop()
				if n := pending(t, o); n != 0 {
					t.Errorf("%d jobs are left", n)
				}
			})
		})
	}
}

func TestOrder(t *testing.T) {
	t.Parallel()
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		o := outbox.New(outbox.Config{DB: d, Workers: 1})
		ran := make(chan string, 10)
		o.Handle("k", func(_ context.Context, r outbox.Run) error { ran <- r.Key; return nil }, outbox.Policy{})
		now := time.Now()
		add(t, d, o,
			outbox.Job{Kind: "k", Key: "no deadline, late", RunAt: now.Add(-time.Second)},
			outbox.Job{Kind: "k", Key: "no deadline, early", RunAt: now.Add(-time.Minute)},
			outbox.Job{Kind: "k", Key: "far", Deadline: now.Add(time.Hour)},
			outbox.Job{Kind: "k", Key: "near", Deadline: now.Add(time.Minute)},
		)
		run(t, o)
		var got []string
		for range 4 {
			got = append(got, <-ran)
		}
		if diff := cmp.Diff([]string{"near", "far", "no deadline, early", "no deadline, late"}, got); diff != "" {
			t.Error(diff)
		}
	})
}

// TestTwoProcesses lets two outboxes work on one queue, both adding and
// running, and checks that no job is ever in two hands.
func TestTwoProcesses(t *testing.T) {
	t.Parallel()
	testkit.EachDSN(t, func(t *testing.T, dsn string) {
		const jobs = 300
		var inHand [jobs]atomic.Int32
		var total atomic.Int32
		all := make(chan struct{}, jobs)
		var boxes []*outbox.Outbox
		var dbs []*db.DB
		for range 2 {
			d := testkit.Open(t, dsn)
			o := outbox.New(outbox.Config{DB: d, Workers: 8, Poll: 20 * time.Millisecond})
			o.Handle("k", func(_ context.Context, r outbox.Run) error {
				var n int
				if err := r.Decode(&n); err != nil {
					return err
				}
				if inHand[n].Add(1) != 1 {
					t.Errorf("job %d runs twice at once", n)
				}
				total.Add(1)
				inHand[n].Add(-1)
				all <- struct{}{}
				return nil
			}, outbox.Policy{})
			boxes, dbs = append(boxes, o), append(dbs, d)
		}
		stops := []func(){run(t, boxes[0]), run(t, boxes[1])}
		for n := range jobs {
			i := n % 2
			add(t, dbs[i], boxes[i], outbox.Job{Kind: "k", Key: fmt.Sprint(n), Payload: n})
		}
		for range jobs {
			<-all
		}
		for _, stop := range stops {
			stop()
		}
		if n := pending(t, boxes[0]); n != 0 || total.Load() != jobs {
			t.Errorf("%d jobs left after %d runs of %d", n, total.Load(), jobs)
		}
	})
}
