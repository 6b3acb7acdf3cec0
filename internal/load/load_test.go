package load_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/strollhq/stroll/internal/load"
	"github.com/strollhq/stroll/jwo"
	"github.com/strollhq/stroll/jwosim"
)

// retailer is a retailer's system of a few lines: it knows every visitor, lets
// every card in and takes every cart.
type retailer struct {
	mu    sync.Mutex
	lines []string
}

func (r *retailer) VerifyIdentityKeys(context.Context, *jwo.VerifyIdentityKeysRequest) (*jwo.VerifyIdentityKeysResponse, error) {
	return &jwo.VerifyIdentityKeysResponse{VisitorDetails: &jwo.VisitorDetails{ID: "v", Type: jwo.Shopper}}, nil
}

func (r *retailer) GetShopperAuthorization(context.Context, *jwo.ShopperAuthorizationRequest) (*jwo.ShopperAuthorizationResponse, error) {
	return &jwo.ShopperAuthorizationResponse{ShopperAuthorized: true}, nil
}

func (r *retailer) CreatePurchases(_ context.Context, req *jwo.CreatePurchasesRequest) (*jwo.CreatePurchasesResponse, error) {
	var b strings.Builder
	for _, it := range req.CartItems {
		fmt.Fprintf(&b, "%s %s×%s %s;", it.Type, it.ID, it.Quantity.Value, it.Quantity.Unit)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = append(r.lines, b.String())
	id := "p"
	if len(req.CartItems) == 0 {
		id = ""
	}
	return &jwo.CreatePurchasesResponse{PurchaseID: id}, nil
}

// crowd sends shoppers through a fresh shop and returns what became of them.
func crowd(t *testing.T, seed uint64, parallel int) (load.Tally, map[string]int) {
	t.Helper()
	r := &retailer{}
	mux := http.NewServeMux()
	mux.Handle(jwo.PathVerifyIdentityKeys, jwo.IdentityHandler(r, jwo.HandlerConfig{}))
	mux.Handle(jwo.PathGetShopperAuthorization, jwo.AuthorizationHandler(r, jwo.HandlerConfig{}))
	mux.Handle(jwo.PathCreatePurchases, jwo.PurchasesHandler(r, jwo.HandlerConfig{}))
	srv := httptest.NewServer(mux)
	defer srv.Close()
	sim, err := jwosim.New(jwosim.Config{Seed: seed, Stores: []jwosim.Store{{ID: "s", Currency: "USD", ConnectorURL: srv.URL}}})
	if err != nil {
		t.Fatal(err)
	}
	defer sim.Close()
	told := 0
	tally, err := load.Run(t.Context(), load.Config{
		Sim: sim, StoreID: "s", Trips: 120, Parallel: parallel, Seed: seed,
		Items:    []load.Item{{SKU: "tea", Unit: "each", Barcode: "4006381333931"}, {SKU: "nuts", Unit: "lb", Weighed: true}},
		Visitors: []load.Visitor{{ID: "a", Kind: jwo.Shopper}, {ID: "b", Kind: jwo.Shopper}},
		Code: func(_ context.Context, id string) (string, error) {
			if id == "b" {
				return "", errors.New("owes")
			}
			return "CODE" + id, nil
		},
		Progress: func(load.Tally) { told++ },
	})
	if err != nil {
		t.Fatal(err)
	}
	if told == 0 {
		t.Error("nobody was told of the progress")
	}
	carts := map[string]int{}
	for _, l := range r.lines {
		carts[l]++
	}
	return tally, carts
}

func TestEveryShopperIsAccountedFor(t *testing.T) {
	t.Parallel()
	tally, carts := crowd(t, 1, 8)
	turned := tally.NoCode
	for _, n := range tally.Refused {
		turned += n
	}
	if in := tally.ByCode + tally.ByCard; tally.Trips != 120 || in+turned != 120 || tally.Left != in {
		t.Errorf("%+v", tally)
	}
	if tally.NoCode == 0 || tally.ByCode == 0 || tally.Empty == 0 || tally.People <= tally.ByCode+tally.ByCard || len(tally.Failures) > 0 {
		t.Errorf("%+v", tally)
	}
	weighed, scanned := false, false
	for l := range carts {
		weighed = weighed || strings.Contains(l, " lb;")
		scanned = scanned || strings.Contains(l, "SCANCODE 4006381333931")
	}
	if !weighed || !scanned || carts[""] != tally.Empty {
		t.Errorf("weighed %v, scanned %v, %d empty carts", weighed, scanned, carts[""])
	}
}

func TestTheSeedDecidesWhateverTheOrder(t *testing.T) {
	t.Parallel()
	one, carts := crowd(t, 7, 1)
	many, others := crowd(t, 7, 16)
	if d := cmp.Diff(one, many); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(carts, others); d != "" {
		t.Error(d)
	}
	if other, _ := crowd(t, 8, 1); cmp.Equal(one, other) {
		t.Error("another seed, the same crowd")
	}
}
