package jwosim_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/strollhq/stroll/jwosim"
)

// An outage begins and ends by the clock, whether that runs or is moved, and
// hits what it names.
func TestOutage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f, err := jwosim.ParseFaults("outage=10m+2m/1h@AdjustCharge:500,outage=30m+1m@amazon,outage=2h+1m,outage=3h+1m@amazon:revoked")
		if err != nil {
			t.Fatal(err)
		}
		sim := virtual(t, mux(purchased), func(c *jwosim.Config) { c.Faults = f })
		trip := enter(t, sim, "approve")
		began := sim.Now()
		for i, c := range []struct {
			at             time.Duration
			adjust, cancel int
		}{
			{0, 200, 400}, {10*time.Minute - 1, 200, 400}, {10 * time.Minute, 500, 400}, {12*time.Minute - 1, 500, 400}, {12 * time.Minute, 200, 400},
			{30 * time.Minute, 503, 503}, {31 * time.Minute, 200, 400}, {71 * time.Minute, 500, 400}, {72 * time.Minute, 200, 400},
			{2 * time.Hour, 503, 503}, {3 * time.Hour, 403, 403}, {3*time.Hour + time.Minute, 200, 400}, {50*time.Hour + 11*time.Minute, 500, 400},
		} {
			if forward := c.at - sim.Now().Sub(began); i%2 == 0 {
				time.Sleep(forward)
			} else {
				sim.Advance(forward)
			}
			adjust, _ := ask(sim, adjustPath, charge(trip, "5"))
			cancel, text := ask(sim, cancelPath, `{"storeId":"store-1","shoppingTripId":"nobody"}`)
			if adjust != c.adjust || cancel != c.cancel {
				t.Errorf("after %s: Adjust %d, Cancel %d %s, want %d and %d", c.at, adjust, cancel, text, c.adjust, c.cancel)
			}
		}
		for _, e := range sim.History(jwosim.Filter{Status: 500}) {
			if e.Fault != "outage:500" {
				t.Errorf("%+v", e)
			}
		}
		if err := sim.SetFaults(jwosim.Faults{Outages: []jwosim.Outage{{For: time.Minute}}}); err != nil {
			t.Fatal(err)
		}
		expect(t, sim, emailPath, `{"storeId":"store-1","shopperId":{"id":"s"}}`, 503, "")
		sim.Advance(time.Minute)
		expect(t, sim, emailPath, `{"storeId":"store-1","shopperId":{"id":"s"}}`, 200, "")
	})
}

// A cart is delivered through an outage of a connector, a gate keeps to its
// default, and the draws behind it are those of a day without an outage.
func TestOutage_connector(t *testing.T) {
	t.Parallel()
	run := func(outages ...jwosim.Outage) (sent int, faults []string) {
		synctest.Test(t, func(t *testing.T) {
			sim := virtual(t, mux(purchased), func(c *jwosim.Config) {
				c.Seed, c.Faults = 5, jwosim.Faults{Reset: 0.3, Lost: 0.3, Outages: outages}
				c.Stores[0].Strategy = jwosim.NoStrategy
			})
			for i := range 10 {
				trip := enter(t, sim, fmt.Sprintf("approve#%d", i))
				if err := sim.WalkOut(t.Context(), trip); err != nil {
					t.Fatal(err)
				}
				sent += trip.State().Deliveries
			}
			for _, e := range sim.History(jwosim.Filter{}) {
				if !strings.HasPrefix(e.Fault, "outage:") {
					faults = append(faults, e.Fault+strconv.Itoa(e.Attempt))
				}
			}
		})
		return sent, faults
	}
	n, calm := run()
	more, troubled := run(jwosim.Outage{For: time.Hour, Where: "CreatePurchases"}, jwosim.Outage{Start: 2 * time.Hour, For: time.Hour, Kind: "503"})
	if more < n+10 || fmt.Sprint(calm) != fmt.Sprint(troubled) {
		t.Errorf("%d deliveries with an outage, %d without: %v, %v", more, n, troubled, calm)
	}
	synctest.Test(t, func(t *testing.T) {
		sim := virtual(t, mux(purchased), func(c *jwosim.Config) {
			c.Faults = jwosim.Faults{Outages: []jwosim.Outage{{For: time.Hour, Where: jwosim.ToConnectors}}}
		})
		if _, err := sim.EnterByCard(t.Context(), "store-1", "approve"); err == nil || !strings.Contains(err.Error(), "connector_failed") {
			t.Errorf("a gate in an outage: %v", err)
		}
		expect(t, sim, emailPath, `{"storeId":"store-1","shopperId":{"id":"s"}}`, 200, "")
	})
}

// The attempts that an outage takes change no draw behind it either when the
// retailer is the one who calls.
func TestOutage_draws(t *testing.T) {
	t.Parallel()
	run := func(outages ...jwosim.Outage) (faults []string) {
		synctest.Test(t, func(t *testing.T) {
			sim := virtual(t, mux(purchased), func(c *jwosim.Config) {
				c.Seed, c.Faults = 5, jwosim.Faults{Error500: 0.4, Lost: 0.3, Outages: outages}
			})
			trip := enter(t, sim, "approve")
			for len(faults) < 8 {
				for _, body := range []string{charge(trip, "5"), `{"storeId":"store-1","shoppingTripId":"nobody"}`} {
					ask(sim, adjustPath, body)
				}
				time.Sleep(time.Minute)
				faults = nil
				for _, e := range sim.History(jwosim.Filter{API: "AdjustCharge"}) {
					if !strings.HasPrefix(e.Fault, "outage:") {
						faults = append(faults, e.Fault+strconv.Itoa(e.Attempt))
					}
				}
			}
		})
		return faults
	}
	calm := run()
	troubled := run(jwosim.Outage{For: 3 * time.Minute, Where: jwosim.ToAmazonSide})
	if fmt.Sprint(calm) != fmt.Sprint(troubled) {
		t.Errorf("%v with an outage, %v without", troubled, calm)
	}
}

// Expired and revoked credentials of ours are refused with 403 and the call
// comes again with good ones; who takes them is found out.
func TestSpoiltCredentials(t *testing.T) {
	t.Parallel()
	for _, careless := range []bool{false, true} {
		for _, kind := range []string{"expired", "revoked"} {
			t.Run(fmt.Sprintf("%s careless=%v", kind, careless), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, func(c *jwosim.Config) {
					c.Sign, c.Headers = &key, map[string]string{"X-Secret": "s"}
					c.Settings.CartFirst = time.Millisecond
				})
				guard := func(then http.HandlerFunc) http.HandlerFunc {
					return func(rw http.ResponseWriter, r *http.Request) {
						at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
						old := err != nil || time.Since(at) > 15*time.Minute
						known := strings.Contains(r.Header.Get("Authorization"), "Credential="+key.AccessKeyID+"/")
						if old != (r.Header.Get("X-Secret") == "expired") || known == (r.Header.Get("X-Secret") == "revoked") {
							t.Errorf("%s: %v", r.URL.Path, r.Header)
						}
						if !careless && (old || !known) {
							say(http.StatusForbidden, `{"message":"Forbidden"}`)(rw, r)
							return
						}
						then(rw, r)
					}
				}
				w.con.on(authorizePath, guard(say(200, `{"shopperAuthorized":true}`)))
				w.con.on(purchasesPath, guard(purchased))
				for _, api := range []string{"GetShopperAuthorization", "CreatePurchases"} {
					if err := w.sim.ForceNext(api, kind); err != nil {
						t.Fatal(err)
					}
				}
				trip := w.shop("store-1", "approve")
				found := w.sim.Findings()
				if !careless && (len(found) > 0 || len(w.con.got(authorizePath)) != 2 || trip.State().Deliveries != 2) {
					t.Errorf("%+v, %+v", found, trip.State())
				}
				if careless && (len(found) != 1 || found[0].Kind != jwosim.CallerAccepted) {
					t.Errorf("%+v", found)
				}
			})
		}
	}
}

// Without credentials there is nothing to spoil.
func TestSpoiltCredentials_none(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *jwosim.Config) { c.Faults = jwosim.Faults{Expired: 0.5, Revoked: 0.5} })
	w.shop("store-1", "approve")
	for _, e := range w.sim.History(jwosim.Filter{}) {
		if e.Fault != "" {
			t.Errorf("%+v", e)
		}
	}
	if len(w.sim.Findings()) > 0 {
		t.Errorf("%+v", w.sim.Findings())
	}
	status, text, _ := w.raw(emailPath, `{"storeId":"store-1","shopperId":{"id":"s"}}`)
	if status != 403 || !strings.Contains(text, "security token") {
		t.Errorf("%d %s", status, text)
	}
}

// A 429 says how long in the manner that is asked for.
func TestRetryAfter_manner(t *testing.T) {
	t.Parallel()
	for as, good := range map[string]func(string) bool{
		"":        func(v string) bool { return v == "90" },
		"seconds": func(v string) bool { return v == "90" },
		"none":    func(v string) bool { return v == "" },
		"date": func(v string) bool {
			at, err := http.ParseTime(v)
			return err == nil && time.Until(at) > 80*time.Second && time.Until(at) <= 90*time.Second
		},
	} {
		w := newWorld(t, func(c *jwosim.Config) {
			c.Faults = jwosim.Faults{TooMany: 1, RetryAfter: 90 * time.Second, RetryAfterAs: as}
		})
		status, _, h := w.raw(emailPath, `{"storeId":"store-1","shopperId":{"id":"s"}}`)
		if status != 429 || !good(h.Get("Retry-After")) {
			t.Errorf("%s: %d, %q", as, status, h.Get("Retry-After"))
		}
	}
}
