package jwosim

import (
	"cmp"
	"slices"
	"strings"
)

// watcher is somebody who follows what happens. It is only ever woken, never
// waited for: what it has not read yet stays in the history, and of a visit
// that changed often it reads the last state, so a slow one costs nothing.
type watcher struct {
	wake  chan struct{}  // holds one token: something is new
	ended chan struct{}  // closed when the server shuts down
	trips map[*Trip]bool // of the shop page, changed since the last look; guarded by Sim.mu
}

// watch begins at the end of the history less so many exchanges, with
// the last visits to the shop page's gates marked as changed.
func (s *Sim) watch(last int64) (w *watcher, after int64) {
	w = &watcher{wake: make(chan struct{}, 1), ended: make(chan struct{}), trips: map[*Trip]bool{}}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.watchers == nil {
		s.watchers = map[*watcher]bool{}
	}
	s.watchers[w] = true
	for _, t := range slices.Backward(s.order) {
		if t.gate() != "" {
			w.trips[t] = true
		}
		if len(w.trips) == recent {
			break
		}
	}
	w.look()
	return w, max(0, s.history.seq-last)
}

func (s *Sim) unwatch(w *watcher) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.watchers, w)
}

// endWatches tells every watcher that its server is going.
func (s *Sim) endWatches() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for w := range s.watchers {
		close(w.ended)
		delete(s.watchers, w)
	}
}

func (w *watcher) look() {
	select {
	case w.wake <- struct{}{}:
	default: // it knows
	}
}

// changed wakes the watchers: there is a new exchange, or the trip, when not
// nil, has another state. s.mu is held.
func (s *Sim) changed(t *Trip) {
	shown := t != nil && t.gate() != ""
	for w := range s.watchers {
		if shown {
			w.trips[t] = true
		}
		w.look()
	}
}

// changes are the exchanges after a number, at most a batch, how many of them
// are no longer kept, and the visits that changed since the last call.
func (s *Sim) changes(w *watcher, after int64) (calls []Exchange, missed int64, visits []Visit) {
	const batch = 200
	s.mu.Lock()
	defer s.mu.Unlock()
	h := &s.history
	n := int64(len(h.ring))
	first := max(after, h.seq-n) + 1
	missed = first - after - 1
	for seq := first; seq <= h.seq && len(calls) < batch; seq++ {
		calls = append(calls, h.ring[(seq-1)%n])
	}
	if first+int64(len(calls)) <= h.seq {
		w.look() // more than a batch
	}
	now := s.Now()
	for t := range w.trips {
		visits = append(visits, t.visit(now))
	}
	clear(w.trips)
	slices.SortFunc(visits, func(a, b Visit) int { return cmp.Compare(a.No, b.No) })
	return calls, missed, visits
}

// passed looks again at visits whose money waits for a clock: a hold that
// expires is no event of its own.
func (s *Sim) passed() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.cards {
		for t := range a.open {
			s.changed(t)
		}
	}
}

// gate is the shop page's gate, "gate-3", that the trip's entry key names:
// "store-1/gate-3/7"; "" when the trip is somebody else's.
func (t *Trip) gate() string {
	key := strings.TrimPrefix(t.key, t.store.ID+"/")
	name, _, ok := strings.Cut(key, "/")
	if !ok || !strings.HasPrefix(name, "gate-") {
		return ""
	}
	return name
}
