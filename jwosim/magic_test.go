package jwosim_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/strollhq/stroll/jwosim"
)

func TestMagicShoppers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *jwosim.Config) {
		c.Settings.UnknownShopper = "null"
		c.Emails = map[string]string{"email_absent-registered": "ada@example.com"}
	})
	long := `{"shopperEmail":"` + fmt.Sprintf("%0128d", 0) + `@example.com"}`
	for id, want := range map[string]string{
		"email_known": `{"shopperEmail":"shopper@example.com"}`, "email_known-7": `{"shopperEmail":"shopper@example.com"}`,
		"email_absent": `{}`, "email_null": `{"shopperEmail":null}`, "email_empty": `{"shopperEmail":""}`,
		"email_ill_formed":        `{"shopperEmail":"nobody at example"}`,
		"email_too_long":          long,
		"email_more_fields":       `{"loyalty":{"tiers":["gold"]},"shopperEmail":"shopper@example.com","verified":true}`,
		"email_absent-registered": `{"shopperEmail":"ada@example.com"}`,
		"email_knownsomebody":     `{"shopperEmail":null}`,
	} {
		if id == "email_too_long" {
			status, text, _ := w.raw(emailPath, `{"storeId":"store-1","shopperId":{"id":"email_too_long"}}`)
			if status != 200 || len(text) != len(long) {
				t.Errorf("%s: %d %s", id, status, text)
			}
			continue
		}
		w.expect(emailPath, `{"storeId":"store-1","shopperId":{"id":"`+id+`"}}`, 200, want)
	}
	if n := len(jwosim.MagicShoppers()); n != 7 {
		t.Errorf("%d magic shoppers, and 7 in the test", n)
	}
}

// The window of refunds and the wait of a pending answer pass with the clock.
func TestAdvance_windows(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sim := virtual(t, mux(purchased), func(c *jwosim.Config) { c.Settings.EMVDelay = time.Hour })
		pending := enter(t, sim, "pending_1h_then_approve")
		expect(t, sim, adjustPath, charge(pending, "5"), 200, `{"authorizedAmount":{"amount":5.00,"code":"USD"},"status":"PENDING"}`)
		trip := enter(t, sim, "approve")
		if err := sim.WalkOut(t.Context(), trip); err != nil {
			t.Fatal(err)
		}
		expect(t, sim, adjustPath, charge(trip, "5"), 200, "")
		expect(t, sim, capturePath, charge(trip, "5"), 200, "")
		expect(t, sim, dataPath, plain(trip), 400, unknownBody)
		sim.Advance(time.Hour)
		expect(t, sim, dataPath, plain(trip), 200, "")
		expect(t, sim, adjustPath, charge(pending, "5"), 200, `{"authorizedAmount":{"amount":5.00,"code":"USD"},"status":"APPROVED"}`)
		sim.Advance(30*24*time.Hour - time.Hour)
		expect(t, sim, refundPath, refundBody(trip, "1", refundID, "OTHER"), 200, "")
		sim.Advance(1)
		expect(t, sim, refundPath, refundBody(trip, "1", refundID2, "OTHER"), 400, badBody)
	})
}
