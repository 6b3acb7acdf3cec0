package demo_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/strollhq/stroll/internal/demo"
	"github.com/strollhq/stroll/jwosim"
)

var screenshots = flag.String("screenshots", "", "write pictures of the shop page in the middle of a session into this directory")

// TestShopScreenshots makes the pictures of the documentation:
//
//	go test ./internal/demo -run TestShopScreenshots -screenshots "$PWD/docs"
func TestShopScreenshots(t *testing.T) {
	if *screenshots == "" {
		t.Skip("asked for with -screenshots DIR")
	}
	for _, c := range []struct {
		name          string
		width, height int64
	}{{"shop-1280", 1280, 900}, {"shop-390", 390, 844}} {
		t.Run(c.name, func(t *testing.T) {
			p := openShop(t, c.width, c.height, func(cfg *jwosim.Config) {
				cfg.Faults, _ = jwosim.ParseFaults("500=0.12,lost=0.06,latency=30ms")
			})
			lively(t, p)
			p.gate(3)
			if c.width > 1000 {
				p.wait("a few calls", "document.querySelectorAll('[data-api=AdjustCharge]').length > 5")
				p.js("document.querySelectorAll('[data-api=AdjustCharge] details')[1].open = true")
			}
			p.js("document.activeElement.blur(); document.querySelectorAll('.scroll').forEach((n) => { n.scrollTop = 0; }); window.scrollTo(0, 0)")
			p.do(chromedp.MouseClickXY(2, 200), chromedp.Sleep(time.Second)) // a picture has no signal to wait for
			png, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(*screenshots, c.name+".png"), png, 0o644); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// lively fills the eight gates: some have paid, some are inside, some never
// came in.
func lively(t *testing.T, p *page) {
	t.Helper()
	enter := func(gate int, e jwosim.Entry) *jwosim.Trip {
		e.StoreID, e.Key = demo.StoreID, fmt.Sprintf("gate-%d/1", gate)
		trip, _ := p.Sim.Enter(p.ctx, e)
		return trip
	}
	take := func(trip *jwosim.Trip, unit string, items ...string) {
		for i := 0; trip != nil && i+1 < len(items); i += 2 {
			if err := trip.Take(jwosim.Item{ID: items[i], Quantity: items[i+1], Unit: unit}); err != nil {
				t.Fatal(err)
			}
		}
	}
	code, err := p.App.Gate.IssueCode(p.ctx, demo.StoreID, "shopper-01")
	if err != nil {
		t.Fatal(err)
	}
	out := func(gate int, word string, trip *jwosim.Trip) {
		if trip == nil {
			return
		}
		if err := p.Sim.WalkOut(p.ctx, trip); err != nil {
			t.Fatal(err)
		}
		p.wait(word, fmt.Sprintf(`document.querySelector('[data-gate="gate-%d"] .chip')?.textContent === %q`, gate, word))
	}
	one := enter(1, jwosim.Entry{Card: "approve#gate-1"})
	take(one, "each", "DRK-004", "2", "SNK-002", "1")
	out(1, "Captured", one)
	enter(4, jwosim.Entry{Card: "expired#gate-4"})
	five := enter(5, jwosim.Entry{Card: "decline_adjust#gate-5"})
	take(five, "each", "DRK-001", "1", "SNK-002", "3")
	if five != nil {
		if err := p.Sim.WalkOut(p.ctx, five); err != nil {
			t.Fatal(err)
		}
	}
	two := enter(2, jwosim.Entry{Code: code.Text})
	take(two, "each", "DRK-008", "1", "DRK-010", "2")
	three := enter(3, jwosim.Entry{Card: "partial_50#gate-3"})
	if three != nil {
		if err := p.Sim.Join(p.ctx, three, jwosim.Entry{Card: "partial_50#gate-3"}); err != nil {
			t.Fatal(err)
		}
	}
	take(three, "each", "DRK-002", "2", "SNK-002", "1", "DRK-011", "1")
	take(three, "lb", "WGT-001", "0.455")
	six := enter(6, jwosim.Entry{Card: "pending_forever#gate-6"})
	take(six, "each", "DRK-003", "2", "DRK-005", "4")
	if six != nil {
		if err := p.Sim.WalkOut(p.ctx, six); err != nil {
			t.Fatal(err)
		}
	}
	take(enter(7, jwosim.Entry{Card: "approve#gate-7"}), "each", "DRK-006", "1")
}
