package pay_test

import (
	"flag"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/strollhq/stroll/internal/pay"
	"github.com/strollhq/stroll/internal/testkit"
	"github.com/strollhq/stroll/jwo"
	"github.com/strollhq/stroll/money"
)

// TestLedger lives random lives of payments: answers, faults, news, payoffs,
// write-offs and operators in any order. After every step the books verify,
// the money of a trip is all accounted for, and what must not change back does
// not.
func TestLedger(t *testing.T) {
	t.Parallel()
	set := setup{change: func(store string, s *pay.Settings) {
		s.Capture.WeakEvidence = "hold"
		if store == told {
			s.Decline.Policy, s.Preauth.Amount = "capture_held", "25.00"
		}
	}}
	// A world is dear; more lives by the flag -rapid.checks.
	lives := 15
	if f := flag.Lookup("rapid.checks"); f.Value.String() != f.DefValue {
		lives = math.MaxInt
	}
	rapid.Check(t, func(r *rapid.T) {
		l := draw(r)
		if lives--; lives < 0 {
			return
		}
		var wrong string
		in(t, testkit.SQLiteDSN(t), set, func(w *world) { wrong = l.live(w) })
		if wrong != "" {
			r.Fatal(wrong)
		}
	})
}

// life is what happens to one payment.
type life struct {
	Store, Card     string
	Total           money.Amount
	Adjust, Capture string // forced answers
	Steps           []happening
}

type happening struct {
	Act  string
	Part money.Amount
	ID   string
}

func amounts(top int) *rapid.Generator[money.Amount] {
	return rapid.Custom(func(r *rapid.T) money.Amount {
		return money.New(rapid.Int64Range(1, int64(top)*100).Draw(r, "cents"), "USD")
	})
}

func draw(r *rapid.T) life {
	pick := func(label string, of ...string) string { return rapid.SampledFrom(of).Draw(r, label) }
	l := life{
		Store:   pick("store", card, told),
		Card:    pick("card", "approve", "decline_adjust", "partial_50", "pending_3_then_approve", "pending_forever"),
		Total:   amounts(60).Draw(r, "total"),
		Adjust:  pick("adjust", "", "", "lost", "503", "approved_more", "other_currency"),
		Capture: pick("capture", "", "", "lost", "500", "500-after", "hang", "429", jwo.BadRequestException, jwo.ShoppingTripExpired),
	}
	for range rapid.IntRange(1, 9).Draw(r, "steps") {
		l.Steps = append(l.Steps, happening{
			Act:  pick("act", "second", "hour", "days", "approved", "declined", "payoff", "reserve", "write off", "cancel", "hold", "retry", "captured", "not captured"),
			Part: amounts(40).Draw(r, "part"), ID: pick("id", "r-1", "r-2"),
		})
	}
	return l
}

// live lives it and returns what is wrong.
func (l life) live(w *world) string {
	ctx := w.t.Context()
	trip := w.enter(l.Store, l.Card)
	if l.Adjust != "" {
		w.forTrip(trip, jwo.APIAdjustCharge, l.Adjust)
	}
	if l.Capture != "" {
		w.forTrip(trip, jwo.APICaptureCharge, l.Capture)
	}
	w.open(opening(l.Store, trip, l.Total))
	for i, s := range l.Steps {
		before := w.get(trip)
		payoff := pay.Payoff{Key: fmt.Sprint("k", i), TripID: trip, Amount: s.Part, By: "portal"}
		switch s.Act {
		case "second":
			w.pass(time.Second)
		case "hour":
			w.pass(time.Hour)
		case "days":
			w.pass(50 * time.Hour)
		case "approved":
			w.pay.Event(ctx, approved(trip, s.ID, time.Now(), money.Amount{}))
		case "declined":
			w.pay.Event(ctx, declined(trip, s.ID, time.Now()))
		case "payoff":
			w.pay.PayOff(ctx, payoff)
		case "reserve":
			if _, err := w.pay.RequestPayoff(ctx, payoff); err == nil {
				w.pay.Event(ctx, approved(trip, s.ID, time.Now(), money.Amount{}))
				w.pay.ConfirmPayoff(ctx, payoff.Key, "ref")
			}
		case "write off":
			w.pay.WriteOff(ctx, trip, "ann", "old")
		case "cancel":
			w.pay.CancelTrip(ctx, trip, "ann", "no")
		case "hold":
			w.pay.HoldTrip(ctx, trip, "ann", "look")
		case "retry":
			w.pay.RetryParked(ctx, trip, "ann", "go")
		case "captured", "not captured":
			w.pay.DecideUnknown(ctx, trip, s.Act == "captured", "ann", "seen")
		}
		w.pass(100 * time.Millisecond)
		if wrong := w.accounted(trip, before); wrong != "" {
			return fmt.Sprintf("after %q: %s\n%s", s.Act, wrong, w.history(trip))
		}
	}
	return ""
}

// forTrip forces the next answer of an API about one trip.
func (w *world) forTrip(trip, api, outcome string) {
	w.t.Helper()
	if err := w.sim.Force(forced(trip, api, outcome)); err != nil {
		w.t.Fatal(err)
	}
}

// accounted says what is wrong if not every cent of a trip is somewhere.
func (w *world) accounted(trip string, before pay.Payment) string {
	v, err := w.pay.Verify(w.t.Context())
	if err != nil || !v.OK() {
		return fmt.Sprintf("%v %s", err, strings.Join(v.Differences, "\n"))
	}
	p, d := w.get(trip), w.debt(trip)
	entries, err := w.pay.Journal(w.t.Context(), trip)
	if err != nil {
		return err.Error()
	}
	balance := map[string]int64{}
	for _, e := range entries {
		balance[e.Debit] += e.Amount.Minor
		balance[e.Credit] -= e.Amount.Minor
	}
	var all int64
	for _, b := range balance {
		all += b
	}
	switch {
	case all != 0:
		return fmt.Sprintf("the accounts sum to %d: %v", all, balance)
	case p.Final() && p.State != pay.CancelInitiated && p.State != pay.NeverCharged &&
		p.Captured.Minor-d.Overpaid+d.Paid+d.Remaining()+d.WrittenOff != p.Total.Minor:
		return fmt.Sprintf("captured %s of %s, debt %+v", p.Captured, p.Total, d)
	case !before.SettledAt.IsZero() && !p.SettledAt.Equal(before.SettledAt) || w.settled[trip] > 1:
		return fmt.Sprintf("settled %d times", w.settled[trip])
	case w.alerted(trip, pay.AlertInvariant):
		return "an invariant broke"
	}
	if n := w.book(trip).Captures; n > 1 {
		return fmt.Sprintf("captured %d times", n)
	}
	return ""
}
