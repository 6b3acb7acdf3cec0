package jwosim_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/strollhq/stroll/jwosim"
	"github.com/strollhq/stroll/money"
)

// goods are on the shelf of the tests.
func goods(t *testing.T) []jwosim.Product {
	t.Helper()
	price := func(s string) *money.Decimal { return new(money.MustDecimal(s)) }
	return []jwosim.Product{
		{ID: "DRK-1", Name: "Cola Zero", Price: price("2.5"), Barcode: "4712", Category: "drinks"},
		{ID: "DRK-2", Name: "Cola", Price: price("3"), Category: "drinks"},
		{ID: "NUT-1", Name: "Almonds", Price: price("14.99"), Unit: "lb", Category: "weighed"},
		{ID: "0815", Type: "SCANCODE"},
	}
}

func TestShop_page(t *testing.T) {
	t.Parallel()
	p := manage(t, newWorld(t, nil))
	page := p.do("GET", "/shop", "", 200, nil)
	for _, want := range []string{"THIS IS NOT AMAZON", "No money moves, no gate opens", "<noscript>", `href="/"`} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q in the page", want)
		}
	}
	// Nothing on the page needs to be trusted: no inline script or style, and
	// every file it names is there.
	if regexp.MustCompile(`(?i)<script>|<style|\son[a-z]+=|\sstyle=|javascript:|https?://`).MatchString(page) {
		t.Error("inline script or style, or a foreign address, in the page")
	}
	for _, m := range regexp.MustCompile(`(?:href|src)="(/shop/[^"]+)"`).FindAllStringSubmatch(page, -1) {
		p.do("GET", m[1], "", 200, nil)
	}
	resp, err := http.Get(p.base + "/shop")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	policy := resp.Header.Get("Content-Security-Policy")
	if !strings.HasPrefix(policy, "default-src 'none'; script-src 'self'; style-src 'self'") || strings.Contains(policy, "unsafe") ||
		!strings.Contains(policy, "require-trusted-types-for 'script'") || resp.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%v", resp.Header)
	}
	for _, path := range []string{"/shop/", "/shop/nothing.js", "/shop/..%2fsim.go", "/shop/shop", "/shop/%2e%2e"} {
		if resp, err := http.Get(p.base + path); err != nil || resp.StatusCode != 404 && resp.StatusCode != 400 {
			t.Errorf("GET %s: %v, %v", path, resp.Status, err)
		}
	}
}

// Every script writes text and nodes, never markup, and names files that exist.
func TestShop_scripts(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("shop/*.js")
	if err != nil || len(files) < 5 {
		t.Fatalf("%v, %v", files, err)
	}
	markup := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\(|new Function|createContextualFragment|setHTML|srcdoc`)
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if m := markup.Find(text); m != nil {
			t.Errorf("%s: %s", name, m)
		}
		if n := bytes.Count(text, []byte("\n")); n > 250 {
			t.Errorf("%s has %d lines", name, n)
		}
		for _, m := range regexp.MustCompile(`from '\./([a-z]+\.js)'`).FindAllSubmatch(text, -1) {
			if _, err := os.Stat("shop/" + string(m[1])); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func TestShop_shelf(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *jwosim.Config) { c.Stores[0].Products = goods(t) })
	p := manage(t, w)
	for query, want := range map[string]string{
		"":                        "DRK-1 2.50,DRK-2 3.00,NUT-1 14.99,0815 ",
		"?store=store-1&q=cola":   "DRK-1 2.50,DRK-2 3.00",
		"?q=COLA+zero":            "DRK-1 2.50",
		"?q=4712":                 "DRK-1 2.50",
		"?category=weighed":       "NUT-1 14.99",
		"?q=cola&category=drinks": "DRK-1 2.50,DRK-2 3.00",
		"?q=nobody":               "",
		"?store=tokyo":            "",
		"?limit=1":                "DRK-1 2.50",
	} {
		var s jwosim.Shelf
		p.do("GET", "/shelf"+query, "", 200, &s)
		var got []string
		for _, it := range s.Products {
			got = append(got, it.ID+" "+it.Shown)
		}
		if strings.Join(got, ",") != want {
			t.Errorf("%s: %v, want %s", query, got, want)
		}
		if query == "?limit=1" && (s.Found != 4 || s.Total != 4 || len(s.Categories) != 2) {
			t.Errorf("%+v", s)
		}
	}
	p.do("GET", "/shelf?store=none", "", 404, nil)
	p.do("GET", "/shelf?limit=many", "", 400, nil)
	if got := p.do("GET", "/stores", "", 200, nil); strings.Contains(got, "Cola") {
		t.Error("the list of stores holds their shelves")
	}
}

func TestShop_shelf_refused(t *testing.T) {
	t.Parallel()
	for want, p := range map[string][]jwosim.Product{
		"id is not 1 to 255":       {{Name: "nameless"}},
		"is not SKU or SCANCODE":   {{ID: "a", Type: "EAN"}},
		"less than nothing":        {{ID: "a", Price: new(money.MustDecimal("-1"))}},
		"product a is there twice": {{ID: "a"}, {ID: "b"}, {ID: "a", Name: "again"}},
	} {
		_, err := jwosim.New(jwosim.Config{Stores: []jwosim.Store{{ID: "s", Products: p}}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// The basket's sum is exact, or not there.
func TestShop_visit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *jwosim.Config) { c.Stores[0].Products = goods(t) })
	p := manage(t, w)
	trip, err := w.sim.EnterByCard(t.Context(), "store-1", "approve")
	if err != nil {
		t.Fatal(err)
	}
	sum := func() string {
		var v jwosim.Visit
		p.do("GET", "/visit/"+trip.ID(), "", 200, &v)
		return v.Basket.Sum
	}
	for _, c := range []struct{ body, want string }{
		{`{"id":"DRK-1","quantity":"3"}`, "7.50"},
		{`{"id":"NUT-1","quantity":"0.1","unit":"lb"}`, "8.999"},
		{`{"id":"NUT-1","quantity":"0.2","unit":"lb"}`, "11.997"},  // a float says 11.996999…
		{`{"id":"4712","type":"SCANCODE"}`, "14.497"},              // by its barcode
		{`{"id":"NUT-1","quantity":"1","unit":"kg"}`, ""},          // priced in pounds
		{`{"id":"NUT-1","quantity":"1","unit":"kg","x":1}`, "400"}, // unknown field
		{`{"id":"NUT-1","quantity":"1e3","unit":"lb"}`, "400"},     // no plain number
		{`{"id":"NUT-1","quantity":0.455,"unit":"lb"}`, "400"},     // a number that a float may have touched
		{`{"id":"NUT-1","quantity":"1,5","unit":"lb"}`, "400"},     // the page's business
		{`{"id":"NUT-1","quantity":"1","unit":"lb"} {}`, "400"},    // two bodies
		{`{"id":"","quantity":"1"}`, "400"},
	} {
		status := 200
		if c.want == "400" {
			status = 400
		}
		answer := p.do("POST", "/trip/"+trip.ID()+"/take", c.body, status, nil)
		if status == 400 && !strings.Contains(answer, `"error"`) {
			t.Errorf("%s: no reason in %s", c.body, answer)
		}
		if status == 200 && sum() != c.want {
			t.Errorf("%s: sum %q, want %q", c.body, sum(), c.want)
		}
	}
	p.do("POST", "/trip/"+trip.ID()+"/putback", `{"id":"NUT-1","quantity":"1","unit":"kg"}`, 200, nil)
	if sum() != "14.497" {
		t.Errorf("after the putting back: %s", sum())
	}
	p.do("GET", "/visit/nobody", "", 404, nil)
}

func TestShop_fresh(t *testing.T) {
	t.Parallel()
	p := manage(t, newWorld(t, func(c *jwosim.Config) {
		c.Code = func(_ context.Context, who string) (string, error) {
			if who == "nobody" {
				return "", errors.New("nobody has no app")
			}
			return "CODE-OF-" + who, nil
		}
	}))
	var got struct{ Text string }
	p.do("POST", "/gate/fresh", `{"who":"ada"}`, 200, &got)
	if got.Text != "CODE-OF-ada" {
		t.Errorf("%+v", got)
	}
	p.do("POST", "/gate/fresh", ``, 200, nil)
	if answer := p.do("POST", "/gate/fresh", `{"who":"nobody"}`, 400, nil); !strings.Contains(answer, "has no app") {
		t.Error(answer)
	}
	p.do("POST", "/gate/fresh", `{"whose":"ada"}`, 400, nil)
	p.do("POST", "/gate/fresh", `{"who":"`+strings.Repeat("a", 256)+`"}`, 400, nil)
	if answer := manage(t, newWorld(t, nil)).do("POST", "/gate/fresh", ``, 404, nil); !strings.Contains(answer, "no way to draw codes") {
		t.Error(answer)
	}
}

func TestShop_everybody_out(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	p := manage(t, w)
	for _, store := range []string{"store-1", "store-1", "tokyo"} {
		if _, err := w.sim.EnterByCard(t.Context(), store, "approve#"+store); err != nil {
			t.Fatal(err)
		}
	}
	p.do("POST", "/out?store=none", "", 404, nil)
	for _, c := range []struct {
		query string
		want  int
	}{{"?store=store-1", 2}, {"?store=store-1", 0}, {"", 1}} {
		var got struct{ Left []string }
		p.do("POST", "/out"+c.query, "", 200, &got)
		if len(got.Left) != c.want {
			t.Errorf("%q: %v", c.query, got)
		}
	}
	s := p.follow("")
	for range 6 { // three questions at the gate, and three carts
		s.until("call", "")
	}
	if got := len(w.con.got(purchasesPath)); got != 3 {
		t.Errorf("%d carts", got)
	}
}
