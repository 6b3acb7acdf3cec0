package cart_test

import (
	"encoding/json"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/strollhq/stroll/internal/cart"
	"github.com/strollhq/stroll/jwo"
)

// marshalled is a cart's content as encoding/json writes it, which is what the
// digests of stored carts were made of.
func marshalled(t *rapid.T, req jwo.CreatePurchasesRequest) string {
	instant := func(v jwo.Timestamp) jwo.Timestamp {
		at, err := v.Time()
		if err != nil {
			return v
		}
		return jwo.Timestamp(at.UTC().Format(time.RFC3339Nano))
	}
	req.RequestID = ""
	trip := *req.ShoppingTrip
	trip.StartTime, trip.EndTime = instant(trip.StartTime), instant(trip.EndTime)
	trip.AuthEvents = []jwo.PurchaseAuthEvent{}
	for _, e := range req.ShoppingTrip.AuthEvents {
		e.Timestamp = instant(e.Timestamp)
		if e.ScanResult != nil && e.ScanResult.Type == jwo.Cash {
			e.ScanResult = &jwo.ScanResult{ID: e.ScanResult.ID, Type: jwo.CashShopper}
		}
		trip.AuthEvents = append(trip.AuthEvents, e)
	}
	req.ShoppingTrip = &trip
	items := []jwo.CartItem{}
	for _, item := range req.CartItems {
		if len(item.ExternalIdentifiers) == 0 {
			item.ExternalIdentifiers = nil
		}
		items = append(items, item)
	}
	req.CartItems = items
	text, err := json.Marshal(req)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestContent: carts taken before content was written by hand are recognised.
func TestContent(t *testing.T) {
	t.Parallel()
	text := rapid.OneOf(rapid.StringMatching(`[A-Za-z0-9 _-]{0,12}`), rapid.String(), rapid.SampledFrom([]string{"", "<&>", "é\"\\", "\u2028", "\x7f", "a\xffb"}))
	stamp := rapid.SampledFrom([]jwo.Timestamp{"2026-03-02T14:30:00Z", "2026-03-02T09:30:00.120-05:00", "2026-03-02T14:30:00.000000001Z"})
	maybe := rapid.OneOf(stamp, rapid.Just(jwo.Timestamp("")))
	identity := func(t *rapid.T, name string) *jwo.Identity {
		if !rapid.Bool().Draw(t, name) {
			return nil
		}
		return &jwo.Identity{ID: text.Draw(t, name+".id")}
	}
	rapid.Check(t, func(t *rapid.T) {
		req := jwo.CreatePurchasesRequest{
			RequestID: text.Draw(t, "request"), IdempotentShoppingTripID: text.Draw(t, "trip"), StoreID: text.Draw(t, "store"),
			ShoppingTrip:    &jwo.ShoppingTrip{StartTime: stamp.Draw(t, "start"), EndTime: stamp.Draw(t, "end")},
			ShopperIdentity: identity(t, "shopper"), ShopperDeviceID: text.Draw(t, "device"), PaymentSource: identity(t, "source"),
		}
		for range rapid.IntRange(0, 3).Draw(t, "events") {
			e := jwo.PurchaseAuthEvent{ID: text.Draw(t, "event"), Timestamp: maybe.Draw(t, "at"), Location: text.Draw(t, "location"), PayloadType: text.Draw(t, "payload")}
			if rapid.Bool().Draw(t, "scanned") {
				e.ScanResult = &jwo.ScanResult{ID: text.Draw(t, "visitor"), Type: rapid.SampledFrom([]string{"", jwo.Cash, jwo.CashShopper, jwo.Shopper}).Draw(t, "kind")}
			}
			req.ShoppingTrip.AuthEvents = append(req.ShoppingTrip.AuthEvents, e)
		}
		for range rapid.IntRange(0, 3).Draw(t, "lines") {
			item := jwo.CartItem{ID: text.Draw(t, "item"), Type: text.Draw(t, "type"), LineItemID: text.Draw(t, "line"),
				Quantity: &jwo.Quantity{Value: rapid.SampledFrom([]string{"1", "0.5", "12.25"}).Draw(t, "quantity"), Unit: text.Draw(t, "unit")}}
			for range rapid.IntRange(0, 2).Draw(t, "identifiers") {
				item.ExternalIdentifiers = append(item.ExternalIdentifiers, jwo.ExternalIdentifier{ID: text.Draw(t, "code"), Type: text.Draw(t, "codeType")})
			}
			req.CartItems = append(req.CartItems, item)
		}
		if got, want := string(cart.ContentOf(&req)), marshalled(t, req); got != want {
			t.Fatalf("content\n%s\nwant\n%s", got, want)
		}
	})
}
