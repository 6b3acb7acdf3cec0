package jwosim

import (
	"cmp"
	"slices"
	"time"
)

// MagicCard is a card that exists in every simulator and forces one documented
// outcome. "partial_50" is one shared card; "partial_50#a" and "partial_50#b"
// are two of the kind, each with its own money.
type MagicCard struct {
	Name    string `json:"name"`
	Explain string `json:"explain"`
	// Balance in minor units; 0 is plenty.
	Balance   int64     `json:"balance"`
	Behaviour Behaviour `json:"behaviour"`
}

// MagicCards lists the magic cards by name.
func MagicCards() []MagicCard {
	out := make([]MagicCard, 0, len(magic))
	for _, m := range magic {
		out = append(out, m)
	}
	slices.SortFunc(out, func(a, b MagicCard) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

var magic = magicCards(
	MagicCard{Name: "approve", Explain: "good card: everything is approved"},
	MagicCard{Name: "decline_adjust", Explain: "passes the gate; every Adjust is DECLINED", Behaviour: Behaviour{DeclineAdjust: true}},
	MagicCard{Name: "insufficient", Explain: "a balance of 30.00 bears the usual hold; a larger cart is DECLINED", Balance: 3000},
	MagicCard{Name: "partial_50", Explain: "Adjust approves half of what is asked", Behaviour: Behaviour{PartialPercent: 50}},
	MagicCard{Name: "partial_balance", Explain: "a balance of 30.00; a larger cart is approved up to it", Balance: 3000, Behaviour: Behaviour{PartialBalance: true}},
	MagicCard{Name: "pending_3_then_approve", Explain: "Adjust is PENDING three times, then approved", Behaviour: Behaviour{PendingTries: 3}},
	MagicCard{Name: "pending_3_then_decline", Explain: "Adjust is PENDING three times, then DECLINED", Behaviour: Behaviour{PendingTries: 3, DeclineAdjust: true}},
	MagicCard{Name: "pending_1h_then_approve", Explain: "Adjust is PENDING for an hour, then approved", Behaviour: Behaviour{PendingFor: time.Hour}},
	MagicCard{Name: "pending_forever", Explain: "Adjust is PENDING until the pre-authorization expires", Behaviour: Behaviour{PendingTries: -1}},
	MagicCard{Name: "preauth_declined", Explain: "a balance of 0.01: the hold at entry is refused and the gate stays closed", Balance: 1},
	MagicCard{Name: "expired", Explain: "the reader refuses it: expired", Behaviour: Behaviour{Expired: true}},
	MagicCard{Name: "invalid_card", Explain: "the reader refuses it: invalid, or a prepaid or gift card", Behaviour: Behaviour{Invalid: true}},
	MagicCard{Name: "fraud_risk", Explain: "Amazon's model sees CustomerFraud", Behaviour: Behaviour{Risks: []string{"CustomerFraud"}}},
	MagicCard{Name: "risk_bad_debt", Explain: "Amazon's model sees BadDebt without a debt on record", Behaviour: Behaviour{Risks: []string{"BadDebt"}}},
	MagicCard{Name: "risk_invalid_card", Explain: "passes the reader; Amazon's model sees InvalidCard", Behaviour: Behaviour{Risks: []string{"InvalidCard"}}},
	MagicCard{Name: "risk_expired_card", Explain: "passes the reader; Amazon's model sees ExpiredCard", Behaviour: Behaviour{Risks: []string{"ExpiredCard"}}},
	MagicCard{Name: "risk_unknown", Explain: "Amazon's model names a risk nobody has heard of", Behaviour: Behaviour{Risks: []string{"SomethingNew"}}},
	MagicCard{Name: "recommend_adjust_40", Explain: "Amazon advises an ADJUST of the hold to 40 %", Behaviour: Behaviour{RecommendPercent: 40}},
	MagicCard{Name: "reject_reports", Explain: "Adjust is DECLINED and every payment status report Rejected", Behaviour: Behaviour{DeclineAdjust: true, RejectReports: true}},
	MagicCard{Name: "no_emv", Explain: "transactional data hold brand and last four alone", Behaviour: Behaviour{OmitEMV: emvFields[2:]}},
	MagicCard{Name: "unknown_entry_mode", Explain: "transactional data carry an entry mode outside the documented five", Behaviour: Behaviour{EntryMode: "EMV_9F39_99"}},
)

func magicCards(cards ...MagicCard) map[string]MagicCard {
	m := make(map[string]MagicCard, len(cards))
	for _, c := range cards {
		m[c.Name] = c
	}
	return m
}

// emvFields in the order of the contract, brand and last four first.
var emvFields = []string{
	"brand", "tail", "posEntryMode", "currency", "authorizationResponseCode",
	"cryptogramInformationData", "panSequenceNumber", "applicationId", "expirationDate",
	"cardholderVerificationMethodResult", "terminalId", "reconciliationId", "cardStatementTransactionId",
}

type brand struct{ name, aid string }

var brands = []brand{
	{"VISA", "A0000000031010"},
	{"MASTERCARD", "A0000000041010"},
	{"AMEX", "A000000025010801"},
	{"DISCOVER", "A0000001523010"},
}
