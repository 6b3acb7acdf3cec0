package pay

import (
	"context"
	"time"

	"github.com/strollhq/stroll/jwo"
	"github.com/strollhq/stroll/money"
)

// Op is one of the calls that move a charge.
type Op string

const (
	OpAdjust  Op = "adjust"
	OpCapture Op = "capture"
	OpCancel  Op = "cancel"
)

// intent is a call to be made: everything needed to make it again, byte for
// byte, in another process.
type intent struct {
	TripID, StoreID string
	Op              Op
	Seq             int64
	Amount          money.Amount
	Visitor         string // the own processor's shopper
	Ref             string // the own processor's authorization, when there is one
}

// answer is what came of a call, in the terms of payments 9.5.
type answer struct {
	Outcome    jwo.Outcome
	Status     string       // of an Adjust that is Done: jwo.Approved, Declined or Pending
	Authorized money.Amount // with it; no currency if the answer had none
	Ref        string       // the own processor's reference
	Name       string       // Amazon's error name
	RetryAfter time.Duration
	Lost       bool   // Unknown without an HTTP status: the answer was lost
	Note       string // for people; no personal data
}

// verdict is what can be learnt about an earlier call without repeating it.
type verdict int

const (
	noNews   verdict = iota // nothing is known
	weak                    // something like it happened, the amount is not proven
	answered                // the far side repeats its answer
	absent                  // the far side never saw it
)

// gateway is one way to charge. Implementations are stateless; calls may be
// made from any goroutine and end with their context.
type gateway interface {
	// api names what is paused when the far side throttles or denies.
	api(Op) string
	// body is the exact request to be stored and sent. An error is a refusal
	// by our own checks: nothing may be sent.
	body(intent) ([]byte, error)
	// send makes the call with a stored body.
	send(ctx context.Context, in intent, body []byte) answer
	// asks names the API of inquire, which is paused like that of a call; empty
	// when nothing is asked or the far side has no such pauses.
	asks(Op) string
	// inquire asks what came of an earlier call.
	inquire(ctx context.Context, in intent) (verdict, answer)
}
