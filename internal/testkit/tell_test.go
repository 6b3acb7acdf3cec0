package testkit_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/strollhq/stroll/internal/testkit"
)

// TestTell reads back what was told, and sees nothing written unasked.
func TestTell(t *testing.T) { // not parallel: it sets the environment
	dir := t.TempDir()
	t.Setenv(testkit.ReportVar, "")
	testkit.Tell(t, testkit.Tried{Fault: "unasked"})
	t.Setenv(testkit.ReportVar, dir)
	t.Run("inside", func(t *testing.T) {
		testkit.Tell(t, testkit.Tried{Fault: "killed", Where: "before the Capture", Times: 3, Lost: 1})
	})
	testkit.Tell(t, testkit.Tried{Fault: "disk full", Times: 1, Command: "bench/own"})
	text, err := os.ReadFile(filepath.Join(dir, "_internal_testkit.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	var got []testkit.Tried
	for line := range strings.Lines(string(text)) {
		var tried testkit.Tried
		if err := json.Unmarshal([]byte(line), &tried); err != nil {
			t.Fatal(err)
		}
		got = append(got, tried)
	}
	if len(got) != 2 || got[0].Times != 3 || got[0].Lost != 1 || got[1].Command != "bench/own" {
		t.Fatalf("told %+v", got)
	}
	if want := "go test ./internal/testkit -run '^TestTell$'"; got[0].Command != want {
		t.Errorf("command %q, want %q", got[0].Command, want)
	}
}
