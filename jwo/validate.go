package jwo

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Request is what every request type is: it can check itself.
type Request interface {
	// Validate is ValidateWith the default Limits.
	Validate() error
	// ValidateWith answers FieldErrors with every faulty field, or nil.
	ValidateWith(Limits) error
}

const (
	maxID  = 255  // most identifiers
	maxKey = 1000 // Base64 keys, as sent
	// maxFaults bounds the list for a hostile document; past it the last entry
	// says that there are more.
	maxFaults = 1000
)

const (
	missing   = "is missing"
	badUUID   = "is not a UUID"
	badTime   = "is not an ISO-8601 time"
	badBase64 = "is not Base64"
)

// faults collects field errors along a path of enclosing objects and array
// elements. The path becomes text only when there is a fault.
type faults struct {
	list FieldErrors
	path []step
}

type step struct {
	name  string
	index int // < 0 = an object, not an array element
}

func (f *faults) in(name string)            { f.path = append(f.path, step{name, -1}) }
func (f *faults) elem(name string, i int)   { f.path = append(f.path, step{name, i}) }
func (f *faults) out()                      { f.path = f.path[:len(f.path)-1] }
func (f *faults) field(field string) string { return string(f.render(field)) }

func (f *faults) render(field string) []byte {
	b := make([]byte, 0, 64)
	for _, s := range f.path {
		if s.name != "" && len(b) > 0 {
			b = append(b, '.')
		}
		b = append(b, s.name...)
		if s.index >= 0 {
			b = append(b, '[')
			b = strconv.AppendInt(b, int64(s.index), 10)
			b = append(b, ']')
		}
	}
	if field != "" && len(b) > 0 {
		b = append(b, '.')
	}
	return append(b, field...)
}

// add notes a fault of the field; "" as the reason is no fault.
func (f *faults) add(field, reason string) {
	switch {
	case reason == "":
	case len(f.list) < maxFaults:
		f.list = append(f.list, FieldError{f.field(field), reason})
	case len(f.list) == maxFaults:
		f.list = append(f.list, FieldError{BodyField, "has more faults than are listed"})
	}
}

func (f *faults) err() error {
	if len(f.list) == 0 {
		return nil
	}
	return f.list
}

// need is a reason when an object or an array is absent.
func need(present bool) string {
	if present {
		return ""
	}
	return missing
}

// atMost is a reason when an optional text is too long, counted in characters.
func atMost(s string, limit int) string {
	if len(s) > limit && utf8.RuneCountInString(s) > limit {
		return fmt.Sprintf("is longer than %d characters", limit)
	}
	return ""
}

// text is a reason when a required text is absent or too long.
func text(s string, limit int) string {
	if s == "" {
		return missing
	}
	return atMost(s, limit)
}

// first is the first reason there is.
func first(reasons ...string) string {
	for _, r := range reasons {
		if r != "" {
			return r
		}
	}
	return ""
}

func oneOf(s string, allowed []string) string {
	if slices.Contains(allowed, s) {
		return ""
	}
	return "is none of " + strings.Join(allowed, ", ")
}

// oneOfIf is oneOf for an optional text.
func oneOfIf(s string, allowed []string) string {
	if s == "" {
		return ""
	}
	return oneOf(s, allowed)
}

func requestID(s string) string {
	switch {
	case s == "":
		return missing
	case !isUUID(s):
		return badUUID
	}
	return ""
}

// isUUID reports 8-4-4-4-12 hexadecimal digits of either case, of any version.
func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if c != '-' {
				return false
			}
			continue
		}
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') && (c < 'A' || c > 'F') {
			return false
		}
	}
	return true
}

func timestamp(t Timestamp) string {
	if t == "" {
		return missing
	}
	return timestampIf(t)
}

func timestampIf(t Timestamp) string {
	if t == "" {
		return ""
	}
	if _, err := t.Time(); err != nil {
		return badTime
	}
	return ""
}

// word is a reason when s holds anything but ASCII letters, digits and the
// extra characters.
func word(s, extra string) string {
	for i := range len(s) {
		c := s[i]
		if (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && strings.IndexByte(extra, c) < 0 {
			return "has a character other than letters, digits and " + extra
		}
	}
	return ""
}

// tripID and outStoreID are the identifiers of calls to Amazon
// (contract: payments 1.2).
func tripID(s string) string { return first(text(s, maxID), word(s, "-_")) }

func outStoreID(s string) string { return first(text(s, maxID), word(s, "-_")) }

// key is a reason when a Base64 key is absent, too long as sent, or not
// standard padded Base64 without white space.
func key(s string) string {
	if r := text(s, maxKey); r != "" {
		return r
	}
	if _, err := decodeKey(s); err != nil {
		return badBase64
	}
	return ""
}

// decodeKey is strict: the decoder alone would skip line breaks.
func decodeKey(s string) ([]byte, error) {
	if strings.ContainsAny(s, "\r\n") {
		return nil, base64.CorruptInputError(strings.IndexAny(s, "\r\n"))
	}
	return base64.StdEncoding.Strict().DecodeString(s)
}

// currencyCode is a reason when s is not three capital letters.
func currencyCode(s string) string {
	if s == "" {
		return missing
	}
	if len(s) != 3 || strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return "is not three capital letters"
	}
	return ""
}

// blank is a reason when nothing but white space is there.
func blank(s string) string {
	if strings.TrimSpace(s) == "" {
		return missing
	}
	return ""
}
