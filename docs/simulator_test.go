package docs_test

import (
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/strollhq/stroll/jwosim"
)

var update = flag.Bool("update", false, "write the generated parts of simulator.md and scenarios.md")

const guide = "simulator.md"

// block is a generated part between its marks.
func block(name string) *regexp.Regexp {
	return regexp.MustCompile(`(?s)<!-- begin ` + name + ` -->\n.*?<!-- end ` + name + ` -->`)
}

// markdown is a table; code names the columns that are code.
func markdown(head []string, code string, rows [][]string) string {
	var b strings.Builder
	b.WriteString("| " + strings.Join(head, " | ") + " |\n|" + strings.Repeat("---|", len(head)) + "\n")
	for _, row := range rows {
		for i, cell := range row {
			cell = strings.ReplaceAll(cell, "|", `\|`)
			if code[i] == 'c' && cell != "" {
				cell = "`" + cell + "`"
			}
			b.WriteString("| " + cell + " ")
		}
		b.WriteString("|\n")
	}
	return b.String()
}

// generated is what the code says about itself.
func generated(t *testing.T) map[string]string {
	t.Helper()
	var faults, strict, cards, shoppers, doors [][]string
	for _, f := range jwosim.FaultFields() {
		faults = append(faults, []string{f.Name, f.Unit, f.Unset, f.Default, f.Heavy, f.Explain})
	}
	for _, r := range jwosim.StrictRules() {
		strict = append(strict, []string{r.Name, r.Of, r.Refuses, r.Source})
	}
	for _, m := range jwosim.MagicCards() {
		cards = append(cards, []string{m.Name, m.Explain})
	}
	for _, m := range jwosim.MagicShoppers() {
		shoppers = append(shoppers, []string{m.Name, m.Explain})
	}
	for _, d := range jwosim.Doors() {
		doors = append(doors, []string{d.Method + " " + d.Path, d.Explain, d.Body})
	}
	return map[string]string{
		"faults":   markdown([]string{"Name", "Unit", "When not set", "`default`", "`heavy`", "What happens"}, "cttcct", faults),
		"strict":   markdown([]string{"Rule", "Of", "Refuses", "Contract"}, "cttt", strict),
		"cards":    markdown([]string{"Card", "Forces"}, "ct", cards),
		"shoppers": markdown([]string{"Shopper id", "Forces"}, "ct", shoppers),
		"doors":    markdown([]string{"Request", "What it does", "Body"}, "ctc", doors),
		"example":  "```go\n" + example(t) + "```\n",
	}
}

// example is the body of the package's example, without its checked output.
func example(t *testing.T) string {
	t.Helper()
	const file = "../jwosim/example_test.go"
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	set := token.NewFileSet()
	f, err := parser.ParseFile(set, file, src, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range f.Decls {
		fn, isFunc := d.(*ast.FuncDecl)
		if !isFunc || fn.Name.Name != "Example" {
			continue
		}
		from, to := set.Position(fn.Body.Lbrace).Offset+2, set.Position(fn.Body.Rbrace).Offset
		lines := strings.Split(strings.ReplaceAll(string(src[from:to]), "\n\t", "\n"), "\n")
		lines[0] = strings.TrimPrefix(lines[0], "\t")
		if n := len(lines) - 2; n > 10 { // the output, and the end of the last line
			t.Errorf("the example has %d lines, more than ten", n)
		}
		return strings.Join(lines, "\n")
	}
	t.Fatal("there is no example")
	return ""
}

// TestSimulator holds the guide to the code: its tables, its example, the
// findings, the outages it shows and the configuration it prints.
func TestSimulator(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(guide)
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	for name, want := range generated(t) {
		want = "<!-- begin " + name + " -->\n" + want + "<!-- end " + name + " -->"
		switch got := block(name).FindString(text); {
		case got == "":
			t.Errorf("%s: there is no place for %s", guide, name)
		case got != want && *update:
			text = strings.Replace(text, got, want, 1)
		case got != want:
			t.Errorf("%s: %s is not what the code says: go test ./docs -run TestSimulator -update", guide, name)
		}
	}
	if *update {
		if err := os.WriteFile(guide, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, kind := range findings(t) {
		if !strings.Contains(text, "\n| `"+kind+"` |") {
			t.Errorf("%s does not explain the finding %s", guide, kind)
		}
	}
	for _, m := range regexp.MustCompile("`(outage=[^`]+)`").FindAllStringSubmatch(text, -1) {
		if _, err := jwosim.ParseFaults(m[1]); err != nil {
			t.Errorf("%s: %v", guide, err)
		}
	}
	for _, m := range regexp.MustCompile(`(?m)--(?:faults|set) (\S+)`).FindAllStringSubmatch(text, -1) {
		if _, err := jwosim.ParseFaults(strings.Trim(m[1], "`.")); err != nil {
			t.Errorf("%s: %v", guide, err)
		}
	}
	_, file, _ := strings.Cut(text, "```yaml\n")
	file, _, _ = strings.Cut(file, "```")
	var cfg jwosim.Config
	if err := yaml.UnmarshalWithOptions([]byte(file), &cfg, yaml.Strict()); err != nil {
		t.Fatalf("%s: %v", guide, err)
	}
	if sim, err := jwosim.New(cfg); err != nil {
		t.Errorf("%s: %v", guide, err)
	} else if err := sim.Close(); err != nil || len(sim.Faults().Outages) != 1 {
		t.Errorf("%s: %v, %s", guide, err, sim.Faults())
	}
}

// findings are the values of the constants between Finding and find.
func findings(t *testing.T) (kinds []string) {
	t.Helper()
	src, err := os.ReadFile("../jwosim/sim.go")
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(string(src), "// Kinds of finding.")
	list, _, _ = strings.Cut(list, "\n)")
	for _, m := range regexp.MustCompile(`= ("[a-z_]+")`).FindAllStringSubmatch(list, -1) {
		kind, err := strconv.Unquote(m[1])
		if err != nil {
			t.Fatal(err)
		}
		kinds = append(kinds, kind)
	}
	if len(kinds) < 10 {
		t.Fatalf("only %q are found", kinds)
	}
	return kinds
}
