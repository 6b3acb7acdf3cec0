package jwosim

import (
	"cmp"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// notAmazon is on every answer and every call, so that nobody who looks at one
// takes it for Amazon's.
const (
	notAmazon   = "X-Not-Amazon"
	notAmazonIs = "jwosim: a simulator; no money moves"
)

// Error names of Amazon's API.
const (
	badRequest  = "BadRequestException"
	unknownTrip = "UnknownShoppingTrip"
	tripExpired = "ShoppingTripExpiredException"
)

// result is an answer of Amazon's API: a body for 200, else a status and name.
type result struct {
	status int
	body   any    // nil is an empty body
	name   string // of the error; of a 403 the gateway's sentence
	rule   string // a strict rule that was broken, and how
}

func ok(body any) result { return result{status: http.StatusOK, body: body} }

func refuse(name string) result { return result{status: http.StatusBadRequest, name: name} }

// operation evaluates a well-formed request. s.mu is held. force is an outcome
// of the operation's own, or "".
type operation func(s *Sim, b *fields, force string) result

type route struct {
	api string
	do  operation
}

var routes = map[string]route{
	"/v1/adjust/charge":              {"AdjustCharge", (*Sim).adjust},
	"/v1/cancel/charge":              {"CancelCharge", (*Sim).cancelCharge},
	"/v1/capture/charge":             {"CaptureCharge", (*Sim).capture},
	"/v1/refund":                     {"Refund", (*Sim).refund},
	"/v1/payment/transactional-data": {"GetTransactionalData", (*Sim).transactionalData},
	"/v1/identity/shopper":           {"GetShopperIdentity", (*Sim).shopperIdentity},
	"/v1/feedback/payment-status":    {"ReportPaymentStatus", (*Sim).reportStatus},
}

// maxBody is what a documented request stays far below.
const maxBody = 64 << 10

// Handler is Amazon's API: the seven calls a retailer makes. Serve it from a
// listener of its own.
func (s *Sim) Handler() http.Handler { return http.HandlerFunc(s.serve) }

func (s *Sim) serve(w http.ResponseWriter, r *http.Request) {
	w.Header().Set(notAmazon, notAmazonIs)
	rt, known := routes[r.URL.Path]
	at, begin := s.Now(), time.Now()
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		panic(http.ErrAbortHandler) // gone, and an empty 200 would be a success
	}
	if !known || r.Method != http.MethodPost {
		s.stray(w, r, known, body)
		return
	}
	b := parse(body)
	out := s.outage(rt.api)
	trip, key, attempt := s.identify(rt.api, b, out == "")
	e := Exchange{
		At: at, Direction: ToAmazon, API: rt.api, StoreID: b.peek("storeId"), TripID: trip,
		RequestID: b.peek("refundRequestId"), Attempt: attempt, Path: r.URL.Path, Request: string(body), RequestHeaders: s.headers(r.Header),
	}
	x := exchange{s: s, w: w, r: r, e: e, begin: begin}
	if len(body) > maxBody { // read in part only, so its signature cannot be checked
		x.end(refuse(badRequest), "")
		return
	}
	if !s.allowed(rt.api, r, body) {
		x.end(result{status: http.StatusForbidden}, "")
		return
	}
	if rule, how := s.strictRequest(rt.api, r, body, b); rule != "" {
		x.end(result{status: http.StatusBadRequest, name: badRequest, rule: rule + ": " + how}, strictKind+rule)
		return
	}
	x.errorBody = s.Faults().errorBody(func() *rand.Rand { return s.draw("error body", rt.api, key, strconv.Itoa(attempt)) })
	force := s.takeForce(rt.api, trip)
	kind, wait := s.Faults().fault(s.draw("fault", rt.api, key, strconv.Itoa(attempt)), attempt)
	if out != "" {
		kind = out
	}
	if force.Outcome != "" {
		kind, out = force.Outcome, ""
	}
	x.planned = out != ""
	if s.clock.sleep(r.Context(), wait) != nil {
		panic(http.ErrAbortHandler)
	}
	after := force.RetryAfter
	if after == 0 {
		after = s.Faults().RetryAfter
	}
	x.play(rt, b, kind, after)
}

// stray answers what is no call of Amazon's API.
func (s *Sim) stray(w http.ResponseWriter, r *http.Request, known bool, body []byte) {
	x := exchange{s: s, w: w, r: r, begin: time.Now(), e: Exchange{
		At: s.Now(), Direction: ToAmazon, Path: r.URL.Path, Request: string(body), RequestHeaders: s.headers(r.Header),
	}}
	if !known {
		x.end(result{status: http.StatusNotFound, name: "NotFound"}, "")
		return
	}
	w.Header().Set("Allow", http.MethodPost)
	x.end(result{status: http.StatusMethodNotAllowed, name: "MethodNotAllowed"}, "")
}

// identify finds what the draws about a request are made from: the trip's
// entry key, and the refund or shopper where there is one. Attempts that an
// outage takes are not counted, so that it changes no draw behind it.
func (s *Sim) identify(api string, b *fields, count bool) (trip, key string, attempt int) {
	trip = b.peek("shoppingTripId")
	what := api + "/" + b.peek("refundRequestId")
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.trips[trip]; t != nil {
		if count {
			return trip, t.key + "/" + what, t.attempt(what)
		}
		return trip, t.key + "/" + what, t.attempts[what]
	}
	key = trip + "/" + b.peek("shopperId.id") + "/" + what
	if len(s.attempts) > 100_000 { // requests about nothing we know: forget
		clear(s.attempts)
	}
	n := s.attempts[key]
	if count {
		s.attempts[key] = n + 1
	}
	return trip, key, n
}

// allowed checks the signature, and that its key may call the operation.
func (s *Sim) allowed(api string, r *http.Request, body []byte) bool {
	if s.cfg.AcceptUnsigned {
		return true
	}
	if err := s.verifier.Verify(r, body); err != nil {
		s.cfg.Log.Info("signature refused", "api", api, "error", err)
		return false
	}
	id := accessKeyID(r)
	s.mu.Lock()
	revoked := s.revoked[id]
	s.mu.Unlock()
	if revoked {
		return false
	}
	for _, k := range s.cfg.Accept {
		if k.AccessKeyID == id {
			return k.SessionToken == r.Header.Get("X-Amz-Security-Token") && (len(k.APIs) == 0 || has(k.APIs, api))
		}
	}
	return false
}

var credential = regexp.MustCompile(`Credential=([^/,\s]+)/`)

func accessKeyID(r *http.Request) string {
	if m := credential.FindStringSubmatch(r.Header.Get("Authorization")); m != nil {
		return m[1]
	}
	return ""
}

func (res result) bytes() []byte {
	body := res.body
	switch {
	case res.status == http.StatusForbidden:
		body = map[string]string{"message": cmp.Or(res.name, "Forbidden")} // as an API gateway says it
	case res.rule != "":
		body = map[string]string{"errorMsg": res.name, "strictRule": res.rule}
	case res.name != "":
		body = map[string]string{"errorMsg": res.name}
	case body == nil:
		return nil
	}
	b, err := json.Marshal(body)
	if err != nil {
		return nil
	}
	return b
}

// prepare sets the headers of an answer.
func prepare(w http.ResponseWriter, b []byte) {
	if len(b) > 0 {
		w.Header().Set("Content-Type", "application/json")
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(b)))
}

func has(list []string, s string) bool {
	for _, l := range list {
		if strings.EqualFold(l, s) {
			return true
		}
	}
	return false
}
