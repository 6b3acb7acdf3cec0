package bench_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/strollhq/stroll/jwo"
	"github.com/strollhq/stroll/jwosim"
)

// simulated is the simulator as the far side of the payments: it checks
// signatures, keeps its books and plays no faults.
type simulated struct {
	sim      *jwosim.Sim
	captures atomic.Int64
	addr     string
	entered  int
}

func newSimulated(t testing.TB, delay time.Duration) *simulated {
	t.Helper()
	sim, err := jwosim.New(jwosim.Config{
		Seed: 1, History: -1, Accept: []jwosim.Credentials{{AccessKeyID: callerID, SecretAccessKey: callerSecret}},
		Faults: jwosim.Faults{Latency: jwosim.Latency{Law: jwosim.Fixed, Typical: delay}},
		// Nobody is asked at this store's gate.
		Stores: []jwosim.Store{{ID: storeID, Currency: "USD", Strategy: jwosim.NoStrategy, ConnectorURL: "http://nobody"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sim.Close() })
	f := &simulated{sim: sim}
	f.addr = listen(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sim.Handler().ServeHTTP(w, r)
		if r.URL.Path == jwo.PathCaptureCharge {
			f.captures.Add(1)
		}
	}))
	return f
}

// enter lets n cards in, each for one trip, and returns the trips.
func (f *simulated) enter(t testing.TB, n int) []string {
	t.Helper()
	trips := make([]string, n)
	for i := range trips {
		trip, err := f.sim.EnterByCard(t.Context(), storeID, fmt.Sprintf("approve#%d", f.entered))
		if err != nil {
			t.Fatal(err)
		}
		f.entered++
		trips[i] = trip.ID()
	}
	return trips
}

// take has the program take a cart of ten lines for each trip.
func (sub *subject) take(t testing.TB, trips []string) {
	t.Helper()
	body := purchaseBody(sub.cfg.Stores[0].Prices.Items, 10, "")
	parallel(t, len(trips), func(i int) error {
		var req jwo.CreatePurchasesRequest
		text := body
		for _, letter := range []byte("acd") {
			text = strings.ReplaceAll(text, mark(letter), trips[i])
		}
		if err := json.Unmarshal([]byte(strings.ReplaceAll(text, mark('b'), trips[i])), &req); err != nil {
			return err
		}
		_, err := sub.Carts.CreatePurchases(t.Context(), &req)
		return err
	})
}
