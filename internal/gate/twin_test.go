package gate_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/internal/gate"
	"github.com/strollhq/stroll/internal/pay"
	"github.com/strollhq/stroll/internal/shopper"
	"github.com/strollhq/stroll/internal/testkit"
	"github.com/strollhq/stroll/jwo"
)

// twins are two houses to which the same happens: one guesses, the other
// always reads first. Whatever happens, they answer and keep the same.
type twins struct {
	t     *testing.T
	rnd   *rand.Rand
	h     [2]*house
	p     [2]*pay.Pay
	codes [][2]gate.Code
	asked []func(h int) (path string, body object) // events there have been
	trips []string
}

func TestGuessIsAsGoodAsReading(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			guessing := []*db.DB{testkit.SQLite(t)}
			if seed == 0 {
				guessing = append(guessing, testkit.Open(t, testkit.PostgresDSN(t)))
			}
			for _, d := range guessing {
				w := &twins{t: t, rnd: rand.New(rand.NewPCG(seed, 1))}
				w.h[0], w.p[0] = kept(t, d, keys, false)
				w.h[1], w.p[1] = kept(t, testkit.SQLite(t), keys, true)
				for step := range 250 {
					w.step()
					if t.Failed() {
						t.Fatalf("seed %d, step %d", seed, step)
					}
				}
				w.same()
			}
		})
	}
}

func (w *twins) both(f func(i int, h *house)) {
	for i, h := range w.h {
		f(i, h)
	}
}

func (w *twins) who() string { return fmt.Sprint("visitor-", w.rnd.IntN(4)) }

func (w *twins) step() {
	act := shopper.Act{ShopperID: w.who(), Operator: "olga", Reason: "test"}
	yes, n := w.rnd.IntN(2) == 0, w.rnd.IntN(100)
	switch {
	case n < 6:
		a := shopper.Shopper{ID: act.ShopperID, PaymentMethod: w.rnd.IntN(4) > 0, Kind: []string{"SHOPPER", "ASSOCIATE"}[w.rnd.IntN(2)]}
		if w.rnd.IntN(4) == 0 {
			a.CardExpires = time.Now().Add(time.Duration(w.rnd.IntN(3)-1) * time.Hour).Truncate(time.Second)
		}
		w.both(func(_ int, h *house) {
			if err := h.shoppers.Put(w.t.Context(), a); err != nil {
				w.t.Error(err)
			}
		})
	case n < 9:
		w.both(func(_ int, h *house) {
			status := map[bool]string{true: shopper.Blocked, false: shopper.Active}[yes]
			if err := h.shoppers.SetStatus(w.t.Context(), act, status); err != nil && !errors.Is(err, fault.NotFound) {
				w.t.Error(err)
			}
		})
	case n < 12:
		state := []string{pay.DebtOpen, pay.DebtResolved, pay.DebtWrittenOff, pay.DebtPartlyPaid}[w.rnd.IntN(4)]
		paid, off := map[string]int64{pay.DebtResolved: 500, pay.DebtPartlyPaid: 100}[state], map[string]int64{pay.DebtWrittenOff: 500}[state]
		trip, card := fmt.Sprint("debt-", w.rnd.IntN(3)), fmt.Sprint("card-", w.rnd.IntN(4))
		w.both(func(_ int, h *house) { owe(w.t, h.db, trip, act.ShopperID, card, state, off, paid) })
	case n < 30:
		var pair [2]gate.Code
		var errs [2]error
		w.both(func(i int, h *house) { pair[i], errs[i] = h.gate.IssueCode(w.t.Context(), store, act.ShopperID) })
		if (errs[0] == nil) != (errs[1] == nil) {
			w.t.Errorf("a code: %v, %v", errs[0], errs[1])
		}
		if errs[0] == nil && errs[1] == nil {
			w.codes = append(w.codes, pair)
		}
	case n < 33 && len(w.codes) > 0:
		c := w.codes[w.rnd.IntN(len(w.codes))]
		w.both(func(i int, h *house) { _ = h.gate.Revoke(w.t.Context(), c[i].Token) }) // twice is an error
	case n < 37:
		w.settings(w.rnd.IntN(6))
	case n < 47 && len(w.asked) > 0:
		w.ask(w.asked[w.rnd.IntN(len(w.asked))])
	case n < 75:
		w.scan()
	default:
		w.tap()
	}
}

func (w *twins) settings(n int) {
	w.both(func(_ int, h *house) {
		h.change(func(s *gate.Settings) {
			s.Rules, s.Codes.MaxAdmissions, s.Block, s.FA.VisitorData, s.Strategy = nil, 0, gate.Subjects{}, "", ""
			switch n {
			case 0:
				byVisits(s)
			case 1:
				s.Codes.MaxAdmissions = 2
			case 2:
				s.Block = gate.Subjects{Shoppers: []string{"visitor-1"}, Instruments: []string{"card-1"}}
			case 3:
				s.FA.VisitorData = "visitor"
				byVisits(s)
			case 4:
				s.Strategy = gate.AmazonRecommendation
			}
		})
	})
}

func (w *twins) scan() {
	event, where, late := uuid.NewString(), []string{"ENTRY", "MANUAL_IN_STORE"}[w.rnd.IntN(2)], time.Duration(w.rnd.IntN(70))*time.Second
	key := []string{"cash#12", "staff:0007/nadia", "nobody"}[w.rnd.IntN(3)]
	var code *[2]gate.Code
	if len(w.codes) > 0 && w.rnd.IntN(5) > 0 {
		code = &w.codes[w.rnd.IntN(len(w.codes))]
	}
	now := time.Now()
	w.ask(func(i int) (string, object) {
		text, at := key, now
		if code != nil {
			text, at = code[i].Text, code[i].IssuedAt.Add(late)
		}
		return jwo.PathVerifyIdentityKeys, with(with(scan(text, at), "authEvent.id", event), "authEvent.location", where)
	})
}

func (w *twins) tap() {
	trip := fmt.Sprint("trip-", len(w.trips))
	if len(w.trips) > 0 && w.rnd.IntN(6) == 0 {
		trip = w.trips[w.rnd.IntN(len(w.trips))]
	}
	w.trips = append(w.trips, trip)
	body := with(tap(fmt.Sprint("card-", w.rnd.IntN(4)), trip), atEvent+"data", object{"visitor": w.who()})
	switch w.rnd.IntN(4) {
	case 0:
		body = with(body, atAdvice, object{"shopperAuthorized": false, "authorizationConditions": []any{}, "shopperRisks": []string{"BadDebt"}})
	case 1:
		body = with(body, atEvent+"id", nil)
	}
	w.ask(func(int) (string, object) { return jwo.PathGetShopperAuthorization, body })
}

func (w *twins) ask(what func(i int) (string, object)) {
	w.asked = append(w.asked, what)
	var a [2]answer
	w.both(func(i int, h *house) {
		path, body := what(i)
		a[i] = h.post(path, body)
	})
	if a[0].Status != a[1].Status || a[0].Raw != a[1].Raw && a[0].Status == 200 || a[0].Header.Get("Idempotency-Hit") != a[1].Header.Get("Idempotency-Hit") {
		w.t.Errorf("a guess answers %d %s %v, reading first %d %s %v", a[0].Status, a[0].Raw, a[0].Header, a[1].Status, a[1].Raw, a[1].Header)
	}
}

// same compares all that was kept.
func (w *twins) same() {
	var decisions [2][]gate.Decision
	var payments [2][]pay.Payment
	w.both(func(i int, h *house) {
		for _, d := range h.decisions() {
			decisions[i] = append(decisions[i], gate.Decision{API: d.API, Event: d.Event, Recorded: d.Recorded, Location: d.Location, Entry: d.Entry, TripID: d.TripID,
				Visitor: d.Visitor, VisitorType: d.VisitorType, Instrument: d.Instrument, Outcome: d.Outcome, Status: d.Status, Reason: d.Reason, Rule: d.Rule,
				Strategy: d.Strategy, Policy: d.Policy})
		}
		for _, trip := range w.trips {
			got, err := w.p[i].Get(w.t.Context(), h.db.Reader(), trip)
			if err != nil && !errors.Is(err, fault.NotFound) {
				w.t.Error(err)
			}
			payments[i] = append(payments[i], pay.Payment{TripID: got.TripID, State: got.State, Visitor: got.Visitor, Instrument: got.Instrument, Hold: got.Hold})
		}
	})
	if diff := cmp.Diff(decisions[1], decisions[0], cmp.AllowUnexported(gate.Decision{})); diff != "" {
		w.t.Errorf("decisions differ (- reading first, + guessing): %s", diff)
	}
	if diff := cmp.Diff(payments[1], payments[0], cmp.AllowUnexported(pay.Payment{})); diff != "" {
		w.t.Errorf("payments differ (- reading first, + guessing): %s", diff)
	}
	if a, b := w.h[0].admissions(), w.h[1].admissions(); a != b || a == 0 {
		w.t.Errorf("%d and %d admissions", a, b)
	}
}
