package gate_test

import (
	"context"
	"errors"
	"sync"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/pay"
	"github.com/strollhq/stroll/money"
)

// ledger is a small true ledger: what payers owe, what they once owed, and
// what the gate linked.
type ledger struct {
	mu      sync.Mutex
	owed    map[string]int64 // minor units by visitor or instrument
	once    map[string]bool  // owed something once
	links   map[string]pay.Link
	asked   int
	broken  error         // answer to everything
	linking error         // answer to Link
	hold    chan struct{} // when set, Owed waits for it to close
	deaf    bool          // waiting does not end with the context
}

func newLedger() *ledger {
	return &ledger{owed: map[string]int64{}, once: map[string]bool{}, links: map[string]pay.Link{}}
}

func (l *ledger) charge(who string, minor int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.owed[who] += minor
	l.once[who] = true
}

func (l *ledger) payOff(who string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.owed, who)
}

func (l *ledger) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.broken = err
}

func (l *ledger) Owed(ctx context.Context, _ db.Querier, who pay.Who) (pay.Balance, error) {
	l.mu.Lock()
	l.asked++
	hold, deaf, broken := l.hold, l.deaf, l.broken
	l.mu.Unlock()
	if hold != nil {
		gone := ctx.Done()
		if deaf {
			gone = nil
		}
		select {
		case <-hold:
		case <-gone:
			return pay.Balance{}, ctx.Err()
		}
	}
	if broken != nil {
		return pay.Balance{}, broken
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	var b pay.Balance
	for _, key := range []string{who.Visitor, who.Instrument} {
		if key == "" {
			continue
		}
		if n := l.owed[key]; n > 0 {
			b.Open++
			b.Amount = money.New(b.Amount.Minor+n, "USD")
		} else if l.once[key] {
			b.ClearedBefore = true
		}
	}
	b.ClearedBefore = b.ClearedBefore && b.Open == 0
	return b, nil
}

func (l *ledger) Link(_ context.Context, tx *db.Tx, k pay.Link) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.linking != nil {
		return l.linking
	}
	tx.AfterCommit(func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.links[k.TripID] = k
	})
	return nil
}

func (l *ledger) link(trip string) (pay.Link, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	k, ok := l.links[trip]
	return k, ok
}

var errLedger = errors.New("the ledger is down")
