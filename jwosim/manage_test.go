package jwosim_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/strollhq/stroll/jwosim"
)

// port is a client of the management port.
type port struct {
	t    *testing.T
	base string
}

func (p port) do(method, path, body string, want int, into any) string {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), method, p.base+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != want {
		p.t.Errorf("%s %s %s: %d %s, %v; want %d", method, path, body, resp.StatusCode, b, err, want)
	}
	if into != nil {
		if err := json.Unmarshal(b, into); err != nil {
			p.t.Errorf("%s %s: %v in %s", method, path, err, b)
		}
	}
	return string(b)
}

func manage(t *testing.T, w *world) port {
	srv := httptest.NewServer(w.sim.Management())
	t.Cleanup(srv.Close)
	return port{t, srv.URL}
}

func TestManagement_walk(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	p := manage(t, w)
	var trip jwosim.TripState
	p.do("POST", "/gate/card", `{"storeId":"store-1","card":"partial_50"}`, 200, &trip)
	p.do("POST", "/trip/"+trip.ID+"/take", `{"id":"sku-1","quantity":"3"}`, 200, nil)
	p.do("POST", "/trip/"+trip.ID+"/putback", `{"id":"sku-1"}`, 200, &trip)
	if len(trip.Cart) != 1 || trip.Cart[0].Quantity != "2" {
		t.Errorf("%+v", trip)
	}
	p.do("POST", "/trip/"+trip.ID+"/join", `{"card":"partial_50"}`, 200, nil)
	p.do("POST", "/trip/"+trip.ID+"/out", ``, 200, &trip)
	if trip.State != "delivered" || trip.PurchaseID == "" || trip.People != 2 {
		t.Errorf("%+v", trip)
	}
	p.do("POST", "/trip/"+trip.ID+"/redeliver", ``, 200, nil)
	var books jwosim.Books
	p.do("GET", "/books", "", 200, &books)
	if diff := cmp.Diff(w.book(mustTrip(t, w, trip.ID)), books.Trips[0]); diff != "" {
		t.Error(diff)
	}
	var h []jwosim.Exchange
	p.do("GET", "/history?trip="+trip.ID+"&api=createpurchases&limit=1", "", 200, &h)
	if len(h) != 1 || h[0].API != "CreatePurchases" || h[0].Status != 201 || !strings.Contains(h[0].Request, `"cartItems"`) {
		t.Errorf("%+v", h)
	}
	p.do("POST", "/gate/code", `{"storeId":"store-1","code":"CODE","key":"k"}`, 200, &trip)
	p.do("POST", "/trip/"+trip.ID+"/out?wait=false", ``, 200, nil)
	p.do("GET", "/trip/"+trip.ID, ``, 200, &trip)
	if trip.Key != "store-1/k" || trip.Visitor.ID != "v-1" {
		t.Errorf("%+v", trip)
	}
}

func mustTrip(t *testing.T, w *world, id string) *jwosim.Trip {
	t.Helper()
	trip, ok := w.sim.Trip(id)
	if !ok {
		t.Fatalf("no trip %s", id)
	}
	return trip
}

func TestManagement_refusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	p := manage(t, w)
	var got struct {
		Error   string
		Refused jwosim.Refused
	}
	p.do("POST", "/gate/card", `{"storeId":"store-1","card":"expired"}`, 409, &got)
	if got.Refused.Reason != "card_expired" || got.Error == "" {
		t.Errorf("%+v", got)
	}
	for _, c := range []struct {
		method, path, body string
		status             int
	}{
		{"POST", "/gate/card", `{"storeId":"nowhere","card":"approve"}`, 400},
		{"POST", "/gate/card", `{"storeId":"store-1","code":"x"}`, 400},
		{"POST", "/gate/code", `{"storeId":"store-1","code":"x","card":"y"}`, 400},
		{"POST", "/gate/code", `{"storeId":"store-1","cod":"x"}`, 400},
		{"POST", "/gate/code", `{}{}`, 400},
		{"GET", "/trip/none", ``, 404},
		{"POST", "/trip/none/out", ``, 404},
		{"GET", "/history?status=x", ``, 400},
		{"POST", "/force", `{"api":"Nothing","outcome":"500"}`, 400},
		{"POST", "/force", `{"api":"AdjustCharge","outcome":"explode"}`, 400},
		{"POST", "/force", `{"api":"AdjustCharge","outcome":"429","retryAfter":"soon"}`, 400},
		{"POST", "/force", `{"api":"CreatePurchases","outcome":"500"}`, 400},
		{"PUT", "/faults", `{"faults":"everything"}`, 400},
		{"POST", "/cards", `{"id":""}`, 400},
		{"POST", "/cards", `{"id":"a","like":"nothing"}`, 400},
		{"POST", "/visitors", `{"visitor":"v","card":"nobody's"}`, 400},
		{"DELETE", "/books", ``, 405},
		{"GET", "/nothing", ``, 404},
	} {
		p.do(c.method, c.path, c.body, c.status, nil)
	}
	req, _ := http.NewRequest("POST", p.base+"/force", strings.NewReader(`{"api":"AdjustCharge","outcome":"500"}`))
	req.Header.Set("Sec-Fetch-Site", "cross-site")
	resp, err := http.DefaultClient.Do(req)
	if err != nil || resp.StatusCode != 403 {
		t.Errorf("another site's page: %v, %v", resp, err)
	}
}

// Empty is [], never null.
func TestManagement_empty_lists(t *testing.T) {
	t.Parallel()
	p := manage(t, newWorld(t, nil))
	for _, path := range []string{"/history", "/trips", "/findings", "/cards", "/force"} {
		if got := strings.TrimSpace(p.do("GET", path, "", 200, nil)); got != "[]" {
			t.Errorf("GET %s: %s", path, got)
		}
	}
	if got := p.do("GET", "/books", "", 200, nil); strings.Contains(got, "null") {
		t.Errorf("%s", got)
	}
}

func TestManagement_settings(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	p := manage(t, w)
	p.do("PUT", "/faults", `{"faults":"pending=1,pending-tries=1"}`, 200, nil)
	var f struct{ Faults string }
	p.do("GET", "/faults", "", 200, &f)
	if f.Faults != "pending=1,pending-tries=1" {
		t.Errorf("%+v", f)
	}
	p.do("POST", "/force", `{"api":"AdjustCharge","outcome":"429","times":2,"retryAfter":"1500ms"}`, 200, nil)
	p.do("POST", "/emails", `{"shopper":"s1","email":"a@example.com"}`, 200, nil)
	p.do("POST", "/cards", `{"id":"mine","brand":"AMEX","last4":"0005","balance":{"minor":9900,"currency":"USD"}}`, 200, nil)
	p.do("POST", "/visitors", `{"visitor":"v-1","card":"mine"}`, 200, nil)
	trip, err := w.sim.EnterByCode(t.Context(), "store-1", "CODE")
	if err != nil || trip.State().Card != "mine" {
		t.Fatalf("%+v, %v", trip, err)
	}
	for range 2 {
		if status, _, h := w.raw(adjustPath, charge(trip, "5")); status != 429 || h.Get("Retry-After") != "2" {
			t.Errorf("%d, Retry-After %q", status, h.Get("Retry-After"))
		}
	}
	_, body, _ := w.raw(adjustPath, charge(trip, "5"))
	if !strings.Contains(body, "PENDING") {
		t.Error(body)
	}
	_, body, _ = w.raw(adjustPath, charge(trip, "5"))
	if !strings.Contains(body, "APPROVED") {
		t.Error(body)
	}
	w.expect(emailPath, `{"storeId":"store-1","shopperId":{"id":"s1"}}`, 200, `{"shopperEmail":"a@example.com"}`)
}

func TestManagement_index(t *testing.T) {
	t.Parallel()
	p := manage(t, newWorld(t, nil))
	page := p.do("GET", "/", "", 200, nil)
	for _, want := range []string{"NOT AMAZON", `href="/books"`, "/gate/card", "store-1", "Seed"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q in the index page", want)
		}
	}
	for _, line := range strings.Split(page, `href="`)[1:] {
		path, _, _ := strings.Cut(line, `"`)
		p.do("GET", path, "", 200, nil)
	}
}
