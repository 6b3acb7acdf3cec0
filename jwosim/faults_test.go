package jwosim_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goccy/go-yaml"
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
		"late-cart=1,late-by=3d,late-law=lognormal,late-typical=1d12h,retry-after-as=date": {LateCart: 1, LateBy: 72 * time.Hour,
			LateLaw: jwosim.LogNormal, LateTypical: 36 * time.Hour, RetryAfterAs: "date"},
		"500=0.1,outage=10m+2m,outage=0s+30s/1h@AdjustCharge:hang,outage=1h@connector": {Error500: 0.1, Outages: []jwosim.Outage{
			{Start: 10 * time.Minute, For: 2 * time.Minute},
			{For: 30 * time.Second, Every: time.Hour, Where: "AdjustCharge", Kind: "hang"},
			{For: time.Hour, Where: jwosim.ToConnectors}}},
	} {
		got, err := jwosim.ParseFaults(in)
		if err != nil {
			t.Errorf("%q: %v", in, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q: %s", in, diff)
		}
		again, err := jwosim.ParseFaults(got.String())
		if err != nil || !cmp.Equal(again, got) {
			t.Errorf("%q is written %q and read back as %+v, %v", in, got, again, err)
		}
	}
	for _, in := range []string{"some", "500", "500=2", "500=-1", "500=NaN", "500=x", "speed=1", "500=0.6,503=0.6", "latency=fast",
		"latency=cubic:1s:2s", "latency=fixed:1s:2s:3s", "latency=lognormal:2s:1s", "skew=-1s", "pending-tries=-1", "500=0.1,default",
		"late-law=normal", "late-law=lognormal,late-by=1h", "late-by=1h,late-law=longtail,late-typical=2h", "late-by=-1d", "late-by=1d-2h",
		"late-by=xd", "retry-after-as=never", "expired=0.6,revoked=0.6", "outage=", "outage=1m+0s", "outage=-1m+1m", "outage=1m+5m/2m",
		"outage=1m+1m@nowhere", "outage=1m+1m:408", "outage=1m+1m@connector:500", "outage=1m+1m@CreatePurchases:hang", "outage=1m+1m/x"} {
		if f, err := jwosim.ParseFaults(in); err == nil {
			t.Errorf("%q is read as %s", in, f)
		}
	}
	d := jwosim.DefaultFaults()
	d.Error500 = 0
	if got, err := jwosim.ParseFaults("default,500=0"); err != nil || !cmp.Equal(got, d) {
		t.Errorf("%s, %v", got, err)
	}
}

// anyFaults draws every field there is, so that a new one is in the test.
func anyFaults(t *rapid.T) jwosim.Faults {
	var f jwosim.Faults
	whole := rapid.Map(rapid.Int64Range(0, int64(100*time.Hour)), func(n int64) time.Duration { return time.Duration(n) })
	v := reflect.ValueOf(&f).Elem()
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		switch p := v.Field(i).Addr().Interface().(type) {
		case *float64:
			*p = rapid.Float64Range(0, 0.1).Draw(t, name)
		case *time.Duration:
			*p = whole.Draw(t, name)
		case *int:
			*p = rapid.IntRange(0, 9).Draw(t, name)
		case *jwosim.Latency:
			p.Law = rapid.SampledFrom([]string{"", jwosim.Fixed, jwosim.LogNormal, jwosim.LongTail}).Draw(t, "law")
			p.Typical = whole.Draw(t, "typical")
			p.Long = p.Typical + whole.Draw(t, "long")
		case *[]jwosim.Outage:
			*p = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) jwosim.Outage {
				o := jwosim.Outage{Start: whole.Draw(t, "start"), For: 1 + whole.Draw(t, "for")}
				o.Where = rapid.SampledFrom([]string{"", jwosim.ToAmazonSide, jwosim.ToConnectors, "Refund", "CreatePurchases"}).Draw(t, "where")
				o.Kind = rapid.SampledFrom([]string{"", "reset", "lost", "expired", "revoked"}).Draw(t, "kind")
				if rapid.Bool().Draw(t, "repeats") {
					o.Every = o.For + whole.Draw(t, "every")
				}
				return o
			}), 0, 3).Draw(t, name)
			if len(*p) == 0 {
				*p = nil
			}
		case *string:
			switch name {
			case "RetryAfterAs":
				*p = rapid.SampledFrom([]string{"", "seconds", "date", "none"}).Draw(t, name)
			case "ErrorBody":
				*p = rapid.SampledFrom([]string{"", "json", "empty", "html", "mixed"}).Draw(t, name)
			case "LateLaw":
				*p = rapid.SampledFrom([]string{"", jwosim.Uniform, jwosim.Fixed}).Draw(t, name)
			default:
				t.Fatalf("no words are known for %s", name)
			}
		default:
			t.Fatalf("%s is a %T: the test draws none", name, p)
		}
	}
	return f
}

// Text, JSON and YAML hold the same faults under the same names.
func TestFaults_round_trip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := anyFaults(t)
		got, err := jwosim.ParseFaults(f.String())
		if err != nil || !cmp.Equal(got, f) {
			t.Fatalf("%q: %+v, %v", f, got, err)
		}
		b, err := json.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{string(b), strconv.Quote(f.String())} {
			var j, y jwosim.Faults
			if err := json.Unmarshal([]byte(text), &j); err != nil || !cmp.Equal(j, f) {
				t.Fatalf("JSON %s: %+v, %v", text, j, err)
			}
			if err := yaml.Unmarshal([]byte(text), &y); err != nil || !cmp.Equal(y, f) {
				t.Fatalf("YAML %s: %+v, %v", text, y, err)
			}
		}
	})
}

func TestFaults_file(t *testing.T) {
	t.Parallel()
	want, err := jwosim.ParseFaults("heavy,429=0.25,500=0,late-by=2d,latency=20ms,outage=1m+1m,outage=1h+1h:reset")
	if err != nil {
		t.Fatal(err)
	}
	var cfg jwosim.Config
	text := `
seed: 7
faults:
  preset: heavy
  429: 0.25
  "500": 0
  late-by: 2d
  latency: 20ms
  outage: ["1m+1m", "1h+1h:reset"]
`
	if err := yaml.UnmarshalWithOptions([]byte(text), &cfg, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, cfg.Faults); diff != "" || cfg.Seed != 7 {
		t.Error(diff)
	}
	for _, bad := range []string{`7`, `[]`, `{"500": true}`, `{"500": [0.1, 0.2]}`, `{"preset": "bad"}`, `{"speed": 1}`, `{"outage": [7.5]}`, `{"500": 2}`, `{"most": {}}`, `"speed=1"`} {
		if err := json.Unmarshal([]byte(bad), new(jwosim.Faults)); err == nil {
			t.Errorf("%s is read", bad)
		}
	}
}

// Every field has a name, and no two the same.
func TestFaultFields(t *testing.T) {
	t.Parallel()
	fields := jwosim.FaultFields()
	if n := reflect.TypeFor[jwosim.Faults]().NumField(); len(fields) != n {
		t.Errorf("%d of %d fields are described", len(fields), n)
	}
	seen := map[string]bool{}
	for _, f := range fields {
		if seen[f.Name] || f.Explain == "" || f.Unit == "" || f.Unset == "" {
			t.Errorf("%+v", f)
		}
		seen[f.Name] = true
	}
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
		{"403", 403, false}, {"expired", 403, false}, {"revoked", 403, false}, {"429", 429, false}, {"500", 500, false}, {"503", 503, false}, {"500-after", 500, true},
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
