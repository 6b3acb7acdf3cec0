package bench_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Figure is one measured line of the table.
type Figure struct {
	Key      string    `json:"key"`      // row/engine/case
	What     string    `json:"what"`     // what was measured
	Baseline string    `json:"baseline"` // against what
	Unit     string    `json:"unit"`     // of the absolute values
	Subject  float64   `json:"subject"`  // median of the rounds
	Base     float64   `json:"base"`     // the same; 0 without a baseline
	Value    float64   `json:"value"`    // median of the rounds' ratios, or of the values themselves
	Least    float64   `json:"least"`    // the spread
	Most     float64   `json:"most"`
	Limit    float64   `json:"limit"`
	AtLeast  bool      `json:"at_least"` // the limit is a lower one
	Rounds   int       `json:"rounds"`
	At       time.Time `json:"at"`
	Commit   string    `json:"commit"`
	Where    Where     `json:"where"` // only with profiles
}

// Met tells whether the figure keeps its limit. One without a limit does.
func (f Figure) Met() bool {
	return f.Limit == 0 || f.AtLeast && f.Value >= f.Limit || !f.AtLeast && f.Value <= f.Limit
}

// board collects figures and keeps them in a file, those measured at another
// time included.
type board struct {
	t       testing.TB
	file    string
	only    *regexp.Regexp
	growing bool // the figures are those of the second table
	kept    struct {
		Machine Machine  `json:"machine"`
		Figures []Figure `json:"figures"`
		Growth  []Figure `json:"growth"`
	}
}

func (b *board) read() {
	commit()
	data, err := os.ReadFile(b.file)
	if b.file == "" || errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err == nil {
		err = json.Unmarshal(data, &b.kept)
	}
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *board) write() {
	if b.file == "" {
		return
	}
	data, err := json.MarshalIndent(b.kept, "", "\t")
	if err == nil {
		err = os.WriteFile(b.file, append(data, '\n'), 0o644)
	}
	if err != nil {
		b.t.Fatal(err)
	}
}

// wants tells whether any of the keys is to be measured.
func (b *board) wants(keys ...string) bool { return slices.ContainsFunc(keys, b.only.MatchString) }

// rates notes a figure that is the ratio of subject to baseline in each round;
// with no baseline it is the values themselves.
func (b *board) rates(f Figure, subject, base []float64) {
	if !b.wants(f.Key) {
		return
	}
	if *plain && (strings.HasPrefix(f.Key, "gate") || strings.HasPrefix(f.Key, "purchase")) {
		f.Key, f.What = f.Key+"/plain", f.What+", called by net/http's client" // a figure beside the other
	}
	values := subject
	if base != nil {
		values = make([]float64, len(subject))
		for i := range subject {
			values[i] = subject[i] / base[i]
		}
		f.Base = median(base)
	}
	f.Subject, f.Value, f.Least, f.Most = median(subject), median(values), slices.Min(values), slices.Max(values)
	f.Rounds, f.At, f.Commit = len(values), time.Now().UTC().Truncate(time.Second), commit()
	list := &b.kept.Figures
	if b.growing {
		list = &b.kept.Growth
	}
	*list = append(slices.DeleteFunc(*list, func(old Figure) bool { return old.Key == f.Key }), f)
	word := map[bool]string{true: "met", false: "MISSED"}[f.Met()]
	b.t.Logf("%-32s %10.4g %-4s base %10.4g: %.3g (%.3g to %.3g), limit %.3g: %s", f.Key, f.Subject, f.Unit, f.Base, f.Value, f.Least, f.Most, f.Limit, word)
	b.write()
}

func median(v []float64) float64 {
	s := slices.Sorted(slices.Values(v))
	if n := len(s); n%2 == 0 {
		return (s[n/2-1] + s[n/2]) / 2
	}
	return s[len(s)/2]
}

// commit is the revision measured, with a mark when files differed from it
// before the first figure was written.
var commit = sync.OnceValue(func() string {
	out, err := exec.Command("git", "describe", "--always", "--dirty", "--abbrev=10").Output()
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(out))
})
