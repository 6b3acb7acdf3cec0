package jwosim

import (
	"io"
	"net/http"
	"strconv"
	"time"
)

// exchange is one request on its way to its end.
type exchange struct {
	s     *Sim
	w     http.ResponseWriter
	r     *http.Request
	e     Exchange
	begin time.Time // on the machine's time
	// planned is an outage: the fault comes by schedule.
	planned bool
	// errorBody is that of a refusal or failure that is played.
	errorBody string
}

// play answers: a fault before the effect, the operation, a fault after it.
func (x *exchange) play(rt route, b *fields, kind string, after time.Duration) {
	switch kind {
	case "403", fault500, fault503:
		status, _ := strconv.Atoi(kind)
		x.end(result{status: status, name: x.name(status)}, kind)
		return
	case faultExpired:
		x.end(result{status: http.StatusForbidden, name: "The security token included in the request is expired"}, kind)
		return
	case faultRevoked:
		x.end(result{status: http.StatusForbidden, name: "The security token included in the request is invalid."}, kind)
		return
	case faultTooMany:
		x.retryAfter(after)
		x.end(result{status: http.StatusTooManyRequests, name: "Too Many Requests"}, kind)
		return
	case badRequest, unknownTrip, tripExpired:
		res := refuse(kind)
		if kind == tripExpired {
			res.status = x.s.cfg.Settings.ExpiredStatus
		}
		x.end(res, kind)
		return
	case faultReset, faultHang:
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
		x.w.Header().Set("Content-Type", "application/json")
		x.record(res.status, kind, `{"status": "APPRO`)
		x.w.WriteHeader(res.status)
		io.WriteString(x.w, `{"status": "APPRO`)
	default:
		x.end(res, kind)
		if rt.api == "CaptureCharge" && res.status == http.StatusOK {
			x.s.captureAnswered(x.e.TripID)
		}
	}
}

// otherBody is what stands where the documented body of an error should.
func (x *exchange) otherBody(b []byte) []byte {
	switch x.errorBody {
	case "empty":
		b = nil
		x.w.Header().Del("Content-Type")
	case "html":
		b = []byte("<html><body><h1>The request could not be served</h1></body></html>")
		x.w.Header().Set("Content-Type", "text/html")
	}
	x.w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	return b
}

// retryAfter says for how long, in the manner the faults ask for.
func (x *exchange) retryAfter(after time.Duration) {
	if after == 0 {
		after = 600 * time.Second // the documented current value
	}
	seconds := (after + time.Second - 1) / time.Second
	switch x.s.Faults().RetryAfterAs {
	case "none":
	case "date":
		at := time.Now().Add(seconds * time.Second)
		x.w.Header().Set("Retry-After", at.UTC().Format(http.TimeFormat))
	default:
		x.w.Header().Set("Retry-After", strconv.Itoa(int(seconds)))
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
	b := res.bytes()
	prepare(x.w, b)
	if played := res.status == http.StatusForbidden || res.status == http.StatusTooManyRequests || res.status >= 500; played && fault != "" {
		b = x.otherBody(b)
	}
	x.record(res.status, fault, string(b))
	x.w.WriteHeader(res.status)
	x.w.Write(b)
}

// none records and gives no whole answer: nothing, half of one, or silence
// until the caller gives up.
func (x *exchange) none(res result, fault string) {
	x.record(0, fault, string(res.bytes()))
	switch fault {
	case faultHang, "hang-after":
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
	if x.planned {
		fault = byOutage + fault
	}
	if status != 0 {
		x.e.ResponseHeaders = x.s.headers(x.w.Header())
	}
	x.e.Status, x.e.Fault, x.e.Response, x.e.Took = status, fault, body, time.Since(x.begin)
	x.s.record(x.e)
}
