package jwo

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// BodyField is the Field of a fault of the body as a whole: malformed JSON,
// trailing data, not an object.
const BodyField = "body"

// FieldError is one faulty field. Field is its path in the JSON, such as
// "cartItems[2].quantity.value"; Reason continues the sentence ("is missing")
// and never repeats the value sent.
type FieldError struct {
	Field  string `json:"field"`
	Reason string `json:"reason"`
}

// FieldErrors are all faulty fields of a document.
type FieldErrors []FieldError

// Error names every field and its fault, at most ten of them.
func (e FieldErrors) Error() string {
	var b strings.Builder
	for i, f := range e {
		if i == 10 {
			fmt.Fprintf(&b, "; and %d more", len(e)-i)
			break
		}
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(f.Field + " " + f.Reason)
	}
	return b.String()
}

// Fields are the paths alone, in the order found.
func (e FieldErrors) Fields() []string {
	if len(e) == 0 {
		return nil
	}
	fields := make([]string, len(e))
	for i, f := range e {
		fields[i] = f.Field
	}
	return fields
}

// Refusal is the error by which an implementation of a connector interface
// answers a request with something other than success. Any other error is
// answered 500 with a neutral sentence.
type Refusal struct {
	Status     int           // 4xx or 5xx; anything else is answered 500
	Code       string        // for machines; "" = the usual word for Status
	Message    string        // for people at Amazon: no personal data, keys or policy; "" = a neutral sentence
	Fields     []FieldError  // faulty fields, when there are any
	RetryAfter time.Duration // > 0 adds Retry-After in whole seconds
	Replayed   bool          // a recorded answer: adds Idempotency-Hit
}

// Error describes the refusal for a log.
func (r *Refusal) Error() string {
	s := fmt.Sprintf("refused with %d", r.Status)
	if r.Code != "" {
		s += " " + r.Code
	}
	if r.Message != "" {
		s += ": " + r.Message
	}
	if len(r.Fields) > 0 {
		s += " (" + FieldErrors(r.Fields).Error() + ")"
	}
	return s
}

// Outcome says what a call to Amazon may have done (contract: payments 9.5).
type Outcome string

const (
	// Done: a success with a fitting body.
	Done Outcome = "done"
	// Refused: Amazon, or the client's own check, said no for good. No effect,
	// unless an earlier send of the same request is Unknown.
	Refused Outcome = "refused"
	// NotSent: failed before the first request byte left. No effect; retry.
	NotSent Outcome = "not_sent"
	// Throttled: 429. No effect; wait for RetryAfter.
	Throttled Outcome = "throttled"
	// Denied: 401 or 403, the account or its permission. No effect; pause the
	// API, since every other call will be denied as well.
	Denied Outcome = "denied"
	// Unknown: it may or may not have happened. A timeout or loss after the
	// first byte, a 5xx, a success that cannot be read.
	Unknown Outcome = "unknown"
)

// Amazon's error names, as Error.Name carries them whatever form they came in.
const (
	UnknownShoppingTrip = "UnknownShoppingTrip"
	BadRequestException = "BadRequestException"
	ShoppingTripExpired = "ShoppingTripExpiredException"
	InvalidRequest      = "InvalidRequestException"
	// CartContentValidation is documented by the beginning of its name only.
	CartContentValidation = "CartContentValidationFailed"
)

// ErrIncomplete is the cause of an Error about a success that could be read and
// lacks what it must hold, such as a status that is known.
var ErrIncomplete = errors.New("the answer lacks what it must hold")

// Error is every error of a Client's call.
type Error struct {
	API        string        // which call, e.g. APICaptureCharge
	Status     int           // HTTP status; 0 when there was no answer or nothing was sent
	Name       string        // Amazon's error name, normalised; "" when it has none that is known
	Message    string        // Amazon's text, shortened; not for shoppers
	RetryAfter time.Duration // as Amazon asked; 0 = it did not
	Outcome    Outcome       // what may have happened; never Done
	Err        error         // the cause, when there is one: a network error, FieldErrors, …
}

// Error describes what happened, for a log; it holds no key and no request
// content.
func (e *Error) Error() string {
	s := e.API + ": " + string(e.Outcome)
	if e.Status != 0 {
		s += fmt.Sprintf(" (%d)", e.Status)
	}
	if e.Name != "" {
		s += " " + e.Name
	}
	if e.Message != "" && e.Message != e.Name {
		s += ": " + e.Message
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.Err }

// OutcomeOf is the outcome a Client's error stands for: Done for nil, and
// Unknown for an error that is not the Client's.
func OutcomeOf(err error) Outcome {
	var e *Error
	switch {
	case err == nil:
		return Done
	case errors.As(err, &e) && e.Outcome != "" && e.Outcome != Done:
		return e.Outcome
	}
	return Unknown
}
