package jwosim_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/strollhq/stroll/jwosim"
)

// settle is the smallest retailer: it sends each call again until the answer
// can be read, and never changes its mind.
func settle(sim *jwosim.Sim, trip *jwosim.Trip, amount string) {
	until := func(path, good string) {
		for {
			status, body := ask(sim, path, charge(trip, amount))
			if status == 200 && strings.Contains(body, good) || status == 400 && strings.Contains(body, "errorMsg") {
				return
			}
			time.Sleep(time.Second)
		}
	}
	until(adjustPath, `"status":"APPROVED"`)
	until(capturePath, "")
}

// What goes wrong depends on the seed and the entry keys, not on the order in
// which things happen.
func TestFaults_replay(t *testing.T) {
	t.Parallel()
	run := func(t *testing.T, seed uint64, backwards bool) (timeline []string) {
		synctest.Test(t, func(t *testing.T) {
			sim := virtual(t, mux(purchased), func(c *jwosim.Config) {
				c.Seed, c.Faults = seed, jwosim.HeavyFaults()
				c.Stores[0].DefaultGate = "open"
			})
			var all sync.WaitGroup
			for i := range 60 {
				n := i
				if backwards {
					n = 59 - i
				}
				all.Go(func() {
					e := jwosim.Entry{StoreID: "store-1", Card: fmt.Sprintf("approve#%d", n), Key: fmt.Sprint(n)}
					if n%2 == 0 {
						e.Card, e.Code = "", "CODE"
					}
					trip, err := sim.Enter(context.Background(), e)
					if err != nil {
						t.Error(err)
						return
					}
					if err := sim.WalkOut(context.Background(), trip); err != nil {
						t.Error(err)
						return
					}
					if trip.State().Card != "" {
						settle(sim, trip, "12.34")
					}
				})
				if !backwards {
					time.Sleep(7 * time.Second)
				}
			}
			all.Wait()
			time.Sleep(time.Minute) // copies of carts come behind everything
			keys := map[string]string{}
			for _, tr := range sim.Trips() {
				keys[tr.ID] = tr.Key
			}
			for _, e := range sim.History(jwosim.Filter{}) {
				timeline = append(timeline, fmt.Sprintf("%s %s %d %s %d %s %s", keys[e.TripID], e.API, e.Attempt, e.Fault, e.Status, e.TripID, e.RequestID))
			}
			if f := sim.Findings(); len(f) != 0 {
				t.Errorf("findings: %+v", f)
			}
			b := sim.Books()
			if b.Balanced != "" {
				t.Error(b.Balanced)
			}
			for _, tb := range b.Trips {
				if tb.Card != "" && tb.Captured != 1234 {
					t.Errorf("%+v", tb)
				}
			}
		})
		slices.Sort(timeline)
		return timeline
	}
	first := run(t, 7, false)
	if diff := cmp.Diff(first, run(t, 7, true)); diff != "" {
		t.Errorf("seed 7 is not replayed: %s", diff)
	}
	if cmp.Equal(first, run(t, 8, false)) {
		t.Error("seed 8 is seed 7")
	}
	faulty := 0
	for _, line := range first {
		if !strings.Contains(line, "  ") { // two spaces: no fault between them
			faulty++
		}
	}
	if part := float64(faulty) / float64(len(first)); part < 0.1 || part > 0.5 {
		t.Errorf("%d of %d exchanges met a fault", faulty, len(first))
	}
}

// Run changes ids and nothing else.
func TestFaults_run(t *testing.T) {
	t.Parallel()
	w1, w2 := newWorld(t, nil), newWorld(t, func(c *jwosim.Config) { c.Run = "tuesday" })
	a, b := w1.shop("store-1", "approve"), w2.shop("store-1", "approve")
	if a.ID() == b.ID() || a.Key() != b.Key() {
		t.Errorf("%s %s, %s %s", a.ID(), a.Key(), b.ID(), b.Key())
	}
}

func TestFaults_skew(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *jwosim.Config) { c.Faults = jwosim.Faults{Skew: time.Hour} })
	off := map[bool]bool{}
	for i := range 20 {
		w.shop("store-1", fmt.Sprintf("approve#%d", i))
		trip := w.con.got(purchasesPath)[i]["shoppingTrip"].(map[string]any)
		at, err := time.Parse(time.RFC3339, trip["startTime"].(string))
		if err != nil {
			t.Fatal(err)
		}
		d := time.Since(at)
		if d > time.Hour+time.Minute || d < -time.Hour-time.Minute {
			t.Errorf("off by %s", d)
		}
		off[d > 0] = true
	}
	if len(off) != 2 {
		t.Error("the clock is off one way only")
	}
}

// A duplicate is two calls for one event, at once.
func TestFaults_duplicates(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *jwosim.Config) { c.Faults = jwosim.Faults{DuplicateGate: 1, DuplicateCart: 1} })
	var meet sync.WaitGroup
	meet.Add(2)
	for path, then := range map[string]http.HandlerFunc{
		authorizePath: say(200, `{"shopperAuthorized":true}`), purchasesPath: purchased,
	} {
		w.con.on(path, func(rw http.ResponseWriter, r *http.Request) {
			meet.Done()
			meet.Wait() // neither is answered before both have come
			then(rw, r)
		})
	}
	trip, err := w.sim.EnterByCard(t.Context(), "store-1", "approve")
	if err != nil {
		t.Fatal(err)
	}
	meet.Add(2)
	if err := w.sim.WalkOut(t.Context(), trip); err != nil {
		t.Fatal(err)
	}
	if a, b := len(w.con.got(authorizePath)), len(w.con.got(purchasesPath)); a != 2 || b != 2 {
		t.Errorf("%d authorizations, %d carts", a, b)
	}
	if f := w.sim.Findings(); len(f) != 0 {
		t.Errorf("%+v", f)
	}
}
