package jwosim

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Force makes the next requests of an operation end in a given way.
type Force struct {
	// API is the operation: AdjustCharge, CancelCharge, CaptureCharge, Refund,
	// GetTransactionalData, GetShopperIdentity, ReportPaymentStatus; towards
	// connectors VerifyIdentityKeys, GetShopperAuthorization, CreatePurchases.
	API string `json:"api"`
	// Trip limits it to one trip; empty is any.
	Trip string `json:"trip"`
	// Outcome to force.
	//
	// Of every operation of Amazon's API: 403, expired, revoked (both 403 with a
	// sentence), 429, 500, 503, 500-after, reset, lost, cut, malformed, hang (no answer until the caller gives up, and no
	// effect), hang-after (no answer, but the effect), BadRequestException,
	// UnknownShoppingTrip, ShoppingTripExpiredException.
	// AdjustCharge: approved, declined, pending, partial:40 (per cent),
	// approved_more, approved_no_amount, other_currency, unknown_status,
	// no_status. ReportPaymentStatus: Accepted, Rejected, unknown_status.
	// GetTransactionalData: missing_fields. GetShopperIdentity: no_email.
	// Towards connectors: reset, lost, expired, revoked, duplicate.
	Outcome string `json:"outcome"`
	// Times it is used; 0 is once.
	Times int `json:"times"`
	// RetryAfter of a 429; 0 is the setting of the faults.
	RetryAfter time.Duration `json:"retryAfter"`
}

// wireOutcomes are the outcomes every operation of Amazon's API can be forced to.
var wireOutcomes = []string{
	"403", faultTooMany, fault500, fault503, fault500After, faultReset, faultLost, faultCut, faultMalformed,
	faultExpired, faultRevoked,
	faultHang, "hang-after", badRequest, unknownTrip, tripExpired,
}

var apiOutcomes = map[string][]string{
	"AdjustCharge": {"approved", "declined", "pending", "approved_more", "approved_no_amount",
		"other_currency", "unknown_status", "no_status"},
	"CancelCharge": nil, "CaptureCharge": nil, "Refund": nil,
	"GetTransactionalData": {"missing_fields"},
	"GetShopperIdentity":   {"no_email"},
	"ReportPaymentStatus":  {"Accepted", "Rejected", "unknown_status"},
}

var outgoing = []string{"VerifyIdentityKeys", "GetShopperAuthorization", "CreatePurchases"}

// ForceNext forces the next answer of an operation; see Force for the words.
func (s *Sim) ForceNext(api, outcome string) error {
	return s.Force(Force{API: api, Outcome: outcome})
}

// Force queues a forced outcome. The first queued one that fits a request is
// used; it comes before any fault and, for Adjust, before the card's behaviour.
func (s *Sim) Force(f Force) error {
	if f.Times == 0 {
		f.Times = 1
	}
	if f.Times < 0 || f.RetryAfter < 0 {
		return errors.New("force: negative times or retry-after")
	}
	own, api := apiOutcomes[f.API]
	switch {
	case slices.Contains(outgoing, f.API):
		if !slices.Contains(connectorKinds, f.Outcome) && f.Outcome != "duplicate" {
			return fmt.Errorf("force %s: %.40q is not one of %q or duplicate", f.API, f.Outcome, connectorKinds)
		}
	case !api:
		return fmt.Errorf("force: no operation %.40q", f.API)
	case f.API == "AdjustCharge" && partialOutcome(f.Outcome) > 0:
	case !slices.Contains(wireOutcomes, f.Outcome) && !slices.Contains(own, f.Outcome):
		return fmt.Errorf("force %s: %.40q is not one of %q", f.API, f.Outcome, append(slices.Clone(own), wireOutcomes...))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forced = append(s.forced, &f)
	return nil
}

// partialOutcome is the per cent of "partial:40", 0 of anything else.
func partialOutcome(s string) int {
	text, ok := strings.CutPrefix(s, "partial:")
	n, err := strconv.Atoi(text)
	if !ok || err != nil || n < 1 || n > 99 {
		return 0
	}
	return n
}

// Forced lists what is queued.
func (s *Sim) Forced() []Force {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Force, 0, len(s.forced))
	for _, f := range s.forced {
		out = append(out, *f)
	}
	return out
}

// takeForce uses up the first queued outcome that fits. want, when given,
// limits the outcomes asked for.
func (s *Sim) takeForce(api, trip string, want ...string) Force {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range s.forced {
		if f.API != api || f.Trip != "" && f.Trip != trip || len(want) > 0 && !slices.Contains(want, f.Outcome) {
			continue
		}
		got := *f
		if f.Times--; f.Times == 0 {
			s.forced = slices.Delete(s.forced, i, i+1)
		}
		return got
	}
	return Force{}
}
