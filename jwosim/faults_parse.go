package jwosim

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ParseFaults reads the short form for command lines:
//
//	none | default | heavy
//	500=0.05,lost=0.02,latency=20ms
//	default,429=0,latency=lognormal:5ms:80ms,outage=10m+2m@amazon:503
//
// A name alone is a preset and, if there is one, comes first. The names and
// their units are those of FaultFields. Durations may be counted in days: 3d,
// 1d12h. An outage is one more each time it is named.
func ParseFaults(s string) (Faults, error) {
	f := NoFaults()
	for i, part := range strings.Split(s, ",") {
		part = strings.TrimSpace(part)
		key, value, assigned := strings.Cut(part, "=")
		var err error
		switch {
		case assigned:
			err = f.set(strings.TrimSpace(key), strings.TrimSpace(value))
		case i > 0:
			err = fmt.Errorf("%.40q has no value; a preset comes first", part)
		default:
			f, err = preset(part)
		}
		if err != nil {
			return Faults{}, fmt.Errorf("faults: %w", err)
		}
	}
	if err := f.Check(); err != nil {
		return Faults{}, fmt.Errorf("faults: %w", err)
	}
	return f, nil
}

func preset(name string) (Faults, error) {
	switch name {
	case "none", "":
		return NoFaults(), nil
	case "default":
		return DefaultFaults(), nil
	case "heavy":
		return HeavyFaults(), nil
	}
	return Faults{}, fmt.Errorf("%.40q is no preset: none, default or heavy", name)
}

// set reads one field; an outage is added to those that are there.
func (f *Faults) set(name, text string) (err error) {
	i := slices.IndexFunc(faultFields, func(field faultField) bool { return field.Name == name })
	if i < 0 {
		return fmt.Errorf("%.40q is not known", name)
	}
	switch v := faultFields[i].at(f).(type) {
	case *float64:
		if *v, err = strconv.ParseFloat(text, 64); err != nil {
			return fmt.Errorf("%s=%.20s is no probability", name, text)
		}
	case *time.Duration:
		*v, err = ParseDuration(text)
	case *int:
		if *v, err = strconv.Atoi(text); err != nil {
			return fmt.Errorf("%s=%.20s is no count", name, text)
		}
	case *string:
		*v = text
	case *Latency:
		*v, err = parseLatency(text)
	case *[]Outage:
		var o Outage
		if o, err = ParseOutage(text); err == nil {
			*v = append(slices.Clip(*v), o)
		}
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// ParseDuration is time.ParseDuration with days of 24 hours before the rest:
// "46h", "3d", "1d12h".
func ParseDuration(s string) (time.Duration, error) {
	days, rest, counted := strings.Cut(s, "d")
	if !counted {
		return time.ParseDuration(s)
	}
	n, err := strconv.ParseUint(days, 10, 16)
	if err != nil {
		return 0, fmt.Errorf("%.20q is no duration such as 46h or 1d12h", s)
	}
	whole := time.Duration(n) * 24 * time.Hour
	if rest == "" {
		return whole, nil
	}
	d, err := time.ParseDuration(rest)
	if err != nil || d < 0 {
		return 0, fmt.Errorf("%.20q is no duration such as 46h or 1d12h", s)
	}
	return whole + d, nil
}

func parseLatency(s string) (Latency, error) {
	l := Latency{Law: Fixed}
	parts := strings.Split(s, ":")
	if len(parts) > 1 {
		l.Law, parts = parts[0], parts[1:]
	}
	if len(parts) > 2 {
		return Latency{}, fmt.Errorf("%.40q is not law:typical:long", s)
	}
	for i, into := range []*time.Duration{&l.Typical, &l.Long} {
		if i == len(parts) {
			break
		}
		d, err := ParseDuration(parts[i])
		if err != nil {
			return Latency{}, err
		}
		*into = d
	}
	return l, nil
}

// String is the short form: a duration, or law:typical:long.
func (l Latency) String() string {
	if l.Law == Fixed && l.Long == 0 {
		return l.Typical.String()
	}
	return l.Law + ":" + l.Typical.String() + ":" + l.Long.String()
}

// String is the short form, which ParseFaults reads back to the same Faults.
func (f Faults) String() string {
	var parts []string
	for _, field := range faultFields {
		for _, text := range field.texts(&f) {
			parts = append(parts, field.Name+"="+text)
		}
	}
	if len(parts) == 0 {
		return "none"
	}
	return strings.Join(parts, ",")
}
