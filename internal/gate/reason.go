package gate

import "regexp"

// Reasons of decisions. A rule may name further ones of its own.
const (
	// Let in.
	Admitted       = "admitted"         // nothing stood against it
	AllowListed    = "allow_list"       // on the store's allow list
	OverrideAccept = "override_accept"  // an operator's override
	OverrideAdjust = "override_adjust"  // an operator's override, with another pre-authorization
	Advised        = "advice"           // Amazon's recommendation; also of a denial
	AdvisedAdjust  = "advice_adjust"    // Amazon's recommendation, with its amount
	Reduced        = "reduced_pre_auth" // with the store's smaller pre-authorization
	Ruled          = "rule"             // a rule without a reason of its own; also of a denial

	// The key is not good.
	KeyUnknown    = "key_unknown"    // neither an opaque key nor a code with our prefix, or its token is not on record
	KeyEnded      = "key_ended"      // the opaque key's time is over
	CodeMalformed = "code_malformed" // bears our prefix but not our format
	PrefixEnded   = "code_prefix"    // the prefix's time is over
	CodeForged    = "code_custom"    // the custom part is wrong
	CodeAltered   = "code_time"      // its time is not the one on record
	CodeStale     = "code_stale"     // older than the limit
	CodeEarly     = "code_early"     // further in the future than the skew
	CodeRevoked   = "code_revoked"   // taken back
	CodeUsed      = "code_used"      // has admitted as many as it may

	// The bearer may not enter.
	Debt            = "debt"              // owes more than the threshold
	Fraud           = "fraud"             // flagged
	ShopperBlocked  = "shopper_blocked"   // the account is blocked
	BlockListed     = "block_list"        // on the store's block list
	NoPaymentMethod = "no_payment_method" // none chosen
	CardExpired     = "card_expired"      // the one chosen has expired
	PreAuthRefused  = "preauth_refused"   // the retailer's own processor refused the pre-authorization
	Risk            = "risk"              // Amazon named a risk that denies
	OverrideDeny    = "override_deny"     // an operator's override
	RuleFailed      = "rule_failed"       // a rule could not be computed and the store denies then

	// No decision about the bearer.
	ChangedBody = "changed_body" // the event repeated with another key, store or instrument
	Dependency  = "dependency"   // something we depend on failed
	Deadline    = "deadline"     // the deadline passed first
	Throttled   = "throttled"    // too many questions; such decisions are counted, not kept
)

var reasonShape = regexp.MustCompile(`^[a-z0-9_.]{1,64}$`)

// Outcomes of decisions.
const (
	Accepted = "accepted" // let in, or the scan accepted
	Refused  = "refused"  // by the key or by policy
	Invalid  = "invalid"  // the request contradicts an earlier one
	Failed   = "failed"   // no decision could be made
)
