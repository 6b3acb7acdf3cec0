package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/jwosim/scenario"
)

// list explains scenarios.
func (c *simulateTriggerCmd) list(s *streams) error {
	list, waiting := scenario.All(), scenario.Waiting()
	if len(c.Names) > 0 {
		var err error
		if list, err = scenario.Match(c.Names...); err != nil {
			return fault.New(fault.Invalid, "%w", err)
		}
		waiting = nil
	}
	switch {
	case c.Markdown:
		_, err := io.WriteString(s.out, scenario.Markdown())
		return err
	case c.JSON:
		type listed struct {
			Scenarios []scenario.Scenario `json:"scenarios"`
			Waiting   []scenario.Wait     `json:"waiting"`
		}
		return s.json(listed{list, waiting})
	}
	p := paint(terminal(s.out))
	for _, sc := range list {
		fmt.Fprintf(s.out, "%s  %s\n", p.bold(sc.Name), sc.Title)
		fmt.Fprintf(s.out, "    %s\n    Good: %s\n    %s\n", sc.Explains, sc.Expect, p.dim(told(sc)))
	}
	if len(waiting) > 0 {
		fmt.Fprintf(s.out, "\n%s\n", p.bold("Cases that cannot be tried"))
		var rows [][]string
		for _, w := range waiting {
			rows = append(rows, []string{w.Source, w.Title, w.Reason})
		}
		s.table([]string{"Case", "About", "Why not"}, rows)
	}
	return nil
}

// told is where a scenario comes from and what it needs.
func told(sc scenario.Scenario) string {
	text := "From " + strings.Join(sc.Sources, "; ") + "."
	var needs []string
	for _, n := range sc.Needs {
		needs = append(needs, string(n))
	}
	if len(needs) > 0 {
		text += " Needs " + strings.Join(needs, ", ") + "."
	}
	if sc.Patience > 0 {
		text += fmt.Sprintf(" May wait for %s.", sc.Patience)
	}
	if sc.Moves {
		text += " Moves the simulator's clock."
	}
	return text
}

// show prints how it went.
func (c *simulateTriggerCmd) show(s *streams, results []scenario.Result) error {
	if c.JSON {
		return s.json(results)
	}
	p := paint(terminal(s.out))
	if len(results) > 1 {
		var rows [][]string
		for _, r := range results {
			why := r.Reason
			if n := r.Advised(); why == "" && n > 0 {
				why = fmt.Sprintf("advice: %d (-v shows it)", n)
			}
			rows = append(rows, []string{r.Name, r.Verdict, brief(r.Took), shorten(why, 120)})
		}
		s.table([]string{"Scenario", "Result", "Took ", "Why"}, rows)
	}
	counts := map[string]int{}
	for _, r := range results {
		counts[r.Verdict]++
		if len(results) == 1 || c.Verbose || r.Verdict == scenario.Differs {
			steps(s, p, r)
		}
	}
	if len(results) > 1 {
		fmt.Fprintf(s.out, "\n%d in order, %d differ, %d not applicable\n", counts[scenario.InOrder], counts[scenario.Differs], counts[scenario.NotApplicable])
	}
	return nil
}

// steps prints one scenario, step by step.
func steps(s *streams, p paint, r scenario.Result) {
	verdict := p.good(r.Verdict)
	if r.Verdict != scenario.InOrder {
		verdict = p.bad(r.Verdict)
	}
	fmt.Fprintf(s.out, "\n%s  %s: %s\n", p.bold(r.Name), r.Title, verdict)
	if r.Verdict == scenario.NotApplicable {
		fmt.Fprintf(s.out, "  %s\n", clean(r.Reason))
	}
	for _, st := range r.Steps {
		line := map[string]string{
			scenario.InOrder: p.good("✓"), scenario.Differs: p.bad("✗"), scenario.Advice: p.with("33", "!"), scenario.Noted: p.dim("·"),
		}[st.Verdict] + " " + clean(st.What)
		switch {
		case st.Status != 0:
			line += p.dim(fmt.Sprintf("  %d %s", st.Status, shorten(clean(st.Response), 160)))
		case st.Verdict == scenario.Differs || st.Verdict == scenario.Advice:
			line += fmt.Sprintf(": want %s, got %s", clean(st.Want), shorten(clean(st.Got), 300))
		case st.Verdict == scenario.Noted && st.Got != "":
			line += "  " + shorten(clean(st.Got), 160)
		}
		fmt.Fprintf(s.out, "  %s\n", line)
	}
	if len(r.Trips) > 0 {
		fmt.Fprintf(s.out, "  %s\n", p.dim("trips "+strings.Join(r.Trips, ", ")))
	}
}

// shorten cuts a text that is too long for a line.
func shorten(text string, most int) string {
	runes := []rune(strings.TrimSpace(text))
	if len(runes) <= most {
		return string(runes)
	}
	return string(runes[:most-1]) + "…"
}
