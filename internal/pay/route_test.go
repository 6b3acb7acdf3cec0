package pay_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/pay"
	"github.com/strollhq/stroll/internal/pay/simproc"
	"github.com/strollhq/stroll/jwo"
	"github.com/strollhq/stroll/money"
)

func byProcessor(_ string, s *pay.Settings) {
	s.Settlement.Route = pay.OwnProcessor
	if s.Own.Preauth == "" {
		s.Own.Preauth = "none"
	}
}

// app opens an app trip of a shopper on the own processor.
func (w *world) app(trip, shopper, total string) string {
	w.t.Helper()
	o := opening(card, trip, usd(total))
	o.Entry, o.Visitor, o.Instrument = pay.ByCode, shopper, ""
	o.Events = []string{"event-" + trip}
	w.open(o)
	return trip
}

func TestRoute(t *testing.T) {
	t.Parallel()
	t.Run("financial_is_always_the_payment_service", func(t *testing.T) {
		lite(t, setup{processor: simproc.New(simproc.Config{}), change: byProcessor}, func(w *world) {
			trip := w.buy("approve", "10")
			w.pass(time.Second)
			if p := w.is(trip, pay.CaptureInitiated); p.Route != pay.PaymentService {
				w.t.Errorf("route %s", p.Route)
			}
		})
	})
	t.Run("scan_code_by_the_payment_service_is_the_default", func(t *testing.T) {
		lite(t, setup{}, func(w *world) {
			trip := w.enter(card, "approve")
			w.app(trip, "ann", "10")
			w.pass(time.Second)
			if p := w.is(trip, pay.CaptureInitiated); p.Route != pay.PaymentService {
				w.t.Errorf("route %s", p.Route)
			}
		})
	})
	t.Run("unknown_app_trip_hints_at_the_route", func(t *testing.T) {
		lite(t, setup{}, func(w *world) {
			w.app("unheard-of", "ann", "10")
			w.pass(time.Second)
			if p := w.is("unheard-of", pay.Parked); !w.alerted(p.TripID, pay.AlertWrongRoute) || !strings.Contains(p.Note, "app entry") {
				w.t.Errorf("note %q", p.Note)
			}
		})
	})
	t.Run("scan_code_by_the_own_processor", func(t *testing.T) {
		processor := simproc.New(simproc.Config{Shoppers: map[string]simproc.Behaviour{
			"poor": {Decline: true}, "half": {PartialPercent: 50}, "slow": {Pending: 2}, "none": {Unknown: true}}})
		lite(t, setup{processor: processor, change: byProcessor}, func(w *world) {
			for shopper, want := range map[string]pay.State{"ann": pay.CaptureInitiated, "poor": pay.CancelInitiated, "half": pay.CaptureInitiated,
				"slow": pay.CaptureInitiated, "none": pay.Parked} {
				trip := w.app("own-"+shopper, shopper, "10")
				w.pass(10 * time.Minute)
				p := w.is(trip, want)
				owed := w.debt(trip).Amount
				if want != pay.Parked && p.Captured.Minor+owed != 1000 {
					w.t.Errorf("%s: captured %s, owed %d", shopper, p.Captured, owed)
				}
				if w.count(trip, "") != 0 {
					w.t.Errorf("%s: Amazon was called", shopper)
				}
			}
			w.equal(processor)
		})
	})
	t.Run("route_changed_mid_trip_keeps_the_old_one", func(t *testing.T) {
		var own atomic.Bool
		lite(t, setup{processor: simproc.New(simproc.Config{}), change: func(_ string, s *pay.Settings) {
			if own.Load() {
				byProcessor("", s)
			}
		}}, func(w *world) {
			w.forceN(jwo.APIAdjustCharge, "429", 1, time.Minute)
			trip := w.enter(card, "approve")
			w.app(trip, "ann", "10")
			w.pass(time.Second)
			own.Store(true)
			w.pass(2 * time.Minute)
			if p := w.is(trip, pay.CaptureInitiated); p.Route != pay.PaymentService || w.book(trip).Captured != 1000 {
				w.t.Errorf("route %s", p.Route)
			}
			if p := w.app("later", "ann", "1"); w.get(p).Route != pay.OwnProcessor {
				w.t.Error("the new setting does not hold for new trips")
			}
			w.pass(time.Minute)
		})
	})
	t.Run("nothing_to_release_without_an_authorization", func(t *testing.T) {
		lite(t, setup{processor: simproc.New(simproc.Config{}), change: byProcessor}, func(w *world) {
			o := opening(card, "empty", money.Amount{})
			o.Entry, o.Act, o.Reason = pay.ByCode, pay.Release, pay.EmptyCart
			w.open(o)
			w.pass(time.Second)
			w.is("empty", pay.NeverCharged)
		})
	})
}

// equal demands that the processor's books equal ours.
func (w *world) equal(p *simproc.Processor) {
	w.t.Helper()
	for _, a := range p.Books() {
		mine := w.get(a.TripID)
		if a.Captured != mine.Captured.Minor || a.Captures > 1 {
			w.t.Errorf("trip %s: captured %s, the processor says %+v", a.TripID, mine.Captured, a)
		}
	}
}

// TestOwnProcessorFaults loses, refuses and delays calls of the own processor:
// its status inquiry settles every doubt.
func TestOwnProcessorFaults(t *testing.T) {
	t.Parallel()
	for _, op := range []pay.Op{pay.OpAdjust, pay.OpCapture, pay.OpCancel} {
		for _, fault := range []simproc.Fault{simproc.NotSent, simproc.Lost, simproc.LostAfter, simproc.Throttled, simproc.Denied} {
			for _, mute := range []bool{false, true} {
				if mute && fault != simproc.Lost && fault != simproc.LostAfter {
					continue
				}
				t.Run(string(op)+"/"+string(fault), func(t *testing.T) {
					var left atomic.Int32
					left.Store(2)
					processor := simproc.New(simproc.Config{NoStatus: mute, Shoppers: map[string]simproc.Behaviour{"poor": {Decline: true}},
						Fault: func(c pay.ProcessorCall) simproc.Fault {
							if c.Op == op && left.Add(-1) >= 0 {
								return fault
							}
							return simproc.None
						}})
					lite(t, setup{processor: processor, change: byProcessor}, func(w *world) {
						shopper, want := "ann", pay.CaptureInitiated
						if op == pay.OpCancel {
							shopper, want = "poor", pay.CancelInitiated
						}
						trip := w.app("own", shopper, "10")
						w.pass(3 * time.Hour)
						w.is(trip, want)
						w.equal(processor)
					})
				})
			}
		}
	}
}

func TestOwnPreauth(t *testing.T) {
	t.Parallel()
	mode := func(m string) func(string, *pay.Settings) {
		return func(store string, s *pay.Settings) {
			byProcessor(store, s)
			s.Own.Preauth, s.Preauth.Amount = m, "25.00"
		}
	}
	enter := func(w *world, trip, shopper string) {
		e := pay.Entrance{EventID: "event-" + trip, StoreID: card, Visitor: shopper, At: time.Now()}
		if err := w.tx(func(ctx context.Context, tx *db.Tx) error { return w.pay.Enter(ctx, tx, e) }); err != nil {
			w.t.Fatal(err)
		}
		w.pass(time.Second)
	}
	t.Run("after_answer_is_taken_by_the_trip", func(t *testing.T) {
		processor := simproc.New(simproc.Config{})
		lite(t, setup{processor: processor, change: mode("after_answer")}, func(w *world) {
			enter(w, "t", "ann")
			if b := processor.Books(); len(b) != 1 || b[0].Authorized != 2500 {
				w.t.Fatalf("books %+v", b)
			}
			w.app("t", "ann", "40")
			w.pass(time.Minute)
			p := w.is("t", pay.CaptureInitiated)
			if b := processor.Books(); len(b) != 1 || b[0].Captured != 4000 || p.Hold != usd("25") {
				w.t.Errorf("books %+v, hold %s", b, p.Hold)
			}
		})
	})
	t.Run("refused_does_not_expel", func(t *testing.T) {
		processor := simproc.New(simproc.Config{Shoppers: map[string]simproc.Behaviour{"poor": {Decline: true}}})
		lite(t, setup{processor: processor, change: mode("after_answer")}, func(w *world) {
			enter(w, "t", "poor")
			processor.Set("poor", simproc.Behaviour{})
			w.app("t", "poor", "10")
			w.pass(time.Minute)
			w.is("t", pay.CaptureInitiated)
		})
	})
	t.Run("held_without_a_cart_is_released_at_its_end", func(t *testing.T) {
		processor := simproc.New(simproc.Config{})
		lite(t, setup{processor: processor, change: mode("after_answer")}, func(w *world) {
			enter(w, "t", "ann")
			w.pass(47 * time.Hour)
			if b := processor.Books(); b[0].State != "cancelled" {
				w.t.Errorf("books %+v", b)
			}
		})
	})
	t.Run("before_answer_tells_the_gate", func(t *testing.T) {
		processor := simproc.New(simproc.Config{Shoppers: map[string]simproc.Behaviour{"poor": {Decline: true}}})
		lite(t, setup{processor: processor, change: mode("before_answer")}, func(w *world) {
			for shopper, want := range map[string]bool{"ann": false, "poor": true} {
				got, err := w.pay.EnterNow(w.t.Context(), pay.Entrance{EventID: "e-" + shopper, StoreID: card, Visitor: shopper, At: time.Now()})
				if err != nil || got != want {
					w.t.Errorf("%s: refused %t, %v", shopper, got, err)
				}
			}
			w.pass(time.Second)
		})
	})
	t.Run("none_asks_nothing", func(t *testing.T) {
		processor := simproc.New(simproc.Config{})
		lite(t, setup{processor: processor, change: mode("none")}, func(w *world) {
			enter(w, "t", "ann")
			if len(processor.Calls()) != 0 {
				w.t.Error("asked")
			}
		})
	})
}
