package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/internal/metric"
	"github.com/strollhq/stroll/internal/outbox"
	"github.com/strollhq/stroll/internal/testkit"
)

func TestStop(t *testing.T) {
	t.Parallel()
	bubbles(t, func(t *testing.T, dsn string) {
		d := testkit.Open(t, dsn)
		o := outbox.New(outbox.Config{DB: d, Poll: time.Hour})
		fixed := false
		o.Handle("k", func(context.Context, outbox.Run) error {
			if fixed {
				return nil
			}
			return fmt.Errorf("capture: %w", outbox.Stop(errors.New("the amounts differ")))
		}, outbox.Policy{})
		run(t, o)
		add(t, d, o, outbox.Job{Kind: "k", Key: "x"})
		atRest(t, o) // a parked job is at rest
		rows := list(t, o, outbox.Filter{State: outbox.Parked})
		if len(rows) != 1 || rows[0].Error != "capture: the amounts differ" || rows[0].Attempt != 1 {
			t.Fatalf("parked: %+v", rows)
		}
		time.Sleep(24 * time.Hour)
		if n := len(list(t, o, outbox.Filter{State: outbox.Parked})); n != 1 {
			t.Errorf("%d parked jobs a day later", n)
		}
		fixed = true
		if err := o.Retry(t.Context(), rows[0].ID); err != nil {
			t.Error(err)
		}
		atRest(t, o)
		if err := o.Retry(t.Context(), rows[0].ID); !errors.Is(err, fault.NotFound) {
			t.Errorf("retry of a finished job: %v", err)
		}
		if rows := list(t, o, outbox.Filter{}); rows == nil || len(rows) != 0 {
			t.Errorf("an empty list is %v", rows)
		}
	})
}

// TestAddParked adds a job that is parked: the new cause makes it due.
func TestAddParked(t *testing.T) {
	t.Parallel()
	bubbles(t, func(t *testing.T, dsn string) {
		d := testkit.Open(t, dsn)
		o := outbox.New(outbox.Config{DB: d})
		attempts := make(chan int, 5)
		o.Handle("k", func(_ context.Context, r outbox.Run) error {
			attempts <- r.Attempt
			if string(r.Payload) == "1" {
				return outbox.Stop(errors.New("no"))
			}
			return nil
		}, outbox.Policy{})
		run(t, o)
		add(t, d, o, outbox.Job{Kind: "k", Key: "x", Payload: 1})
		atRest(t, o)
		add(t, d, o, outbox.Job{Kind: "k", Key: "x", Payload: 2})
		atRest(t, o)
		if a, b := <-attempts, <-attempts; a != 1 || b != 1 || len(list(t, o, outbox.Filter{})) != 0 {
			t.Errorf("attempts %d and %d left %v", a, b, list(t, o, outbox.Filter{}))
		}
	})
}

func TestRetryRunning(t *testing.T) {
	t.Parallel()
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		o := outbox.New(outbox.Config{DB: d})
		inside, leave := make(chan outbox.Run), make(chan error)
		o.Handle("k", func(_ context.Context, r outbox.Run) error { inside <- r; return <-leave }, outbox.Policy{})
		run(t, o)
		add(t, d, o, outbox.Job{Kind: "k"})
		if err := o.Retry(t.Context(), (<-inside).ID); !errors.Is(err, fault.Conflict) {
			t.Errorf("got %v", err)
		}
		rows := list(t, o, outbox.Filter{State: outbox.Running})
		if len(rows) != 1 || rows[0].Owner == "" || rows[0].LeasedUntil.Before(time.Now()) {
			t.Errorf("running: %+v", rows)
		}
		leave <- nil
	})
}

// lines is a log to look into.
type lines struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func TestPanic(t *testing.T) {
	t.Parallel()
	bubbles(t, func(t *testing.T, dsn string) {
		d := testkit.Open(t, dsn)
		var log lines
		o := outbox.New(outbox.Config{DB: d, Log: slog.New(slog.NewTextHandler(&log, nil)), Jitter: most})
		o.Handle("k", func(_ context.Context, r outbox.Run) error {
			if r.Attempt == 1 {
				panic("ouch")
			}
			return nil
		}, outbox.Policy{First: time.Hour, Ceiling: time.Hour})
		run(t, o)
		add(t, d, o, outbox.Job{Kind: "k"})
		time.Sleep(time.Minute)
		rows := list(t, o, outbox.Filter{})
		if len(rows) != 1 || rows[0].State != outbox.Waiting || rows[0].Attempt != 1 || rows[0].Error != "panic: ouch" {
			t.Errorf("after a panic: %+v", rows)
		}
		if text := log.String(); !strings.Contains(text, "steer_test.go") {
			t.Errorf("the log has no stack: %s", text)
		}
		time.Sleep(time.Hour)
		atRest(t, o)
	})
}

// TestUndecodable parks what nobody can read, whoever notices.
func TestUndecodable(t *testing.T) {
	t.Parallel()
	bubbles(t, func(t *testing.T, dsn string) {
		d := testkit.Open(t, dsn)
		o := outbox.New(outbox.Config{DB: d})
		o.Handle("k", func(_ context.Context, r outbox.Run) error {
			var n int
			return r.Decode(&n)
		}, outbox.Policy{})
		add(t, d, o, outbox.Job{Kind: "k", Key: "wrong type", Payload: "text"}, outbox.Job{Kind: "k", Key: "not JSON"})
		err := d.Tx(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.ExecContext(ctx, `UPDATE job SET payload = '{' WHERE key = 'not JSON'`)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		run(t, o)
		atRest(t, o)
		if rows := list(t, o, outbox.Filter{State: outbox.Parked}); len(rows) != 2 {
			t.Errorf("parked: %+v", rows)
		}
	})
}

// TestUnknownKind leaves work of kinds it does not know to programs that do.
func TestUnknownKind(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := testkit.SQLite(t)
		m := metric.New()
		o := outbox.New(outbox.Config{DB: d, Metrics: m})
		done := make(chan bool)
		o.Handle("known", func(context.Context, outbox.Run) error { close(done); return nil }, outbox.Policy{})
		run(t, o)
		add(t, d, o, outbox.Job{Kind: "new", Key: "1"}, outbox.Job{Kind: "new", Key: "2"}, outbox.Job{Kind: "known"},
			outbox.Job{Kind: "known", Key: "tomorrow", RunAt: time.Now().Add(24 * time.Hour)})
		<-done
		time.Sleep(time.Minute)
		if rows := list(t, o, outbox.Filter{Kind: "new", State: outbox.Ready}); len(rows) != 2 {
			t.Errorf("unknown jobs: %+v", rows)
		}
		rec := httptest.NewRecorder()
		m.Handler().ServeHTTP(rec, httptest.NewRequest("GET", "/", nil))
		for _, want := range []string{
			`stroll_outbox_unhandled{kind="new"} 2`,
			`stroll_outbox_depth{kind="new",state="ready"} 2`,
			`stroll_outbox_depth{kind="known",state="waiting"} 1`,
			`stroll_outbox_jobs_total{kind="known",outcome="done"} 1`,
			`stroll_outbox_oldest_seconds{kind="new"} 6`, // some sixty
			`stroll_outbox_run_seconds_count{kind="known"} 1`,
		} {
			if !strings.Contains(rec.Body.String(), want) {
				t.Errorf("no %s", want)
			}
		}
		if t.Failed() {
			t.Log(rec.Body)
		}
	})
}

func TestRest(t *testing.T) {
	t.Parallel()
	bubbles(t, func(t *testing.T, dsn string) {
		d := testkit.Open(t, dsn)
		o := outbox.New(outbox.Config{DB: d})
		if n, next, err := o.Rest(t.Context()); n != 0 || !next.IsZero() || err != nil {
			t.Errorf("empty: %d, %v, %v", n, next, err)
		}
		in := time.Now().Add(time.Hour)
		add(t, d, o, outbox.Job{Kind: "k", Key: "1", RunAt: in}, outbox.Job{Kind: "k", Key: "2", RunAt: in.Add(time.Hour)})
		if n, next, err := o.Rest(t.Context()); n != 2 || !next.Equal(in) || err != nil {
			t.Errorf("two: %d, %v, %v", n, next, err)
		}
	})
}

func TestHandleTwice(t *testing.T) {
	t.Parallel()
	o := outbox.New(outbox.Config{})
	h := func(context.Context, outbox.Run) error { return nil }
	o.Handle("k", h, outbox.Policy{})
	defer func() {
		if recover() == nil {
			t.Error("a second handler was taken")
		}
	}()
	o.Handle("k", h, outbox.Policy{})
}
