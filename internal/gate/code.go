package gate

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// part is one field of a scan code. The four below are the one definition of
// the format: parsing, writing and the published pattern all come from them.
type part struct {
	class    string // as in a regular expression
	has      func(byte) bool
	min, max int // width in characters
}

func span(ranges string) func(byte) bool {
	return func(c byte) bool {
		for i := 0; i < len(ranges); i += 2 {
			if c >= ranges[i] && c <= ranges[i+1] {
				return true
			}
		}
		return false
	}
}

const maxCustom = 64

var (
	prefixPart = part{"[A-Z0-9]", span("AZ09"), 7, 7}
	tokenPart  = part{"[0-9a-f]", span("09af"), 32, 32} // 128 random bits
	timePart   = part{"[0-9]", span("09"), 10, 10}      // seconds since 1970
	customPart = part{"[0-9A-Za-z]", span("09AZaz"), 0, maxCustom}
)

func (p part) pattern() string {
	if p.min == p.max {
		return fmt.Sprintf("%s{%d}", p.class, p.min)
	}
	return fmt.Sprintf("%s{%d,%d}", p.class, p.min, p.max)
}

func (p part) fits(s string) bool {
	if len(s) < p.min || len(s) > p.max {
		return false
	}
	for i := range len(s) {
		if !p.has(s[i]) {
			return false
		}
	}
	return true
}

// maxKey is the longest key that reaches us, in bytes: 1000 characters of Base64.
const maxKey = 750

// scanCode is a scan code taken apart.
type scanCode struct {
	prefix, token, custom string
	at                    time.Time // whole seconds
}

var errMalformed = errors.New("not a scan code")

// parseCode takes a code apart; it never panics, whatever was scanned.
func parseCode(s string) (scanCode, error) {
	fixed := prefixPart.max + tokenPart.max + timePart.max
	if len(s) < fixed {
		return scanCode{}, errMalformed
	}
	prefix, rest := s[:prefixPart.max], s[prefixPart.max:]
	token, rest := rest[:tokenPart.max], rest[tokenPart.max:]
	when, custom := rest[:timePart.max], rest[timePart.max:]
	if !prefixPart.fits(prefix) || !tokenPart.fits(token) || !timePart.fits(when) || !customPart.fits(custom) {
		return scanCode{}, errMalformed
	}
	seconds, err := strconv.ParseInt(when, 10, 64)
	if err != nil {
		return scanCode{}, errMalformed
	}
	return scanCode{prefix: prefix, token: token, custom: custom, at: time.Unix(seconds, 0).UTC()}, nil
}

// signed is what a custom part signs, and how a code begins.
func (c scanCode) signed() string {
	return fmt.Sprintf("%s%s%0*d", c.prefix, c.token, timePart.max, c.at.Unix())
}

// text writes the code, which is an error if a part does not fit the format:
// such a code would be dropped at the gate.
func (c scanCode) text() (string, error) {
	s := c.signed() + c.custom
	if back, err := parseCode(s); err != nil || back != c {
		return "", fmt.Errorf("write scan code: %w", errMalformed)
	}
	return s, nil
}

// codePattern is the regular expression to enter in Merchant Portal for codes
// with any of these prefixes.
func codePattern(prefixes []string, custom int) string {
	begin := strings.Join(prefixes, "|")
	switch len(prefixes) {
	case 0:
		begin = prefixPart.pattern()
	case 1:
	default:
		begin = "(" + begin + ")"
	}
	last := customPart
	last.max = custom
	return "^" + begin + tokenPart.pattern() + timePart.pattern() + last.pattern() + "$"
}

// sign is the truncated HMAC-SHA-256 of a code's other parts.
func (c scanCode) sign(secret string, length int) string {
	m := hmac.New(sha256.New, []byte(secret))
	m.Write([]byte(c.signed()))
	return hex.EncodeToString(m.Sum(nil))[:length]
}

// signedBy says whether one of the keys that have not ended at the time given
// signed the code.
func (c scanCode) signedBy(keys []SigningKey, length int, at time.Time) bool {
	for _, k := range keys {
		if !ended(k.Until, at) && hmac.Equal([]byte(c.custom), []byte(c.sign(k.Secret, length))) {
			return true
		}
	}
	return false
}

// ended says whether something valid until then is over at the time given.
func ended(until, at time.Time) bool { return !until.IsZero() && !at.Before(until) }

// age is how old the code was at the scan, negative if it lies in the future.
func (c scanCode) age(scan time.Time) time.Duration { return scan.Sub(c.at) }

// hash is the hexadecimal SHA-256 by which keys and tokens are kept. Tokens
// are random; keys of low entropy stand in the configuration anyway.
func hash(parts ...string) string {
	h := sha256.New()
	for i, p := range parts {
		if i > 0 {
			h.Write([]byte{0})
		}
		h.Write([]byte(p))
	}
	return hex.EncodeToString(h.Sum(nil))
}
