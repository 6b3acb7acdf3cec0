package price

import (
	"encoding/json"
	"errors"
	"strconv"
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

	at      map[string]int64 // where a text was written
	written []byte
	num     []byte
}

// newTape is a tape to be written behind b, with about so many texts.
func newTape(b []byte, texts int) *tape {
	return &tape{at: make(map[string]int64, texts), written: append(b, "[["...), num: make([]byte, 0, 32*texts)}
}

// end is b and what was written.
func (t *tape) end() []byte {
	b := append(t.written, "],["...)
	b = append(b, t.num...)
	return append(b, "]]"...)
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
	i, known := t.at[*s]
	if !known {
		i = int64(len(t.at))
		t.at[*s] = i
		if i > 0 {
			t.written = append(t.written, ',')
		}
		t.written = appendText(t.written, *s)
	}
	t.number(&i)
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
