package demo

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/strollhq/stroll/internal/cart"
	"github.com/strollhq/stroll/internal/load"
	"github.com/strollhq/stroll/internal/pay"
	"github.com/strollhq/stroll/jwosim"
	"github.com/strollhq/stroll/money"
)

// Summary is what a run came to, and what both sides' books say about it.
type Summary struct {
	Seed     uint64       `json:"seed"`
	Shoppers load.Tally   `json:"shoppers"`
	Carts    []Count      `json:"carts"`    // by state
	Resolved int          `json:"resolved"` // bad carts a person resolved
	Payments []Sum        `json:"payments"` // by state
	Captured money.Amount `json:"captured"`
	Declined int          `json:"declined"` // adjustments Amazon declined in full or in part
	Debts    int          `json:"debts"`
	Owed     money.Amount `json:"owed"`
	Receipts Times        `json:"receipts"` // from the cart's arrival to its receipt
	Sample   string       `json:"sample_receipt"`
	Books    []Line       `json:"books"`
	// Oldest is the age of the oldest payment that has a cart and is not final;
	// zero when there is none.
	Oldest time.Duration `json:"oldest_open_ns"`
	// Differences between both sides' books, trip by trip, and what either
	// side's own check found. None is the only good number.
	Differences []string `json:"differences"`
}

// Count is how many there are of something.
type Count struct {
	Name  string `json:"name"`
	Count int    `json:"count"`
}

// Sum is a count with the money in it.
type Sum struct {
	Count
	Total money.Amount `json:"total"`
}

// Times describes waits.
type Times struct {
	Count  int           `json:"count"`
	Median time.Duration `json:"median_ns"`
	P99    time.Duration `json:"p99_ns"`
	Most   time.Duration `json:"most_ns"`
}

// Line is one figure as each side has it.
type Line struct {
	Name   string `json:"name"`
	Ours   string `json:"ours"`
	Amazon string `json:"amazon"`
	Equal  bool   `json:"equal"`
}

// OK reports that nothing differs.
func (s Summary) OK() bool { return len(s.Differences) == 0 && len(s.Shoppers.Failures) == 0 }

// everything is more rows than any run has.
const everything = 1 << 30

// Summary reads both sides' books.
func (w *World) Summary(ctx context.Context, tally load.Tally) (Summary, error) {
	store := w.App.Config().Stores[0]
	zero := money.New(0, money.Currency(cmp.Or(store.Prices.Currency, "USD")))
	s := Summary{Seed: w.cfg.Seed, Shoppers: tally, Captured: zero, Owed: zero, Differences: []string{}}
	payments, err := w.payments(ctx)
	if err != nil {
		return s, err
	}
	theirs := w.Sim.Books()
	if err := s.payments(payments); err != nil {
		return s, err
	}
	s.compare(payments, theirs, zero.Currency)
	debts, err := w.App.Pay.Debts(ctx)
	if err != nil {
		return s, err
	}
	for _, d := range debts {
		if d.Opened.Before(w.opened) {
			continue
		}
		s.Debts++
		if s.Owed, err = s.Owed.Add(d.Balance()); err != nil {
			return s, err
		}
	}
	if err := w.carts(ctx, &s); err != nil {
		return s, err
	}
	if err := w.receipts(ctx, &s); err != nil {
		return s, err
	}
	for _, p := range payments {
		if !p.Final() && !p.Opened.IsZero() {
			s.Oldest = max(s.Oldest, time.Since(p.Opened))
		}
	}
	broken, err := w.Broken(ctx, payments)
	s.Differences = append(s.Differences, broken...)
	return s, err
}

// payments are those of this run: a database may hold earlier ones, whose
// Amazon is gone.
func (w *World) payments(ctx context.Context) ([]pay.Payment, error) {
	payments, err := w.App.Pay.List(ctx, pay.Filter{Limit: everything})
	return slices.DeleteFunc(payments, func(p pay.Payment) bool {
		known := p.Opened
		if known.IsZero() {
			known = p.Started.Add(time.Minute) // a gate's clock may be a little behind
		}
		return known.Before(w.opened)
	}), err
}

func (s *Summary) differ(format string, args ...any) {
	s.Differences = append(s.Differences, fmt.Sprintf(format, args...))
}

func (s *Summary) payments(payments []pay.Payment) (err error) {
	sums := map[pay.State]*Sum{}
	for _, p := range payments {
		if sums[p.State] == nil {
			sums[p.State] = &Sum{Count: Count{Name: string(p.State)}, Total: money.New(0, s.Captured.Currency)}
		}
		sum := sums[p.State]
		sum.Count.Count++
		if p.Priced() {
			if sum.Total, err = sum.Total.Add(p.Total); err != nil {
				return err
			}
		}
		if p.Captured.Currency != "" {
			if s.Captured, err = s.Captured.Add(p.Captured); err != nil {
				return err
			}
		}
	}
	for _, state := range slices.Sorted(maps.Keys(sums)) {
		s.Payments = append(s.Payments, *sums[state])
	}
	return nil
}

// compare lays our payments beside Amazon's trips.
func (s *Summary) compare(payments []pay.Payment, theirs jwosim.Books, cur money.Currency) {
	type column struct{ trips, charged, free, captured int64 }
	var us, them column
	own := int64(0) // taken by the retailer's own processor, which Amazon does not see
	ours := make(map[string]pay.Payment, len(payments))
	for _, p := range payments {
		if p.Route == pay.OwnProcessor {
			own += p.Captured.Minor
			p.Captured.Minor = 0
		}
		ours[p.TripID] = p
		us.trips++
		us.captured += p.Captured.Minor
		if p.Captured.Minor > 0 {
			us.charged++
		}
		if p.Captured.Minor == 0 {
			us.free++
		}
	}
	for _, t := range theirs.Trips {
		p, known := ours[t.TripID]
		delete(ours, t.TripID)
		them.trips++
		them.captured += t.Captured
		if t.Captured > 0 {
			them.charged++
		}
		if t.Captured == 0 {
			them.free++
		}
		if t.Adjusted < t.Asked {
			s.Declined++
		}
		switch {
		case !known:
			s.differ("trip %s: Amazon has it (%s, captured %s) and we do not", t.TripID, t.State, money.New(t.Captured, cur))
		case p.Captured.Minor != t.Captured:
			s.differ("trip %s: we captured %s, Amazon %s", t.TripID, p.Captured, money.New(t.Captured, cur))
		case t.Captures > 1:
			s.differ("trip %s: captured %d times", t.TripID, t.Captures)
		case p.Final() && t.Held != 0:
			s.differ("trip %s: we are done (%s), Amazon still holds %s", t.TripID, p.State, money.New(t.Held, cur))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(ours)) {
		if ours[id].Opened.IsZero() {
			continue // the gate never heard our answer and stayed closed
		}
		s.differ("trip %s: we have it (%s) and Amazon does not", id, ours[id].State)
	}
	if theirs.Balanced != "" {
		s.differ("Amazon's books: %s", theirs.Balanced)
	}
	for _, f := range theirs.Findings {
		s.differ("Amazon saw: %v", f)
	}
	line := func(name, a, b string) { s.Books = append(s.Books, Line{name, a, b, a == b}) }
	line("Trips", fmt.Sprint(us.trips), fmt.Sprint(them.trips))
	line("Charged", fmt.Sprint(us.charged), fmt.Sprint(them.charged))
	line("Not charged", fmt.Sprint(us.free), fmt.Sprint(them.free))
	line("Captured", money.New(us.captured, cur).String(), money.New(them.captured, cur).String())
	if own > 0 {
		s.Books = append(s.Books, Line{"By our own processor", money.New(own, cur).String(), "–", true})
	}
}

func (w *World) carts(ctx context.Context, s *Summary) error {
	for _, state := range []string{cart.Priced, cart.Empty, cart.Bad, cart.InReview, cart.Unpriced} {
		n, err := w.App.Carts.Count(ctx, state)
		if err != nil {
			return err
		}
		if n > 0 {
			s.Carts = append(s.Carts, Count{state, n})
		}
	}
	return nil
}

func (w *World) receipts(ctx context.Context, s *Summary) error {
	waits, err := w.App.Receipts.Waits(ctx)
	if err != nil || len(waits) == 0 {
		return err
	}
	slices.Sort(waits)
	at := func(percent int) time.Duration { return waits[(len(waits)-1)*percent/100] }
	s.Receipts = Times{Count: len(waits), Median: at(50), P99: at(99), Most: at(100)}
	list, err := w.App.Receipts.List(ctx, 1)
	if err == nil && len(list) > 0 {
		s.Sample = w.App.PublicURL() + "/r/" + list[0].Token
	}
	return err
}
