package bench_test

import (
	"bytes"
	_ "embed"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	markdown "text/template"
)

var reportTo = flag.String("report", "", "the file into which the kept figures are rendered as Markdown")

//go:embed report.md.tmpl
var reportText string

// notes explain what falls short; they are prose, with profiles behind them.
//
//go:embed notes.md
var notes string

// counted is a line of the table of what plain tests count.
type counted struct{ What, Limit, Test string }

func counts() []counted {
	each := func(statements, trips int) string { return fmt.Sprintf("%d and %d", statements, trips) }
	return []counted{
		{"statements and round trips of a fresh scan code, PostgreSQL", each(codeStatements, codeTrips), "TestStatementsOfAFreshEvent"},
		{"statements and round trips of a fresh card, PostgreSQL", each(cardStatements, cardTrips), "TestStatementsOfAFreshEvent"},
		{"statements and round trips of a fresh purchase, PostgreSQL", each(purchaseStatements, purchaseTrips), "TestStatementsOfAFreshEvent"},
		{"commits waited for by a fresh scan code, card or purchase, both databases", "1", "TestCommitsOfAFreshEvent"},
		{"WAL syncs of a purchase, 64 at once, PostgreSQL", three(syncsPerPurchase), "TestSyncsOfPurchases"},
		{"purchases, prices, payments and jobs of a trip, 20 % of the requests being repeats under way at once, both databases", "1 of each, with all lines", "TestRepeatsHaveOneEffect"},
		{"allocations of pricing 20 lines", "100", "TestAllocationsOfAPrice"},
		{"allocations of decoding and validating 20 lines", "20", "TestQuickDocumentsAreReadQuickly"},
	}
}

// rows is their order in the document.
var rows = []string{
	"gate-rate", "gate-p99", "gate-p99-full", "gate-beside", "purchase", "purchase-repeats", "purchase-beside", "worker", "decode", "price-time", "price-allocations",
}

// TestReport renders what was measured; the scripts in the folder bench run it.
func TestReport(t *testing.T) {
	if *reportTo == "" {
		t.Skip("rendering is done by bench/performance")
	}
	b := &board{t: t, file: *results}
	b.read()
	text, err := render(b)
	if err == nil {
		err = os.WriteFile(*reportTo, text, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func render(b *board) ([]byte, error) {
	place := func(f Figure) int {
		row, _, _ := strings.Cut(f.Key, "/")
		return slices.Index(rows, row)
	}
	figures := slices.Clone(b.kept.Figures)
	slices.SortStableFunc(figures, func(x, y Figure) int { return place(x) - place(y) })
	tmpl, err := markdown.New("report").Funcs(markdown.FuncMap{
		"missed": func(list []Figure) []Figure {
			return slices.DeleteFunc(slices.Clone(list), Figure.Met)
		},
		"three": three, "verdict": verdict, "limit": limit, "commits": commits,
		"growths": func() []Figure { return b.kept.Growth }, "counts": counts, "notes": func() string { return strings.TrimSpace(notes) },
	}).Parse(reportText)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = tmpl.Execute(&out, struct {
		Machine Machine
		Figures []Figure
	}{b.kept.Machine, figures})
	return out.Bytes(), err
}

// three writes a number with three digits that matter.
func three(v float64) string {
	switch {
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

func limit(f Figure) string {
	switch {
	case f.Limit == 0:
		return ""
	case f.AtLeast:
		return "≥ " + three(f.Limit)
	}
	return "≤ " + three(f.Limit)
}

func verdict(f Figure) string {
	switch {
	case f.Limit == 0:
		return ""
	case f.Met():
		return "met"
	}
	return "**missed**"
}

// commits names the revisions measured and when.
func commits(figures []Figure) string {
	var all []string
	for _, f := range figures {
		all = append(all, fmt.Sprintf("%s (%s)", f.Commit, f.At.Format("2006-01-02")))
	}
	slices.Sort(all)
	return strings.Join(slices.Compact(all), ", ")
}

// TestReportIsRendered: a figure that misses its limit says so, and the numbers
// in the table are those that were measured.
func TestReportIsRendered(t *testing.T) {
	t.Parallel()
	b := &board{t: t}
	b.kept.Machine = Machine{CPU: "A CPU", Cores: 2, Syncs: 4500}
	b.kept.Figures = []Figure{
		{Key: "price-time", What: "pricing", Unit: "µs", Subject: 23.88, Value: 23.88, Least: 23.4, Most: 25.2, Limit: 50, Rounds: 5, Commit: "abc"},
		{Key: "gate-rate/sqlite/code", What: "a code", Baseline: "bare", Unit: "/s", Subject: 3805, Base: 48990, Value: 0.0761, Least: 0.0703, Most: 0.0818, Limit: 0.4, AtLeast: true, Rounds: 5, Commit: "abc",
			Where: Where{"150 µs in the program", []string{"53 % internal/db.(*DB).Tx"}}},
		{Key: "gate-p99-full/sqlite/code", What: "p99", Baseline: "bare", Unit: "ms", Subject: 12, Base: 4, Value: 3, Least: 2, Most: 4, Rounds: 5, Commit: "abc"},
	}
	got, err := render(b)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| a code | 3805 /s | bare: 48990 /s | 0.08 (0.07 to 0.08) | ≥ 0.40 | **missed** |",
		"| pricing | 23.9 µs |  | 23.9 (23.4 to 25.2) | ≤ 50.0 | met |",
		"**a code**: 0.08, limit ≥ 0.40. One event takes 150 µs in the program.",
		"\n    53 % internal/db.(*DB).Tx\n",
		"| p99 | 12.0 ms | bare: 4.00 ms | 3.00 (2.00 to 4.00) |  |  |",
	} {
		if !strings.Contains(string(got), want) {
			t.Errorf("no line %s in\n%s", want, got)
		}
	}
	if strings.Contains(string(got), "**pricing**") {
		t.Error("a figure that keeps its limit is explained")
	}
	if strings.Index(string(got), "pricing") < strings.Index(string(got), "a code") {
		t.Error("the table is not in the order of the work")
	}
}
