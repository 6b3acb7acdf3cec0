package jwosim

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// call is one request to a connector, with all its repeats.
type call struct {
	api, path string
	trip      *Trip
	event     authEvent // zero for carts
	body      func(requestID string) any
	read      func(body []byte) (any, error) // nil value is never returned
	timeout   time.Duration
	empty     bool // a cart without lines
}

// key is what the draws about this call are made from.
func (c call) key() string { return c.trip.key + "/" + strconv.Itoa(c.event.n) }

// answer is what one attempt brought. err is set when the caller cannot know
// the answer; status and body are kept all the same when one came.
type answer struct {
	status int
	body   []byte
	kind   string        // Content-Type
	after  time.Duration // Retry-After
	err    error
	// asked and got are the headers, as History keeps them.
	asked, got map[string]string
	// planned was taken by an outage; spoilt went out with bad credentials.
	planned, spoilt bool
}

// refusedCaller reports a refusal that the spoilt credentials asked for: it
// says nothing about the call.
func (a answer) refusedCaller() bool { return a.spoilt && a.err == nil && a.status/100 == 4 }

var (
	errReset = errors.New("played: connection reset before sending")
	errLost  = errors.New("played: answer lost")
)

// send makes one attempt. lane tells concurrent copies of one call apart.
func (s *Sim) send(ctx context.Context, c call, lane string, attempt int, requestID string) answer {
	base := c.trip.store.ConnectorURL
	if u := c.trip.store.URLs[c.api]; u != "" {
		base = u
	}
	body, err := json.Marshal(c.body(requestID))
	if err != nil {
		return answer{err: err}
	}
	kind, wait, planned := s.misfortune(c, lane, attempt)
	if err := s.clock.sleep(ctx, wait); err != nil {
		return answer{err: err}
	}
	begin := time.Now()
	e := Exchange{
		At: s.Now(), Direction: FromAmazon, API: c.api, StoreID: c.trip.store.ID, TripID: c.trip.id,
		EventID: c.event.id, RequestID: requestID, Attempt: attempt, Path: c.path, Fault: kind, Request: string(body),
	}
	if planned {
		e.Fault = byOutage + kind
	}
	a := answer{err: errReset}
	if kind != faultReset {
		a = s.post(ctx, strings.TrimSuffix(base, "/")+c.path, body, c.timeout, kind)
		a.spoilt = kind == faultExpired || kind == faultRevoked
	}
	a.planned = planned
	if kind == faultLost && a.err == nil {
		a.err = errLost
	}
	if err := s.strictAnswer(c, a); err != nil {
		a.err = err
	}
	e.RequestHeaders, e.ResponseHeaders = a.asked, a.got
	e.Took, e.Status, e.Response = time.Since(begin), a.status, string(a.body)
	if a.err != nil {
		e.Error = a.err.Error()
	}
	s.record(e)
	if a.spoilt && a.status/100 == 2 {
		s.mu.Lock()
		s.find(CallerAccepted, c.trip, "%s: status %d to %s credentials", c.api, a.status, kind)
		s.mu.Unlock()
	}
	return a
}

// misfortune is what an attempt meets on its way to the connector, how long it
// waits before it, and whether it came by schedule.
func (s *Sim) misfortune(c call, lane string, attempt int) (kind string, wait time.Duration, planned bool) {
	kind, wait = s.Faults().fault(s.draw("fault", c.api, c.key(), lane, strconv.Itoa(attempt)), attempt)
	switch kind {
	case faultReset, faultLost, faultExpired, faultRevoked:
	case faultCut:
		kind = faultLost
	default: // the others are a server's
		kind = ""
	}
	if out := s.outage(c.api); out != "" {
		kind, planned = out, true
	}
	if f := s.takeForce(c.api, c.trip.id, connectorKinds...); f.Outcome != "" {
		kind, planned = f.Outcome, false
	}
	if s.cfg.Sign == nil && len(s.cfg.Headers) == 0 && (kind == faultExpired || kind == faultRevoked) {
		kind, planned = "", false // there is nothing to spoil
	}
	return kind, wait, planned
}

// requestID of an attempt: new for the first one and, by the setting, for the
// repeats.
func (s *Sim) requestID(c call, attempt int, before string) string {
	same := s.cfg.Settings.RetryRequestID == "same"
	if s.cfg.Settings.RetryRequestID == "either" {
		same = s.draw("request id", c.api, c.key(), strconv.Itoa(attempt)).Float64() < 0.5
	}
	if before != "" && same {
		return before
	}
	return s.id("request/"+c.api, c.key(), attempt)
}

// reply is the outcome of a gate's call with its repeats.
type reply struct {
	ok     bool // 200 and readable
	failed bool // no decision: no answer, 5xx, or an answer that cannot be read
	status int  // of the last answer, 0 for none
	tries  int
	value  any
}

// gateAsk asks a connector as a gate does: a few tries within its patience.
// The error is the context's.
func (s *Sim) gateAsk(ctx context.Context, c call) (reply, error) {
	set := s.cfg.Settings
	c.timeout = set.GateTimeout
	twin := s.twin(ctx, c, s.Faults().DuplicateGate)
	var r reply
	var first *reply // the first decision that came, read or lost
	requestID := ""
	for try := 0; try < set.GateTries; try++ {
		requestID = s.requestID(c, try, requestID)
		a := s.send(ctx, c, "", try, requestID)
		if err := ctx.Err(); err != nil {
			return reply{}, err
		}
		r = s.judge(c, a)
		r.tries = try + 1
		first = s.sameDecision(c, first, a)
		wait := 100 * time.Millisecond << try
		if r.status == http.StatusTooManyRequests {
			wait = max(wait, a.after)
			if wait > set.GatePatience {
				break
			}
		} else if !r.failed {
			break
		}
		if try+1 < set.GateTries {
			if err := s.clock.sleep(ctx, wait); err != nil {
				return reply{}, err
			}
		}
	}
	for a := range twin {
		s.sameDecision(c, first, a)
	}
	if s.happens(s.Faults().StaleGate, "stale/"+c.api, c.key()) {
		s.holdBack(c, first)
	}
	return r, ctx.Err()
}

// judge reads one answer as a gate does.
func (s *Sim) judge(c call, a answer) reply {
	r := reply{status: a.status}
	switch {
	case a.err != nil || a.status >= 500 || a.refusedCaller():
		r.failed = true
	case a.status == http.StatusOK:
		v, err := c.read(a.body)
		if err != nil {
			s.mu.Lock()
			s.find(BadAnswer, c.trip, "%s: %v", c.api, err)
			s.mu.Unlock()
			r.failed = true
			break
		}
		r.ok, r.value = true, v
	case a.status < 400:
		r.failed = true
	}
	return r
}

// twin sends a second copy of the call at the same moment when the draw or a
// force says so. The channel yields its answer, if any, and is closed.
func (s *Sim) twin(ctx context.Context, c call, p float64) <-chan answer {
	out := make(chan answer, 1)
	forced := s.takeForce(c.api, c.trip.id, "duplicate").Outcome != ""
	if !forced && !s.happens(p, "duplicate/"+c.api, c.key()) {
		close(out)
		return out
	}
	s.async.Add(1)
	go func() {
		defer s.async.Done()
		defer close(out)
		out <- s.send(ctx, c, "twin", 0, s.requestID(c, -1, s.requestID(c, 0, "")))
	}()
	return out
}
