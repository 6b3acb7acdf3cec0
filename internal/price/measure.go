package price

import (
	"fmt"
	"strings"
)

// measure is a unit of quantity. Units of one system convert exactly: size is
// how many of the system's smallest unit it holds. Systems do not mix, metric
// and imperial weights included: a pound price with a quantity in kilograms is
// more probably a fault of the data than a wish to convert.
type measure struct {
	name, system string
	size         int64
}

// Each is the unit of items sold by the piece.
const Each = "each"

var measures = []measure{
	{Each, "pieces", 1},
	{"g", "metric weight", 1}, {"100g", "metric weight", 100}, {"kg", "metric weight", 1000},
	{"oz", "imperial weight", 1}, {"lb", "imperial weight", 16},
	{"ml", "volume", 1}, {"cl", "volume", 10}, {"100ml", "volume", 100}, {"l", "volume", 1000},
	{"cm", "length", 1}, {"m", "length", 100},
}

var spellings = map[string][]string{
	Each: {"unit", "units", "ea", "pc", "pcs", "piece", "pieces", "item", "items", "count", "ct", "stk"},
	"g":  {"gr", "gram", "grams", "gramme", "grammes"}, "100g": {"100gr", "100grams"},
	"kg": {"kgs", "kilo", "kilos", "kilogram", "kilograms", "kilogramme", "kilogrammes"},
	"oz": {"ounce", "ounces"}, "lb": {"lbs", "lbm", "pound", "pounds"},
	"ml": {"milliliter", "milliliters", "millilitre", "millilitres"}, "cl": {"centiliter", "centilitre"},
	"l":  {"ltr", "liter", "liters", "litre", "litres"},
	"cm": {"centimeter", "centimetre"}, "m": {"meter", "meters", "metre", "metres"},
}

// units finds a measure by its spelling.
type units map[string]*measure

func compileUnits(extra map[string][]string, f *faults) units {
	u := units{}
	for i := range measures {
		m := &measures[i]
		u[m.name] = m
		for _, s := range spellings[m.name] {
			u[s] = m
		}
	}
	for _, name := range sorted(extra) {
		m := u[name]
		if m == nil || m.name != name {
			f.add("units."+name, "is not a known unit")
			continue
		}
		for i, s := range extra[name] {
			key := spelling(s)
			if old := u[key]; old != nil && old != m {
				f.add(fmt.Sprintf("units.%s[%d]", name, i), "%q already means %s", s, old.name)
			} else if key == "" {
				f.add(fmt.Sprintf("units.%s[%d]", name, i), "is empty")
			} else {
				u[key] = m
			}
		}
	}
	return u
}

// spelling drops case and spaces: "100 G" is "100g". The common spellings pass
// without an allocation.
func spelling(s string) string {
	return strings.ReplaceAll(strings.ToLower(s), " ", "")
}

func (u units) find(s string) *measure {
	if m := u[s]; m != nil {
		return m
	}
	return u[spelling(s)]
}
