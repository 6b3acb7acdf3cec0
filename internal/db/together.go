package db

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Writes on PostgreSQL: those of one kind that wait together are one statement,
// which is a transaction and a commit of its own.

const (
	// groupWriters is how many statements are under way at once.
	groupWriters = 4
	// maxTogether bounds the writes in one statement.
	maxTogether = 128
	// enough waiting writes of a kind are worth a second statement while one of
	// the kind is under way: while that waits for the disk, the next is made.
	// Fewer are better made together by whoever is done first.
	enough = 8
	// statementLimit ends a statement whose server does not answer.
	statementLimit = 20 * time.Second
)

// together makes waiting writes.
type together struct {
	cfg     *pgx.ConnConfig
	mu      sync.Mutex
	come    *sync.Cond    // something may have become possible
	waiting []*Begun      // in the order they came
	count   map[*Kind]int // of those that wait
	running map[*Kind]int // statements under way
	closed  bool
	stopped chan struct{}
}

func startTogether(cfg *pgx.ConnConfig) *together {
	t := &together{cfg: cfg, count: map[*Kind]int{}, running: map[*Kind]int{}, stopped: make(chan struct{})}
	t.come = sync.NewCond(&t.mu)
	var writers sync.WaitGroup
	for range groupWriters {
		writers.Go(func() {
			w := writer{t: t}
			defer w.close()
			w.loop()
		})
	}
	go func() {
		writers.Wait()
		for _, b := range t.waiting {
			b.done <- errClosed
		}
		close(t.stopped)
	}()
	return t
}

func (t *together) stop() {
	t.mu.Lock()
	t.closed = true
	t.mu.Unlock()
	t.come.Broadcast()
	<-t.stopped
}

// begin queues w. One that was begun is waited for whatever its context.
func (t *together) begin(ctx context.Context, w *Write) (*Begun, error) {
	b := &Begun{ctx: ctx, w: w, done: make(chan error, 1), stopped: t.stopped}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return nil, errClosed
	}
	t.waiting = append(t.waiting, b)
	t.count[w.kind]++
	if n := t.count[w.kind]; n == 1 || n >= enough {
		t.come.Signal()
	}
	return b, nil
}

// loop takes what waits and never waits for more.
func (w *writer) loop() {
	t := w.t
	t.mu.Lock()
	defer t.mu.Unlock()
	for !t.closed {
		kind := t.next()
		if kind == nil {
			t.come.Wait()
			continue
		}
		// Whoever is ready to ask joins in: this waits for nobody.
		t.mu.Unlock()
		runtime.Gosched()
		t.mu.Lock()
		group := t.take(kind)
		t.running[kind]++
		t.mu.Unlock()
		if len(group) > 0 {
			w.make(group)
		}
		t.mu.Lock()
		if t.running[kind]--; t.running[kind] == 0 {
			delete(t.running, kind)
		}
	}
}

// next is the kind of which something is to be made, nil for none. Kinds take
// turns: a gate event does not wait for the carts before it.
func (t *together) next() *Kind {
	for _, b := range t.waiting {
		if k := b.w.kind; t.running[k] == 0 || t.running[k] == 1 && t.count[k] >= enough {
			return k
		}
	}
	return nil
}

// take picks writes of a kind, no two of which can meet.
func (t *together) take(kind *Kind) (group []*Begun) {
	seen := make(map[string]bool, min(len(t.waiting), maxTogether))
	t.count[kind] = 0
	rest := t.waiting[:0]
	for _, b := range t.waiting {
		switch err := b.ctx.Err(); {
		case b.w.kind != kind:
			rest = append(rest, b)
		case err != nil:
			b.done <- fmt.Errorf("write %s not begun: %w", kind.name, err)
		case len(group) == maxTogether || seen[b.w.unique]:
			t.count[kind]++
			rest = append(rest, b)
		default:
			seen[b.w.unique] = true
			group = append(group, b)
		}
	}
	clear(t.waiting[len(rest):])
	t.waiting = rest
	// All writers touch rows in the same order.
	slices.SortFunc(group, func(a, b *Begun) int { return cmp.Compare(a.w.unique, b.w.unique) })
	return group
}

// make writes a group and answers it. One bad write must not fail its
// neighbours: when the statement fails, each is made alone.
func (w *writer) make(group []*Begun) {
	made, err := w.statement(group)
	for errors.Is(err, context.DeadlineExceeded) && len(group) > 1 {
		// It was the time of one; the others have theirs.
		n := len(group)
		if group = inTime(group); len(group) == 0 {
			return
		} else if len(group) == n {
			break
		}
		made, err = w.statement(group)
	}
	if err != nil && len(group) > 1 && !passing(err) || serialization(err) {
		for _, c := range group {
			for try := 1; ; try++ {
				made, err = w.statement([]*Begun{c})
				if !serialization(err) || try == maxRepeats {
					break
				}
			}
			c.made = made[c.w.key]
			c.done <- err
		}
		return
	}
	for _, c := range group {
		c.made = made[c.w.key]
		c.done <- err
	}
}

// end is when the first of a group's callers stops waiting: a statement that
// has not come through by then, because of a lock for example, must not take
// effect behind its back.
func end(group []*Begun) time.Time {
	first := time.Now().Add(statementLimit)
	for _, c := range group {
		if t, ok := c.ctx.Deadline(); ok && t.Before(first) {
			first = t
		}
	}
	return first
}

// inTime answers those whose time is over and returns the others.
func inTime(group []*Begun) []*Begun {
	return slices.DeleteFunc(group, func(c *Begun) bool {
		err := c.ctx.Err()
		if err != nil {
			c.done <- fmt.Errorf("write %s not made: %w", c.w.kind.name, err)
		}
		return err != nil
	})
}

// writer is one that makes groups, on a connection of its own: its statements
// are planned once, for arrays of any length, and by loops over what is given,
// since what they touch is found by its key.
type writer struct {
	t    *together
	conn *pgx.Conn // nil before the first statement, and after a failure
	used time.Time

	prepared map[*Kind]string // on conn, by their names
	arrays   arrays
}

const plans = `SET plan_cache_mode = force_generic_plan; SET enable_hashjoin = off; SET enable_mergejoin = off`

// ready connects. A connection that lay idle is looked at first, so that a
// server restarted meanwhile fails nobody.
func (w *writer) ready(ctx context.Context) error {
	if w.conn != nil && !w.conn.IsClosed() {
		if time.Since(w.used) < time.Second || w.conn.Ping(ctx) == nil {
			return nil
		}
	}
	w.close()
	conn, err := pgx.ConnectConfig(ctx, w.t.cfg.Copy())
	if err != nil {
		return err
	}
	w.conn, w.prepared = conn, map[*Kind]string{}
	if err := settle(ctx, conn); err != nil {
		return err
	}
	_, err = conn.Exec(ctx, plans, pgx.QueryExecModeSimpleProtocol)
	return err
}

func (w *writer) close() {
	if w.conn != nil {
		w.conn.Close(context.Background())
		w.conn = nil
	}
}

// statement makes the group's one statement and answers whose claims were made.
func (w *writer) statement(group []*Begun) (map[string]bool, error) {
	ctx, cancel := context.WithDeadline(context.Background(), end(group))
	defer cancel()
	if err := w.ready(ctx); err != nil {
		w.close()
		return nil, err
	}
	kind := group[0].w.kind
	name, known := w.prepared[kind]
	if !known {
		name = fmt.Sprintf("together_%d", len(w.prepared))
		if _, err := w.conn.Prepare(ctx, name, kind.sql); err != nil {
			return nil, err
		}
		w.prepared[kind] = name
	}
	w.arrays.fill(group)
	res := w.conn.PgConn().ExecPrepared(ctx, name, w.arrays.params, inBinary, nil).Read()
	if res.Err != nil {
		return nil, changed(res.Err)
	}
	made := make(map[string]bool, len(group))
	for _, row := range res.Rows {
		made[string(row[0])] = true
	}
	w.used = time.Now()
	return made, nil
}

// inBinary is the format of all parameters.
var inBinary = []int16{pgx.BinaryFormatCode}

// changed names the division by which a statement fails whose rows were not
// all as expected.
func changed(err error) error {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok && e.Code == "22012" {
		return fmt.Errorf("%w: %w", ErrChanged, err)
	}
	return err
}
