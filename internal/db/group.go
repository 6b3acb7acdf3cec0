package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"runtime"
	"sync"

	sqlite3 "modernc.org/sqlite/lib"
)

// maxGroup bounds the transactions that share one commit, so that the first
// of them does not wait long for the last.
const maxGroup = 256

// group is the one writer of an SQLite file. It takes the transactions that
// wait, lets each run in a savepoint, commits once and then answers all. It
// never waits for more to come.
type group struct {
	pool    *sql.DB
	tidier  *tidier
	conn    *sql.Conn // of the pool's one connection; used by whoever has the turn
	st      *stmts
	rows    []asked // of the transaction that has the turn
	queue   chan *call
	quit    chan struct{}
	stopped chan struct{}
	once    sync.Once
}

// call is one waiting transaction. Its function runs on its caller's goroutine
// when the writer gives it the turn, so that a panic or a failing test unwinds
// where it belongs.
type call struct {
	ctx  context.Context
	turn chan *Tx  // writer to caller: run now
	ran  chan bool // caller to writer: it returned nil
	done chan error
	tx   *Tx
	b    *Begun // instead of a function: the writer makes it on its own goroutine
	err  error  // what the function returned; written before ran
	gone bool   // the caller unwound and hears no answer; written before ran
}

// asked is a prepared statement in use and its row.
type asked struct {
	st  *sql.Stmt
	row *sql.Row
}

var (
	errPanicked = errors.New("the transaction's function panicked")
	// errSplit means the engine rolled back by itself.
	errSplit = errors.New("the shared transaction was rolled back")
)

func startGroup(pool *sql.DB, conn *sql.Conn, tidier *tidier) *group {
	g := &group{
		pool:    pool,
		conn:    conn,
		tidier:  tidier,
		st:      &stmts{byQ: map[string]*sql.Stmt{}, prep: conn},
		queue:   make(chan *call, maxGroup),
		quit:    make(chan struct{}),
		stopped: make(chan struct{}),
	}
	go g.loop()
	return g
}

func (g *group) stop() {
	g.once.Do(func() { close(g.quit) })
	<-g.stopped
}

// tx queues fn and waits for its commit.
func (g *group) tx(ctx context.Context, _ bool, fn func(context.Context, *Tx) error) error {
	c := &call{ctx: ctx, turn: make(chan *Tx), ran: make(chan bool), done: make(chan error, 1)}
	select {
	case g.queue <- c:
	case <-ctx.Done():
		return fmt.Errorf("transaction not begun: %w", ctx.Err())
	case <-g.stopped:
		return errClosed
	}
	for {
		select {
		case tx := <-c.turn:
			c.run(tx, fn)
		case err := <-c.done:
			if err == nil {
				c.tx.committed()
			}
			return err
		case <-g.stopped:
			select {
			case err := <-c.done:
				if err == nil {
					c.tx.committed()
				}
				return err
			default:
				return errClosed
			}
		}
	}
}

// begin queues w.
func (g *group) begin(ctx context.Context, w *Write) (*Begun, error) {
	b := &Begun{ctx: ctx, w: w, done: make(chan error, 1), stopped: g.stopped}
	select {
	case g.queue <- &call{ctx: ctx, b: b, done: b.done}:
		return b, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("write %s not begun: %w", w.kind.name, ctx.Err())
	case <-g.stopped:
		return nil, errClosed
	}
}

// run gives the writer its turn back however fn ends.
func (c *call) run(tx *Tx, fn func(context.Context, *Tx) error) {
	c.err, c.gone = errPanicked, true
	defer func() { c.ran <- c.err == nil }()
	err := fn(c.ctx, tx)
	if err == nil {
		err = tx.dead
	}
	c.err, c.gone = err, false
}

func (g *group) loop() {
	defer close(g.stopped)
	defer func() {
		g.st.close()
		g.conn.Close()
	}()
	calls := make([]*call, 0, maxGroup)
	for {
		select {
		case c := <-g.queue:
			calls = append(calls[:0], c)
		case <-g.quit:
			for {
				select {
				case c := <-g.queue:
					c.done <- errClosed
				default:
					return
				}
			}
		}
		// Whoever is ready to ask joins in: this waits for nobody.
		runtime.Gosched()
	more:
		for len(calls) < maxGroup {
			select {
			case c := <-g.queue:
				calls = append(calls, c)
			default:
				break more
			}
		}
		if g.tidier.wrap.Swap(false) {
			checkpoint(g.conn) // its error would show at the next statement too
		}
		if !g.commit(calls) {
			// One of them broke the shared transaction, or the disk did:
			// each gets a transaction of its own and its own answer.
			for _, c := range calls {
				if !c.gone {
					g.commit([]*call{c})
				}
			}
		}
		g.tidier.committed(len(calls))
	}
}

// commit runs the calls in one transaction and answers them. With false nobody
// was answered and nothing happened. A single call is always answered.
func (g *group) commit(calls []*call) bool {
	alone := len(calls) == 1
	err := g.start()
	if err == nil {
		for _, c := range calls {
			if err = g.one(c, alone); err != nil {
				break
			}
		}
		if err == nil {
			err = g.exec("COMMIT")
		}
		if err != nil {
			// Fails when the engine has rolled back already, which is as well.
			g.exec("ROLLBACK")
		}
	} else {
		// A busy or broken file will not do better for one than for all.
		for _, c := range calls {
			c.done <- err
		}
		return true
	}
	if err != nil && !alone {
		return false
	}
	for _, c := range calls {
		switch {
		case c.gone:
		case c.err != nil:
			c.done <- c.err
		default:
			c.done <- err
		}
	}
	return true
}

// start begins a transaction, on a new connection when the old one is of no
// use any more: after an I/O error for example it may not even roll back.
func (g *group) start() error {
	err := g.exec("BEGIN IMMEDIATE")
	if err == nil || sqliteCode(err) == sqlite3.SQLITE_BUSY {
		return err
	}
	g.st.close()
	g.conn.Raw(func(any) error { return driver.ErrBadConn }) // the pool forgets it
	g.conn.Close()
	conn, again := g.pool.Conn(context.Background())
	if again != nil {
		return errors.Join(err, again)
	}
	g.conn, g.st.prep = conn, conn
	return g.exec("BEGIN IMMEDIATE")
}

// one lets a call run. The error is one of the transaction as a whole.
func (g *group) one(c *call, alone bool) error {
	c.err, c.gone, c.tx = nil, false, nil
	if err := c.ctx.Err(); err != nil {
		c.err = fmt.Errorf("transaction not begun: %w", err)
		return nil
	}
	if c.b != nil {
		return g.make(c, alone)
	}
	if !alone {
		if err := g.exec("SAVEPOINT one"); err != nil {
			return err
		}
	}
	c.tx = &Tx{q: g}
	c.turn <- c.tx
	ok := <-c.ran
	g.endRows()
	switch {
	case c.tx.dead != nil:
		return fmt.Errorf("%w: %w", errSplit, c.tx.dead)
	case alone && ok:
		return nil
	case alone:
		return c.err
	case ok:
		return g.exec("RELEASE one")
	}
	if err := g.exec("ROLLBACK TO one"); err != nil {
		return err
	}
	return g.exec("RELEASE one")
}

// make makes a write. Its checks and its claim come first, so that one which
// does not hold leaves nothing to undo.
func (g *group) make(c *call, alone bool) error {
	tx := Tx{q: g}
	made, err := c.b.w.run(c.ctx, &tx)
	g.endRows()
	switch {
	case tx.dead != nil:
		return fmt.Errorf("%w: %w", errSplit, tx.dead)
	case err == nil:
		c.b.made = made
		return nil
	case alone:
		c.err = err
	}
	return err
}

func (g *group) exec(query string) error {
	_, err := g.ExecContext(context.Background(), query)
	return err
}

// The methods of Querier run on the writing connection. They do not pass the
// caller's cancellation on: interrupting a statement would undo the work of
// everyone in the group.

func (g *group) ExecContext(_ context.Context, query string, args ...any) (sql.Result, error) {
	if st := g.st.get(query); st != nil {
		return st.ExecContext(context.Background(), args...)
	}
	return g.conn.ExecContext(context.Background(), query, args...)
}

// QueryContext prepares anew each time: a prepared statement is one cursor,
// and its rows may still be open when the same query is asked again.
func (g *group) QueryContext(_ context.Context, query string, args ...any) (*sql.Rows, error) {
	return g.conn.QueryContext(context.Background(), query, args...)
}

// QueryRowContext uses a prepared statement once in each transaction, for the
// same reason: the row may not have been read when the query is asked again.
func (g *group) QueryRowContext(_ context.Context, query string, args ...any) *sql.Row {
	st := g.st.get(query)
	for _, r := range g.rows {
		if r.st == st {
			st = nil
			break
		}
	}
	if st == nil {
		return g.conn.QueryRowContext(context.Background(), query, args...)
	}
	row := st.QueryRowContext(context.Background(), args...)
	g.rows = append(g.rows, asked{st, row})
	return row
}

// endRows resets the statements whose row nobody has read.
func (g *group) endRows() {
	for _, r := range g.rows {
		r.row.Scan() // closes it; a row that was read is closed already
	}
	g.rows = g.rows[:0]
}
