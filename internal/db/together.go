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
	// groupWriters is how many statements are under way at once: while one
	// waits for the disk, the next is made.
	groupWriters = 2
	// maxTogether bounds the writes in one statement.
	maxTogether = 128
	// statementLimit ends a statement whose server does not answer.
	statementLimit = 20 * time.Second
)

// together makes waiting writes.
type together struct {
	cfg     *pgx.ConnConfig
	queue   chan *Begun
	quit    chan struct{}
	stopped chan struct{}
	once    sync.Once
}

func startTogether(cfg *pgx.ConnConfig) *together {
	t := &together{cfg: cfg, queue: make(chan *Begun, maxTogether), quit: make(chan struct{}), stopped: make(chan struct{})}
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
		for {
			select {
			case c := <-t.queue:
				c.done <- errClosed
			default:
				close(t.stopped)
				return
			}
		}
	}()
	return t
}

func (t *together) stop() {
	t.once.Do(func() { close(t.quit) })
	<-t.stopped
}

// begin queues w. One that was begun is waited for whatever its context.
func (t *together) begin(ctx context.Context, w *Write) (*Begun, error) {
	b := &Begun{ctx: ctx, w: w, done: make(chan error, 1), stopped: t.stopped}
	select {
	case t.queue <- b:
		return b, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("write %s not begun: %w", w.kind.name, ctx.Err())
	case <-t.stopped:
		return nil, errClosed
	}
}

// loop takes what waits and never waits for more.
func (w *writer) loop() {
	t := w.t
	for {
		var taken []*Begun
		select {
		case c := <-t.queue:
			taken = append(taken, c)
		case <-t.quit:
			return
		}
		// Whoever is ready to ask joins in: this waits for nobody.
		runtime.Gosched()
	more:
		for len(taken) < maxTogether {
			select {
			case c := <-t.queue:
				taken = append(taken, c)
			default:
				break more
			}
		}
		for len(taken) > 0 {
			var group []*Begun
			if group, taken = alike(taken); len(group) > 0 {
				w.make(group)
			}
		}
	}
}

// alike picks the writes of the first one's kind, no two of which can meet.
func alike(taken []*Begun) (group, rest []*Begun) {
	seen := map[string]bool{}
	var kind *Kind
	for _, c := range taken {
		if err := c.ctx.Err(); err != nil {
			c.done <- fmt.Errorf("write %s not begun: %w", c.w.kind.name, err)
			continue
		}
		if kind == nil {
			kind = c.w.kind
		}
		if c.w.kind != kind || seen[c.w.unique] {
			rest = append(rest, c)
			continue
		}
		seen[c.w.unique] = true
		group = append(group, c)
	}
	// All writers touch rows in the same order.
	slices.SortFunc(group, func(a, b *Begun) int { return cmp.Compare(a.w.unique, b.w.unique) })
	return group, rest
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
