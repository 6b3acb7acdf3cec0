package jwosim

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ParseFaults reads the short form for command lines:
//
//	none | default | heavy
//	500=0.05,lost=0.02,latency=20ms
//	default,429=0,latency=lognormal:5ms:80ms
//
// A name alone is a preset and, if there is one, comes first. The keys are 429,
// 500, 503, 500-after, reset, lost, cut, malformed, duplicate-gate,
// duplicate-cart, late-cart and pending (probabilities), retry-after, late-by
// and skew (durations), pending-tries and most (counts), and latency: a
// duration, or law:typical:long with the law fixed, lognormal or longtail.
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
		case part == "default":
			f = DefaultFaults()
		case part == "heavy":
			f = HeavyFaults()
		case part != "none" && part != "":
			err = fmt.Errorf("%.40q is no preset: none, default or heavy", part)
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

func (f *Faults) set(key, value string) (err error) {
	for _, p := range f.probabilities() {
		if p.name == key {
			if *p.value, err = strconv.ParseFloat(value, 64); err != nil {
				return fmt.Errorf("%s=%.20s is no probability", key, value)
			}
			return nil
		}
	}
	for _, d := range f.durations() {
		if d.name == key {
			*d.value, err = time.ParseDuration(value)
			return err
		}
	}
	for _, n := range f.counts() {
		if n.name == key {
			if *n.value, err = strconv.Atoi(value); err != nil {
				return fmt.Errorf("%s=%.20s is no count", key, value)
			}
			return nil
		}
	}
	if key != "latency" {
		return fmt.Errorf("%.40q is not known", key)
	}
	f.Latency, err = parseLatency(value)
	return err
}

func parseLatency(s string) (Latency, error) {
	l := Latency{Law: Fixed}
	parts := strings.Split(s, ":")
	if len(parts) > 1 {
		l.Law, parts = parts[0], parts[1:]
	}
	if len(parts) > 2 {
		return Latency{}, fmt.Errorf("latency %.40q is not law:typical:long", s)
	}
	for i, into := range []*time.Duration{&l.Typical, &l.Long} {
		if i == len(parts) {
			break
		}
		d, err := time.ParseDuration(parts[i])
		if err != nil {
			return Latency{}, fmt.Errorf("latency: %w", err)
		}
		*into = d
	}
	return l, nil
}

// String is the short form, which ParseFaults reads back to the same Faults.
func (f Faults) String() string {
	var parts []string
	if l := f.Latency; l != (Latency{}) {
		s := l.Typical.String()
		if l.Law != Fixed || l.Long != 0 {
			s = l.Law + ":" + s + ":" + l.Long.String()
		}
		parts = append(parts, "latency="+s)
	}
	for _, p := range f.probabilities() {
		if *p.value != 0 {
			parts = append(parts, p.name+"="+strconv.FormatFloat(*p.value, 'g', -1, 64))
		}
	}
	for _, d := range f.durations() {
		if *d.value != 0 {
			parts = append(parts, d.name+"="+d.value.String())
		}
	}
	for _, n := range f.counts() {
		if *n.value != 0 {
			parts = append(parts, n.name+"="+strconv.Itoa(*n.value))
		}
	}
	if len(parts) == 0 {
		return "none"
	}
	return strings.Join(parts, ",")
}
