package cli_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/strollhq/stroll/jwosim"
	"github.com/strollhq/stroll/jwosim/scenario"
)

var addressOf = regexp.MustCompile(`http://[0-9.:]+`)

// TestTrigger plays scenarios by a process against a process.
func TestTrigger(t *testing.T) {
	t.Parallel()
	amazon := newRelay(t)
	dir := folder(t, amazon.URL, "  region: us-east-1\n",
		"  region: us-east-1\n  inbound: {mode: sigv4, keys: [{id: AKIDGATEWAY, secret: secret-of-the-gateway}]}\n")
	s := serve(t, dir)
	command(t, dir, "shopper", "put", "ada")
	trigger := start(t, dir, "simulate", "trigger", "entry.valid-code", "ordering.duplicate-cart", "pay.adjust-declined", "pay.capture-server-error", "r-18.*", "price.exempt", "entry.associate",
		"--for", "store.yaml", "--listen", "127.0.0.1:0", "--connector", s.connector, "--quiet", "500ms", "--priced", "price.exempt=SNK-001*2,SNK-002=7.97",
		"--code-command", `if [ "$ROLE" = shopper ]; then stroll code --shopper ada --text; fi`)
	amazon.point(t, addressOf.FindString(trigger.wait("^Amazon's API")))
	trigger.wait(`^entry.associate +not applicable +.*needs a scan code of somebody who is staff`)
	trigger.wait("^6 in order, 0 differ, 1 not applicable")
	trigger.ended(0)
	s.stop()
}

// TestTriggerAtARunningSimulator plays inside one.
func TestTriggerAtARunningSimulator(t *testing.T) {
	t.Parallel()
	amazon := newRelay(t)
	dir := folder(t, amazon.URL)
	s := serve(t, dir)
	command(t, dir, "shopper", "put", "ada")
	sim := start(t, dir, "simulate", "--for", "store.yaml", "--listen", "127.0.0.1:0", "--manage", "127.0.0.1:0",
		"--connector", s.connector, "--faults", "heavy", "--code-command", "stroll code --shopper ada --text")
	amazon.point(t, addressOf.FindString(sim.wait("^Amazon's API")))
	port := addressOf.FindString(sim.wait("^Gates, books"))
	out := command(t, dir, "simulate", "trigger", "ordering.empty-cart", "entry.valid-code", "--at", port, "--quiet", "500ms")
	if !strings.Contains(out, "2 in order, 0 differ") {
		t.Error(out)
	}
	var all struct{ Scenarios, Waiting []any }
	if status := manage(t, "GET", port+"/scenarios", "", &all); status != 200 || len(all.Scenarios) < 200 || len(all.Waiting) == 0 {
		t.Errorf("%d, %d scenarios", status, len(all.Scenarios))
	}
	var faults struct{ Faults string }
	if manage(t, "GET", port+"/faults", "", &faults); faults.Faults != jwosim.HeavyFaults().String() {
		t.Errorf("the faults are not what they were: %s", faults.Faults)
	}
	for path, c := range map[string]struct {
		body   string
		status int
	}{
		"/scenarios/entry.nobody":     {`{}`, http.StatusNotFound},
		"/scenarios/entry.valid-code": {`{"nonsense": 1}`, http.StatusBadRequest},
		"/scenarios/entry.empty-body": {`{"quiet": "now"}`, http.StatusBadRequest},
	} {
		var e struct{ Error string }
		if status := manage(t, "POST", port+path, c.body, &e); status != c.status || e.Error == "" {
			t.Errorf("%s: %d %q", path, status, e.Error)
		}
	}
	s.stop()
	sim.stop()
}

// TestTriggerRestart kills the retailer's process in the middle of a scenario.
func TestTriggerRestart(t *testing.T) {
	t.Parallel()
	connector := newRelay(t)
	sim, err := jwosim.New(jwosim.Config{
		Seed: 1, Accept: []jwosim.Credentials{{AccessKeyID: "AKIDSTROLL", SecretAccessKey: "secret-of-the-tests"}},
		Stores: []jwosim.Store{{ID: store, ConnectorURL: connector.URL}},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer sim.Close()
	amazon := httptest.NewServer(sim.Handler())
	defer amazon.Close()
	dir := folder(t, amazon.URL)
	s := serve(t, dir)
	connector.point(t, s.connector)
	list, err := scenario.Match("ordering.restart")
	if err != nil {
		t.Fatal(err)
	}
	r := scenario.Runner{Sim: sim, Options: scenario.Options{
		Item: "SNK-001", Quiet: 500 * time.Millisecond, Patience: patience,
		Restart: func(context.Context) error {
			s.signal(syscall.SIGKILL)
			<-s.done
			s = serve(t, dir)
			connector.point(t, s.connector)
			return nil
		},
	}}
	if res := r.Run(t.Context(), list[0]); res.Verdict != scenario.InOrder {
		t.Errorf("%s\n%+v", res, res.Steps)
	}
	s.stop()
}
