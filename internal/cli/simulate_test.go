package cli_test

import (
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// manage asks the simulator's management port.
func manage(t *testing.T, method, url, body string, into any) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err == nil && into != nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		t.Fatalf("%s: %v: %s", url, err, text)
	}
	return resp.StatusCode
}

// TestSimulate runs both sides as processes that know each other from one
// configuration, and drives Amazon's over HTTP.
func TestSimulate(t *testing.T) {
	t.Parallel()
	connector, amazon := newRelay(t), newRelay(t)
	dir := folder(t, amazon.URL, "  region: us-east-1\n",
		"  region: us-east-1\n  inbound: {mode: sigv4, keys: [{id: AKIDGATEWAY, secret: secret-of-the-gateway}]}\n")
	s := serve(t, dir)
	connector.point(t, s.connector)
	sim := start(t, dir, "simulate", "--for", "store.yaml", "--listen", "127.0.0.1:0", "--manage", "127.0.0.1:0",
		"--connector", connector.URL, "--faults", "none", "--seed", "7", "--run", "test")
	address := regexp.MustCompile(`http://[0-9.:]+`)
	sim.wait("not Amazon, moves no money")
	amazon.point(t, address.FindString(sim.wait(`^Amazon's API .*signed with AKIDSTROLL`)))
	sim.wait("^The shop +http://127.0.0.1:[0-9]+/shop")
	port := address.FindString(sim.wait("^Gates, books"))
	sim.wait("^Store +" + store + ", retailer_managed, calls " + connector.URL)
	sim.wait(`^Seed +7, run "test"`)

	type state struct{ ID, State, PurchaseID string }
	var byCard, byCode state
	if status := manage(t, "POST", port+"/gate/card", `{"storeId": "`+store+`", "card": "approve"}`, &byCard); status != 200 {
		t.Fatalf("card: %d", status)
	}
	command(t, dir, "shopper", "put", "ada")
	code := strings.TrimSpace(command(t, dir, "code", "--shopper", "ada", "--text"))
	if status := manage(t, "POST", port+"/gate/code", `{"storeId": "`+store+`", "code": "`+code+`"}`, &byCode); status != 200 {
		t.Fatalf("code: %d", status)
	}
	if status := manage(t, "POST", port+"/gate/code", `{"storeId": "`+store+`", "code": "`+strings.Repeat("0", 50)+`"}`, nil); status != http.StatusConflict {
		t.Errorf("a code that is not ours: %d", status)
	}
	for _, trip := range []state{byCard, byCode} {
		manage(t, "POST", port+"/trip/"+trip.ID+"/take", `{"id": "SNK-002", "quantity": "3"}`, nil)
		if status := manage(t, "POST", port+"/trip/"+trip.ID+"/out", "", &trip); status != 200 || trip.PurchaseID == "" {
			t.Errorf("out: %d, %+v", status, trip)
		}
	}
	var books struct {
		Trips []struct {
			Captured int64
			Captures int
		}
		Findings []any
	}
	eventually(t, "captured", func() bool {
		manage(t, "GET", port+"/books", "", &books)
		return len(books.Trips) == 2 && books.Trips[0].Captured == 597 && books.Trips[1].Captured == 597
	})
	if len(books.Findings) > 0 {
		t.Errorf("findings: %v", books.Findings)
	}
	s.stop()
	sim.stop()
	for _, p := range listed(t, dir, "pay") {
		if p["state"] != "CAPTURE_INITIATED" {
			t.Errorf("trip %s: %s", p["trip_id"], p["state"])
		}
	}
	if entries := listed(t, dir, "gate", "--outcome", "refused"); len(entries) != 1 {
		t.Errorf("refused: %v", entries)
	}
}
