package pay_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing/synctest"
	"time"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/internal/pay"
	"github.com/strollhq/stroll/jwosim"
	"github.com/strollhq/stroll/money"
)

// use changes the settings of every store.
func (w *world) use(f func(*pay.Settings)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f(&w.settings)
}

// pass lets time pass and everything that is due happen.
func (w *world) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// enter taps a card and returns the trip.
func (w *world) enter(store, cardID string) string {
	w.t.Helper()
	trip, err := w.sim.EnterByCard(w.t.Context(), store, cardID)
	if err != nil {
		w.t.Fatal(err)
	}
	return trip.ID()
}

func usd(s string) money.Amount { return sum(s, "USD") }

func sum(s string, c money.Currency) money.Amount {
	a, err := money.ParseAmount(s, c)
	if err != nil {
		panic(err)
	}
	return a
}

func opening(store, trip string, total money.Amount) pay.Opening {
	return pay.Opening{TripID: trip, StoreID: store, PurchaseID: "p-" + trip, Entry: pay.ByCard, Instrument: "i-" + trip, Visitor: "v-" + trip,
		Started: time.Now(), Ended: time.Now(), Total: total, Act: pay.Charge}
}

func (w *world) open(o pay.Opening) {
	w.t.Helper()
	if err := w.tx(func(ctx context.Context, tx *db.Tx) error { return w.pay.Open(ctx, tx, o) }); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) tx(f func(context.Context, *db.Tx) error) error { return w.db.Tx(w.t.Context(), f) }

// buy lets a card in and charges it.
func (w *world) buy(cardID, total string) string {
	w.t.Helper()
	trip := w.enter(card, cardID)
	w.open(opening(card, trip, usd(total)))
	return trip
}

func (w *world) get(trip string) pay.Payment {
	w.t.Helper()
	p, err := w.pay.Get(w.t.Context(), w.db.Reader(), trip)
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

// is demands a state.
func (w *world) is(trip string, want pay.State) pay.Payment {
	w.t.Helper()
	p := w.get(trip)
	if p.State != want {
		w.t.Fatalf("state %s (%s), want %s; history:\n%s\ncalls:\n%s", p.State, p.Note, want, w.history(trip), w.calls(trip))
	}
	return p
}

func (w *world) history(trip string) string {
	steps, err := w.pay.History(w.t.Context(), trip)
	if err != nil {
		w.t.Fatal(err)
	}
	var b strings.Builder
	for _, s := range steps {
		fmt.Fprintf(&b, "%s %s -> %s by %s %s\n", s.At.UTC().Format(time.DateTime), s.Event, s.Became, s.By, s.Note)
	}
	return b.String()
}

// sent are the calls Amazon saw about a trip: "AdjustCharge 200".
func (w *world) calls(trip string) string {
	var b strings.Builder
	for _, e := range w.sim.History(jwosim.Filter{TripID: trip}) {
		if e.API != "CreatePurchases" {
			fmt.Fprintf(&b, "%s %d\n", e.API, e.Status)
		}
	}
	return b.String()
}

// count is how many calls of an API Amazon saw about a trip.
func (w *world) count(trip, api string) int {
	return len(w.sim.History(jwosim.Filter{TripID: trip, API: api}))
}

func (w *world) force(api, outcome string) { w.forceN(api, outcome, 1, 0) }

func (w *world) forceN(api, outcome string, n int, after time.Duration) {
	w.t.Helper()
	if err := w.sim.Force(jwosim.Force{API: api, Outcome: outcome, Times: n, RetryAfter: after}); err != nil {
		w.t.Fatal(err)
	}
}

// debt of a trip; the zero value when there is none.
func (w *world) debt(trip string) pay.Debt {
	w.t.Helper()
	d, err := w.pay.Debt(w.t.Context(), w.db.Reader(), trip)
	if err != nil && !errors.Is(err, fault.NotFound) {
		w.t.Fatal(err)
	}
	return d
}

// alerted tells whether an alert of the kind was raised about a trip.
func (w *world) alerted(trip, kind string) bool {
	w.t.Helper()
	all, err := w.pay.Alerts(w.t.Context(), trip)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, a := range all {
		if a.Kind == kind {
			return true
		}
	}
	return false
}

// book is Amazon's account of a trip.
func (w *world) book(trip string) jwosim.TripBook {
	w.t.Helper()
	for _, b := range w.sim.Books().Trips {
		if b.TripID == trip {
			return b
		}
	}
	w.t.Fatalf("no trip %s in Amazon's books", trip)
	return jwosim.TripBook{}
}

// sound demands that our books verify and that no trip was captured twice.
func (w *world) sound() {
	w.t.Helper()
	v, err := w.pay.Verify(context.WithoutCancel(w.t.Context()))
	if err != nil {
		w.t.Fatal(err)
	}
	for _, d := range v.Differences {
		w.t.Errorf("books: %s", d)
	}
	for _, b := range w.sim.Books().Trips {
		if b.Captures > 1 {
			w.t.Errorf("trip %s was captured %d times", b.TripID, b.Captures)
		}
	}
}

// exchanges are the calls of an API that Amazon saw about a trip.
func (w *world) exchanges(trip, api string) []jwosim.Exchange {
	return w.sim.History(jwosim.Filter{TripID: trip, API: api})
}

// link makes a trip known by its entry.
func (w *world) link(trip string, hold money.Amount) {
	w.t.Helper()
	l := pay.Link{TripID: trip, StoreID: card, Instrument: "i-" + trip, Hold: hold, At: time.Now()}
	if err := w.tx(func(ctx context.Context, tx *db.Tx) error { return w.pay.Link(ctx, tx, l) }); err != nil {
		w.t.Fatal(err)
	}
}

// owed is what the payer of a trip owes.
func (w *world) owed(trip string) pay.Balance {
	w.t.Helper()
	b, err := w.pay.Owed(w.t.Context(), w.db.Reader(), pay.Who{StoreID: card, Instrument: "i-" + trip})
	if err != nil {
		w.t.Fatal(err)
	}
	return b
}

func (w *world) reprice(trip string, total money.Amount, act pay.Act) {
	w.t.Helper()
	if err := w.tx(func(ctx context.Context, tx *db.Tx) error {
		return w.pay.Reprice(ctx, tx, trip, total, act, "resolved")
	}); err != nil {
		w.t.Fatal(err)
	}
}

func openTx(w *world, o pay.Opening) func(context.Context, *db.Tx) error {
	return func(ctx context.Context, tx *db.Tx) error { return w.pay.Open(ctx, tx, o) }
}

// balance of a ledger account, dollars.
func (w *world) balance(account string) int64 {
	w.t.Helper()
	b, err := w.pay.Books(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	var all int64
	for _, s := range b.Balances {
		all += s.Balance
	}
	if all != 0 {
		w.t.Errorf("the accounts sum to %d", all)
	}
	for _, s := range b.Balances {
		if s.Account == account && s.Currency == "USD" {
			return s.Balance
		}
	}
	return 0
}

func forced(trip, api, outcome string) jwosim.Force {
	return jwosim.Force{API: api, Trip: trip, Outcome: outcome}
}
