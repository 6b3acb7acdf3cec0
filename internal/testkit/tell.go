package testkit

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// ReportVar names the environment variable that holds the folder Tell writes
// to. bench/reliability sets it.
const ReportVar = "STROLL_REPORT"

// Tried is what a test did to the program and what that cost.
type Tried struct {
	// Fault and Where say what went wrong and at which point: "killed", "before
	// the Capture is sent". Rows of the same two and the same Command are summed.
	Fault, Where string
	// Times is how often it was tried, counted while the test ran.
	Times int
	// Lost is how many trips, answers or entries were lost, doubled or differ.
	Lost int
	// On names the database, "sqlite" or "postgres"; empty where it is the same
	// for all.
	On string
	// Command repeats it. Empty: "go test" of the calling test with the flags it
	// was given.
	Command string
}

// telling keeps the lines of one file from mixing.
var telling sync.Mutex

// Tell keeps what a test tried for docs/reliability.md, as one line of JSON in
// the folder that STROLL_REPORT names; without that variable it does nothing.
// A test tells when it is done, whether it passed or not: what it lost is a
// number, not a sentence.
func Tell(t testing.TB, tried Tried) {
	t.Helper()
	dir := os.Getenv(ReportVar)
	if dir == "" {
		return
	}
	if tried.Command == "" {
		tried.Command = command(t)
	}
	line, err := json.Marshal(tried)
	if err != nil {
		t.Fatal(err)
	}
	telling.Lock()
	defer telling.Unlock()
	name := strings.NewReplacer("/", "_", ".", "").Replace(folder(t))
	f, err := os.OpenFile(filepath.Join(dir, name+".jsonl"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatalf("tell what was tried: %v", err)
	}
	_, err = f.Write(append(line, '\n'))
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		t.Fatalf("tell what was tried: %v", err)
	}
}

// command repeats the test that runs now, with the flags of its own that were
// given.
func command(t testing.TB) string {
	top, _, _ := strings.Cut(t.Name(), "/")
	words := []string{"go", "test", folder(t), "-run", "'^" + top + "$'"}
	flag.Visit(func(f *flag.Flag) {
		if !strings.HasPrefix(f.Name, "test.") {
			words = append(words, "-"+f.Name+"="+f.Value.String())
		}
	})
	return strings.Join(words, " ")
}

// folder is the calling package's folder as "go test" takes it, "./internal/pay".
// It is that of the test's file: the working folder may have changed.
func folder(t testing.TB) string {
	t.Helper()
	for skip := 1; ; skip++ {
		_, file, _, ok := runtime.Caller(skip)
		if !ok {
			t.Fatal("tell what was tried: not called by a test's file")
		}
		if !strings.HasSuffix(file, "_test.go") {
			continue
		}
		for dir := filepath.Dir(file); dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
			if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
				rel, err := filepath.Rel(dir, filepath.Dir(file))
				if err != nil {
					t.Fatal(err)
				}
				return "./" + filepath.ToSlash(rel)
			}
		}
		t.Fatalf("tell what was tried: %s is in no module", file)
	}
}
