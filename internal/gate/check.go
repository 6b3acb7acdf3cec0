package gate

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/strollhq/stroll/jwo"
)

// Values of the settings.
const (
	AmazonManaged        = "amazon_managed"
	AmazonRecommendation = "amazon_recommendation"
	RetailerManaged      = "retailer_managed"
	NoStrategy           = "none"
	customerManaged      = "customer_managed" // older name of RetailerManaged

	StoreDefault = "store_default"
	Deny         = "deny"
	Allow        = "allow"
	Follow       = "follow"
	Adjust       = "adjust"
	Accept       = "accept"
	Skip         = "skip"

	RecommendationElseDeny = "recommendation_else_deny"
	FallbackError          = "error"

	Live   = "live"
	Shadow = "shadow"

	// OtherRisk stands in FASettings.Risks for every risk not listed.
	OtherRisk = "*"
	// DefaultPrefix begins scan codes when no prefix is set.
	DefaultPrefix = "STROLL0"
)

func def[T comparable](v *T, value T) {
	var zero T
	if *v == zero {
		*v = value
	}
}

// WithDefaults is s with every field that was left out filled in.
func (s Settings) WithDefaults() Settings {
	def(&s.Strategy, RetailerManaged)
	if s.Strategy == customerManaged {
		s.Strategy = RetailerManaged
	}
	def(&s.TimeZone, "UTC")
	if len(s.Codes.Prefixes) == 0 {
		s.Codes.Prefixes = []Prefix{{Value: DefaultPrefix}}
	}
	def(&s.Codes.Freshness, 60*time.Second)
	def(&s.Codes.Skew, 5*time.Second)
	def(&s.Codes.Renew, min(30*time.Second, s.Codes.Freshness/2))
	def(&s.Codes.Custom.MaxLength, maxCustom)
	def(&s.Codes.Custom.SignatureLength, min(32, s.Codes.Custom.MaxLength))
	s.OpaqueKeys = slices.Clone(s.OpaqueKeys)
	for i := range s.OpaqueKeys {
		def(&s.OpaqueKeys[i].Type, jwo.Shopper)
	}
	def(&s.Identity.Deadline, 1500*time.Millisecond)
	def(&s.Identity.OnDependencyFailure, StoreDefault)
	def(&s.Identity.RateLimit.PerSecond, 1000)
	def(&s.Identity.RateLimit.Burst, 2*s.Identity.RateLimit.PerSecond)
	def(&s.FA.Fallback, RecommendationElseDeny)
	risks := map[string]string{
		jwo.RiskInvalidCard: Deny, jwo.RiskCustomerFraud: Deny, jwo.RiskBadDebt: Deny, jwo.RiskExpiredCard: Deny, OtherRisk: Follow,
	}
	maps.Copy(risks, s.FA.Risks)
	s.FA.Risks = risks
	s.Rules = slices.Clone(s.Rules)
	for i := range s.Rules {
		def(&s.Rules[i].Mode, Live)
		def(&s.Rules[i].Reason, Ruled)
	}
	def(&s.OnRuleError, Skip)
	def(&s.Watch.Window, 15*time.Minute)
	def(&s.Watch.AlertBelow, 50)
	def(&s.Watch.Least, 20)
	return s
}

// faultList collects faults, each beginning with the path of its field.
type faultList []error

func (f *faultList) add(path, format string, args ...any) {
	*f = append(*f, fmt.Errorf(path+": "+format, args...))
}

func (f *faultList) oneOf(path, v string, allowed ...string) {
	if !slices.Contains(allowed, v) {
		f.add(path, "%.40q is not one of %s", v, strings.Join(allowed, ", "))
	}
}

func (f *faultList) between(path string, v, low, high time.Duration) {
	if v < low || v > high {
		f.add(path, "%s is not between %s and %s", v, low, high)
	}
}

// Check finds every fault of the settings; each error begins with the path of
// its field.
func (s Settings) Check() error {
	s = s.WithDefaults()
	var f faultList
	f.oneOf("strategy", s.Strategy, AmazonManaged, AmazonRecommendation, RetailerManaged, NoStrategy)
	if _, err := time.LoadLocation(s.TimeZone); err != nil {
		f.add("time_zone", "%.60q is not a time zone", s.TimeZone)
	}
	if s.DebtThreshold.Sign() < 0 {
		f.add("debt_threshold", "%s is negative", s.DebtThreshold)
	}
	s.Codes.check(&f)
	checkOpaque(&f, s.OpaqueKeys)
	f.between("identity.deadline", s.Identity.Deadline, 100*time.Millisecond, 1900*time.Millisecond)
	f.oneOf("identity.on_dependency_failure", s.Identity.OnDependencyFailure, StoreDefault, Deny)
	if l := s.Identity.RateLimit; l.PerSecond < 0 || l.Burst < 1 {
		f.add("identity.rate_limit", "%d per second with a burst of %d lets nobody in", l.PerSecond, l.Burst)
	}
	s.FA.check(&f)
	for _, list := range []struct {
		path string
		s    Subjects
	}{{"block", s.Block}, {"flag", s.Flag}, {"allow", s.Allow}} {
		checkIDs(&f, list.path+".shoppers", list.s.Shoppers)
		checkIDs(&f, list.path+".instruments", list.s.Instruments)
	}
	checkRules(&f, s)
	f.oneOf("on_rule_error", s.OnRuleError, Skip, Deny)
	for i, t := range s.Doors.Shopper {
		f.oneOf(fmt.Sprintf("doors.shopper[%d]", i), t, qrCode)
	}
	if len(s.Doors.ScanDetails) > maxID {
		f.add("doors.scan_details", "longer than %d characters", maxID)
	}
	f.between("watch.window", s.Watch.Window, time.Minute, 24*time.Hour)
	if s.Watch.AlertBelow < 0 || s.Watch.AlertBelow > 100 {
		f.add("watch.alert_below", "%d is not a percentage", s.Watch.AlertBelow)
	}
	if s.Watch.Least < 1 {
		f.add("watch.least", "%d is not positive", s.Watch.Least)
	}
	return errors.Join(f...)
}

// maxID is the longest identifier of the contract, in characters.
const maxID = 255

func checkIDs(f *faultList, path string, ids []string) {
	for i, id := range ids {
		if id == "" || len(id) > maxID {
			f.add(fmt.Sprintf("%s[%d]", path, i), "not 1 to %d characters", maxID)
		}
	}
}

var prefixShape = regexp.MustCompile(`^` + prefixPart.pattern() + `$`)

func (c CodeSettings) check(f *faultList) {
	seen := map[string]bool{}
	for i, p := range c.Prefixes {
		path := fmt.Sprintf("codes.prefixes[%d].value", i)
		if !prefixShape.MatchString(p.Value) {
			f.add(path, "%.20q is not seven of A-Z and 0-9", p.Value)
		}
		if seen[p.Value] {
			f.add(path, "%q is there twice", p.Value)
		}
		seen[p.Value] = true
	}
	f.between("codes.freshness", c.Freshness, 30*time.Second, 90*time.Second)
	f.between("codes.skew", c.Skew, 0, 30*time.Second)
	f.between("codes.renew", c.Renew, time.Second, c.Freshness)
	if c.MaxAdmissions < 0 {
		f.add("codes.max_admissions_per_code", "%d is negative", c.MaxAdmissions)
	}
	if c.Custom.MaxLength < 0 || c.Custom.MaxLength > maxCustom {
		f.add("codes.custom.max_length", "%d is not between 0 and %d", c.Custom.MaxLength, maxCustom)
	}
	for i, k := range c.Custom.Keys {
		if len(k.Secret) < 16 {
			f.add(fmt.Sprintf("codes.custom.keys[%d].secret", i), "shorter than 16 bytes")
		}
	}
	if n := c.Custom.SignatureLength; len(c.Custom.Keys) > 0 && (n < 16 || n > min(64, c.Custom.MaxLength)) {
		f.add("codes.custom.signature_length", "%d is not between 16 and %d", n, min(64, c.Custom.MaxLength))
	}
}

func (a FASettings) check(f *faultList) {
	f.oneOf("fa.fallback", a.Fallback, RecommendationElseDeny, Allow, Deny, FallbackError)
	for _, risk := range slices.Sorted(maps.Keys(a.Risks)) {
		f.oneOf("fa.risks."+risk, a.Risks[risk], Deny, Allow, Follow)
	}
	for i, o := range a.Overrides {
		path := fmt.Sprintf("fa.overrides[%d]", i)
		f.oneOf(path+".act", o.Act, Accept, Deny, Adjust)
		if (o.Act == Adjust) != (o.Amount.Sign() > 0) {
			f.add(path+".amount", "a positive amount belongs to adjust, and to nothing else")
		}
	}
	if a.ReducedPreAuth.Amount.Sign() < 0 {
		f.add("fa.reduced_pre_auth.amount", "%s is negative", a.ReducedPreAuth.Amount)
	}
	for i, p := range a.RequiredFields {
		if !requestHas(p) {
			f.add(fmt.Sprintf("fa.required_fields[%d]", i), "%.80q is not a field of the request", p)
		}
	}
}
