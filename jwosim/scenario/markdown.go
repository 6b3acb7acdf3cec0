package scenario

import (
	"fmt"
	"strings"
)

// Markdown is the tables of docs/scenarios.md: every scenario by family, and
// what waits.
func Markdown() string {
	var b strings.Builder
	all := All()
	for _, f := range families {
		fmt.Fprintf(&b, "### %s\n\n| Scenario | What is done | What a good connector does | Source | Needs |\n|---|---|---|---|---|\n", f.title)
		for _, sc := range all {
			if of, _, _ := strings.Cut(sc.Name, "."); of == f.name || f.name == "r" && strings.HasPrefix(of, "r-") {
				fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", sc.Name, cell(sc.Explains), cell(sc.Expect), cell(strings.Join(sc.Sources, "; ")), cell(needs(sc)))
			}
		}
		b.WriteString("\n")
	}
	b.WriteString("### What cannot be tried\n\n| Case | What it is about | Why not |\n|---|---|---|\n")
	for _, w := range waiting {
		cases := strings.ReplaceAll(splitting(w.cases), "\x00", ", ")
		if w.list != "" {
			cases = w.list + ": " + cases
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", cell(cases), cell(w.title), cell(w.reason))
	}
	return b.String()
}

// families in the order of the tables.
var families = []struct{ name, title string }{
	{"entry", "At the gate, by code (`entry`)"}, {"code", "Scan codes (`code`)"}, {"scan", "The optional scan door (`scan`)"}, {"card", "At the gate, by card (`card`)"},
	{"ordering", "Carts (`ordering`)"}, {"payload", "Malformed carts (`payload`)"}, {"price", "Prices (`price`)"}, {"pay", "Payments (`pay`)"},
	{"plan", "Store plans (`plan`)"}, {"r", "Lessons from the field (`r-NN`)"},
}

func needs(sc Scenario) string {
	var list []string
	for _, n := range sc.Needs {
		list = append(list, string(n))
	}
	return strings.Join(list, ", ")
}

func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }
