package web_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/strollhq/stroll/internal/web"
)

func do(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestEveryAnswerHasSecurityHeaders(t *testing.T) {
	t.Parallel()
	h := web.Secure(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { web.Error(w, http.StatusNotFound) }))
	got := do(h, httptest.NewRequest(http.MethodGet, "/", nil)).Header()
	for name, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
		"X-Robots-Tag": "noindex, nofollow", "Content-Type": "text/html; charset=utf-8",
	} {
		if got.Get(name) != want {
			t.Errorf("%s: %q, want %q", name, got.Get(name), want)
		}
	}
	csp := got.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"} {
		if !strings.Contains(csp, want) {
			t.Errorf("policy %q lacks %s", csp, want)
		}
	}
	if strings.Contains(csp, "unsafe") || strings.Contains(csp, "script") {
		t.Errorf("policy %q", csp)
	}
	if got.Get("Strict-Transport-Security") != "" {
		t.Error("plain HTTP was told to come back over TLS")
	}
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("X-Forwarded-Proto", "https")
	if do(h, r).Header().Get("Strict-Transport-Security") == "" {
		t.Error("no Strict-Transport-Security behind a TLS proxy")
	}
}

func TestAnotherSitesPageCannotPostHere(t *testing.T) {
	t.Parallel()
	reached := false
	h := web.Secure(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { reached = true }))
	r := httptest.NewRequest(http.MethodPost, "/", nil)
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	if w := do(h, r); w.Code != http.StatusForbidden || reached {
		t.Errorf("status %d, reached %v", w.Code, reached)
	}
	if do(h, httptest.NewRequest(http.MethodPost, "/", nil)); !reached {
		t.Error("a program's own request was refused")
	}
}

func TestPagesNeedNothingButTheirStyleSheet(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	web.Write(w, http.StatusOK, web.Page{Title: "A <b> & c", Lang: "de", Refresh: 4 * time.Second, Body: "<p>hello</p>"})
	page := w.Body.String()
	for _, want := range []string{`<html lang="de">`, "<title>A &lt;b&gt; &amp; c</title>", `<meta http-equiv="refresh" content="4">`, "<p>hello</p>", `name="viewport"`} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s in %s", want, page)
		}
	}
	if strings.Contains(page, "<script") || strings.Contains(page, "style=") || strings.Contains(page, "://") {
		t.Errorf("the page loads more than it may: %s", page)
	}
	sheet := regexp.MustCompile(`href="(/assets/[^"]+)"`).FindStringSubmatch(page)[1]
	css := do(web.Assets(), httptest.NewRequest(http.MethodGet, sheet, nil))
	if css.Code != http.StatusOK || !strings.HasPrefix(css.Header().Get("Content-Type"), "text/css") || !strings.Contains(css.Header().Get("Cache-Control"), "immutable") {
		t.Errorf("%d %v", css.Code, css.Header())
	}
	if text := css.Body.String(); strings.Contains(text, "@import") || strings.Contains(text, "url(") {
		t.Error("the style sheet loads something")
	}
	for _, path := range []string{"/assets/", "/assets/stroll.css", "/assets/../layout.html"} {
		if w := do(web.Assets(), httptest.NewRequest(http.MethodGet, path, nil)); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

func TestErrorPagesAreAllWorded(t *testing.T) {
	t.Parallel()
	for _, status := range []int{403, 404, 405, 429, 500, 503, 418} {
		w := httptest.NewRecorder()
		web.Error(w, status)
		if w.Code != status || !strings.Contains(w.Body.String(), "<h1>") {
			t.Errorf("%d: %d %s", status, w.Code, w.Body)
		}
	}
}

func TestLimitIsPerSourceAndRecovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := web.NewLimit(3, time.Minute, 100)
		for range 3 {
			if !l.Allow("a") {
				t.Fatal("refused within the burst")
			}
		}
		if l.Allow("a") || !l.Allow("b") {
			t.Error("the limit is not per source")
		}
		<-time.After(time.Minute)
		if !l.Allow("a") || l.Allow("a") {
			t.Error("the limit does not recover by one a minute")
		}
	})
}

func TestLimitRemembersABoundedNumberOfSources(t *testing.T) {
	t.Parallel()
	l := web.NewLimit(1, time.Hour, 10)
	l.Allow("first")
	for i := range 4 {
		l.Allow(fmt.Sprint(i))
	}
	if l.Allow("first") {
		t.Error("forgotten too early")
	}
	for i := range 1000 {
		l.Allow(fmt.Sprint("x", i))
	}
	if !l.Allow("first") {
		t.Error("never forgotten")
	}
}
