package cli

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/strollhq/stroll/internal/cart"
	"github.com/strollhq/stroll/internal/demo"
	"github.com/strollhq/stroll/internal/gate"
	"github.com/strollhq/stroll/internal/pay"
)

// refusals says in our words why a gate of the simulator stayed closed.
var refusals = map[string]string{
	"shopper_refused": "our gate refused the code", "bad_debt": "Amazon refused: owes from an earlier trip",
	"denied": "our gate refused the card", "card_expired": "card reader: card expired", "card_invalid": "card reader: card invalid",
	"card_unknown": "card reader: card unknown", "preauth_declined": "no credit for the pre-authorization",
	"code_pattern": "not a code of ours", "connector_failed": "our gate did not answer", "risk": "Amazon refused: a risk",
	"throttled": "our gate was asked too often",
}

// reasons says the gate's codes in words.
var reasons = map[string]string{
	gate.Admitted: "nothing stood against it", gate.AllowListed: "on the store's allow list", gate.OverrideAccept: "by an operator's override",
	gate.OverrideAdjust: "by an operator's override, another pre-authorization", gate.Advised: "as Amazon recommended",
	gate.AdvisedAdjust: "as Amazon recommended, with its amount", gate.Reduced: "with the smaller pre-authorization", gate.Ruled: "by a rule",
	gate.FallbackAdvice: "could not decide, so as Amazon recommended", gate.FallbackAllow: "could not decide, so let in",
	gate.FallbackDeny: "could not decide, so not let in",
	gate.KeyUnknown:   "not a key of ours", gate.KeyEnded: "the key's time is over", gate.CodeMalformed: "not a code of ours",
	gate.PrefixEnded: "the code's prefix has ended", gate.CodeForged: "the code is forged", gate.CodeAltered: "the code's time was changed",
	gate.CodeStale: "the code is too old", gate.CodeEarly: "the code is from the future", gate.CodeRevoked: "the code was taken back",
	gate.CodeUsed: "the code has let in all it may",
	gate.Debt:     "owes from an earlier trip", gate.Fraud: "flagged as fraudulent", gate.ShopperBlocked: "the account is blocked",
	gate.BlockListed: "on the store's block list", gate.NoPaymentMethod: "no payment method", gate.CardExpired: "the card has expired",
	gate.PreAuthRefused: "our processor refused the pre-authorization", gate.Risk: "a risk Amazon named", gate.OverrideDeny: "by an operator's override",
	gate.RuleFailed:  "a rule could not be computed",
	gate.ChangedBody: "a repeat with other content", gate.Dependency: "something it needs had failed", gate.Deadline: "no time was left",
	gate.Throttled: "asked too often",
}

// cartStates and payStates say states in words.
var (
	cartStates = map[string]string{
		cart.Priced: "priced", cart.Empty: "empty", cart.Bad: "with an unknown item, wait for a person",
		cart.InReview: "arrived twice with other content, wait for a person", cart.Unpriced: "wait for their price",
	}
	payStates = map[pay.State]string{
		pay.Captured: "charged and confirmed", pay.CaptureInitiated: "charged; the confirmation comes later", pay.CancelInitiated: "not charged, hold released",
		pay.NeverCharged: "not charged, nothing was held", pay.Expired: "not charged in time: a debt", pay.Parked: "waits for a person",
		pay.CaptureDeclined: "declined after the fact: a debt", pay.AdjustPending: "waits for Amazon", pay.CartPriced: "under way",
		pay.AdjustApproved: "under way", pay.AdjustUnknown: "in doubt, heals itself", pay.CaptureUnknown: "in doubt, heals itself",
		pay.CancelUnknown: "in doubt, heals itself", pay.AdjustDeclined: "declined, hold about to be released",
	}
)

// result is what a run came to, as --json prints it.
type result struct {
	demo.Summary
	Decisions []gate.Count `json:"decisions"` // of our gate, by reason
}

// tables shows what a run came to.
func (c *demoCmd) tables(s *streams, r result) {
	p := paint(terminal(s.out))
	head := func(text string) { fmt.Fprintf(s.out, "\n%s\n", p.title(text)) }

	head(fmt.Sprintf("At the gates: %d shoppers", r.Shoppers.Trips))
	fmt.Fprint(s.out, bars(p, entries(r)))

	head("What our gate answered, by reason")
	fmt.Fprint(s.out, indent(table([]string{"Shown", "Answer", "Reason", "", "Events "}, answers(p, r.Decisions))))

	head("Carts")
	var rows []bar
	for _, k := range r.Carts {
		rows = append(rows, bar{cmp.Or(cartStates[k.Name], strings.ToLower(k.Name)), k.Count, "36"})
	}
	fmt.Fprint(s.out, bars(p, rows))
	if r.Resolved > 0 {
		fmt.Fprintf(s.out, "  %s\n", p.dim(fmt.Sprintf("%d held an item nobody knows; a person resolved them, and they were charged.", r.Resolved)))
	}

	head("Payments")
	cells := [][]string{}
	for _, k := range r.Payments {
		cells = append(cells, []string{k.Name, payStates[pay.State(k.Name)], strconv.Itoa(k.Count.Count), amount(k.Total)})
	}
	fmt.Fprint(s.out, indent(table([]string{"State", "", "Trips ", "Sum "}, cells)))
	fmt.Fprintf(s.out, "  Captured %s. Declined, in whole or in part: %d. Open debts: %d, of %s.\n",
		p.bold(r.Captured.String()), r.Declined, r.Debts, r.Owed)

	oldest := "none"
	if r.Oldest > 0 {
		oldest = brief(r.Oldest) + " old; see stroll pay list --open"
	}
	fmt.Fprintf(s.out, "  Oldest unfinished payment: %s.\n", oldest)

	head(fmt.Sprintf("Receipts: %d", r.Receipts.Count))
	fmt.Fprintf(s.out, "  From the cart's arrival: median %s, p99 %s, slowest %s.\n",
		brief(r.Receipts.Median), brief(r.Receipts.P99), brief(r.Receipts.Most))

	head("Both sides' books")
	cells = nil
	for _, l := range r.Books {
		verdict := p.good("equal")
		if !l.Equal {
			verdict = p.bad("DIFFERENT")
		}
		cells = append(cells, []string{l.Name, l.Ours, l.Amazon, verdict})
	}
	fmt.Fprint(s.out, indent(table([]string{"", "Stroll ", "Amazon (simulated) ", ""}, cells)))
	for _, d := range append(r.Differences, r.Shoppers.Failures...) {
		fmt.Fprintf(s.out, "  %s %s\n", p.bad("✗"), clean(d))
	}
	if r.OK() {
		fmt.Fprintf(s.out, "  %s\n", p.good("✓ every trip is accounted for, on both sides, to the cent"))
	}
	fmt.Fprintf(s.out, "\n%s\n", p.dim(fmt.Sprintf("The same shoppers and faults again: --seed %d --trips %d", r.Seed, c.Trips)))
}

// entries charts who came in and who did not.
func entries(r result) []bar {
	t := r.Shoppers
	rows := []bar{{"in by app code", t.ByCode, "32"}, {"in by card", t.ByCard, "32"}}
	if n := t.People - t.ByCode - t.ByCard; n > 0 {
		rows = append(rows, bar{"came along with one of them", n, "36"})
	}
	if t.NoCode > 0 {
		rows = append(rows, bar{"the app gave no code: flagged, owing or no valid card", t.NoCode, "31"})
	}
	for _, reason := range slices.Sorted(maps.Keys(t.Refused)) {
		rows = append(rows, bar{cmp.Or(refusals[reason], strings.ReplaceAll(reason, "_", " ")), t.Refused[reason], "31"})
	}
	return rows
}

// answers is what our gate said to those who showed a code or a card; who they
// were is left to the list of its decisions.
func answers(p paint, decisions []gate.Count) [][]string {
	rows := [][]string{}
	counts := map[gate.Count]int64{}
	for _, d := range decisions {
		counts[gate.Count{Entry: d.Entry, Outcome: d.Outcome, Reason: d.Reason}] += d.N
	}
	for _, d := range slices.SortedFunc(maps.Keys(counts), func(a, b gate.Count) int {
		return cmp.Or(cmp.Compare(a.Outcome, b.Outcome), cmp.Compare(b.Entry, a.Entry), cmp.Compare(a.Reason, b.Reason))
	}) {
		shown := map[string]string{"SCAN_CODE": "app code", "FINANCIAL": "card"}[d.Entry]
		colour := p.good
		if d.Outcome != gate.Accepted {
			colour = p.bad
		}
		rows = append(rows, []string{cmp.Or(shown, d.Entry, "–"), colour(d.Outcome), d.Reason, reasons[d.Reason], strconv.FormatInt(counts[d], 10)})
	}
	return rows
}

// indent moves a table to where the charts are.
func indent(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString("  " + line)
	}
	return b.String()
}
