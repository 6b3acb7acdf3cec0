package cli

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/strollhq/stroll/internal/demo"
)

// refusals says the simulator's words in ours.
var refusals = map[string]string{
	"shopper_refused": "refused by us: unknown, stale, flagged or owing", "bad_debt": "owes from an earlier trip",
	"denied": "refused by us: owes from an earlier trip", "card_expired": "card expired", "card_invalid": "card invalid",
	"card_unknown": "card unknown", "preauth_declined": "no credit for the pre-authorization", "code_pattern": "not one of our codes",
	"connector_failed": "we did not answer: default of the store", "risk": "risk seen by Amazon", "throttled": "throttled",
}

// tables shows what a run came to.
func (c *demoCmd) tables(s *streams, sum demo.Summary) {
	p := paint(terminal(s.out))
	head := func(text string) { fmt.Fprintf(s.out, "\n%s\n", p.title(text)) }
	t := sum.Shoppers

	head(fmt.Sprintf("Gates: %d shoppers", t.Trips))
	rows := []bar{{"admitted by app code", t.ByCode, "32"}, {"admitted by card", t.ByCard, "32"}}
	if n := t.People - t.ByCode - t.ByCard; n > 0 {
		rows = append(rows, bar{"came along with a payer", n, "36"})
	}
	if t.NoCode > 0 {
		rows = append(rows, bar{"the app gave no code: blocked, owing or no valid card", t.NoCode, "31"})
	}
	for _, reason := range slices.Sorted(maps.Keys(t.Refused)) {
		name := refusals[reason]
		if name == "" {
			name = strings.ReplaceAll(reason, "_", " ")
		}
		rows = append(rows, bar{name, t.Refused[reason], "31"})
	}
	fmt.Fprint(s.out, bars(p, rows))

	head("Carts")
	rows = nil
	for _, k := range sum.Carts {
		rows = append(rows, bar{strings.ToLower(k.Name), k.Count, "36"})
	}
	if sum.Resolved > 0 {
		rows = append(rows, bar{"resolved by a person", sum.Resolved, "33"})
	}
	fmt.Fprint(s.out, bars(p, rows))

	head("Payments")
	cells := [][]string{}
	for _, k := range sum.Payments {
		cells = append(cells, []string{k.Name, strconv.Itoa(k.Count.Count), amount(k.Total)})
	}
	cells = append(cells,
		[]string{"captured", "", sum.Captured.String()},
		[]string{"declined, whole or part", strconv.Itoa(sum.Declined), ""},
		[]string{"open debts", strconv.Itoa(sum.Debts), sum.Owed.String()})
	s.table([]string{"State", "Trips ", "Sum "}, cells)

	head("Receipts")
	fmt.Fprintf(s.out, "%d receipts; from the cart's arrival: median %s, p99 %s, slowest %s\n",
		sum.Receipts.Count, brief(sum.Receipts.Median), brief(sum.Receipts.P99), brief(sum.Receipts.Most))

	head("Both sides' books")
	cells = nil
	for _, l := range sum.Books {
		verdict := p.good("equal")
		if !l.Equal {
			verdict = p.bad("DIFFERENT")
		}
		cells = append(cells, []string{l.Name, l.Ours, l.Amazon, verdict})
	}
	s.table([]string{"", "Stroll ", "Amazon (simulated) ", ""}, cells)
	for _, d := range append(sum.Differences, t.Failures...) {
		fmt.Fprintf(s.out, "%s %s\n", p.bad("✗"), d)
	}
	if sum.OK() {
		fmt.Fprintln(s.out, p.good("✓ every trip is accounted for, on both sides, to the cent"))
	}
	fmt.Fprintf(s.out, "%s\n", p.dim(fmt.Sprintf("Repeat this run with --seed %d --trips %d", sum.Seed, c.Trips)))
}

// brief is a duration with the digits a person reads.
func brief(d time.Duration) string {
	if d < time.Second {
		return d.Truncate(100 * time.Microsecond).String()
	}
	return d.Truncate(10 * time.Millisecond).String()
}
