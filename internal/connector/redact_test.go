package connector_test

import (
	"strings"
	"testing"

	"github.com/strollhq/stroll/internal/connector"
	"github.com/strollhq/stroll/jwo"
)

// TestRefusedBodiesAreLoggedWithoutShoppers: the log shows what was wrong with
// a body and hides who it was about.
func TestRefusedBodiesAreLoggedWithoutShoppers(t *testing.T) {
	t.Parallel()
	logged := func(body string) string {
		d := open(connector.Settings{})
		shaped(t, d.do(post(jwo.PathCreatePurchases, body)), 400)
		return d.log.String()
	}
	got := logged(`{"requestId":"r-1","storeId":"store-1","shoppingTrip":{"startTime":"yesterday","authEvents":[{"id":"e-1","payloadType":"PALM",
		"scanResult":{"id":"HIDDEN","type":"GHOST"}}]},"cartItems":[{"id":"sku-1","type":"SKU","quantity":{"value":"x","unit":"each"}}],
		"shopperIdentity":{"id":"HIDDEN"},"shopperDeviceId":"HIDDEN","identityKey":"HIDDEN","email":"HIDDEN","card":4111111111111111,
		"gateAuthenticationEvent":{"data":{"last4":"HIDDEN","value":"HIDDEN"}},"amount":{"value":12.5},"list":["HIDDEN"],"flag":true}`)
	for _, want := range []string{"alert=request_refused", "r-1", "store-1", "yesterday", "e-1", "PALM", "GHOST", "sku-1", `\"value\":\"x\"`, "each", "(6 characters)", "(number)"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in %s", want, got)
		}
	}
	if strings.Contains(got, "HIDDEN") || strings.Contains(got, "4111") || strings.Contains(got, "12.5") {
		t.Errorf("%s", got)
	}
	if got := logged(`{"shopperIdentity": "HIDDEN`); strings.Contains(got, "HIDDEN") || !strings.Contains(got, "27 bytes that are not JSON") {
		t.Errorf("%s", got)
	}
	if got := logged(`{"storeId":"` + strings.Repeat("é", 5000) + `"}`); len(got) > 4000 {
		t.Errorf("%d bytes", len(got))
	}
}
