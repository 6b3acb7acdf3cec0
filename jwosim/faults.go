package jwosim

import (
	"errors"
	"fmt"
	"time"
)

// Faults is what goes wrong, and how often. Probabilities are per attempt, from
// 0 to 1. Every draw is made from Config.Seed and from what the request is
// about — operation, trip (by its entry key), attempt — and never from the
// order of arrival.
//
// The zero value is no faults at all.
type Faults struct {
	// Latency before an answer, in both directions.
	Latency Latency `json:"latency" yaml:"latency"`

	// TooMany answers 429 with RetryAfter (default 600 s, the documented
	// value) before anything happens.
	TooMany    float64       `json:"too_many" yaml:"too_many"`
	RetryAfter time.Duration `json:"retry_after" yaml:"retry_after"`
	// Error500 and Error503 answer so before anything happens.
	Error500 float64 `json:"error_500" yaml:"error_500"`
	Error503 float64 `json:"error_503" yaml:"error_503"`
	// After500 answers 500 although the request had its effect.
	After500 float64 `json:"after_500" yaml:"after_500"`
	// Reset breaks the connection before anything happens; towards connectors
	// the attempt is never sent.
	Reset float64 `json:"reset" yaml:"reset"`
	// Lost breaks the connection after the effect and before the answer;
	// towards connectors the answer is dropped unread and the call repeated.
	Lost float64 `json:"lost" yaml:"lost"`
	// Cut breaks the connection in the middle of the answer, after the effect.
	Cut float64 `json:"cut" yaml:"cut"`
	// Malformed answers 200 with something that is not JSON, after the effect.
	Malformed float64 `json:"malformed" yaml:"malformed"`

	// DuplicateGate and DuplicateCart send a call twice at once, per event and
	// per cart.
	DuplicateGate float64 `json:"duplicate_gate" yaml:"duplicate_gate"`
	DuplicateCart float64 `json:"duplicate_cart" yaml:"duplicate_cart"`
	// LateCart delivers a cart up to LateBy (default 10 s) after the shopper
	// left.
	LateCart float64       `json:"late_cart" yaml:"late_cart"`
	LateBy   time.Duration `json:"late_by" yaml:"late_by"`
	// Pending answers the first one to PendingTries (default 2) Adjusts of a
	// trip PENDING, on cards that do not decide that themselves.
	Pending      float64 `json:"pending" yaml:"pending"`
	PendingTries int     `json:"pending_tries" yaml:"pending_tries"`
	// Skew is how far a gate's clock may be off, either way, per trip.
	Skew time.Duration `json:"skew" yaml:"skew"`

	// Most is the number of attempts of one request that may meet a fault;
	// the later ones are spared, so that everything ends. Default 8, −1 no
	// limit.
	Most int `json:"most" yaml:"most"`
}

// Laws of latency.
const (
	// Fixed waits Typical.
	Fixed = "fixed"
	// LogNormal has its median at Typical and its 99th percentile at Long.
	LogNormal = "lognormal"
	// LongTail waits Typical, and one time in a hundred Long.
	LongTail = "longtail"
)

// Latency is a law of waiting. The zero value does not wait.
type Latency struct {
	Law     string        `json:"law" yaml:"law"`
	Typical time.Duration `json:"typical" yaml:"typical"`
	Long    time.Duration `json:"long" yaml:"long"`
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
		Reset: 0.04, Lost: 0.06, Cut: 0.02, Malformed: 0.02,
		DuplicateGate: 0.25, DuplicateCart: 0.25,
		LateCart: 0.2, LateBy: 30 * time.Second,
		Pending: 0.1, PendingTries: 3,
		Skew: 4 * time.Second,
	}
}

// Check refuses probabilities outside 0 to 1, a sum above 1 of those that
// exclude each other, and times below zero.
func (f Faults) Check() error {
	for _, p := range f.probabilities() {
		if !(*p.value >= 0 && *p.value <= 1) {
			return fmt.Errorf("%s %v is not from 0 to 1", p.name, *p.value)
		}
	}
	if sum := f.TooMany + f.Error500 + f.Error503 + f.After500 + f.Reset + f.Lost + f.Cut + f.Malformed; sum > 1.000001 {
		return fmt.Errorf("the faults of one request sum to %.3f, more than 1", sum)
	}
	for _, d := range f.durations() {
		if *d.value < 0 {
			return fmt.Errorf("%s %s is negative", d.name, *d.value)
		}
	}
	if f.PendingTries < 0 {
		return errors.New("pending-tries is negative")
	}
	switch f.Latency.Law {
	case "", Fixed, LogNormal, LongTail:
	default:
		return fmt.Errorf("latency law %.20q is not %s, %s or %s", f.Latency.Law, Fixed, LogNormal, LongTail)
	}
	if f.Latency.Typical < 0 || f.Latency.Long < 0 {
		return errors.New("latency is negative")
	}
	if (f.Latency.Law == LogNormal || f.Latency.Law == LongTail) && f.Latency.Long < f.Latency.Typical {
		return fmt.Errorf("latency: long %s is below typical %s", f.Latency.Long, f.Latency.Typical)
	}
	return nil
}

type named[T any] struct {
	name  string
	value *T
}

// probabilities and durations name the fields as ParseFaults does.
func (f *Faults) probabilities() []named[float64] {
	return []named[float64]{
		{"429", &f.TooMany}, {"500", &f.Error500}, {"503", &f.Error503}, {"500-after", &f.After500},
		{"reset", &f.Reset}, {"lost", &f.Lost}, {"cut", &f.Cut}, {"malformed", &f.Malformed},
		{"duplicate-gate", &f.DuplicateGate}, {"duplicate-cart", &f.DuplicateCart},
		{"late-cart", &f.LateCart}, {"pending", &f.Pending},
	}
}

func (f *Faults) durations() []named[time.Duration] {
	return []named[time.Duration]{{"retry-after", &f.RetryAfter}, {"late-by", &f.LateBy}, {"skew", &f.Skew}}
}

func (f *Faults) counts() []named[int] {
	return []named[int]{{"pending-tries", &f.PendingTries}, {"most", &f.Most}}
}
