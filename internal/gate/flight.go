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

// inTime answers what evaluate answers, or at the latest after limit what is
// known by then. The evaluation runs on a goroutine of its own, which neither
// the caller's going away nor an unresponsive database can hold up; its
// context ends at the limit. after runs on that goroutine once the answer is
// out, when the evaluation failed.
func (g *Gate) inTime(ctx context.Context, key string, limit time.Duration,
	evaluate func(context.Context, *flight) (*Decision, error), after func(ctx context.Context, known *Decision, cause error),
) (d *Decision, joined bool, err error) {
	fl, joined := g.flights.join(key)
	giveUp := func() {}
	if !joined {
		// The caller's context says when the caller left, which changes nothing
		// about the event.
		base := context.WithoutCancel(ctx)
		work, cancel := context.WithTimeout(base, limit)
		giveUp = cancel
		go func() {
			defer cancel()
			fl.d, fl.err = guard(func() (*Decision, error) { return evaluate(work, fl) })
			g.flights.leave(key, fl)
			close(fl.done)
			if fl.err != nil {
				_, _ = guard(func() (*Decision, error) { after(base, fl.known.Load(), fl.err); return nil, nil })
			}
		}()
	}
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-fl.done:
		d, err = fl.d, fl.err
	case <-timer.C:
		giveUp() // before the answer goes out, so that no decision follows it
		g.flights.leave(key, fl)
		err = errDeadline
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

// guard turns a panic into an error.
func guard(f func() (*Decision, error)) (d *Decision, err error) {
	defer func() {
		if r := recover(); r != nil {
			d, err = nil, fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	return f()
}
