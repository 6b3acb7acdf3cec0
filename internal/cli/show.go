package cli

import (
	"time"

	"github.com/strollhq/stroll/money"
)

// orJSON ends a command: with its error, or with its value as JSON.
func orJSON(s *streams, v any, err error) error {
	if err != nil {
		return err
	}
	return s.json(v)
}

// stamp is a moment for a table; none is a dash.
func stamp(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return t.Local().Format("2006-01-02 15:04:05")
}

// amount is a sum for a table; one that is not known is a dash.
func amount(a money.Amount) string {
	if a.Currency == "" {
		return "–"
	}
	return a.String()
}
