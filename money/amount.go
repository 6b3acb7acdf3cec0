package money

import (
	"fmt"
	"math"
	"regexp"
	"strings"

	"github.com/bojanz/currency"
)

// Currency is an ISO 4217 code: "USD".
type Currency string

var code = regexp.MustCompile(`^[A-Z]{3}$`)

// ParseCurrency accepts a code this program can charge in: a known currency of
// at most two decimals, which is what Amazon's payment calls can carry
// (contract: payments 1.3).
func ParseCurrency(s string) (Currency, error) {
	if !code.MatchString(s) {
		return "", fmt.Errorf("currency %.10q: not three capital letters", s)
	}
	digits, ok := currency.GetDigits(s)
	if !ok {
		return "", fmt.Errorf("currency %q: not a currency of ISO 4217", s)
	}
	if digits > 2 {
		return "", fmt.Errorf("currency %q: has %d decimals, payments carry at most 2", s, digits)
	}
	return Currency(s), nil
}

// Digits is the number of decimals of the currency: 2 for USD, 0 for JPY; 2
// for a code that is not known.
func (c Currency) Digits() int {
	digits, ok := currency.GetDigits(string(c))
	if !ok {
		return 2
	}
	return int(digits)
}

// Amount is a sum of money: Minor units of Currency. The zero value is "no
// amount known"; an amount of nothing has a currency.
type Amount struct {
	Minor    int64    `json:"minor"`
	Currency Currency `json:"currency"`
}

// New is an amount of minor units.
func New(minor int64, c Currency) Amount { return Amount{minor, c} }

// ParseAmount reads "12.34" exactly; more decimals than the currency has are
// an error unless they are zeros.
func ParseAmount(s string, c Currency) (Amount, error) {
	d, err := ParseDecimal(s)
	if err != nil {
		return Amount{}, err
	}
	return Exact(d, c)
}

// Add is a + b. Different currencies or an overflow are errors.
func (a Amount) Add(b Amount) (Amount, error) {
	if a.Currency != b.Currency {
		return Amount{}, fmt.Errorf("add %s to %s: different currencies", b, a)
	}
	sum := a.Minor + b.Minor
	if (sum > a.Minor) != (b.Minor > 0) {
		return Amount{}, fmt.Errorf("add %s to %s: too large", b, a)
	}
	return Amount{sum, a.Currency}, nil
}

// Sub is a − b.
func (a Amount) Sub(b Amount) (Amount, error) {
	if b.Minor == math.MinInt64 {
		return Amount{}, fmt.Errorf("subtract %s: too large", b)
	}
	return a.Add(Amount{-b.Minor, b.Currency})
}

// Cmp is −1, 0 or 1 as a is less than, equal to or greater than b, which must
// be in the same currency: comparing across currencies is a fault of the
// program and panics.
func (a Amount) Cmp(b Amount) int {
	if a.Currency != b.Currency {
		panic(fmt.Sprintf("money: compare %s with %s", a, b))
	}
	switch {
	case a.Minor < b.Minor:
		return -1
	case a.Minor > b.Minor:
		return 1
	}
	return 0
}

// IsZero reports an amount of nothing, in whatever currency.
func (a Amount) IsZero() bool { return a.Minor == 0 }

// Decimal is the amount as an exact number of major units.
func (a Amount) Decimal() Decimal { return DecimalOf(a.Minor, a.Currency.Digits()) }

// Number is the amount's digits with the currency's decimals: "12.34", "1234"
// for yen.
func (a Amount) Number() string { return a.Decimal().String() }

// String is "12.34 USD".
func (a Amount) String() string {
	return strings.TrimSpace(a.Number() + " " + string(a.Currency))
}

// Format writes the amount as people of the locale ("en-US", "de-CH") do:
// "$12.34". A locale that is not known reads as English.
func (a Amount) Format(locale string) string {
	v, err := currency.NewAmount(a.Number(), string(a.Currency))
	if err != nil {
		return a.String()
	}
	f := currency.NewFormatter(currency.NewLocale(locale))
	f.MinDigits = uint8(a.Currency.Digits())
	return f.Format(v)
}
