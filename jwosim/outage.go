package jwosim

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Outage is a time in which every request of some kind meets one fault: by
// schedule, not by chance.
type Outage struct {
	// Start is counted on the simulator's clock from when the faults came into
	// force: with the simulator, or by SetFaults.
	Start time.Duration
	// For is how long it lasts.
	For time.Duration
	// Every repeats it so often from Start on; 0 is once.
	Every time.Duration
	// Where is "" (both sides), ToAmazonSide, ToConnectors, or one operation.
	Where string
	// Kind is what each request meets. Of Amazon's API: 429, 500, 503 (default),
	// 500-after, reset, lost, cut, malformed, hang (no answer until the caller
	// gives up), expired or revoked (403). Towards connectors: reset (default:
	// nothing is sent), lost, expired or revoked; on both sides a kind that only
	// Amazon's API has is a reset towards connectors.
	Kind string
}

// byOutage precedes the kind in History when it came by schedule.
const byOutage = "outage:"

// Sides of an outage.
const (
	ToAmazonSide = "amazon"    // every call of Amazon's API
	ToConnectors = "connector" // every call to a connector
)

var (
	amazonKinds = []string{faultTooMany, fault500, fault503, fault500After, faultReset, faultLost, faultCut, faultMalformed,
		faultHang, faultExpired, faultRevoked}
	connectorKinds = []string{faultReset, faultLost, faultExpired, faultRevoked}
)

// ParseOutage reads START+LENGTH[/EVERY][@WHERE][:KIND], as in "10m+2m",
// "0s+30s/1h@AdjustCharge:hang" or "2h+1h@amazon:revoked". A length alone
// starts at once.
func ParseOutage(s string) (o Outage, err error) {
	rest, kind, _ := strings.Cut(s, ":")
	rest, where, _ := strings.Cut(rest, "@")
	rest, every, repeats := strings.Cut(rest, "/")
	start, length, starts := strings.Cut(rest, "+")
	if !starts {
		start, length = "0s", rest
	}
	o.Where, o.Kind = where, kind
	if o.Start, err = ParseDuration(start); err == nil {
		o.For, err = ParseDuration(length)
	}
	if err == nil && repeats {
		o.Every, err = ParseDuration(every)
	}
	if err != nil {
		return Outage{}, fmt.Errorf("%.60q is not START+LENGTH[/EVERY][@WHERE][:KIND]: %w", s, err)
	}
	return o, o.check()
}

// String is the form ParseOutage reads.
func (o Outage) String() string {
	s := o.Start.String() + "+" + o.For.String()
	if o.Every != 0 {
		s += "/" + o.Every.String()
	}
	if o.Where != "" {
		s += "@" + o.Where
	}
	if o.Kind != "" {
		s += ":" + o.Kind
	}
	return s
}

func (o Outage) check() error {
	kinds := amazonKinds
	_, amazon := apiOutcomes[o.Where]
	switch {
	case o.Start < 0 || o.For <= 0 || o.Every < 0 || o.Every > 0 && o.Every < o.For:
		return fmt.Errorf("outage %s: it starts at or after 0s, lasts some time, and not beyond its own repetition", o)
	case o.Where == ToConnectors || slices.Contains(outgoing, o.Where):
		kinds = connectorKinds
	case o.Where != "" && o.Where != ToAmazonSide && !amazon:
		return fmt.Errorf("outage %s: %.40q is not %s, %s or an operation", o, o.Where, ToAmazonSide, ToConnectors)
	}
	if o.Kind != "" && !slices.Contains(kinds, o.Kind) {
		return fmt.Errorf("outage %s: %.40q is not one of %q there", o, o.Kind, kinds)
	}
	return nil
}

// at reports whether the outage is on, so long after the faults came into force.
func (o Outage) at(since time.Duration) bool {
	since -= o.Start
	if since >= 0 && o.Every > 0 {
		since %= o.Every
	}
	return since >= 0 && since < o.For
}

// outage is the kind a request of the operation meets by schedule, "" for none.
func (s *Sim) outage(api string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	side, std := ToAmazonSide, fault503
	if slices.Contains(outgoing, api) {
		side, std = ToConnectors, faultReset
	}
	since := s.Now().Sub(s.faultsSince)
	for _, o := range s.faults.Outages {
		if !o.at(since) || o.Where != "" && o.Where != side && o.Where != api {
			continue
		}
		if o.Kind == "" || side == ToConnectors && !slices.Contains(connectorKinds, o.Kind) {
			return std
		}
		return o.Kind
	}
	return ""
}
