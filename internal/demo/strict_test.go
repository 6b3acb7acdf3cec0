package demo_test

import (
	"net/http"
	"testing"

	"github.com/strollhq/stroll/internal/app"
	"github.com/strollhq/stroll/internal/demo"
	"github.com/strollhq/stroll/jwosim"
)

// TestStrictAmazon runs the program against an Amazon that refuses all it might
// refuse one day, on a bad day: nothing we send or answer depends on tolerance.
func TestStrictAmazon(t *testing.T) {
	t.Parallel()
	for _, strategy := range strategies {
		t.Run(strategy, func(t *testing.T) {
			inWorld(t, func(c *demo.Config, _ *http.Client) {
				edit := c.Edit
				c.Edit = func(a *app.Config) {
					edit(a)
					a.Stores[0].Gate.Strategy = strategy
				}
				c.Seed, c.Faults = 11, jwosim.HeavyFaults()
				c.Sim = func(s *jwosim.Config) { s.Strict = true }
			}, func(t *testing.T, o opened) {
				o.shopsSoundly(t, 120)
				calls := map[string]bool{}
				for _, e := range o.Sim.History(jwosim.Filter{Status: http.StatusOK}) {
					calls[e.API] = true
				}
				want := []string{"VerifyIdentityKeys", "AdjustCharge", "CancelCharge", "CaptureCharge", "GetTransactionalData"}
				if strategy == jwosim.AmazonManaged || strategy == jwosim.AmazonRecommendation {
					want = append(want, "ReportPaymentStatus")
				}
				for _, api := range want {
					if !calls[api] {
						t.Errorf("nothing is known about %s", api)
					}
				}
			})
		})
	}
}

// TestOutagesAndCredentials has Amazon refuse our key for hours, be down by
// schedule, and call us with credentials that are no good.
func TestOutagesAndCredentials(t *testing.T) {
	t.Parallel()
	for name, faults := range map[string]string{
		"revoked key":     "outage=0s+3h@amazon:revoked",
		"expired key":     "outage=0s+20m/1h@amazon:expired",
		"daily outages":   "outage=0s+1h@CreatePurchases,outage=0s+65m@CancelCharge,outage=30m+2h@AdjustCharge:500-after,outage=2h+8h@CaptureCharge:hang",
		"bad callers":     "expired=0.15,revoked=0.15,stale-gate=0.5,stale-cart=0.5,stale-by=1d",
		"carts days late": "late-cart=0.3,late-by=1d,late-law=lognormal,late-typical=1h,stale-cart=0.3,stale-by=3d",
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(c *demo.Config, _ *http.Client) {
				f, err := jwosim.ParseFaults(faults)
				if err != nil {
					t.Fatal(err)
				}
				c.Seed, c.Faults = 3, f
			}, func(t *testing.T, o opened) {
				o.shopsSoundly(t, 60)
				met := 0
				for _, e := range o.Sim.History(jwosim.Filter{}) {
					if e.Fault != "" {
						met++
					}
				}
				if met == 0 && name != "carts days late" {
					t.Error("no request met a fault")
				}
			})
		})
	}
}

// shopsSoundly lets shoppers through, after which both books are equal and
// Amazon found nothing wrong with us.
func (o opened) shopsSoundly(t *testing.T, trips int) {
	t.Helper()
	tally := o.shop(t, trips)
	sum, err := o.Summary(o.ctx, tally)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range sum.Differences {
		t.Error(d)
	}
	for _, f := range o.Sim.Findings() {
		t.Errorf("%+v", f)
	}
	if sum.Captured.IsZero() {
		t.Error("nothing was captured")
	}
	settled(t, o.ctx, o.World)
}
