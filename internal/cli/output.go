package cli

import (
	"context"
	"io"
	"regexp"
	"strings"
	"sync"
	"unicode"
)

// output is standard output. The first write that fails ends the command's
// context, and what is written after it is lost.
type output struct {
	w      io.Writer
	failed context.CancelFunc

	mu  sync.Mutex
	err error
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err != nil {
		return 0, o.err
	}
	n, err := o.w.Write(p)
	if err != nil {
		o.err = err
		o.failed()
	}
	return n, err
}

// lost is why output was lost, if it was.
func (o *output) lost() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err
}

// list writes rows as a table, or a sentence when there are none.
func (s *streams) list(head []string, rows [][]string, none string) {
	if len(rows) == 0 {
		io.WriteString(s.out, none+"\n")
		return
	}
	s.table(head, rows)
}

// table writes rows under a head in aligned columns; a column whose head ends
// with a blank is aligned to the right. Control characters are shown as dots:
// much of what is listed was written by others.
func (s *streams) table(head []string, rows [][]string) {
	safe := make([][]string, len(rows))
	for i, row := range rows {
		for _, cell := range row {
			safe[i] = append(safe[i], clean(cell))
		}
	}
	io.WriteString(s.out, table(head, safe))
}

// clean shows control characters as dots.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == unicode.ReplacementChar {
			return '·'
		}
		return r
	}, text)
}

func table(head []string, rows [][]string) string {
	wide := make([]int, len(head))
	for _, row := range append([][]string{head}, rows...) {
		for i, cell := range row {
			wide[i] = max(wide[i], width(strings.TrimRight(cell, " ")))
		}
	}
	var b strings.Builder
	line := func(row []string) {
		var l strings.Builder
		for i, cell := range row {
			cell = strings.TrimRight(cell, " ")
			pad := strings.Repeat(" ", wide[i]-width(cell))
			if strings.HasSuffix(head[i], " ") {
				l.WriteString(pad + cell)
			} else {
				l.WriteString(cell + pad)
			}
			l.WriteString("  ")
		}
		b.WriteString(strings.TrimRight(l.String(), " ") + "\n")
	}
	line(head)
	rule := make([]string, len(head))
	for i := range rule {
		rule[i] = strings.Repeat("─", wide[i])
	}
	line(rule)
	for _, row := range rows {
		line(row)
	}
	return b.String()
}

// colour is a terminal's sequence for colours and weight.
var colour = regexp.MustCompile("\x1b\\[[0-9;]*m")

// width is how many places a text takes.
func width(text string) int { return len([]rune(colour.ReplaceAllString(text, ""))) }
