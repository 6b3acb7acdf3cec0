package console_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/strollhq/stroll/internal/console"
	"github.com/strollhq/stroll/internal/fault"
)

// books is a page like any.
var books = console.View{
	Facts: []console.Fact{
		{Label: "Captured", Text: "$12.34", Note: "2 trips", Link: "/books"},
		{Label: "Differences", Text: "1", Mark: console.Bad},
	},
	Tables: []console.Table{
		{Title: "Payments", Columns: []string{"State", "Trips ", "Trip"}, Rows: [][]console.Cell{
			{{Text: "CAPTURED", Link: "/waiting"}, {Text: "2", Mark: console.Good}, {Text: "0001", Mark: console.ID}},
			{{Text: strings.Repeat("a sentence ", 9)}, {Text: "1"}, {Text: strings.Repeat("0", 60), Mark: console.ID}},
		}},
		{Title: "Debts", Columns: []string{"State"}, Empty: "Nobody owes anything."},
		{Title: "Notes", Columns: []string{"Note"}},
	},
	JSON: map[string]any{"captured": 1234},
}

// loads makes a page's Load.
func loads(v console.View, err error) func(context.Context) (console.View, error) {
	return func(context.Context) (console.View, error) { return v, err }
}

// open makes a console with a front page, the books, and pages that cannot be
// read.
func open(edit func(*console.Config)) http.Handler {
	c := console.Config{
		Ready:   func(context.Context) error { return nil },
		Metrics: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "stroll_up 1\n") }),
		Pages: []console.Page{
			{Path: "/", Title: "Front", Load: loads(console.View{JSON: []int{}}, nil)},
			{Path: "/books", Title: "Books", About: "What was charged.", Load: loads(books, nil)},
			{Path: "/broken", Title: "Broken", Load: loads(console.View{}, errors.New("disk on fire in rack 7"))},
			{Path: "/away", Title: "Away", Load: loads(console.View{}, fault.New(fault.Unavailable, "rack 7 does not answer"))},
		},
	}
	if edit != nil {
		edit(&c)
	}
	return console.New(c)
}

func do(h http.Handler, method, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, path, nil))
	return w
}

func get(h http.Handler, path string) *httptest.ResponseRecorder { return do(h, http.MethodGet, path) }

func TestPageShowsFactsAndTables(t *testing.T) {
	t.Parallel()
	w := get(open(nil), "/books")
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "text/html; charset=utf-8" {
		t.Fatalf("%d %v", w.Code, w.Header())
	}
	page := parse(t, w.Body.String())
	for path, want := range map[string][]string{
		"title":            {"Books · Stroll"},
		"h1":               {"Books"},
		".about":           {"What was charged."},
		"dl.facts dt":      {"Captured", "Differences"},
		"dl.facts dd":      {"$12.34 2 trips", "1"},
		"dl.facts div.bad": {"Differences1"},
		"h2":               {"Payments", "Debts", "Notes"},
		"thead th":         {"State", "Trips", "Trip"},
		"thead th.number":  {"Trips"},
		"tbody td.number":  {"2", "1"},
		"tbody td.good":    {"2"},
		"tbody td.long":    {strings.TrimSpace(strings.Repeat("a sentence ", 9))}, // may be broken; an id may not
		".empty":           {"Nobody owes anything.", "Nothing here yet."},
	} {
		if d := cmp.Diff(want, page.texts(path)); d != "" {
			t.Errorf("%s: %s", path, d)
		}
	}
	if got := page.one(t, "tbody a").attr["href"]; got != "/waiting" {
		t.Errorf("cell links to %s", got)
	}
	if got := page.one(t, "dt a").attr["href"]; got != "/books" {
		t.Errorf("fact links to %s", got)
	}
	// A table that is wider than a phone scrolls in its own box, which a
	// keyboard reaches and a screen reader names.
	box := page.one(t, "div.scroll")
	if box.attr["tabindex"] != "0" || box.attr["role"] != "region" || box.attr["aria-label"] != "Payments, table" {
		t.Errorf("box %v", box.attr)
	}
}

func TestEveryPageLinksAllAndMarksItself(t *testing.T) {
	t.Parallel()
	h := open(nil)
	for path, current := range map[string]string{"/": "Front", "/books": "Books", "/nowhere": ""} {
		page := parse(t, get(h, path).Body.String())
		links, marked := []string{}, ""
		for _, a := range page.all("header a") {
			links = append(links, a.attr["href"])
			if a.attr["aria-current"] == "page" {
				marked += a.text
			}
		}
		if d := cmp.Diff([]string{"/", "/books", "/broken", "/away"}, links); d != "" || marked != current {
			t.Errorf("%s: marked %q %s", path, marked, d)
		}
		sheet := ""
		for _, l := range page.all("link") {
			if l.attr["rel"] == "stylesheet" {
				sheet = l.attr["href"]
			}
		}
		if get(h, sheet).Code != http.StatusOK {
			t.Errorf("%s: no style sheet at %s", path, sheet)
		}
		for _, a := range page.all("footer a") {
			if get(h, a.attr["href"]).Code != http.StatusOK {
				t.Errorf("%s: nothing at %s", path, a.attr["href"])
			}
		}
	}
}

func TestHostileTextStaysText(t *testing.T) {
	t.Parallel()
	const evil = `"><script>alert(1)</script><img src=x onerror="alert(2)">'{{.}}&amp;`
	h := open(func(c *console.Config) {
		c.Pages = []console.Page{{Path: "/evil", Title: evil, About: evil, Load: loads(console.View{
			Facts: []console.Fact{{Label: evil, Text: evil, Note: evil, Link: "javascript:alert(3)"}},
			Tables: []console.Table{
				{Title: evil, Columns: []string{evil, "Number "}, Rows: [][]console.Cell{{{Text: evil, Link: "javascript:alert(4)"}, {Text: evil, Mark: evil}}}},
				{Empty: evil},
			},
			JSON: map[string]string{evil: evil},
		}, nil)}}
	})
	body := get(h, "/evil").Body.String()
	page := parse(t, body)
	if len(page.all("script"))+len(page.all("img")) > 0 || strings.Contains(body, "javascript:") {
		t.Error(body)
	}
	for _, path := range []string{"h1", ".about", "dt", "small", "h2", "td a", ".empty"} {
		if d := cmp.Diff([]string{evil}, page.texts(path)); d != "" {
			t.Errorf("%s: %s", path, d)
		}
	}
	for _, e := range page.all("td") {
		for name := range e.attr {
			if name != "class" {
				t.Errorf("a cell got the attribute %s", name)
			}
		}
	}
	if body := get(h, "/evil.json").Body.String(); strings.Contains(body, "<") {
		t.Error(body)
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]struct {
		status int
		body   string
	}{
		"/index.json":  {200, "[]\n"},
		"/books.json":  {200, "{\n  \"captured\": 1234\n}\n"},
		"/broken.json": {500, "{\n  \"error\": \"the page could not be read; the log says why\"\n}\n"},
		"/away.json":   {503, "{\n  \"error\": \"the page could not be read; the log says why\"\n}\n"},
	} {
		w := get(open(nil), path)
		if w.Code != want.status || w.Body.String() != want.body || w.Header().Get("Content-Type") != "application/json" {
			t.Errorf("%s: %d %q %v", path, w.Code, w.Body, w.Header())
		}
	}
}

func TestUnreadablePageIsAnOutageWithoutItsReason(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]int{"/broken": 500, "/away": 503} {
		w := get(open(nil), path)
		if w.Code != want || strings.Contains(w.Body.String(), "rack") {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
}

func TestUnknownPathIs404(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/nowhere", "/books/", "/books/1", "/nowhere.json", "/index", "/assets/other.css", "/healthz/x", "/r/abcdefghijklmnopqrstuvwxyz"} {
		if w := get(open(nil), path); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

func TestLookingIsAllOneCanDo(t *testing.T) {
	t.Parallel()
	h := open(func(c *console.Config) {
		for i := range c.Pages {
			c.Pages[i].Load = func(context.Context) (console.View, error) {
				t.Error("loaded")
				return console.View{}, nil
			}
		}
	})
	for _, method := range []string{"POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"} {
		for _, path := range []string{"/", "/books", "/books.json", "/healthz", "/readyz", "/metrics", "/nowhere"} {
			if w := do(h, method, path); w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD" {
				t.Errorf("%s %s: %d %v", method, path, w.Code, w.Header())
			}
		}
	}
	if w := do(open(nil), http.MethodHead, "/books"); w.Code != http.StatusOK {
		t.Errorf("HEAD: %d", w.Code)
	}
}

func TestEveryAnswerIsGuarded(t *testing.T) {
	t.Parallel()
	h := open(nil)
	for _, path := range []string{"/", "/books", "/books.json", "/broken", "/nowhere", "/healthz", "/readyz", "/metrics"} {
		head := get(h, path).Header()
		csp := head.Get("Content-Security-Policy")
		if !strings.HasPrefix(csp, "default-src 'none'") || strings.Contains(csp, "script") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: policy %q", path, csp)
		}
		if head.Get("X-Content-Type-Options") != "nosniff" || head.Get("Cache-Control") != "no-store" || head.Get("Referrer-Policy") != "no-referrer" || head.Get("X-Frame-Options") != "DENY" {
			t.Errorf("%s: %v", path, head)
		}
	}
	page := get(h, "/books").Body.String()
	if strings.Contains(page, "<script") || strings.Contains(page, "style=") || strings.Contains(page, "://") {
		t.Errorf("the page loads more than it may: %s", page)
	}
}

func TestHealthAndReadiness(t *testing.T) {
	t.Parallel()
	var trouble error
	h := open(func(c *console.Config) { c.Ready = func(context.Context) error { return trouble } })
	check := func(path string, status int, body string) {
		t.Helper()
		if w := get(h, path); w.Code != status || w.Body.String() != body {
			t.Errorf("%s: %d %q", path, w.Code, w.Body)
		}
	}
	check("/healthz", 200, "ok\n")
	check("/readyz", 200, "ready\n")
	trouble = errors.New("stopping")
	check("/healthz", 200, "ok\n") // alive all the same: nobody should kill it
	check("/readyz", 503, "not ready: stopping\n")
	trouble = nil
	check("/readyz", 200, "ready\n")
	check("/metrics", 200, "stroll_up 1\n")
}

func TestReadinessDoesNotWaitForASilentDatabase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(func(c *console.Config) {
			c.Ready = func(ctx context.Context) error {
				<-ctx.Done()
				return ctx.Err()
			}
		})
		start := time.Now()
		w := get(h, "/readyz")
		if w.Code != 503 || w.Body.String() != "not ready: the database does not answer\n" || time.Since(start) > 2*time.Second {
			t.Errorf("%d %q after %s", w.Code, w.Body, time.Since(start))
		}
	})
}
