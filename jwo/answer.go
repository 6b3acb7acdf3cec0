package jwo

import (
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// maxMessage bounds Error.Message in bytes: enough to tell the two kinds of
// catalog 500 apart, too little for a page of HTML.
const maxMessage = 500

// names are the error names looked for, the telling ones before the general
// ones, each as it may be abbreviated.
var names = []struct{ short, name string }{
	{"shoppingtripexpired", ShoppingTripExpired},
	{"unknownshoppingtrip", UnknownShoppingTrip},
	{"cartcontentvalidationf", CartContentValidation},
	{"invalidrequest", InvalidRequest},
	{"badrequest", BadRequestException},
}

// nameIn is the error name a text holds: in any case, with or without the
// suffix Exception, also inside a longer text; "" for none.
func nameIn(s string) string {
	s = strings.ToLower(s)
	for _, n := range names {
		if strings.Contains(s, n.short) {
			return n.name
		}
	}
	return ""
}

// failure reads an answer that is no success; the body may be anything
// (contract: payments 1.4).
func failure(api string, status int, header http.Header, body []byte, now time.Time) *Error {
	e := &Error{API: api, Status: status, RetryAfter: retryAfter(header.Get("Retry-After"), now)}
	texts := messages(body)
	e.Message = clean(strings.Join(texts, ": "))
	for _, s := range append(texts, header.Get("X-Amzn-ErrorType")) {
		if e.Name = nameIn(s); e.Name != "" {
			break
		}
	}
	e.Outcome = classify(status, e.Name)
	return e
}

// classify is the outcome of an answered call that is no success. A trip that
// is unknown or expired cannot have been charged, whatever status says so.
func classify(status int, name string) Outcome {
	switch {
	case status == http.StatusTooManyRequests:
		return Throttled
	case name == ShoppingTripExpired || name == UnknownShoppingTrip:
		return Refused
	case status < 400 || status >= 500:
		return Unknown
	case name == "" && (status == http.StatusUnauthorized || status == http.StatusForbidden):
		return Denied
	}
	return Refused
}

// messages are the texts of an error body: the values of the known keys, or
// the body itself when it is no object with one of them.
func messages(body []byte) []string {
	var object map[string]json.RawMessage
	var texts []string
	if json.Unmarshal(body, &object) == nil {
		for _, key := range []string{"errorMsg", "message", "Message", "__type"} {
			var s string
			if json.Unmarshal(object[key], &s) == nil && s != "" {
				texts = append(texts, s)
			}
		}
	}
	if texts == nil {
		texts = []string{string(body)}
	}
	return texts
}

// clean makes a text from outside fit for one line of a log.
func clean(s string) string {
	if len(s) > maxMessage {
		for s = s[:maxMessage]; s != "" && !utf8.RuneStart(s[len(s)-1]); {
			s = s[:len(s)-1]
		}
		s = s[:max(0, len(s)-1)]
	}
	s = strings.ToValidUTF8(s, "")
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// maxWait bounds a Retry-After, so that adding it to a time cannot overflow.
const maxWait = 365 * 24 * time.Hour

// retryAfter reads seconds or an HTTP date; 0 when absent or unreadable. A
// wait of nothing, or one that is over, is a second: 0 would say that Amazon
// named no time.
func retryAfter(s string, now time.Time) time.Duration {
	s = strings.TrimSpace(s)
	if s == "" {
		return 0
	}
	if digits(s) == len(s) {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || n > math.MaxInt64/int64(time.Second) {
			return maxWait
		}
		return min(max(time.Duration(n)*time.Second, time.Second), maxWait)
	}
	at, err := http.ParseTime(s)
	if err != nil {
		return 0
	}
	return min(max(at.Sub(now), time.Second), maxWait)
}
