package cli

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/money"
)

// stamp is a moment for a table; none is a dash.
func stamp(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return t.Local().Format("2006-01-02 15:04:05")
}

// amount is a sum for a table; one that is not known is a dash.
func amount(a money.Amount) string {
	if a.Currency == "" {
		return "–"
	}
	return a.String()
}

// brief is a duration with the digits a person reads.
func brief(d time.Duration) string {
	switch {
	case d < 10*time.Millisecond:
		return d.Round(10 * time.Microsecond).String()
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	}
	return d.Round(10 * time.Millisecond).String()
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// choice is a flag's value among the words it may have, however it is
// written; none at all is no choice.
func choice(flag, value string, words ...string) (string, error) {
	if value == "" {
		return "", nil
	}
	i := slices.IndexFunc(words, func(w string) bool { return strings.EqualFold(w, value) })
	if i < 0 {
		return "", fault.New(fault.Invalid, "--%s %q: not one of %s", flag, value, strings.Join(words, ", "))
	}
	return words[i], nil
}

// limit is the flag of lists that may be long.
type limit struct {
	Limit int `default:"50" help:"At most so many (default 50)."`
}

// check refuses a limit a list cannot have.
func (l limit) check(most int) error {
	if l.Limit < 1 || l.Limit > most {
		return fault.New(fault.Invalid, "--limit %d: not between 1 and %d", l.Limit, most)
	}
	return nil
}

// note tells people that a list was cut off.
func (l limit) note(s *streams, shown int) {
	if shown >= l.Limit {
		fmt.Fprintf(s.err, "These are %d, the limit; --limit may show more.\n", shown)
	}
}

// longest is the most rows a list prints at once.
const longest = 100_000
