package jwosim_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/strollhq/stroll/jwosim"
)

// A step of a charge: what is asked, what comes, and the card afterwards.
type step struct {
	path, amount string
	status       int
	held, spent  int64
}

func play(t *testing.T, card string, change func(*jwosim.Config), findings []string, steps ...step) *world {
	t.Helper()
	w := newWorld(t, change)
	trip := w.shop("store-1", card)
	for i, st := range steps {
		body := charge(trip, st.amount)
		if st.amount == "" {
			body = plain(trip)
		}
		w.expect(st.path, body, st.status, "")
		for _, c := range w.sim.Cards() {
			if c.ID == card && (c.Held != st.held || c.Spent != st.spent || c.Balance.Minor != c.Available+c.Held+c.Spent) {
				t.Errorf("step %d: %+v, want held %d, spent %d", i, c, st.held, st.spent)
			}
		}
	}
	kinds := []string{}
	for _, f := range w.sim.Findings() {
		kinds = append(kinds, f.Kind)
	}
	if diff := cmp.Diff(append([]string{}, findings...), kinds); diff != "" {
		t.Error(diff)
	}
	if err := w.sim.Verify(); err != nil {
		t.Error(err)
	}
	return w
}

func TestCharge(t *testing.T) {
	t.Parallel()
	none := func(*jwosim.Config) {}
	for _, c := range []struct {
		name, card string
		change     func(*jwosim.Config)
		findings   []string
		steps      []step
	}{
		{"adjust_up_and_capture", "approve", none, nil, []step{
			{adjustPath, "40", 200, 4000, 0}, {capturePath, "40", 200, 0, 4000}}},
		{"adjust_down_frees_the_rest", "approve", none, nil, []step{
			{adjustPath, "4", 200, 400, 0}, {capturePath, "4", 200, 0, 400}}},
		{"partial_capture_frees_the_rest", "approve", none, nil, []step{
			{adjustPath, "40", 200, 4000, 0}, {capturePath, "10", 200, 0, 1000}}},
		{"cancel_releases", "approve", none, nil, []step{
			{cancelPath, "", 200, 0, 0}, {cancelPath, "", 200, 0, 0}}},
		{"cancel_after_adjust", "approve", none, nil, []step{
			{adjustPath, "4", 200, 400, 0}, {cancelPath, "", 200, 0, 0}}},
		{"adjust_repeated_sets_the_total", "approve", none, nil, []step{
			{adjustPath, "40", 200, 4000, 0}, {adjustPath, "40", 200, 4000, 0}, {adjustPath, "30", 200, 3000, 0}, {capturePath, "40", 400, 3000, 0}},
		},
		{"capture_without_adjust", "approve", none, []string{jwosim.CaptureOutOfTurn}, []step{{capturePath, "10", 400, 2500, 0}}},
		{"capture_without_adjust_allowed", "approve", func(c *jwosim.Config) { c.Settings.CaptureWithoutAdjust = true }, []string{jwosim.CaptureAbove}, []step{
			{capturePath, "25.01", 400, 2500, 0}, {capturePath, "25", 200, 0, 2500}}},
		{"capture_of_the_hold_after_a_decline", "decline_adjust", none, []string{jwosim.CaptureAbove}, []step{
			{adjustPath, "40", 200, 2500, 0}, {capturePath, "40", 400, 2500, 0}, {capturePath, "25", 200, 0, 2500}}},
		{"no_capture_after_a_decline", "decline_adjust", func(c *jwosim.Config) { c.Settings.NoCaptureAfterDecline = true }, []string{jwosim.CaptureOutOfTurn}, []step{
			{adjustPath, "40", 200, 2500, 0}, {capturePath, "25", 400, 2500, 0}, {cancelPath, "", 200, 0, 0}}},
		{"insufficient", "insufficient", none, nil, []step{
			{adjustPath, "30.01", 200, 2500, 0}, {adjustPath, "30", 200, 3000, 0}, {capturePath, "30", 200, 0, 3000}}},
		{"partial_balance", "partial_balance", none, nil, []step{
			{adjustPath, "50", 200, 3000, 0}, {capturePath, "30", 200, 0, 3000}}},
		{"partial_50", "partial_50", none, []string{jwosim.CaptureAbove}, []step{
			{adjustPath, "9.99", 200, 499, 0}, {capturePath, "5", 400, 499, 0}, {capturePath, "4.99", 200, 0, 499}}},
		{"partial_of_nothing_is_a_decline", "partial_50", none, nil, []step{{adjustPath, "0.01", 200, 2500, 0}}},
		{"capture_repeated_is_idempotent", "approve", none, []string{jwosim.CaptureTwice}, []step{
			{adjustPath, "4", 200, 400, 0}, {capturePath, "4", 200, 0, 400}, {capturePath, "4", 200, 0, 400}}},
		{"capture_repeated_is_refused", "approve", func(c *jwosim.Config) { c.Settings.RepeatedCapture = "refuse" }, []string{jwosim.CaptureTwice}, []step{
			{adjustPath, "4", 200, 400, 0}, {capturePath, "4", 200, 0, 400}, {capturePath, "4", 400, 0, 400}}},
		{"capture_repeated_captures_twice", "approve", func(c *jwosim.Config) { c.Settings.DoubleCaptures = true }, []string{jwosim.CaptureTwice}, []step{
			{adjustPath, "4", 200, 400, 0}, {capturePath, "4", 200, 0, 400}, {capturePath, "4", 200, 0, 800}}},
		{"capture_with_another_amount", "approve", func(c *jwosim.Config) { c.Settings.DoubleCaptures = true }, []string{jwosim.CaptureChanged}, []step{
			{adjustPath, "4", 200, 400, 0}, {capturePath, "4", 200, 0, 400}, {capturePath, "3", 400, 0, 400}}},
		{"nothing_after_capture", "approve", none, []string{jwosim.AdjustOutOfTurn, jwosim.CancelAfterCapture}, []step{
			{adjustPath, "4", 200, 400, 0}, {capturePath, "4", 200, 0, 400}, {adjustPath, "5", 400, 0, 400}, {cancelPath, "", 400, 0, 400}}},
		{"nothing_after_cancel", "approve", none, []string{jwosim.AdjustOutOfTurn, jwosim.CaptureOutOfTurn}, []step{
			{cancelPath, "", 200, 0, 0}, {adjustPath, "5", 400, 0, 0}, {capturePath, "5", 400, 0, 0}}},
		{"cancel_repeated_is_refused", "approve", func(c *jwosim.Config) { c.Settings.RepeatedCancel = "refuse" }, nil, []step{
			{cancelPath, "", 200, 0, 0}, {cancelPath, "", 400, 0, 0}}},
		{"adjust_repeated_is_refused", "approve", func(c *jwosim.Config) { c.Settings.RepeatedAdjust = "refuse" }, nil, []step{
			{adjustPath, "5", 200, 500, 0}, {adjustPath, "5", 400, 500, 0}}},
		{"huge_amounts", "approve", none, nil, []step{
			{adjustPath, "92233720368547758.07", 200, 2500, 0}, {adjustPath, "92233720368547758.08", 400, 2500, 0}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if c.name == "adjust_repeated_sets_the_total" {
				c.findings = []string{jwosim.CaptureAbove}
			}
			play(t, c.card, c.change, c.findings, c.steps...)
		})
	}
}

func TestTransactionalData(t *testing.T) {
	t.Parallel()
	all := []string{"brand", "posEntryMode", "currency", "authorizationResponseCode", "cryptogramInformationData", "tail",
		"panSequenceNumber", "applicationId", "expirationDate", "cardholderVerificationMethodResult", "terminalId",
		"reconciliationId", "cardStatementTransactionId"}
	for _, c := range []struct {
		name, card string
		change     func(*jwosim.Config)
		capture    bool
		status     int
		fields     int
	}{
		{"all_fields", "approve", func(*jwosim.Config) {}, true, 200, len(all)},
		{"asked_too_early", "approve", func(*jwosim.Config) {}, false, 400, 0},
		{"asked_too_early_with_missing_fields", "approve", func(c *jwosim.Config) { c.Settings.TooEarly = "missing_fields" }, false, 200, 3},
		{"during_the_delay", "approve", func(c *jwosim.Config) { c.Settings.EMVDelay = 1e15 }, true, 400, 0},
		{"fields_absent", "no_emv", func(*jwosim.Config) {}, true, 200, 2},
		{"unknown_entry_mode", "unknown_entry_mode", func(*jwosim.Config) {}, true, 200, len(all)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, c.change)
			trip := w.shop("store-1", c.card)
			adjusted(w, trip)
			if c.capture {
				w.expect(capturePath, charge(trip, "12.34"), 200, "")
			}
			status, body, _ := w.raw(dataPath, plain(trip))
			var m map[string]any
			if err := json.Unmarshal([]byte(body), &m); err != nil || status != c.status {
				t.Fatalf("%d %s", status, body)
			}
			if c.fields > 0 && len(m) != c.fields {
				t.Errorf("%d fields, want %d: %s", len(m), c.fields, body)
			}
			if c.fields == len(all) {
				for _, name := range all {
					if _, there := m[name]; !there {
						t.Errorf("%s is missing", name)
					}
				}
			}
			if mode := m["posEntryMode"]; c.name == "unknown_entry_mode" && mode != "EMV_9F39_99" {
				t.Errorf("mode %v", mode)
			}
		})
	}
}

func TestShopperIdentity_unknown(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]string{"absent": `{}`, "null": `{"shopperEmail":null}`, "empty": `{"shopperEmail":""}`} {
		w := newWorld(t, func(c *jwosim.Config) { c.Settings.UnknownShopper = word })
		w.expect(emailPath, `{"storeId":"store-1","shopperId":{"id":"stranger"}}`, 200, want)
	}
	w := newWorld(t, func(c *jwosim.Config) {
		c.Cards = []jwosim.Card{{ID: "mine", Instrument: "token-1", Email: "me@example.com"}}
	})
	w.expect(emailPath, `{"storeId":"store-1","shopperId":{"id":"token-1"}}`, 200, `{"shopperEmail":"me@example.com"}`)
}

// Yen have no decimals, on the wire and in the hold.
func TestZeroDecimalCurrency(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	trip := w.shop("tokyo", "approve")
	body := func(amount string) string {
		return fmt.Sprintf(`{"storeId":"tokyo","shoppingTripId":%q,"amount":{"amount":%s,"code":"JPY"}}`, trip.ID(), amount)
	}
	w.expect(adjustPath, body("1234.5"), 400, badBody)
	w.expect(adjustPath, body("1234.00"), 200, `{"authorizedAmount":{"amount":1234,"code":"JPY"},"status":"APPROVED"}`)
	if got := w.con.got(authorizePath)[0]["authorizedAmount"]; !strings.Contains(fmt.Sprint(got), "2500") {
		t.Errorf("%v", got)
	}
	if b := w.book(trip); b.Adjusted != 1234 || b.Currency != "JPY" {
		t.Errorf("%+v", b)
	}
}
