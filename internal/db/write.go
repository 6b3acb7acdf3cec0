package db

import (
	"cmp"
	"context"
	"errors"
	"fmt"
)

// ErrChanged says that a row was not as the transaction's function or its
// caller had seen it: somebody else was faster. Nothing of the transaction
// happened; read again and repeat.
var ErrChanged = errors.New("changed by somebody else meanwhile")

// Putter takes rows to be written: a *Tx writes them at once, a *Write
// together with what others write at the same moment.
type Putter interface {
	// Put writes one row with a statement. The values are strings and int64s,
	// in the order of the statement's columns.
	Put(ctx context.Context, s *Stmt, values ...any) error
	// AfterCommit registers f to run once all is durable.
	AfterCommit(f func())
}

// Put runs the statement for one row. Unless the statement is loose, a row
// that finds nothing to do is ErrChanged.
func (t *Tx) Put(ctx context.Context, s *Stmt, values ...any) error {
	if _, err := s.fit(values); err != nil {
		return err
	}
	return t.put(ctx, s, s.one, values)
}

func (t *Tx) put(ctx context.Context, s *Stmt, text string, values []any) error {
	res, err := t.ExecContext(ctx, text, values...)
	if err != nil || s.loose {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return errors.Join(ErrChanged, err)
	}
	return nil
}

// Write is a transaction that is decided before it is made: rows to be
// written if the checks hold and the claim is free, all or none. It belongs to
// one goroutine until it is handed to DB.Write.
type Write struct {
	kind   *Kind
	key    string
	unique string
	checks []put[Check]
	claim  []any
	rows   []put[Stmt]
	after  []func()
	err    error
}

type put[T any] struct {
	what   *T
	values []any
}

// New begins a write. key is what the kind's key expression yields for the
// claim's row. unique is what the claim can meet another claim in, so that two
// writes with the same one never share a statement; empty stands for key.
func (k *Kind) New(key, unique string) *Write {
	return &Write{kind: k, key: key, unique: cmp.Or(unique, key)}
}

// Check adds a condition without which nothing is written.
func (w *Write) Check(c *Check, values ...any) {
	if _, known := w.kind.nthC[c]; !known {
		w.err = errors.Join(w.err, fmt.Errorf("write %s: a check that is not of this kind: %s", w.kind.name, c.cond))
	}
	s := Stmt{cols: c.cols, one: c.cond}
	_, err := s.fit(values)
	w.err = errors.Join(w.err, err)
	w.checks = append(w.checks, put[Check]{c, values})
}

// Claim sets the values of the claim's row.
func (w *Write) Claim(values ...any) {
	_, err := w.kind.claim.fit(values)
	w.err = errors.Join(w.err, err)
	w.claim = values
}

// Put adds a row. A statement that is not of the write's kind is an error.
func (w *Write) Put(_ context.Context, s *Stmt, values ...any) error {
	if _, known := w.kind.nth[s]; !known {
		return fmt.Errorf("write %s: a statement that is not of this kind: %s", w.kind.name, s.one)
	}
	if _, err := s.fit(values); err != nil {
		return err
	}
	w.rows = append(w.rows, put[Stmt]{s, values})
	return nil
}

// AfterCommit registers f to run on the goroutine that called DB.Write, once
// all is durable.
func (w *Write) AfterCommit(f func()) { w.after = append(w.after, f) }

// fit checks values against the columns.
func (s *Stmt) fit(values []any) ([]any, error) {
	if len(values) != len(s.cols) {
		return nil, fmt.Errorf("%d values for %d columns: %s", len(values), len(s.cols), s.one)
	}
	for i, c := range s.cols {
		switch values[i].(type) {
		case string:
			if c.kind == "text" {
				continue
			}
		case int64:
			if c.kind == "bigint" {
				continue
			}
		}
		return nil, fmt.Errorf("column %s wants %s, not %T: %s", c.name, c.kind, values[i], s.one)
	}
	return values, nil
}

// Write makes w durable, together with what others write at the same moment,
// and answers true. It answers false when a check did not hold or the claim
// was taken; then nothing was written, as with an error, except that a lost
// PostgreSQL connection leaves it unknown (see the package comment). ErrChanged
// stands for a row other than the claim's that was not as expected. A w handed
// in once must not be used again.
func (d *DB) Write(ctx context.Context, w *Write) (bool, error) {
	b, err := d.Begin(ctx, w)
	if err != nil {
		return false, err
	}
	_, made, err := b.Wait(nil)
	return made, err
}

// Begun is a write that was handed in.
type Begun struct {
	ctx     context.Context
	w       *Write
	made    bool       // the claim was made; written before done
	done    chan error // has room for one
	stopped <-chan struct{}
	probe   func(string) error
}

// Begin hands w in as Write does, and leaves it to Wait for what came of it.
func (d *DB) Begin(ctx context.Context, w *Write) (*Begun, error) {
	if w.err != nil {
		return nil, w.err
	}
	if len(w.claim) == 0 {
		return nil, fmt.Errorf("write %s: without a claim", w.kind.name)
	}
	if ctx.Value(inTx{}) == d {
		return nil, errors.New("a write was begun inside a transaction of the same database")
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("write %s not begun: %w", w.kind.name, err)
	}
	if err := d.probe("before commit:" + w.kind.name); err != nil {
		return nil, classify(err)
	}
	b, err := d.back.begin(ctx, w)
	if err != nil {
		return nil, classify(err)
	}
	b.probe = d.probe
	return b, nil
}

// Wait waits until the write is durable or will not be, and then answers as
// Write does, once; or until the end of until, if any, and then answers that
// it is not done. The functions registered with AfterCommit run in Wait.
func (b *Begun) Wait(until <-chan struct{}) (done, made bool, err error) {
	select {
	case err = <-b.done:
	case <-until:
		return false, false, nil
	case <-b.stopped:
		select {
		case err = <-b.done:
		default:
			err = errClosed
		}
	}
	if err != nil || !b.made {
		return true, false, classify(err)
	}
	if err := b.probe("after commit:" + b.w.kind.name); err != nil {
		return true, false, classify(err)
	}
	for _, f := range b.w.after {
		f()
	}
	return true, true, nil
}
