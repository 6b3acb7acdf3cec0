package jwosim_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/strollhq/stroll/jwosim"
)

func TestParseFaults(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]jwosim.Faults{
		"none":    {},
		"":        {},
		"default": jwosim.DefaultFaults(),
		"heavy":   jwosim.HeavyFaults(),
		"500=0.05,lost=0.02,latency=20ms": {Error500: 0.05, Lost: 0.02,
			Latency: jwosim.Latency{Law: jwosim.Fixed, Typical: 20 * time.Millisecond}},
		"none, 429=1, retry-after=5m, most=-1": {TooMany: 1, RetryAfter: 5 * time.Minute, Most: -1},
		"latency=longtail:1ms:2s,late-cart=1,late-by=72h": {LateCart: 1, LateBy: 72 * time.Hour,
			Latency: jwosim.Latency{Law: jwosim.LongTail, Typical: time.Millisecond, Long: 2 * time.Second}},
	} {
		got, err := jwosim.ParseFaults(in)
		if err != nil {
			t.Errorf("%q: %v", in, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q: %s", in, diff)
		}
		again, err := jwosim.ParseFaults(got.String())
		if err != nil || again != got {
			t.Errorf("%q is written %q and read back as %+v, %v", in, got, again, err)
		}
	}
	for _, in := range []string{"some", "500", "500=2", "500=-1", "500=NaN", "500=x", "speed=1", "500=0.6,503=0.6", "latency=fast",
		"latency=cubic:1s:2s", "latency=fixed:1s:2s:3s", "latency=lognormal:2s:1s", "skew=-1s", "pending-tries=-1", "500=0.1,default"} {
		if f, err := jwosim.ParseFaults(in); err == nil {
			t.Errorf("%q is read as %s", in, f)
		}
	}
	d := jwosim.DefaultFaults()
	d.Error500 = 0
	if got, err := jwosim.ParseFaults("default,500=0"); err != nil || got != d {
		t.Errorf("%s, %v", got, err)
	}
}

func TestFaults_String_round_trip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.Float64Range(0, 0.12)
		d := rapid.Map(rapid.Int64Range(0, int64(time.Hour)), func(n int64) time.Duration { return time.Duration(n) })
		f := jwosim.Faults{
			TooMany: p.Draw(t, "429"), Error500: p.Draw(t, "500"), Error503: p.Draw(t, "503"), After500: p.Draw(t, "after"),
			Reset: p.Draw(t, "reset"), Lost: p.Draw(t, "lost"), Cut: p.Draw(t, "cut"), Malformed: p.Draw(t, "malformed"),
			Skew: d.Draw(t, "skew"), LateBy: d.Draw(t, "late"), Most: rapid.IntRange(-1, 9).Draw(t, "most"),
			Latency: jwosim.Latency{Law: rapid.SampledFrom([]string{"", jwosim.Fixed, jwosim.LogNormal, jwosim.LongTail}).Draw(t, "law"), Typical: d.Draw(t, "typical")},
		}
		f.Latency.Long = f.Latency.Typical + d.Draw(t, "long")
		got, err := jwosim.ParseFaults(f.String())
		if err != nil || got != f {
			t.Fatalf("%q: %+v, %v", f, got, err)
		}
	})
}

// Each fault of Amazon's API over a real connection: what the caller sees, and
// whether it had its effect.
func TestFault(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		outcome string
		status  int // 0: a broken connection
		done    bool
	}{
		{"403", 403, false}, {"429", 429, false}, {"500", 500, false}, {"503", 503, false}, {"500-after", 500, true},
		{"reset", 0, false}, {"lost", 0, true}, {"cut", 0, true}, {"malformed", 200, true},
		{"UnknownShoppingTrip", 400, false}, {"BadRequestException", 400, false}, {"ShoppingTripExpiredException", 400, false},
	} {
		t.Run(c.outcome, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil)
			trip := w.shop("store-1", "approve")
			if err := w.sim.ForceNext("AdjustCharge", c.outcome); err != nil {
				t.Fatal(err)
			}
			status, body, _, err := signed(t.Context(), w.api.URL+adjustPath, charge(trip, "5"), key)
			if (err != nil) != (c.status == 0) || err == nil && status != c.status {
				t.Errorf("%d %q, %v", status, body, err)
			}
			if done := w.book(trip).Adjusted == 500; done != c.done {
				t.Errorf("adjusted: %v, want %v", done, c.done)
			}
			w.expect(adjustPath, charge(trip, "5"), 200, "") // forced once
			h := w.sim.History(jwosim.Filter{API: "AdjustCharge"})
			if len(h) != 2 || h[0].Fault != c.outcome || h[1].Fault != "" || h[0].Status != c.status {
				t.Errorf("%+v", h)
			}
		})
	}
}

func TestFault_latency(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, law := range []string{jwosim.Fixed, jwosim.LogNormal, jwosim.LongTail} {
			l := jwosim.Latency{Law: law, Typical: 10 * time.Millisecond, Long: time.Second}
			sim := virtual(t, mux(purchased), func(c *jwosim.Config) { c.Faults = jwosim.Faults{Latency: l} })
			took := []time.Duration{}
			for i := range 1000 {
				begin := time.Now()
				ask(sim, emailPath, fmt.Sprintf(`{"storeId":"store-1","shopperId":{"id":"s%d"}}`, i))
				took = append(took, time.Since(begin))
			}
			slices.Sort(took)
			if m := took[500]; m < 8*time.Millisecond || m > 12*time.Millisecond {
				t.Errorf("%s: median %s", law, m)
			}
			if top := took[998]; law != jwosim.Fixed && top < 500*time.Millisecond || top > 4*time.Second {
				t.Errorf("%s: 99.8 %% in %s", law, top)
			}
		}
	})
}
