package pay_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/internal/pay"
	"github.com/strollhq/stroll/internal/testkit"
	"github.com/strollhq/stroll/jwo"
	"github.com/strollhq/stroll/jwosim"
)

// TestIllegal puts a payment into every state by living it, against the real
// simulator, and tries every event that the state does not allow and every
// operator's act that it refuses. Nothing changes, in no table, and nothing is
// sent.
func TestIllegal(t *testing.T) {
	t.Parallel()
	each(t, setup{}, func(w *world) {
		at := w.everyState()
		w.stop() // what waits for its next try stays where it is
		calls := len(w.sim.History(jwosim.Filter{}))
		legal := map[pay.State][]pay.Event{}
		for _, e := range pay.Table() {
			legal[e.From] = append(legal[e.From], e.On)
		}
		tried, lost := 0, 0
		for _, state := range pay.States() {
			trip := at[state]
			w.is(trip, state)
			before := w.dump()
			for _, on := range append(pay.AllEvents(), "no_such_event") {
				if slices.Contains(legal[state], on) {
					continue
				}
				tried++
				err := w.pay.Try(w.t.Context(), trip, on)
				var illegal *pay.IllegalError
				if !errors.As(err, &illegal) || illegal.From != state || illegal.On != on || illegal.TripID != trip {
					w.t.Errorf("%s in %s: %v, want an IllegalError", on, state, err)
					lost++
				}
			}
			for what, act := range w.acts(trip) {
				if slices.Contains(allowed[state], what) {
					continue
				}
				tried++
				if err := act(); !errors.Is(err, fault.Conflict) {
					w.t.Errorf("%s in %s: %v, want a conflict", what, state, err)
					lost++
				}
			}
			if after := w.dump(); after != before {
				w.t.Errorf("what is illegal in %s changed the database:\n%s\nbefore:\n%s", state, after, before)
				lost++
			}
		}
		if n := len(w.sim.History(jwosim.Filter{})); n != calls {
			w.t.Errorf("%d calls were sent", n-calls)
			lost++
		}
		if tried < 450 {
			w.t.Errorf("only %d were tried", tried)
		}
		testkit.Tell(w.t, testkit.Tried{Fault: "a transition or an operator's act that is illegal", Where: "every state", Times: tried, Lost: lost, On: w.db.Engine()})
	})
}

// everyState lives one trip into each state.
func (w *world) everyState() map[pay.State]string {
	at := map[pay.State]string{}
	forced := func(total, api, outcome string, n int) string {
		trip := w.enter(card, "approve")
		f := forced(trip, api, outcome)
		f.Times, f.RetryAfter = n, 20*time.Hour
		if err := w.sim.Force(f); err != nil {
			w.t.Fatal(err)
		}
		w.open(opening(card, trip, usd(total)))
		return trip
	}
	// Those that the clock makes come first.
	at[pay.Expired] = w.buy("pending_forever", "10")
	at[pay.NeverCharged] = w.enter(card, "approve")
	w.link(at[pay.NeverCharged], usd("25"))
	w.pass(47 * time.Hour)

	at[pay.Preauthorized] = w.enter(card, "approve")
	w.link(at[pay.Preauthorized], usd("25"))
	at[pay.AdjustPending] = w.buy("pending_forever", "10")
	at[pay.AdjustUnknown] = forced("10", jwo.APIAdjustCharge, "500", 1<<20)
	at[pay.CaptureInitiated] = w.buy("approve", "10")
	at[pay.CaptureUnknown] = forced("10", jwo.APICaptureCharge, "reset", 1<<20)
	at[pay.Captured] = w.buy("approve", "10")
	at[pay.CaptureDeclined] = w.buy("approve", "10")
	at[pay.CancelInitiated] = w.buy("approve", "0")
	at[pay.CancelUnknown] = forced("0", jwo.APICancelCharge, "500", 1<<20)
	at[pay.Parked] = forced("10", jwo.APIAdjustCharge, jwo.BadRequestException, 1)
	w.pass(10 * time.Minute)
	for trip, kind := range map[string]string{at[pay.Captured]: pay.NewsCaptureApproved, at[pay.CaptureDeclined]: pay.NewsCaptureDeclined} {
		if err := w.pay.Event(w.t.Context(), pay.News{TripID: trip, Kind: kind, At: time.Now(), Source: "event"}); err != nil {
			w.t.Fatal(err)
		}
	}
	// Throttled before the call that would leave the state.
	decline := w.enter(card, "decline_adjust")
	f := w.sim.Force
	if err := errors.Join(
		f(slowed(decline, jwo.APICancelCharge)), f(slowed("", jwo.APICaptureCharge)),
	); err != nil {
		w.t.Fatal(err)
	}
	w.open(opening(card, decline, usd("10")))
	at[pay.AdjustDeclined], at[pay.AdjustApproved] = decline, w.buy("approve", "10")
	w.pass(time.Second)
	if err := f(slowed("", jwo.APIAdjustCharge)); err != nil {
		w.t.Fatal(err)
	}
	at[pay.CartPriced] = w.buy("approve", "10")
	w.pass(time.Second)
	return at
}

// slowed makes an API wait for longer than the test lasts.
func slowed(trip, api string) jwosim.Force {
	return jwosim.Force{API: api, Trip: trip, Outcome: "429", RetryAfter: 20 * time.Hour}
}

// acts are what an operator or a cart may want of a payment.
func (w *world) acts(trip string) map[string]func() error {
	ctx := w.t.Context()
	return map[string]func() error{
		"retry":   func() error { return w.pay.RetryParked(ctx, trip, "ada", "try") },
		"decide":  func() error { return w.pay.DecideUnknown(ctx, trip, true, "ada", "try") },
		"deny":    func() error { return w.pay.DecideUnknown(ctx, trip, false, "ada", "try") },
		"cancel":  func() error { return w.pay.CancelTrip(ctx, trip, "ada", "try") },
		"hold":    func() error { return w.pay.HoldTrip(ctx, trip, "ada", "try") },
		"release": func() error { return w.pay.ReleaseTrip(ctx, trip, "ada", "try") },
		"reprice": func() error {
			return w.tx(func(ctx context.Context, tx *db.Tx) error {
				return w.pay.Reprice(ctx, tx, trip, usd("9"), pay.Charge, "try")
			})
		},
		"open": func() error {
			return w.tx(func(ctx context.Context, tx *db.Tx) error {
				return w.pay.Open(ctx, tx, opening(card, trip, usd("9")))
			})
		},
	}
}

// allowed are the acts that each state takes; all others are conflicts.
var allowed = map[pay.State][]string{
	pay.Preauthorized:  {"open"},
	pay.NeverCharged:   {"open"},
	pay.CartPriced:     {"cancel", "hold"},
	pay.AdjustPending:  {"cancel", "hold"},
	pay.AdjustApproved: {}, // its Capture was sent, and throttled
	pay.CaptureUnknown: {"decide", "deny"},
	pay.Parked:         {"retry", "cancel", "release"},
}

// dump is all that is stored about payments and their jobs.
func (w *world) dump() string {
	w.t.Helper()
	var all strings.Builder
	for _, table := range []string{"payment", "pay_history", "pay_operation", "pay_report", "pay_evidence", "pay_alert", "pay_pause", "ledger_entry", "debt", "job"} {
		rows, err := w.db.Reader().QueryContext(w.t.Context(), `SELECT * FROM `+table)
		if err != nil {
			w.t.Fatal(err)
		}
		columns, err := rows.Columns()
		if err != nil {
			w.t.Fatal(err)
		}
		var lines []string
		for rows.Next() {
			values, into := make([]any, len(columns)), make([]any, len(columns))
			for i := range values {
				into[i] = &values[i]
			}
			if err := rows.Scan(into...); err != nil {
				w.t.Fatal(err)
			}
			lines = append(lines, fmt.Sprintln(append([]any{table}, values...)...))
		}
		if err := rows.Err(); err != nil {
			w.t.Fatal(err)
		}
		slices.Sort(lines)
		all.WriteString(strings.Join(lines, ""))
	}
	return all.String()
}
