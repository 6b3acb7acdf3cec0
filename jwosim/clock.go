package jwosim

import (
	"context"
	"sync"
	"time"
)

// clock is Config.Now, moved forward by hand. Waits of the simulator's own —
// latency, late carts, pauses between deliveries — end when their moment has
// come on it, whether time passed or was moved.
type clock struct {
	base func() time.Time

	mu      sync.Mutex
	ahead   time.Duration
	changed chan struct{} // closed and replaced by each move
}

func newClock(base func() time.Time) *clock {
	return &clock{base: base, changed: make(chan struct{})}
}

func (c *clock) now() time.Time {
	ahead, _ := c.moved()
	return c.base().Add(ahead)
}

// moved is how far the clock was moved, and what is closed by the next move.
func (c *clock) moved() (time.Duration, <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ahead, c.changed
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += d
	close(c.changed)
	c.changed = make(chan struct{})
}

// mark is a moment that a wait is counted from.
type mark struct {
	at    time.Time // on the machine
	ahead time.Duration
}

func (c *clock) mark() mark {
	ahead, _ := c.moved()
	return mark{time.Now(), ahead}
}

// sleep waits until d has passed on the clock, or ends with the context.
func (c *clock) sleep(ctx context.Context, d time.Duration) error {
	return c.sleepFrom(ctx, c.mark(), d)
}

// sleepFrom is sleep, counted from a moment before: a move of the clock since
// then counts. What passes by itself is measured on timers, for Config.Now may
// stand still.
func (c *clock) sleepFrom(ctx context.Context, from mark, d time.Duration) error {
	for d > 0 {
		ahead, changed := c.moved()
		left := d - time.Since(from.at) - (ahead - from.ahead)
		if left <= 0 {
			break
		}
		t := time.NewTimer(left)
		select {
		case <-t.C:
			return nil
		case <-changed:
			t.Stop()
		case <-ctx.Done():
			t.Stop()
			return ctx.Err()
		}
	}
	return ctx.Err()
}

// Now is the simulator's time: Config.Now, and what Advance added.
func (s *Sim) Now() time.Time { return s.clock.now() }

// Ahead is by how much Advance has moved the clock in all.
func (s *Sim) Ahead() time.Duration {
	ahead, _ := s.clock.moved()
	return ahead
}

// Advance moves the simulator's clock forward, at once: pre-authorizations
// expire, outages begin and end, and every wait of the simulator's that is now
// over — a late cart, a pause before the next delivery — ends. What lies
// between is jumped over: a cart that would have been sent ten times meanwhile
// is sent once. Time-outs of attempts and the dates of signatures stay on the
// machine's time, and so does the retailer's system: codes it made before are
// old afterwards. A clock never goes back: nothing happens for d ≤ 0.
func (s *Sim) Advance(d time.Duration) {
	if d <= 0 {
		return
	}
	s.clock.advance(d)
	s.passed()
	s.cfg.Log.Info("clock moved", "by", d, "now", s.Now())
}
