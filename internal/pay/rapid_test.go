package pay_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/internal/outbox"
	"github.com/strollhq/stroll/internal/pay"
	"github.com/strollhq/stroll/internal/testkit"
	"github.com/strollhq/stroll/jwo"
	"github.com/strollhq/stroll/jwosim"
	"github.com/strollhq/stroll/money"
)

// TestModel draws lives of payments, leads the program and the model through
// them, and compares them after every step: through the public API, on a real
// database, with the real simulator as Amazon. A life that tells them apart is
// made as short as it can be and printed.
//
//	go test ./internal/pay -run TestModel -rapid.checks 1000
func TestModel(t *testing.T) {
	t.Parallel()
	set := setup{settings: pay.Settings{Retry: pay.RetrySetting{First: time.Millisecond, Ceiling: time.Millisecond}}}
	var steps atomic.Int64
	gone := edges{seen: map[pay.Edge]int{}}
	lives := func(t *testing.T, most int, dsn func() string) {
		t.Parallel()
		engine := ""
		rapid.Check(t, func(rt *rapid.T) {
			if most--; most < 0 {
				return
			}
			var broken any
			in(t, dsn(), set, func(w *world) {
				// rapid speaks in panics, which must not leave the bubble.
				defer func() { broken = recover() }()
				w.empty(rt)
				engine = w.db.Engine()
				l := &rehearsal{world: w, rt: rt, steps: &steps, edges: &gone}
				for range 6 {
					l.begin()
				}
				rt.Repeat(map[string]func(*rapid.T){
					"":        l.compare,
					"answers": l.answers, "pass": l.passes, "open": l.opens, "again": l.again, "reprice": l.reprices,
					"news": l.hears, "hold": l.holds, "release": l.releases, "cancel": l.cancels,
					"retry": l.retries, "decide": l.decides, "restart": l.restarts,
				})
				l.end()
			})
			switch fmt.Sprintf("%T", broken) {
			case "<nil>":
			case "rapid.invalidData": // not a failure: rapid tells failures apart by their line
				panic(broken)
			default:
				panic(broken)
			}
		})
		testkit.Tell(t, testkit.Tried{Fault: "a step in a payment's life, drawn at random", Where: "against a reference model", Times: int(steps.Swap(0)), On: engine})
	}
	for n := range 3 {
		t.Run(fmt.Sprintf("%s_%d", db.SQLite, n), func(t *testing.T) {
			dir := t.TempDir()
			lives(t, math.MaxInt, func() string {
				// One file for each life, and not all of them at once.
				path := testkit.SQLiteDSN(t)
				to := filepath.Join(dir, "life.db")
				for _, end := range []string{"", "-wal", "-shm"} {
					os.Remove(to + end)
				}
				if err := os.Rename(path, to); err != nil {
					t.Fatal(err)
				}
				return to
			})
		})
	}
	t.Run(db.Postgres, func(t *testing.T) {
		dsn := testkit.PostgresDSN(t) // emptied for each life: a new one is dear
		lives(t, 5, func() string { return dsn })
	})
	t.Cleanup(func() {
		t.Logf("%d of %d edges were gone along", len(gone.seen), len(pay.Table()))
		if !t.Failed() && len(gone.seen) < 50 {
			t.Error("the lives are too dull")
		}
	})
}

// rehearsal is a few trips of one store, each with its model.
type rehearsal struct {
	*world
	rt    *rapid.T
	steps *atomic.Int64
	edges *edges
	trips []*trip
}

// edges are the transitions that some life went along.
type edges struct {
	mu   sync.Mutex
	seen map[pay.Edge]int
}

type trip struct {
	model
	id      string
	started time.Time
	linked  bool
	lied    bool // we were told what Amazon's books deny
}

// empty forgets what an earlier life left in a shared database.
func (w *world) empty(rt *rapid.T) {
	if w.db.Engine() != db.Postgres {
		return
	}
	w.stop()
	if err := w.tx(func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.ExecContext(ctx, `TRUNCATE payment, pay_history, pay_operation, pay_report, pay_evidence, pay_alert, pay_pause, ledger_entry, debt, job`)
		return err
	}); err != nil {
		rt.Fatal(err)
	}
	w.start()
}

func (l *rehearsal) begin() {
	id := l.enter(card, "approve")
	t := &trip{id: id, started: time.Now()}
	t.expires = t.started.Add(46 * time.Hour)
	l.trips = append(l.trips, t)
	if rapid.Bool().Draw(l.rt, "linked") {
		l.link(id, usd("25"))
		t.state, t.linked = "PREAUTHORIZED", true
	}
}

func (l *rehearsal) one(rt *rapid.T) *trip {
	return l.trips[rapid.IntRange(0, len(l.trips)-1).Draw(rt, "trip")]
}

// does demands that an act succeeds exactly if the model allows it, and that a
// refused one is a conflict. What it changes happens before it returns.
func (l *rehearsal) does(rt *rapid.T, what string, t *trip, err error, allowed bool, change func()) {
	switch {
	case allowed && err != nil:
		rt.Fatalf("%s of %s in %s (out of %s): %v", what, t.id, t.state, t.from, err)
	case !allowed && !errors.Is(err, fault.Conflict) && !errors.Is(err, fault.NotFound):
		rt.Fatalf("%s of %s in %s (out of %s): %v, want a conflict", what, t.id, t.state, t.from, err)
	case allowed:
		change()
	}
}

var (
	adjustAnswers  = []string{"partial:50", "declined", "pending", "500", "500-after", "lost", "reset", "malformed", jwo.BadRequestException, jwo.UnknownShoppingTrip, jwo.ShoppingTripExpired}
	captureAnswers = []string{"500", "500-after", "lost", "reset", jwo.BadRequestException, jwo.ShoppingTripExpired}
	cancelAnswers  = []string{"500", "500-after", "lost", "reset", jwo.BadRequestException, jwo.UnknownShoppingTrip, jwo.ShoppingTripExpired}
)

// answers decides what Amazon says next about a trip.
func (l *rehearsal) answers(rt *rapid.T) { l.foretell(rt, l.one(rt)) }

func (l *rehearsal) foretell(rt *rapid.T, t *trip) {
	for _, q := range []struct {
		answers    *[]string
		api, label string
		words      []string
	}{
		{&t.adjusts, jwo.APIAdjustCharge, "adjusts", adjustAnswers},
		{&t.captures, jwo.APICaptureCharge, "captures", captureAnswers},
		{&t.frees, jwo.APICancelCharge, "cancels", cancelAnswers},
	} {
		for _, word := range rapid.SliceOfN(rapid.SampledFrom(q.words), 0, 3).Draw(rt, q.label) {
			f := jwosim.Force{API: q.api, Trip: t.id, Outcome: word, Times: 1}
			if word == "pending" && rapid.Bool().Draw(rt, "for ever") {
				f.Times = 60
			}
			if err := l.sim.Force(f); err != nil {
				rt.Fatal(err)
			}
			*q.answers = append(*q.answers, slices.Repeat([]string{word}, f.Times)...)
		}
	}
}

func (l *rehearsal) passes(rt *rapid.T) {
	l.pass(rapid.SampledFrom([]time.Duration{time.Second, 95 * time.Second, 7 * time.Minute, 25 * time.Minute, 3 * time.Hour, 18 * time.Hour, 45*time.Hour + 50*time.Minute}).Draw(rt, "time"))
}

func (l *rehearsal) amount(rt *rapid.T) money.Amount {
	// Nothing, below, at and above what is held.
	return usd(rapid.SampledFrom([]string{"0", "5", "25", "40.50"}).Draw(rt, "total"))
}

func (l *rehearsal) act(rt *rapid.T) pay.Act {
	return rapid.SampledFrom([]pay.Act{pay.Charge, pay.Charge, pay.Charge, pay.Release, pay.Hold}).Draw(rt, "act")
}

func (t *trip) opening(total money.Amount, act pay.Act) pay.Opening {
	o := opening(card, t.id, total)
	o.Started, o.Act = t.started, act
	if act == pay.Hold {
		o.Total = money.Amount{}
	}
	return o
}

func (l *rehearsal) opens(rt *rapid.T) {
	t, total, act := l.one(rt), l.amount(rt), l.act(rt)
	if t.act != "" {
		rt.Skip("has its cart")
	}
	l.foretell(rt, t)
	err := l.tx(func(ctx context.Context, tx *db.Tx) error { return l.pay.Open(ctx, tx, t.opening(total, act)) })
	l.does(rt, "open", t, err, true, func() { t.cart(string(act), minor(total, act), time.Now()) })
}

func minor(total money.Amount, act pay.Act) int64 {
	if act == pay.Hold {
		return 0
	}
	return total.Minor
}

// again delivers a cart again, unchanged or not: nothing happens.
func (l *rehearsal) again(rt *rapid.T) {
	t := l.one(rt)
	if t.act == "" {
		rt.Skip("has no cart")
	}
	err := l.tx(func(ctx context.Context, tx *db.Tx) error {
		return l.pay.Open(ctx, tx, t.opening(usd("77"), pay.Charge))
	})
	l.does(rt, "open again with another content", t, err, false, nil)
	p, err := l.pay.Get(l.t.Context(), l.db.Reader(), t.id)
	if err != nil {
		rt.Fatal(err)
	}
	if p.Priced() {
		err = l.tx(func(ctx context.Context, tx *db.Tx) error {
			return l.pay.Open(ctx, tx, t.opening(p.Total, pay.Charge))
		})
		l.does(rt, "open again", t, err, true, func() {})
	}
}

func (l *rehearsal) reprices(rt *rapid.T) {
	t, total, act, now := l.one(rt), l.amount(rt), l.act(rt), time.Now()
	o := t.opening(total, act)
	err := l.tx(func(ctx context.Context, tx *db.Tx) error {
		return l.pay.Reprice(ctx, tx, t.id, o.Total, act, "resolved")
	})
	l.does(rt, "reprice", t, err, t.state == "PARKED" && t.act == "hold", func() { t.cart(string(act), minor(total, act), now) })
}

func (l *rehearsal) hears(rt *rapid.T) {
	t := l.one(rt)
	n := pay.News{TripID: t.id, Kind: pay.NewsCaptureApproved, Source: "event",
		At: time.Now().Add(-rapid.SampledFrom([]time.Duration{0, time.Minute, 30 * time.Hour}).Draw(rt, "late")).Truncate(time.Millisecond)}
	approved := rapid.Bool().Draw(rt, "approved")
	if !approved {
		n.Kind = pay.NewsCaptureDeclined
	}
	t.lied = t.lied || t.took == 0 || !approved
	t.news(approved, n.At) // of a trip not heard of yet it is kept
	for range rapid.IntRange(1, 2).Draw(rt, "copies") {
		if err := l.pay.Event(l.t.Context(), n); err != nil {
			rt.Fatal(err)
		}
	}
}

func (l *rehearsal) holds(rt *rapid.T) {
	t := l.one(rt)
	err := l.pay.HoldTrip(l.t.Context(), t.id, "ada", "to be looked at")
	due := t.due
	l.does(rt, "hold", t, err, t.waits(), func() { t.to("PARKED", due) })
}

// waits tells that the charge waits for an answer that may still come: nothing
// is captured and nothing is in doubt. CART_PRICED is such a one sent on again.
func (t *trip) waits() bool { return t.state == "ADJUST_PENDING" || t.state == "CART_PRICED" }

// resumed is where a parked payment goes on.
func (t *trip) resumed() (state string, ok bool) {
	switch {
	case t.state != "PARKED" || t.act == "hold":
		return "", false
	case t.from == "PREAUTHORIZED":
		return "PREAUTHORIZED", t.act == "release"
	case t.from == "ADJUST_APPROVED" || t.from == "CAPTURE_UNKNOWN":
		return t.from, true
	}
	return "CART_PRICED", true
}

func (l *rehearsal) releases(rt *rapid.T) {
	t, now := l.one(rt), time.Now()
	err := l.pay.ReleaseTrip(l.t.Context(), t.id, "ada", "fine")
	state, ok := t.resumed()
	l.does(rt, "release", t, err, ok && t.act == "charge", func() { t.resume(state, now) })
}

func (l *rehearsal) retries(rt *rapid.T) {
	t, now := l.one(rt), time.Now()
	err := l.pay.RetryParked(l.t.Context(), t.id, "ada", "again")
	state, ok := t.resumed()
	l.does(rt, "retry", t, err, ok, func() { t.resume(state, now) })
}

// resume sends on what was parked; a time agreed before stays.
func (t *trip) resume(state string, now time.Time) {
	due := now
	if t.due.After(now) {
		due = t.due
	}
	t.to(state, due)
}

func (l *rehearsal) cancels(rt *rapid.T) {
	t, now := l.one(rt), time.Now()
	err := l.pay.CancelTrip(l.t.Context(), t.id, "ada", "let go")
	l.does(rt, "cancel", t, err, (t.waits() || t.state == "PARKED" && !t.sent) && t.act != "release" && t.debt == 0, func() {
		t.act, t.auth = "release", 0
		t.to("PREAUTHORIZED", now)
	})
}

// decides lets an operator who looked at Amazon's books end a doubt.
func (l *rehearsal) decides(rt *rapid.T) {
	t, now := l.one(rt), time.Now()
	captured := t.took > 0
	err := l.pay.DecideUnknown(l.t.Context(), t.id, captured, "ada", "looked it up")
	l.does(rt, "decide", t, err, t.state == "CAPTURE_UNKNOWN" || t.from == "CAPTURE_UNKNOWN", func() {
		t.doubt, t.barred = time.Time{}, false
		switch {
		case captured:
			t.captured("CAPTURED", t.auth)
		case now.Before(t.expires):
			t.to("ADJUST_APPROVED", now)
		default:
			t.to("EXPIRED", time.Time{})
			t.debt = t.total
		}
	})
}

func (l *rehearsal) restarts(*rapid.T) { l.restart() }

// compare lets everything happen that is due and compares.
func (l *rehearsal) compare(rt *rapid.T) {
	l.steps.Add(1)
	l.pass(time.Second)
	for l.close() {
		l.pass(5 * time.Second)
	}
	now := time.Now()
	jobs := l.jobs(rt)
	for _, t := range l.trips {
		t.until(now)
		if t.state == "" {
			continue
		}
		p, err := l.pay.Get(l.t.Context(), l.db.Reader(), t.id)
		if err != nil {
			rt.Fatal(err)
		}
		d := l.debt(t.id)
		got := fmt.Sprintf("%s from %q: captured %d, owed %d", p.State, p.ParkedFrom, p.Captured.Minor, d.Remaining())
		want := fmt.Sprintf("%s from %q: captured %d, owed %d", t.state, t.from, t.got, t.debt)
		if got != want {
			rt.Fatalf("trip %s: %s; the model says %s\nhistory:\n%s\ncalls:\n%s", t.id, got, want, l.history(t.id), l.calls(t.id))
		}
		if b := l.book(t.id); b.Captured != t.took || b.Captures > 1 || (p.Final() && !t.lied && b.Captured != p.Captured.Minor) {
			rt.Fatalf("trip %s: Amazon captured %d in %d, the model says %d, we %s", t.id, b.Captured, b.Captures, t.took, p.Captured)
		}
		if !p.Final() && !jobs[t.id] {
			rt.Fatalf("trip %s waits in %s without a clock", t.id, p.State)
		}
		for _, api := range []string{jwo.APIAdjustCharge, jwo.APICaptureCharge} {
			for _, e := range l.exchanges(t.id, api) {
				if !e.At.Before(t.expires) {
					rt.Fatalf("trip %s: %s at %s, after its pre-authorization ended at %s", t.id, api, e.At, t.expires)
				}
			}
		}
	}
}

// close tells that something is due about now, so that a comparison would hang
// on milliseconds.
func (l *rehearsal) close() bool {
	now := time.Now()
	return slices.ContainsFunc(l.trips, func(t *trip) bool {
		m := t.model
		for _, at := range []time.Time{m.due, m.end()} {
			if d := at.Sub(now); !at.IsZero() && -2*time.Second < d && d < 2*time.Second {
				return true
			}
		}
		return false
	})
}

// jobs are the trips whose payment has a job with a time to come.
func (l *rehearsal) jobs(rt *rapid.T) map[string]bool {
	all, err := l.outbox.List(l.t.Context(), outbox.Filter{Kind: pay.StepJob})
	if err != nil {
		rt.Fatal(err)
	}
	have := map[string]bool{}
	for _, j := range all {
		have[j.Key] = j.State != outbox.Parked && j.RunAt.Before(time.Now().Add(47*time.Hour))
	}
	return have
}

// end lets every clock run out: what is not final then is for a person.
func (l *rehearsal) end() {
	l.pass(100 * time.Hour)
	l.compare(l.rt)
	for _, t := range l.trips {
		if t.state != "" && !t.final() && t.state != "PARKED" {
			l.rt.Fatalf("trip %s rests in %s", t.id, t.state)
		}
	}
	l.edges.mu.Lock()
	defer l.edges.mu.Unlock()
	for _, t := range l.trips {
		if t.state == "" {
			continue
		}
		steps, err := l.pay.History(l.t.Context(), t.id)
		if err != nil {
			l.rt.Fatal(err)
		}
		for _, s := range steps {
			l.edges.seen[pay.Edge{From: s.Was, On: s.Event, To: s.Became}]++
		}
	}
	for _, f := range l.sim.Books().Findings {
		l.rt.Fatalf("Amazon saw %v", f)
	}
}
