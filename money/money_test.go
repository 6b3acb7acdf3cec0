package money_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/goccy/go-yaml"
	"pgregory.net/rapid"

	"github.com/strollhq/stroll/money"
)

func TestDecimalReadsOnlyPlainNumbers(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"0", "-1", "12.50", "0.0825", "00.10", "123456789012345678901234567890"} {
		if _, err := money.ParseDecimal(s); err != nil {
			t.Errorf("ParseDecimal(%q): %v", s, err)
		}
	}
	for _, s := range []string{"", "-", ".5", "5.", "1e3", "NaN", "Infinity", "+1", " 1", "1,5", "0x10", "1_000",
		"--1", "1.2.3", "１", "12345678901234567890123456789012345678901"} {
		if d, err := money.ParseDecimal(s); err == nil {
			t.Errorf("ParseDecimal(%q) = %s, want an error", s, d)
		}
	}
}

func TestDecimalPassesThroughNoFloat(t *testing.T) {
	t.Parallel()
	const text = "0.12345678901234567890"
	var j, y struct{ Rate money.Decimal }
	if err := json.Unmarshal([]byte(`{"Rate": `+text+`}`), &j); err != nil || j.Rate.String() != text {
		t.Errorf("JSON: %s, %v", j.Rate, err)
	}
	if err := json.Unmarshal([]byte(`{"Rate": "`+text+`"}`), &j); err != nil || j.Rate.String() != text {
		t.Errorf("JSON string: %s, %v", j.Rate, err)
	}
	if b, _ := json.Marshal(j); string(b) != `{"Rate":`+text+`}` {
		t.Errorf("JSON out: %s", b)
	}
	for _, in := range []string{"rate: " + text, `rate: "` + text + `"`, "rate: '" + text + "' # comment"} {
		y.Rate = money.Decimal{}
		if err := yaml.Unmarshal([]byte(in), &y); err != nil || y.Rate.String() != text {
			t.Errorf("YAML %s: %s, %v", in, y.Rate, err)
		}
	}
	if err := yaml.Unmarshal([]byte("rate: 1e-3"), &y); err == nil {
		t.Error("YAML exponent accepted")
	}
}

func TestRoundingAtTheMidpoint(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in       string
		cur      money.Currency
		up, even int64
	}{
		{"0.125", "USD", 13, 12}, {"0.135", "USD", 14, 14}, {"-0.125", "USD", -13, -12},
		{"0.1249999", "USD", 12, 12}, {"2.5", "JPY", 3, 2}, {"3.5", "JPY", 4, 4}, {"7", "USD", 700, 700},
	} {
		up, err1 := money.HalfUp.Round(money.MustDecimal(c.in), c.cur)
		even, err2 := money.HalfEven.Round(money.MustDecimal(c.in), c.cur)
		if err1 != nil || err2 != nil || up.Minor != c.up || even.Minor != c.even {
			t.Errorf("%s %s: %v %v (%v %v), want %d %d", c.in, c.cur, up, even, err1, err2, c.up, c.even)
		}
	}
	if _, err := money.Rounding("nearest").Round(money.MustDecimal("1"), "USD"); err == nil {
		t.Error("an unknown rounding was accepted")
	}
	if _, err := money.HalfUp.Round(money.MustDecimal("99999999999999999999"), "USD"); err == nil {
		t.Error("an amount beyond 64 bits was accepted")
	}
}

func TestExactRefusesLostDigits(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]int64{"12.3": 1230, "12.3400": 1234, "0": 0, "-5": -500} {
		if a, err := money.ParseAmount(in, "USD"); err != nil || a.Minor != want {
			t.Errorf("%s: %v %v", in, a, err)
		}
	}
	for _, in := range []string{"12.345", "0.001"} {
		if a, err := money.ParseAmount(in, "USD"); err == nil {
			t.Errorf("%s: %v, want an error", in, a)
		}
	}
	if a, err := money.ParseAmount("12.5", "JPY"); err == nil {
		t.Errorf("12.5 yen: %v", a)
	}
	if a, err := money.ParseAmount("12.0", "JPY"); err != nil || a.Minor != 12 {
		t.Errorf("12.0 yen: %v %v", a, err)
	}
}

func TestCurrencies(t *testing.T) {
	t.Parallel()
	for s, digits := range map[string]int{"USD": 2, "JPY": 0, "EUR": 2} {
		if c, err := money.ParseCurrency(s); err != nil || c.Digits() != digits {
			t.Errorf("%s: %v %v", s, c.Digits(), err)
		}
	}
	for _, s := range []string{"usd", "US", "USDX", "ZZZ", "KWD", ""} {
		if _, err := money.ParseCurrency(s); err == nil {
			t.Errorf("%q accepted", s)
		}
	}
}

func TestAmountsNeverMixOrOverflow(t *testing.T) {
	t.Parallel()
	if _, err := money.New(1, "USD").Add(money.New(1, "EUR")); err == nil {
		t.Error("dollars and euros were added")
	}
	if _, err := money.New(math.MaxInt64, "USD").Add(money.New(1, "USD")); err == nil {
		t.Error("overflow went unseen")
	}
	if _, err := money.New(-2, "USD").Sub(money.New(math.MaxInt64, "USD")); err == nil {
		t.Error("underflow went unseen")
	}
	if a, err := money.New(5, "USD").Add(money.New(0, "USD")); err != nil || a.Minor != 5 {
		t.Errorf("5 + 0 = %v, %v", a, err)
	}
	if a, err := money.New(5, "USD").Sub(money.New(7, "USD")); err != nil || a.Minor != -2 {
		t.Errorf("5 − 7 = %v, %v", a, err)
	}
}

func TestAmountsAsText(t *testing.T) {
	t.Parallel()
	for want, got := range map[string]string{
		"12.34 USD": money.New(1234, "USD").String(),
		"1234":      money.New(1234, "JPY").Number(),
		"-0.05":     money.New(-5, "USD").Number(),
		"$1,234.50": money.New(123450, "USD").Format("en-US"),
		"$5.00":     money.New(500, "USD").Format("en-US"),
		"¥1,234":    money.New(1234, "JPY").Format("en"),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestAllocate(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		total := rapid.Int64Range(-1e12, 1e12).Draw(t, "total")
		weights := rapid.SliceOfN(rapid.Int64Range(0, 1e9), 1, 40).Draw(t, "weights")
		parts := money.Allocate(total, weights)
		var sum, all int64
		for i := range parts {
			sum += parts[i]
			all += weights[i]
		}
		if sum != total {
			t.Fatalf("%v sum to %d", parts, sum)
		}
		for i, p := range parts {
			if all > 0 && weights[i] == 0 && p != 0 {
				t.Fatalf("weight 0 got %d", p)
			}
			if p != 0 && (p < 0) != (total < 0) {
				t.Fatalf("part %d of %d", p, total)
			}
		}
	})
	if got := money.Allocate(100, []int64{1, 1, 1}); got[0] != 34 || got[1] != 33 || got[2] != 33 {
		t.Errorf("a tie must go to the first: %v", got)
	}
}

func FuzzDecimal(f *testing.F) {
	for _, s := range []string{"0", "1.50", "-3", "1e9", "NaN", "٣"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := money.ParseDecimal(s)
		if err != nil {
			return
		}
		again, err := money.ParseDecimal(d.String())
		if err != nil || again.Cmp(d) != 0 {
			t.Fatalf("%q reads as %s and then %s (%v)", s, d, again, err)
		}
	})
}
