package jwosim_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/strollhq/stroll/jwosim"
)

// Two days in no time: holds expire, and a late cart and a pause between
// deliveries end.
func TestAdvance(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		refused := false
		sim := virtual(t, mux(func(w http.ResponseWriter, r *http.Request) {
			if refused = !refused; refused {
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			purchased(w, r)
		}), func(c *jwosim.Config) {
			c.Settings.CartFirst = time.Hour
			c.Faults = jwosim.Faults{LateCart: 1, LateLaw: jwosim.Fixed, LateBy: 40 * time.Hour}
		})
		began := time.Now()
		held, kept, late := enter(t, sim, "approve#held"), enter(t, sim, "approve#kept"), enter(t, sim, "approve#late")
		expect(t, sim, adjustPath, charge(kept, "5"), 200, "")
		done := sim.WalkOutAsync(t.Context(), late)
		for _, step := range []struct {
			by   time.Duration
			sent int
		}{{39 * time.Hour, 0}, {time.Hour, 1}, {time.Hour - 1, 1}, {1, 2}} {
			synctest.Wait()
			sim.Advance(step.by)
			synctest.Wait()
			if n := late.State().Deliveries; n != step.sent {
				t.Errorf("%s ahead the cart was sent %d times, want %d", sim.Ahead(), n, step.sent)
			}
		}
		if err := <-done; err != nil || late.State().State != "delivered" {
			t.Fatalf("%v, %+v", err, late.State())
		}
		sim.Advance(4 * time.Hour)
		expect(t, sim, capturePath, charge(kept, "5"), 200, "") // 45 hours after the entry
		sim.Advance(time.Hour)
		expect(t, sim, adjustPath, charge(held, "5"), 400, expiredBody)
		if b := sim.Books().Trips[0]; b.Charge != "expired" || b.Held != 0 {
			t.Errorf("%+v", b)
		}
		if time.Since(began) != 0 || sim.Ahead() != 46*time.Hour || !sim.Now().Equal(began.Add(46*time.Hour)) {
			t.Errorf("took %s, %s ahead, now %s", time.Since(began), sim.Ahead(), sim.Now())
		}
		if err := sim.Verify(); err != nil || len(sim.Findings()) > 0 {
			t.Errorf("%v, %+v", err, sim.Findings())
		}
	})
}

// A moved clock wakes waits in virtual time as well, and only those due.
func TestAdvance_virtual(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sim := virtual(t, mux(purchased), func(c *jwosim.Config) {
			c.Faults = jwosim.Faults{LateCart: 1, LateLaw: jwosim.Fixed, LateBy: 10 * time.Hour}
		})
		began := time.Now()
		trip := enter(t, sim, "approve")
		done := sim.WalkOutAsync(t.Context(), trip)
		synctest.Wait()
		sim.Advance(4 * time.Hour)
		sim.Advance(-time.Hour)
		sim.Advance(3 * time.Hour)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took != 3*time.Hour {
			t.Errorf("the rest of ten hours took %s, want 3h", took)
		}
		ctx, cancel := context.WithCancel(t.Context())
		other := enter(t, sim, "approve")
		done = sim.WalkOutAsync(ctx, other)
		synctest.Wait()
		sim.Advance(time.Hour)
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

func TestManagement_clock(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	m := httptest.NewServer(w.sim.Management())
	t.Cleanup(m.Close)
	for _, c := range []struct {
		body   string
		status int
		ahead  time.Duration
	}{
		{`{"advance": "46h"}`, 200, 46 * time.Hour}, {`{"advance": "1d"}`, 200, 70 * time.Hour},
		{`{"advance": "0s"}`, 400, 70 * time.Hour}, {`{"advance": "-1h"}`, 400, 70 * time.Hour}, {`{}`, 400, 70 * time.Hour},
		{`{"advance": "soon"}`, 400, 70 * time.Hour}, {`{"to": "46h"}`, 400, 70 * time.Hour},
	} {
		resp, err := http.Post(m.URL+"/clock", "application/json", strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != c.status || w.sim.Ahead() != c.ahead {
			t.Errorf("%s: %d %s, ahead %s", c.body, resp.StatusCode, text, w.sim.Ahead())
		}
		if c.status == 200 && !strings.Contains(string(text), `"ahead": "`+c.ahead.String()) {
			t.Errorf("%s: %s", c.body, text)
		}
	}
}
