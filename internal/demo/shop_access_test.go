package demo_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

func (p *page) post(url, body string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(p.ctx, http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err == nil {
		resp.Body.Close()
	}
	return resp, err
}

// emulate sets something of the browser's.
func emulate[P, R any](p *page, cmd cdp.Command[P, R], params P) {
	p.t.Helper()
	p.do(func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, t, cmd, params)
		return chromedp.Void{}, err
	})
}

// scheme switches between light and dark.
func (p *page) scheme(name string) {
	emulate(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}},
	})
}

// narrow finds what is wider than the window, and faint what is harder to read
// than WCAG AA allows: 4.5 to 1, or 3 to 1 for large text.
const (
	narrow = `(() => {
		const wide = document.documentElement.scrollWidth;
		if (wide <= innerWidth) return '';
		const who = [...document.querySelectorAll('body *')].filter((n) => n.getBoundingClientRect().right > innerWidth + 1);
		return wide + ' wide: ' + who.slice(0, 5).map((n) => n.tagName + '.' + n.className).join(', ');
	})()`
	faint = `(() => {
		const rgba = (s) => { const n = s.match(/[\d.]+/g).map(Number); return [n[0], n[1], n[2], n[3] ?? 1]; };
		const over = (a, b) => [0, 1, 2].map((i) => a[i] * a[3] + b[i] * (1 - a[3])).concat(1);
		const ground = (n) => {
			if (!n) return [255, 255, 255, 1];
			const c = rgba(getComputedStyle(n).backgroundColor);
			return c[3] === 1 ? c : over(c, ground(n.parentElement));
		};
		const light = (c) => [0.2126, 0.7152, 0.0722].reduce((s, w, i) => {
			const v = c[i] / 255;
			return s + w * (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
		}, 0);
		const bad = new Set();
		for (const n of document.querySelectorAll('body *')) {
			const words = [...n.childNodes].some((k) => k.nodeType === 3 && k.textContent.trim());
			if (!words || !n.checkVisibility({ visibilityProperty: true }) || n.closest('svg, option, noscript, .quiet, [aria-disabled=true], :disabled')) continue;
			const style = getComputedStyle(n);
			const bg = ground(n);
			const fg = over([...rgba(style.color).slice(0, 3), rgba(style.color)[3] * Number(style.opacity)], bg);
			const [a, b] = [light(fg), light(bg)].sort((x, y) => y - x);
			const ratio = (a + 0.05) / (b + 0.05);
			const size = parseFloat(style.fontSize);
			const large = size >= 24 || size >= 18.66 && Number(style.fontWeight) >= 700;
			if (ratio < (large ? 3 : 4.5)) bad.add(n.tagName + '.' + n.className + ' "' + n.textContent.slice(0, 20) + '" ' + ratio.toFixed(2));
		}
		return [...bad].slice(0, 8).join('; ');
	})()`
)

// check reports what a script finds wrong.
func (p *page) check(where, script string) {
	p.t.Helper()
	found, err := chromedp.Run(p.ctx, chromedp.Evaluate[string](script))
	if err != nil {
		p.t.Fatal(err)
	}
	if found != "" {
		p.t.Errorf("%s: %s", where, found)
	}
}

// TestShopPage_phone holds the page in one hand, in the light and in the dark.
func TestShopPage_phone(t *testing.T) {
	t.Parallel()
	p := openShop(t, 390, 844, nil)
	p.byCard(3, "approve")
	p.entry(3, "Shopping")
	p.click("#tabs button:nth-child(2)")
	p.take("SNK-002", 1)
	p.click("#tabs button:nth-child(3)")
	p.click("[data-api=GetShopperAuthorization] summary")
	p.says("[data-api=GetShopperAuthorization] pre", "shoppingTripId")
	for _, scheme := range []string{"light", "dark"} {
		p.scheme(scheme)
		for n, panel := range []string{"#panel-gate", "#panel-shelf", "#panel-calls"} {
			p.click(fmt.Sprintf("#tabs button:nth-child(%d)", n+1))
			p.wait(panel+" is shown alone", fmt.Sprintf(`[...document.querySelectorAll('.panel')].filter((n) => n.checkVisibility()).map((n) => '#' + n.id).join() === %q`, panel))
			p.check(scheme+" "+panel, narrow)
			p.check(scheme+" "+panel, faint)
		}
	}
	p.click("#tabs button:nth-child(1)")
	p.click(".actions .out")
	p.entry(3, "Captured")
	p.says("#panel-gate .journey", "Captured")
	p.check("after the walk", narrow)
}

// TestShopPage_keyboard never touches the mouse, and must always see where it is.
func TestShopPage_keyboard(t *testing.T) {
	t.Parallel()
	p := openShop(t, 1280, 900, nil)
	// to goes on with Tab until an element has the focus.
	to := func(selector string) {
		t.Helper()
		for range 250 {
			p.do(chromedp.KeyEvent(kb.Tab))
			at, err := chromedp.Run(p.ctx, chromedp.Evaluate[bool](fmt.Sprintf("document.activeElement.matches(%q)", selector)))
			if err != nil {
				t.Fatal(err)
			}
			if at {
				p.wait("the focus on "+selector+" is seen", `((n) => parseFloat(getComputedStyle(n).outlineWidth) >= 2 && getComputedStyle(n).outlineStyle !== 'none')(document.activeElement)`)
				return
			}
		}
		t.Fatalf("no Tab leads to %s", selector)
	}
	press := func(keys string) { t.Helper(); p.do(chromedp.KeyEvent(keys)) }
	p.do(chromedp.KeyEvent(kb.Tab))
	p.wait("the first stop skips to the gate", "document.activeElement.matches('.skip') && document.activeElement.getBoundingClientRect().top >= 0")
	to(`[data-gate="gate-2"] .tile`)
	press(kb.Enter)
	p.says("#h-gate", "Gate 2")
	to(`.entry [data-way="card"]`)
	press(" ")
	to("#gate-2-card")
	press("a") // approve, by its first letter
	to(".entry button[type=submit]")
	press(kb.Enter)
	p.entry(2, "Shopping")
	to("#search")
	press("WGT-004")
	p.wait("bananas are found", "document.querySelectorAll('.good').length === 1")
	to(".weigh input")
	press("1.25")
	press(kb.Enter)
	p.says(".lines", "1.25 lb")
	p.wait("the focus stayed", "document.activeElement.matches('.weigh input')")
	to(".stranger summary")
	press(kb.Enter)
	to(".stranger button[type=submit]")
	press(" ")
	p.says(".lines", "NOBODY-SELLS-THIS")
	to(".stranger button[type=button]")
	press(" ")
	p.wait("it is back", "document.querySelectorAll('.lines li').length === 1")
	p.do(chromedp.Focus(chromedp.CSS(".skip")))
	to(".actions .out")
	press(kb.Enter)
	p.entry(2, "Captured")
	to("[data-api=CaptureCharge] summary")
	press(kb.Enter)
	p.says("[data-api=CaptureCharge] pre", "amount")
	p.check("names", `[...document.querySelectorAll('button, input, select, textarea, summary, a')].filter((n) => n.checkVisibility() &&
		!(n.innerText?.trim() || n.getAttribute('aria-label') || n.labels?.length)).map((n) => n.outerHTML.slice(0, 80)).join('; ')`)
}
