package app

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/strollhq/stroll/internal/fault"
)

// Load reads and checks a configuration file. Files it names are found beside
// it. Every fault is reported with file, line, path and reason; with a fault
// there is no configuration, not half of one.
func Load(path string) (*Config, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fault.New(fault.NotFound, "read configuration: %w", err)
	}
	return Parse(path, data)
}

// Parse is Load on text; name is what errors call the file, and its folder is
// where the files it names are looked for.
func Parse(name string, data []byte) (*Config, error) {
	c := &Config{}
	if err := decode(name, data, c); err != nil {
		return nil, err
	}
	if err := secrets(reflect.ValueOf(c).Elem(), ""); err != nil {
		return nil, located(name, data, err)
	}
	if err := c.readFiles(filepath.Dir(name)); err != nil {
		return nil, located(name, data, err)
	}
	c.defaults()
	if err := c.Check(); err != nil {
		return nil, located(name, data, err)
	}
	return c, nil
}

// decode reads YAML strictly: an unknown or repeated key is an error.
func decode(name string, data []byte, into any) error {
	err := yaml.UnmarshalWithOptions(data, into, yaml.Strict())
	if err == nil {
		return nil
	}
	var positioned yaml.Error
	if errors.As(err, &positioned) {
		return fault.New(fault.Invalid, "%s:%s", name, strings.TrimSpace(yaml.FormatError(err, false, true)))
	}
	return fault.New(fault.Invalid, "%s:%d: %w", name, lineOfValue(data, err.Error()), err)
}

var quoted = regexp.MustCompile(`"([^"]*)"`)

// lineOfValue finds the line of the scalar an error quotes: errors of our own
// types come back from the reader without a position.
func lineOfValue(data []byte, text string) int {
	m := quoted.FindStringSubmatch(text)
	file, err := parser.ParseBytes(data, 0)
	if m == nil || err != nil {
		return 1
	}
	found := 1
	for _, doc := range file.Docs {
		ast.Walk(finder(func(t *token.Token) bool {
			if t.Value == m[1] && found == 1 {
				found = t.Position.Line
			}
			return found == 1
		}), doc.Body)
	}
	return found
}

type finder func(*token.Token) bool

func (f finder) Visit(n ast.Node) ast.Visitor {
	if s, ok := n.(ast.ScalarNode); ok && !f(s.GetToken()) {
		return nil
	}
	return f
}

// located puts file and line before each fault of a joined error whose text
// begins with a path, such as "stores[0].gate.freshness: …".
func located(name string, data []byte, err error) error {
	file, perr := parser.ParseBytes(data, 0)
	if perr != nil {
		return fault.New(fault.Invalid, "%s: %w", name, err)
	}
	var lines []string
	for _, one := range flatten(err) {
		text := one.Error()
		path, _, _ := strings.Cut(text, ": ")
		lines = append(lines, fmt.Sprintf("%s:%d: %s", name, lineOfPath(file, path), text))
	}
	return fault.New(fault.Invalid, "%s", strings.Join(lines, "\n"))
}

// flatten lists the errors joined in err.
func flatten(err error) []error {
	many, ok := err.(interface{ Unwrap() []error })
	if !ok || len(many.Unwrap()) == 0 || fault.Status(err) != 500 {
		return []error{err}
	}
	var all []error
	for _, e := range many.Unwrap() {
		all = append(all, flatten(e)...)
	}
	return all
}

// lineOfPath is the line of a path, or of the nearest parent the file has.
func lineOfPath(file *ast.File, path string) int {
	for path != "" {
		if p, err := yaml.PathString("$." + path); err == nil {
			if n, err := p.FilterFile(file); err == nil && n != nil && n.GetToken() != nil {
				return n.GetToken().Position.Line
			}
		}
		path = path[:max(0, strings.LastIndexAny(path, ".["))]
	}
	return 1
}

// secrets replaces env:NAME and file:PATH by what they name, so that neither
// a secret nor what differs between machines has to stand in a file that is
// kept with the code.
func secrets(v reflect.Value, path string) error {
	return walk(v, path, "", func(path, tag string, v reflect.Value) error {
		kind, name, ok := strings.Cut(v.String(), ":")
		switch {
		case ok && kind == "env" && tag != "":
			value := os.Getenv(name)
			if value == "" {
				return fmt.Errorf("%s: the environment has no %s", path, name)
			}
			v.SetString(value)
		case ok && kind == "file" && tag == tagSecret:
			data, err := os.ReadFile(name)
			if err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
			v.SetString(strings.TrimSpace(string(data)))
		}
		return nil
	})
}

// Struct tags a configuration field may carry, with the value true.
const (
	tagSecret = "secret" // env: and file: are read; never printed
	tagEnv    = "env"    // env: is read
)

// hide blanks every secret, for printing.
func hide(v reflect.Value) {
	_ = walk(v, "", "", func(_, tag string, v reflect.Value) error {
		if tag == tagSecret && v.String() != "" {
			v.SetString("(hidden)")
		}
		return nil
	})
}

// walk calls f for each string below v with its path and tag, and joins what
// it returns. A field's tag holds for all strings below it.
func walk(v reflect.Value, path, tag string, f func(path, tag string, v reflect.Value) error) error {
	var errs []error
	switch v.Kind() {
	case reflect.String:
		if v.CanSet() {
			errs = append(errs, f(path, tag, v))
		}
	case reflect.Pointer:
		if !v.IsNil() {
			errs = append(errs, walk(v.Elem(), path, tag, f))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			field := v.Type().Field(i)
			if !field.IsExported() {
				continue
			}
			name, options, _ := strings.Cut(field.Tag.Get("yaml"), ",")
			below, own := path, tag
			if !strings.Contains(options, "inline") {
				below = strings.TrimPrefix(path+"."+name, ".")
			}
			for _, t := range []string{tagEnv, tagSecret} {
				if field.Tag.Get(t) == "true" {
					own = t
				}
			}
			errs = append(errs, walk(v.Field(i), below, own, f))
		}
	case reflect.Slice:
		for i := range v.Len() {
			errs = append(errs, walk(v.Index(i), fmt.Sprintf("%s[%d]", path, i), tag, f))
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			item := reflect.New(v.Type().Elem()).Elem()
			item.Set(v.MapIndex(k))
			errs = append(errs, walk(item, fmt.Sprintf("%s.%v", path, k), tag, f))
			v.SetMapIndex(k, item)
		}
	}
	return errors.Join(errs...)
}

// DecodeYAML reads any YAML strictly, with the errors of a configuration:
// file, line and reason.
func DecodeYAML(name string, data []byte, into any) error { return decode(name, data, into) }
