package load

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/strollhq/stroll/jwosim"
)

// Config is a crowd of shoppers.
type Config struct {
	// Sim is the simulated Amazon whose gates they go through.
	Sim *jwosim.Sim
	// StoreID is where they go.
	StoreID string
	// Items are what they may take; none: all carts are empty.
	Items []Item
	// Visitors are the shoppers who have the app; none: all come by card.
	Visitors []Visitor
	// Code gives a visitor a fresh scan code, as the retailer's app would. Its
	// error means that the pre-checks refused one.
	Code func(ctx context.Context, visitorID string) (string, error)
	// Trips is how many shoppers come.
	Trips int
	// Parallel is how many are in the store at once. Default 8, the number of
	// gates.
	Parallel int
	// Seed decides what each shopper does.
	Seed uint64
	// Progress is told after each shopper. It is called from one goroutine at
	// a time.
	Progress func(Tally)
}

// Tally is what became of the shoppers so far.
type Tally struct {
	Trips    int            `json:"trips"`    // shoppers who came
	ByCode   int            `json:"by_code"`  // gates opened by app code
	ByCard   int            `json:"by_card"`  // gates opened by card
	People   int            `json:"people"`   // those who came along included
	NoCode   int            `json:"no_code"`  // the app gave no code: a pre-check failed
	Refused  map[string]int `json:"refused"`  // gates that stayed closed, by the gate's reason
	Left     int            `json:"left"`     // carts accepted
	Empty    int            `json:"empty"`    // of them without items
	GivenUp  int            `json:"given_up"` // carts Amazon's side could not deliver
	Failures []string       `json:"failures"` // what should not happen, at most ten
}

// Run lets the shoppers through and returns when the last has left. It fails
// only when the context ends; what went wrong with a shopper is in the Tally.
func Run(ctx context.Context, cfg Config) (Tally, error) {
	if cfg.Parallel <= 0 {
		cfg.Parallel = 8
	}
	t := &tally{Tally: Tally{Refused: map[string]int{}, Failures: []string{}}, progress: cfg.Progress}
	next := make(chan int)
	var crowd sync.WaitGroup
	for range min(cfg.Parallel, max(cfg.Trips, 1)) {
		crowd.Go(func() {
			for n := range next {
				cfg.visit(ctx, cfg.draw(n), t)
				t.add(func(t *Tally) { t.Trips++ })
			}
		})
	}
	for n := range cfg.Trips {
		if ctx.Err() != nil {
			break
		}
		next <- n
	}
	close(next)
	crowd.Wait()
	return t.copy(), ctx.Err()
}

// visit is one shopper from the gate to the street.
func (c *Config) visit(ctx context.Context, p plan, t *tally) {
	trip, err := c.enter(ctx, p, t)
	if err != nil || trip == nil {
		t.refused(err)
		return
	}
	people := 1 + c.company(ctx, p, trip, t)
	t.add(func(t *Tally) {
		if p.app {
			t.ByCode++
		} else {
			t.ByCard++
		}
		t.People += people
	})
	if err := shop(trip, p); err != nil {
		t.fail(err)
	}
	empty := len(trip.State().Cart) == 0
	if err := c.Sim.WalkOut(ctx, trip); err != nil {
		t.add(func(t *Tally) { t.GivenUp++ })
		t.fail(err)
		return
	}
	t.add(func(t *Tally) {
		t.Left++
		if empty {
			t.Empty++
		}
	})
}

// enter shows the shopper's code or card at the gate. No trip and no error
// means that the app gave no code.
func (c *Config) enter(ctx context.Context, p plan, t *tally) (*jwosim.Trip, error) {
	e := jwosim.Entry{StoreID: c.StoreID, Card: p.card, Code: p.bogus, Key: fmt.Sprintf("shopper/%d", p.n)}
	if p.app && p.bogus == "" {
		code, err := c.Code(ctx, p.visitor.ID)
		if err != nil {
			t.add(func(t *Tally) { t.NoCode++ })
			return nil, nil
		}
		e.Code = code
	}
	return c.Sim.Enter(ctx, e)
}

// company lets in those who came along, each by a scan or tap of their own on
// the payer's means, and returns how many passed.
func (c *Config) company(ctx context.Context, p plan, trip *jwosim.Trip, t *tally) (passed int) {
	for range p.others {
		e := jwosim.Entry{StoreID: c.StoreID, Card: p.card}
		if p.app {
			code, err := c.Code(ctx, p.visitor.ID)
			if err != nil {
				return passed
			}
			e = jwosim.Entry{StoreID: c.StoreID, Code: code}
		}
		err := c.Sim.Join(ctx, trip, e)
		if err != nil {
			t.refused(err)
			return passed
		}
		passed++
	}
	return passed
}

// shop fills the cart.
func shop(trip *jwosim.Trip, p plan) error {
	for _, k := range p.takes {
		it := jwosim.Item{ID: k.item.SKU, Quantity: k.quantity, Unit: k.item.Unit}
		if k.scanned {
			it.ID, it.Type = k.item.Barcode, "SCANCODE"
		} else if k.item.Barcode != "" {
			it.External = []jwosim.External{{ID: k.item.Barcode, Type: "UPC"}}
		}
		if err := trip.Take(it); err != nil {
			return err
		}
		if k.putBack {
			if err := trip.PutBack(it); err != nil {
				return err
			}
		}
	}
	if p.unknown {
		return trip.Take(jwosim.Item{ID: fmt.Sprintf("UNLISTED-%d", p.n%7)})
	}
	return nil
}

// tally is a Tally under a lock.
type tally struct {
	mu sync.Mutex
	Tally
	progress func(Tally)
}

func (t *tally) add(f func(*Tally)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	f(&t.Tally)
	if t.progress != nil {
		t.progress(t.clone())
	}
}

func (t *tally) refused(err error) {
	if r := new(jwosim.Refused); errors.As(err, &r) {
		t.add(func(t *Tally) { t.Refused[r.Reason]++ })
	} else if err != nil {
		t.fail(err)
	}
}

func (t *tally) fail(err error) {
	t.add(func(t *Tally) {
		if len(t.Failures) < 10 {
			t.Failures = append(t.Failures, err.Error())
		}
	})
}

func (t *tally) copy() Tally {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.clone()
}

func (t *Tally) clone() Tally {
	c := *t
	c.Refused, c.Failures = maps.Clone(t.Refused), slices.Clone(t.Failures)
	return c
}
