package connector

import (
	"context"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"github.com/strollhq/stroll/internal/journal"
	"github.com/strollhq/stroll/internal/metric"
	"github.com/strollhq/stroll/jwo"
)

// Config is what a Connector works with.
type Config struct {
	Identity   jwo.IdentityVerifier
	Authorizer jwo.ShopperAuthorizer
	Purchaser  jwo.Purchaser
	// The optional doors; a nil one is a route that does not exist.
	Scan        jwo.ScanResolver
	ScanDetails jwo.ScanDetailer
	Shopper     jwo.ShopperFinder

	Settings Settings
	// Serves tells whether a store is one of ours, which may be a metric's
	// label. Nil: none is.
	Serves func(storeID string) bool
	// Observe is told of every call after it was answered. Nil: nobody is.
	Observe func(journal.Call)
	Log     *slog.Logger
	Metrics *metric.Set
}

// Connector is the http.Handler for Amazon's calls.
type Connector struct {
	cfg     Config
	log     *slog.Logger
	state   atomic.Pointer[state]
	routes  map[string]*route
	inWork  atomic.Int64
	refused *metric.Counter
	fields  *metric.Counter
	working *metric.Gauge

	reading   atomic.Int64  // bodies being read whose sender is not proven
	strangers *rate.Limiter // how much log and journal strangers may fill
}

// state is what Use replaces.
type state struct {
	s     Settings
	guard *guard
	limit *rate.Limiter
}

// route is one operation.
type route struct {
	api     string
	handler func(jwo.HandlerConfig) http.Handler
	working atomic.Int64
}

// New makes a connector.
func New(cfg Config) *Connector {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	m := cfg.Metrics
	c := &Connector{
		cfg: cfg, log: cfg.Log, routes: map[string]*route{}, strangers: rate.NewLimiter(10, 100),
		refused: m.Counter("stroll_connector_refused_total", "Calls refused for their caller, number or form, each once, by reason. Reason fields is every 400 that names fields, whether the decoder, the limits or the operation found them; request is a 400 that names none. Store is unknown for a request that was not read, is unreadable or is for a store not served.", "api", "reason", "store"),
		fields:  m.Counter("stroll_connector_faulty_fields_total", "Requests refused with 400 by faulty field: each field once a request, all indexes of a list as one.", "api", "field"),
		working: m.Gauge("stroll_connector_in_flight", "Calls from Amazon being worked on.", "api"),
	}
	add := func(path, api string, h func(jwo.HandlerConfig) http.Handler) {
		c.routes[path] = &route{api: api, handler: h}
	}
	if cfg.Identity != nil {
		add(jwo.PathVerifyIdentityKeys, jwo.APIVerifyIdentityKeys, func(h jwo.HandlerConfig) http.Handler { return jwo.IdentityHandler(cfg.Identity, h) })
	}
	if cfg.Authorizer != nil {
		add(jwo.PathGetShopperAuthorization, jwo.APIGetShopperAuthorization, func(h jwo.HandlerConfig) http.Handler { return jwo.AuthorizationHandler(cfg.Authorizer, h) })
	}
	if cfg.Purchaser != nil {
		add(jwo.PathCreatePurchases, jwo.APICreatePurchases, func(h jwo.HandlerConfig) http.Handler { return jwo.PurchasesHandler(cfg.Purchaser, h) })
	}
	if cfg.Scan != nil {
		add(jwo.PathResolveScan, jwo.APIResolveScan, func(h jwo.HandlerConfig) http.Handler { return jwo.ScanHandler(cfg.Scan, h) })
	}
	if cfg.ScanDetails != nil {
		add(jwo.PathGetScanDetails, jwo.APIGetScanDetails, func(h jwo.HandlerConfig) http.Handler { return jwo.ScanDetailsHandler(cfg.ScanDetails, h) })
	}
	if cfg.Shopper != nil {
		add(jwo.PathGetShopper, jwo.APIGetShopper, func(h jwo.HandlerConfig) http.Handler { return jwo.ShopperHandler(cfg.Shopper, h) })
	}
	c.Use(cfg.Settings)
	return c
}

// Use puts other settings in force, for requests that come from now on.
func (c *Connector) Use(s Settings) {
	s = s.WithDefaults()
	limit := rate.NewLimiter(rate.Limit(s.Rate), 2*s.Rate)
	if s.Rate < 0 {
		limit = rate.NewLimiter(rate.Inf, 0)
	}
	c.state.Store(&state{s: s, guard: newGuard(s), limit: limit})
}

// ServeHTTP implements http.Handler. Who calls comes first: a stranger costs
// neither a place among the requests being worked on, nor a request of the rate.
func (c *Connector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	st := c.state.Load()
	rt := c.routes[r.URL.Path]
	if rt == nil {
		c.turnAway(w, r, "unknown", "route", jwo.Refusal{Status: http.StatusNotFound}, nil, began)
		return
	}
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		c.turnAway(w, r, rt.api, "method", jwo.Refusal{Status: http.StatusMethodNotAllowed}, nil, began)
		return
	}
	if err := st.guard.greet(r); err != nil {
		c.turnAway(w, r, rt.api, "caller", jwo.Refusal{Status: http.StatusForbidden}, err, began)
		return
	}
	var body []byte
	if st.s.Mode == AuthSigV4 {
		// Only the whole body proves who calls.
		var fault *refused
		if body, fault = c.unproven(w, r, st); fault != nil {
			c.turnAway(w, r, rt.api, fault.reason, fault.refusal, nil, began)
			return
		}
		if err := st.guard.verify.Verify(r, body); err != nil {
			c.turnAway(w, r, rt.api, "caller", jwo.Refusal{Status: http.StatusForbidden}, err, began)
			return
		}
	}
	busy := c.inWork.Add(1)
	defer c.inWork.Add(-1)
	c.working.Set(float64(rt.working.Add(1)), rt.api)
	defer func() { c.working.Set(float64(rt.working.Add(-1)), rt.api) }()
	if !st.limit.Allow() || st.s.InFlight >= 0 && busy > int64(st.s.InFlight) {
		c.stop(w, rt.api, tooMany, began)
		return
	}
	if st.s.Mode != AuthSigV4 {
		var fault *refused
		if body, fault = read(w, r, st.s.MaxBody); fault != nil {
			c.stop(w, rt.api, *fault, began)
			return
		}
	}
	ctx, cancel := context.WithTimeout(r.Context(), st.s.Timeout)
	defer cancel()
	c.answer(w, r.WithContext(ctx), rt, st.s, body, began)
}

// refusedOnce counts a refused call; the one place where that is done.
func (c *Connector) refusedOnce(api, reason, storeID string) {
	if c.cfg.Serves == nil || !c.cfg.Serves(storeID) {
		storeID = "unknown"
	}
	c.refused.Inc(api, reason, storeID)
}

// observe tells of an answered call.
func (c *Connector) observe(call journal.Call, took time.Duration) {
	if c.cfg.Observe == nil {
		return
	}
	call.Direction, call.Took, call.Outcome = journal.In, took, outcome(call.Status)
	c.cfg.Observe(call)
}

func outcome(status int) string {
	switch {
	case status < 400:
		return string(jwo.Done)
	case status == http.StatusTooManyRequests:
		return string(jwo.Throttled)
	case status == http.StatusForbidden:
		return string(jwo.Denied)
	case status < 500:
		return string(jwo.Refused)
	}
	return "failed"
}
