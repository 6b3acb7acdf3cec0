package demo_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/strollhq/stroll/internal/app"
	"github.com/strollhq/stroll/internal/cart"
	"github.com/strollhq/stroll/internal/demo"
	"github.com/strollhq/stroll/internal/gate"
	"github.com/strollhq/stroll/internal/pay"
	"github.com/strollhq/stroll/internal/testkit"
	"github.com/strollhq/stroll/jwo"
	"github.com/strollhq/stroll/jwosim"
)

// copies of one request that arrive at once.
const copies = 100

// pairs of trips, one by code and one by card, that go through the storm: the 50
// of ./test make 10,000 carts and 10,000 gate events.
var pairs = flag.Int("pairs", of(10, 2), "how many pairs of trips go through the storm")

// storm multiplies every request to a connector: the same signed bytes, at
// once, to all programs in turn.
type storm struct {
	http.RoundTripper
	doors []string // host and port of each program's connector

	mu      sync.Mutex
	answers map[string]map[string]int // by request body: how often each answer came
	first   map[string]int            // by request body: answers not marked as a repeat's
}

func (s *storm) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Host != s.doors[0] {
		return s.RoundTripper.RoundTrip(r)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	var got [copies]*http.Response
	var failed [copies]error
	var all sync.WaitGroup
	for i := range copies {
		all.Go(func() { got[i], failed[i] = s.once(r, body, s.doors[i%len(s.doors)]) })
	}
	all.Wait()
	return got[0], errors.Join(failed[:]...)
}

// once sends one copy and keeps what came back.
func (s *storm) once(r *http.Request, body []byte, door string) (*http.Response, error) {
	c := r.Clone(r.Context())
	c.URL.Host, c.Body = door, io.NopCloser(bytes.NewReader(body)) // c.Host is signed
	resp, err := s.RoundTripper.RoundTrip(c)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(answer))
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.answers[string(body)] == nil {
		s.answers[string(body)] = map[string]int{}
	}
	s.answers[string(body)][fmt.Sprintf("%s: %d %s", r.URL.Path, resp.StatusCode, answer)]++
	if resp.Header.Get("Idempotency-Hit") == "" {
		s.first[string(body)]++
	}
	return resp, nil
}

// TestStorm sends a hundred copies of every gate event and of every cart at
// once, through the connector of one program and of two programs on one
// database: everything happens once and every copy gets the same bytes.
func TestStorm(t *testing.T) {
	t.Parallel()
	t.Run("one_program", func(t *testing.T) {
		testkit.EachDSN(t, func(t *testing.T, dsn string) { stormy(t, dsn, 1) })
	})
	t.Run("two_programs_on_one_database", func(t *testing.T) {
		t.Parallel()
		stormy(t, testkit.PostgresDSN(t), 2)
	})
}

// stormy opens the programs and sends both kinds of trip through the storm.
func stormy(t *testing.T, dsn string, programs int) {
	synctest.Test(t, func(t *testing.T) {
		network := testkit.NewNet()
		defer network.Close()
		s := &storm{RoundTripper: network.Client().Transport, answers: map[string]map[string]int{}, first: map[string]int{}}
		ctx, stop := context.WithCancel(t.Context())
		var worlds []*demo.World
		var running sync.WaitGroup
		defer func() {
			stop()
			running.Wait()
			for _, w := range worlds {
				if err := w.Close(); err != nil {
					t.Errorf("close: %v", err)
				}
			}
		}()
		for range programs {
			w, err := demo.Open(ctx, demo.Config{
				Database: dsn, Seed: 1, HTTP: &http.Client{Transport: s},
				Listen: func(addr string) (net.Listener, error) { return network.Listen(addr), nil },
				Edit: func(c *app.Config) {
					c.Listen = app.Listen{Connector: "127.0.0.1:0", Portal: "127.0.0.1:0", Admin: "127.0.0.1:0"}
					c.PublicURL = ""
					c.Amazon.Inbound.Rate, c.Amazon.Inbound.InFlight = -1, -1 // ten thousand in no time of the clock
					c.Jobs.Poll, c.Jobs.Lease = 10*time.Minute, time.Hour
					if len(worlds) > 0 {
						c.Amazon.PaymentsURL = worlds[0].Addresses()["amazon"] // the same Amazon
					}
				},
			})
			if err != nil {
				t.Fatal(err)
			}
			worlds = append(worlds, w)
			door, err := url.Parse(w.Addresses()["connector"])
			if err != nil {
				t.Fatal(err)
			}
			s.doors = append(s.doors, door.Host)
			running.Go(func() {
				if err := w.Run(ctx); err != nil {
					t.Errorf("run: %v", err)
				}
			})
		}
		s.weather(t, ctx, worlds[0])
	})
}

func (s *storm) weather(t *testing.T, ctx context.Context, w *demo.World) {
	var trips []*jwosim.Trip
	for range *pairs {
		code, err := w.App.Gate.IssueCode(ctx, demo.StoreID, "shopper-01")
		if err != nil {
			t.Fatal(err)
		}
		byCode, err1 := w.Sim.EnterByCode(ctx, demo.StoreID, code.Text)
		byCard, err2 := w.Sim.EnterByCard(ctx, demo.StoreID, "approve")
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
		trips = append(trips, byCode, byCard)
	}
	for _, trip := range trips {
		for _, sku := range []string{"DRK-001", w.App.Config().Stores[0].Prices.Items[1].SKU} {
			if err := trip.Take(jwosim.Item{ID: sku}); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Sim.WalkOut(ctx, trip); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Rest(ctx, time.Hour, nil); err != nil {
		t.Fatal(err)
	}
	for _, trip := range trips { // and again when everything is done
		if err := w.Sim.Redeliver(ctx, trip); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Rest(ctx, time.Hour, nil); err != nil {
		t.Fatal(err)
	}
	s.equal(t, len(trips))
	s.happened(t, ctx, w, trips)
	lost := 0
	if t.Failed() {
		lost = 1
	}
	on := w.App.DB.Engine()
	if len(s.doors) > 1 {
		on += ", two programs"
	}
	for _, kind := range []string{"cart", "gate event"} {
		testkit.Tell(t, testkit.Tried{Fault: "100 copies of one " + kind + " at once", Where: "connector", Times: len(trips) * copies, Lost: lost, On: on})
	}
}

// equal checks the answers, those to a cart that came again much later too.
func (s *storm) equal(t *testing.T, trips int) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	carts := map[string]bool{}
	for body, answers := range s.answers {
		if len(answers) != 1 {
			t.Errorf("%d answers to one request: %v", len(answers), answers)
		}
		for answer, n := range answers {
			if n%copies != 0 || !strings.Contains(answer, ": 20") {
				t.Errorf("%d times %s", n, answer)
			}
			if strings.Contains(answer, "/purchases") {
				carts[answer] = true
			} else if s.first[body] != 1 {
				t.Errorf("%d copies are marked as the first: %s", s.first[body], answer)
			}
		}
	}
	if len(carts) != trips {
		t.Errorf("%d carts were answered in %d ways: %v", trips, len(carts), carts)
	}
}

// happened checks that each trip has one of everything, on both sides.
func (s *storm) happened(t *testing.T, ctx context.Context, w *demo.World, trips []*jwosim.Trip) {
	t.Helper()
	one := func(what string, n int, err error) {
		t.Helper()
		if n != 1 || err != nil {
			t.Errorf("%d %s, %v", n, what, err)
		}
	}
	for _, api := range []string{jwo.APIVerifyIdentityKeys, jwo.APIGetShopperAuthorization} {
		decisions, err := w.App.Gate.Decisions(ctx, gate.Filter{API: api, Limit: 1000})
		if err != nil || len(decisions) != len(trips)/2 {
			t.Errorf("%d decisions by %s, %v", len(decisions), api, err)
		}
	}
	var admissions int
	if err := w.App.DB.Reader().QueryRowContext(ctx, `SELECT COUNT(*) FROM gate_decision WHERE admitted_at <> 0`).Scan(&admissions); err != nil || admissions != len(trips) {
		t.Errorf("%d admissions of %d, %v", admissions, len(trips), err)
	}
	payments, err1 := w.App.Pay.List(ctx, pay.Filter{})
	purchases, err2 := w.App.Carts.List(ctx, cart.Filter{})
	receipts, err3 := w.App.Receipts.List(ctx, 1000)
	if err := errors.Join(err1, err2, err3); err != nil || len(payments) != len(trips) || len(purchases) != len(trips) || len(receipts) != len(trips) {
		t.Errorf("%d payments, %d purchases and %d receipts of %d trips, %v", len(payments), len(purchases), len(receipts), len(trips), err)
	}
	for _, trip := range trips {
		for _, api := range []string{jwo.APIAdjustCharge, jwo.APICaptureCharge} {
			one(api+" of trip "+trip.ID(), len(w.Sim.History(jwosim.Filter{API: api, TripID: trip.ID(), Direction: jwosim.ToAmazon})), nil)
		}
		p, err := w.App.Carts.Get(ctx, w.App.DB.Reader(), trip.ID())
		if err != nil {
			t.Error(err)
		}
		for _, b := range w.Sim.Books().Trips {
			if b.TripID == trip.ID() && (b.Captures != 1 || b.Captured != p.Total.Minor || b.PurchaseID != p.PurchaseID) {
				t.Errorf("Amazon captured %d in %d for purchase %s, ours is %s of %s", b.Captured, b.Captures, b.PurchaseID, p.PurchaseID, p.Total)
			}
		}
	}
	if b := w.Sim.Books(); b.Balanced != "" || len(b.Findings) > 0 || len(b.Trips) != len(trips) {
		t.Errorf("Amazon's books: %d trips, %s %v", len(b.Trips), b.Balanced, b.Findings)
	}
	v, err := w.App.Pay.Verify(ctx)
	if err != nil || len(v.Differences) > 0 {
		t.Errorf("our ledger: %v %v", v.Differences, err)
	}
}
