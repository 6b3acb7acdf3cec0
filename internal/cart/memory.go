package cart

import (
	"context"
	"sync"

	"github.com/strollhq/stroll/internal/price"
)

// memory keeps the newest of what a process has seen, so that it need not be
// read again. It may forget anything.
type memory[K comparable, V any] struct {
	mu   sync.Mutex
	by   map[K]V
	ring []K // in the order they were first put
	next int
}

// remembered bounds a memory: of the shoppers of a day and their promotions
// with a cap, at some hundred bytes each.
const remembered = 1 << 16

func (m *memory[K, V]) put(k K, v V) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.by == nil {
		m.by = map[K]V{}
	}
	if _, known := m.by[k]; !known {
		if len(m.ring) < remembered {
			m.ring = append(m.ring, k)
		} else {
			delete(m.by, m.ring[m.next])
			m.ring[m.next] = k
			m.next = (m.next + 1) % remembered
		}
	}
	m.by[k] = v
}

// of is what is remembered of k.
func (m *memory[K, V]) of(k K) (v V, known bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	v, known = m.by[k]
	return v, known
}

// use names a shopper's count of a promotion.
type use struct{ store, shopper, promotion string }

// note remembers what a cart found its shopper to have used, and used itself.
func (c *Carts) note(p *Purchase, before map[string]price.Usage) {
	var now map[string]price.Usage
	if p.Result != nil {
		now = p.Result.Uses
	}
	for _, id := range both(before, now) {
		c.uses.put(use{p.StoreID, p.shopper, id}, price.Usage{Uses: before[id].Uses + now[id].Uses, Amount: before[id].Amount + now[id].Amount})
	}
}

// first is what every later copy of a cart is answered with: none of it ever
// changes.
type first struct {
	store, purchase, digest string
	status                  int
}

// turns lets the carts of one shopper be taken one after the other, so that
// each knows what the one before it has used, and no two change the same count
// in one statement. Another process does not take part; its carts are met by
// the checks.
type turns struct {
	mu sync.Mutex
	by map[string]chan struct{} // closed when the turn ends
}

// take waits for the shopper's turn and returns what ends it.
func (t *turns) take(ctx context.Context, shopper string) (end func(), err error) {
	if shopper == "" {
		return func() {}, nil
	}
	mine := make(chan struct{})
	for {
		t.mu.Lock()
		before := t.by[shopper]
		if before == nil {
			if t.by == nil {
				t.by = map[string]chan struct{}{}
			}
			t.by[shopper] = mine
			t.mu.Unlock()
			return func() {
				t.mu.Lock()
				delete(t.by, shopper)
				t.mu.Unlock()
				close(mine)
			}, nil
		}
		t.mu.Unlock()
		select {
		case <-before:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
