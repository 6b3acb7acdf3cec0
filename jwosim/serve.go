package jwosim

import (
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
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
	name   string // of the error
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
	rt, known := routes[r.URL.Path]
	switch {
	case !known:
		write(w, result{status: http.StatusNotFound, name: "NotFound"})
		return
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", http.MethodPost)
		write(w, result{status: http.StatusMethodNotAllowed, name: "MethodNotAllowed"})
		return
	}
	begin := s.cfg.Now()
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return // the caller is gone
	}
	b := parse(body)
	trip, key, attempt := s.identify(rt.api, b)
	e := Exchange{
		At: begin, Direction: ToAmazon, API: rt.api, StoreID: b.peek("storeId"), TripID: trip,
		RequestID: b.peek("refundRequestId"), Attempt: attempt, Path: r.URL.Path, Request: string(body),
	}
	x := exchange{s: s, w: w, r: r, e: e, begin: begin}
	if !s.allowed(rt.api, r, body) {
		x.end(result{status: http.StatusForbidden}, "")
		return
	}
	force := s.takeForce(rt.api, trip)
	kind, wait := s.Faults().fault(s.draw("fault", rt.api, key, strconv.Itoa(attempt)), attempt)
	if force.Outcome != "" {
		kind = force.Outcome
	}
	if sleep(r.Context(), wait) != nil {
		return
	}
	after := force.RetryAfter
	if after == 0 {
		after = s.Faults().RetryAfter
	}
	x.play(rt, b, kind, after)
}

// identify finds what the draws about a request are made from: the trip's
// entry key, and the refund or shopper where there is one.
func (s *Sim) identify(api string, b *fields) (trip, key string, attempt int) {
	trip = b.peek("shoppingTripId")
	what := api + "/" + b.peek("refundRequestId")
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.trips[trip]; t != nil {
		return trip, t.key + "/" + what, t.attempt(what)
	}
	key = trip + "/" + b.peek("shopperId.id") + "/" + what
	if len(s.attempts) > 100_000 { // requests about nothing we know: forget
		clear(s.attempts)
	}
	n := s.attempts[key]
	s.attempts[key] = n + 1
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

// exchange is one request on its way to its end.
type exchange struct {
	s     *Sim
	w     http.ResponseWriter
	r     *http.Request
	e     Exchange
	begin time.Time
}

// play answers: a fault before the effect, the operation, a fault after it.
func (x *exchange) play(rt route, b *fields, kind string, after time.Duration) {
	switch kind {
	case "403", fault500, fault503:
		status, _ := strconv.Atoi(kind)
		x.end(result{status: status, name: x.name(status)}, kind)
		return
	case faultTooMany:
		if after == 0 {
			after = 600 * time.Second // the documented current value
		}
		seconds := (after + time.Second - 1) / time.Second
		x.w.Header().Set("Retry-After", strconv.Itoa(int(seconds)))
		x.end(result{status: http.StatusTooManyRequests, name: "Too Many Requests"}, kind)
		return
	case badRequest, unknownTrip, tripExpired:
		res := refuse(kind)
		if kind == tripExpired {
			res.status = x.s.cfg.Settings.ExpiredStatus
		}
		x.end(res, kind)
		return
	case faultReset, "hang":
		x.none(result{}, kind)
		return
	}
	force := kind
	switch kind {
	case fault500After, faultLost, faultCut, faultMalformed, "hang-after":
		force = ""
	}
	res := x.s.evaluate(rt, b, force)
	switch kind {
	case fault500After:
		x.end(result{status: http.StatusInternalServerError, name: x.name(500)}, kind)
	case faultLost, faultCut, "hang-after":
		x.none(res, kind)
	case faultMalformed:
		x.record(res.status, kind, `{"status": "APPRO`)
		x.w.Header().Set("Content-Type", "application/json")
		x.w.WriteHeader(res.status)
		io.WriteString(x.w, `{"status": "APPRO`)
	default:
		x.end(res, kind)
		if rt.api == "CaptureCharge" && res.status == http.StatusOK {
			x.s.captureAnswered(x.e.TripID)
		}
	}
}

// captureAnswered notes that the retailer knows of the capture: a repeat from
// now on heals nothing.
func (s *Sim) captureAnswered(trip string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.trips[trip]; t != nil && t.charge != nil {
		t.charge.answered = true
	}
}

func (x *exchange) name(status int) string {
	switch status {
	case http.StatusInternalServerError:
		return "InternalServerException"
	case http.StatusServiceUnavailable:
		return "ServiceUnavailableException"
	}
	return "" // bodies of a 403 are a gateway's
}

// evaluate runs the operation under the lock.
func (s *Sim) evaluate(rt route, b *fields, force string) result {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b.broken {
		return refuse(badRequest)
	}
	return rt.do(s, b, force)
}

// end records and answers.
func (x *exchange) end(res result, fault string) {
	x.record(res.status, fault, string(res.bytes()))
	write(x.w, res)
}

// none records and gives no whole answer: nothing, half of one, or silence
// until the caller gives up.
func (x *exchange) none(res result, fault string) {
	x.record(0, fault, string(res.bytes()))
	switch fault {
	case "hang", "hang-after":
		select {
		case <-x.r.Context().Done():
		case <-x.s.ctx.Done():
		}
	case faultCut:
		full := res.bytes()
		if len(full) < 2 {
			full = []byte("{}") // an empty answer is cut before its end as well
		}
		x.w.Header().Set("Content-Type", "application/json")
		x.w.Header().Set("Content-Length", strconv.Itoa(len(full)))
		x.w.WriteHeader(res.status)
		x.w.Write(full[:len(full)/2])
		http.NewResponseController(x.w).Flush()
	}
	panic(http.ErrAbortHandler) // net/http's way to break the connection
}

func (x *exchange) record(status int, fault, body string) {
	x.e.Status, x.e.Fault, x.e.Response, x.e.Took = status, fault, body, x.s.cfg.Now().Sub(x.begin)
	x.s.record(x.e)
}

func (res result) bytes() []byte {
	body := res.body
	switch {
	case res.status == http.StatusForbidden:
		body = map[string]string{"message": "Forbidden"} // as an API gateway says it
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

func write(w http.ResponseWriter, res result) {
	b := res.bytes()
	if len(b) > 0 {
		w.Header().Set("Content-Type", "application/json")
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	w.WriteHeader(res.status)
	w.Write(b)
}

func has(list []string, s string) bool {
	for _, l := range list {
		if strings.EqualFold(l, s) {
			return true
		}
	}
	return false
}
