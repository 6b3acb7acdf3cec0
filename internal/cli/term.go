package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/mattn/go-isatty"
)

// terminal reports whether a writer is a terminal that understands colour and
// moving the cursor. NO_COLOR and TERM=dumb say no.
func terminal(w io.Writer) bool {
	if o, ok := w.(*output); ok {
		w = o.w
	}
	f, ok := w.(*os.File)
	return ok && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && isatty.IsTerminal(f.Fd())
}

// paint gives text a colour on a terminal and leaves it alone elsewhere.
type paint bool

func (p paint) with(code, text string) string {
	if !p {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func (p paint) bold(s string) string  { return p.with("1", s) }
func (p paint) dim(s string) string   { return p.with("2", s) }
func (p paint) good(s string) string  { return p.with("32", s) }
func (p paint) bad(s string) string   { return p.with("31", s) }
func (p paint) title(s string) string { return p.with("1;36", s) }

// progress shows long work: a moving bar on a terminal, a plain line at each
// tenth of the way elsewhere.
type progress struct {
	w     io.Writer
	moves bool
	what  string
	tenth int
	last  time.Time
}

func newProgress(w io.Writer, what string) *progress {
	return &progress{w: w, moves: terminal(w), what: what, tenth: -1}
}

// show draws done of total with a note behind it.
func (p *progress) show(done, total int, note string) {
	if total <= 0 {
		return
	}
	if !p.moves {
		if tenth := done * 10 / total; tenth > p.tenth {
			p.tenth = tenth
			fmt.Fprintf(p.w, "%s %d/%d  %s\n", p.what, done, total, note)
		}
		return
	}
	if done < total && time.Since(p.last) < 80*time.Millisecond {
		return
	}
	p.last = time.Now()
	const width = 28
	full := done * width / total
	// Without wrapping (?7l) a line that is too long for the window is cut off
	// instead of leaving its first half behind.
	fmt.Fprintf(p.w, "\r\x1b[K\x1b[?7l%s \x1b[36m%s\x1b[2m%s\x1b[0m %d/%d  %s\x1b[?7h",
		p.what, strings.Repeat("━", full), strings.Repeat("━", width-full), done, total, note)
}

// end finishes the line.
func (p *progress) end() {
	if p.moves {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}

// bars draws a chart of counts: one line a row, the longest fills the width.
func bars(p paint, rows []bar) string {
	var widest, most int
	for _, r := range rows {
		widest, most = max(widest, width(r.name)), max(most, r.count)
	}
	var b strings.Builder
	for _, r := range rows {
		n := 0
		if most > 0 && r.count > 0 {
			n = max(1, r.count*24/most)
		}
		fmt.Fprintf(&b, "  %s%s %s %d\n", r.name, strings.Repeat(" ", widest-width(r.name)),
			p.with(r.colour, strings.Repeat("█", n)), r.count)
	}
	return b.String()
}

// bar is one row of a chart; colour is a terminal code such as 32.
type bar struct {
	name   string
	count  int
	colour string
}
