package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/strollhq/stroll/internal/cli"
	"github.com/strollhq/stroll/jwosim"
)

// simulator is a running one with a shopper behind it.
func simulator(t *testing.T) (*jwosim.Sim, string, *jwosim.Trip) {
	t.Helper()
	connector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/order/purchases" {
			w.WriteHeader(http.StatusCreated)
			io.WriteString(w, `{"purchaseId": "p-1"}`)
			return
		}
		io.WriteString(w, `{"shopperAuthorized": true}`)
	}))
	t.Cleanup(connector.Close)
	sim, err := jwosim.New(jwosim.Config{Seed: 9, AcceptUnsigned: true, Stores: []jwosim.Store{{ID: "store-1", ConnectorURL: connector.URL}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sim.Close() })
	m := httptest.NewServer(sim.Management())
	t.Cleanup(m.Close)
	trip, err := sim.EnterByCard(t.Context(), "store-1", "approve")
	if err != nil {
		t.Fatal(err)
	}
	if err := trip.Take(jwosim.Item{ID: "SKU-1"}); err != nil {
		t.Fatal(err)
	}
	if err := sim.WalkOut(t.Context(), trip); err != nil {
		t.Fatal(err)
	}
	return sim, m.URL, trip
}

// run runs a command line in this process.
func run(t *testing.T, args ...string) (status int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	status = cli.Run(t.Context(), args, &o, &e)
	return status, o.String(), e.String()
}

func TestSimulateHistory(t *testing.T) {
	t.Parallel()
	sim, at, trip := simulator(t)
	for _, c := range []struct {
		args   string
		status int
		want   string // a regular expression of the output or, on failure, the error
	}{
		{"", 0, `(?s)No .*from_amazon  GetShopperAuthorization .*CreatePurchases +` + trip.ID() + ` +1 +201`},
		{"--api CreatePurchases --bodies", 0, `(?s)/v1/order/purchases, try 1: 201 .*> Content-Type: application/json.*> {"requestId".*< {"purchaseId": "p-1"}`},
		{"--status 500", 0, "^No such exchange.\n$"},
		{"--status 500 --json", 0, `^\[\]\n$`},
		{"--direction to_amazon --json", 0, `^\[\]\n$`},
		{"--trip " + trip.ID() + " --expect 2", 0, "^2 exchanges fit, as expected.\n$"},
		{"--after 1 --expect 1 --json", 0, `"ok": true`},
		{"--api CreatePurchases --expect 2", 1, "1 exchanges fit instead of 2"},
		{"--direction up", 2, "not one of to_amazon, from_amazon"},
		{"--limit 0", 2, "--limit 0"},
		{"--api Captures", 2, "--api \"Captures\": not one of "},
		{"--api capturecharge --json", 0, `^\[\]\n$`},
		{"--expect 1 --follow", 2, "choose one"},
	} {
		args := append([]string{"simulate", "history", "--at", at}, strings.Fields(c.args)...)
		status, out, errs := run(t, args...)
		if status != 0 {
			out = errs
		}
		if status != c.status || !regexp.MustCompile(c.want).MatchString(out) {
			t.Errorf("history %s: %d\n%s", c.args, status, out)
		}
	}
	_, out, _ := run(t, "simulate", "history", "--at", at, "--json")
	var list []jwosim.Exchange
	if err := json.Unmarshal([]byte(out), &list); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sim.History(jwosim.Filter{}), list); diff != "" {
		t.Error(diff)
	}
}

// Follow prints what is there, what comes, and ends when it is interrupted.
func TestSimulateHistory_follow(t *testing.T) {
	t.Parallel()
	sim, at, trip := simulator(t)
	ctx, interrupt := context.WithCancel(t.Context())
	r, w := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		ended <- cli.Run(ctx, []string{"simulate", "history", "--at", at, "--follow", "--json", "--api", "CreatePurchases"}, w, io.Discard)
		w.Close()
	}()
	d := json.NewDecoder(r)
	for _, want := range []int64{2, 3} {
		var e jwosim.Exchange
		if err := d.Decode(&e); err != nil || e.Seq != want {
			t.Fatalf("%+v, %v", e, err)
		}
		if want == 2 {
			if err := sim.Redeliver(t.Context(), trip); err != nil {
				t.Fatal(err)
			}
		}
	}
	interrupt()
	if status := <-ended; status != 0 {
		t.Errorf("status %d", status)
	}
}

func TestSimulateState(t *testing.T) {
	t.Parallel()
	sim, at, trip := simulator(t)
	file := filepath.Join(t.TempDir(), "faults.yaml")
	if err := os.WriteFile(file, []byte("preset: heavy\n500: 0.25\noutage: [0s+1m]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args   string
		status int
		want   string
	}{
		{"books", 0, `(?s)` + trip.ID() + `  store-1  delivered  approve  preauthorized  25.00  25.00 .*In all 25.00 USD held.*Seed 9`},
		{"books --json", 0, `"tripId": "` + trip.ID()},
		{"verify", 0, "(?s)^Nothing was found.*2 exchanges; 0 carts"},
		{"verify --json", 0, `"ok": true`},
		{"clock", 0, "0s ahead"},
		{"clock --advance 46h", 0, "46h0m0s ahead"},
		{"clock --json", 0, `"ahead": "46h0m0s"`},
		{"clock --advance soon", 2, "--advance: "},
		{"clock --advance=-1h", 2, "never goes back"},
		{"books", 0, `expired`},
		{"faults", 0, "^none\nSeed 9"},
		{"faults --set default,500=0.5", 0, "500=0.5"},
		{"faults --set speed=1", 2, `--set: faults: "speed" is not known`},
		{"faults --set none --file " + file, 2, "choose one"},
		{"faults --file " + file, 0, "500=0.25.*outage=0s[+]1m0s"},
		{"faults --file nowhere.yaml", 1, "--file: open nowhere.yaml"},
		{"faults --json", 0, `"preset"|"fields"`},
		{"faults --list", 0, "(?m)^429 +probability +0 +0.01 +0.05 +Amazon answers 429"},
		{"faults --list --json", 0, `"name": "outage"`},
		{"strict", 0, "(?m)amount-decimals +request "},
		{"strict --json", 0, `"name": "answer-status"`},
		{"strict --on", 0, "^Strict: yes"},
		{"strict --off --json", 0, `"strict": false`},
		{"strict --on --off", 2, "can't be used together"},
		{"books --at nowhere", 2, "--at \"nowhere\""},
		{"books --at http://127.0.0.1:1", 1, "(?s)Is it running, .*stroll simulate starts one"},
	} {
		args := append([]string{"simulate"}, strings.Fields(c.args)...)
		if !strings.Contains(c.args, "--at") {
			args = append(args, "--at", at)
		}
		status, out, errs := run(t, args...)
		if status != 0 {
			out = errs
		}
		if status != c.status || !regexp.MustCompile(c.want).MatchString(out) {
			t.Errorf("%s: %d\n%s", c.args, status, out)
		}
	}
	if f := sim.Faults(); f.Error500 != 0.25 || len(f.Outages) != 1 || sim.Ahead() != 46*time.Hour || sim.Strict() {
		t.Errorf("%s, %s ahead", f, sim.Ahead())
	}
	other := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(other.Close)
	if status, _, errs := run(t, "simulate", "books", "--at", other.URL); status != 1 || !strings.Contains(errs, "no management port of a simulator") {
		t.Errorf("%d %s", status, errs)
	}
}

// A system that does wrong makes verify fail.
func TestSimulateVerify_fails(t *testing.T) {
	t.Parallel()
	sim, at, trip := simulator(t)
	api := httptest.NewServer(sim.Handler())
	t.Cleanup(api.Close)
	body := `{"storeId":"store-1","shoppingTripId":"` + trip.ID() + `","amount":{"amount":5,"code":"USD"}}`
	resp, err := http.Post(api.URL+"/v1/capture/charge", "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	status, out, errs := run(t, "simulate", "verify", "--at", at)
	if status != 1 || !strings.Contains(out, jwosim.CaptureOutOfTurn) || !strings.Contains(errs, "found 1 things") {
		t.Errorf("%d %s %s", status, out, errs)
	}
}
