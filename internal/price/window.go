package price

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// window is when a promotion is open, by the store's clock.
type window struct {
	from, until time.Time // zero: unbounded; until is exclusive
	days        [7]bool
	everyDay    bool
	hours       []span
	early, late string // the sentences outside from and until
	closed      string // and outside days and hours
}

// span is minutes of the day from a to z, exclusive; z ≤ a runs over midnight.
type span struct{ a, z int }

var weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

func (c *compiler) window(i int, p Promotion) window {
	w := window{everyDay: len(p.Weekdays) == 0}
	w.from = c.instant(at("promotions", i, "from"), p.From, false)
	w.until = c.instant(at("promotions", i, "until"), p.Until, true)
	if !w.from.IsZero() && !w.until.IsZero() && !w.from.Before(w.until) {
		c.add(at("promotions", i, "until"), "is not after from")
	}
	for j, d := range p.Weekdays {
		n := slices.Index(weekdays, d)
		if n < 0 {
			c.add(at(at("promotions", i, "weekdays"), j, ""), "%.20q is not one of mon, tue, wed, thu, fri, sat, sun", d)
			continue
		}
		w.days[n] = true
	}
	for j, text := range p.Hours {
		s, err := parseSpan(text)
		if err != nil {
			c.add(at(at("promotions", i, "hours"), j, ""), "%v", err)
		}
		w.hours = append(w.hours, s)
	}
	w.early, w.late = "begins "+p.From, "ended "+p.Until
	var open []string
	if len(p.Weekdays) > 0 {
		open = append(open, strings.Join(p.Weekdays, ", "))
	}
	if len(p.Hours) > 0 {
		open = append(open, strings.Join(p.Hours, " and "))
	}
	w.closed = "open only " + strings.Join(open, ", ")
	return w
}

// instant reads a day of the store's calendar or an instant; the end of a day
// is the start of the next one.
func (c *compiler) instant(path, s string, end bool) time.Time {
	if s == "" {
		return time.Time{}
	}
	if day, err := time.ParseInLocation(time.DateOnly, s, c.b.location); err == nil {
		if end {
			day = day.AddDate(0, 0, 1)
		}
		return day
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		c.add(path, "%.40q is neither a day such as 2026-07-31 nor an instant such as 2026-07-31T12:00:00-04:00", s)
	}
	return t
}

func parseSpan(s string) (span, error) {
	a, z, ok := strings.Cut(s, "-")
	from, ok1 := clock(a)
	to, ok2 := clock(z)
	if !ok || !ok1 || !ok2 || from == to || from == 24*60 {
		return span{}, fmt.Errorf("%.20q is not a window such as 16:00-18:00", s)
	}
	return span{from, to}, nil
}

// clock is a time of day in minutes; 24:00 is the end of the day.
func clock(s string) (int, bool) {
	if s == "24:00" {
		return 24 * 60, true
	}
	t, err := time.Parse("15:04", s)
	return t.Hour()*60 + t.Minute(), err == nil && len(s) == 5
}

// shut is the sentence that says why the promotion is not open at a moment of
// the store's clock, or empty.
func (w *window) shut(at time.Time) string {
	switch {
	case !w.from.IsZero() && at.Before(w.from):
		return w.early
	case !w.until.IsZero() && !at.Before(w.until):
		return w.late
	case w.everyDay && len(w.hours) == 0:
		return ""
	}
	day, minute := at.Weekday(), at.Hour()*60+at.Minute()
	today := w.everyDay || w.days[day]
	yesterday := w.everyDay || w.days[(day+6)%7]
	if len(w.hours) == 0 && today {
		return ""
	}
	for _, s := range w.hours {
		switch {
		case s.a < s.z && today && minute >= s.a && minute < s.z,
			s.a > s.z && today && minute >= s.a,
			s.a > s.z && yesterday && minute < s.z:
			return ""
		}
	}
	return w.closed
}
