package demo_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
)

var update = flag.Bool("update", false, "write the points that the crash matrix finds to testdata/points.txt instead of comparing them")

const (
	pointsFile = "testdata/points.txt"
	pointsHead = `# Calls to Amazon and commits on the way from the gate to the receipt. The crash
# matrix breaks each of them in every way. Found by watching runs; written by
#
#	go test ./internal/demo -run TestCrashMatrix -update
#
# A point that is passed only once something has failed has the cell that leads
# to it behind it.
`
)

// points are those in the repository and those that runs passed, each with the
// cell that leads to it, nil where a run without a fault does.
type points struct {
	known map[string]*cell

	mu   sync.Mutex
	seen map[string]*cell
}

func (p *points) see(point string, by cell) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, ok := p.seen[point]; !ok {
		p.seen[point] = &by
	}
}

// readPoints reads the table.
func readPoints(t *testing.T) map[string]*cell {
	t.Helper()
	all := map[string]*cell{}
	text, err := os.ReadFile(pointsFile)
	if err != nil {
		if *update {
			return all
		}
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		point, after, only := strings.Cut(line, " | ")
		all[point] = nil
		if !only {
			continue
		}
		by, fault, ok := strings.Cut(after, " | ")
		if !ok {
			t.Fatalf("%s: %q has no fault", pointsFile, line)
		}
		all[point] = &cell{by, fault, 1}
	}
	return all
}

// compare demands that the table and the runs name the same points.
func (p *points) compare(t *testing.T) {
	t.Helper()
	if *update {
		text := pointsHead
		for _, point := range slices.Sorted(maps.Keys(p.seen)) {
			text += point
			if by := p.seen[point]; by != nil {
				text += fmt.Sprintf(" | %s | %s", by.point, by.fault)
			}
			text += "\n"
		}
		if err := os.WriteFile(pointsFile, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	const how = "go test ./internal/demo -run TestCrashMatrix -update, and commit " + pointsFile
	for point := range p.seen {
		if _, ok := p.known[point]; !ok {
			t.Errorf("%s is a new call or commit on the way from the gate to the receipt: see that it may fail and be cut short anywhere, then %s", point, how)
		}
	}
	for point, by := range p.known {
		if _, ok := p.seen[point]; !ok && by == nil {
			t.Errorf("%s is not passed any more: %s", point, how)
		}
	}
}
