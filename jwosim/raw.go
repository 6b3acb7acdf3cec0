package jwosim

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// connectorPaths are the documented calls to a retailer's connectors, the
// optional ones among them.
var connectorPaths = map[string]string{
	"VerifyIdentityKeys":      "/v1/identity/identity-keys",
	"GetShopperAuthorization": "/v1/fraudandabuse/shopperauthorization",
	"CreatePurchases":         "/v1/order/purchases",
	"ResolveScan":             "/v1/identity/scan",
	"GetScanDetails":          "/v1/identity/scan/details",
	"GetShopper":              "/v1/identity/shopper",
}

// Raw is one request with a body of your own to a store's connector: for what
// Amazon sends rarely or by mistake, and gates and carts here never do.
type Raw struct {
	// API is the operation: VerifyIdentityKeys, GetShopperAuthorization,
	// CreatePurchases, ResolveScan, GetScanDetails or GetShopper.
	API string
	// StoreID whose connector is asked; the body may name another.
	StoreID string
	// Trip the request belongs to, where there is one. A cart answered 2xx makes
	// it delivered.
	Trip *Trip
	// EventID, for the history.
	EventID string
	Body    []byte
	// Timeout; 0 is the setting for carts or gates.
	Timeout time.Duration
}

// RawAnswer is what came back. Status is 0 when nothing did.
type RawAnswer struct {
	Status int
	Body   []byte
	Took   time.Duration
}

// Send makes the request once: signed, with the configured headers, without
// faults and without repeats, and kept in the history as any other. The error
// is that of the network.
func (s *Sim) Send(ctx context.Context, r Raw) (RawAnswer, error) {
	st, path := s.stores[r.StoreID], connectorPaths[r.API]
	switch {
	case st == nil:
		return RawAnswer{}, fmt.Errorf("send %s: no store %.40q", r.API, r.StoreID)
	case path == "":
		return RawAnswer{}, fmt.Errorf("send: no operation %.40q", r.API)
	}
	base := st.ConnectorURL
	if u := st.URLs[r.API]; u != "" {
		base = u
	}
	if base == "" {
		return RawAnswer{}, fmt.Errorf("send %s: store %s has no connector", r.API, st.ID)
	}
	if r.Timeout == 0 {
		r.Timeout = s.cfg.Settings.GateTimeout
		if r.API == "CreatePurchases" {
			r.Timeout = s.cfg.Settings.CartTimeout
		}
	}
	ctx, done := s.bound(ctx)
	defer done()
	e := Exchange{
		At: s.Now(), Direction: FromAmazon, API: r.API, StoreID: st.ID, EventID: r.EventID,
		RequestID: parse(r.Body).peek("requestId"), Path: path, Request: string(r.Body),
	}
	if r.Trip != nil {
		e.TripID = r.Trip.id
	}
	begin := time.Now()
	a := s.post(ctx, strings.TrimSuffix(base, "/")+path, r.Body, r.Timeout, "")
	e.Took, e.Status, e.Response = time.Since(begin), a.status, string(a.body)
	if a.err != nil {
		e.Error = a.err.Error()
	}
	s.record(e)
	if r.Trip != nil && r.API == "CreatePurchases" && a.status/100 == 2 {
		s.taken(r.Trip, a.body)
	}
	return RawAnswer{Status: a.status, Body: a.body, Took: e.Took}, a.err
}

// taken ends a trip whose cart was delivered by Send.
func (s *Sim) taken(t *Trip, body []byte) {
	var b struct {
		PurchaseID string `json:"purchaseId"`
	}
	readable := json.Unmarshal(body, &b) == nil
	s.mu.Lock()
	defer s.mu.Unlock()
	t.state = tripDelivered
	t.sent++
	if readable && !t.found["purchase"] {
		t.found["purchase"], t.purchase = true, b.PurchaseID
	}
}

// Cart lets the shopper leave and returns the body of the cart that WalkOut
// would deliver, without delivering it. A trip that has left keeps its cart.
func (s *Sim) Cart(t *Trip, requestID string) ([]byte, error) {
	s.mu.Lock()
	switch t.state {
	case tripShopping:
		t.state, t.ended = tripLeft, s.Now()
	case tripEntering, tripDenied:
		s.mu.Unlock()
		return nil, fmt.Errorf("trip %s is %s: it has no cart", t.id, t.state)
	}
	s.mu.Unlock()
	return json.Marshal(s.cartCall(t).body(requestID))
}

// Answer is what Amazon's API answers to a body, without a signature and
// without faults: for looking at a documented refusal. It has its effect, and
// is not kept in the history.
func (s *Sim) Answer(api string, body []byte) (status int, answer []byte, err error) {
	for _, rt := range routes {
		if rt.api == api {
			res := s.evaluate(rt, parse(body), "")
			return res.status, res.bytes(), nil
		}
	}
	return 0, nil, fmt.Errorf("answer: no operation %.40q", api)
}
