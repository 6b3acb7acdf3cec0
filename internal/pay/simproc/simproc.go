package simproc

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"sync"
	"time"

	"github.com/strollhq/stroll/internal/pay"
	"github.com/strollhq/stroll/jwo"
	"github.com/strollhq/stroll/money"
)

// Behaviour is how a shopper's card differs from one that approves everything.
type Behaviour struct {
	Decline        bool // every authorization
	PartialPercent int  // above 0: approves that part, rounded down
	Pending        int  // so many first authorizations of a trip are pending
	Unknown        bool // no card on file: refused
}

// Fault is what happens to a call beside its answer.
type Fault string

const (
	None      Fault = ""
	NotSent   Fault = "not_sent"   // refused before it left: no effect
	Lost      Fault = "lost"       // never arrives, and nobody answers
	LostAfter Fault = "lost_after" // takes effect, and the answer is lost
	Throttled Fault = "throttled"
	Denied    Fault = "denied"
)

// Config of a processor. The zero value approves everything at once.
type Config struct {
	Shoppers map[string]Behaviour
	// Fault is asked before each call, from any goroutine; nil is never.
	Fault func(pay.ProcessorCall) Fault
	// NoStatus leaves out the status inquiry.
	NoStatus bool
	// Latency of each answer.
	Latency time.Duration
}

// Account is one authorization in the processor's books, in minor units.
type Account struct {
	Reference  string
	TripID     string // or the entry event
	Shopper    string
	Currency   money.Currency
	Authorized int64
	Captured   int64
	Captures   int
	State      string // authorized, declined, captured, cancelled
}

type outcome struct {
	answer  pay.ProcessorAnswer
	err     error
	content pay.ProcessorCall
}

// Processor is the simulated processor. It may be used from any goroutine.
type Processor struct {
	c        Config
	mu       sync.Mutex
	answers  map[string]outcome
	accounts map[string]*Account
	pendings map[string]int
	calls    []pay.ProcessorCall
}

// New makes a processor with empty books.
func New(c Config) *Processor {
	return &Processor{c: c, answers: map[string]outcome{}, accounts: map[string]*Account{}, pendings: map[string]int{}}
}

// Set changes a shopper's behaviour.
func (p *Processor) Set(shopper string, b Behaviour) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.c.Shoppers == nil {
		p.c.Shoppers = map[string]Behaviour{}
	}
	p.c.Shoppers[shopper] = b
}

// Do implements pay.Processor.
func (p *Processor) Do(ctx context.Context, c pay.ProcessorCall) (pay.ProcessorAnswer, error) {
	fault := None
	if p.c.Fault != nil {
		fault = p.c.Fault(c)
	}
	fail := func(o jwo.Outcome, code string) (pay.ProcessorAnswer, error) {
		return pay.ProcessorAnswer{}, &pay.ProcessorError{Outcome: o, Code: code, Err: errors.New(string(fault))}
	}
	switch fault {
	case NotSent:
		return fail(jwo.NotSent, "unreachable")
	case Lost:
		return fail(jwo.Unknown, "timeout")
	case Throttled:
		return fail(jwo.Throttled, "slow_down")
	case Denied:
		return fail(jwo.Denied, "forbidden")
	}
	if p.c.Latency > 0 {
		timer := time.NewTimer(p.c.Latency)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return fail(jwo.Unknown, "timeout")
		}
	}
	answer, err := p.effect(c)
	if fault == LostAfter {
		return fail(jwo.Unknown, "timeout")
	}
	return answer, err
}

func (p *Processor) effect(c pay.ProcessorCall) (pay.ProcessorAnswer, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls = append(p.calls, c)
	if old, ok := p.answers[c.Key]; ok && old.answer.Status != jwo.Pending {
		if old.content != c {
			return pay.ProcessorAnswer{}, refuse("key_reused", "the key %s has another content", c.Key)
		}
		return old.answer, old.err
	}
	answer, err := p.apply(c)
	p.answers[c.Key] = outcome{answer, err, c}
	return answer, err
}

func refuse(code, format string, args ...any) error {
	return &pay.ProcessorError{Outcome: jwo.Refused, Code: code, Err: fmt.Errorf(format, args...)}
}

func (p *Processor) apply(c pay.ProcessorCall) (pay.ProcessorAnswer, error) {
	if c.Op == pay.OpAdjust {
		return p.authorize(c)
	}
	a := p.accounts[c.Reference]
	if a == nil {
		return pay.ProcessorAnswer{}, refuse(pay.NothingToRelease, "no authorization %q", c.Reference)
	}
	switch {
	case c.Op == pay.OpCancel && a.State == "captured":
		return pay.ProcessorAnswer{}, refuse("captured", "authorization %s is captured", a.Reference)
	case c.Op == pay.OpCancel:
		a.State = "cancelled"
	case a.State != "authorized" && a.State != "declined" || c.Minor > a.Authorized || c.Currency != a.Currency:
		return pay.ProcessorAnswer{}, refuse("not_capturable", "authorization %s is %s with %d", a.Reference, a.State, a.Authorized)
	default:
		a.Captured += c.Minor
		a.Captures++
		a.State = "captured"
	}
	return pay.ProcessorAnswer{Reference: a.Reference}, nil
}

// authorize sets what an authorization holds to the amount asked for.
func (p *Processor) authorize(c pay.ProcessorCall) (pay.ProcessorAnswer, error) {
	b := p.c.Shoppers[c.Shopper]
	if b.Unknown {
		return pay.ProcessorAnswer{}, refuse("no_card", "no card on file")
	}
	a := p.accounts[c.Reference]
	if a == nil {
		a = p.accounts[p.answers[c.Key].answer.Reference] // pending, asked again
	}
	if a == nil {
		a = &Account{Reference: fmt.Sprintf("auth-%d", len(p.accounts)+1), TripID: c.TripID, Shopper: c.Shopper, Currency: c.Currency, State: "authorized"}
		p.accounts[a.Reference] = a
	}
	a.TripID = c.TripID
	answer := pay.ProcessorAnswer{Status: jwo.Approved, Reference: a.Reference}
	if p.pendings[c.TripID] < b.Pending {
		p.pendings[c.TripID]++
		answer.Status = jwo.Pending
		return answer, nil
	}
	granted := c.Minor
	if b.PartialPercent > 0 {
		granted = c.Minor / 100 * int64(b.PartialPercent)
		granted += c.Minor % 100 * int64(b.PartialPercent) / 100
	}
	if b.Decline || granted <= 0 {
		// What was held before stays held.
		a.State, answer.Status = "declined", jwo.Declined
		return answer, nil
	}
	a.Authorized, a.State = granted, "authorized"
	answer.Authorized = money.New(granted, c.Currency)
	return answer, nil
}

// Status implements pay.Processor.
func (p *Processor) Status(_ context.Context, key string) (pay.ProcessorAnswer, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.c.NoStatus {
		return pay.ProcessorAnswer{}, pay.ErrNoStatus
	}
	o, ok := p.answers[key]
	if !ok {
		return pay.ProcessorAnswer{}, pay.ErrNoSuchKey
	}
	return o.answer, o.err
}

// Books are the authorizations by reference.
func (p *Processor) Books() []Account {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := make([]Account, 0, len(p.accounts))
	for _, a := range p.accounts {
		all = append(all, *a)
	}
	sort.Slice(all, func(i, j int) bool { return all[i].Reference < all[j].Reference })
	return all
}

// Calls are those that arrived, in order.
func (p *Processor) Calls() []pay.ProcessorCall {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]pay.ProcessorCall(nil), p.calls...)
}
