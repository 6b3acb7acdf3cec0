package jwo_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/strollhq/stroll/jwo"
)

// seeds are documents for every decoder: good ones, and each with some of its
// parts spoilt.
func seeds(f *testing.F, docs ...string) {
	f.Helper()
	for _, doc := range docs {
		f.Add([]byte(doc))
		f.Add([]byte(doc[:len(doc)/2]))
		f.Add([]byte(strings.ReplaceAll(doc, `"`, ``)))
		f.Add([]byte(strings.NewReplacer(`:"`, `:1,"x":"`, `{`, `[{`, `}`, `}]`).Replace(doc)))
		f.Add([]byte(strings.ReplaceAll(doc, `"id"`, `"id":null,"id"`)))
	}
	for _, doc := range []string{"", "{}", "[]", "null", `{"a":`, `{"cartItems":[[[[{}]]]]}`, `{"storeId":"\ud800"}`, "{\"storeId\":\"\xff\"}",
		`{"amount":{"amount":-1E+5,"code":null}}`, `{"storeId":{"storeId":{"storeId":[]}},"storeId":"x"}`, `{"":""}`, `{"requestId":"\""}`} {
		f.Add([]byte(doc))
	}
}

// decodeAgain checks what holds for every document: no panic, only FieldErrors,
// errors that name fields, and that what was read is read again the same from
// what is written of it.
func decodeAgain[T any, P interface {
	*T
	jwo.Request
}](t *testing.T, data []byte) {
	first, second, again := P(new(T)), P(new(T)), P(new(T))
	err := jwo.DecodeRequest(data, first, jwo.Limits{})
	var faults jwo.FieldErrors
	if err != nil && !errors.As(err, &faults) {
		t.Fatalf("%T", err)
	}
	for _, fault := range faults {
		if fault.Field == "" || fault.Reason == "" {
			t.Fatalf("a fault without a name: %+v", fault)
		}
	}
	if len(faults) == 1 && faults[0].Field == jwo.BodyField {
		// Whatever is refused as a whole is no JSON object, or too deep, or not UTF-8.
		var object map[string]json.RawMessage
		if json.Unmarshal(data, &object) == nil && object != nil && !strings.Contains(faults[0].Reason, "deep") && !strings.Contains(faults[0].Reason, "UTF-8") {
			t.Fatalf("refused: %v", faults)
		}
		return
	}
	if repeat := jwo.DecodeRequest(data, second, jwo.Limits{}); !cmp.Equal(err, repeat) || !reflect.DeepEqual(first, second) {
		t.Fatalf("read twice: %v and %v", err, repeat)
	}
	if err != nil {
		return
	}
	written, err := json.Marshal(first)
	if err != nil {
		t.Fatal(err)
	}
	if err := jwo.DecodeRequest(written, again, jwo.Limits{}); err != nil {
		t.Fatalf("%s: %v", written, err)
	}
	rewritten, err := json.Marshal(again)
	if err != nil || string(rewritten) != string(written) {
		t.Fatalf("%s became %s, %v", written, rewritten, err)
	}
}

func FuzzVerifyIdentityKeys(f *testing.F) {
	seeds(f, identityBody)
	f.Fuzz(func(t *testing.T, data []byte) { decodeAgain[jwo.VerifyIdentityKeysRequest](t, data) })
}

func FuzzShopperAuthorization(f *testing.F) {
	seeds(f, authorizationBody)
	f.Fuzz(func(t *testing.T, data []byte) { decodeAgain[jwo.ShopperAuthorizationRequest](t, data) })
}

func FuzzCreatePurchases(f *testing.F) {
	seeds(f, purchasesBody)
	f.Fuzz(func(t *testing.T, data []byte) { decodeAgain[jwo.CreatePurchasesRequest](t, data) })
}

func FuzzDoors(f *testing.F) {
	seeds(f, scanBody, detailsBody, shopperBody)
	f.Fuzz(func(t *testing.T, data []byte) {
		decodeAgain[jwo.ResolveScanRequest](t, data)
		decodeAgain[jwo.GetScanDetailsRequest](t, data)
		decodeAgain[jwo.GetShopperRequest](t, data)
		var e jwo.ResolveScanRequest
		if jwo.DecodeRequest(data, &e, jwo.Limits{}) == nil {
			e.ScanEvent.Codes()
		}
	})
}

func FuzzOutboundRequests(f *testing.F) {
	for _, c := range calls() {
		seeds(f, c.sent)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		decodeAgain[jwo.AdjustChargeRequest](t, data)
		decodeAgain[jwo.CancelChargeRequest](t, data)
		decodeAgain[jwo.CaptureChargeRequest](t, data)
		decodeAgain[jwo.RefundRequest](t, data)
		decodeAgain[jwo.GetTransactionalDataRequest](t, data)
		decodeAgain[jwo.GetShopperIdentityRequest](t, data)
		decodeAgain[jwo.ReportPaymentStatusRequest](t, data)
		decodeAgain[jwo.UploadCatalogRequest](t, data)
		decodeAgain[jwo.UploadCartCatalogRequest](t, data)
		decodeAgain[jwo.ArchiveCatalogRequest](t, data)
		decodeAgain[jwo.GetCatalogUploadStatusRequest](t, data)
		decodeAgain[jwo.CheckoutRequest](t, data)
	})
}

// FuzzAnswers feeds any answer to every call: an answer or an *Error with an
// outcome that fits the status, never a panic, and never a charge taken for
// done that was refused.
func FuzzAnswers(f *testing.F) {
	for _, c := range calls() {
		f.Add(c.status, []byte(c.answer), "", "")
	}
	f.Add(400, []byte(`{"errorMsg":"UnknownShoppingTrip"}`), "", "")
	f.Add(429, []byte(`<html>`), "600", "")
	f.Add(403, []byte(``), "Fri, 31 Dec 9999 23:59:59 GMT", "ForbiddenException")
	f.Add(500, []byte(`{"Message":{"a":1},"message":"ShoppingTripExpired\u0000"}`), "-1", "")
	f.Fuzz(func(t *testing.T, status int, body []byte, wait, kind string) {
		if status < 200 || status > 599 {
			return
		}
		transport := roundTrip(func(*http.Request) (*http.Response, error) {
			rec := httptest.NewRecorder()
			rec.Header()["Retry-After"], rec.Header()["X-Amzn-Errortype"] = []string{wait}, []string{kind}
			rec.WriteHeader(status)
			_, _ = rec.Write(body)
			return rec.Result(), nil
		})
		c := newClient(t, "http://127.0.0.1:1", func(cfg *jwo.ClientConfig) { cfg.HTTP = &http.Client{Transport: transport} })
		for _, call := range calls() {
			_, err := call.do(t.Context(), c)
			if err == nil {
				if status > 299 {
					t.Fatalf("%s took %d for done", call.api, status)
				}
				continue
			}
			var e *jwo.Error
			if !errors.As(err, &e) || e.Status != status || e.API != call.api || e.RetryAfter < 0 || e.RetryAfter > 365*24*time.Hour {
				t.Fatalf("%s: %#v", call.api, err)
			}
			var fits bool
			switch {
			case status == 429:
				fits = e.Outcome == jwo.Throttled
			case e.Name == jwo.ShoppingTripExpired || e.Name == jwo.UnknownShoppingTrip:
				fits = e.Outcome == jwo.Refused
			case status >= 400 && status < 500:
				fits = e.Outcome == jwo.Refused || e.Outcome == jwo.Denied
			default:
				fits = e.Outcome == jwo.Unknown
			}
			if !fits || strings.ContainsAny(e.Message, "\r\n\x00") {
				t.Fatalf("%s: %d became %#v", call.api, status, e)
			}
		}
	})
}

func FuzzNumber(f *testing.F) {
	for _, s := range []string{"0", "-0", "1.5", "1E+1", "1e-30", "1e31", "00", "1.", ".1", "٣", "1e", "", strings.Repeat("9", 60)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n := jwo.Number(s)
		d, err := n.Decimal()
		b, merr := json.Marshal(n)
		if s != "" && (merr == nil) != json.Valid(b) {
			t.Fatalf("%q was written as %s, %v", s, b, merr)
		}
		if err == nil {
			if merr != nil {
				t.Fatalf("%q has a value but is no JSON number", s)
			}
			if again, err := jwo.Number(d.String()).Decimal(); err != nil || again.Cmp(d) != 0 {
				t.Fatalf("%q is %s, then %s", s, d, again)
			}
		}
	})
}

func FuzzTimestamp(f *testing.F) {
	for _, s := range []string{"2026-03-01T09:30:00Z", "2026-03-01T09:30:00.5+01:00", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59-2359"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		at, err := jwo.Timestamp(s).Time()
		if err != nil || at.Year() < 0 || at.Year() > 9999 {
			return
		}
		if again, err := jwo.At(at).Time(); err != nil || !again.Equal(at.Truncate(time.Second)) {
			t.Fatalf("%q is %s, then %s, %v", s, at, again, err)
		}
	})
}

// FuzzVerifier feeds it any request: no panic, and nobody gets in without the
// secret.
func FuzzVerifier(f *testing.F) {
	s := plainSigning()
	f.Add("POST", "/v1/adjust/charge?a=b", "AWS4-HMAC-SHA256 Credential="+accessKey+"/20260301/us-east-1/execute-api/aws4_request, SignedHeaders=host;x-amz-date, Signature="+
		strings.Repeat("0", 64), "20260301T093000Z", []byte(s.body))
	f.Add("", "", "AWS4-HMAC-SHA256 Credential=////, SignedHeaders=, Signature=", time.Now().UTC().Format("20060102T150405Z"), []byte(nil))
	f.Add("GET", "/%zz?%", "AWS4-HMAC-SHA256 ", "", []byte{0})
	f.Fuzz(func(t *testing.T, method, target, authorization, date string, body []byte) {
		path, query, _ := strings.Cut(target, "?")
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		r.Method, r.URL.Path, r.URL.RawPath, r.URL.RawQuery = method, path, path, query
		if len(date) == 16 {
			date = time.Now().UTC().Format("20060102T150405Z") // past the clock, into the rest
			authorization = strings.Replace(authorization, "/20260301/", "/"+date[:8]+"/", 1)
		}
		r.Header["Authorization"], r.Header["X-Amz-Date"] = []string{authorization}, []string{date}
		if err := verifier().Verify(r, body); !errors.Is(err, jwo.ErrSignature) {
			t.Fatal(err)
		}
	})
}
