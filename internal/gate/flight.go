package gate

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

// flight is one evaluation under way. Copies of the same event that arrive
// meanwhile wait for it instead of starting another.
type flight struct {
	done chan struct{}
	d    *Decision // after done
	err  error     // after done
	// known is a refusal that was decided and is not yet on record. Whatever
	// happens after that, the answer is the refusal.
	known atomic.Pointer[Decision]
	// counted says that the event had its place under the rate limit, unsure
	// that nothing is to be guessed of it, wrong that a guess was not so.
	counted, unsure, wrong bool
}

// flights are the evaluations under way, by event and content.
type flights struct {
	mu   sync.Mutex
	list map[string]*flight
}

// join answers the flight of the key, and whether it was under way already.
// The empty key is never shared.
func (f *flights) join(key string) (fl *flight, joined bool) {
	if key == "" {
		return &flight{done: make(chan struct{})}, false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if fl, joined = f.list[key]; !joined {
		fl = &flight{done: make(chan struct{})}
		f.list[key] = fl
	}
	return fl, joined
}

// leave forgets the flight, so that the next copy of its event starts anew.
func (f *flights) leave(key string, fl *flight) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.list[key] == fl {
		delete(f.list, key)
	}
}

var errDeadline = errors.New("no decision before the deadline")

// question is an event to be decided.
type question struct {
	key   string // of its flight; empty is never shared
	p     *policy
	base  Decision
	judge judge
	// evaluate decides it otherwise than by a first guess.
	evaluate func(context.Context, *flight) (*Decision, error)
	// after runs once the answer is out, when the evaluation failed.
	after func(ctx context.Context, known *Decision, cause error)
}

// inTime answers a question, or at the latest after the store's deadline what
// is known by then. First comes a guess from memory, which the caller's own
// goroutine makes, since that asks nobody. All else runs on a goroutine of its
// own, which neither the caller's going away nor an unresponsive database can
// hold up; its context ends at the deadline.
func (g *Gate) inTime(ctx context.Context, q question) (d *Decision, joined bool, err error) {
	limit := q.p.set.Identity.Deadline
	fl, joined := g.flights.join(q.key)
	if joined {
		d, err = g.copied(fl, q.key, limit)
	} else {
		d, err = g.lead(ctx, fl, q, limit)
	}
	if err != nil {
		if known := fl.known.Load(); known != nil {
			cause := err
			g.safely(ctx, func() {
				g.m.unrecorded.Inc(known.StoreID)
				g.log.ErrorContext(ctx, "a refusal is not on record yet", "store", known.StoreID, "event", known.Event,
					"reason", known.Reason, "error", cause)
			})
			return known, joined, nil
		}
	}
	return d, joined, err
}

// copied waits for the answer to a copy of the event.
func (g *Gate) copied(fl *flight, key string, limit time.Duration) (*Decision, error) {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-fl.done:
		return fl.d, fl.err
	case <-timer.C:
		g.flights.leave(key, fl)
		return nil, errDeadline
	}
}

// lead evaluates a question.
func (g *Gate) lead(ctx context.Context, fl *flight, q question, limit time.Duration) (*Decision, error) {
	// The caller's context says when the caller left, which changes nothing
	// about the event.
	base := context.WithoutCancel(ctx)
	work, cancel := context.WithTimeout(base, limit)
	land := func(d *Decision, err error) {
		fl.d, fl.err = d, err
		g.flights.leave(q.key, fl)
		close(fl.done)
		cancel() // after that, so that the end of work is the deadline wherever fl is not done
		if err != nil {
			_, _ = guard(func() (*Decision, error) { q.after(base, fl.known.Load(), err); return nil, nil })
		}
	}
	if x := g.first(work, fl, q); x != nil {
		d, done, err := x.wait(work.Done())
		switch {
		case d != nil:
			land(d, nil)
			return d, nil
		case !done:
			go func() {
				d, _, err := x.wait(nil)
				if d == nil && err == nil {
					err = errDeadline
				}
				land(d, err)
			}()
			g.flights.leave(q.key, fl)
			return nil, errDeadline
		case err != nil:
			go land(nil, err)
			return nil, err
		}
	}
	go func() { land(guard(func() (*Decision, error) { return q.evaluate(work, fl) })) }()
	select {
	case <-fl.done:
	case <-work.Done():
		select {
		case <-fl.done:
		default:
			g.flights.leave(q.key, fl)
			return nil, errDeadline
		}
	}
	return fl.d, fl.err
}

// guard turns a panic into an error.
func guard(f func() (*Decision, error)) (d *Decision, err error) {
	defer func() {
		if r := recover(); r != nil {
			d, err = nil, fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	return f()
}
