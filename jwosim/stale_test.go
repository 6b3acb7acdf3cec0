package jwosim_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/strollhq/stroll/jwosim"
)

// order is a connector that notes the order in which calls come.
type order struct {
	mu   sync.Mutex
	came []string
}

func (o *order) note(what string, then http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		o.mu.Lock()
		o.came = append(o.came, what)
		o.mu.Unlock()
		then(w, r)
	}
}

// A copy of the gate's call comes beside the cart or behind it, and must be
// answered as the call was.
func TestStaleGate(t *testing.T) {
	t.Parallel()
	for name, changed := range map[string]bool{"same answer": false, "another answer": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var o order
				m := http.NewServeMux()
				m.HandleFunc(purchasesPath, o.note("cart", func(w http.ResponseWriter, r *http.Request) {
					time.Sleep(time.Second)
					o.note("taken", purchased)(w, r)
				}))
				m.HandleFunc(authorizePath, o.note("gate", func(w http.ResponseWriter, r *http.Request) {
					o.mu.Lock()
					n := len(o.came)
					o.mu.Unlock()
					say(200, fmt.Sprintf(`{"shopperAuthorized":%v}`, !changed || n < 2))(w, r)
				}))
				behind := 0
				for seed := range uint64(20) {
					sim := virtual(t, m, func(c *jwosim.Config) { c.Seed, c.Faults = seed, jwosim.Faults{StaleGate: 1} })
					o.came = nil
					trip := enter(t, sim, "approve")
					if err := sim.WalkOut(t.Context(), trip); err != nil {
						t.Fatal(err)
					}
					if len(o.came) != 4 || o.came[0] != "gate" {
						t.Fatalf("seed %d: %q", seed, o.came)
					}
					if o.came[3] == "gate" {
						behind++
					}
					h := sim.History(jwosim.Filter{API: "GetShopperAuthorization"})
					if len(h) != 2 || h[0].EventID != h[1].EventID {
						t.Errorf("%+v", h)
					}
					if found := sim.Findings(); (len(found) == 1 && found[0].Kind == jwosim.GateAnswerChanged) != changed {
						t.Errorf("%+v", found)
					}
				}
				if behind < 4 || behind > 16 {
					t.Errorf("%d of 20 copies came behind the cart, want some there and some beside it", behind)
				}
			})
		})
	}
}

// No copy of a gate's call comes when nobody needs to know its answer any more.
func TestStaleGate_too_old(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sim := virtual(t, mux(purchased), func(c *jwosim.Config) { c.Faults = jwosim.Faults{StaleGate: 1} })
		trip := enter(t, sim, "approve")
		sim.Advance(46 * time.Hour)
		if err := sim.WalkOut(t.Context(), trip); err != nil {
			t.Fatal(err)
		}
		if n := len(sim.History(jwosim.Filter{API: "GetShopperAuthorization"})); n != 1 {
			t.Errorf("%d gate calls", n)
		}
	})
}

// A copy of a cart comes days later, behind other carts, and must get the
// answer of the first.
func TestStaleCart(t *testing.T) {
	t.Parallel()
	for name, changed := range map[string]bool{"same answer": false, "another answer": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var n atomic.Int64
				sim := virtual(t, mux(func(w http.ResponseWriter, r *http.Request) {
					if came := n.Add(1); changed {
						say(201, fmt.Sprintf(`{"purchaseId":"p-%d"}`, came))(w, r)
						return
					}
					purchased(w, r)
				}), func(c *jwosim.Config) {
					c.Faults = jwosim.Faults{StaleCart: 1, StaleBy: 72 * time.Hour}
				})
				first, second := enter(t, sim, "approve#1"), enter(t, sim, "approve#2")
				for _, trip := range []*jwosim.Trip{first, second} {
					if err := trip.Take(jwosim.Item{ID: "sku-1"}); err != nil {
						t.Fatal(err)
					}
					if err := sim.WalkOut(t.Context(), trip); err != nil {
						t.Fatal(err)
					}
				}
				if n.Load() != 2 {
					t.Errorf("%d carts before the copies", n.Load())
				}
				sim.Advance(72 * time.Hour)
				synctest.Wait()
				h := sim.History(jwosim.Filter{API: "CreatePurchases", TripID: first.ID()})
				if n.Load() != 4 || len(h) != 2 || h[0].Seq != 3 || body(h[0].Request) != body(h[1].Request) {
					t.Errorf("%d carts, %+v", n.Load(), h)
				}
				if found := sim.Findings(); (len(found) == 2 && found[0].Kind == jwosim.PurchaseIDChanged) != changed {
					t.Errorf("%+v", found)
				}
			})
		})
	}
}

// body is a request without its id, which may be another.
func body(text string) string {
	_, rest, _ := strings.Cut(text, `"idempotentShoppingTripId"`)
	return rest
}

// Carts are late by the law that is asked for, for days.
func TestLateCart_laws(t *testing.T) {
	t.Parallel()
	const n = 400
	for law, c := range map[string]struct {
		typical    time.Duration
		median, p9 [2]time.Duration
	}{
		jwosim.Uniform:   {0, [2]time.Duration{30 * time.Hour, 42 * time.Hour}, [2]time.Duration{70 * time.Hour, 72 * time.Hour}},
		jwosim.Fixed:     {0, [2]time.Duration{72 * time.Hour, 72 * time.Hour}, [2]time.Duration{72 * time.Hour, 72 * time.Hour}},
		jwosim.LogNormal: {2 * time.Hour, [2]time.Duration{90 * time.Minute, 150 * time.Minute}, [2]time.Duration{30 * time.Hour, 72 * time.Hour}},
		jwosim.LongTail:  {time.Minute, [2]time.Duration{time.Minute, time.Minute}, [2]time.Duration{72 * time.Hour, 72 * time.Hour}},
	} {
		t.Run(law, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				sim := virtual(t, mux(purchased), func(cfg *jwosim.Config) {
					cfg.Faults = jwosim.Faults{LateCart: 1, LateLaw: law, LateTypical: c.typical, LateBy: 72 * time.Hour}
				})
				for i := range n {
					sim.WalkOutAsync(t.Context(), enter(t, sim, fmt.Sprintf("approve#%d", i)))
				}
				began := time.Now()
				time.Sleep(80 * time.Hour)
				var late []time.Duration
				for _, e := range sim.History(jwosim.Filter{API: "CreatePurchases"}) {
					late = append(late, e.At.Sub(began))
				}
				if len(late) != n {
					t.Fatalf("%d carts came", len(late))
				}
				if m := late[n/2]; m < c.median[0] || m > c.median[1] {
					t.Errorf("median %s", m)
				}
				if p := late[n-1]; p < c.p9[0] || p > c.p9[1] {
					t.Errorf("the last after %s", p)
				}
			})
		})
	}
}

// Stale copies and spoilt credentials replay from the seed as all faults do.
func TestStale_replay(t *testing.T) {
	t.Parallel()
	run := func(seed uint64, backwards bool) (out map[string]bool) {
		synctest.Test(t, func(t *testing.T) {
			sim := virtual(t, mux(purchased), func(c *jwosim.Config) {
				c.Seed, c.Headers = seed, map[string]string{"X-Secret": "s"}
				c.Stores[0].DefaultGate = "open"
				c.Faults = jwosim.Faults{StaleGate: 0.3, StaleCart: 0.3, StaleBy: time.Minute, Expired: 0.1, Revoked: 0.1}
			})
			for i := range 40 {
				n := i
				if backwards {
					n = 39 - i
				}
				trip, err := sim.Enter(t.Context(), jwosim.Entry{StoreID: "store-1", Card: fmt.Sprintf("approve#%d", n), Key: fmt.Sprint(n)})
				if err != nil {
					t.Fatal(err)
				}
				if err := sim.WalkOut(t.Context(), trip); err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(time.Hour)
			out = map[string]bool{}
			for _, e := range sim.History(jwosim.Filter{}) {
				out[fmt.Sprint(e.API, e.EventID, e.TripID, e.RequestID, e.Fault, e.Attempt)] = true
			}
		})
		return out
	}
	first := run(3, false)
	if diff := cmp.Diff(first, run(3, true)); diff != "" {
		t.Errorf("seed 3 is not replayed: %s", diff)
	}
	if cmp.Equal(first, run(4, false)) {
		t.Error("seed 4 is seed 3")
	}
}
