package portal_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/internal/gate"
	"github.com/strollhq/stroll/internal/portal"
	"github.com/strollhq/stroll/internal/price"
	"github.com/strollhq/stroll/internal/receipt"
	"github.com/strollhq/stroll/money"
)

const (
	token  = "abcdefghijklmnopqrstuvwxyz"
	secret = "an-app-key-of-some-length"
)

// receipts are by token; broken ones cannot be read at all.
type receipts struct {
	all    map[string]receipt.Receipt
	broken bool
	asked  int
}

func (r *receipts) ByToken(_ context.Context, token string) (receipt.Receipt, error) {
	r.asked++
	if r.broken {
		return receipt.Receipt{}, errors.New("disk on fire in rack 7")
	}
	if one, ok := r.all[token]; ok {
		return one, nil
	}
	return receipt.Receipt{}, fault.New(fault.NotFound, "no such receipt")
}

// issuer makes codes for everybody but the shoppers that have something to fix.
type issuer struct{ err error }

func (i *issuer) IssueCode(_ context.Context, storeID, shopperID string) (gate.Code, error) {
	switch {
	case i.err != nil:
		return gate.Code{}, i.err
	case storeID != "store-1" || shopperID == "nobody":
		return gate.Code{}, fault.New(fault.NotFound, "no such store or shopper")
	case shopperID == "owes":
		return gate.Code{}, fmt.Errorf("issue: %w", &gate.PreCheck{Fixes: []gate.Fix{{Problem: gate.Debt, Text: "pay the open balance"}, {Problem: gate.Fraud, Text: "contact customer service"},
			{Problem: gate.ShopperBlocked, Text: "contact customer service"}}})
	}
	at := time.Date(2026, 3, 6, 9, 0, 0, 0, time.UTC)
	return gate.Code{Text: "STROLL1" + strings.Repeat("a", 32) + "1772787600", IssuedAt: at, RenewAt: at.Add(30 * time.Second), ExpiresAt: at.Add(time.Minute)}, nil
}

func (i *issuer) Pattern(storeID string) (string, error) {
	if storeID != "store-1" {
		return "", fault.New(fault.NotFound, "no such store")
	}
	return "^STROLL1[0-9a-f]{32}[0-9]{10}$", nil
}

func sample(state string) receipt.Receipt {
	return receipt.Receipt{Token: token, TripID: "t1", PurchaseID: "p1", State: state, Content: receipt.Content{
		Store: receipt.Store{Name: "Gate 12 Market", Locale: "en-US", TimeZone: "UTC"}, GroupSize: 1, Tender: receipt.TenderCard,
		Started: time.Unix(1772787600, 0), Ended: time.Unix(1772787900, 0), Captured: money.New(100, "USD"), Outstanding: money.New(0, "USD"),
		Price: price.Result{Currency: "USD", SubTotal: 100, Total: 100, Lines: []price.Line{{No: 1, Name: "Water", Quantity: money.MustDecimal("1"), Pieces: 1, PriceUnit: "each", Price: 100, Total: 100}}},
	}}
}

type door struct {
	http.Handler
	receipts *receipts
	issuer   *issuer
	keys     []string
}

func open() *door {
	d := &door{receipts: &receipts{all: map[string]receipt.Receipt{token: sample(receipt.Complete)}}, issuer: &issuer{}, keys: []string{"", "an-older-key-of-some-length", secret}}
	d.Handler = portal.New(portal.Config{Receipts: d.receipts, Codes: d.issuer, Keys: func() []string { return d.keys }})
	return d
}

func (d *door) get(path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	d.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w
}

func TestReceiptPage(t *testing.T) {
	t.Parallel()
	d := open()
	w := d.get("/r/" + token)
	page := w.Body.String()
	if w.Code != http.StatusOK || !strings.Contains(page, "Water") || !strings.Contains(page, "$1.00") || strings.Contains(page, "refresh") {
		t.Errorf("%d %s", w.Code, page)
	}
	if w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("%v", w.Header())
	}
	if strings.Contains(page, token) || strings.Contains(page, "t1<") {
		t.Error("the page holds its own address or the trip's id")
	}
}

func TestReceiptBeingProcessed(t *testing.T) {
	t.Parallel()
	d := open()
	d.receipts.all[token] = sample(receipt.Pending)
	w := d.get("/r/" + token)
	if page := w.Body.String(); w.Code != http.StatusOK || !strings.Contains(page, "being made") || !strings.Contains(page, `http-equiv="refresh"`) || strings.Contains(page, "Water") {
		t.Errorf("%d %s", w.Code, page)
	}
}

func TestUnknownAddressesRevealNothing(t *testing.T) {
	t.Parallel()
	d := open()
	want := d.get("/no/such/page")
	if want.Code != http.StatusNotFound {
		t.Fatal(want.Code)
	}
	for _, path := range []string{"/", "/r/", "/r/" + strings.Repeat("b", 26), "/r/short", "/r/" + strings.ToUpper(token), "/r/" + token + "/x", "/r/%00", "/r/" + strings.Repeat("a", 5000)} {
		if w := d.get(path); w.Code != want.Code || w.Body.String() != want.Body.String() {
			t.Errorf("%.40s: %d %s", path, w.Code, w.Body)
		}
	}
	if d.receipts.asked != 1 {
		t.Errorf("the database was asked %d times, for tokens that cannot be", d.receipts.asked)
	}
}

func TestGuessingIsLimitedAndLookingIsNot(t *testing.T) {
	t.Parallel()
	d := open()
	last := 0
	for i := range 100 {
		last = d.get("/r/" + strings.Repeat("b", 25) + string(rune('a'+i%26))).Code
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("the hundredth guess: %d", last)
	}
	if w := d.get("/r/" + token); w.Code != http.StatusOK {
		t.Errorf("a real receipt from the same source: %d", w.Code)
	}
}

func TestAnOutageIsNotShownAsNotFound(t *testing.T) {
	t.Parallel()
	d := open()
	d.receipts.broken = true
	if w := d.get("/r/" + token); w.Code != http.StatusServiceUnavailable || strings.Contains(w.Body.String(), "rack") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
