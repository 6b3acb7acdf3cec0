package jwo

import (
	"errors"
	"time"
)

// Timestamp is a moment as the wire carries it: ISO-8601, UTC, whole seconds
// and Z as documented ("2026-03-01T09:30:00Z"). Fractions of a second and
// numeric offsets ("+01:00", "+0100", "+01") are read too.
type Timestamp string

// At writes t as the contract documents it: UTC, whole seconds, Z.
func At(t time.Time) Timestamp {
	return Timestamp(t.UTC().Format("2006-01-02T15:04:05Z"))
}

var (
	errTimestamp = errors.New("is not an ISO-8601 time such as 2026-03-01T09:30:00Z")
	layouts      = []string{"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05Z07"}
)

// maxTimestamp bounds the text: 20 characters, an offset and a long fraction.
const maxTimestamp = 48

// Time is the moment in UTC, or an error if the text is no ISO-8601 date and
// time with a zone.
func (t Timestamp) Time() (time.Time, error) {
	s := string(t)
	if len(s) < len("2006-01-02T15:04:05Z") || len(s) > maxTimestamp || !shaped(s) {
		return time.Time{}, errTimestamp
	}
	for _, layout := range layouts {
		if v, err := time.Parse(layout, s); err == nil {
			return v.UTC(), nil
		}
	}
	return time.Time{}, errTimestamp
}

// shaped holds time.Parse, which is lenient about widths and about commas, to
// the fixed part of the format.
func shaped(s string) bool {
	const shape = "dddd-dd-ddTdd:dd:dd"
	for i := range len(shape) {
		digit := s[i] >= '0' && s[i] <= '9'
		if shape[i] == 'd' && !digit || shape[i] != 'd' && s[i] != shape[i] {
			return false
		}
	}
	return s[len(shape)] != ','
}
