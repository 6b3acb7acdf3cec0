package jwosim_test

import (
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/strollhq/stroll/jwosim"
)

// A cart has every documented field, exactly as the contract writes them.
func TestCart(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *jwosim.Config) { c.Settings.CartFields = "older" })
	trip, err := w.sim.Enter(t.Context(), jwosim.Entry{StoreID: "store-1", Card: "approve", Location: "MANUAL_IN_STORE", Loyalty: "loyal-7"})
	if err != nil {
		t.Fatal(err)
	}
	for _, it := range []jwosim.Item{
		{ID: "sku-1", Quantity: "2"},
		{ID: "4006381333931", Type: "SCANCODE", External: []jwosim.External{{ID: "036000291452", Type: "UPC"}}},
		{ID: "sku-1"},
		{ID: "sku-2"},
	} {
		if err := trip.Take(it); err != nil {
			t.Fatal(err)
		}
	}
	if err := trip.Weigh("apples", "0.455", "kg"); err != nil {
		t.Fatal(err)
	}
	if err := trip.PutBack(jwosim.Item{ID: "sku-2"}); err != nil {
		t.Fatal(err)
	}
	if err := w.sim.WalkOut(t.Context(), trip); err != nil {
		t.Fatal(err)
	}
	each := func(n string) any { return map[string]any{"value": n, "unit": "each"} }
	text := cmp.FilterPath(func(p cmp.Path) bool {
		i, ok := p.Last().(cmp.MapIndex)
		return ok && (i.Key().String() == "timestamp" || i.Key().String() == "startTime" || i.Key().String() == "endTime" ||
			i.Key().String() == "requestId")
	}, cmp.Ignore())
	got := w.con.got(purchasesPath)[0]
	instrument := got["shopperIdentity"].(map[string]any)["id"]
	event := got["shoppingTrip"].(map[string]any)["authEvents"].([]any)[0].(map[string]any)
	want := map[string]any{
		"requestId": nil, "idempotentShoppingTripId": trip.ID(), "storeId": "store-1",
		"shoppingTrip": map[string]any{"startTime": nil, "endTime": nil, "authEvents": []any{map[string]any{
			"id": event["id"], "timestamp": nil, "location": "MANUAL_IN_STORE", "payloadType": "FINANCIAL",
			"scanResult": map[string]any{"id": "loyal-7", "type": "LOYALTY"},
		}}},
		"cartItems": []any{
			map[string]any{"id": "sku-1", "type": "SKU", "quantity": each("3"), "lineItemId": "line-1"},
			map[string]any{"id": "4006381333931", "type": "SCANCODE", "quantity": each("1"), "lineItemId": "line-2",
				"externalIdentifiers": []any{map[string]any{"id": "036000291452", "type": "UPC"}}},
			map[string]any{"id": "apples", "type": "SKU", "quantity": map[string]any{"value": "0.455", "unit": "kg"}, "lineItemId": "line-3"},
		},
		"shopperIdentity": map[string]any{"id": instrument}, "paymentSource": map[string]any{"id": instrument},
		"shopperDeviceId": "reader-store-1",
	}
	if diff := cmp.Diff(want, got, text, cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
	if trip.State().PurchaseID != "p-"+trip.ID() {
		t.Errorf("%+v", trip.State())
	}
}

func TestCart_required_fields_only(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *jwosim.Config) { c.Settings.CartFields = "required" })
	w.shop("store-1", "approve")
	got := w.con.got(purchasesPath)[0]
	event := got["shoppingTrip"].(map[string]any)["authEvents"].([]any)[0].(map[string]any)
	item := got["cartItems"].([]any)[0].(map[string]any)
	if len(got) != 5 || len(event) != 2 || len(item) != 3 {
		t.Errorf("%v", got)
	}
}

func TestCart_cash_word(t *testing.T) {
	t.Parallel()
	for _, word := range []string{"CASH", "CASH_SHOPPER"} {
		w := newWorld(t, func(c *jwosim.Config) { c.Settings.CashWord = word })
		w.con.on(identityPath, say(200, `{"visitorDetails":{"id":"c-1","type":"CASH_SHOPPER"}}`))
		trip, err := w.sim.EnterByCode(t.Context(), "store-1", "CASH KEY!")
		if err != nil {
			t.Fatal(err)
		}
		if err := w.sim.WalkOut(t.Context(), trip); err != nil {
			t.Fatal(err)
		}
		event := w.con.got(purchasesPath)[0]["shoppingTrip"].(map[string]any)["authEvents"].([]any)[0].(map[string]any)
		want := map[string]any{"id": "c-1", "type": word}
		if diff := cmp.Diff(any(want), event["scanResult"]); diff != "" || event["payloadType"] != "SCAN_CODE" {
			t.Error(diff, event)
		}
	}
}

func TestCart_changes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	trip, err := w.sim.EnterByCard(t.Context(), "store-1", "approve")
	if err != nil {
		t.Fatal(err)
	}
	for _, it := range []jwosim.Item{{}, {ID: "a", Quantity: "0"}, {ID: "a", Quantity: "-1"}, {ID: "a", Quantity: "x"}, {ID: "a", Type: "ISBN"}, {ID: "a", Quantity: "12345678901"}} {
		if err := trip.Take(it); err == nil {
			t.Errorf("took %+v", it)
		}
	}
	if err := trip.PutBack(jwosim.Item{ID: "a"}); err == nil {
		t.Error("put back what was not taken")
	}
	if err := w.sim.WalkOut(t.Context(), trip); err != nil {
		t.Fatal(err)
	}
	if err := trip.Take(jwosim.Item{ID: "a"}); err == nil {
		t.Error("took something outside the store")
	}
	if st := trip.State(); len(st.Cart) != 0 || st.PurchaseID != "" || len(w.sim.Findings()) != 0 {
		t.Errorf("%+v %+v", st, w.sim.Findings())
	}
}

// 200 and 201 both take a cart; another 4xx refuses it for good.
func TestWalkOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for _, c := range []struct {
		status      int
		state, kind string
		body        string
	}{
		{200, "delivered", "", `{"purchaseId":"p"}`},
		{201, "delivered", "", `{"purchaseId":"p"}`},
		{201, "delivered", jwosim.BadAnswer, `{`},
		{201, "delivered", jwosim.PurchaseIDUnexpected, `{"purchaseId":""}`},
		{400, "refused", jwosim.CartRefused, `{}`},
		{403, "refused", jwosim.CartRefused, `{}`},
	} {
		w.con.on(purchasesPath, say(c.status, c.body))
		before := len(w.sim.Findings())
		trip, err := w.sim.EnterByCard(t.Context(), "store-1", "approve")
		if err != nil {
			t.Fatal(err)
		}
		if err := trip.Take(jwosim.Item{ID: "sku"}); err != nil {
			t.Fatal(err)
		}
		err = w.sim.WalkOut(t.Context(), trip)
		if (err == nil) != (c.state == "delivered") || trip.State().State != c.state {
			t.Errorf("%d: %v, %s", c.status, err, trip.State().State)
		}
		kinds := ""
		for _, f := range w.sim.Findings()[before:] {
			kinds += f.Kind
		}
		if kinds != c.kind {
			t.Errorf("%d %s: findings %q, want %q", c.status, c.body, kinds, c.kind)
		}
		n := len(w.con.got(purchasesPath))
		again := w.sim.WalkOut(t.Context(), trip)
		if (again == nil) != (c.state == "delivered") || len(w.con.got(purchasesPath)) != n {
			t.Errorf("%d: walking out again: %v", c.status, again)
		}
	}
}

// Lost answers and duplicates reach the connector as repeats of one trip, and
// another purchase id for it is a finding.
func TestWalkOut_repeats(t *testing.T) {
	t.Parallel()
	for _, outcome := range []string{"lost", "duplicate", "reset"} {
		w := newWorld(t, func(c *jwosim.Config) { c.Settings.CartFirst = 1 })
		var n atomic.Int32
		w.con.on(purchasesPath, func(rw http.ResponseWriter, r *http.Request) {
			say(201, `{"purchaseId":"p-`+string('0'+n.Add(1))+`"}`)(rw, r)
		})
		if err := w.sim.ForceNext("CreatePurchases", outcome); err != nil {
			t.Fatal(err)
		}
		trip := w.shop("store-1", "approve")
		got := w.con.got(purchasesPath)
		want := map[string]int{"lost": 2, "duplicate": 2, "reset": 1}[outcome]
		if len(got) != want {
			t.Fatalf("%s: %d deliveries", outcome, len(got))
		}
		for _, c := range got {
			if c["idempotentShoppingTripId"] != trip.ID() {
				t.Errorf("%v", c)
			}
		}
		kinds := len(w.sim.Findings())
		if kinds != want-1 || kinds == 1 && w.sim.Findings()[0].Kind != jwosim.PurchaseIDChanged {
			t.Errorf("%s: findings %+v", outcome, w.sim.Findings())
		}
		if h := w.sim.History(jwosim.Filter{TripID: trip.ID(), API: "CreatePurchases"}); len(h) != 2 {
			t.Errorf("%s: history %+v", outcome, h)
		}
	}
}
