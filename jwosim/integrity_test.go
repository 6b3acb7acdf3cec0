package jwosim_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/strollhq/stroll/jwosim"
)

// Whatever is asked in whatever order, money is neither made nor lost: a card's
// balance is what is available, held and spent, and the books say the same.
func TestIntegrity(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		clock := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		strict := func(name string, words ...string) string { return rapid.SampledFrom(words).Draw(t, name) }
		sim, err := jwosim.New(jwosim.Config{
			Seed: rapid.Uint64().Draw(t, "seed"), AcceptUnsigned: true, History: -1,
			Stores:    []jwosim.Store{{ID: "s", Strategy: jwosim.NoStrategy, ConnectorURL: "http://nowhere"}},
			Connector: direct(mux(purchased)),
			Now:       func() time.Time { return clock },
			Settings: jwosim.Settings{
				DoubleCaptures:       rapid.Bool().Draw(t, "double"),
				CaptureWithoutAdjust: rapid.Bool().Draw(t, "without adjust"),
				RepeatedCapture:      strict("repeat", "accept", "refuse"),
				FallingReport:        strict("falling", "accept", "reject"),
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		defer sim.Close()
		cards := []string{"approve", "insufficient", "partial_50", "partial_balance", "decline_adjust", "pending_3_then_approve", "approve#2"}
		var trips []*jwosim.Trip
		paths := []string{adjustPath, adjustPath, capturePath, capturePath, cancelPath, refundPath, refundPath, reportPath, dataPath}
		refund := 0
		t.Repeat(map[string]func(*rapid.T){
			"enter": func(t *rapid.T) {
				if trip, err := sim.EnterByCard(context.Background(), "s", rapid.SampledFrom(cards).Draw(t, "card")); err == nil {
					trips = append(trips, trip)
				}
			},
			"out": func(t *rapid.T) {
				if len(trips) > 0 {
					sim.WalkOut(context.Background(), rapid.SampledFrom(trips).Draw(t, "trip"))
				}
			},
			"wait": func(t *rapid.T) {
				clock = clock.Add(time.Duration(rapid.IntRange(1, 30).Draw(t, "hours")) * time.Hour)
			},
			"card": func(t *rapid.T) {
				balance := rapid.Int64Range(1, 10000).Draw(t, "balance")
				c := jwosim.Card{ID: "approve#2"}
				c.Balance.Minor = balance
				_ = sim.AddCard(c) // refused when it would lie below what is held and spent
			},
			"ask": func(t *rapid.T) {
				if len(trips) == 0 {
					return
				}
				trip := rapid.SampledFrom(trips).Draw(t, "trip")
				if rapid.IntRange(0, 3).Draw(t, "new refund") == 0 {
					refund++
				}
				minor := rapid.OneOf(rapid.Int64Range(-5, 6000), rapid.SampledFrom([]int64{1234, 2500, 3000, 1 << 62})).Draw(t, "amount")
				amount := fmt.Sprintf(`{"amount":%d.%02d,"code":"USD"}`, minor/100, max(minor, -minor)%100)
				body := fmt.Sprintf(`{"storeId":"s","shoppingTripId":%q,"amount":%s,"totalAmount":%[2]s,"settledAmount":%[2]s,`+
					`"refundRequestId":"00000000-0000-4000-8000-%012d","refundReasonCode":"OTHER"}`, trip.ID(), amount, refund)
				path := rapid.SampledFrom(paths).Draw(t, "path")
				if force := rapid.SampledFrom([]string{"", "", "", "lost", "500-after", "reset"}).Draw(t, "force"); force != "" {
					for _, api := range []string{"AdjustCharge", "CaptureCharge"} {
						_ = sim.ForceNext(api, force)
					}
				}
				ask(sim, path, body)
			},
			"": func(t *rapid.T) {
				if err := sim.Verify(); err != nil {
					t.Fatal(err)
				}
				var held, spent int64
				for _, c := range sim.Cards() {
					if c.Available+c.Held+c.Spent != c.Balance.Minor {
						t.Fatalf("%+v", c)
					}
					held, spent = held+c.Held, spent+c.Spent
				}
				b := sim.Books()
				if b.Balanced != "" {
					t.Fatal(b.Balanced)
				}
				if diff := cmp.Diff(b.Totals, sim.Totals()); diff != "" {
					t.Fatal(diff)
				}
				for _, sum := range b.Totals {
					if sum.Held != held || sum.Captured-sum.Refunded != spent {
						t.Fatalf("books %+v, cards hold %d and spent %d", sum, held, spent)
					}
				}
			},
		})
	})
}

// Many shoppers of one small card, at once, through heavy faults.
func TestIntegrity_crowd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sim := virtual(t, mux(purchased), func(c *jwosim.Config) {
			c.Faults = jwosim.HeavyFaults()
			c.Cards = []jwosim.Card{{ID: "family"}}
			c.Cards[0].Balance.Minor = 20 * 2500
		})
		var all sync.WaitGroup
		var mu sync.Mutex
		in := 0
		for i := range 100 {
			all.Go(func() {
				trip, err := sim.Enter(context.Background(), jwosim.Entry{StoreID: "store-1", Card: "family", Key: fmt.Sprint(i)})
				if err != nil {
					return
				}
				mu.Lock()
				in++
				mu.Unlock()
				if err := sim.WalkOut(context.Background(), trip); err != nil {
					t.Error(err)
				}
				// The same call several times at once: one effect.
				var copies sync.WaitGroup
				for range 3 {
					copies.Go(func() { settle(sim, trip, "25") })
				}
				copies.Wait()
			})
		}
		all.Wait()
		b := sim.Books()
		if b.Balanced != "" {
			t.Error(b.Balanced)
		}
		if in > 20 || in < 10 || len(b.Trips) != in || b.Totals[0].Captured != int64(in)*2500 {
			t.Errorf("%d came in on a card that bears 20; %+v", in, b.Totals)
		}
	})
}

func TestMagicCards(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, m := range jwosim.MagicCards() {
		if m.Name == "" || m.Explain == "" || seen[m.Name] || strings.Contains(m.Name, "#") {
			t.Errorf("%+v", m)
		}
		seen[m.Name] = true
	}
	for _, name := range []string{"approve", "decline_adjust", "partial_50", "pending_3_then_approve", "pending_forever", "expired", "insufficient", "invalid_card", "fraud_risk"} {
		if !seen[name] {
			t.Errorf("no %s", name)
		}
	}
}
