package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/strollhq/stroll/internal/load"
	"github.com/strollhq/stroll/jwosim"
)

var (
	kills = flag.Int("kills", 5, "how often the program, and half as often its database server, is killed on each database")
	seed  = flag.Uint64("seed", 1, "decides when the campaigns strike and what their shoppers do")
)

// campaign is a store that stays open whatever happens to the process behind
// it: shoppers arrive through many gates all the time, at an Amazon that would
// take the money of each Capture again.
type campaign struct {
	t         *testing.T
	program   string
	dir       string
	database  string
	rng       *rand.Rand
	sim       *jwosim.Sim
	connector *relay
	calls     *odometer    // to and from the program
	failures  atomic.Int64 // answers with a 5xx
	portal    atomic.Pointer[string]
	gates     int // how many shoppers are on their way at once
	leave     context.CancelFunc
	left      chan load.Tally
}

// appKey is what the shoppers' app shows to get scan codes.
const appKey = "0123456789abcdef-of-the-app"

// trips is how many shoppers come before the next crowd.
const trips = 1000

// newCampaign makes the store on a database, a file of the campaign's folder or
// a postgres:// address. Nobody has come yet and nothing is started.
func newCampaign(t *testing.T, dir, database string) *campaign {
	t.Helper()
	c := &campaign{
		t: t, program: built(t), dir: dir, database: database, calls: &odometer{}, gates: 24,
		rng: rand.New(rand.NewPCG(*seed, uint64(len(t.Name())))), connector: newRelay(t), left: make(chan load.Tally, 1),
	}
	var err error
	c.sim, err = jwosim.New(jwosim.Config{
		Seed: *seed, History: 1 << 20,
		Accept: []jwosim.Credentials{{AccessKeyID: "AKIDSTROLL", SecretAccessKey: "secret-of-the-tests"}},
		Cards:  proving(),
		Stores: []jwosim.Store{{ID: store, ConnectorURL: c.connector.URL, DefaultGate: "closed"}},
		// Calls take their time, so that there are always some under way.
		Faults: jwosim.Faults{
			Latency:       jwosim.Latency{Law: jwosim.LogNormal, Typical: 4 * time.Millisecond, Long: 40 * time.Millisecond},
			DuplicateGate: 0.05, DuplicateCart: 0.05,
		},
		Settings: jwosim.Settings{DoubleCaptures: true, CartFirst: 20 * time.Millisecond, CartCeiling: 100 * time.Millisecond},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.sim.Close() })
	amazon := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.sim.Handler().ServeHTTP(w, r)
		c.calls.pass()
	}))
	t.Cleanup(amazon.Close)
	c.connector.answered = func(r *http.Response) error {
		if r.StatusCode >= 500 {
			c.failures.Add(1)
		}
		c.calls.pass()
		return nil
	}
	// With fa.fallback error a card's 200 is always a decision: the answer of a
	// fallback binds nobody (contract: entry 7.4), so it could not be compared.
	configure(t, dir, amazon.URL,
		"database: stroll.db", "database: "+database+"\napp_keys: ["+appKey+"]\nreceipt: {emv_wait: 1s, schedule: [1s]}",
		"    pay:\n", "    gate: {fa: {fallback: error}}\n    cart: {bad_cart: {mode: charge_known}}\n    pay:\n      adjust: {pending_first: 100ms, pending_ceiling: 300ms}\n")
	return c
}

// proving are the cards of the shoppers whose transactional data would lack the
// reconciliation id, made into ones that have it. After a kill between a Capture
// and its answer that id is the only evidence there is; without it the same
// Capture is sent again by the default policy (contract: payments 9.5), and this
// Amazon would take the money again.
func proving() (cards []jwosim.Card) {
	for i := range trips/80 + 1 { // as many as the crowd draws from
		cards = append(cards, jwosim.Card{ID: fmt.Sprintf("no_emv#%d", i), Like: "approve"})
	}
	return cards
}

// start starts the program.
func (c *campaign) start() *process {
	c.t.Helper()
	return launch(c.t, c.program, c.dir, "serve")
}

// open starts the program and sends the shoppers to it.
func (c *campaign) open() server {
	c.t.Helper()
	s := c.start().serving()
	c.point(s)
	return s
}

// point sends the shoppers to these processes, call by call in turns.
func (c *campaign) point(to ...server) {
	c.t.Helper()
	var addresses []string
	for _, s := range to {
		addresses = append(addresses, s.connector)
	}
	portal := to[0].portal
	c.portal.Store(&portal)
	c.connector.point(c.t, addresses...)
}

// shoppers lets them arrive until dismiss.
func (c *campaign) shoppers() {
	ctx, leave := context.WithCancel(c.t.Context())
	c.leave = leave
	from := nowhere // until the program has started
	c.portal.Store(&from)
	var visitors []load.Visitor
	for i := range 6 {
		id := fmt.Sprintf("shopper-%d", i)
		ask(c.t, c.program, c.dir, "shopper", "put", id)
		visitors = append(visitors, load.Visitor{ID: id, Kind: "SHOPPER"})
	}
	go func() {
		sum := load.Tally{Refused: map[string]int{}}
		for n := uint64(0); ctx.Err() == nil; n++ {
			// Its error is the end of the context.
			tally, _ := load.Run(ctx, load.Config{
				Sim: c.sim, StoreID: store, Trips: trips, Parallel: c.gates, Seed: *seed + n,
				Items: []load.Item{{SKU: "SNK-001", Unit: "each"}, {SKU: "SNK-002", Unit: "each"}}, Visitors: visitors, Code: c.code,
			})
			sum.Trips, sum.NoCode, sum.Left = sum.Trips+tally.Trips, sum.NoCode+tally.NoCode, sum.Left+tally.Left
			for why, n := range tally.Refused {
				sum.Refused[why] += n
			}
		}
		c.left <- sum
	}()
}

// code is the shopper's app.
func (c *campaign) code(ctx context.Context, visitor string) (string, error) {
	body := fmt.Sprintf(`{"storeId":%q,"shopperId":%q}`, store, visitor)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, *c.portal.Load()+"/app/v1/scan-codes", strings.NewReader(body))
	if err != nil {
		return "", err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+appKey)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	var answer struct{ Code string }
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || answer.Code == "" {
		return "", errors.Join(fmt.Errorf("no code: status %d", resp.StatusCode), err)
	}
	return answer.Code, nil
}

// dismiss ends the stream of shoppers. Whoever is inside walks out, and every
// cart that is still on its way is delivered to the program, which must run.
func (c *campaign) dismiss() load.Tally {
	c.t.Helper()
	c.leave()
	tally := <-c.left
	for _, trip := range c.sim.Trips() {
		t, _ := c.sim.Trip(trip.ID)
		var err error
		switch trip.State {
		case "shopping":
			err = c.sim.WalkOut(c.t.Context(), t)
		case "undelivered":
			err = c.sim.Redeliver(c.t.Context(), t)
		}
		if err != nil {
			c.t.Errorf("deliver the cart of a shopper who was inside: %v", err)
		}
	}
	return tally
}

// pass waits until n more calls have gone to or from the program.
func (c *campaign) pass(n int) {
	c.t.Helper()
	select {
	case <-c.calls.after(n):
	case <-time.After(patience):
		c.t.Fatal("no call passes any more")
	}
}

// kill ends the process as a power cut would; it must have run until then.
func (c *campaign) kill(p *process) {
	c.t.Helper()
	// An error means that it has ended, which the status shows below.
	_ = p.cmd.Process.Signal(syscall.SIGKILL)
	<-p.done
	if st, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || st.Signal() != syscall.SIGKILL {
		c.t.Fatalf("it ended by itself, %v:\n%s", p.cmd.ProcessState, p.printed())
	}
	c.quiet(p)
}

// quiet fails the test for what no process may ever print.
func (c *campaign) quiet(p *process) {
	c.t.Helper()
	text := p.printed()
	for _, never := range []string{"panic", "goroutine ", "invariant"} {
		if i := strings.Index(text, never); i >= 0 {
			c.t.Errorf("it printed %q:\n%s", never, text[max(0, i-200):min(len(text), i+2000)])
		}
	}
}

// moment waits for a drawn part of a span: the fault strikes then, nothing is
// waited for.
func (c *campaign) moment(span time.Duration) {
	<-time.After(time.Duration(c.rng.Int64N(int64(span))))
}

// send repeats a request as it was sent and returns the answer.
func (c *campaign) send(path, body string) (int, string) {
	c.t.Helper()
	resp, err := http.Post(c.connector.URL+path, "application/json", strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	var text bytes.Buffer
	if _, err := text.ReadFrom(resp.Body); err != nil {
		c.t.Fatal(err)
	}
	return resp.StatusCode, text.String()
}
