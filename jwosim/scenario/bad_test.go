package scenario_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/strollhq/stroll/internal/testkit"
	"github.com/strollhq/stroll/jwosim"
	"github.com/strollhq/stroll/jwosim/scenario"
)

const badStore = "store-1"

// bad is a retailer's system that does things wrong. nonsense answers 200 to
// everything and calls nobody. careless takes every cart and calls Amazon for
// it, however often it comes, and reads no answer.
type bad struct {
	amazon string
	client *http.Client
	ctx    context.Context
	n      atomic.Int64
	work   sync.WaitGroup
}

func (b *bad) nonsense(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintf(w, `{"nonsense": %d}`, b.n.Add(1))
}

func (b *bad) careless(w http.ResponseWriter, r *http.Request) {
	n := b.n.Add(1)
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	switch r.URL.Path {
	case "/v1/identity/identity-keys":
		fmt.Fprintf(w, `{"visitorDetails": {"id": "visitor-%d", "type": "SHOPPER"}}`, n)
	case "/v1/fraudandabuse/shopperauthorization":
		fmt.Fprintf(w, `{"shopperAuthorized": true, "authorizationConditions": [], "shopperRisks": ["try %d"]}`, n)
	case "/v1/identity/scan":
		fmt.Fprint(w, `{"resolution": "ACCEPT"}`)
	case "/v1/order/purchases":
		w.WriteHeader(http.StatusCreated)
		fmt.Fprintf(w, `{"purchaseId": "p-%d"}`, n)
		b.work.Go(func() { b.charge(text) })
	default:
		http.NotFound(w, r)
	}
}

// charge calls everything there is to call, twice, and believes in success.
func (b *bad) charge(cart []byte) {
	var c struct {
		Store string                                           `json:"storeId"`
		Trip  string                                           `json:"idempotentShoppingTripId"`
		Items []struct{ Quantity struct{ Value json.Number } } `json:"cartItems"`
	}
	_ = json.Unmarshal(cart, &c)
	who := fmt.Sprintf(`"storeId": %q, "shoppingTripId": %q`, c.Store, c.Trip)
	total := int64(1)
	for _, it := range c.Items {
		n, _ := it.Quantity.Value.Int64()
		total += 2 * n
	}
	for i := range int64(2) {
		sum := fmt.Sprintf(`{"amount": %d, "code": "USD"}`, total+i)
		for _, call := range [][2]string{
			{"adjust/charge", `"amount": ` + sum}, {"capture/charge", `"amount": ` + sum}, {"cancel/charge", `"now": true`}, {"payment/transactional-data", `"now": true`},
			{"feedback/payment-status", `"totalAmount": {"amount": "40.001", "code": "USD"}, "settledAmount": ` + sum},
		} {
			ctx, cancel := context.WithTimeout(b.ctx, 5*time.Second)
			req, err := http.NewRequestWithContext(ctx, http.MethodPost, b.amazon+"/v1/"+call[0], strings.NewReader("{"+who+", "+call[1]+"}"))
			if err == nil {
				if resp, err := b.client.Do(req); err == nil {
					_, _ = io.Copy(io.Discard, resp.Body)
					resp.Body.Close()
				}
			}
			cancel()
		}
	}
}

// against plays scenarios against a bad system in virtual time.
func against(t *testing.T, strategy string, handler func(*bad) http.HandlerFunc, list []scenario.Scenario) []scenario.Result {
	t.Helper()
	var results []scenario.Result
	synctest.Test(t, func(t *testing.T) {
		network := testkit.NewNet()
		defer network.Close()
		b := &bad{client: network.Client(), ctx: t.Context()}
		retailer, amazon := network.Listen("retailer:80"), network.Listen("amazon:80")
		b.amazon = "http://" + amazon.Addr().String()
		sim, err := jwosim.New(jwosim.Config{
			Seed: 1, AcceptUnsigned: true, Connector: network.Client(), History: -1 + 200_000,
			Stores: []jwosim.Store{{ID: badStore, ConnectorURL: "http://" + retailer.Addr().String(), Strategy: strategy, ScanCodePattern: pattern[strategy]}},
		})
		if err != nil {
			t.Fatal(err)
		}
		var serving sync.WaitGroup
		var doors []*http.Server
		for _, d := range []struct {
			l net.Listener
			h http.Handler
		}{{retailer, handler(b)}, {amazon, sim.Handler()}} {
			s := &http.Server{Handler: d.h}
			doors = append(doors, s)
			serving.Go(func() { _ = s.Serve(d.l) })
		}
		noop := func(context.Context) error { return nil }
		r := scenario.Runner{Sim: sim, Options: scenario.Options{
			Item: "SKU-1", Weighed: "SKU-2", Unit: "kg", Barcode: "036000291452", Burst: 30, Fallback: "deny", Freshness: time.Minute,
			Code: func(_ context.Context, r scenario.Role) (string, error) {
				return fmt.Sprintf("PREFIX0%032x%010d", b.n.Add(1), time.Now().Unix()), nil
			},
			Operator: map[string]string{"accept": "A", "deny": "B", "adjust": "C"},
			Priced:   priced(list), Patience: time.Minute, Quiet: 20 * time.Second, Restart: noop,
			Break: func(context.Context) (func(context.Context) error, error) { return noop, nil },
		}}
		results = r.RunAll(t.Context(), list, 16, nil)
		b.work.Wait()
		for _, d := range doors {
			d.Close()
		}
		sim.Close()
		serving.Wait()
	})
	return results
}

// priced names a cart for every case of prices.
func priced(list []scenario.Scenario) map[string]scenario.Priced {
	all := map[string]scenario.Priced{}
	for _, sc := range list {
		if strings.HasPrefix(sc.Name, "price.") {
			all[sc.Name] = scenario.Priced{Items: []jwosim.Item{{ID: "SKU-1"}}, Total: "1.23"}
		}
	}
	return all
}

// TestEveryScenarioCanFail: a scenario that passes, or does not look, where
// everything is wrong is worth nothing.
func TestEveryScenarioCanFail(t *testing.T) {
	t.Parallel()
	for name, handler := range map[string]func(*bad) http.HandlerFunc{
		"nonsense": func(b *bad) http.HandlerFunc { return b.nonsense },
		"careless": func(b *bad) http.HandlerFunc { return b.careless },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			failed := map[string]bool{}
			why := map[string]string{}
			for _, strategy := range []string{jwosim.RetailerManaged, jwosim.AmazonRecommendation, jwosim.AmazonManaged} {
				for _, r := range against(t, strategy, handler, scenario.All()) {
					if r.Verdict == scenario.Differs {
						failed[r.Name] = true
					} else {
						why[r.Name] += strategy + ": " + r.String() + "\n"
					}
				}
			}
			for _, sc := range scenario.All() {
				if failed[sc.Name] == blameless[name][sc.Name] {
					t.Errorf("%s fails where everything is wrong: %v\n%s", sc.Name, failed[sc.Name], why[sc.Name])
				}
			}
		})
	}
}

// blameless are what a bad system cannot get wrong in its way.
var blameless = map[string]map[string]bool{
	// Nobody knows how a scan is rejected.
	"nonsense": {"scan.unknown": true},
	// Everybody is let in and every cart is taken, which is sometimes right.
	"careless": {
		"entry.valid-code": true, "entry.no-channel": true, "entry.unknown-fields": true, "code.within-limit": true, "code.clocks-differ": true,
		"scan.accepted": true, "scan.plain": true, "scan.in-id": true, "card.unknown-risk": true, "card.event-types": true, "card.no-advice": true, "card.operator-accept": true,
		"plan.identity-reachable": true, "plan.ordering-reachable": true,
	},
}

// pattern of the scan codes: one that no code fits, in one store only, since
// a store without any lets more through.
var pattern = map[string]string{jwosim.AmazonManaged: "^no code$"}
