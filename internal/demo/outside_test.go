package demo_test

import (
	"context"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/receipt"
	"github.com/strollhq/stroll/jwosim"
	"github.com/strollhq/stroll/money"
)

// get fetches an address as anybody may.
func (o opened) get(t *testing.T, address string) (int, http.Header, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(o.ctx, http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := o.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, string(body)
}

var shownTotal = regexp.MustCompile(`<dt>Total</dt>\s*<dd[^>]*>([^<]+)</dd>`)

// TestReceiptsFromOutside opens receipts as a shopper does, and holds what they
// say against what Amazon took.
func TestReceiptsFromOutside(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, o opened) {
		tally := o.shop(t, 20)
		sum, err := o.Summary(o.ctx, tally)
		if err != nil {
			t.Fatal(err)
		}
		if status, _, page := o.get(t, sum.Sample); status != http.StatusOK || !strings.Contains(page, "Stroll at Gate B14") {
			t.Fatalf("%s, which the demo prints: %d %s", sum.Sample, status, page)
		}
		list, err := o.App.Receipts.List(o.ctx, 1000)
		if err != nil {
			t.Fatal(err)
		}
		taken := map[string]jwosim.TripBook{}
		for _, b := range o.Sim.Books().Trips {
			taken[b.TripID] = b
		}
		paid := 0
		for _, r := range list {
			status, header, page := o.get(t, o.App.PublicURL()+"/r/"+r.Token)
			guarded(t, header)
			total := shownTotal.FindStringSubmatch(page)
			if status != http.StatusOK || total == nil {
				t.Errorf("receipt of trip %s: %d, no total in %s", r.TripID, status, page)
				continue
			}
			if r.Content.Tender != receipt.TenderCard || !r.Content.Outstanding.IsZero() {
				continue // paid elsewhere, or not all of it
			}
			paid++
			if want := money.New(taken[r.TripID].Captured, "USD").Format("en-US"); total[1] != want {
				t.Errorf("receipt of trip %s says %s, Amazon took %s", r.TripID, total[1], want)
			}
		}
		if paid < 10 {
			t.Errorf("only %d of %d receipts were for Amazon to pay", paid, len(list))
		}
		unknown(t, o, list[0])
	})
}

// unknown checks that no address but the right one leads to a receipt, and
// that all others look the same.
func unknown(t *testing.T, o opened, r receipt.Receipt) {
	t.Helper()
	_, _, first := o.get(t, o.App.PublicURL()+"/r/"+strings.Repeat("a", 26))
	for _, token := range []string{
		r.TripID, r.PurchaseID, r.Token[:25], r.Token + "a", strings.ToUpper(r.Token), r.Token[:25] + "%00", "..%2fr%2f" + r.Token, strings.Repeat("7", 26), "'--",
	} {
		status, header, page := o.get(t, o.App.PublicURL()+"/r/"+token)
		guarded(t, header)
		if status != http.StatusNotFound || page != first {
			t.Errorf("/r/%s: %d %s", token, status, page)
		}
	}
	if strings.Contains(first, "Gate B14") || strings.Contains(first, "aaaa") {
		t.Errorf("the page about an unknown receipt hints: %s", first)
	}
}

// guarded checks what must be on every page that is for one shopper alone.
func guarded(t *testing.T, h http.Header) {
	t.Helper()
	for name, want := range map[string]string{
		"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
	} {
		if h.Get(name) != want {
			t.Errorf("%s: %q, want %q", name, h.Get(name), want)
		}
	}
	if csp := h.Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") || strings.Contains(csp, "script") {
		t.Errorf("policy %q", csp)
	}
}

// TestConsoleFromOutside looks at a store after a day, through its own door.
func TestConsoleFromOutside(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, o opened) {
		admin := o.Addresses()["admin"]
		for _, path := range []string{"/", "/books", "/gate", "/receipts", "/waiting", "/calls"} { // a store that just opened
			if status, _, page := o.get(t, admin+path); status != http.StatusOK || !strings.Contains(page, "<h1>") {
				t.Errorf("%s of an empty store: %d %s", path, status, page)
			}
		}
		o.shop(t, 16)
		var captured int64
		for _, b := range o.Sim.Books().Trips {
			captured += b.Captured
		}
		amount := money.New(captured, "USD").Format("en")
		for path, wants := range map[string][]string{
			"/":         {`<div class="good"><dt><a href="/books">The books are</a></dt><dd>right`, "<dd>" + amount, "sqlite", "/r/"},
			"/books":    {"<dd>right", "<dd>" + amount, "CAPTURE_INITIATED", "all accounts</td><td class=\"number\">$0.00"},
			"/gate":     {"accepted", "app code", "card"},
			"/receipts": {o.App.PublicURL() + "/r/", "complete"},
			"/waiting":  {"No cart waits for a person.", "Every job is done."},
			"/calls":    {"CaptureCharge", "VerifyIdentityKeys", "from Amazon", "to Amazon"},
			"/healthz":  {"ok"},
			"/readyz":   {"ready"},
			"/metrics":  {"# TYPE stroll_api_call_seconds histogram"},
		} {
			status, header, page := o.get(t, admin+path)
			guarded(t, header)
			if status != http.StatusOK {
				t.Errorf("%s: %d", path, status)
			}
			for _, want := range wants {
				if !strings.Contains(page, want) {
					t.Errorf("%s lacks %q: %s", path, want, page)
				}
			}
		}
		// The doors for others show nothing of it.
		for _, door := range []string{"portal", "connector"} {
			for _, path := range []string{"/", "/books", "/books.json", "/receipts", "/metrics", "/healthz", "/readyz"} {
				if status, _, page := o.get(t, o.Addresses()[door]+path); status < 400 {
					t.Errorf("%s%s: %d %s", door, path, status, page)
				}
			}
		}
	})
}

// TestWrongBooksAreShownAsWrong changes a cent behind the program's back.
func TestWrongBooksAreShownAsWrong(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, o opened) {
		o.shop(t, 5)
		admin := o.Addresses()["admin"]
		if _, _, page := o.get(t, admin+"/"); !strings.Contains(page, "<dd>right") {
			t.Fatal(page)
		}
		var trip string
		if err := o.App.DB.Tx(o.ctx, func(ctx context.Context, tx *db.Tx) error {
			return tx.QueryRowContext(ctx, `UPDATE payment SET captured = captured - 1 WHERE trip_id = (SELECT MIN(trip_id) FROM payment WHERE captured > 1) RETURNING trip_id`).Scan(&trip)
		}); err != nil {
			t.Fatal(err)
		}
		<-time.After(time.Minute)
		for path, wants := range map[string][]string{
			"/":      {`<div class="bad"><dt><a href="/books">The books are</a></dt><dd>wrong`},
			"/books": {"<dd>wrong", "Differences", trip},
		} {
			status, _, page := o.get(t, admin+path)
			for _, want := range wants {
				if status != http.StatusOK || !strings.Contains(page, want) {
					t.Errorf("%s: %d, no %q in %s", path, status, want, page)
				}
			}
		}
	})
}
