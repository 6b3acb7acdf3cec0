package bench_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/pprof"
	"strings"
	"testing"
	"time"

	"github.com/strollhq/stroll/internal/testkit"
)

// The flags of a measurement; without them nothing is measured.
var (
	performance = flag.Bool("performance", false, "measure the program against its baselines; see bench/performance")
	rounds      = flag.Int("rounds", 5, "how often baseline and subject alternate")
	only        = flag.String("only", "", "measure only what this regular expression finds, such as ^gate")
	profiles    = flag.String("profiles", "", "a folder for a CPU profile of each subject")
	results     = flag.String("results", "", "the JSON file in which the figures are kept")
)

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		if err := generate(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, "generator:", err)
			os.Exit(1)
		}
		return
	}
	testkit.Main(m)
}

// TestPerformance measures; the script bench/performance runs it.
func TestPerformance(t *testing.T) {
	if !*performance {
		t.Skip("measuring takes minutes and the machine for itself: run bench/performance")
	}
	b := &board{t: t, file: *results, only: regexp.MustCompile(*only)}
	b.read()
	s := &site{server: testkit.NewDurable(t)}
	b.machine(s)
	for _, m := range []func(*testing.T, *board, *site){
		measureGate, measureGateBeside, measurePurchase, measurePurchaseBeside, measureWorker, measureDecode, measurePrice,
	} {
		m(t, b, s)
	}
	b.write()
}

// profile takes a CPU profile of one more run of a subject and returns where
// its time went, for the explanation of the figure.
func profile(t testing.TB, name string, f func()) string {
	t.Helper()
	if *profiles == "" {
		return ""
	}
	path := filepath.Join(*profiles, strings.ReplaceAll(name, "/", "-")+".pprof")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := pprof.StartCPUProfile(file); err != nil {
		t.Fatal(err)
	}
	f()
	pprof.StopCPUProfile()
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("go", "tool", "pprof", "-top", "-cum", "-nodecount=60", path).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if err := os.WriteFile(path+".txt", out, 0o644); err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func seconds(n float64) time.Duration { return time.Duration(n * float64(time.Second)) }
