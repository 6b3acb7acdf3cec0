package money

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/cockroachdb/apd/v3"
)

// exact multiplies and adds without ever rounding: a result that would need
// more than its 60 digits is an error, not an approximation.
var exact = func() *apd.Context {
	c := apd.BaseContext.WithPrecision(60)
	c.Traps = apd.DefaultTraps | apd.Inexact | apd.Rounded
	return c
}()

// maxText bounds a decimal's text: nothing priced or taxed needs more.
const maxText = 40

// Decimal is an exact decimal number; the zero value is 0. Values do not
// change: every operation returns a new one. Compare with Cmp, never with ==.
type Decimal struct{ d apd.Decimal }

// ParseDecimal reads digits with an optional sign and point, as in "0.0825".
// Exponents, spaces, NaN and infinities are refused, so that what is stored
// reads as it was written.
func ParseDecimal(s string) (Decimal, error) {
	if err := plain(s); err != nil {
		return Decimal{}, fmt.Errorf("decimal %.45q: %w", s, err)
	}
	var d Decimal
	if _, _, err := d.d.SetString(s); err != nil {
		return Decimal{}, fmt.Errorf("decimal %.45q: %w", s, err)
	}
	return d, nil
}

func plain(s string) error {
	if len(s) > maxText {
		return fmt.Errorf("longer than %d characters", maxText)
	}
	whole, part, point := strings.Cut(strings.TrimPrefix(s, "-"), ".")
	if whole == "" || point && part == "" {
		return errors.New("not a number such as 12 or 0.0825")
	}
	for _, r := range whole + part {
		if r < '0' || r > '9' {
			return errors.New("not a number such as 12 or 0.0825")
		}
	}
	return nil
}

// MustDecimal is ParseDecimal for constants; it panics on bad text.
func MustDecimal(s string) Decimal {
	d, err := ParseDecimal(s)
	if err != nil {
		panic(err)
	}
	return d
}

// DecimalOf is the decimal minor × 10^-digits.
func DecimalOf(minor int64, digits int) Decimal {
	var d Decimal
	d.d.SetFinite(minor, int32(-digits))
	return d
}

// op runs an exact operation. Inputs are bounded by maxText and products of
// two or three of them fit in the context; running past it is a fault of the
// program and must not become a wrong price.
func op(f func(r, x, y *apd.Decimal) (apd.Condition, error), x, y Decimal) Decimal {
	var r Decimal
	if _, err := f(&r.d, &x.d, &y.d); err != nil {
		panic(fmt.Sprintf("money: %s and %s: %v", x, y, err))
	}
	return r
}

// Add is d + x.
func (d Decimal) Add(x Decimal) Decimal { return op(exact.Add, d, x) }

// Sub is d − x.
func (d Decimal) Sub(x Decimal) Decimal { return op(exact.Sub, d, x) }

// Mul is d × x.
func (d Decimal) Mul(x Decimal) Decimal { return op(exact.Mul, d, x) }

// Cmp is −1, 0 or 1 as d is less than, equal to or greater than x; 1 and 1.00
// are equal.
func (d Decimal) Cmp(x Decimal) int { return d.d.Cmp(&x.d) }

// Sign is −1, 0 or 1.
func (d Decimal) Sign() int { return d.d.Sign() }

// IsZero reports whether d is 0.
func (d Decimal) IsZero() bool { return d.d.IsZero() }

// IsInteger reports whether d has no fraction; 2.00 has none.
func (d Decimal) IsInteger() bool {
	_, ok := d.Int64()
	return ok
}

// Int64 is d as an integer, and whether it is one that fits.
func (d Decimal) Int64() (int64, bool) {
	var r apd.Decimal
	r.Reduce(&d.d)
	n, err := r.Int64()
	return n, err == nil
}

// Unscaled is d as unscaled × 10^-scale with scale ≥ 0, and whether unscaled
// fits 64 bits: the door for integer arithmetic on hot paths.
func (d Decimal) Unscaled() (unscaled int64, scale int, ok bool) {
	if d.d.Form != apd.Finite || !d.d.Coeff.IsInt64() {
		return 0, 0, false
	}
	n := d.d.Coeff.Int64()
	if d.d.Negative {
		n = -n
	}
	e := int(d.d.Exponent)
	for ; e > 0; e-- {
		if n > (1<<63-1)/10 || n < -(1<<63-1)/10 {
			return 0, 0, false
		}
		n *= 10
	}
	return n, -e, true
}

// String is the plain text, without an exponent: "0.0825".
func (d Decimal) String() string { return d.d.Text('f') }

// MarshalJSON writes a bare number with all its digits.
func (d Decimal) MarshalJSON() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalJSON reads a number or a string holding one.
func (d *Decimal) UnmarshalJSON(b []byte) error {
	s := string(b)
	if s == "null" {
		return nil
	}
	if len(b) > 0 && b[0] == '"' {
		if err := json.Unmarshal(b, &s); err != nil {
			return err
		}
	}
	return d.set(s)
}

// MarshalYAML writes the number as a string, which no reader turns into a
// float.
func (d Decimal) MarshalYAML() (any, error) { return d.String(), nil }

// UnmarshalYAML reads the scalar as it stands in the file.
func (d *Decimal) UnmarshalYAML(b []byte) error {
	s := strings.TrimSpace(string(b))
	if n := len(s); n >= 2 && (s[0] == '"' || s[0] == '\'') && s[n-1] == s[0] {
		s = s[1 : n-1]
	}
	return d.set(s)
}

func (d *Decimal) set(s string) error {
	v, err := ParseDecimal(s)
	if err == nil {
		*d = v
	}
	return err
}
