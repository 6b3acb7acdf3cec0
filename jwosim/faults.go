package jwosim

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// Faults is what goes wrong, and how often. Probabilities are per attempt, from
// 0 to 1. Every draw is made from Config.Seed and from what the request is
// about — operation, trip (by its entry key), attempt — and never from the
// order of arrival. Outages are a matter of the clock and use up no attempt.
//
// The zero value is no faults at all. On the command line, in files and on the
// management port every field has the name that FaultFields says, and a file
// or a body holds them as an object or as the short form of ParseFaults.
type Faults struct {
	// Latency before an answer, in both directions.
	Latency Latency

	// TooMany answers 429 with RetryAfter (default 600 s, the documented
	// value) before anything happens.
	TooMany    float64
	RetryAfter time.Duration
	// RetryAfterAs is how a 429 says it: "seconds" (default, documented),
	// "date" (an HTTP date on the machine's time) or "none" (not at all).
	RetryAfterAs string
	// Error500 and Error503 answer so before anything happens.
	Error500 float64
	Error503 float64
	// ErrorBody is the body of 403, 429 and 5xx that are played: "json" (default,
	// the documented shape), "empty", "html" or "mixed" (any of these, drawn).
	ErrorBody string
	// After500 answers 500 although the request had its effect.
	After500 float64
	// Reset breaks the connection before anything happens; towards connectors
	// the attempt is never sent.
	Reset float64
	// Lost breaks the connection after the effect and before the answer;
	// towards connectors the answer is dropped unread and the call repeated.
	Lost float64
	// Cut breaks the connection in the middle of the answer, after the effect.
	Cut float64
	// Malformed answers 200 with something that is not JSON, after the effect.
	Malformed float64
	// Expired and Revoked are credentials that are no good: Amazon's API answers
	// 403 before anything happens; towards connectors the call is signed an hour
	// ago, or with a key (and Config.Headers) nobody knows, and comes again when
	// it is refused. Without Config.Sign and Headers there is nothing to spoil.
	Expired float64
	Revoked float64

	// DuplicateGate and DuplicateCart send a call twice at once, per event and
	// per cart.
	DuplicateGate float64
	DuplicateCart float64
	// StaleGate delivers a copy of an admitted gate call out of order: beside
	// the trip's cart or behind it, as if the cart had overtaken a retry.
	StaleGate float64
	// StaleCart delivers a copy of a cart that was taken, up to StaleBy
	// (default 10 s) later and behind whatever came meanwhile.
	StaleCart float64
	StaleBy   time.Duration
	// LateCart delivers a cart some time after the shopper left, at most LateBy
	// (default 10 s; hours and days are fine). LateLaw is Uniform (default:
	// anything up to LateBy), Fixed (just LateBy), LogNormal or LongTail, these
	// with LateTypical and LateBy as Latency has Typical and Long.
	LateCart    float64
	LateBy      time.Duration
	LateLaw     string
	LateTypical time.Duration
	// Pending answers the first one to PendingTries (default 2) Adjusts of a
	// trip PENDING, on cards that do not decide that themselves.
	Pending      float64
	PendingTries int
	// Skew is how far a gate's clock may be off, either way, per trip.
	Skew time.Duration

	// Outages by schedule, counted from when these faults came into force.
	Outages []Outage

	// Most is the number of attempts of one request that may meet a fault;
	// the later ones are spared, so that everything ends. Default 8, −1 no
	// limit. Outages end by themselves and are not counted.
	Most int
}

// Laws of latency.
const (
	// Fixed waits Typical.
	Fixed = "fixed"
	// LogNormal has its median at Typical and its 99th percentile at Long.
	LogNormal = "lognormal"
	// LongTail waits Typical, and one time in a hundred Long.
	LongTail = "longtail"
	// Uniform is any wait up to the longest: of late carts alone.
	Uniform = "uniform"
)

// Latency is a law of waiting. The zero value does not wait.
type Latency struct {
	Law     string
	Typical time.Duration
	Long    time.Duration
}

// NoFaults is a service that always answers, at once.
func NoFaults() Faults { return Faults{} }

// DefaultFaults is a mild mixture of everything: about one request in twelve
// meets a fault, and every one of them heals within seconds.
func DefaultFaults() Faults {
	return Faults{
		Latency: Latency{Law: LogNormal, Typical: 5 * time.Millisecond, Long: 60 * time.Millisecond},
		TooMany: 0.01, RetryAfter: time.Second,
		Error500: 0.015, Error503: 0.01, After500: 0.01,
		Reset: 0.01, Lost: 0.015, Cut: 0.005, Malformed: 0.005,
		DuplicateGate: 0.05, DuplicateCart: 0.05,
		StaleGate: 0.03, StaleCart: 0.03, StaleBy: 3 * time.Second,
		LateCart: 0.02, LateBy: 3 * time.Second,
		Pending: 0.02, PendingTries: 1,
		Skew: 2 * time.Second,
	}
}

// HeavyFaults is a bad day: one request in three meets a fault.
func HeavyFaults() Faults {
	return Faults{
		Latency: Latency{Law: LongTail, Typical: 20 * time.Millisecond, Long: 3 * time.Second},
		TooMany: 0.05, RetryAfter: 2 * time.Second,
		Error500: 0.05, Error503: 0.05, After500: 0.04,
		Reset: 0.04, Lost: 0.06, Cut: 0.02, Malformed: 0.02, ErrorBody: "mixed",
		DuplicateGate: 0.25, DuplicateCart: 0.25,
		StaleGate: 0.15, StaleCart: 0.15, StaleBy: 30 * time.Second,
		LateCart: 0.2, LateBy: 30 * time.Second,
		Pending: 0.1, PendingTries: 3,
		Skew: 4 * time.Second,
	}
}

// Check refuses probabilities outside 0 to 1, a sum above 1 of those that
// exclude each other, times below zero, words and outages that mean nothing.
func (f Faults) Check() error {
	for _, field := range faultFields {
		var err error
		switch v := field.at(&f).(type) {
		case *float64:
			if !(*v >= 0 && *v <= 1) {
				err = fmt.Errorf("%v is not from 0 to 1", *v)
			}
		case *time.Duration:
			if *v < 0 {
				err = fmt.Errorf("%s is negative", *v)
			}
		case *string:
			if *v != "" && !slices.Contains(field.words, *v) {
				err = fmt.Errorf("%.20q is not one of %q", *v, field.words)
			}
		case *Latency:
			err = v.check()
		case *[]Outage:
			for _, o := range *v {
				err = cmp.Or(err, o.check())
			}
		}
		if err != nil {
			return fmt.Errorf("%s: %w", field.Name, err)
		}
	}
	sum := f.TooMany + f.Error500 + f.Error503 + f.After500 + f.Reset + f.Lost + f.Cut + f.Malformed + f.Expired + f.Revoked
	if sum > 1.000001 {
		return fmt.Errorf("the faults of one request sum to %.3f, more than 1", sum)
	}
	if f.PendingTries < 0 {
		return errors.New("pending-tries is negative")
	}
	if drawn := f.LateLaw == LogNormal || f.LateLaw == LongTail; drawn && (f.LateTypical == 0 || f.LateBy < f.LateTypical) {
		return fmt.Errorf("late-law %s wants late-typical above zero and late-by not below it", f.LateLaw)
	}
	return nil
}

func (l Latency) check() error {
	switch l.Law {
	case "", Fixed, LogNormal, LongTail:
	default:
		return fmt.Errorf("law %.20q is not %s, %s or %s", l.Law, Fixed, LogNormal, LongTail)
	}
	if l.Typical < 0 || l.Long < 0 {
		return errors.New("a time is negative")
	}
	if (l.Law == LogNormal || l.Law == LongTail) && l.Long < l.Typical {
		return fmt.Errorf("long %s is below typical %s", l.Long, l.Typical)
	}
	return nil
}

// errorBody is json, empty or html.
func (f Faults) errorBody(draw func() *rand.Rand) string {
	if f.ErrorBody == "mixed" {
		return []string{"json", "empty", "html"}[draw().IntN(3)]
	}
	return f.ErrorBody
}

// late is how long a cart of the fault LateCart waits before it is sent.
func (f Faults) late(r *rand.Rand) time.Duration {
	by := cmp.Or(f.LateBy, 10*time.Second)
	switch f.LateLaw {
	case Fixed:
		return by
	case LogNormal, LongTail:
		return min(Latency{f.LateLaw, f.LateTypical, by}.sample(r), by)
	}
	return time.Duration(r.Int64N(int64(by))) + 1
}
