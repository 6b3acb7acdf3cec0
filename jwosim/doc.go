// Package jwosim plays the other side of a Just Walk Out store, so that a
// retailer's system can be built and tested without one.
//
// IT IS NOT AMAZON. It is not made, endorsed or checked by Amazon; it moves no
// money and opens no gate. It plays what the published contract says and, where
// the contract is silent, what [Settings] says. Passing against it proves
// nothing about the real service except that the documented rules were kept.
//
// A [Sim] holds stores, cards with balances and behaviours, gates, shopping
// trips, pre-authorizations with an expiry, charges and its own books:
//
//	sim, err := jwosim.New(jwosim.Config{
//		Seed:   7,
//		Stores: []jwosim.Store{{ID: "store-1", Currency: "USD", ConnectorURL: connector.URL}},
//		Accept: []jwosim.Credentials{{AccessKeyID: "AKID", SecretAccessKey: "secret"}},
//	})
//	trip, err := sim.EnterByCard(ctx, "store-1", "decline_adjust")
//	trip.Take(jwosim.Item{ID: "SKU-1", Type: "SKU", Quantity: "2", Unit: "each"})
//	err = sim.WalkOut(ctx, trip)
//	books := sim.Books()
//
// Amazon's API is [Sim.Handler]; [Sim.Management] drives the same simulator over
// HTTP. The two are separate listeners on purpose: Amazon's API and the
// connectors it calls share one path with different bodies.
//
// State is real: a hold lowers what the card can still pay, an Adjust moves it,
// a Capture spends it, and [Sim.Verify] checks that no cent was made or lost.
// Outcomes are forced by magic cards ([MagicCards]), by magic shoppers
// ([MagicShoppers]) or by [Sim.ForceNext]. [Sim.Advance] moves the clock: 46
// hours pass in no time. [Config.Strict] refuses what a stricter Amazon might
// refuse, and every request and answer is kept in [Sim.History].
// Faults ([Faults]) are drawn from the seed and from what a request is about,
// never from the order in which requests happen to arrive, so a run with the
// same seed and the same entry keys meets the same faults however its requests
// interleave.
//
// A Sim is safe for concurrent use. Nothing runs in the background unless
// asked for; every wait is a timer under the caller's context and holds no
// lock, so a Sim works inside testing/synctest.
package jwosim
