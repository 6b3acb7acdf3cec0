package jwo_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/strollhq/stroll/jwo"
	"github.com/strollhq/stroll/money"
)

func TestMoneyShapes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		amount                           money.Amount
		payment, authorization, checkout string
	}{
		{money.New(1230, "USD"), `{"amount":12.30,"code":"USD"}`, `{"value":12.30,"currencyCode":"USD"}`, `{"amount":"12.30","currencyCode":"USD"}`},
		{money.New(5, "EUR"), `{"amount":0.05,"code":"EUR"}`, `{"value":0.05,"currencyCode":"EUR"}`, `{"amount":"0.05","currencyCode":"EUR"}`},
		{money.New(0, "USD"), `{"amount":0.00,"code":"USD"}`, `{"value":0.00,"currencyCode":"USD"}`, `{"amount":"0.00","currencyCode":"USD"}`},
		{money.New(500, "JPY"), `{"amount":500,"code":"JPY"}`, `{"value":500,"currencyCode":"JPY"}`, `{"amount":"500.00","currencyCode":"JPY"}`},
		{money.New(-1, "USD"), `{"amount":-0.01,"code":"USD"}`, `{"value":-0.01,"currencyCode":"USD"}`, `{"amount":"-0.01","currencyCode":"USD"}`},
		{money.New(9007199254740993, "USD"), `{"amount":90071992547409.93,"code":"USD"}`, `{"value":90071992547409.93,"currencyCode":"USD"}`,
			`{"amount":"90071992547409.93","currencyCode":"USD"}`},
	} {
		for want, v := range map[string]interface{ Money() (money.Amount, error) }{
			c.payment: jwo.PaymentAmount(c.amount), c.authorization: jwo.AuthorizationAmount(c.amount), c.checkout: jwo.CheckoutAmount(c.amount)} {
			got, err := json.Marshal(v)
			if err != nil || string(got) != want {
				t.Errorf("%s: %s, %v", c.amount, got, err)
			}
			if back, err := v.Money(); err != nil || back != c.amount {
				t.Errorf("%s read back as %s, %v", want, back, err)
			}
		}
	}
}

func TestMoneyReading(t *testing.T) {
	t.Parallel()
	for number, want := range map[string]int64{"12.3": 1230, "12.30": 1230, "12.3000": 1230, "12": 1200, "0": 0, "-1.5": -150,
		"1E+1": 1000, "1e1": 1000, "1.25e1": 1250, "1250E-2": 1250, "125e-1": 1250, "0e9": 0, "0.00000": 0, "12e-0": 1200, "-5e-2": -5} {
		for _, doc := range []string{`{"amount":` + number + `,"code":"USD"}`, `{"amount":"` + number + `","code":"USD"}`} {
			var m, s jwo.PaymentMoney
			if err := jwo.Decode([]byte(doc), &m); err != nil {
				t.Errorf("%s: %v", doc, err)
			}
			if err := json.Unmarshal([]byte(doc), &s); err != nil || m != s {
				t.Errorf("%s: %v, %v and %v", doc, err, m, s)
			}
			if got, err := m.Money(); err != nil || got != money.New(want, "USD") {
				t.Errorf("%s: %v, %v", doc, got, err)
			}
		}
	}
	for title, doc := range map[string]string{
		"more digits than the currency": `{"amount":12.345,"code":"USD"}`, "digits of a currency without": `{"amount":0.5,"code":"JPY"}`,
		"three-digit currency": `{"amount":1.000,"code":"KWD"}`, "no such currency": `{"amount":1,"code":"QQQ"}`, "lower case": `{"amount":1,"code":"usd"}`,
		"no currency": `{"amount":1}`, "no amount": `{"code":"USD"}`, "null amount": `{"amount":null,"code":"USD"}`,
		"beyond 64 bits": `{"amount":100000000000000000000,"code":"USD"}`, "a tiny exponent": `{"amount":1e-31,"code":"USD"}`,
		"a huge exponent": `{"amount":1e400,"code":"USD"}`, "a monstrous exponent": `{"amount":1e99999999999999999999,"code":"USD"}`,
	} {
		var m jwo.PaymentMoney
		if err := jwo.Decode([]byte(doc), &m); err != nil {
			t.Errorf("%s is well-formed: %v", title, err)
		}
		if got, err := m.Money(); err == nil {
			t.Errorf("%s was read as %s", title, got)
		}
	}
	for _, doc := range []string{`{"amount":"","code":"USD"}`, `{"amount":"  "}`, `{"amount":"1,5"}`, `{"amount":"0x1"}`, `{"amount":"+1"}`,
		`{"amount":"01"}`, `{"amount":".5"}`, `{"amount":"5."}`, `{"amount":"1e"}`, `{"amount":"NaN"}`, `{"amount":true}`, `{"amount":[1]}`, `{"amount":{}}`} {
		var m, s jwo.PaymentMoney
		err := jwo.Decode([]byte(doc), &m)
		if (err == nil) != (doc == `{"amount":"","code":"USD"}`) || m.Amount != "" {
			t.Errorf("%s: %v, %q", doc, err, m.Amount)
		}
		if json.Unmarshal([]byte(doc), &s) == nil && doc != `{"amount":"","code":"USD"}` {
			t.Errorf("%s: read by encoding/json", doc)
		}
	}
	var none *jwo.PaymentMoney
	if _, err := none.Money(); err == nil {
		t.Error("a missing amount has a value")
	}
	if _, err := json.Marshal(jwo.PaymentMoney{Amount: "1;drop", Code: "USD"}); err == nil {
		t.Error("text that is no number was written")
	}
	if b, err := json.Marshal(jwo.PaymentMoney{}); err != nil || string(b) != `{"amount":null,"code":""}` {
		t.Errorf("%s %v", b, err)
	}
}

// Amounts travel exactly through every shape, in either spelling.
func TestMoneyRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a := money.New(rapid.Int64().Draw(t, "minor"), rapid.SampledFrom([]money.Currency{"USD", "EUR", "JPY", "KRW"}).Draw(t, "currency"))
		var p jwo.PaymentMoney
		var z jwo.AuthorizationMoney
		var c jwo.CheckoutMoney
		for _, x := range []struct {
			in  any
			out interface{ Money() (money.Amount, error) }
		}{{jwo.PaymentAmount(a), &p}, {jwo.AuthorizationAmount(a), &z}, {jwo.CheckoutAmount(a), &c}} {
			b, err := json.Marshal(x.in)
			if err != nil {
				t.Fatal(err)
			}
			if err := jwo.Decode(b, x.out); err != nil {
				t.Fatal(err)
			}
			if got, err := x.out.Money(); err != nil || got != a {
				t.Fatalf("%s became %s, %v", a, got, err)
			}
		}
	})
}

func TestTimestamp(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC)
	if got := jwo.At(at.In(time.FixedZone("", 3600)).Add(999 * time.Millisecond)); got != "2026-03-01T09:30:00Z" {
		t.Errorf("At: %s", got)
	}
	for text, want := range map[jwo.Timestamp]time.Time{
		"2026-03-01T09:30:00Z": at, "2026-03-01T10:30:00+01:00": at, "2026-03-01T04:30:00-0500": at, "2026-03-01T10:30:00+01": at,
		"2026-03-01T09:30:00.5Z": at.Add(500 * time.Millisecond), "2026-03-01T09:30:00.123456789+00:00": at.Add(123456789),
		"2026-03-01T09:30:00.000000000000Z": at, "2024-02-29T00:00:00Z": time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC),
	} {
		if got, err := text.Time(); err != nil || !got.Equal(want) || got.Location() != time.UTC {
			t.Errorf("%s: %s, %v", text, got, err)
		}
	}
	for _, text := range []jwo.Timestamp{"", "2026-03-01", "2026-03-01T09:30:00", "2026-03-01 09:30:00Z", "2026-03-01T9:30:00Z", "2026-03-01T09:30Z",
		"2026-13-01T09:30:00Z", "2026-02-29T09:30:00Z", "2026-03-01T25:30:00Z", "2026-03-01T09:60:00Z", "2026-03-01T09:30:00,5Z", "2026-03-01t09:30:00z",
		"20260301T093000Z", "2026-03-01T09:30:00+1:00", "2026-03-01T09:30:00 Z", "2026-03-01T09:30:00Z ", "1772357400", "２０26-03-01T09:30:00Z",
		jwo.Timestamp("2026-03-01T09:30:00." + long(100) + "Z"), "2026-03-01T09:30:00.Z", "+026-03-01T09:30:00Z"} {
		if got, err := text.Time(); err == nil {
			t.Errorf("%q was read as %s", text, got)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		want := time.Unix(rapid.Int64Range(0, 253402300799).Draw(t, "seconds"), 0).UTC()
		if got, err := jwo.At(want).Time(); err != nil || !got.Equal(want) {
			t.Fatalf("%s became %s, %v", want, got, err)
		}
	})
	if jwo.EpochSeconds(at) != "1772357400" || jwo.EpochMillis(at) != "1772357400000" {
		t.Errorf("%s %s", jwo.EpochSeconds(at), jwo.EpochMillis(at))
	}
}

func TestOutcomeOf(t *testing.T) {
	t.Parallel()
	for want, err := range map[jwo.Outcome]error{
		jwo.Done: nil, jwo.Unknown: errors.New("x"), jwo.Refused: &jwo.Error{Outcome: jwo.Refused},
		jwo.Denied: errors.Join(errors.New("x"), &jwo.Error{Outcome: jwo.Denied}),
	} {
		if got := jwo.OutcomeOf(err); got != want {
			t.Errorf("%v: %s, want %s", err, got, want)
		}
	}
	if got := jwo.OutcomeOf(&jwo.Error{}); got != jwo.Unknown {
		t.Errorf("an error without outcome: %s", got)
	}
	e := &jwo.Error{API: jwo.APIRefund, Status: 400, Name: jwo.UnknownShoppingTrip, Message: "no such trip", Outcome: jwo.Refused, Err: errors.New("cause")}
	if e.Error() != "Refund: refused (400) UnknownShoppingTrip: no such trip: cause" {
		t.Error(e.Error())
	}
}
