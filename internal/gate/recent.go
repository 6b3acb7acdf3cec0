package gate

import (
	"sync"

	"github.com/strollhq/stroll/internal/shopper"
)

// recent keeps the values put last: at least as many as most, and at most
// twice that.
type recent[V any] struct {
	mu         sync.Mutex
	young, old map[string]V
}

const most = 1 << 15

func (r *recent[V]) get(key string) (v V, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if v, ok = r.young[key]; !ok {
		v, ok = r.old[key]
	}
	return v, ok
}

func (r *recent[V]) put(key string, v V) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.young == nil || len(r.young) >= most {
		r.old, r.young = r.young, map[string]V{}
	}
	r.young[key] = v
}

func (r *recent[V]) drop(key string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.young, key)
	delete(r.old, key)
}

// hints are what this process last knew of the facts that decide on entries.
// They may be out of date: a decision made from them is recorded only if the
// statement that records it finds the facts unchanged.
type hints struct {
	accounts recent[account]
	codes    recent[recognition]
	visits   recent[[]int64] // by entry and subject: when it was admitted of late, in milliseconds
}

// account is an account as far as it decides, or that there is none.
type account struct {
	shopper.Shopper
	known bool
}

// maxVisits bounds the visits kept of one subject. With more it is counted in
// the database.
const maxVisits = 64

// heard takes in a decision that was recorded.
func (h *hints) heard(d *Decision) {
	if d.replayed || !d.admitted() {
		return
	}
	key := d.Entry + d.subject()
	if was, _ := h.visits.get(key); len(was) <= maxVisits {
		h.visits.put(key, append(was[:len(was):len(was)], d.admittedAt()))
	}
}
