package jwo

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"
)

// replayHeader marks an answer that was given before.
const replayHeader = "Idempotency-Hit"

// refusalOf is the refusal an error stands for, complete with its words, and
// the cause when it is the kind that is hidden from the caller.
func refusalOf(err error) (Refusal, error) {
	var given *Refusal
	if !errors.As(err, &given) {
		return complete(Refusal{Status: http.StatusInternalServerError}), err
	}
	r := *given
	if r.Status < 400 || r.Status > 599 {
		r = Refusal{Status: http.StatusInternalServerError}
	}
	if r = complete(r); r.Status >= 500 {
		return r, err
	}
	return r, nil
}

func complete(r Refusal) Refusal {
	words, ok := wordsOf[r.Status]
	if !ok {
		words = wordsOf[http.StatusBadRequest]
		if r.Status >= 500 {
			words = wordsOf[http.StatusInternalServerError]
		}
	}
	if r.Code == "" {
		r.Code = words[0]
	}
	if r.Message == "" {
		r.Message = words[1]
	}
	return r
}

// wordsOf are the neutral code and sentence of a status.
var wordsOf = map[int][2]string{
	http.StatusBadRequest:            {"InvalidRequest", "The request is not valid."},
	http.StatusUnauthorized:          {"NotAuthorized", "The shopper is not authorized."},
	http.StatusForbidden:             {"Forbidden", "The caller is not allowed."},
	http.StatusNotFound:              {"NotFound", "There is nothing here."},
	http.StatusMethodNotAllowed:      {"MethodNotAllowed", "The method is not allowed."},
	http.StatusConflict:              {"Conflict", "The request contradicts an earlier one."},
	http.StatusRequestEntityTooLarge: {"TooLarge", "The request body is too large."},
	http.StatusTooManyRequests:       {"TooManyRequests", "Too many requests."},
	http.StatusInternalServerError:   {"InternalError", "Something went wrong here."},
	http.StatusServiceUnavailable:    {"Unavailable", "The service is not available."},
	http.StatusGatewayTimeout:        {"Timeout", "The answer took too long."},
}

// WriteRefusal answers with the error body all connectors share
// (contract: entry 2). requestID "" becomes null.
func WriteRefusal(w http.ResponseWriter, requestID string, r Refusal) {
	r = complete(r)
	doc := struct {
		Code      string       `json:"code"`
		Message   string       `json:"message"`
		RequestID *string      `json:"requestId"`
		Errors    []FieldError `json:"errors"`
	}{r.Code, r.Message, nil, r.Fields}
	if requestID != "" {
		doc.RequestID = &requestID
	}
	if doc.Errors == nil {
		doc.Errors = []FieldError{}
	}
	if r.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.FormatInt(int64((r.RetryAfter+time.Second-1)/time.Second), 10))
	}
	if r.Replayed {
		w.Header().Set(replayHeader, "true")
	}
	data, _ := json.Marshal(doc) // strings alone cannot fail
	write(w, r.Status, data)
}

// RefusalHandler answers every request with r: for unknown routes and for
// connectors that are not configured.
func RefusalHandler(r Refusal) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { WriteRefusal(w, "", r) })
}

func write(w http.ResponseWriter, status int, data []byte) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(data)))
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(data) // a caller that has gone cannot be told
}
