package jwosim_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/strollhq/stroll/jwosim"
)

// TestSend sends a body of one's own as gates and carts send theirs.
func TestSend(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *jwosim.Config) {
		c.Sign, c.Headers, c.Faults = &key, map[string]string{"X-Gateway": "secret"}, jwosim.Faults{Lost: 1}
	})
	w.con.on(identityPath, func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256") || r.Header.Get("X-Gateway") != "secret" || string(body) != `{"requestId":"r-1","odd":[1]}` {
			t.Errorf("%v %s", r.Header, body)
		}
		rw.WriteHeader(http.StatusTeapot)
		io.WriteString(rw, "short and stout")
	})
	a, err := w.sim.Send(t.Context(), jwosim.Raw{API: "VerifyIdentityKeys", StoreID: "store-1", EventID: "e-1", Body: []byte(`{"requestId":"r-1","odd":[1]}`)})
	if err != nil || a.Status != http.StatusTeapot || string(a.Body) != "short and stout" {
		t.Errorf("%d %s, %v", a.Status, a.Body, err)
	}
	kept := w.sim.History(jwosim.Filter{})
	if len(kept) != 1 || kept[0].RequestID != "r-1" || kept[0].EventID != "e-1" || kept[0].Status != http.StatusTeapot || kept[0].Fault != "" {
		t.Errorf("kept %+v", kept)
	}
	for _, r := range []jwosim.Raw{{API: "VerifyIdentityKeys", StoreID: "nowhere"}, {API: "AdjustCharge", StoreID: "store-1"}} {
		if _, err := w.sim.Send(t.Context(), r); err == nil {
			t.Errorf("%+v was sent", r)
		}
	}
	w.con.Close()
	if a, err := w.sim.Send(t.Context(), jwosim.Raw{API: "VerifyIdentityKeys", StoreID: "store-1"}); err == nil || a.Status != 0 {
		t.Errorf("%d from nobody", a.Status)
	}
}

// TestCartInHand gives a cart into one's own hands: it is what WalkOut would send,
// and delivering it ends the trip.
func TestCartInHand(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	trip, err := w.sim.EnterByCard(t.Context(), "store-1", "approve")
	if err != nil {
		t.Fatal(err)
	}
	if err := trip.Take(jwosim.Item{ID: "sku-1", Quantity: "2"}); err != nil {
		t.Fatal(err)
	}
	body, err := w.sim.Cart(trip, "request-1")
	if err != nil {
		t.Fatal(err)
	}
	if state := trip.State().State; state != "left" {
		t.Errorf("the trip is %s", state)
	}
	if err := trip.Take(jwosim.Item{ID: "sku-2"}); err == nil {
		t.Error("something was taken after the shopper had left")
	}
	a, err := w.sim.Send(t.Context(), jwosim.Raw{API: "CreatePurchases", StoreID: "store-1", Trip: trip, Body: body})
	if err != nil || a.Status != http.StatusCreated {
		t.Fatalf("%d, %v", a.Status, err)
	}
	if s := trip.State(); s.State != "delivered" || s.PurchaseID != "p-"+trip.ID() || s.Deliveries != 1 {
		t.Errorf("%+v", s)
	}
	// Delivered once more by the simulator it differs in the request's id alone.
	if err := w.sim.Redeliver(t.Context(), trip); err != nil {
		t.Fatal(err)
	}
	var carts []map[string]any
	for _, e := range w.sim.History(jwosim.Filter{TripID: trip.ID(), API: "CreatePurchases"}) {
		var m map[string]any
		if err := json.Unmarshal([]byte(e.Request), &m); err != nil {
			t.Fatal(err)
		}
		delete(m, "requestId")
		carts = append(carts, m)
	}
	if len(carts) != 2 || !cmp.Equal(carts[0], carts[1]) {
		t.Errorf("%d carts: %s", len(carts), cmp.Diff(carts[0], carts[1]))
	}
	if found := w.sim.Findings(); len(found) > 0 {
		t.Errorf("found %+v", found)
	}
	if _, refused := w.sim.EnterByCard(t.Context(), "store-1", "expired"); refused == nil {
		t.Fatal("let in")
	}
	for _, s := range w.sim.Trips() {
		if denied, _ := w.sim.Trip(s.ID); s.State == "denied" {
			if _, err := w.sim.Cart(denied, "r"); err == nil {
				t.Error("somebody who never came in has a cart")
			}
		}
	}
}

// TestAnswer shows documented refusals without a signature, and leaves no trace.
func TestAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *jwosim.Config) { c.Faults = jwosim.Faults{Error500: 1} })
	trip, err := w.sim.EnterByCard(t.Context(), "store-1", "approve")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		api, body string
		status    int
		answer    string
	}{
		{"CaptureCharge", charge(trip, "0"), 400, badBody},
		{"CaptureCharge", strings.Replace(charge(trip, "1"), trip.ID(), "nobody", 1), 400, unknownBody},
		{"AdjustCharge", `{`, 400, badBody},
		{"AdjustCharge", charge(trip, "10.00"), 200, ""},
	} {
		status, answer, err := w.sim.Answer(c.api, []byte(c.body))
		if err != nil || status != c.status || c.answer != "" && string(answer) != c.answer {
			t.Errorf("%s %s: %d %s, %v", c.api, c.body, status, answer, err)
		}
	}
	if _, _, err := w.sim.Answer("VerifyIdentityKeys", nil); err == nil {
		t.Error("a connector's operation was answered")
	}
	if kept := w.sim.History(jwosim.Filter{Direction: jwosim.ToAmazon}); len(kept) > 0 {
		t.Errorf("kept %+v", kept)
	}
	if b := w.book(trip); b.Adjusted != 1000 {
		t.Errorf("%+v", b)
	}
}
