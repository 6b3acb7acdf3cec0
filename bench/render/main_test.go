package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestRender sums rows that are alike, orders the others, and tells what was
// lost.
func TestRender(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	lines := `{"Fault":"killed","Where":"before a | b","On":"sqlite","Times":2,"Lost":0,"Command":"go test ./x"}
{"Fault":"killed","Where":"before a | b","On":"sqlite","Times":3,"Lost":1,"Command":"go test ./x"}
{"Fault":"lost","Where":"Capture","Times":4,"Lost":0,"Command":"go test ./x"}
`
	if err := os.WriteFile(filepath.Join(dir, "x.jsonl"), []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	lost, err := render([]string{dir}, strings.NewReader("# Reliability\n"), &out)
	want := "# Reliability\n\n    go test ./x\n\n| Fault | Where | Database | Tried | Lost |\n|---|---|---|---:|---:|\n" +
		"| lost | Capture |  | 4 | 0 |\n| killed | before a \\| b | sqlite | 5 | 1 |\n" +
		"\nIn all 9 faults were tried; lost, doubled or different afterwards: 1.\n"
	if lost != 1 || err != nil || out.String() != want {
		t.Errorf("lost %d, %v, and\n%s\nwant\n%s", lost, err, out.String(), want)
	}
	if _, err := render([]string{t.TempDir()}, strings.NewReader(""), &out); err == nil || !strings.Contains(err.Error(), "no test told") {
		t.Errorf("an empty folder: %v", err)
	}
}
