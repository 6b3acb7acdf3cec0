package docs_test

import (
	"os"
	"strings"
	"testing"

	"github.com/strollhq/stroll/jwosim/scenario"
)

// TestScenarios holds the tables of scenarios.md to the scenarios there are.
func TestScenarios(t *testing.T) {
	const begin = "### At the gate, by code"
	text, err := os.ReadFile("scenarios.md")
	if err != nil {
		t.Fatal(err)
	}
	at := strings.Index(string(text), begin)
	tables := scenario.Markdown()
	if at < 0 || !strings.HasPrefix(tables, begin) {
		t.Fatalf("the tables do not begin with %q", begin)
	}
	switch {
	case string(text[at:]) == tables:
	case *update:
		if err := os.WriteFile("scenarios.md", []byte(string(text[:at])+tables), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Error("the tables are not current: go test ./docs -run TestScenarios -update")
	}
	for _, r := range scenario.Roles() {
		if !strings.Contains(string(text[:at]), "`"+r[0]+"`") {
			t.Errorf("the role %s is not explained", r[0])
		}
	}
}
