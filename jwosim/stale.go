package jwosim

import (
	"cmp"
	"context"
	"time"
)

// staleCall is a copy of a gate call that the network held back.
type staleCall struct {
	call  call
	first *reply // the decision that came; nil when none did
}

// holdBack keeps a copy of a gate call for later.
func (s *Sim) holdBack(c call, first *reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.trip.stale = append(c.trip.stale, staleCall{c, first})
}

// overtaken sends the copies of the trip's gate calls that were held back:
// some now, beside the cart, the others by the function returned, behind it,
// which waits for all. Connectors keep decisions as long as pre-authorizations
// live, so older copies are dropped.
func (s *Sim) overtaken(ctx context.Context, t *Trip) (behind func()) {
	s.mu.Lock()
	copies := t.stale
	t.stale = nil
	s.mu.Unlock()
	if !s.Now().Before(t.started.Add(t.store.Lifetime)) {
		copies = nil
	}
	var late []staleCall
	done := make(chan struct{}, len(copies))
	racing := 0
	for _, k := range copies {
		if s.draw("overtaken", k.call.api, k.call.key()).Float64() < 0.5 {
			late = append(late, k)
			continue
		}
		racing++
		s.async.Go(func() {
			s.again(ctx, k)
			done <- struct{}{}
		})
	}
	return func() {
		for _, k := range late {
			s.again(ctx, k)
		}
		for range racing {
			<-done
		}
	}
}

// again sends a copy of a gate call, whose answer must be that of the call.
func (s *Sim) again(ctx context.Context, k staleCall) {
	id := s.requestID(k.call, -2, s.requestID(k.call, 0, ""))
	s.sameDecision(k.call, k.first, s.send(ctx, k.call, "stale", 0, id))
}

// repeatLater sends a copy of a cart that was taken when the draw says so, in
// the background and until Close.
func (s *Sim) repeatLater(c call) {
	f := s.Faults()
	if !s.happens(f.StaleCart, "stale/"+c.api, c.key()) || s.ctx.Err() != nil {
		return
	}
	by := cmp.Or(f.StaleBy, 10*time.Second)
	wait := time.Duration(s.draw("stale by", c.key()).Int64N(int64(by))) + 1
	from := s.clock.mark()
	s.async.Go(func() {
		if s.clock.sleepFrom(s.ctx, from, wait) != nil {
			return
		}
		id := s.requestID(c, -2, s.requestID(c, 0, ""))
		s.purchased(c.trip, s.send(s.ctx, c, "stale", 0, id))
	})
}
