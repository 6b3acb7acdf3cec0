package jwo

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"unicode/utf8"
)

const (
	// maxDepth bounds nesting, of unknown fields too; the contract's deepest
	// document has 7 levels.
	maxDepth = 64
	// maxDocument bounds what Decode reads at all, in bytes. Handlers and the
	// Client have lower limits of their own.
	maxDocument = 64 << 20
	// maxElements bounds an array, since an element takes more room in memory
	// than in the document; the contract's longest array has 10,000.
	maxElements = 50_000
)

// Decode reads one JSON object into v, a pointer to a struct. Fields are
// matched by their exact names, unknown ones ignored at every depth, and null
// is as good as absent; of a repeated key the last one counts. Errors are
// FieldErrors: one of BodyField when the data is no JSON object, is followed by
// more data, is nested too deeply or is not UTF-8, or else every field of the
// wrong JSON type at once. Fields that could be read are set either way.
func Decode(data []byte, v any) error {
	d := decoder{data: data}
	return d.document(v)
}

// DecodeRequest is Decode and req.ValidateWith in one: FieldErrors with the
// fields of a wrong type and all the other faulty ones.
func DecodeRequest(data []byte, req Request, l Limits) error {
	var all FieldErrors
	if !decodeQuickly(data, req) {
		if err := Decode(data, req); err != nil {
			all = err.(FieldErrors)
			if len(all) == 1 && all[0].Field == BodyField {
				return all
			}
		}
	}
	if s, ok := req.(interface{ settle() }); ok {
		s.settle()
	}
	types := len(all)
	if err := req.ValidateWith(l); err != nil {
		for _, f := range err.(FieldErrors) {
			if !under(all[:types], f.Field) {
				all = append(all, f)
			}
		}
	}
	if len(all) == 0 {
		return nil
	}
	return all
}

// decodeQuickly reads a document that is in order into a request that is still
// empty. With false nothing was read.
func decodeQuickly(data []byte, req Request) bool {
	v, ok := req.(quickly)
	if !ok || len(data) > maxDocument || !utf8.Valid(data) {
		return false
	}
	empty := reflect.ValueOf(req).Elem()
	if !empty.IsZero() {
		return false
	}
	if readQuickly(string(data), v) {
		return true
	}
	empty.SetZero()
	return false
}

// under reports whether the field is one of those that had the wrong type, or
// lies inside one: to call it missing as well would be noise.
func under(wrong FieldErrors, field string) bool {
	for _, w := range wrong {
		if rest, ok := strings.CutPrefix(field, w.Field); ok && (rest == "" || rest[0] == '.' || rest[0] == '[') {
			return true
		}
	}
	return false
}

// decoder walks a document that json.Valid has accepted, so it meets no syntax
// errors; loose makes a text field take a number's or boolean's text.
type decoder struct {
	faults
	data  []byte
	pos   int
	loose bool
}

func body(reason string) FieldErrors { return FieldErrors{{BodyField, reason}} }

func (d *decoder) document(v any) error {
	target := reflect.ValueOf(v)
	if target.Kind() != reflect.Pointer || target.IsNil() || target.Elem().Kind() != reflect.Struct {
		panic(fmt.Sprintf("jwo: decode into %T, want a pointer to a struct", v))
	}
	switch {
	case len(bytes.TrimLeft(d.data, " \t\r\n")) == 0:
		return body("is empty")
	case len(d.data) > maxDocument:
		return body("is too large")
	case !utf8.Valid(d.data):
		return body("is not UTF-8")
	case depth(d.data) > maxDepth:
		return body("is nested too deeply")
	case !json.Valid(d.data):
		return body("is not one JSON document")
	}
	if d.space(); d.data[d.pos] != '{' {
		return body("is not a JSON object")
	}
	d.object(target.Elem())
	return d.err()
}

// depth is the deepest nesting of brackets outside strings, malformed or not.
func depth(data []byte) int {
	deepest, level, quoted := 0, 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			level++
			deepest = max(deepest, level)
		case c == '}' || c == ']':
			level--
		}
	}
	return deepest
}

func (d *decoder) space() {
	for d.pos < len(d.data) {
		switch d.data[d.pos] {
		case ' ', '\t', '\r', '\n':
			d.pos++
		default:
			return
		}
	}
}

// next is the first byte of the next token.
func (d *decoder) next() byte {
	d.space()
	return d.data[d.pos]
}

// str reads a string token.
func (d *decoder) str() string { return string(d.raw()) }

// raw is str without a copy where the token has no escapes.
func (d *decoder) raw() []byte {
	start, plain := d.pos, true
	for d.pos++; d.data[d.pos] != '"'; d.pos++ {
		if d.data[d.pos] == '\\' {
			plain = false
			d.pos++
		}
	}
	d.pos++
	raw := d.data[start:d.pos]
	if plain {
		return raw[1 : len(raw)-1]
	}
	var s string
	_ = json.Unmarshal(raw, &s) // cannot fail on a valid string
	return []byte(s)
}

// bare reads a number, true, false or null.
func (d *decoder) bare() []byte {
	start := d.pos
	for d.pos < len(d.data) && strings.IndexByte(" \t\r\n,]}", d.data[d.pos]) < 0 {
		d.pos++
	}
	return d.data[start:d.pos]
}

// skip passes over any value.
func (d *decoder) skip() {
	level := 0
	for {
		switch d.next() {
		case '{', '[':
			level++
			d.pos++
		case '}', ']':
			level--
			d.pos++
		case ',', ':':
			d.pos++
		case '"':
			d.raw()
		default:
			d.bare()
		}
		if level == 0 {
			return
		}
	}
}

// each calls f at every value of the object or array that begins here, with
// the key or the index, until all are read.
func (d *decoder) each(f func(key []byte, i int)) {
	object := d.data[d.pos] == '{'
	d.pos++
	for i := 0; ; i++ {
		switch d.next() {
		case '}', ']':
			d.pos++
			return
		case ',':
			d.pos++
			d.space()
		}
		var key []byte
		if object {
			key = d.raw()
			d.next()
			d.pos++ // the colon
			d.space()
		}
		f(key, i)
	}
}
