package scenario

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/strollhq/stroll/jwosim"
	"github.com/strollhq/stroll/money"
)

// enter lets somebody in by a card nobody has seen before that behaves like a
// magic one.
func (st *Stage) enter(ctx context.Context, card string) *jwosim.Trip {
	id := card + "#" + newID()
	trip, err := st.Sim.Enter(ctx, jwosim.Entry{StoreID: st.store.ID, Card: id})
	return st.entered(trip, err, "a card ("+card+") is tapped at the gate")
}

// enterAgain taps a card that has been here.
func (st *Stage) enterAgain(ctx context.Context, cardID, what string) (*jwosim.Trip, *jwosim.Refused) {
	trip, err := st.Sim.Enter(ctx, jwosim.Entry{StoreID: st.store.ID, Card: cardID})
	return st.tried(trip, err, what)
}

// enterByCode shows a code.
func (st *Stage) enterByCode(ctx context.Context, code string) *jwosim.Trip {
	trip, err := st.Sim.Enter(ctx, jwosim.Entry{StoreID: st.store.ID, Code: code})
	return st.entered(trip, err, "a code is shown at the gate")
}

func (st *Stage) entered(trip *jwosim.Trip, err error, what string) *jwosim.Trip {
	trip, refused := st.tried(trip, err, what)
	got := "open"
	if refused != nil {
		got = refused.Error()
	}
	st.Must(refused == nil, what, "the gate opens", got)
	return trip
}

func (st *Stage) tried(trip *jwosim.Trip, err error, what string) (*jwosim.Trip, *jwosim.Refused) {
	if r := new(jwosim.Refused); errors.As(err, &r) {
		return nil, r
	}
	if err != nil {
		st.Skip("%s: %v", what, err)
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	st.result.Trips = append(st.result.Trips, trip.ID())
	return trip, nil
}

// take fills the cart.
func (st *Stage) take(trip *jwosim.Trip, items ...jwosim.Item) {
	for _, it := range items {
		if err := trip.Take(it); err != nil {
			st.Skip("%v", err)
		}
	}
}

// item is so many of the item with a price; without one it is something
// nobody sells.
func (st *Stage) item(quantity string) jwosim.Item {
	id := st.opt.Item
	if id == "" {
		id = "SCENARIO-UNKNOWN"
	}
	return jwosim.Item{ID: id, Quantity: quantity}
}

// cart lets the shopper leave and returns the cart's body.
func (st *Stage) cart(trip *jwosim.Trip) body {
	text, err := st.Sim.Cart(trip, newID())
	if err != nil {
		st.Skip("%v", err)
	}
	var b body
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&b); err != nil {
		st.Skip("%v", err)
	}
	return b
}

// visit is a whole trip by a card: in, something taken, and the cart in hand.
func (st *Stage) visit(ctx context.Context, card string, items ...jwosim.Item) (*jwosim.Trip, body) {
	trip := st.enter(ctx, card)
	st.take(trip, items...)
	return trip, st.cart(trip)
}

// shop is a visit whose cart is delivered and accepted.
func (st *Stage) shop(ctx context.Context, card string, items ...jwosim.Item) *jwosim.Trip {
	trip, cart := st.visit(ctx, card, items...)
	st.bought(st.ask(ctx, "the cart is delivered", "CreatePurchases", trip, cart), "the cart is accepted", len(items) == 0)
	return trip
}

// force makes the trip's next calls of an operation end in a given way.
func (st *Stage) force(trip *jwosim.Trip, api, outcome string, times int) {
	st.forced(jwosim.Force{API: api, Trip: trip.ID(), Outcome: outcome, Times: times})
}

func (st *Stage) forced(f jwosim.Force) {
	if err := st.Sim.Force(f); err != nil {
		st.Skip("%v", err)
	}
	st.Note("Amazon's next answer to %s of the trip: %s", f.API, f.Outcome)
}

// calls are the requests that came to Amazon about a trip.
func (st *Stage) calls(trip *jwosim.Trip, api string) []jwosim.Exchange {
	return st.Sim.History(jwosim.Filter{TripID: trip.ID(), API: api, Direction: jwosim.ToAmazon})
}

// await waits for the n-th call of an operation.
func (st *Stage) await(ctx context.Context, trip *jwosim.Trip, api string, n int) []jwosim.Exchange {
	came := st.until(ctx, func() bool { return len(st.calls(trip, api)) >= n })
	got := st.calls(trip, api)
	want := fmt.Sprintf("%s of the trip, %s, within %s", api, times(n), st.opt.Patience)
	st.Must(came, api+" comes", want, fmt.Sprintf("%s (%s)", times(len(got)), st.seen(trip)))
	return got
}

func times(n int) string {
	switch n {
	case 0:
		return "none"
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return fmt.Sprintf("%d times", n)
}

// seen lists all calls about a trip, shortly.
func (st *Stage) seen(trip *jwosim.Trip) string {
	var parts []string
	for _, e := range st.Sim.History(jwosim.Filter{TripID: trip.ID(), Direction: jwosim.ToAmazon}) {
		parts = append(parts, fmt.Sprintf("%s %d %s", e.API, e.Status, e.Fault))
	}
	if len(parts) == 0 {
		return "no call to Amazon about it: does the retailer's system call this simulator's address?"
	}
	return "calls: " + strings.Join(parts, ", ")
}

// never expects no call of these operations.
func (st *Stage) never(trip *jwosim.Trip, apis ...string) {
	for _, api := range apis {
		got := st.calls(trip, api)
		st.Expect(len(got) == 0, "no "+api, "none", fmt.Sprintf("%s (%s)", times(len(got)), st.seen(trip)))
	}
}

// book is the trip's money.
func (st *Stage) book(trip *jwosim.Trip) jwosim.TripBook {
	for _, b := range st.Sim.Books().Trips {
		if b.TripID == trip.ID() {
			return b
		}
	}
	return jwosim.TripBook{}
}

// charge waits for a state of the trip's charge.
func (st *Stage) charge(ctx context.Context, trip *jwosim.Trip, what string, states ...string) jwosim.TripBook {
	reached := func() bool {
		b := st.book(trip)
		for _, s := range states {
			if b.Charge == s {
				return true
			}
		}
		return false
	}
	came := st.until(ctx, reached)
	b := st.book(trip)
	st.Must(came, what, "the charge becomes "+strings.Join(states, " or "), fmt.Sprintf("%s (%s)", b.Charge, st.seen(trip)))
	return b
}

// once waits for the capture and expects exactly one, of what was adjusted.
func (st *Stage) once(ctx context.Context, trip *jwosim.Trip) jwosim.TripBook {
	b := st.charge(ctx, trip, "the trip is charged", "captured")
	st.Quiet(ctx)
	b = st.book(trip)
	cur := b.Currency
	st.Expect(b.Captures == 1 && b.Captured > 0 && b.Captured == b.Adjusted, "it is charged once, what was adjusted",
		"one capture of "+money.New(b.Adjusted, cur).String(), fmt.Sprintf("%d of %s", b.Captures, money.New(b.Captured, cur)))
	st.orderly(trip)
	return b
}

// orderly expects no finding about a trip: what a well-behaved system never
// does.
func (st *Stage) orderly(trip *jwosim.Trip) {
	var found []string
	for _, f := range st.Sim.Findings() {
		if f.Trip == trip.ID() {
			found = append(found, f.Text)
		}
	}
	st.Expect(len(found) == 0, "no call was out of turn", "nothing found", strings.Join(found, "; "))
}
