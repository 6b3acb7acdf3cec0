package bench_test

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"testing"
	"time"

	"github.com/strollhq/stroll/internal/testkit"
)

// The flags of a measurement; without them nothing is measured.
var (
	performance = flag.Bool("performance", false, "measure the program against its baselines; see bench/performance")
	rounds      = flag.Int("rounds", 5, "how often baseline and subject alternate")
	only        = flag.String("only", "", "measure only what this regular expression finds, such as ^gate")
	profiles    = flag.String("profiles", "", "a folder for a CPU profile of each subject, from which figures that fall short are explained")
	plain       = flag.Bool("plain", false, "send with net/http's client in place of the lean generator, to see what the choice of the caller does to a ratio")
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

func seconds(n float64) time.Duration { return time.Duration(n * float64(time.Second)) }
