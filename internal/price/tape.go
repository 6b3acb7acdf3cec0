package price

import (
	"encoding/json"
	"errors"
	"strconv"
	"sync"
	"unicode/utf8"

	"github.com/strollhq/stroll/money"
)

// tape is texts and numbers one after the other, which are written to it or
// read from it by the same code.
type tape struct {
	reading bool
	texts   []string // that are to be read
	numbers []int64  // that are to be read
	err     error    // of the reading, the last one

	// What is written: the texts and numbers so far, and where a text was
	// written, in a table of lists by a hash.
	written []byte
	num     []byte
	all     []placed
	first   [128]int32 // one above the place in all of the newest text; 0 for none
}

// placed is a text that was written, and one above the place of an older one
// with its hash.
type placed struct {
	text  string
	older int32
}

var tapes = sync.Pool{New: func() any { return new(tape) }}

// newTape is a tape to be written behind b.
func newTape(b []byte) *tape {
	t := tapes.Get().(*tape)
	t.written = append(b, "[["...)
	return t
}

// end is b and what was written. The tape is gone.
func (t *tape) end() []byte {
	b := append(t.written, "],["...)
	b = append(b, t.num...)
	b = append(b, "]]"...)
	clear(t.all) // keeps no shopper's data alive
	*t = tape{num: t.num[:0], all: t.all[:0]}
	tapes.Put(t)
	return b
}

func (t *tape) number(n *int64) {
	switch {
	case !t.reading:
		if len(t.num) > 0 {
			t.num = append(t.num, ',')
		}
		t.num = strconv.AppendInt(t.num, *n, 10)
	case len(t.numbers) == 0:
		t.err = errors.New("numbers are missing")
	default:
		*n, t.numbers = t.numbers[0], t.numbers[1:]
	}
}

func (t *tape) flag(b *bool) {
	var n int64
	if *b {
		n = 1
	}
	t.number(&n)
	*b = n != 0
}

// size is the length of a list: n when it is written.
func (t *tape) size(n int) int {
	s := int64(n)
	t.number(&s)
	if t.reading && (s < 0 || s > int64(len(t.numbers))) {
		t.err = errors.New("a list is longer than what follows")
		return 0
	}
	return int(s)
}

// length is the length of a list, which is made when it is read.
func length[T any](t *tape, list *[]T) int {
	n := t.size(len(*list))
	if n > len(*list) {
		*list = make([]T, n)
	}
	return n
}

func (t *tape) text(s *string) {
	if t.reading {
		var i int64
		t.number(&i)
		if i < 0 || i >= int64(len(t.texts)) {
			t.err = errors.New("a text is missing")
			return
		}
		*s = t.texts[i]
		return
	}
	i := t.place(*s)
	t.number(&i)
}

// place is where a text is written, once.
func (t *tape) place(s string) int64 {
	h := uint(len(s))
	if h > 0 {
		h += uint(s[0])*7 + uint(s[h-1])*31 + uint(s[h/2])*127
	}
	first := &t.first[h%uint(len(t.first))]
	for i := *first; i > 0; i = t.all[i-1].older {
		if t.all[i-1].text == s {
			return int64(i - 1)
		}
	}
	if len(t.all) > 0 {
		t.written = append(t.written, ',')
	}
	t.written = appendText(t.written, s)
	t.all = append(t.all, placed{s, *first})
	*first = int32(len(t.all))
	return int64(len(t.all) - 1)
}

func (t *tape) decimal(d *money.Decimal) {
	if !t.reading {
		s := d.String()
		t.text(&s)
		return
	}
	var s string
	t.text(&s)
	v, err := money.ParseDecimal(s)
	if err != nil {
		t.err = err
	}
	*d = v
}

// appendText adds s as a JSON string.
func appendText(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			quoted, err := json.Marshal(s)
			if err != nil {
				panic(err) // a string cannot fail
			}
			return append(b, quoted...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}
