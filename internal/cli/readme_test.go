package cli_test

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/strollhq/stroll/internal/cli"
)

var (
	plain = regexp.MustCompile(`^[a-z][a-z-]*$`)
	told  = regexp.MustCompile("(?m)^    go run \\. ([^#\n]+)|`stroll ([^`]+)`")
	flags = regexp.MustCompile(`--?[a-z][a-z-]*`)
)

// TestReadme checks that the commands the README shows are there, with the
// flags it shows.
func TestReadme(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	found := told.FindAllStringSubmatch(string(text), -1)
	if len(found) < 10 {
		t.Fatalf("only %d commands were found", len(found))
	}
	for _, m := range found {
		line := strings.TrimSpace(m[1] + m[2])
		t.Run(line, func(t *testing.T) {
			var words []string
			for _, w := range strings.Fields(line) {
				if !plain.MatchString(w) {
					break // an id, a flag, or what a shell does with it
				}
				words = append(words, w)
			}
			var out, errs bytes.Buffer
			if status := cli.Run(t.Context(), append(words, "--help"), &out, &errs); status != 0 {
				t.Fatalf("status %d: %s", status, errs.String())
			}
			if strings.Contains(out.String(), "Commands:") {
				// A list is what its group does without a further word.
				first := regexp.MustCompile(`(?m)^  ([a-z ]*[a-z])  `).FindStringSubmatch(out.String())
				out.Reset()
				cli.Run(t.Context(), append(strings.Fields(first[1]), "--help"), &out, &errs)
			}
			for _, f := range flags.FindAllString(line[len(strings.Join(words, " ")):], -1) {
				if !strings.Contains(out.String(), " "+f) {
					t.Errorf("there is no flag %s", f)
				}
			}
		})
	}
}
