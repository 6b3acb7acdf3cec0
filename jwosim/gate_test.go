package jwosim_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/strollhq/stroll/jwosim"
)

var uuids = regexp.MustCompile(`^[0-9a-fA-F]{8}\-[0-9a-fA-F]{4}\-[0-9a-fA-F]{4}\-[0-9a-fA-F]{4}\-[0-9a-fA-F]{12}$`)

func refusal(t *testing.T, err error) *jwosim.Refused {
	t.Helper()
	var r *jwosim.Refused
	if !errors.As(err, &r) {
		t.Fatalf("error %v, want a refusal", err)
	}
	return r
}

// TestGate/8 is group 8 of the identity test cases: status and gate, under both
// default decisions, for both connectors.
func TestGate(t *testing.T) {
	t.Parallel()
	type want struct {
		open   bool
		reason string
		tries  int
	}
	cases := []struct {
		status int
		closed want // DefaultGate closed
		opened want // DefaultGate open
	}{
		{200, want{true, "", 1}, want{true, "", 1}},
		{400, want{false, "bad_request", 1}, want{false, "bad_request", 1}},
		{401, want{false, "shopper_refused", 1}, want{false, "shopper_refused", 1}},
		{403, want{false, "caller_refused", 1}, want{false, "caller_refused", 1}},
		{404, want{false, "not_configured", 1}, want{false, "not_configured", 1}},
		{429, want{false, "throttled", 3}, want{false, "throttled", 3}},
		{500, want{false, "connector_failed", 3}, want{true, "", 3}},
		{503, want{false, "connector_failed", 3}, want{true, "", 3}},
	}
	for _, def := range []string{"closed", "open"} {
		w := newWorld(t, func(c *jwosim.Config) { c.Stores[0].DefaultGate = def })
		for _, c := range cases {
			wanted := c.closed
			if def == "open" {
				wanted = c.opened
			}
			t.Run(fmt.Sprintf("8_%d_default_%s", c.status, def), func(t *testing.T) {
				body := `{"visitorDetails":{"id":"v-1","type":"SHOPPER"}}`
				w.con.on(identityPath, func(rw http.ResponseWriter, r *http.Request) {
					rw.Header().Set("Retry-After", "0")
					say(c.status, body)(rw, r)
				})
				before := len(w.con.got(identityPath))
				trip, err := w.sim.EnterByCode(t.Context(), "store-1", "CODE")
				got := want{open: err == nil, tries: len(w.con.got(identityPath)) - before}
				if err != nil {
					r := refusal(t, err)
					got.reason = r.Reason
					if r.Status != c.status || r.Gate != "identity" || r.Tries != got.tries {
						t.Errorf("refused by %s with %d after %d", r.Gate, r.Status, r.Tries)
					}
				} else if c.status != 200 && trip.State().Visitor.ID != "" {
					t.Error("a gate opened by default knows the visitor")
				}
				if diff := cmp.Diff(wanted, got, cmp.AllowUnexported(want{})); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
}

func TestGate_timeout_is_the_default_decision(t *testing.T) {
	t.Parallel()
	for _, def := range []string{"closed", "open"} {
		w := newWorld(t, func(c *jwosim.Config) {
			c.Stores[0].DefaultGate = def
			c.Settings.GateTimeout = 30 * time.Millisecond
			c.Settings.GateTries = 2
		})
		w.con.on(identityPath, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		_, err := w.sim.EnterByCode(t.Context(), "store-1", "CODE")
		if def == "open" {
			if err != nil {
				t.Error(err)
			}
			continue
		}
		if r := refusal(t, err); r.Reason != "connector_failed" || r.Status != 0 || r.Tries != 2 {
			t.Errorf("%+v", r)
		}
	}
}

func TestGate_request(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *jwosim.Config) {
		c.Headers = map[string]string{"X-Shared": "secret"}
		c.Sign = &key
	})
	var header atomic.Pointer[http.Header]
	w.con.on(identityPath, func(rw http.ResponseWriter, r *http.Request) {
		h := r.Header.Clone()
		header.Store(&h)
		say(200, `{"visitorDetails":{"id":"v-1","type":"SHOPPER","new":1}}`)(rw, r)
	})
	if _, err := w.sim.EnterByCode(t.Context(), "store-1", "PREFIX+text"); err != nil {
		t.Fatal(err)
	}
	got := w.con.got(identityPath)[0]
	event := got["authEvent"].(map[string]any)
	if key, err := base64.StdEncoding.DecodeString(got["identityKey"].(string)); err != nil || string(key) != "PREFIX+text" {
		t.Errorf("identityKey %v, %v", got["identityKey"], err)
	}
	if !uuids.MatchString(got["requestId"].(string)) || !uuids.MatchString(event["id"].(string)) {
		t.Errorf("ids %v, %v", got["requestId"], event["id"])
	}
	if _, err := time.Parse("2006-01-02T15:04:05Z", event["timestamp"].(string)); err != nil {
		t.Error(err)
	}
	if event["location"] != "ENTRY" || got["keyChannel"] != "OPTICAL" || got["storeId"] != "store-1" {
		t.Errorf("%v", got)
	}
	if h := *header.Load(); h.Get("X-Shared") != "secret" || h.Get("Authorization") == "" {
		t.Errorf("headers %v", h)
	}
}

func TestGate_retry_keeps_the_event(t *testing.T) {
	t.Parallel()
	for _, ids := range []string{"same", "new"} {
		w := newWorld(t, func(c *jwosim.Config) { c.Settings.RetryRequestID = ids })
		var n atomic.Int32
		w.con.on(identityPath, func(rw http.ResponseWriter, r *http.Request) {
			if n.Add(1) == 1 {
				say(503, "")(rw, r)
				return
			}
			say(200, `{"visitorDetails":{"id":"v-1","type":"SHOPPER"}}`)(rw, r)
		})
		if _, err := w.sim.EnterByCode(t.Context(), "store-1", "CODE"); err != nil {
			t.Fatal(err)
		}
		got := w.con.got(identityPath)
		if len(got) != 2 || got[0]["authEvent"].(map[string]any)["id"] != got[1]["authEvent"].(map[string]any)["id"] {
			t.Fatalf("calls %v", got)
		}
		if same := got[0]["requestId"] == got[1]["requestId"]; same != (ids == "same") {
			t.Errorf("%s: request ids %v, %v", ids, got[0]["requestId"], got[1]["requestId"])
		}
	}
}

func TestGate_long_RetryAfter_closes_at_once(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.con.on(identityPath, func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Retry-After", "600")
		rw.WriteHeader(429)
	})
	_, err := w.sim.EnterByCode(t.Context(), "store-1", "CODE")
	if r := refusal(t, err); r.Reason != "throttled" || r.Tries != 1 {
		t.Errorf("%+v", r)
	}
}

func TestGate_pattern_drops_codes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *jwosim.Config) { c.Stores[0].ScanCodePattern = `^[A-Z0-9]{7}[0-9a-f]{4}$` })
	_, err := w.sim.EnterByCode(t.Context(), "store-1", "nonsense")
	if r := refusal(t, err); r.Gate != "pattern" || r.Status != 0 {
		t.Errorf("%+v", r)
	}
	if n := len(w.con.got(identityPath)); n != 0 {
		t.Errorf("the connector was asked %d times", n)
	}
	if _, err := w.sim.EnterByCode(t.Context(), "store-1", "RETAIL100ff"); err != nil {
		t.Error(err)
	}
}

func TestGate_unreadable_200_is_a_failure(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *jwosim.Config) { c.Settings.GateTries = 1 })
	for _, body := range []string{`{`, `{}`, `{"visitorDetails":{"id":"","type":"SHOPPER"}}`, `{"visitorDetails":{"id":"v","type":"GHOST"}}`} {
		w.con.on(identityPath, say(200, body))
		_, err := w.sim.EnterByCode(t.Context(), "store-1", "CODE")
		if r := refusal(t, err); r.Reason != "connector_failed" {
			t.Errorf("%s: %+v", body, r)
		}
	}
	if f := w.sim.Findings(); len(f) != 4 || f[0].Kind != jwosim.BadAnswer {
		t.Errorf("findings %+v", f)
	}
}

func TestGate_visitors(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *jwosim.Config) {
		c.Visitors = map[string]string{"poor": "preauth_declined"}
		c.Stores = append(c.Stores, jwosim.Store{ID: "own", ConnectorURL: c.Stores[0].ConnectorURL, AppPayment: "own_processor"})
	})
	for _, c := range []struct{ store, id, kind, charge, reason string }{
		{"store-1", "rich", "SHOPPER", "preauthorized", ""},
		{"store-1", "poor", "SHOPPER", "", "preauth_declined"},
		{"store-1", "staff", "ASSOCIATE", "", ""},
		{"store-1", "cash", "CASH_SHOPPER", "", ""},
		{"tokyo", "rich", "SHOPPER", "preauthorized", ""},
		{"own", "rich", "SHOPPER", "", ""},
		{"store-1", "decline_adjust#ada", "SHOPPER", "preauthorized", ""},
		{"store-1", "preauth_declined#bob", "SHOPPER", "", "preauth_declined"},
	} {
		w.con.on(identityPath, say(200, fmt.Sprintf(`{"visitorDetails":{"id":%q,"type":%q}}`, c.id, c.kind)))
		trip, err := w.sim.EnterByCode(t.Context(), c.store, "CODE")
		if c.reason != "" {
			if r := refusal(t, err); r.Reason != c.reason {
				t.Errorf("%s: %+v", c.id, r)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if b := w.book(trip); b.Charge != c.charge {
			t.Errorf("%s at %s: charge %q, want %q", c.id, c.store, b.Charge, c.charge)
		}
		if c.id == "decline_adjust#ada" {
			w.expect(adjustPath, charge(trip, "5"), 200, `{"authorizedAmount":{"amount":0.00,"code":"USD"},"status":"DECLINED"}`)
		}
		if c.charge == "" { // the payment calls do not know a trip without a hold
			w.expect(cancelPath, plain(trip), 400, unknownBody)
		}
	}
}
