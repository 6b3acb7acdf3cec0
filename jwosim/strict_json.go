package jwosim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// unknown is the first field whose path is not documented, "" for none.
// Elements of a list are on the path of the list.
func unknown(v any, documented []string) string {
	var walk func(v any, at string) string
	walk = func(v any, at string) string {
		switch v := v.(type) {
		case map[string]any:
			for _, name := range slices.Sorted(maps.Keys(v)) {
				path := strings.TrimPrefix(at+"."+name, ".")
				if !slices.Contains(documented, path) {
					return fmt.Sprintf("%.100q is not documented", path)
				}
				if how := walk(v[name], path); how != "" {
					return how
				}
			}
		case []any:
			for _, one := range v {
				if how := walk(one, at); how != "" {
					return how
				}
			}
		}
		return ""
	}
	return walk(v, "")
}

// null is the first field that is null, "" for none.
func null(v any, at string) string {
	switch v := v.(type) {
	case nil:
		return fmt.Sprintf("%.100q is null", at)
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if how := null(v[name], strings.TrimPrefix(at+"."+name, ".")); how != "" {
				return how
			}
		}
	case []any:
		for _, one := range v {
			if how := null(one, at); how != "" {
				return how
			}
		}
	}
	return ""
}

// twice is the first name that stands twice in one object, "" for none.
func twice(body []byte) string {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	type level struct {
		names map[string]bool // nil in a list
		value bool            // a value is next, not a name
	}
	var open []level
	for {
		t, err := d.Token()
		if err != nil {
			return ""
		}
		top := len(open) - 1
		if name, isText := t.(string); isText && top >= 0 && open[top].names != nil && !open[top].value {
			if open[top].names[name] {
				return name
			}
			open[top].names[name], open[top].value = true, true
			continue
		}
		switch t {
		case json.Delim('{'):
			open = append(open, level{names: map[string]bool{}})
			continue
		case json.Delim('['):
			open = append(open, level{})
			continue
		case json.Delim('}'), json.Delim(']'):
			open = open[:top]
		}
		if top = len(open) - 1; top >= 0 {
			open[top].value = false
		}
	}
}
