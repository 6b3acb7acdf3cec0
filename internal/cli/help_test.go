package cli_test

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/strollhq/stroll/internal/cli"
)

var (
	listedCommand = regexp.MustCompile(`(?m)^  (?:[a-z -]* )?([a-z-]+)(?:  .*)?$`)
	bareFlag      = regexp.MustCompile(`(?m)^ +(-., )?--[^ ]+$|=(STRING|INT|DURATION|BOOL|UINT64)`)
)

// TestHelp asks every command there is, and every command below it, for help.
func TestHelp(t *testing.T) {
	t.Parallel()
	seen := 0
	var ask func(t *testing.T, path []string)
	ask = func(t *testing.T, path []string) {
		seen++
		var out, errs bytes.Buffer
		if status := cli.Run(t.Context(), append(path, "--help"), &out, &errs); status != 0 || errs.Len() > 0 {
			t.Fatalf("status %d: %s", status, errs.String())
		}
		text := out.String()
		if want := "Usage: " + strings.Join(append([]string{"stroll"}, path...), " "); !strings.HasPrefix(text, want) {
			t.Errorf("it begins %.60q", text)
		}
		for _, line := range bareFlag.FindAllString(text, -1) {
			t.Errorf("not explained: %q", line)
		}
		for _, line := range strings.Split(text, "\n") {
			if utf8.RuneCountInString(line) > 80 {
				t.Errorf("wider than a terminal: %q", line)
			}
		}
		_, commands, _ := strings.Cut(text, "Commands:\n")
		for _, m := range listedCommand.FindAllStringSubmatch(commands, -1) {
			t.Run(m[1], func(t *testing.T) { ask(t, append(path[:len(path):len(path)], m[1])) })
		}
	}
	ask(t, nil)
	if seen < 40 {
		t.Errorf("only %d commands were found", seen)
	}
}
