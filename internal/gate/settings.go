package gate

import (
	"time"

	"github.com/strollhq/stroll/money"
)

// Settings say who may enter one store. The zero value works: each field names
// its default. WithDefaults fills them in, Check finds what is wrong.
type Settings struct {
	// Strategy is who decides on fraud and abuse at card entry, as agreed with
	// Amazon: amazon_managed, amazon_recommendation, retailer_managed (default;
	// customer_managed is its older name) or none.
	Strategy string `yaml:"strategy"`
	// TimeZone in which rules read hour and weekday, such as America/Chicago.
	// Default UTC.
	TimeZone string `yaml:"time_zone"`
	// TestStore names this store as one for tests: only there do opaque keys
	// with test_only open the gate. Default off.
	TestStore bool `yaml:"test_store"`
	// DebtThreshold is what may be owed, in major units of the store's
	// currency, without being refused. Default 0: any debt refuses.
	DebtThreshold money.Decimal `yaml:"debt_threshold"`
	// Codes sets the scan codes of the retailer's app.
	Codes CodeSettings `yaml:"codes"`
	// OpaqueKeys open the gate without being scan codes: Amazon's test keys,
	// associates' and cash shoppers' keys.
	OpaqueKeys []OpaqueKey `yaml:"opaque_keys"`
	// Identity sets how VerifyIdentityKeys is answered.
	Identity IdentitySettings `yaml:"identity"`
	// FA sets how GetShopperAuthorization is answered.
	FA FASettings `yaml:"fa"`
	// Block refuses these shoppers and instruments.
	Block Subjects `yaml:"block"`
	// Flag marks these as fraudulent; they are refused as CustomerFraud.
	Flag Subjects `yaml:"flag"`
	// Allow lets these in past rules and Amazon's advice, but not past debt, a
	// fraud flag, or Block.
	Allow Subjects `yaml:"allow"`
	// Rules decide in their order, the first live one that fires being final.
	Rules []Rule `yaml:"rules"`
	// OnRuleError is what a rule that cannot be computed stands for: skip
	// (default), as if it had not fired, or deny. Either way it is counted.
	OnRuleError string `yaml:"on_rule_error"`
	// Doors opens optional connectors.
	Doors DoorSettings `yaml:"doors"`
	// Watch sets the alarm on the ratio of accepted to refused.
	Watch WatchSettings `yaml:"watch"`
}

// CodeSettings set the scan codes.
type CodeSettings struct {
	// Prefixes begin every code: seven of A-Z and 0-9 each. New codes carry the
	// first that has not ended; all that have not ended are accepted.
	// Default: one, STROLL0, without end.
	Prefixes []Prefix `yaml:"prefixes"`
	// Freshness is how old a code may be at the scan: 30s to 90s, default 60s.
	Freshness time.Duration `yaml:"freshness"`
	// Skew is how far a code may lie in the scan's future, because clocks
	// differ. Default 5s, at most 30s.
	Skew time.Duration `yaml:"skew"`
	// Renew is when the app should ask for the next code. Default 30s, and
	// less than Freshness.
	Renew time.Duration `yaml:"renew"`
	// MaxAdmissions is how many people one code admits, counted by entry
	// event. Default 0: no limit, since a group enters on one code.
	MaxAdmissions int `yaml:"max_admissions_per_code"`
	// Custom sets the part after the time.
	Custom CustomSettings `yaml:"custom"`
}

// Prefix is one customer prefix.
type Prefix struct {
	Value string    `yaml:"value"`
	Since time.Time `yaml:"since"` // when it was taken into use; for the age shown
	Until time.Time `yaml:"until"` // scans from then on are refused; default never
}

// CustomSettings set the custom part of scan codes.
type CustomSettings struct {
	// MaxLength is the widest custom part the published pattern lets through.
	// Default 64, which is also the most.
	MaxLength int `yaml:"max_length"`
	// Keys sign codes: the custom part is then a truncated HMAC-SHA-256, and a
	// code without a right one is refused before the database is asked. New
	// codes are signed with the first key that has not ended. Default none: no
	// custom part.
	Keys []SigningKey `yaml:"keys"`
	// SignatureLength in hexadecimal digits: 16 to 64 and at most MaxLength.
	// Default 32.
	SignatureLength int `yaml:"signature_length"`
}

// SigningKey signs scan codes.
type SigningKey struct {
	Secret string    `yaml:"secret" secret:"true"` // at least 16 bytes; env:NAME or file:PATH
	Since  time.Time `yaml:"since"`
	Until  time.Time `yaml:"until"` // as for prefixes
}

// OpaqueKey is a key outside the format of scan codes. It is compared as a
// whole with what was scanned, and it is never stale.
type OpaqueKey struct {
	// Key is the key as scanned, before Base64; env:NAME or file:PATH.
	Key string `yaml:"key" secret:"true"`
	// SHA256 of the key in hexadecimal, instead of Key, so that the
	// configuration does not hold it.
	SHA256 string `yaml:"sha256"`
	// Visitor is the id Amazon is told. An account of that id is held to its
	// standing; without an account the key's bearer has only debts.
	Visitor string `yaml:"visitor"`
	// Type is SHOPPER (default), ASSOCIATE or CASH_SHOPPER.
	Type string `yaml:"type"`
	// TestOnly: only a store with test_store set knows this key. For Amazon's
	// test keys and its connectivity test.
	TestOnly bool `yaml:"test_only"`
	// Since and Until as for prefixes.
	Since time.Time `yaml:"since"`
	Until time.Time `yaml:"until"`
}

// IdentitySettings set VerifyIdentityKeys.
type IdentitySettings struct {
	// Deadline of our own, inside Amazon's two seconds. Default 1.5s, 100ms to
	// 1.9s. GetShopperAuthorization has the same.
	Deadline time.Duration `yaml:"deadline"`
	// OnDependencyFailure is the answer when no decision can be made:
	// store_default (default) answers 500, upon which the gate does what the
	// store told Amazon; deny answers 401.
	OnDependencyFailure string `yaml:"on_dependency_failure"`
	// RateLimit bounds the questions answered for this store, of each kind,
	// in one process. More are answered 429.
	RateLimit RateLimit `yaml:"rate_limit"`
}

// RateLimit is a token bucket.
type RateLimit struct {
	PerSecond int  `yaml:"per_second"` // default 1000
	Burst     int  `yaml:"burst"`      // default twice per_second
	Off       bool `yaml:"off"`
}

// FASettings set GetShopperAuthorization.
type FASettings struct {
	// Fallback is the answer when our own rules or ledger fail:
	// recommendation_else_deny (default; Amazon's advice under the strategy
	// amazon_recommendation), allow, deny, or error (503). It is not recorded.
	Fallback string `yaml:"fallback"`
	// Risks maps Amazon's risk values to deny, allow or follow, which takes the
	// recommendation's own answer. Default: InvalidCard, CustomerFraud, BadDebt
	// and ExpiredCard deny; any other follows. "*" sets that other.
	Risks map[string]string `yaml:"risks"`
	// Overrides are an operator's last word over rules and advice, in order;
	// the first that fits counts. Own debt and fraud flags come before them.
	Overrides []Override `yaml:"overrides"`
	// ReducedPreAuth admits with a smaller pre-authorization.
	ReducedPreAuth ReducedPreAuth `yaml:"reduced_pre_auth"`
	// RequiredFields of the request beyond storeId and shopperIdentity.id, as
	// paths such as shopperInteraction.shoppingTripId. Default none.
	RequiredFields []string `yaml:"required_fields"`
	// VisitorData names the key of gateAuthenticationEvent.data that holds our
	// visitor id, if Amazon was made to send it. Default none.
	VisitorData string `yaml:"visitor_data"`
}

// Override replaces what would be decided. Without Risk and Instrument it
// holds for the whole store.
type Override struct {
	// Act is accept, deny or adjust.
	Act string `yaml:"act"`
	// Risk: only when Amazon names this risk.
	Risk string `yaml:"risk"`
	// Instrument: only for this payment instrument.
	Instrument string `yaml:"instrument"`
	// Amount of the pre-authorization with adjust, in major units.
	Amount money.Decimal `yaml:"amount"`
	// By and Note say who wanted it and why; shown with the decision.
	By   string `yaml:"by"`
	Note string `yaml:"note"`
}

// ReducedPreAuth admits with a smaller pre-authorization when nothing else
// decided and Amazon advised no amount.
type ReducedPreAuth struct {
	// Amount in major units of the store's currency. Default 0: off.
	Amount money.Decimal `yaml:"amount"`
	// When is a condition as in rules. Default: always.
	When string `yaml:"when"`
}

// Subjects are lists of visitors and instruments.
type Subjects struct {
	Shoppers    []string `yaml:"shoppers"`
	Instruments []string `yaml:"instruments"`
}

// DoorSettings open optional connectors.
type DoorSettings struct {
	// ResolveScan answers scans with ACCEPT or REJECT. Default off.
	ResolveScan bool `yaml:"resolve_scan"`
	// ScanDetails names the loyalty programme and opens GetScanDetails.
	// Default empty: off.
	ScanDetails string `yaml:"scan_details"`
	// Shopper lists the key types GetShopper answers; QR_CODE is the one there
	// is. Default none: off.
	Shopper []string `yaml:"shopper"`
}

// WatchSettings watch the share of accepted entries.
type WatchSettings struct {
	// Window of the ratio. Default 15m, at most 24h.
	Window time.Duration `yaml:"window"`
	// AlertBelow is the accepted share in percent under which the alarm is
	// raised. Default 50; 0 means the default, and off is off.
	AlertBelow int  `yaml:"alert_below"`
	Off        bool `yaml:"off"`
	// Least is how many decisions the window needs before it says anything.
	// Default 20.
	Least int `yaml:"least"`
}
