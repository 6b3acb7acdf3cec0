package jwosim_test

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/strollhq/stroll/jwosim"
	"github.com/strollhq/stroll/money"
)

// Names and statuses that are settings.
func TestSettings_errors(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sim := virtual(t, mux(purchased), func(c *jwosim.Config) {
			c.Settings = jwosim.Settings{
				WrongState: "WrongStateException", ExpiredStatus: 409, ReportUnknownTrip: "BadRequestException",
				CancelWithoutHold: "accept", AppPreAuthRefused: "admit",
			}
			c.Visitors = map[string]string{"v-1": "preauth_declined"}
		})
		trip := enter(t, sim, "approve")
		expect(t, sim, capturePath, charge(trip, "1"), 400, `{"errorMsg":"WrongStateException"}`)
		report := `{"storeId":"store-1","shoppingTripId":"nobody","totalAmount":{"amount":1,"code":"USD"},"settledAmount":{"amount":1,"code":"USD"}}`
		expect(t, sim, reportPath, report, 400, badBody)
		admitted, err := sim.EnterByCode(t.Context(), "store-1", "CODE")
		if err != nil {
			t.Fatal(err)
		}
		if notes := admitted.State().Notes; len(notes) != 1 {
			t.Errorf("%q", notes)
		}
		expect(t, sim, cancelPath, plain(admitted), 200, "")
		time.Sleep(46 * time.Hour)
		expect(t, sim, adjustPath, charge(trip, "1"), 409, expiredBody)
	})
}

// A card that is described again keeps its money.
func TestAddCard_again(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	add := func(c jwosim.Card) error { c.ID = "mine"; return w.sim.AddCard(c) }
	if err := add(jwosim.Card{Balance: money.New(6000, "USD"), Instrument: "token-1"}); err != nil {
		t.Fatal(err)
	}
	trip := w.shop("store-1", "mine")
	w.expect(adjustPath, charge(trip, "40"), 200, "")
	w.expect(capturePath, charge(trip, "40"), 200, "")
	if err := add(jwosim.Card{Like: "decline_adjust", Instrument: "token-2"}); err != nil {
		t.Fatal(err)
	}
	for _, c := range w.sim.Cards() {
		if c.ID == "mine" && (c.Spent != 4000 || c.Available != 2000 || c.Instrument != "token-2" || !c.Behaviour.DeclineAdjust) {
			t.Errorf("%+v", c)
		}
	}
	if err := add(jwosim.Card{Balance: money.New(3999, "USD")}); err == nil {
		t.Error("the balance fell below what is spent")
	}
	if err := add(jwosim.Card{Balance: money.New(9000, "EUR")}); err == nil {
		t.Error("the currency changed under the money")
	}
	if err := w.sim.AddCard(jwosim.Card{ID: "thief", Instrument: "token-2"}); err == nil {
		t.Error("two cards have one instrument")
	}
	if err := w.sim.AddCard(jwosim.Card{ID: "heir", Instrument: "token-1"}); err != nil {
		t.Error(err) // the token was given up
	}
}

// Retry-After is obeyed as seconds and as a date.
func TestRetryAfter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, date := range []bool{false, true} {
			begin := time.Now()
			sim := virtual(t, mux(func(w http.ResponseWriter, r *http.Request) {
				if time.Since(begin) >= 90*time.Second {
					purchased(w, r)
					return
				}
				after := "90"
				if date {
					after = begin.Add(90 * time.Second).UTC().Format(http.TimeFormat)
				}
				w.Header().Set("Retry-After", after)
				w.WriteHeader(429)
			}), nil)
			trip := enter(t, sim, "approve")
			if err := sim.WalkOut(t.Context(), trip); err != nil || time.Since(begin) != 90*time.Second || trip.State().Deliveries != 2 {
				t.Errorf("date %v: %v after %s", date, err, time.Since(begin))
			}
			time.Sleep(time.Until(time.Now().Truncate(time.Second).Add(time.Second)))
		}
	})
}

// One trip through Adjust and Capture, without a network.
func BenchmarkCharge(b *testing.B) {
	sim, err := jwosim.New(jwosim.Config{
		AcceptUnsigned: true, History: 1000,
		Stores: []jwosim.Store{{ID: "store-1", ConnectorURL: "http://connector", Strategy: jwosim.NoStrategy}},
	})
	if err != nil {
		b.Fatal(err)
	}
	defer sim.Close()
	for n := 0; b.Loop(); n++ {
		trip, err := sim.EnterByCard(b.Context(), "store-1", fmt.Sprintf("approve#%d", n))
		if err != nil {
			b.Fatal(err)
		}
		ask(sim, adjustPath, charge(trip, "12.34"))
		ask(sim, capturePath, charge(trip, "12.34"))
	}
}

// The books of ten thousand trips.
func BenchmarkBooks(b *testing.B) {
	sim, err := jwosim.New(jwosim.Config{
		AcceptUnsigned: true, History: -1,
		Stores: []jwosim.Store{{ID: "store-1", ConnectorURL: "http://connector", Strategy: jwosim.NoStrategy}},
	})
	if err != nil {
		b.Fatal(err)
	}
	defer sim.Close()
	for n := range 10000 {
		if _, err := sim.EnterByCard(b.Context(), "store-1", fmt.Sprintf("approve#%d", n)); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		sim.Books()
	}
}
