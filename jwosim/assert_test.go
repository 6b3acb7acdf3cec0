package jwosim_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/strollhq/stroll/jwosim"
)

// managed is one request of the management port.
func managed(t *testing.T, base, method, path, body string, into any) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, base+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if into != nil {
		if err := json.Unmarshal(text, into); err != nil {
			t.Fatalf("%s: %v: %s", path, err, text)
		}
	}
	if resp.Header.Get("X-Not-Amazon") == "" {
		t.Errorf("%s does not say that it is not Amazon", path)
	}
	return resp.StatusCode, string(text)
}

func TestHistory_assertions(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	m := httptest.NewServer(w.sim.Management())
	t.Cleanup(m.Close)
	trip := w.shop("store-1", "approve")
	w.expect(adjustPath, charge(trip, "5"), 200, "")
	if err := w.sim.ForceNext("AdjustCharge", "503"); err != nil {
		t.Fatal(err)
	}
	w.expect(adjustPath, charge(trip, "5"), 503, "")

	adjusts := jwosim.Filter{API: "AdjustCharge", TripID: trip.ID()}
	if err := w.sim.Expect(adjusts, 2); err != nil || w.sim.Count(adjusts) != 2 {
		t.Error(err)
	}
	adjusts.Fault = "503"
	err := w.sim.Expect(adjusts, 2)
	if err == nil || !strings.Contains(err.Error(), "1 exchanges fit instead of 2") || !strings.Contains(err.Error(), trip.ID()) {
		t.Error(err)
	}
	for _, c := range []struct {
		query  string
		status int
		count  int
	}{
		{"?trip=" + trip.ID() + "&api=adjustcharge", 200, 2}, {"?fault=503&is=1", 200, 1}, {"?status=200&is=9", 409, 2},
		{"?api=Refund&is=0", 200, 0}, {"?direction=from_amazon", 200, 2}, {"?store=tokyo", 200, 0},
		{"?is=x", 400, 0}, {"?is=-1", 400, 0}, {"?direction=up", 400, 0}, {"?tripp=1", 400, 0}, {"?status=x", 400, 0},
	} {
		var got struct{ Count int }
		if status, text := managed(t, m.URL, "GET", "/history/count"+c.query, "", &got); status != c.status || got.Count != c.count {
			t.Errorf("%s: %d %s", c.query, status, text)
		}
	}
	if status, text := managed(t, m.URL, "GET", "/history?api=Refund", "", nil); status != 200 || strings.TrimSpace(text) != "[]" {
		t.Errorf("none: %d %s", status, text)
	}

	var v jwosim.Verification
	if status, text := managed(t, m.URL, "GET", "/verify", "", &v); status != 200 || !v.OK || v.Exchanges != 4 {
		t.Errorf("%d %s", status, text)
	}
	w.expect(capturePath, charge(trip, "6"), 400, "")
	w.con.on(purchasesPath, say(400, ""))
	if refused := w.shopRefused("approve#2"); refused == nil {
		t.Error("a cart that is refused is delivered")
	}
	if status, text := managed(t, m.URL, "GET", "/verify", "", &v); status != 409 || v.OK || len(v.Findings) != 2 || v.Undelivered != 1 {
		t.Errorf("%d %s", status, text)
	}
}

// shopRefused walks out with a cart that is not taken.
func (w *world) shopRefused(card string) error {
	w.t.Helper()
	trip, err := w.sim.EnterByCard(w.t.Context(), "store-1", card)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.sim.WalkOut(w.t.Context(), trip)
}

// Headers are kept both ways, secrets are not.
func TestHistory_headers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *jwosim.Config) {
		c.Sign, c.Headers = &jwosim.Credentials{AccessKeyID: "AKIDOURS", SecretAccessKey: "hush"}, map[string]string{"X-Gateway": "hush"}
	})
	w.con.on(purchasesPath, func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Set-Cookie", "hush")
		rw.Header().Set("Retry-After", "1")
		purchased(rw, r)
	})
	trip := w.shop("store-1", "approve")
	w.expect(adjustPath, charge(trip, "5"), 200, "")
	cart := w.sim.History(jwosim.Filter{API: "CreatePurchases"})[0]
	adjust := w.sim.History(jwosim.Filter{API: "AdjustCharge"})[0]
	for _, c := range []struct {
		where      map[string]string
		name, want string
	}{
		{cart.RequestHeaders, "Authorization", "key AKIDOURS"}, {cart.RequestHeaders, "X-Gateway", "(not kept)"},
		{cart.RequestHeaders, "Content-Type", "application/json"}, {cart.ResponseHeaders, "Set-Cookie", "(not kept)"},
		{cart.ResponseHeaders, "Retry-After", "1"},
		{adjust.RequestHeaders, "Authorization", "key AKIDTEST"}, {adjust.RequestHeaders, "Content-Type", "application/json"},
		{adjust.ResponseHeaders, "Content-Type", "application/json"}, {adjust.ResponseHeaders, "X-Not-Amazon", "jwosim: a simulator; no money moves"},
	} {
		if got := c.where[c.name]; got != c.want {
			t.Errorf("%s is kept as %q, want %q", c.name, got, c.want)
		}
	}
	all, err := json.Marshal(w.sim.History(jwosim.Filter{}))
	if err != nil || strings.Contains(string(all), "hush") || strings.Contains(string(all), "Signature") {
		t.Errorf("%v: %s", err, all)
	}
	var back []jwosim.Exchange
	if err := json.Unmarshal(all, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(w.sim.History(jwosim.Filter{}), back); diff != "" {
		t.Errorf("read back: %s", diff)
	}
}

// What is no call of Amazon's API is kept as well, and every answer says that
// it is not Amazon's.
func TestHandler_strays(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for _, c := range []struct {
		method, path string
		status       int
	}{{"POST", "/v1/adjust/charges", 404}, {"GET", adjustPath, 405}, {"POST", adjustPath, 403}} {
		req, err := http.NewRequestWithContext(t.Context(), c.method, w.api.URL+c.path, strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != c.status || resp.Header.Get("X-Not-Amazon") == "" {
			t.Errorf("%s %s: %d %v", c.method, c.path, resp.StatusCode, resp.Header)
		}
		if h := w.sim.History(jwosim.Filter{Status: c.status}); len(h) != 1 || h[0].Path != c.path || h[0].ResponseHeaders["X-Not-Amazon"] == "" {
			t.Errorf("kept: %+v", h)
		}
	}
}

func TestManagement_faults(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	m := httptest.NewServer(w.sim.Management())
	t.Cleanup(m.Close)
	want := jwosim.Faults{Error500: 0.25, LateCart: 1, LateBy: 72 * time.Hour, Outages: []jwosim.Outage{{Start: time.Minute, For: time.Hour, Where: "Refund"}}}
	for _, body := range []string{
		`{"faults": "500=0.25,late-cart=1,late-by=3d,outage=1m+1h@Refund"}`,
		`{"faults": {"500": 0.25, "late-cart": 1, "late-by": "3d", "outage": ["1m+1h@Refund"]}}`,
	} {
		var got jwosim.FaultsState
		status, text := managed(t, m.URL, "PUT", "/faults", body, &got)
		if status != 200 || !cmp.Equal(w.sim.Faults(), want) || !cmp.Equal(got.Fields, want) || got.Faults != want.String() || got.Since.IsZero() {
			t.Errorf("%s: %d %s", body, status, text)
		}
	}
	for _, body := range []string{`{}`, `{"faults": null}`, `{"faults": {"speed": 1}}`, `{"faults": "500=2"}`, `{"fault": "none"}`} {
		if status, text := managed(t, m.URL, "PUT", "/faults", body, nil); status != 400 || !cmp.Equal(w.sim.Faults(), want) {
			t.Errorf("%s: %d %s", body, status, text)
		}
	}
	var fields []jwosim.FaultField
	if managed(t, m.URL, "GET", "/faults/fields", "", &fields); len(fields) != len(jwosim.FaultFields()) {
		t.Errorf("%+v", fields)
	}
}

func TestManagement_strict(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *jwosim.Config) { c.Strict = true })
	m := httptest.NewServer(w.sim.Management())
	t.Cleanup(m.Close)
	var got jwosim.StrictState
	if managed(t, m.URL, "GET", "/strict", "", &got); !got.Strict || len(got.Rules) != len(jwosim.StrictRules()) {
		t.Errorf("%+v", got)
	}
	for _, on := range []bool{false, true} {
		if status, _ := managed(t, m.URL, "PUT", "/strict", fmt.Sprintf(`{"strict": %v}`, on), nil); status != 200 || w.sim.Strict() != on {
			t.Errorf("%d, strict %v", status, w.sim.Strict())
		}
	}
	if status, _ := managed(t, m.URL, "PUT", "/strict", `{}`, nil); status != 400 || !w.sim.Strict() {
		t.Errorf("%d", status)
	}
}
