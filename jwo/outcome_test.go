package jwo_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/strollhq/stroll/jwo"
)

func asError(t *testing.T, err error) *jwo.Error {
	t.Helper()
	var e *jwo.Error
	if !errors.As(err, &e) {
		t.Fatalf("%T %v is no *jwo.Error", err, err)
	}
	if jwo.OutcomeOf(err) != e.Outcome {
		t.Errorf("OutcomeOf %s, Outcome %s", jwo.OutcomeOf(err), e.Outcome)
	}
	return e
}

func TestClientRefusalsOfAmazon(t *testing.T) {
	t.Parallel()
	const html = `<html><body><h1>Something</h1></body></html>`
	for _, c := range []struct {
		title, body string
		status      int
		header      []string
		name        string
		outcome     jwo.Outcome
		retry       time.Duration
	}{
		{"unknown trip", `{"errorMsg":"UnknownShoppingTrip"}`, 400, nil, jwo.UnknownShoppingTrip, jwo.Refused, 0},
		{"unknown trip with suffix", `{"errorMsg":"UnknownShoppingTripException"}`, 400, nil, jwo.UnknownShoppingTrip, jwo.Refused, 0},
		{"bad request", `{"errorMsg":"BadRequestException"}`, 400, nil, jwo.BadRequestException, jwo.Refused, 0},
		{"bad request without suffix", `{"errorMsg":"badrequest"}`, 400, nil, jwo.BadRequestException, jwo.Refused, 0},
		{"expired", `{"errorMsg":"ShoppingTripExpiredException"}`, 400, nil, jwo.ShoppingTripExpired, jwo.Refused, 0},
		{"expired in other words", `{"message":"Request failed: SHOPPINGTRIPEXPIRED for this trip"}`, 422, nil, jwo.ShoppingTripExpired, jwo.Refused, 0},
		{"expired under Message, with a status of its own", `{"Message":"ShoppingTripExpired"}`, 500, nil, jwo.ShoppingTripExpired, jwo.Refused, 0},
		{"expired behind a 403", `{"errorMsg":"ShoppingTripExpiredException"}`, 403, nil, jwo.ShoppingTripExpired, jwo.Refused, 0},
		{"in the header", ``, 400, []string{"x-amzn-ErrorType", "UnknownShoppingTripException:http://internal.amazon.com/coral/"}, jwo.UnknownShoppingTrip, jwo.Refused, 0},
		{"as plain text", `UnknownShoppingTrip`, 404, nil, jwo.UnknownShoppingTrip, jwo.Refused, 0},
		{"as a JSON string", `"BadRequestException"`, 400, nil, jwo.BadRequestException, jwo.Refused, 0},
		{"the telling name of two", `{"errorMsg":"BadRequestException: UnknownShoppingTrip"}`, 400, nil, jwo.UnknownShoppingTrip, jwo.Refused, 0},
		{"invalid request", `{"errorMsg":"InvalidRequestException"}`, 400, nil, jwo.InvalidRequest, jwo.Refused, 0},
		{"cart content", `{"errorMsg":"CartContentValidationFailureException"}`, 400, nil, jwo.CartContentValidation, jwo.Refused, 0},
		{"an unknown name", `{"errorMsg":"MoonPhaseException"}`, 400, nil, "", jwo.Refused, 0},
		{"an unknown 4xx", html, 418, nil, "", jwo.Refused, 0},
		{"400 without a body", ``, 400, nil, "", jwo.Refused, 0},
		{"400 with a strange body", `{"errorMsg":{"deep":[1,2]}}`, 400, nil, "", jwo.Refused, 0},
		{"403", `{"message":"Forbidden"}`, 403, nil, "", jwo.Denied, 0},
		{"403 empty", ``, 403, nil, "", jwo.Denied, 0},
		{"401", html, 401, nil, "", jwo.Denied, 0},
		{"429 seconds", `{"errorMsg":"Too Many Requests"}`, 429, []string{"Retry-After", "600"}, "", jwo.Throttled, 600 * time.Second},
		{"429 nothing", ``, 429, nil, "", jwo.Throttled, 0},
		{"429 unreadable", ``, 429, []string{"Retry-After", "soon"}, "", jwo.Throttled, 0},
		{"429 negative", ``, 429, []string{"Retry-After", "-5"}, "", jwo.Throttled, 0},
		{"429 zero", ``, 429, []string{"Retry-After", "0"}, "", jwo.Throttled, time.Second},
		{"429 huge", ``, 429, []string{"Retry-After", "99999999999999999999"}, "", jwo.Throttled, 365 * 24 * time.Hour},
		{"429 a date gone by", ``, 429, []string{"Retry-After", "Mon, 02 Jan 2006 15:04:05 GMT"}, "", jwo.Throttled, time.Second},
		{"429 a far date", ``, 429, []string{"Retry-After", "Fri, 31 Dec 9999 23:59:59 GMT"}, "", jwo.Throttled, 365 * 24 * time.Hour},
		{"429 that names an unknown trip", `{"errorMsg":"UnknownShoppingTrip"}`, 429, nil, jwo.UnknownShoppingTrip, jwo.Throttled, 0},
		{"500", `{"errorMsg":"server error"}`, 500, nil, "", jwo.Unknown, 0},
		{"500 in HTML", html, 500, nil, "", jwo.Unknown, 0},
		{"500 empty", ``, 500, nil, "", jwo.Unknown, 0},
		{"500 that says bad request", `{"errorMsg":"BadRequestException"}`, 500, nil, jwo.BadRequestException, jwo.Unknown, 0},
		{"503 with a wait", ``, 503, []string{"Retry-After", "30"}, "", jwo.Unknown, 30 * time.Second},
		{"504", html, 504, nil, "", jwo.Unknown, 0},
		{"a redirect is not followed", ``, 307, []string{"Location", "http://127.0.0.1:1/"}, "", jwo.Unknown, 0},
		{"no change", ``, 304, nil, "", jwo.Unknown, 0},
	} {
		t.Run(c.title, func(t *testing.T) {
			t.Parallel()
			a := newAmazon(t, says(c.status, c.body, c.header...))
			client := newClient(t, a.URL)
			for _, call := range calls() {
				_, err := call.do(t.Context(), client)
				e := asError(t, err)
				if e.API != call.api || e.Status != c.status || e.Name != c.name || e.Outcome != c.outcome || e.RetryAfter != c.retry {
					t.Errorf("%s: %#v", call.api, e)
				}
				if len(a.received(call.path)) != 1 {
					t.Errorf("%s was sent %d times", call.api, len(a.received(call.path)))
				}
				if len(e.Message) > 500 || strings.ContainsAny(e.Error(), "\r\n\t") {
					t.Errorf("%s: %q", call.api, e.Error())
				}
			}
		})
	}
	t.Run("429 a date to come", func(t *testing.T) {
		t.Parallel()
		a := newAmazon(t, says(429, "", "Retry-After", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)))
		_, err := calls()[0].do(t.Context(), newClient(t, a.URL))
		if e := asError(t, err); e.RetryAfter < 58*time.Minute || e.RetryAfter > time.Hour {
			t.Errorf("RetryAfter %s", e.RetryAfter)
		}
	})
	t.Run("the text of a catalog error is kept", func(t *testing.T) {
		t.Parallel()
		const text = "One or more StoreID's present in the request is incorrect"
		a := newAmazon(t, says(400, `{"errorMsg":"`+text+`"}`))
		if _, err := calls()[7].do(t.Context(), newClient(t, a.URL)); asError(t, err).Message != text {
			t.Error(err)
		}
	})
	t.Run("a huge error is cut", func(t *testing.T) {
		t.Parallel()
		a := newAmazon(t, says(500, strings.Repeat("é\n", 1<<20)))
		if _, err := calls()[0].do(t.Context(), newClient(t, a.URL)); len(asError(t, err).Message) > 500 || !strings.HasPrefix(asError(t, err).Message, "é é") {
			t.Error(err)
		}
	})
}

func TestClientUnreadableSuccess(t *testing.T) {
	t.Parallel()
	read := map[string]bool{jwo.APICancelCharge: true, jwo.APICaptureCharge: true}
	empty := map[string]bool{jwo.APIRefund: true, jwo.APIGetTransactionalData: true, jwo.APIGetShopperIdentity: true,
		jwo.APICancelCharge: true, jwo.APICaptureCharge: true}
	for title, body := range map[string]string{"garbage": "\x00\xff garbage", "HTML": "<html>", "an array": "[]", "cut JSON": `{"status":"APPRO`,
		"trailing data": `{"status":"APPROVED"}{}`, "nothing": "", "null": "null", "nothing known": `{}`, "too large": `{"x":"` + strings.Repeat("x", 5<<20) + `"}`} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			a := newAmazon(t, says(200, body))
			c := newClient(t, a.URL)
			for _, call := range calls() {
				_, err := call.do(t.Context(), c)
				tolerated := read[call.api] || empty[call.api] && (body == "" || body == "null" || body == "{}")
				if tolerated {
					if err != nil {
						t.Errorf("%s: %v", call.api, err)
					}
					continue
				}
				if e := asError(t, err); e.Outcome != jwo.Unknown || e.Status != 200 {
					t.Errorf("%s: %#v", call.api, e)
				}
			}
		})
	}
	for _, c := range []struct {
		title, body string
		ok          bool
	}{
		{"an unknown status", `{"status":"MAYBE"}`, false}, {"a status in lower case", `{"status":"approved"}`, false},
		{"a status that is no text", `{"status":1}`, false}, {"an amount that is no object", `{"status":"APPROVED","authorizedAmount":5}`, false},
		{"no amount", `{"status":"APPROVED"}`, true}, {"a null amount", `{"status":"DECLINED","authorizedAmount":null}`, true},
		{"an amount with too many digits", `{"status":"APPROVED","authorizedAmount":{"amount":1.005,"code":"USD"}}`, true},
	} {
		t.Run("Adjust with "+c.title, func(t *testing.T) {
			t.Parallel()
			a := newAmazon(t, says(200, c.body))
			_, err := calls()[0].do(t.Context(), newClient(t, a.URL))
			if c.ok && err != nil || !c.ok && asError(t, err).Outcome != jwo.Unknown {
				t.Error(err)
			}
		})
	}
	t.Run("receipt data of wrong types is read as far as it goes", func(t *testing.T) {
		t.Parallel()
		a := newAmazon(t, says(200, `{"brand":"VISA","panSequenceNumber":1,"tail":{"x":1},"terminalId":true,"expirationDate":"01/29"}`))
		got, err := newClient(t, a.URL).GetTransactionalData(t.Context(), &jwo.GetTransactionalDataRequest{StoreID: storeA, ShoppingTripID: tripA})
		if d := cmp.Diff(&jwo.GetTransactionalDataResponse{Brand: "VISA", PANSequenceNumber: "1", TerminalID: "true"}, got); err != nil || d != "" {
			t.Error(err, d)
		}
	})
	for title, body := range map[string]string{"18 unknown shopper id": `{}`, "null": `{"shopperEmail":null}`, "empty": `{"shopperEmail":""}`,
		"ill-formed": `{"shopperEmail":"nobody"}`, "of a wrong type": `{"shopperEmail":["a@b.c"]}`, "too long": `{"shopperEmail":"` + long(125) + `@b.co"}`} {
		t.Run("no e-mail: "+title, func(t *testing.T) {
			t.Parallel()
			a := newAmazon(t, says(200, body))
			got, err := newClient(t, a.URL).GetShopperIdentity(t.Context(), &jwo.GetShopperIdentityRequest{StoreID: storeA, ShopperID: &jwo.Identity{ID: "x"}})
			if err != nil || got.ShopperEmail != "" {
				t.Error(got, err)
			}
		})
	}
}
