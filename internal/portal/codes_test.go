package portal_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/strollhq/stroll/internal/fault"
)

// TestScanCodes are the cases of the app's door: what comes in, what goes out,
// and what must not appear.
func TestScanCodes(t *testing.T) {
	t.Parallel()
	bearer := "Bearer " + secret
	good := `{"storeId":"store-1","shopperId":"ann"}`
	for _, c := range []struct {
		name, auth, kind, body string
		err                    error
		status                 int
		want                   []string
		not                    []string
	}{
		{name: "a code", auth: bearer, body: good, status: 201, want: []string{`"code":"STROLL1aaaa`, `"expiresAt":"2026-03-06T09:01:00Z"`, `"refreshAfter":30`}, not: []string{"svg", "png"}},
		{name: "with drawings", auth: bearer, body: `{"storeId":"store-1","shopperId":"ann","svg":true,"png":true,"more":1}`, status: 201, want: []string{`"svg":"\u003csvg`, `"png":"iVBOR`}},
		{name: "an older key", auth: "Bearer an-older-key-of-some-length", body: good, status: 201},
		{name: "something to fix", auth: bearer, body: `{"storeId":"store-1","shopperId":"owes"}`, status: 422, want: []string{`"pre_check_failed"`, `{"problem":"debt","text":"pay the open balance"}`, `"contact_support"`}, not: []string{"fraud", "blocked"}},
		{name: "unknown shopper", auth: bearer, body: `{"storeId":"store-1","shopperId":"nobody"}`, status: 404, not: []string{"nobody"}},
		{name: "unknown store", auth: bearer, body: `{"storeId":"store-2","shopperId":"ann"}`, status: 404},
		{name: "no key", body: good, status: 401},
		{name: "an empty key", auth: "Bearer ", body: good, status: 401},
		{name: "a wrong key", auth: "Bearer wrong", body: good, status: 401, not: []string{"wrong"}},
		{name: "another scheme", auth: "Basic " + secret, body: good, status: 401},
		{name: "not JSON", auth: bearer, body: "{", status: 400},
		{name: "nobody named", auth: bearer, body: `{"storeId":"store-1"}`, status: 400},
		{name: "a form", auth: bearer, kind: "application/x-www-form-urlencoded", body: "storeId=store-1", status: 415},
		{name: "too large", auth: bearer, body: `{"storeId":"` + strings.Repeat("x", 20<<10) + `"}`, status: 413},
		{name: "the gate is out of order", auth: bearer, body: good, err: errors.New("rack 7 on fire"), status: 500, not: []string{"rack"}},
		{name: "the database is away", auth: bearer, body: good, err: fault.New(fault.Unavailable, "rack 7"), status: 503, not: []string{"rack"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := open()
			d.issuer.err = c.err
			r := httptest.NewRequest(http.MethodPost, "/app/v1/scan-codes", strings.NewReader(c.body))
			r.Header.Set("Content-Type", "application/json; charset=utf-8")
			if c.kind != "" {
				r.Header.Set("Content-Type", c.kind)
			}
			if c.auth != "" {
				r.Header.Set("Authorization", c.auth)
			}
			w := httptest.NewRecorder()
			d.ServeHTTP(w, r)
			text := w.Body.String()
			if w.Code != c.status || !json.Valid(w.Body.Bytes()) || w.Header().Get("Content-Type") != "application/json" {
				t.Fatalf("%d %s", w.Code, text)
			}
			for _, want := range c.want {
				if !strings.Contains(text, want) {
					t.Errorf("no %s in %s", want, text)
				}
			}
			for _, not := range append(c.not, secret) {
				if strings.Contains(text, not) {
					t.Errorf("%s in %s", not, text)
				}
			}
		})
	}
}

func TestTheDrawingHoldsTheCode(t *testing.T) {
	t.Parallel()
	d := open()
	r := httptest.NewRequest(http.MethodPost, "/app/v1/scan-codes", strings.NewReader(`{"storeId":"store-1","shopperId":"ann","svg":true,"png":true}`))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+secret)
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	var got struct{ SVG, PNG string }
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || !strings.HasPrefix(got.SVG, "<svg ") {
		t.Fatalf("%v %s", err, w.Body)
	}
	if png, err := base64.StdEncoding.DecodeString(got.PNG); err != nil || string(png[1:4]) != "PNG" {
		t.Errorf("%v", err)
	}
}

func TestTheAppsDoorIsClosedWithoutKeys(t *testing.T) {
	t.Parallel()
	d := open()
	d.keys = nil
	for _, auth := range []string{"", "Bearer ", "Bearer " + secret} {
		r := httptest.NewRequest(http.MethodGet, "/app/v1/scan-codes/pattern?storeId=store-1", nil)
		r.Header.Set("Authorization", auth)
		w := httptest.NewRecorder()
		d.ServeHTTP(w, r)
		if w.Code != http.StatusUnauthorized {
			t.Errorf("%q: %d", auth, w.Code)
		}
	}
	if w := d.get("/app/v2/anything"); w.Code != http.StatusNotFound || w.Header().Get("Content-Type") != "application/json" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
}

func TestPattern(t *testing.T) {
	t.Parallel()
	d := open()
	for store, want := range map[string]int{"store-1": 200, "store-2": 404, "": 404} {
		r := httptest.NewRequest(http.MethodGet, "/app/v1/scan-codes/pattern?storeId="+store, nil)
		r.Header.Set("Authorization", "Bearer "+secret)
		w := httptest.NewRecorder()
		d.ServeHTTP(w, r)
		if w.Code != want || want == 200 && w.Body.String() != `{"pattern":"^STROLL1[0-9a-f]{32}[0-9]{10}$"}` {
			t.Errorf("%s: %d %s", store, w.Code, w.Body)
		}
	}
}

func TestTryingKeysIsLimited(t *testing.T) {
	t.Parallel()
	d := open()
	try := func(key string) int {
		r := httptest.NewRequest(http.MethodPost, "/app/v1/scan-codes", strings.NewReader(`{"storeId":"store-1","shopperId":"ann"}`))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+key)
		w := httptest.NewRecorder()
		d.ServeHTTP(w, r)
		return w.Code
	}
	last := 0
	for i := range 50 {
		last = try(fmt.Sprint("key", i))
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("the fiftieth wrong key: %d", last)
	}
	if got := try(secret); got != http.StatusCreated {
		t.Errorf("the right key was locked out by wrong ones: %d", got)
	}
}
