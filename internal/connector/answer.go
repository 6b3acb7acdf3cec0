package connector

import (
	"bytes"
	"io"
	"net/http"
	"regexp"
	"runtime/debug"
	"time"

	"github.com/strollhq/stroll/internal/cart"
	"github.com/strollhq/stroll/internal/journal"
	"github.com/strollhq/stroll/jwo"
)

// answer hands an admitted request to its operation.
func (c *Connector) answer(w http.ResponseWriter, r *http.Request, rt *route, s Settings, body []byte, began time.Time) {
	x := jwo.Exchange{API: rt.api, Status: http.StatusInternalServerError}
	out := &writer{ResponseWriter: w}
	if rt.api == jwo.APICreatePurchases {
		out.call = &cart.Call{Body: body}
		r = r.WithContext(cart.WithCall(r.Context(), out.call))
	}
	defer func() {
		if p := recover(); p != nil {
			// A panic in this goroutine would cut the connection, under which
			// other requests may be waiting.
			c.log.ErrorContext(r.Context(), "call failed", "alert", "panic", "api", rt.api, "panic", p, "stack", string(debug.Stack()))
			if out.status == 0 {
				jwo.WriteRefusal(w, "", jwo.Refusal{Status: http.StatusInternalServerError})
			}
		}
		c.tell(r, x, out, body, began)
	}()
	r.Body = io.NopCloser(bytes.NewReader(body))
	rt.handler(jwo.HandlerConfig{
		MaxBody: s.MaxBody, Limits: s.Accept, OmitEmptyArrays: s.OmitEmptyArrays,
		Observe: func(e jwo.Exchange) { x = e },
	}).ServeHTTP(out, r)
}

// tell writes log, metrics and journal of an answered call.
func (c *Connector) tell(r *http.Request, x jwo.Exchange, out *writer, body []byte, began time.Time) {
	if out.status != 0 {
		x.Status = out.status
	}
	who := []any{"api", x.API, "store", x.StoreID, "trip", x.TripID, "request", x.RequestID, "status", x.Status}
	switch {
	case x.Err != nil:
		c.log.ErrorContext(r.Context(), "call failed", append(who, "alert", "call_failed", "error", x.Err)...)
	case len(x.Fields) > 0:
		// The names of faulty fields come from our own types, except that an
		// array's index is the caller's.
		counted := map[string]bool{}
		for _, f := range x.Fields {
			if f = index.ReplaceAllString(f, "[]"); !counted[f] {
				counted[f] = true
				c.fields.Inc(x.API, f)
			}
		}
		c.refusedOnce(x.API, "fields", x.StoreID)
		c.log.ErrorContext(r.Context(), "request refused", append(who, "alert", "request_refused", "fields", x.Fields, "payload", redact(body))...)
	default:
		if x.Status == http.StatusBadRequest {
			c.refusedOnce(x.API, "request", x.StoreID)
		}
		c.log.DebugContext(r.Context(), "call answered", append(who, "replayed", x.Replayed, "took", x.Took)...)
	}
	c.observe(journal.Call{At: began, API: x.API, StoreID: x.StoreID, TripID: x.TripID, RequestID: x.RequestID, Status: x.Status}, time.Since(began))
}

var index = regexp.MustCompile(`\[\d+\]`)

// writer notes the status of an answer, and gives an accepted cart the status
// its store wants.
type writer struct {
	http.ResponseWriter
	call   *cart.Call
	status int
}

func (w *writer) WriteHeader(status int) {
	if w.call != nil && w.call.Status != 0 && status == http.StatusCreated {
		status = w.call.Status
	}
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }
