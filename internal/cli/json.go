package cli

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode"
)

// json writes a value as indented JSON in one manner, whatever package its
// types come from: fields without a name of their own are written in
// snake_case, durations in nanoseconds with _ns behind the name; a list of
// nothing is [] and a time that is not known is null.
func (s *streams) json(v any) error {
	var compact, indented bytes.Buffer
	if err := encode(&compact, reflect.ValueOf(v)); err != nil {
		return fmt.Errorf("write as JSON: %w", err)
	}
	if err := json.Indent(&indented, compact.Bytes(), "", "  "); err != nil {
		return fmt.Errorf("write as JSON: %w", err)
	}
	indented.WriteByte('\n')
	_, err := s.out.Write(indented.Bytes())
	return err
}

// orJSON ends a command: with its error, or with its value as JSON.
func orJSON(s *streams, v any, err error) error {
	if err != nil {
		return err
	}
	return s.json(v)
}

func encode(b *bytes.Buffer, v reflect.Value) error {
	if !v.IsValid() {
		b.WriteString("null")
		return nil
	}
	if t, ok := v.Interface().(time.Time); ok && t.IsZero() {
		b.WriteString("null")
		return nil
	}
	switch v.Interface().(type) {
	case json.Marshaler, encoding.TextMarshaler:
		return leaf(b, v)
	}
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		return encode(b, v.Elem())
	case reflect.Struct:
		b.WriteByte('{')
		if err := fields(b, v); err != nil {
			return err
		}
		b.WriteByte('}')
		return nil
	case reflect.Slice, reflect.Array:
		b.WriteByte('[')
		for i := range v.Len() {
			comma(b)
			if err := encode(b, v.Index(i)); err != nil {
				return err
			}
		}
		b.WriteByte(']')
		return nil
	case reflect.Map:
		b.WriteByte('{')
		keys := v.MapKeys()
		slices.SortFunc(keys, func(x, y reflect.Value) int { return strings.Compare(fmt.Sprint(x), fmt.Sprint(y)) })
		for _, k := range keys {
			if err := member(b, fmt.Sprint(k), v.MapIndex(k)); err != nil {
				return err
			}
		}
		b.WriteByte('}')
		return nil
	}
	return leaf(b, v)
}

// fields writes a struct's fields, those of embedded structs among them.
func fields(b *bytes.Buffer, v reflect.Value) error {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name == "-":
			continue
		case f.Anonymous && name == "" && f.Type.Kind() == reflect.Struct:
			if err := fields(b, v.Field(i)); err != nil {
				return err
			}
			continue
		case !f.IsExported(), strings.HasPrefix(options, "omit") && v.Field(i).IsZero():
			continue
		case name == "":
			name = snake(f.Name)
			if f.Type == reflect.TypeFor[time.Duration]() {
				name += "_ns"
			}
		}
		if err := member(b, name, v.Field(i)); err != nil {
			return err
		}
	}
	return nil
}

func member(b *bytes.Buffer, name string, v reflect.Value) error {
	comma(b)
	if err := leaf(b, reflect.ValueOf(name)); err != nil {
		return err
	}
	b.WriteByte(':')
	return encode(b, v)
}

// comma parts what comes from what stands before it.
func comma(b *bytes.Buffer) {
	if last := b.Bytes()[b.Len()-1]; last != '{' && last != '[' {
		b.WriteByte(',')
	}
}

// leaf writes what has no parts, or its own manner.
func leaf(b *bytes.Buffer, v reflect.Value) error {
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	err := e.Encode(v.Interface())
	b.Truncate(len(bytes.TrimRight(b.Bytes(), "\n")))
	return err
}

// snake is a Go name in snake_case: TripID is trip_id.
func snake(name string) string {
	runes := []rune(name)
	var b strings.Builder
	for i, r := range runes {
		if unicode.IsUpper(r) && i > 0 &&
			(unicode.IsLower(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1])) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
