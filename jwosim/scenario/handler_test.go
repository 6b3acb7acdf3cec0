package scenario_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/strollhq/stroll/jwosim"
	"github.com/strollhq/stroll/jwosim/scenario"
)

// TestHandler plays over HTTP.
func TestHandler(t *testing.T) {
	t.Parallel()
	sim := simulator(t)
	if err := sim.SetFaults(jwosim.HeavyFaults()); err != nil {
		t.Fatal(err)
	}
	door := httptest.NewServer(scenario.Handler(sim, scenario.Options{StoreID: "second"}))
	defer door.Close()
	ask := func(method, path, body string, header ...string) (int, scenario.Played) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, door.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(header); i += 2 {
			req.Header.Set(header[i], header[i+1])
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		var p scenario.Played
		if resp.Header.Get("Content-Type") == "application/json" {
			if err := json.NewDecoder(resp.Body).Decode(&p); err != nil {
				t.Fatal(err)
			}
		}
		return resp.StatusCode, p
	}
	status, p := ask("POST", "/scenarios/entry.unknown-code", `{"override": {"keyChannel": "NFC", "authEvent.location": "\"ROOF\""}}`)
	if status != http.StatusOK || p.Error != "" || len(p.Results) != 1 || p.Results[0].Verdict != scenario.InOrder {
		t.Errorf("%d %+v", status, p)
	}
	sent := sim.History(jwosim.Filter{API: "VerifyIdentityKeys"})
	if len(sent) != 1 || sent[0].StoreID != "second" || sent[0].Fault != "" ||
		!strings.Contains(sent[0].Request, `"keyChannel":"NFC"`) || !strings.Contains(sent[0].Request, `"location":"ROOF"`) {
		t.Errorf("sent %+v", sent)
	}
	if got := sim.Faults().String(); got != jwosim.HeavyFaults().String() {
		t.Errorf("the faults are %s afterwards", got)
	}
	// The connector answers 401 to everything, so a broken request differs.
	status, p = ask("POST", "/scenarios/entry.missing-key", "")
	if status != http.StatusOK || p.Results[0].Verdict != scenario.Differs || !strings.Contains(p.Error, "entry.missing-key differs") {
		t.Errorf("%d %+v", status, p)
	}
	status, p = ask("POST", "/scenarios/entry.unknown-cod", "")
	if status != http.StatusNotFound || !strings.Contains(p.Error, "did you mean entry.unknown-code?") {
		t.Errorf("%d %+v", status, p)
	}
	status, p = ask("POST", "/scenarios/entry.unknown-code", `{"colour": "red"}`)
	if status != http.StatusBadRequest || !strings.Contains(p.Error, "colour") {
		t.Errorf("%d %+v", status, p)
	}
	// A pattern does not move the clock.
	status, p = ask("POST", "/scenarios/pay.hold*", `{"item": "SKU", "patience": "1s"}`)
	if status != http.StatusOK || len(p.Results) != 0 || sim.Ahead() != 0 {
		t.Errorf("%d %+v, %s ahead", status, p, sim.Ahead())
	}
	if status, _ = ask("POST", "/scenarios/entry.unknown-code", "", "Sec-Fetch-Site", "cross-site"); status != http.StatusForbidden {
		t.Errorf("another site's page: %d", status)
	}
}
