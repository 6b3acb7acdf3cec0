package scenario

import (
	"slices"
	"strings"
)

// Wait is a case that cannot be tried, with the reason.
type Wait struct {
	Source string `json:"source"` // as in Scenario.Sources
	Title  string `json:"title"`
	Reason string `json:"reason"`
}

// Reasons.
const (
	refunds  = "a refund begins in the retailer's portal or till: not available yet"
	portal   = "begins in the retailer's portal, where debts are paid: not available yet"
	mails    = "e-mailed receipts are not available yet"
	feeds    = "event feed and intra-day files are not simulated yet"
	catalogs = "catalog upload, its notices and its reports are not simulated yet"
	checkout = "the Checkout service is another way to charge, which this store model does not use"
	inside   = "happens inside the retailer's system and cannot be seen from Amazon's side"
	ours     = "is about the simulator itself, whose own tests hold it"
)

// waiting says why, for lists of cases: the list, its cases, what they are
// about, and the reason.
var waiting = []struct{ list, cases, title, reason string }{
	{"entry 11.1", "8 429", "what a gate makes of a 429", "what the gate does then " + ours},
	{"entry 11.2", "7.15", "a repeat offender is flagged", inside},
	{"entry 11.2", "7.16", "figures about debts", inside},
	{"entry 11.4", "7a.11 payoff", "a card is let in again after payoff", portal},
	{"ordering 9.4", "1,2,3,4,5,6,7,8,groups", "Checkout", checkout},
	{"payments 11.4", "1,2,3,4,5,6,7,8,9,10,11,12,13,14,edge", "Refund", refunds},
	{"payments 11.6", "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18", "GetShopperIdentity", mails},
	{"payments 11.8", "6.7,6.8", "payment events", feeds},
	{"payments 11.8", "6.11", "reconciliation", feeds},
	{"payments 11.8", "7.2,7.4", "receipts made and found", inside},
	{"payments 11.8", "7.5,email", "e-mail", mails},
	{"payments 11.8", "7.6,7.7,7.8,7.9,7.10,7.11,7.12,refund", "Refund", refunds},
	{"payments 11.8", "7.15,7.16", "repeat offenders and figures about debts", inside},
	{"payments 11.9", "refund faults,illegal refund before capture", "Refund", refunds},
	{"payments 11.9", "email faults", "GetShopperIdentity", mails},
	{"payments 11.9", "refused connection", "Amazon's address refuses connections", "one address serves all trips, so it cannot be closed to one of them; reset and hang come close"},
	{"payments 11.9", "killed at each send", "the retailer's system dies at a certain step", "the step is inside the retailer's system; ordering.restart kills it at any moment"},
	{"payments 11.9", "429 nothing, huge", "a 429 that asks for no time, or for days", "it would stop every payment of the retailer's system for as long"},
	{"payments 11.9", "CaptureDeclined,events,late capture after payoff", "later news of a charge", feeds},
	{"payments 11.9", "routes", "who charges, by setting", "is decided by the retailer's settings, not by what Amazon sends"},
	{"payments 11.9", "debt payoff", "payoff", portal},
	{"catalog 15", "A 1,A 2,A 3,A 4,A 5,A 6,A 7,A 8,A 9,A 10,B upload,B status,D", "catalog upload", catalogs},
	{"catalog 15", "C 1.1,C 1.2,C 1.3", "stock follows what is bought", "the retailer's stock cannot be seen from Amazon's side; plan.card-journey buys"},
	{"catalog 15", "C 2.1", "a changed price is charged within five minutes", "begins with a price change in the retailer's system; run price.* before and after it"},
	{"reporting 9", "6.1,6.2,6.3,6.4,6.5,6.6,6.7,6.8,6.9,6.10,6.11", "reports and feeds", feeds},
	{"readiness 4.4", "7.1,7.3", "receipts by Amazon", "not the retailer's affair in this store model"},
	{"readiness 4.4", "7.2,7.4", "receipts made and found", inside},
	{"readiness 4.4", "7.5", "a receipt cannot be delivered", mails},
	{"readiness 4.4", "7.6,7.7,7.8,7.9,7.10,7.11,7.12", "Refund", refunds},
	{"readiness 4.4", "7.15,7.16", "repeat offenders and figures about debts", inside},
	{"", "R-3,R-5,R-22,R-23", "refunds", refunds},
	{"", "R-6", "a chargeback", "nothing documented tells the retailer of one"},
	{"", "R-15,R-24,R-32", "files and reconciliation", feeds},
	{"", "R-20,R-21", "how a discount is spread", "only the total can be seen from Amazon's side; price.* compares that"},
	{"", "R-25,R-30,R-31,R-38,R-39", "operation", inside},
	{"", "R-26,R-27,R-28,R-29", "the shopper's portal", "is not reached by Amazon"},
	{"", "R-33", "redelivery and dead letters", feeds},
	{"", "R-34,R-35,R-36", "test doubles and their output", ours},
}

// Waiting lists the cases of the contract's lists, and the lessons from the
// field, that have no scenario.
func Waiting() []Wait {
	var list []Wait
	for _, w := range waiting {
		for c := range strings.SplitSeq(splitting(w.cases), "\x00") {
			list = append(list, Wait{strings.TrimPrefix(w.list+"/"+c, "/"), w.title, w.reason})
		}
	}
	return slices.Clip(list)
}

// splitting keeps the commas that belong to a case: those with a blank behind.
func splitting(cases string) string {
	return strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(cases, ", ", "\x01"), ",", "\x00"), "\x01", ", ")
}
