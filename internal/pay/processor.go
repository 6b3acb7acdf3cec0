package pay

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/strollhq/stroll/jwo"
	"github.com/strollhq/stroll/money"
)

// Processor is the retailer's own card processor, for app trips on the
// own_processor route. Do must have the effect of one Key at most once,
// however often it is called; the same key with another content is refused.
type Processor interface {
	// Do makes a call. Its errors are *ProcessorError; any other error means
	// that the outcome is not known.
	Do(context.Context, ProcessorCall) (ProcessorAnswer, error)
	// Status repeats the answer that Do gave, or would have given, to a key.
	// ErrNoSuchKey tells that the processor never saw it; ErrNoStatus that it
	// cannot be asked.
	Status(ctx context.Context, key string) (ProcessorAnswer, error)
}

// Errors of Processor.Status.
var (
	ErrNoSuchKey = errors.New("the processor never saw this key")
	ErrNoStatus  = errors.New("the processor has no status inquiry")
)

// ProcessorCall is one request to the processor. Its JSON is what is stored.
type ProcessorCall struct {
	Key       string         `json:"key"`                 // derived from the act: trip, operation, sequence
	Op        Op             `json:"op"`                  // OpAdjust authorises the total, replacing what Reference held
	TripID    string         `json:"tripId"`              // or the entry event, for a pre-authorization
	Shopper   string         `json:"shopper"`             // whose card on file
	Reference string         `json:"reference,omitempty"` // of the authorization to act on
	Currency  money.Currency `json:"currency,omitempty"`
	Minor     int64          `json:"minor,omitempty"`
}

// Money is the amount of the call.
func (c ProcessorCall) Money() money.Amount { return money.New(c.Minor, c.Currency) }

// ProcessorAnswer is what the processor did.
type ProcessorAnswer struct {
	Status     string       // for OpAdjust: jwo.Approved, jwo.Declined or jwo.Pending
	Authorized money.Amount // with jwo.Approved
	Reference  string       // of the authorization
}

// ProcessorError is a call that did not succeed.
type ProcessorError struct {
	Outcome    jwo.Outcome // what may have happened, in the terms of payments 9.5
	Code       string      // the processor's word
	RetryAfter time.Duration
	Err        error
}

func (e *ProcessorError) Error() string {
	return fmt.Sprintf("own processor: %s %s: %v", e.Outcome, e.Code, e.Err)
}

// Unwrap is the cause.
func (e *ProcessorError) Unwrap() error { return e.Err }

// NothingToRelease is the Code of a refused Cancel when there is no
// authorization to release.
const NothingToRelease = jwo.UnknownShoppingTrip

// own is the gateway to the retailer's own processor.
type own struct{ processor Processor }

func (own) api(op Op) string { return "processor." + string(op) }

func (own) key(in intent) string { return fmt.Sprintf("%s:%s:%d", in.TripID, in.Op, in.Seq) }

func (g own) body(in intent) ([]byte, error) {
	if in.Op != OpCancel && in.Amount.Minor <= 0 {
		return nil, fmt.Errorf("%s: amount %s is not above zero", jwo.BadRequestException, in.Amount)
	}
	return json.Marshal(ProcessorCall{Key: g.key(in), Op: in.Op, TripID: in.TripID, Shopper: in.Visitor,
		Reference: in.Ref, Currency: in.Amount.Currency, Minor: in.Amount.Minor})
}

func (g own) send(ctx context.Context, in intent, body []byte) answer {
	var call ProcessorCall
	if err := json.Unmarshal(body, &call); err != nil {
		return unreadable(err)
	}
	if g.processor == nil {
		return answer{Outcome: jwo.NotSent, Note: "no own processor is connected"}
	}
	resp, err := g.processor.Do(ctx, call)
	if err != nil {
		a := answer{Outcome: jwo.Unknown, Lost: true, Note: err.Error()}
		var e *ProcessorError
		if errors.As(err, &e) && e.Outcome != jwo.Done {
			a.Outcome, a.Name, a.RetryAfter = e.Outcome, e.Code, e.RetryAfter
		}
		return a
	}
	return g.done(in, resp)
}

func (own) done(in intent, resp ProcessorAnswer) answer {
	a := answer{Outcome: jwo.Done, Status: resp.Status, Authorized: resp.Authorized, Ref: resp.Reference}
	if in.Op == OpAdjust && a.Status != jwo.Approved && a.Status != jwo.Declined && a.Status != jwo.Pending {
		return answer{Outcome: jwo.Unknown, Lost: true, Note: "answer without a known status"}
	}
	return a
}

// asks: a processor's status call is its own affair.
func (own) asks(Op) string { return "" }

// inquire asks the processor for what it answered to the intent's key.
func (g own) inquire(ctx context.Context, in intent) (verdict, answer) {
	if g.processor == nil {
		return noNews, answer{}
	}
	resp, err := g.processor.Status(ctx, g.key(in))
	var refused *ProcessorError
	switch {
	case err == nil:
		return answered, g.done(in, resp)
	case errors.Is(err, ErrNoSuchKey):
		return absent, answer{}
	case errors.As(err, &refused) && refused.Outcome == jwo.Refused:
		return answered, answer{Outcome: jwo.Refused, Name: refused.Code, Note: refused.Error()}
	}
	return noNews, answer{}
}
