package jwosim

import (
	"strconv"
	"strings"
	"time"
)

// FaultField describes one field of Faults: its name on the command line, in
// files and on the management port, and what it means.
type FaultField struct {
	Name string `json:"name"`
	// Unit is probability, duration, count, word, law or schedule.
	Unit string `json:"unit"`
	// Unset is what holds when nothing is said.
	Unset string `json:"unset"`
	// Default and Heavy are the presets' values, "" where they have none.
	Default string `json:"default"`
	Heavy   string `json:"heavy"`
	Explain string `json:"explain"`
}

type faultField struct {
	FaultField
	at    func(*Faults) any
	words []string // of the unit word
}

func field(name, unit, unset, explain string, at func(*Faults) any, words ...string) faultField {
	return faultField{FaultField{Name: name, Unit: unit, Unset: unset, Explain: explain}, at, words}
}

const (
	unitProbability = "probability"
	unitDuration    = "duration"
	unitCount       = "count"
	unitWord        = "word"
	unitLaw         = "law"
	unitSchedule    = "schedule"
)

func chance(name, explain string, at func(*Faults) any) faultField {
	return field(name, unitProbability, "0", explain, at)
}

// faultFields are all of them, in the order of String.
var faultFields = []faultField{
	field("latency", unitLaw, "none", "wait before each answer: a duration, or fixed:D, lognormal:MEDIAN:P99, longtail:USUAL:ONE_IN_100", func(f *Faults) any { return &f.Latency }),
	chance("429", "Amazon answers 429, nothing happened", func(f *Faults) any { return &f.TooMany }),
	field("retry-after", unitDuration, "600s", "what a 429 asks for", func(f *Faults) any { return &f.RetryAfter }),
	field("retry-after-as", unitWord, "seconds", "how it is written: seconds, date or none", func(f *Faults) any { return &f.RetryAfterAs }, "seconds", "date", "none"),
	chance("500", "Amazon answers 500, nothing happened", func(f *Faults) any { return &f.Error500 }),
	chance("503", "Amazon answers 503, nothing happened", func(f *Faults) any { return &f.Error503 }),
	field("error-body", unitWord, "json", "body of a 403, 429 or 5xx that is played: json, empty, html, or mixed", func(f *Faults) any { return &f.ErrorBody }, "json", "empty", "html", "mixed"),
	chance("500-after", "Amazon answers 500 although it happened", func(f *Faults) any { return &f.After500 }),
	chance("reset", "connection broken, nothing happened; towards connectors never sent", func(f *Faults) any { return &f.Reset }),
	chance("lost", "connection broken after the effect; towards connectors the answer is not read", func(f *Faults) any { return &f.Lost }),
	chance("cut", "half an answer after the effect; towards connectors as lost", func(f *Faults) any { return &f.Cut }),
	chance("malformed", "Amazon answers 200 with no JSON, after the effect", func(f *Faults) any { return &f.Malformed }),
	chance("expired", "credentials expired: Amazon answers 403; calls to connectors are signed an hour ago", func(f *Faults) any { return &f.Expired }),
	chance("revoked", "credentials revoked: Amazon answers 403; calls to connectors carry a key and headers nobody knows", func(f *Faults) any { return &f.Revoked }),
	chance("duplicate-gate", "a gate call is sent twice at once, per event", func(f *Faults) any { return &f.DuplicateGate }),
	chance("duplicate-cart", "a cart is sent twice at once, per trip", func(f *Faults) any { return &f.DuplicateCart }),
	chance("stale-gate", "a copy of a gate call arrives beside or behind the trip's cart, per event", func(f *Faults) any { return &f.StaleGate }),
	chance("stale-cart", "a copy of a cart arrives again after it was taken, per trip", func(f *Faults) any { return &f.StaleCart }),
	field("stale-by", unitDuration, "10s", "how long after, at most", func(f *Faults) any { return &f.StaleBy }),
	chance("late-cart", "a cart is sent late, per trip", func(f *Faults) any { return &f.LateCart }),
	field("late-by", unitDuration, "10s", "how late at most: seconds, hours, days (3d)", func(f *Faults) any { return &f.LateBy }),
	field("late-law", unitWord, Uniform, "uniform, fixed, lognormal or longtail", func(f *Faults) any { return &f.LateLaw }, Uniform, Fixed, LogNormal, LongTail),
	field("late-typical", unitDuration, "0s", "median of lognormal, usual of longtail, late-by being its P99 or its one in 100", func(f *Faults) any { return &f.LateTypical }),
	chance("pending", "the first Adjusts of a trip are PENDING, per trip", func(f *Faults) any { return &f.Pending }),
	field("pending-tries", unitCount, "2", "how many at most", func(f *Faults) any { return &f.PendingTries }),
	field("skew", unitDuration, "0s", "how far a gate's clock is off, either way, per trip", func(f *Faults) any { return &f.Skew }),
	field("outage", unitSchedule, "none", "START+LENGTH[/EVERY][@amazon|connector|OPERATION][:KIND], may be there often", func(f *Faults) any { return &f.Outages }),
	field("most", unitCount, "8", "attempts of one request that may meet a fault; -1 is no limit", func(f *Faults) any { return &f.Most }),
}

// FaultFields describes every field of Faults, in the order of its String.
func FaultFields() []FaultField {
	std, heavy := DefaultFaults(), HeavyFaults()
	out := make([]FaultField, 0, len(faultFields))
	for _, field := range faultFields {
		d := field.FaultField
		d.Default, d.Heavy = strings.Join(field.texts(&std), " "), strings.Join(field.texts(&heavy), " ")
		out = append(out, d)
	}
	return out
}

// texts is the field's value as ParseFaults reads it: none when it is not set,
// several of outages alone.
func (field faultField) texts(f *Faults) (out []string) {
	switch v := field.at(f).(type) {
	case *float64:
		if *v != 0 {
			out = append(out, strconv.FormatFloat(*v, 'g', -1, 64))
		}
	case *time.Duration:
		if *v != 0 {
			out = append(out, v.String())
		}
	case *int:
		if *v != 0 {
			out = append(out, strconv.Itoa(*v))
		}
	case *string:
		if *v != "" {
			out = append(out, *v)
		}
	case *Latency:
		if *v != (Latency{}) {
			out = append(out, v.String())
		}
	case *[]Outage:
		for _, o := range *v {
			out = append(out, o.String())
		}
	}
	return out
}
