package jwosim

import (
	"bytes"
	"encoding/json"
	"io"
	"regexp"
	"strings"

	"github.com/strollhq/stroll/money"
)

// fields reads a request strictly by the contract, written a second time and
// on purpose not with jwo's types: missing, null, blank, a wrong JSON type, a
// wrong format or length all make the request bad. Unknown fields are ignored.
type fields struct {
	m      map[string]any
	broken bool // not a JSON object, or something behind it
	bad    bool
}

func parse(body []byte) *fields {
	b := &fields{m: map[string]any{}}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	err := d.Decode(&b.m)
	if _, end := d.Token(); err != nil || end != io.EOF || b.m == nil {
		b.broken = true
	}
	return b
}

// peek is a string for the records, "" when there is none.
func (b *fields) peek(path string) string {
	head, tail, nested := strings.Cut(path, ".")
	v := b.m[head]
	if nested {
		m, _ := v.(map[string]any)
		v = m[tail]
	}
	s, _ := v.(string)
	if len(s) > 255 {
		s = s[:255]
	}
	return s
}

var (
	storeIDs   = regexp.MustCompile(`^[0-9a-zA-Z_-]*$`)
	tripIDs    = regexp.MustCompile(`^[0-9a-zA-Z_-]+$`)
	shopperIDs = regexp.MustCompile(`^[0-9a-zA-Z_.-]+$`)
	refundIDs  = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-5][0-9a-f]{3}-[089ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	codes      = regexp.MustCompile(`^[A-Z]{3}$`)
)

// text is a required string.
func (b *fields) text(name string, longest int, form *regexp.Regexp) string {
	s, ok := b.m[name].(string)
	if !ok || strings.TrimSpace(s) == "" || len([]rune(s)) > longest || form != nil && !form.MatchString(s) {
		b.bad = true
		return ""
	}
	return s
}

// object is a required object.
func (b *fields) object(name string) *fields {
	m, ok := b.m[name].(map[string]any)
	if !ok {
		b.bad = true
		return &fields{m: map[string]any{}}
	}
	return &fields{m: m}
}

// amount is a required {amount: number, code: string}: at most two decimals,
// and no more than the currency has.
func (b *fields) amount(name string) money.Amount {
	o := b.object(name)
	code := o.text("code", 3, codes)
	n, isNumber := o.m["amount"].(json.Number)
	if !isNumber || o.bad {
		b.bad = true
		return money.Amount{}
	}
	_, decimals, _ := strings.Cut(n.String(), ".")
	cur, err := money.ParseCurrency(code)
	if err != nil || len(decimals) > 2 {
		b.bad = true
		return money.Amount{}
	}
	a, err := money.ParseAmount(n.String(), cur)
	if err != nil {
		b.bad = true
	}
	return a
}

// number is an optional number.
func (b *fields) number(name string) json.Number {
	v, there := b.m[name]
	if !there || v == nil {
		return ""
	}
	n, ok := v.(json.Number)
	if !ok {
		b.bad = true
	}
	return n
}
