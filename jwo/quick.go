package jwo

import "strings"

// quick reads the documents that come all day, in one pass and without
// reflection. It judges nothing: at the first thing out of the ordinary (an
// escape, a wrong type, a syntax error) it gives up, and the
// whole document is read again by the decoder that says what is wrong. What it
// does read it reads as that decoder would, which FuzzQuick holds it to.
//
// The texts it yields share the memory of the document: whoever keeps one for
// long keeps the document, unless it is cloned.
type quick struct {
	s     string
	pos   int
	fresh bool // an object or array was just entered
	bad   bool // given up
}

// quickly is implemented by the requests that can be read so. It is called on
// a zero value; with false the value holds rubbish.
type quickly interface{ quick(q *quick) }

// readQuickly reads a document of valid UTF-8 and tells whether it could.
func readQuickly(doc string, v quickly) bool {
	q := quick{s: doc}
	if q.peek() != '{' {
		return false
	}
	v.quick(&q)
	q.peek()
	return !q.bad && q.pos == len(q.s)
}

func (q *quick) giveUp() { q.bad, q.pos = true, len(q.s) }

// peek is the first byte of the next token, 0 at the end.
func (q *quick) peek() byte {
	for q.pos < len(q.s) {
		switch c := q.s[q.pos]; c {
		case ' ', '\t', '\r', '\n':
			q.pos++
		default:
			return c
		}
	}
	return 0
}

// enter begins an object or array; null has nothing to enter.
func (q *quick) enter(open byte) bool {
	if q.peek() == open {
		q.pos++
		q.fresh = true
		return true
	}
	q.null()
	return false
}

// next goes to the next member or element, or ends the object or array.
func (q *quick) next(end byte) bool {
	c := q.peek()
	fresh := q.fresh
	q.fresh = false
	switch {
	case c == end:
		q.pos++
		return false
	case fresh && c != 0:
		return true
	case c == ',':
		q.pos++
		return true
	}
	q.giveUp()
	return false
}

// null passes over null and gives up on anything else.
func (q *quick) null() {
	if q.peek(); !q.word("null") {
		q.giveUp()
	}
}

func (q *quick) word(w string) bool {
	if !strings.HasPrefix(q.s[q.pos:], w) {
		return false
	}
	q.pos += len(w)
	return true
}

// key reads a member's name and its colon.
func (q *quick) key() string {
	if q.peek() != '"' {
		q.giveUp()
		return ""
	}
	k := q.quoted()
	if q.peek() != ':' {
		q.giveUp()
		return ""
	}
	q.pos++
	return k
}

// text reads a string or null.
func (q *quick) text() string {
	if q.peek() != '"' {
		q.null()
		return ""
	}
	return q.quoted()
}

// quoted reads a string without escapes that begins here.
func (q *quick) quoted() string {
	from := q.pos + 1
	for i := from; i < len(q.s); i++ {
		switch c := q.s[i]; {
		case c == '"':
			q.pos = i + 1
			return q.s[from:i]
		case c == '\\' || c < ' ':
			q.giveUp()
			return ""
		}
	}
	q.giveUp()
	return ""
}

// number reads a number's digits, or null.
func (q *quick) number() Number {
	if c := q.peek(); c != '-' && (c < '0' || c > '9') {
		q.null() // a number in a string is left to the other decoder
		return ""
	}
	from := q.pos
	q.digitsOf()
	if n := q.s[from:q.pos]; isNumber(n) {
		return Number(n)
	}
	q.giveUp()
	return ""
}

// digitsOf passes over a number as JSON writes it.
func (q *quick) digitsOf() {
	run := func() {
		from := q.pos
		for q.pos < len(q.s) && q.s[q.pos] >= '0' && q.s[q.pos] <= '9' {
			q.pos++
		}
		if q.pos == from {
			q.giveUp()
		}
	}
	at := func(set string) bool { return q.pos < len(q.s) && strings.IndexByte(set, q.s[q.pos]) >= 0 }
	if at("-") {
		q.pos++
	}
	if at("0") {
		q.pos++
	} else {
		run()
	}
	if at(".") {
		q.pos++
		run()
	}
	if at("eE") {
		q.pos++
		if at("+-") {
			q.pos++
		}
		run()
	}
}

// quickDepth bounds the nesting of what is skipped: below maxDepth with all
// that may be around it.
const quickDepth = 32

// skip passes over a member nobody asked for.
func (q *quick) skip() { q.skipAt(0) }

func (q *quick) skipAt(depth int) {
	if depth > quickDepth {
		q.giveUp()
		return
	}
	switch c := q.peek(); c {
	case '{':
		for q.enter('{'); q.next('}'); {
			q.key()
			q.skipAt(depth + 1)
		}
	case '[':
		for q.enter('['); q.next(']'); {
			q.skipAt(depth + 1)
		}
	case '"':
		q.quoted()
	case 't', 'f':
		if !q.word("true") && !q.word("false") {
			q.giveUp()
		}
	case 'n':
		q.null()
	default:
		q.digitsOf()
	}
}
