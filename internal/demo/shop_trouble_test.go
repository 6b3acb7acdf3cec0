package demo_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"rsc.io/qr"

	"github.com/strollhq/stroll/jwosim"
)

// TestShopPage_trouble has a connector that is down, a store whose gate opens
// by itself, and at last no simulator.
func TestShopPage_trouble(t *testing.T) {
	t.Parallel()
	p := openShop(t, 1280, 900, func(c *jwosim.Config) {
		down := c.Stores[0]
		down.ID, down.ConnectorURL, down.Products = "down", "http://127.0.0.1:1", nil
		open := down
		open.ID, open.DefaultGate = "open-by-default", "open"
		alone := down
		alone.ID, alone.ConnectorURL = "alone", ""
		c.Stores = append(c.Stores, down, open, alone)
	})
	p.tolerate = "/events"
	choose := func(store string) {
		t.Helper()
		p.do(chromedp.SetValue(chromedp.CSS("#store"), store))
		p.js("document.querySelector('#store').dispatchEvent(new Event('change'))")
		p.says(".shelf", "This store has no shelf")
	}
	choose("down")
	p.byCard(1, "approve")
	p.entry(1, "Kept out")
	p.says(".journey", "gave no answer that counts")
	p.says("#trouble", "does not answer")
	choose("open-by-default")
	p.byCard(1, "approve")
	p.entry(1, "Shopping")
	p.says(".journey", "Opened by the store’s default: nobody answered.")
	choose("alone")
	p.says("#trouble", "This store has no connector")
	for _, scheme := range []string{"light", "dark"} {
		p.scheme(scheme)
		p.check(scheme, faint)
	}
	p.stop()
	p.says("#trouble", "The simulator does not answer")
	p.says("#link", "Connection lost")
}

// TestShopPage_detector has a browser that says it reads codes by itself: one
// that can is believed, one that cannot is helped.
func TestShopPage_detector(t *testing.T) {
	t.Parallel()
	p := openShop(t, 390, 844, nil)
	emulate(p, cdppage.AddScriptToEvaluateOnNewDocument, cdppage.AddScriptToEvaluateOnNewDocumentParams{Source: `
		window.BarcodeDetector = class {
			static async getSupportedFormats() { return ['qr_code']; }
			async detect(picture) {
				if (picture.width < 100) throw new Error('promised too much');
				return [{ rawValue: 'read by the browser, ' + picture.width }];
			}
		};`})
	p.do(chromedp.Reload())
	p.gate(1)
	text := p.code("shopper-01")
	code, err := qr.Encode(text, qr.L)
	if err != nil {
		t.Fatal(err)
	}
	large, small := *code, *code
	large.Scale, small.Scale = 8, 2
	for _, c := range []struct {
		code *qr.Code
		want string
	}{
		{&large, fmt.Sprintf("read by the browser, %d", (large.Size+8)*8)}, // a rim of four modules around
		{&small, text},
	} {
		file := filepath.Join(t.TempDir(), "code.png")
		if err := os.WriteFile(file, c.code.PNG(), 0o600); err != nil {
			t.Fatal(err)
		}
		p.do(chromedp.SetUploadFiles(chromedp.CSS("#gate-1-picture"), []string{file}))
		p.wait("the picture is read", fmt.Sprintf("document.querySelector('#gate-1-code').value === %q", c.want))
	}
	none := filepath.Join(t.TempDir(), "none.png")
	if err := os.WriteFile(none, []byte("no picture"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.do(chromedp.SetUploadFiles(chromedp.CSS("#gate-1-picture"), []string{none}))
	p.says(".entry .note", "no picture that the browser can show")
}

// TestShopPage_without_script says what is missing and where to go.
func TestShopPage_without_script(t *testing.T) {
	t.Parallel()
	p := openShop(t, 390, 844, nil)
	emulate(p, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	p.do(chromedp.Reload())
	if said := p.text("body"); !strings.Contains(said, "needs JavaScript") || !strings.Contains(said, "THIS IS NOT AMAZON") || strings.Contains(said, "Walk out all") {
		t.Errorf("without script the page says %q", said)
	}
	resp, err := chromedp.RunResponse(p.ctx, chromedp.Click(chromedp.CSS(".plain a")))
	if err != nil || resp.Status != http.StatusOK || !strings.HasSuffix(resp.URL, "/") {
		t.Errorf("the link leads to %+v, %v", resp, err)
	}
}
