package jwosim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// MarshalJSON writes the fields that are set, under the names of FaultFields.
func (f Faults) MarshalJSON() ([]byte, error) {
	m := map[string]any{}
	for _, field := range faultFields {
		texts := field.texts(&f)
		switch {
		case len(texts) == 0:
		case field.Unit == unitSchedule:
			m[field.Name] = texts
		case field.Unit == unitProbability || field.Unit == unitCount:
			m[field.Name] = json.Number(texts[0])
		default:
			m[field.Name] = texts[0]
		}
	}
	return json.Marshal(m)
}

// UnmarshalJSON reads the short form as a string, or an object of fields under
// the names of FaultFields, which may begin from a "preset".
func (f *Faults) UnmarshalJSON(b []byte) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return err
	}
	return f.from(v)
}

// UnmarshalYAML reads what UnmarshalJSON reads, of YAML.
func (f *Faults) UnmarshalYAML(decode func(any) error) error {
	var v any
	if err := decode(&v); err != nil {
		return err
	}
	return f.from(v)
}

func (f *Faults) from(v any) (err error) {
	switch v := v.(type) {
	case string:
		*f, err = ParseFaults(v)
		return err
	case map[string]any:
		*f, err = fromFields(v)
		if err != nil {
			return fmt.Errorf("faults: %w", err)
		}
		return nil
	}
	return errors.New("faults are a text such as default,500=0.1 or an object of fields")
}

func fromFields(m map[string]any) (f Faults, err error) {
	if v, there := m["preset"]; there {
		text, _ := v.(string)
		if f, err = preset(text); err != nil {
			return Faults{}, err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(m)) {
		list, many := m[name].([]any)
		if !many {
			list = []any{m[name]}
		}
		if name == "preset" {
			continue
		}
		if many && name == "outage" {
			f.Outages = nil // the object says which there are
		} else if many {
			return Faults{}, fmt.Errorf("%s has one value", name)
		}
		for _, v := range list {
			text, err := scalar(v)
			if err == nil {
				err = f.set(name, text)
			}
			if err != nil {
				return Faults{}, fmt.Errorf("%.40s: %w", name, err)
			}
		}
	}
	return f, f.Check()
}

// scalar is a value of JSON or YAML as the short form writes it.
func scalar(v any) (string, error) {
	switch v := v.(type) {
	case string:
		return v, nil
	case json.Number:
		return v.String(), nil
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64), nil
	case int, int64, uint64:
		return fmt.Sprint(v), nil
	}
	return "", fmt.Errorf("%.20v is no text and no number", v)
}
