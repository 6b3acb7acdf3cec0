package pay_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/strollhq/stroll/internal/pay"
)

// TestTable tries every event in every state: what is in the table moves, all
// else is an error that changes nothing.
func TestTable(t *testing.T) {
	t.Parallel()
	legal := map[pay.State]map[pay.Event]pay.State{}
	for _, e := range pay.Table() {
		if legal[e.From] == nil {
			legal[e.From] = map[pay.Event]pay.State{}
		}
		legal[e.From][e.On] = e.To
	}
	illegal := 0
	for _, from := range append(pay.States(), "", "NO_SUCH_STATE") {
		for _, on := range append(pay.AllEvents(), "no_such_event") {
			got, err := pay.Move(from, on)
			want, ok := legal[from][on]
			if ok {
				if err != nil || got != want {
					t.Errorf("%s -%s-> %s, %v; want %s", from, on, got, err, want)
				}
				continue
			}
			illegal++
			var bad *pay.IllegalError
			if !errors.As(err, &bad) || got != from || bad.From != from || bad.On != on {
				t.Errorf("%s -%s-> %s, %v; want an IllegalError and no move", from, on, got, err)
			}
		}
	}
	if illegal < 400 {
		t.Errorf("only %d illegal edges were tried", illegal)
	}
}

// TestTableIsClosed: every state is reached, named, and has a timer or a next
// act; no edge leads out of the table.
func TestTableIsClosed(t *testing.T) {
	t.Parallel()
	reached := map[pay.State]bool{}
	for _, e := range pay.Table() {
		reached[e.To] = true
	}
	known := map[pay.State]bool{}
	for _, s := range pay.States() {
		known[s] = true
		if !reached[s] {
			t.Errorf("%s is never reached", s)
		}
		if pay.NextAct(s) == "" {
			t.Errorf("%s waits for nothing", s)
		}
		if out := outOf(s); !pay.IsFinal(s) && out == 0 {
			t.Errorf("%s cannot be left", s)
		}
	}
	for s := range reached {
		if !known[s] {
			t.Errorf("%s is reached and not among the states", s)
		}
	}
}

func outOf(s pay.State) int {
	n := 0
	for _, e := range pay.Table() {
		if e.From == s && e.To != s {
			n++
		}
	}
	return n
}

// TestTableKeepsTheRules checks the ordering rules of the contract (payments
// 9.4) on the table itself.
func TestTableKeepsTheRules(t *testing.T) {
	t.Parallel()
	for _, e := range pay.Table() {
		switch {
		case e.On == "capture_done" && e.To == pay.CaptureInitiated:
			switch e.From {
			case pay.AdjustApproved, pay.AdjustDeclined, pay.CaptureUnknown, pay.CaptureInitiated:
			default:
				t.Errorf("a Capture out of %s: only after an approval, or of what is held", e.From)
			}
		case (e.From == pay.CancelInitiated) && e.To != pay.CancelInitiated:
			t.Errorf("%s is left for %s", e.From, e.To)
		case e.From == pay.CancelUnknown && strings.HasPrefix(string(e.On), "adjust"):
			t.Error("something is adjusted after a Cancel was sent")
		case e.From == pay.CaptureUnknown && e.To == pay.Expired && !strings.HasPrefix(string(e.On), "decided"):
			t.Errorf("an unknown Capture becomes a debt on %s", e.On)
		case e.From == pay.CaptureUnknown && strings.HasPrefix(string(e.On), "cancel"):
			t.Error("a Cancel after a Capture was sent")
		}
	}
}

// TestDocumentationNamesEveryState: the table in the package's documentation
// speaks of every state.
func TestDocumentationNamesEveryState(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range pay.States() {
		if !strings.Contains(string(doc), string(s)) {
			t.Errorf("doc.go does not name %s", s)
		}
	}
}
