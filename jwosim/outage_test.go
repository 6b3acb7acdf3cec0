package jwosim_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/strollhq/stroll/jwosim"
)

// The cart is delivered through an outage of hours, is never lost, and carries
// the end of the trip, not of the outage.
func TestWalkOut_outage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var last, first time.Time
		n := 0
		back := time.Now().Add(5 * time.Hour)
		sim := virtual(t, mux(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			if first.IsZero() {
				first = time.Now()
			}
			n++
			last = time.Now()
			if time.Now().Before(back) {
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			purchased(w, r)
		}), nil)
		trip := enter(t, sim, "approve")
		ended := time.Now()
		if err := <-sim.WalkOutAsync(t.Context(), trip); err != nil {
			t.Fatal(err)
		}
		st := trip.State()
		if !st.Ended.Equal(ended) || st.State != "delivered" || st.Deliveries != n || last.Before(back) || last.After(back.Add(5*time.Minute)) {
			t.Errorf("%+v, %d deliveries, the last %s", st, n, last)
		}
		if n < 60 || n > 80 {
			t.Errorf("%d deliveries in 5 h at 5 min each", n)
		}
	})
}

func TestWalkOut_given_up_and_redelivered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var down = true
		sim := virtual(t, mux(func(w http.ResponseWriter, r *http.Request) {
			if down {
				w.Header().Set("Retry-After", "600")
				w.WriteHeader(http.StatusTooManyRequests)
				return
			}
			purchased(w, r)
		}), func(c *jwosim.Config) { c.Settings.CartGiveUp = time.Hour })
		trip := enter(t, sim, "approve")
		if err := sim.WalkOut(t.Context(), trip); err == nil || trip.State().State != "undelivered" {
			t.Errorf("%v, %+v", err, trip.State())
		}
		if n := trip.State().Deliveries; n != 7 { // 0, 10, … 60 minutes
			t.Errorf("%d deliveries", n)
		}
		down = false
		if err := sim.Redeliver(t.Context(), trip); err != nil || trip.State().State != "delivered" {
			t.Errorf("%v, %+v", err, trip.State())
		}
	})
}

func TestLateCart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sim := virtual(t, mux(purchased), func(c *jwosim.Config) {
			c.Faults = jwosim.Faults{LateCart: 1, LateBy: 72 * time.Hour}
		})
		begin := time.Now()
		trip := enter(t, sim, "approve")
		if err := sim.WalkOut(t.Context(), trip); err != nil {
			t.Fatal(err)
		}
		if late := time.Since(begin); late <= 0 || late > 72*time.Hour {
			t.Errorf("late by %s", late)
		}
		if !trip.State().Ended.Equal(begin) {
			t.Error("the trip ended when the cart came")
		}
	})
}

func TestClose_ends_deliveries(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sim := virtual(t, mux(say(500, "")), nil)
		trip := enter(t, sim, "approve")
		done := sim.WalkOutAsync(context.Background(), trip)
		time.Sleep(time.Minute)
		sim.Close()
		if err := <-done; !errors.Is(err, context.Canceled) || trip.State().State != "undelivered" {
			t.Errorf("%v, %+v", err, trip.State())
		}
	})
}
