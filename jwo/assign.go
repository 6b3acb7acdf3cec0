package jwo

import (
	"reflect"
	"slices"
	"strings"
	"sync"
)

// plan is a struct type as its JSON tags describe it.
type plan struct {
	index map[string]int // JSON name → field
	names []string       // field → JSON name
}

var plans sync.Map // reflect.Type → *plan; a cache of what the types say

func planOf(t reflect.Type) *plan {
	if p, ok := plans.Load(t); ok {
		return p.(*plan)
	}
	p := &plan{index: map[string]int{}, names: make([]string, t.NumField())}
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		if name != "-" && t.Field(i).IsExported() {
			if name == "" {
				name = t.Field(i).Name
			}
			p.index[name], p.names[i] = i, name
		}
	}
	plans.Store(t, p)
	return p
}

// object reads an object into a struct.
func (d *decoder) object(v reflect.Value) {
	p := planOf(v.Type())
	var seen uint64
	d.each(func(key []byte, _ int) {
		i, known := p.index[string(key)]
		if !known {
			d.skip()
			return
		}
		if seen&(1<<i) != 0 {
			d.forget(p.names[i])
		}
		seen |= 1 << i
		d.in(p.names[i])
		d.value(v.Field(i))
		d.out()
	})
}

// forget drops what an earlier value of a repeated key had wrong.
func (d *decoder) forget(key string) {
	field := d.field(key)
	d.list = slices.DeleteFunc(d.list, func(f FieldError) bool {
		return under(FieldErrors{{Field: field}}, f.Field)
	})
}

var numberType = reflect.TypeFor[Number]()

// value reads the next value into v, which it clears first.
func (d *decoder) value(v reflect.Value) {
	v.SetZero()
	c := d.next()
	if c == 'n' {
		d.bare()
		return
	}
	if v.Kind() == reflect.Pointer && (c == '{' || v.Type().Elem().Kind() != reflect.Struct) {
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	switch kind := v.Kind(); {
	case v.Type() == numberType:
		d.number(v, c)
	case kind == reflect.String && c == '"':
		v.SetString(d.str())
	case kind == reflect.String && d.loose && c != '{' && c != '[':
		v.SetString(string(d.bare()))
	case kind == reflect.Bool && (c == 't' || c == 'f'):
		v.SetBool(c == 't')
		d.bare()
	case kind == reflect.Struct && c == '{':
		d.object(v)
	case kind == reflect.Slice && c == '[':
		d.array(v)
	case kind == reflect.Map && c == '{':
		d.texts(v)
	default:
		d.wrong(v.Type())
		d.skip()
	}
}

// array reads into a slice, which is not nil even when empty.
func (d *decoder) array(v reflect.Value) {
	v.Set(reflect.MakeSlice(v.Type(), 0, 0))
	d.each(func(_ []byte, i int) {
		if i >= maxElements {
			if i == maxElements {
				d.add("", "has too many entries")
			}
			d.skip()
			return
		}
		v.Grow(1)
		v.SetLen(i + 1)
		d.elem("", i)
		d.value(v.Index(i))
		d.out()
	})
}

// texts reads into a map of strings. A fault is one of the map, whose keys
// are free text from outside.
func (d *decoder) texts(v reflect.Value) {
	m, bad := map[string]string{}, false
	d.each(func(key []byte, _ int) {
		switch c := d.next(); {
		case c == '"':
			m[string(key)] = d.str()
		case c == 'n':
			d.bare()
		default:
			bad = true
			d.skip()
		}
	})
	if bad {
		d.add("", "must hold strings")
	}
	v.Set(reflect.ValueOf(m))
}

// number takes a number or a string holding one.
func (d *decoder) number(v reflect.Value, c byte) {
	var s string
	switch {
	case c == '"':
		if s = d.str(); s == "" {
			return
		}
	case c == '-' || c >= '0' && c <= '9':
		s = string(d.bare())
	default:
		d.skip()
	}
	if !isNumber(s) {
		d.wrong(numberType)
		return
	}
	v.SetString(s)
}

func (d *decoder) wrong(t reflect.Type) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	what := "a string"
	switch {
	case t == numberType:
		what = "a number"
	case t.Kind() == reflect.Bool:
		what = "true or false"
	case t.Kind() == reflect.Struct, t.Kind() == reflect.Map:
		what = "an object"
	case t.Kind() == reflect.Slice:
		what = "an array"
	}
	d.add("", "must be "+what)
}
