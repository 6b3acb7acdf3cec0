package demo_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/strollhq/stroll/internal/app"
	"github.com/strollhq/stroll/internal/demo"
	"github.com/strollhq/stroll/internal/testkit"
	"github.com/strollhq/stroll/jwosim"
)

// chromium finds the browser. Without one the test is skipped, except where
// everything must be there.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	const missing = "no browser: on Debian, apt-get install --no-install-recommends chromium"
	if os.Getenv("CI") != "" {
		t.Fatal(missing)
	}
	t.Skip(missing)
	return ""
}

// page is a tab of a real browser on a real world.
type page struct {
	*demo.World
	t   *testing.T
	ctx context.Context
	// stop ends the world.
	stop context.CancelFunc
	// tolerate is part of the addresses that may fail; none when empty.
	tolerate string

	mu       sync.Mutex
	problems []problem
}

type problem struct{ text, url string }

// openShop opens a world on TCP and its shop page in a browser of a width. At
// the end the page must have had nothing to complain about.
func openShop(t *testing.T, width, height int64, sim func(*jwosim.Config)) *page {
	t.Helper()
	path := chromium(t)
	w, err := demo.Open(t.Context(), demo.Config{
		Database: testkit.SQLiteDSN(t), Seed: 1, Edit: func(c *app.Config) { demo.Hurry(c) }, Sim: sim,
	})
	if err != nil {
		t.Fatal(err)
	}
	serving, stop := context.WithCancel(context.WithoutCancel(t.Context())) // the browser is closed first
	served := make(chan error, 1)
	go func() { served <- w.Run(serving) }()

	browser, quit := chromedp.NewExecAllocator(context.WithoutCancel(t.Context()), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("no-first-run", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.Flag("disable-dev-shm-usage", true),
		chromedp.Flag("hide-scrollbars", true),
	)...)
	tab, closeTab := chromedp.NewContext(browser)
	ctx, end := context.WithTimeout(tab, 5*time.Minute)
	p := &page{World: w, t: t, ctx: ctx, stop: stop}
	listened := make(chan struct{})
	t.Cleanup(func() {
		end()
		closeTab()
		quit()
		<-listened
		stop()
		if err := <-served; err != nil {
			t.Errorf("run: %v", err)
		}
		if err := w.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		for _, it := range p.problems {
			if p.tolerate == "" || !strings.Contains(it.url, p.tolerate) {
				t.Errorf("the page complained: %s (%s)", it.text, it.url)
			}
		}
	})
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(width, height)); err != nil {
		close(listened)
		t.Fatalf("start %s: %v", path, err)
	}
	console := chromedp.Console(ctx)
	go func() {
		defer close(listened)
		for m, err := range console {
			if err != nil {
				return
			}
			// A refused act is answered with a status, which browsers log by themselves.
			if m.Type == "debug" || m.Type == "log" || m.Type == "info" || m.Source == "network" && strings.Contains(m.Text, "status of 4") {
				continue
			}
			p.mu.Lock()
			p.problems = append(p.problems, problem{fmt.Sprintf("%s %s: %s", m.Type, m.Source, m.Text), m.URL})
			p.mu.Unlock()
		}
	}()
	p.do(chromedp.Navigate(w.Addresses()["simulator"] + "/shop"))
	p.wait("the stream is up", `document.querySelector('#link').textContent === 'Live' && document.querySelectorAll('.good').length > 5 && document.querySelector('.entry option')`)
	return p
}

func (p *page) do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, steps...); err != nil {
		p.t.Fatal(err)
	}
}

// wait waits until an expression of the page is true.
func (p *page) wait(what, expression string) {
	p.t.Helper()
	if _, err := chromedp.Run(p.ctx, chromedp.Poll[bool]("Boolean("+expression+")", chromedp.WithPollingTimeout(60*time.Second))); err != nil {
		p.t.Fatalf("%s: %v\nwaited for %s\nthe page says: %s", what, err, expression, p.text("body"))
	}
}

// text is what a person reads in an element.
func (p *page) text(selector string) string {
	p.t.Helper()
	s, err := chromedp.Run(p.ctx, chromedp.Evaluate[string](fmt.Sprintf("document.querySelector(%q)?.innerText ?? ''", selector)))
	if err != nil {
		p.t.Fatal(err)
	}
	return s
}

// click clicks with a mouse, once the element is there to be clicked.
func (p *page) click(selector string) {
	p.t.Helper()
	p.wait("there is "+selector, fmt.Sprintf("document.querySelector(%[1]q)?.checkVisibility() && document.querySelector(%[1]q).getAttribute('aria-disabled') !== 'true'", selector))
	p.do(chromedp.Click(chromedp.CSS(selector)))
}

// says waits until an element holds a text.
func (p *page) says(selector, want string) {
	p.t.Helper()
	p.wait(selector+" says "+want, fmt.Sprintf("(document.querySelector(%q)?.innerText ?? '').includes(%q)", selector, want))
}

// gate chooses a gate.
func (p *page) gate(n int) {
	p.t.Helper()
	p.click(fmt.Sprintf(`[data-gate="gate-%d"] .tile`, n))
	p.says("#h-gate", fmt.Sprintf("Gate %d", n))
}

// byCard lets somebody in with a card.
func (p *page) byCard(n int, card string) {
	p.t.Helper()
	p.gate(n)
	p.click(`.entry [data-way="card"]`)
	p.do(chromedp.SetValue(chromedp.CSS(fmt.Sprintf("#gate-%d-card", n)), card))
	p.click(".entry button[type=submit]")
}

// find searches the shelf until one item is left.
func (p *page) find(sku string) {
	p.t.Helper()
	p.js("document.querySelector('#search').value = ''")
	p.do(chromedp.SendKeys(chromedp.CSS("#search"), sku))
	p.wait(sku+" is found", fmt.Sprintf("document.querySelectorAll('.good').length === 1 && document.querySelector('.good-code').textContent === %q", sku))
}

// take takes pieces of an item.
func (p *page) take(sku string, pieces int) {
	p.t.Helper()
	p.find(sku)
	for range pieces {
		p.click(".good .take")
	}
}

// js runs something in the page.
func (p *page) js(expression string) {
	p.t.Helper()
	p.do(chromedp.Evaluate[chromedp.Void](expression))
}
