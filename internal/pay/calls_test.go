package pay_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/pay"
	"github.com/strollhq/stroll/internal/testkit"
	"github.com/strollhq/stroll/jwo"
	"github.com/strollhq/stroll/money"
)

// scenario is one title of a test-case list, through client and worker.
type scenario struct {
	name string
	set  setup
	run  func(w *world)
}

// once is the set-up of a scenario whose SQL another one of its list runs on
// both databases: SQLite alone, since making databases takes time.
var once = setup{sqlite: true}

func scenarios(t *testing.T, all []scenario) {
	t.Helper()
	t.Parallel()
	for _, s := range all {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			if s.set.sqlite {
				in(t, testkit.SQLiteDSN(t), s.set, s.run)
				return
			}
			each(t, s.set, s.run)
		})
	}
}

// refused is a call that is refused for good: parked with the reason, nothing
// sent again, and expiry still makes it a debt.
func refused(api, outcome, note string) func(*world) {
	return func(w *world) {
		w.force(api, outcome)
		trip := w.buy("approve", "10")
		w.pass(2 * time.Hour)
		p := w.is(trip, pay.Parked)
		if !strings.Contains(p.Note, note) {
			w.t.Errorf("note %q does not say %q", p.Note, note)
		}
		if n := w.count(trip, api); n != 1 {
			w.t.Errorf("%d calls of %s", n, api)
		}
		if !w.alerted(trip, pay.AlertRefused) || p.Due.IsZero() {
			w.t.Error("nobody was told")
		}
		if w.set.sqlite {
			return // the rest is the same for every reason
		}
		w.pass(46 * time.Hour)
		w.is(trip, pay.Expired)
		if d := w.debt(trip); d.Amount != 1000 || d.Cause != pay.CauseExpired {
			w.t.Errorf("debt %+v", d)
		}
	}
}

// local is a request that our own check refuses with Amazon's error name:
// nothing is sent.
func local(api string, change func(*pay.Opening)) func(*world) {
	return func(w *world) {
		o := opening(card, "local-trip", usd("10"))
		if api == jwo.APICancelCharge {
			o.Act, o.Reason, o.Total = pay.Release, pay.EmptyCart, money.Amount{}
		}
		change(&o)
		w.open(o)
		w.pass(time.Minute)
		p := w.is(o.TripID, pay.Parked)
		if !strings.Contains(p.Note, jwo.BadRequestException) {
			w.t.Errorf("note %q", p.Note)
		}
		if n := w.count("", api); n != 0 {
			w.t.Errorf("%d calls were sent", n)
		}
	}
}

// healed is a fault of the far side that goes away: the right end, one effect.
func healed(api, outcome string, times int, want pay.State) func(*world) {
	return func(w *world) {
		w.forceN(api, outcome, times, 0)
		trip := w.enter(card, "approve")
		o := opening(card, trip, usd("10"))
		if want == pay.CancelInitiated {
			o.Act, o.Reason, o.PurchaseID, o.Total = pay.Release, pay.EmptyCart, "", money.Amount{}
		}
		w.open(o)
		w.pass(3 * time.Hour)
		w.is(trip, want)
		if n := w.count(trip, api); n != times+1 {
			w.t.Errorf("%d calls of %s, want %d", n, api, times+1)
		}
		same(w, trip, api)
	}
}

// same demands that every send of a call had the same bytes.
func same(w *world, trip, api string) {
	w.t.Helper()
	first := ""
	for _, e := range w.exchanges(trip, api) {
		if first == "" {
			first = e.Request
		}
		if e.Request != first {
			w.t.Errorf("%s was sent as %s and as %s", api, first, e.Request)
		}
	}
}

func TestAdjust(t *testing.T) {
	scenarios(t, []scenario{
		{"1_approved", setup{}, func(w *world) {
			trip := w.buy("approve", "12.34")
			w.pass(time.Second)
			p := w.is(trip, pay.CaptureInitiated)
			if p.Captured != usd("12.34") || p.Authorized != usd("12.34") || w.settled[trip] != 1 {
				w.t.Errorf("payment %+v, settled %d times", p, w.settled[trip])
			}
		}},
		{"2_declined", setup{}, func(w *world) {
			trip := w.buy("decline_adjust", "12.34")
			w.pass(time.Second)
			w.is(trip, pay.CancelInitiated)
			if d := w.debt(trip); d.Amount != 1234 || d.Cause != pay.CauseDeclined || d.Instrument != "i-"+trip || d.Visitor != "v-"+trip {
				w.t.Errorf("debt %+v", d)
			}
			if w.count(trip, jwo.APICaptureCharge) != 0 || w.settled[trip] != 0 {
				w.t.Error("captured or settled after a decline")
			}
		}},
		{"3_pending_is_retried", setup{}, func(w *world) {
			trip := w.buy("pending_3_then_approve", "12.34")
			w.pass(time.Second)
			w.is(trip, pay.AdjustPending)
			w.pass(59*time.Second + 60*time.Second)
			if n := w.count(trip, jwo.APIAdjustCharge); n != 2 {
				w.t.Errorf("%d adjusts after two minutes, want 2", n)
			}
			w.pass(6 * time.Minute) // 60 + 120 + 240 s in all
			w.is(trip, pay.CaptureInitiated)
			same(w, trip, jwo.APIAdjustCharge)
		}},
		{"4_unknown_trip", setup{}, refused(jwo.APIAdjustCharge, jwo.UnknownShoppingTrip, jwo.UnknownShoppingTrip)},
		{"5_invalid_storeId", once, local(jwo.APIAdjustCharge, func(o *pay.Opening) { o.StoreID = "store?" })},
		{"6_required_fields_missing", once, local(jwo.APIAdjustCharge, func(o *pay.Opening) { o.StoreID = " " })},
		{"7_wrong_types_refused", once, refused(jwo.APIAdjustCharge, jwo.BadRequestException, jwo.BadRequestException)},
		{"8_invalid_currency", once, local(jwo.APIAdjustCharge, func(o *pay.Opening) { o.Total.Currency = "usd" })},
		{"9_rate_limiting", setup{}, func(w *world) {
			w.forceN(jwo.APIAdjustCharge, "429", 1, 90*time.Second)
			trip := w.buy("approve", "10")
			other := w.enter(card, "approve#2")
			w.pass(10 * time.Second)
			w.open(opening(card, other, usd("5"))) // the account is paused, not only the trip
			w.pass(70 * time.Second)
			if n := w.count("", jwo.APIAdjustCharge); n != 1 {
				w.t.Errorf("%d adjusts during the pause", n)
			}
			w.pass(20 * time.Second)
			w.is(trip, pay.CaptureInitiated)
			w.is(other, pay.CaptureInitiated)
			same(w, trip, jwo.APIAdjustCharge)
		}},
		{"10_server_error", setup{}, healed(jwo.APIAdjustCharge, "500", 3, pay.CaptureInitiated)},
		{"11_service_unavailable", once, healed(jwo.APIAdjustCharge, "503", 3, pay.CaptureInitiated)},
		{"12_storeId_format", once, local(jwo.APIAdjustCharge, func(o *pay.Opening) { o.StoreID = "a b" })},
		{"13_trip_id_format", once, local(jwo.APIAdjustCharge, func(o *pay.Opening) { o.TripID = "trip/1" })},
		{"14_field_length", once, local(jwo.APIAdjustCharge, func(o *pay.Opening) { o.TripID = strings.Repeat("x", 256) })},
	})
}

func TestCancel(t *testing.T) {
	empty := func(w *world) string {
		trip := w.enter(card, "approve")
		o := opening(card, trip, money.Amount{})
		o.Act, o.Reason, o.PurchaseID = pay.Release, pay.EmptyCart, ""
		w.open(o)
		return trip
	}
	parked := func(outcome string) func(*world) {
		return func(w *world) {
			w.force(jwo.APICancelCharge, outcome)
			trip := empty(w)
			w.pass(time.Hour)
			w.is(trip, pay.Parked)
			w.pass(46 * time.Hour)
			w.is(trip, pay.NeverCharged)
			if d := w.debt(trip); d.Amount != 0 {
				w.t.Errorf("debt %+v", d)
			}
		}
	}
	scenarios(t, []scenario{
		{"1_success", setup{}, func(w *world) {
			trip := empty(w)
			w.pass(time.Second)
			w.is(trip, pay.CancelInitiated)
			// A replayed cart opens nothing and cancels nothing.
			o := opening(card, trip, money.Amount{})
			o.Act, o.Reason, o.PurchaseID = pay.Release, pay.EmptyCart, ""
			w.open(o)
			w.pass(time.Hour)
			if n := w.count(trip, jwo.APICancelCharge); n != 1 {
				w.t.Errorf("%d cancels", n)
			}
			if b := w.book(trip); b.Held != 0 {
				w.t.Errorf("still held: %+v", b)
			}
		}},
		{"2_unknown_trip_has_nothing_to_release", setup{}, func(w *world) {
			w.force(jwo.APICancelCharge, jwo.UnknownShoppingTrip)
			trip := empty(w)
			w.pass(time.Hour)
			if p := w.is(trip, pay.NeverCharged); !strings.Contains(p.Note, "nothing to release") {
				w.t.Errorf("note %q", p.Note)
			}
			if n := w.count(trip, jwo.APICancelCharge); n != 1 {
				w.t.Errorf("%d cancels", n)
			}
		}},
		{"3_invalid_storeId", once, local(jwo.APICancelCharge, func(o *pay.Opening) { o.StoreID = "store?" })},
		{"4_required_field_missing", once, parked(jwo.BadRequestException)},
		{"5_trip_id_missing", once, local(jwo.APICancelCharge, func(o *pay.Opening) { o.TripID = " " })},
		{"6_wrong_types", once, parked(jwo.BadRequestException)},
		{"7_storeId_format", once, local(jwo.APICancelCharge, func(o *pay.Opening) { o.StoreID = "a b" })},
		{"8_trip_id_format", once, local(jwo.APICancelCharge, func(o *pay.Opening) { o.TripID = "trip/1" })},
		{"9_field_length", once, local(jwo.APICancelCharge, func(o *pay.Opening) { o.StoreID = strings.Repeat("x", 256) })},
		{"10_rate_limiting", once, func(w *world) {
			w.forceN(jwo.APICancelCharge, "429", 1, time.Minute)
			trip := empty(w)
			w.pass(59 * time.Second)
			w.is(trip, pay.Preauthorized)
			w.pass(3 * time.Second)
			w.is(trip, pay.CancelInitiated)
		}},
		{"11_server_error", once, healed(jwo.APICancelCharge, "500", 2, pay.CancelInitiated)},
		{"12_service_unavailable", once, healed(jwo.APICancelCharge, "503", 2, pay.CancelInitiated)},
		{"13_empty_strings", once, empties(func(o *pay.Opening) { o.TripID = "" })},
		{"14_nulls", once, empties(func(o *pay.Opening) { o.StoreID = "" })},
		{"15_white_space_only", once, local(jwo.APICancelCharge, func(o *pay.Opening) { o.StoreID = "  " })},
	})
}

// empties is an opening without a required value: refused before anything is
// stored.
func empties(change func(*pay.Opening)) func(*world) {
	return func(w *world) {
		o := opening(card, "trip", usd("1"))
		change(&o)
		err := w.tx(func(ctx context.Context, tx *db.Tx) error { return w.pay.Open(ctx, tx, o) })
		if err == nil {
			w.t.Error("opened")
		}
	}
}

func TestCapture(t *testing.T) {
	scenarios(t, []scenario{
		{"1_success", setup{}, func(w *world) {
			trip := w.buy("approve", "0.01")
			w.pass(time.Second)
			w.is(trip, pay.CaptureInitiated)
			if b := w.book(trip); b.Captured != 1 || b.Captures != 1 {
				w.t.Errorf("Amazon's books %+v", b)
			}
		}},
		{"2_unknown_trip", once, refused(jwo.APICaptureCharge, jwo.UnknownShoppingTrip, jwo.UnknownShoppingTrip)},
		bentCapture("3_invalid_storeId", with("storeId", "elsewhere")),
		bentCapture("4_required_field_missing", without("storeId")),
		bentCapture("5_trip_id_missing", without("shoppingTripId")),
		bentCapture("6_amount_missing", without("amount")),
		bentCapture("7_amount_type", priced("amount", "ten")),
		{"8_currency_format", once, local(jwo.APIAdjustCharge, func(o *pay.Opening) { o.Total.Currency = "US1" })},
		{"9_currency_too_long", once, local(jwo.APIAdjustCharge, func(o *pay.Opening) { o.Total.Currency = "USDD" })},
		bentCapture("8_currency_format_on_the_wire", priced("code", "US1")),
		bentCapture("9_currency_too_long_on_the_wire", priced("code", "USDD")),
		bentCapture("10_storeId_format", with("storeId", "a b")),
		bentCapture("11_trip_id_format", with("shoppingTripId", "trip/1")),
		bentCapture("12_field_length", with("storeId", strings.Repeat("x", 256))),
		{"13_rate_limiting", once, func(w *world) {
			w.forceN(jwo.APICaptureCharge, "429", 1, 0)
			trip := w.buy("approve", "10")
			w.pass(599 * time.Second) // the simulator says 600
			w.is(trip, pay.AdjustApproved)
			w.pass(5 * time.Second)
			w.is(trip, pay.CaptureInitiated)
			same(w, trip, jwo.APICaptureCharge)
		}},
		{"14_server_error", once, healed(jwo.APICaptureCharge, "500", 2, pay.CaptureInitiated)},
		{"15_service_unavailable", once, healed(jwo.APICaptureCharge, "503", 2, pay.CaptureInitiated)},
		{"16_zero_amount_is_cancelled", once, func(w *world) {
			trip := w.buy("approve", "0")
			w.pass(time.Second)
			if p := w.is(trip, pay.CancelInitiated); p.Reason != pay.ZeroTotal {
				w.t.Errorf("reason %q", p.Reason)
			}
			if w.count(trip, jwo.APICaptureCharge)+w.count(trip, jwo.APIAdjustCharge) != 0 {
				w.t.Error("adjusted or captured nothing")
			}
		}},
		{"17_negative_amount", once, empties(func(o *pay.Opening) { o.Total.Minor = -1 })},
		{"18_empty_strings", once, empties(func(o *pay.Opening) { o.TripID, o.StoreID = "", "" })},
		{"19_nulls", once, empties(func(o *pay.Opening) { o.Total = money.Amount{} })},
	})
}
