package scenario_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/strollhq/stroll/jwosim/scenario"
)

// TestEveryCaseHasAScenario: each case of the contract's lists and each lesson
// has a scenario or a named reason why not, and never both.
func TestEveryCaseHasAScenario(t *testing.T) {
	t.Parallel()
	has := map[string]string{}
	for _, sc := range scenario.All() {
		for _, s := range sc.Sources {
			has[s] = sc.Name
		}
	}
	waits := map[string]bool{}
	for _, w := range scenario.Waiting() {
		if waits[w.Source] || w.Reason == "" || w.Title == "" {
			t.Errorf("waiting %q is there twice, or says not enough", w.Source)
		}
		waits[w.Source] = true
	}
	known := map[string]bool{}
	for list, all := range cases {
		for _, c := range all {
			id := strings.TrimPrefix(list+"/"+c[0], "/")
			known[id] = true
			name, tried := has[id]
			switch {
			case tried && waits[id]:
				t.Errorf("%s is both tried by %s and waiting", id, name)
			case !tried && !waits[id]:
				t.Errorf("%s (%s) has neither a scenario nor a reason", id, c[1])
			}
		}
	}
	for id := range waits {
		if !known[id] {
			t.Errorf("waiting %q is no case", id)
		}
	}
}

var nameForm = regexp.MustCompile(`^[a-z]+(-\d\d)?\.[a-z0-9]+(-[a-z0-9]+)*$`)

// TestScenariosExplainThemselves checks what --list shows.
func TestScenariosExplainThemselves(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, sc := range scenario.All() {
		if seen[sc.Name] || !nameForm.MatchString(sc.Name) {
			t.Errorf("name %q is there twice, or not dotted words", sc.Name)
		}
		seen[sc.Name] = true
		if sc.Title == "" || !strings.HasSuffix(sc.Explains, ".") || !strings.HasSuffix(sc.Expect, ".") || len(sc.Sources) == 0 || sc.Run == nil {
			t.Errorf("%s does not explain itself: %+v", sc.Name, sc)
		}
	}
	if len(seen) < 200 {
		t.Errorf("only %d scenarios", len(seen))
	}
}

func TestMatch(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		patterns []string
		least    int
		first    string
		err      string
	}{
		{[]string{"entry.valid-code"}, 1, "entry.valid-code", ""},
		{[]string{"entry.*"}, 30, "entry.valid-code", ""},
		{[]string{"all"}, 200, "entry.valid-code", ""},
		{[]string{"pay.cancel", "ENTRY.valid-code", "pay.c*"}, 20, "pay.cancel", ""},
		{[]string{"entry.valid-cod"}, 0, "", "did you mean entry.valid-code?"},
		{[]string{"duplicate-cart"}, 0, "", "did you mean ordering.duplicate-cart?"},
		{[]string{"pay.adjust-declind"}, 0, "", "did you mean pay.adjust-declined?"},
		{[]string{"something quite different"}, 0, "", `there is no scenario "something quite different"; --list`},
		{[]string{"entry.["}, 0, "", "no name and no pattern"},
	} {
		list, err := scenario.Match(c.patterns...)
		switch {
		case c.err != "":
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%q: %v, want %q", c.patterns, err, c.err)
			}
		case err != nil || len(list) < c.least || list[0].Name != c.first:
			t.Errorf("%q: %d, %v", c.patterns, len(list), err)
		case len(slices.CompactFunc(slices.Clone(list), func(a, b scenario.Scenario) bool { return a.Name == b.Name })) != len(list):
			t.Errorf("%q: some come twice", c.patterns)
		}
	}
}
