package demo_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"rsc.io/qr"

	"github.com/strollhq/stroll/internal/demo"
	"github.com/strollhq/stroll/money"
)

// code is a code that a shopper's app shows.
func (p *page) code(visitor string) string {
	p.t.Helper()
	code, err := p.App.Gate.IssueCode(p.ctx, demo.StoreID, visitor)
	if err != nil {
		p.t.Fatal(err)
	}
	return code.Text
}

// entry is what a person at a gate sees of it, once it has gone that far.
func (p *page) entry(n int, word string) {
	p.t.Helper()
	p.wait(fmt.Sprintf("gate %d: %s", n, word), fmt.Sprintf(`document.querySelector('[data-gate="gate-%d"] .chip')?.textContent === %q`, n, word))
}

// TestShopPage walks through the shop as somebody who sits before it: by a
// typed code, by a picture of one and by card, with carts, weights, things put
// back and things nobody sells, one by one and all at once.
func TestShopPage(t *testing.T) {
	t.Parallel()
	p := openShop(t, 1280, 900, nil)
	if n, err := chromedp.Run(p.ctx, chromedp.Evaluate[int]("document.querySelectorAll('#gates > li').length")); err != nil || n != 8 {
		t.Errorf("%d gates, %v", n, err)
	}
	p.says(".banner", "THIS IS NOT AMAZON")

	// A typed code.
	typed := p.code("shopper-01")
	p.gate(1)
	p.do(chromedp.SendKeys(chromedp.CSS("#gate-1-code"), typed))
	p.click(".entry button[type=submit]")
	p.entry(1, "Shopping")
	p.says("#panel-gate .journey", "shopper-01")
	p.take("DRK-004", 2)
	p.says(".lines", "Cola 500 ml")

	// A picture of one, which this browser cannot read by itself.
	text := p.code("shopper-02")
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "code.png")
	if err := os.WriteFile(file, code.PNG(), 0o600); err != nil {
		t.Fatal(err)
	}
	p.gate(2)
	p.do(chromedp.SetUploadFiles(chromedp.CSS("#gate-2-picture"), []string{file}))
	p.wait("the picture is read", fmt.Sprintf("document.querySelector('#gate-2-code').value === %q", text))
	p.click(".entry button[type=submit]")
	p.entry(2, "Shopping")
	p.click(".stranger summary")
	p.click(".stranger button[type=submit]")
	p.says(".lines", "NOBODY-SELLS-THIS")
	p.says(".cart .note", "does not know the price")

	// A fresh code of the app, drawn by the store.
	p.gate(6)
	p.click(".fresh .button")
	p.wait("a code is there", "document.querySelector('#gate-6-code').value.length > 20")
	p.click(".entry button[type=submit]")
	p.entry(6, "Shopping")
	p.click(".actions .out") // with an empty cart
	p.says(".cart .empty", "Nothing was taken.")

	// A card, for two people.
	p.byCard(3, "approve")
	p.entry(3, "Shopping")
	p.click(".actions .button")
	p.says(".who", "Card approve × 2")
	p.take("DRK-004", 3)
	p.wait("three are in the cart", "document.querySelector('.lines .count')?.textContent === '3'")
	p.click(".lines .round") // one back
	p.wait("two are left", "document.querySelector('.lines .count')?.textContent === '2'")
	p.find("WGT-001")
	p.do(chromedp.SendKeys(chromedp.CSS(".weigh input"), "a pound"))
	p.click(".weigh-go")
	p.wait("no weight", "document.querySelector('.weigh input').getAttribute('aria-invalid') === 'true'")
	p.js("document.querySelector('.weigh input').value = ''")
	p.do(chromedp.SendKeys(chromedp.CSS(".weigh input"), "0,455"))
	p.click(".weigh-go")
	p.says(".lines", "0.455 lb")
	p.says(".total", "$13.80045") // 2 × 3.49 + 0.455 × 14.99, which no float says
	p.click(".actions .out")
	p.entry(3, "Captured")
	trip := ""
	for _, b := range p.Sim.Books().Trips {
		if strings.Contains(b.Key, "gate-3") {
			trip = b.TripID
			p.says(".journey", b.PurchaseID)
			p.says(".journey", money.New(b.Captured, "USD").Format("en-US"))
			p.says(".head .sum", money.New(b.Captured, "USD").Format("en-US"))
		}
	}

	// The calls of this gate alone, with their bodies.
	p.do(chromedp.SetValue(chromedp.CSS("#c-gate"), "gate-3"))
	p.js("document.querySelector('#c-gate').dispatchEvent(new Event('input'))")
	p.wait("only this gate's calls", "[...document.querySelectorAll('.calls-list .at')].every((n) => n.textContent === 'Gate 3')")
	p.click("[data-api=CreatePurchases] summary")
	p.says("[data-api=CreatePurchases] pre", `"value": "0.455"`)
	p.says("[data-api=CreatePurchases] .body", trip)
	p.click("[data-api=CaptureCharge] summary")
	p.says("[data-api=CaptureCharge] pre", `"code": "USD"`)

	// A code of somebody else's is dropped by the gate; the reader refuses a card.
	p.gate(4)
	p.do(chromedp.SendKeys(chromedp.CSS("#gate-4-code"), "not a code"))
	p.click(".entry button[type=submit]")
	p.entry(4, "Kept out")
	p.says(".journey", "asked nobody")
	p.byCard(5, "preauth_declined")
	p.entry(5, "Kept out")
	p.says(".journey", "does not bear the hold")

	// Another browser, or the same one later, shows the same shop.
	p.do(chromedp.Reload())
	p.entry(3, "Captured")
	p.entry(1, "Shopping")
	p.says("#allout", "(2)")
	p.click("#allout")
	p.wait("all have left", "document.querySelector('#allout').disabled")
	p.entry(1, "Captured")
	p.wait("the bad cart was taken", `document.querySelector('[data-gate="gate-2"] .chip')?.textContent === 'Cart taken'`)

	// Gates come and go.
	p.click("#addgate")
	p.says("#h-gate", "Gate 9")
	p.click(`[data-gate="gate-9"] .tile-remove`)
	p.wait("gate 9 is gone", `document.querySelectorAll('#gates > li').length === 8`)
}

// TestShopPage_hostile puts markup wherever others' text is shown.
func TestShopPage_hostile(t *testing.T) {
	t.Parallel()
	p := openShop(t, 1280, 900, nil)
	const evil = `</pre><img src=x onerror="window.hacked=1"><script>window.hacked=1</script>`
	p.gate(1)
	p.click(`.entry [data-way="card"]`)
	p.js("document.querySelector('#gate-1-owner').value = ''")
	p.do(chromedp.SendKeys(chromedp.CSS("#gate-1-owner"), `<b onclick=x>`))
	p.click(".entry button[type=submit]")
	p.entry(1, "Shopping")
	p.says(".journey", "<b onclick=x>")
	p.click(".stranger summary")
	p.js("document.querySelector('#x-id').value = ''")
	p.do(chromedp.SendKeys(chromedp.CSS("#x-id"), evil))
	p.click(".stranger button[type=submit]")
	p.says(".lines", evil)
	p.click(".actions .out")
	p.click("[data-api=CreatePurchases] summary")
	p.says("[data-api=CreatePurchases] pre", `window.hacked=1`)
	// And a body that is not even JSON, from whoever calls Amazon.
	resp, err := p.post(p.Addresses()["amazon"]+"/v1/adjust/charge", evil)
	if err != nil || resp.StatusCode < 400 {
		t.Fatalf("%v, %v", resp, err)
	}
	p.wait("the call is listed", "[...document.querySelectorAll('[data-api=AdjustCharge] .status')].some((n) => n.textContent === '403')")
	p.js("document.querySelectorAll('.calls-list details').forEach((d) => { d.open = true; })")
	p.wait("its body is shown as it came", fmt.Sprintf("[...document.querySelectorAll('.calls-list pre')].some((n) => n.textContent === %q)", evil))
	p.wait("nothing ran", "window.hacked === undefined && !document.querySelector('.calls-list img, .lines img, main script')")
}
