package connector

import (
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/strollhq/stroll/internal/journal"
	"github.com/strollhq/stroll/jwo"
)

const (
	// bodyTime is how long the body of a caller who is not proven yet may take.
	bodyTime = 3 * time.Second
	// linger is how long the rest of a refused body is waited for, so that the
	// answer is not lost when the connection is closed.
	linger = time.Second
	// minReading is how many such bodies may be read at once at least, however
	// few requests may be worked on.
	minReading = 256
)

// refused is a request that was refused before it was understood, and why.
type refused struct {
	reason  string
	refusal jwo.Refusal
}

var tooMany = refused{"throttled", jwo.Refusal{Status: http.StatusTooManyRequests, RetryAfter: time.Second}}

// stop answers before the request was understood.
func (c *Connector) stop(w http.ResponseWriter, api string, f refused, began time.Time) {
	jwo.WriteRefusal(w, "", f.refusal)
	c.refusedOnce(api, f.reason, "")
	c.observe(journal.Call{At: began, API: api, Status: f.refusal.Status}, time.Since(began))
}

// turnAway answers a caller who is not proven to be Amazon. The rest of the
// request is not waited for. All are counted, but they cannot fill log and
// journal.
func (c *Connector) turnAway(w http.ResponseWriter, r *http.Request, api, reason string, refusal jwo.Refusal, why error, began time.Time) {
	if r.ContentLength != 0 {
		w.Header().Set("Connection", "close")
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(linger)) // not every writer has one
	}
	if !c.strangers.Allow() {
		jwo.WriteRefusal(w, "", refusal)
		c.refusedOnce(api, reason, "")
		return
	}
	if why != nil {
		c.log.WarnContext(r.Context(), "call from an unrecognised caller", "alert", "caller_refused", "api", api, "error", why)
	}
	c.stop(w, api, refused{reason, refusal}, began)
}

// unproven reads a body that is needed to recognise its sender: apart from the
// requests being worked on, and not for long.
func (c *Connector) unproven(w http.ResponseWriter, r *http.Request, st *state) ([]byte, *refused) {
	n := c.reading.Add(1)
	defer c.reading.Add(-1)
	if st.s.InFlight >= 0 && n > max(int64(st.s.InFlight), minReading) {
		return nil, &tooMany
	}
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTime)) // not every writer has one
	return read(w, r, st.s.MaxBody)
}

// read reads a whole body.
func read(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, *refused) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, &refused{"size", jwo.Refusal{Status: http.StatusRequestEntityTooLarge}}
	case err != nil:
		return nil, &refused{"body", jwo.Refusal{Status: http.StatusBadRequest, Fields: []jwo.FieldError{{Field: jwo.BodyField, Reason: "could not be read"}}}}
	}
	// The time for the body is no limit of the work on it, which has its own.
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
	return body, nil
}
