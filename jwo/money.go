package jwo

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/strollhq/stroll/money"
)

// Number is a number's digits: written as a bare JSON number, read from a
// number or a string holding one. It never passes through a binary float.
// Empty means missing.
type Number string

// MarshalJSON writes the digits bare, or null for an empty Number. Text that
// is no number is an error.
func (n Number) MarshalJSON() ([]byte, error) {
	if n == "" {
		return []byte("null"), nil
	}
	if !isNumber(string(n)) {
		return nil, fmt.Errorf("%.40q is not a number", string(n))
	}
	return []byte(n), nil
}

// UnmarshalJSON reads a number, a string holding one, or null.
func (n *Number) UnmarshalJSON(b []byte) error {
	s := string(b)
	if s == "null" {
		*n = ""
		return nil
	}
	if strings.HasPrefix(s, `"`) {
		if err := json.Unmarshal(b, &s); err != nil {
			return err
		}
	}
	if !isNumber(s) {
		return errors.New("must be a number")
	}
	*n = Number(s)
	return nil
}

// maxExponent bounds what an exponent may expand to; no price has more digits.
const maxExponent = 30

// Decimal is the exact value. An exponent ("1E+1", as some serializers write
// ten) is expanded.
func (n Number) Decimal() (money.Decimal, error) {
	s := string(n)
	if !isNumber(s) {
		return money.Decimal{}, fmt.Errorf("%.40q is not a number", s)
	}
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		e, err := strconv.Atoi(strings.TrimPrefix(s[i+1:], "+"))
		if err != nil || e > maxExponent || e < -maxExponent {
			return money.Decimal{}, fmt.Errorf("%.40q is out of range", s)
		}
		s = shift(s[:i], e)
	}
	return money.ParseDecimal(s)
}

// shift moves the decimal point of plain digits e places to the right.
func shift(s string, e int) string {
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	whole, part, _ := strings.Cut(s, ".")
	for ; e > 0; e-- {
		if part == "" {
			part = "0"
		}
		whole, part = whole+part[:1], part[1:]
	}
	for ; e < 0; e++ {
		if whole == "" {
			whole = "0"
		}
		whole, part = whole[:len(whole)-1], whole[len(whole)-1:]+part
	}
	if whole == "" {
		whole = "0"
	}
	if part != "" {
		part = "." + part
	}
	return sign + whole + part
}

// isNumber reports the grammar of a JSON number.
func isNumber(s string) bool {
	s = strings.TrimPrefix(s, "-")
	whole := digits(s)
	if whole == 0 || whole > 1 && s[0] == '0' {
		return false
	}
	if s = s[whole:]; strings.HasPrefix(s, ".") {
		n := digits(s[1:])
		if n == 0 {
			return false
		}
		s = s[1+n:]
	}
	if s == "" {
		return true
	}
	if s[0] != 'e' && s[0] != 'E' {
		return false
	}
	if s = s[1:]; strings.HasPrefix(s, "+") || strings.HasPrefix(s, "-") {
		s = s[1:]
	}
	return s != "" && digits(s) == len(s)
}

func digits(s string) int {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}

// errNoMoney is what Money answers on a missing object.
var errNoMoney = errors.New("amount is missing")

// exact is the one way from a wire amount to money: the currency must be one
// that payments can carry, and digits beyond its own, zeros apart, are an
// integrity fault, never rounded away.
func exact(n Number, code string) (money.Amount, error) {
	cur, err := money.ParseCurrency(code)
	if err != nil {
		return money.Amount{}, err
	}
	d, err := n.Decimal()
	if err != nil {
		return money.Amount{}, err
	}
	return money.Exact(d, cur)
}

// PaymentMoney is the money shape of the payment and feedback calls
// (contract: payments 1.3).
type PaymentMoney struct {
	Amount Number `json:"amount"`
	Code   string `json:"code"`
}

// PaymentAmount writes a with its currency's own number of decimals.
func PaymentAmount(a money.Amount) *PaymentMoney {
	return &PaymentMoney{Amount: Number(a.Number()), Code: string(a.Currency)}
}

// Money is the exact amount. A missing object, an unusable currency, a number
// that is none, or more digits than the currency has are errors.
func (m *PaymentMoney) Money() (money.Amount, error) {
	if m == nil {
		return money.Amount{}, errNoMoney
	}
	return exact(m.Amount, m.Code)
}

// AuthorizationMoney is the money shape of Shopper Authorization
// (contract: entry 7.1).
type AuthorizationMoney struct {
	Value        Number `json:"value"`
	CurrencyCode string `json:"currencyCode"`
}

// AuthorizationAmount writes a with its currency's own number of decimals.
func AuthorizationAmount(a money.Amount) *AuthorizationMoney {
	return &AuthorizationMoney{Value: Number(a.Number()), CurrencyCode: string(a.Currency)}
}

// Money is the exact amount; errors as for PaymentMoney.Money.
func (m *AuthorizationMoney) Money() (money.Amount, error) {
	if m == nil {
		return money.Amount{}, errNoMoney
	}
	return exact(m.Value, m.CurrencyCode)
}

// CheckoutMoney is the money shape of the Checkout service: the amount is a
// string with two decimals, whatever the currency (contract: ordering 4, 6).
type CheckoutMoney struct {
	Amount       string `json:"amount"`
	CurrencyCode string `json:"currencyCode"`
}

// CheckoutAmount writes a with two decimals.
func CheckoutAmount(a money.Amount) *CheckoutMoney {
	s := a.Number()
	switch a.Currency.Digits() {
	case 0:
		s += ".00"
	case 1:
		s += "0"
	}
	return &CheckoutMoney{Amount: s, CurrencyCode: string(a.Currency)}
}

// Money is the exact amount; errors as for PaymentMoney.Money.
func (m *CheckoutMoney) Money() (money.Amount, error) {
	if m == nil {
		return money.Amount{}, errNoMoney
	}
	return exact(Number(m.Amount), m.CurrencyCode)
}

// maxMinor keeps amounts, and sums of a great many of them, inside 64 bits.
const maxMinor = 1_000_000_000_000_000

func amountNumber(m *PaymentMoney, positive bool) string {
	if m.Amount == "" {
		return missing
	}
	d, err := m.Amount.Decimal()
	if err != nil {
		return "is not a number"
	}
	switch a, err := money.Exact(d, money.Currency(m.Code)); {
	case err != nil:
		return "has more decimals than the currency, or too many digits"
	case a.Minor < 0:
		return "is negative"
	case a.Minor == 0 && positive:
		return "is zero"
	case a.Minor > maxMinor:
		return "is too large"
	}
	return ""
}
