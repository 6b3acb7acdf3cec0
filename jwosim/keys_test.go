package jwosim_test

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/strollhq/stroll/jwosim"
)

// A key that is taken back is refused, the new one goes on: a rotation.
func TestKeys(t *testing.T) {
	t.Parallel()
	second := jwosim.Credentials{AccessKeyID: "AKIDNEW", SecretAccessKey: "new", APIs: []string{"GetShopperIdentity"}}
	w := newWorld(t, func(c *jwosim.Config) { c.Accept = append(c.Accept, second) })
	m := httptest.NewServer(w.sim.Management())
	t.Cleanup(m.Close)
	calls := func(when string, old, fresh int) {
		t.Helper()
		for k, want := range map[*jwosim.Credentials]int{&key: old, &second: fresh} {
			status, _, _, err := signed(t.Context(), w.api.URL+emailPath, `{"storeId":"store-1","shopperId":{"id":"s"}}`, *k)
			if err != nil || status != want {
				t.Errorf("%s, %s: %d, %v, want %d", when, k, status, err, want)
			}
		}
	}
	calls("at first", 200, 200)
	var keys []jwosim.KeyState
	if status, text := managed(t, m.URL, "PUT", "/keys", `{"id": "AKIDTEST", "accepted": false}`, &keys); status != 200 ||
		fmt.Sprint(keys) != "[{AKIDTEST [] false} {AKIDNEW [GetShopperIdentity] true}]" {
		t.Errorf("%d %s", status, text)
	}
	calls("taken back", 403, 200)
	if err := w.sim.AcceptKey("AKIDTEST", true); err != nil {
		t.Fatal(err)
	}
	calls("accepted again", 200, 200)
	for body, want := range map[string]int{`{"id": "nobody", "accepted": false}`: 404, `{"id": "AKIDTEST"}`: 400, `{"key": "AKIDTEST"}`: 400} {
		if status, text := managed(t, m.URL, "PUT", "/keys", body, nil); status != want {
			t.Errorf("%s: %d %s", body, status, text)
		}
	}
	if _, text := managed(t, m.URL, "GET", "/keys", "", nil); strings.Contains(text, "secret") || strings.Contains(text, "false") {
		t.Errorf("%s", text)
	}
}

// Bodies of errors that are played may be anything.
func TestErrorBody(t *testing.T) {
	t.Parallel()
	for as, want := range map[string][]string{
		"": {"{"}, "json": {"{"}, "empty": {""}, "html": {"<html>"}, "mixed": {"", "{", "<html>"},
	} {
		seen := map[string]bool{}
		for _, kind := range []jwosim.Faults{{Error500: 1}, {Error503: 1}, {TooMany: 1}, {Revoked: 1}, {After500: 1}} {
			kind.ErrorBody, kind.Most = as, -1
			w := newWorld(t, func(c *jwosim.Config) { c.Faults = kind })
			for i := range 8 {
				_, text, h := w.raw(emailPath, fmt.Sprintf(`{"storeId":"store-1","shopperId":{"id":"s%d"}}`, i))
				start := ""
				for _, s := range []string{"{", "<html>"} {
					if strings.HasPrefix(text, s) {
						start = s
					}
				}
				seen[start] = true
				if (start == "{") != (h.Get("Content-Type") == "application/json") {
					t.Errorf("%q is sent as %s", text, h.Get("Content-Type"))
				}
			}
		}
		for _, s := range want {
			if !seen[s] || len(seen) != len(want) {
				t.Errorf("%s: %v", as, seen)
			}
		}
	}
	w := newWorld(t, func(c *jwosim.Config) { c.Faults = jwosim.Faults{ErrorBody: "html"} })
	w.expect(emailPath, `{}`, 400, badBody) // no fault is played
}
