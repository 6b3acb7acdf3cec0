package pay

import "fmt"

// State is where the charge of a trip stands. The names are shown to
// operators and kept for ever.
type State string

const (
	Preauthorized    State = "PREAUTHORIZED"
	CartPriced       State = "CART_PRICED"
	AdjustPending    State = "ADJUST_PENDING"
	AdjustApproved   State = "ADJUST_APPROVED"
	AdjustDeclined   State = "ADJUST_DECLINED"
	AdjustUnknown    State = "ADJUST_UNKNOWN"
	CaptureInitiated State = "CAPTURE_INITIATED"
	CaptureUnknown   State = "CAPTURE_UNKNOWN"
	Captured         State = "CAPTURED"
	CaptureDeclined  State = "CAPTURE_DECLINED"
	CancelInitiated  State = "CANCEL_INITIATED"
	CancelUnknown    State = "CANCEL_UNKNOWN"
	Expired          State = "EXPIRED"
	Parked           State = "PARKED"
	NeverCharged     State = "NEVER_CHARGED" // closed: nothing was charged and nothing is left to release
)

// rule is what a state waits for.
type rule struct {
	Final bool   // nothing more happens unless news arrives from outside
	Next  string // the timer or the next act, for people
}

// rules holds every state; a state that is not here does not exist.
var rules = map[State]rule{
	Preauthorized:    {false, "without a cart: the expiry clock; with one: Cancel at once"},
	CartPriced:       {false, "Adjust at once"},
	AdjustPending:    {false, "the same Adjust again: 60 s, doubling to 1 h"},
	AdjustApproved:   {false, "Capture at once"},
	AdjustDeclined:   {false, "decline policy at once: Cancel, or Capture of what is held"},
	AdjustUnknown:    {false, "the same Adjust again, with back-off"},
	CaptureInitiated: {true, "confirmation; unconfirmed after 24 h: ageing list"},
	CaptureUnknown:   {false, "evidence, then the same Capture again; parked after expiry and grace"},
	Captured:         {true, "a decline reported later"},
	CaptureDeclined:  {true, "payoff of the debt"},
	CancelInitiated:  {true, "nothing"},
	CancelUnknown:    {false, "the same Cancel again, with back-off; closed at expiry"},
	Expired:          {true, "payoff of the debt"},
	Parked:           {false, "an operator by the due date; the expiry clock"},
	NeverCharged:     {true, "nothing"},
}

// Event is what moves a charge from one state to another.
type Event string

const (
	entered  Event = "entered"  // the trip is heard of
	priced   Event = "priced"   // total > 0 known and to be charged
	released Event = "released" // nothing to charge: empty, zero, associate, cash, operator
	held     Event = "held"     // bad cart or settlement held

	adjustApproved Event = "adjust_approved"
	adjustDeclined Event = "adjust_declined" // final: no retry left
	adjustRetry    Event = "adjust_retry"    // declined, to be asked again
	adjustPending  Event = "adjust_pending"
	adjustUnknown  Event = "adjust_unknown"
	adjustRefused  Event = "adjust_refused"

	captureDone    Event = "capture_done"
	captureUnknown Event = "capture_unknown"
	captureRefused Event = "capture_refused"
	captureWeak    Event = "capture_weak_evidence"

	cancelDone    Event = "cancel_done"
	cancelUnknown Event = "cancel_unknown"
	cancelRefused Event = "cancel_refused" // nothing to release
	cancelParked  Event = "cancel_parked"  // any other refusal

	captureApproved Event = "capture_approved" // CaptureApproved, or a report row
	captureDeclined Event = "capture_declined" // CaptureDeclined, later than any approval

	tripExpired Event = "trip_expired" // ShoppingTripExpiredException
	expired     Event = "expired"      // our clock
	closed      Event = "closed"       // our clock, nothing owed or known
	fault_      Event = "fault"        // an integrity fault, or an operator's hold

	retryPriced    Event = "retry_priced" // an operator sends a parked payment on
	retryApproved  Event = "retry_approved"
	retryDeclined  Event = "retry_declined"
	retryReleased  Event = "retry_released"
	retryUnknown   Event = "retry_unknown"
	decideCaptured Event = "decided_captured" // an operator ends a doubt
	decideNot      Event = "decided_not_captured"
	decideExpired  Event = "decided_not_captured_expired"
)

// edge is one row of the table: in From, On leads to To.
type edge struct {
	From State
	On   Event
	To   State
}

// table is every transition there is (contract: payments 9.4). Whatever is not
// in it is an error. The empty state is "not heard of yet". The text form is
// in the package's documentation.
var table = []edge{
	{"", entered, Preauthorized},

	{Preauthorized, priced, CartPriced},
	{Preauthorized, released, Preauthorized},
	{Preauthorized, held, Parked},
	{Preauthorized, cancelDone, CancelInitiated},
	{Preauthorized, cancelRefused, NeverCharged},
	{Preauthorized, cancelUnknown, CancelUnknown},
	{Preauthorized, cancelParked, Parked},
	{Preauthorized, closed, NeverCharged},
	{Preauthorized, fault_, Parked},

	{CartPriced, adjustApproved, AdjustApproved},
	{CartPriced, adjustDeclined, AdjustDeclined},
	{CartPriced, adjustRetry, CartPriced},
	{CartPriced, adjustPending, AdjustPending},
	{CartPriced, adjustUnknown, AdjustUnknown},
	{CartPriced, adjustRefused, Parked},
	{CartPriced, tripExpired, Expired},
	{CartPriced, expired, Expired},
	{CartPriced, released, Preauthorized},
	{CartPriced, held, Parked},
	{CartPriced, fault_, Parked},

	{AdjustPending, adjustApproved, AdjustApproved},
	{AdjustPending, adjustDeclined, AdjustDeclined},
	{AdjustPending, adjustRetry, CartPriced},
	{AdjustPending, adjustPending, AdjustPending},
	{AdjustPending, adjustUnknown, AdjustUnknown},
	{AdjustPending, adjustRefused, Parked},
	{AdjustPending, tripExpired, Expired},
	{AdjustPending, expired, Expired},
	{AdjustPending, released, Preauthorized},
	{AdjustPending, held, Parked},
	{AdjustPending, fault_, Parked},

	{AdjustUnknown, adjustApproved, AdjustApproved},
	{AdjustUnknown, adjustDeclined, AdjustDeclined},
	{AdjustUnknown, adjustRetry, CartPriced},
	{AdjustUnknown, adjustPending, AdjustPending},
	{AdjustUnknown, adjustUnknown, AdjustUnknown},
	{AdjustUnknown, adjustRefused, Parked},
	{AdjustUnknown, tripExpired, Expired},
	{AdjustUnknown, expired, Expired},
	{AdjustUnknown, fault_, Parked},

	{AdjustApproved, captureDone, CaptureInitiated},
	{AdjustApproved, captureUnknown, CaptureUnknown},
	{AdjustApproved, captureRefused, Parked},
	{AdjustApproved, captureApproved, Captured},        // faster than the call's own answer
	{AdjustApproved, captureDeclined, CaptureDeclined}, // the same
	{AdjustApproved, tripExpired, Expired},
	{AdjustApproved, expired, Expired},
	{AdjustApproved, released, Preauthorized}, // only before the first send of a Capture
	{AdjustApproved, held, Parked},
	{AdjustApproved, fault_, Parked},

	{AdjustDeclined, cancelDone, CancelInitiated},
	{AdjustDeclined, cancelRefused, NeverCharged}, // logged, not fatal; the debt stands
	{AdjustDeclined, cancelParked, NeverCharged},
	{AdjustDeclined, cancelUnknown, CancelUnknown},
	{AdjustDeclined, captureDone, CaptureInitiated}, // capture_held
	{AdjustDeclined, captureUnknown, CaptureUnknown},
	{AdjustDeclined, captureRefused, NeverCharged}, // the whole total is debt
	{AdjustDeclined, captureApproved, Captured},
	{AdjustDeclined, captureDeclined, CaptureDeclined},
	{AdjustDeclined, tripExpired, Expired},
	{AdjustDeclined, expired, Expired},
	{AdjustDeclined, fault_, Parked},

	{CaptureUnknown, captureDone, CaptureInitiated},
	{CaptureUnknown, captureWeak, CaptureInitiated},
	{CaptureUnknown, captureUnknown, CaptureUnknown},
	{CaptureUnknown, captureRefused, CaptureUnknown}, // proves nothing about the first send
	{CaptureUnknown, captureApproved, Captured},
	{CaptureUnknown, captureDeclined, CaptureDeclined},
	{CaptureUnknown, expired, Parked}, // expiry and evidence grace: no debt
	{CaptureUnknown, fault_, Parked},
	{CaptureUnknown, decideCaptured, Captured},
	{CaptureUnknown, decideNot, AdjustApproved},
	{CaptureUnknown, decideExpired, Expired},

	{CancelUnknown, cancelDone, CancelInitiated},
	{CancelUnknown, cancelRefused, CancelInitiated}, // done, since nothing shows a capture
	{CancelUnknown, cancelUnknown, CancelUnknown},
	{CancelUnknown, captureApproved, Parked}, // something shows a capture
	{CancelUnknown, closed, NeverCharged},
	{CancelUnknown, fault_, Parked},

	{CaptureInitiated, captureApproved, Captured},
	{CaptureInitiated, captureDeclined, CaptureDeclined},
	{CaptureInitiated, captureDone, CaptureInitiated}, // the call's own answer, late

	{Captured, captureApproved, Captured},
	{Captured, captureDeclined, CaptureDeclined},
	{Captured, captureDone, Captured},
	{Captured, captureUnknown, Captured},
	{Captured, captureRefused, Captured},

	{CaptureDeclined, captureApproved, Captured},
	{CaptureDeclined, captureDeclined, CaptureDeclined},
	{CaptureDeclined, captureDone, CaptureDeclined},
	{CaptureDeclined, captureUnknown, CaptureDeclined},
	{CaptureDeclined, captureRefused, CaptureDeclined},

	{Expired, captureApproved, Captured},

	{NeverCharged, priced, CartPriced}, // a cart later than its pre-authorization
	{NeverCharged, released, Preauthorized},
	{NeverCharged, held, Parked},

	{Parked, priced, CartPriced}, // the bad cart was resolved
	{Parked, released, Preauthorized},
	{Parked, held, Parked},     // resolved, still not to be charged
	{Parked, expired, Expired}, // not out of an unknown Capture; total known
	{Parked, closed, NeverCharged},
	{Parked, captureApproved, Captured},
	{Parked, captureDeclined, CaptureDeclined},
	{Parked, retryPriced, CartPriced},
	{Parked, retryApproved, AdjustApproved},
	{Parked, retryDeclined, AdjustDeclined},
	{Parked, retryReleased, Preauthorized},
	{Parked, retryUnknown, CaptureUnknown},
	{Parked, decideCaptured, Captured},
	{Parked, decideNot, AdjustApproved},
	{Parked, decideExpired, Expired},
}

// edges indexes the table.
var edges = func() map[State]map[Event]State {
	m := make(map[State]map[Event]State)
	for _, e := range table {
		if m[e.From] == nil {
			m[e.From] = make(map[Event]State)
		}
		if _, twice := m[e.From][e.On]; twice {
			panic(fmt.Sprintf("pay: two edges from %s on %s", e.From, e.On))
		}
		m[e.From][e.On] = e.To
	}
	return m
}()

// IllegalError is a transition that is not in the table. Nothing was changed
// and nothing was sent.
type IllegalError struct {
	TripID string
	From   State
	On     Event
}

func (e *IllegalError) Error() string {
	return fmt.Sprintf("trip %s: %s cannot happen in state %q", e.TripID, e.On, e.From)
}

// next is the state that on leads to.
func next(from State, on Event) (State, bool) {
	to, ok := edges[from][on]
	return to, ok
}

// States are all states, in the order of a payment's life.
func States() []State {
	return []State{Preauthorized, CartPriced, AdjustPending, AdjustUnknown, AdjustApproved, AdjustDeclined,
		CaptureInitiated, CaptureUnknown, Captured, CaptureDeclined, CancelInitiated, CancelUnknown, Expired, Parked, NeverCharged}
}
