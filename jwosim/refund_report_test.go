package jwosim_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/strollhq/stroll/jwosim"
)

const (
	refundID  = "0f8fad5b-d9cb-469f-a165-70867728950e"
	refundID2 = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
)

func refundBody(trip *jwosim.Trip, amount, id, reason string) string {
	return fmt.Sprintf(`{"storeId":%q,"shoppingTripId":%q,"amount":{"amount":%s,"code":"USD"},"refundRequestId":%q,"refundReasonCode":%q}`,
		trip.StoreID(), trip.ID(), amount, id, reason)
}

func TestRefund(t *testing.T) {
	t.Parallel()
	id, reason := `"refundRequestId":"`+refundID+`"`, `"refundReasonCode":"DAMAGED_ITEM"`
	good := `{"storeId":"{S}","shoppingTripId":"{T}",{AMOUNT},` + id + `,` + reason + `}`
	check(t, "Refund", refundPath, captured, []row{
		{"1_success", good, 200, "*", ""},
		{"2_unknown_trip", strings.Replace(good, "{T}", "nobody", 1), 400, unknownBody, ""},
		{"3_invalid_storeId", strings.Replace(good, "{S}", "elsewhere", 1), 400, badBody, ""},
		{"4_required_fields_missing", `{"storeId":"{S}","shoppingTripId":"{T}"}`, 400, badBody, ""},
		{"4_refundRequestId_missing", `{"storeId":"{S}","shoppingTripId":"{T}",{AMOUNT},` + reason + `}`, 400, badBody, ""},
		{"4_refundReasonCode_missing", `{"storeId":"{S}","shoppingTripId":"{T}",{AMOUNT},` + id + `}`, 400, badBody, ""},
		{"5_amount_type", strings.Replace(good, "{AMOUNT}", `"amount":{"amount":true,"code":"USD"}`, 1), 400, badBody, ""},
		{"6_currency", strings.Replace(good, "{AMOUNT}", `"amount":{"amount":1,"code":"US"}`, 1), 400, badBody, ""},
		{"7_refund_request_id", strings.Replace(good, refundID, "refund-1", 1), 400, badBody, ""},
		{"7_id_in_upper_case", strings.Replace(good, refundID, strings.ToUpper(refundID), 1), 400, badBody, ""},
		{"7_id_of_version_7", strings.Replace(good, refundID, "0190a6b2-7c5b-7d3e-8f00-000000000000", 1), 400, badBody, ""},
		{"8_reason_code", strings.Replace(good, "DAMAGED_ITEM", "NO_REASON", 1), 400, badBody, ""},
		{"8_reason_code_in_lower_case", strings.Replace(good, "DAMAGED_ITEM", "damaged_item", 1), 400, badBody, ""},
		{"9_storeId_format", strings.Replace(good, "{S}", "a b", 1), 400, badBody, ""},
		{"10_trip_id_format", strings.Replace(good, "{T}", "a b", 1), 400, badBody, ""},
		{"11_field_length", strings.Replace(good, "{T}", "{LONG}", 1), 400, badBody, ""},
		{"12_rate_limiting", good, 429, tooMany, "429"},
		{"13_server_error", good, 500, serverError, "500"},
		{"14_unavailable", good, 503, unavailable, "503"},
		{"more_decimals_than_allowed", strings.Replace(good, "{AMOUNT}", `"amount":{"amount":1.001,"code":"USD"}`, 1), 400, badBody, ""},
		{"above_the_remainder", strings.Replace(good, "{AMOUNT}", `"amount":{"amount":12.35,"code":"USD"}`, 1), 400, badBody, ""},
	})
	t.Run("before_capture", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil)
		trip := w.shop("store-1", "approve")
		adjusted(w, trip)
		w.expect(refundPath, refundBody(trip, "1", refundID, "OTHER"), 400, badBody)
	})
	t.Run("same_id_again_other_content_and_the_exact_remainder", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil)
		trip := w.shop("store-1", "approve")
		captured(w, trip)
		_, first, _ := w.raw(refundPath, refundBody(trip, "10", refundID, "OTHER"))
		w.expect(refundPath, refundBody(trip, "10.00", refundID, "OTHER"), 200, first)
		w.expect(refundPath, refundBody(trip, "2.34", refundID, "OTHER"), 400, badBody)
		w.expect(refundPath, refundBody(trip, "2.35", refundID2, "OTHER"), 400, badBody)
		w.expect(refundPath, refundBody(trip, "2.34", refundID2, "OTHER"), 200, "")
		if b := w.book(trip); b.Refunded != 1234 || b.Refunds != 2 {
			t.Errorf("refunded %d in %d", b.Refunded, b.Refunds)
		}
		if err := w.sim.Verify(); err != nil {
			t.Error(err)
		}
	})
	t.Run("empty_answer", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, func(c *jwosim.Config) { c.Settings.RefundAnswer = "empty" })
		trip := w.shop("store-1", "approve")
		captured(w, trip)
		if status, body, _ := w.raw(refundPath, refundBody(trip, "1", refundID, "OTHER")); status != 200 || body != "" {
			t.Errorf("%d %q", status, body)
		}
	})
}

func TestReportPaymentStatus(t *testing.T) {
	t.Parallel()
	good := `{"storeId":"{S}","shoppingTripId":"{T}","totalAmount":{"amount":12.34,"code":"USD"},"settledAmount":{"amount":12.34,"code":"USD"},"paymentStatusTime":1700000000}`
	total, settled := `"totalAmount":{"amount":12.34,"code":"USD"}`, `"settledAmount":{"amount":12.34,"code":"USD"}`
	accepted, rejected := `{"status":"Accepted"}`, `{"status":"Rejected"}`
	amounts := func(t, s string) string {
		return strings.NewReplacer(total, `"totalAmount":`+t, settled, `"settledAmount":`+s).Replace(good)
	}
	check(t, "ReportPaymentStatus", reportPath, nil, []row{
		{"TC001_valid_accepted", good, 200, accepted, ""},
		{"TC002_valid_rejected", good, 200, rejected, "Rejected"},
		{"TC002_rejected_by_card", good, 200, rejected, "card:reject_reports"},
		{"TC002_settled_above_total", amounts(`{"amount":1,"code":"USD"}`, `{"amount":2,"code":"USD"}`), 200, rejected, ""},
		{"TC003_settled_below_total", amounts(`{"amount":12.34,"code":"USD"}`, `{"amount":10,"code":"USD"}`), 200, accepted, ""},
		{"TC004_zero_amount", amounts(`{"amount":0,"code":"USD"}`, `{"amount":0,"code":"USD"}`), 200, accepted, ""},
		{"TC005_several_currencies", amounts(`{"amount":12.34,"code":"EUR"}`, `{"amount":12.34,"code":"EUR"}`), 200, accepted, ""},
		{"TC005_a_zero_decimal_currency", amounts(`{"amount":1234,"code":"JPY"}`, `{"amount":1234,"code":"JPY"}`), 200, accepted, ""},
		{"TC008_currency_codes", amounts(`{"amount":1,"code":"GBP"}`, `{"amount":1,"code":"GBP"}`), 200, accepted, ""},
		{"TC009_amount_precision", amounts(`{"amount":12.3,"code":"USD"}`, `{"amount":12.30,"code":"USD"}`), 200, accepted, ""},
		{"TC009_no_decimals", amounts(`{"amount":12,"code":"USD"}`, `{"amount":12,"code":"USD"}`), 200, accepted, ""},
		{"TC011_storeId_missing", strings.Replace(good, `"storeId":"{S}",`, ``, 1), 400, badBody, ""},
		{"TC012_shoppingTripId_missing", strings.Replace(good, `"shoppingTripId":"{T}",`, ``, 1), 400, badBody, ""},
		{"TC013_totalAmount_missing", strings.Replace(good, total+`,`, ``, 1), 400, badBody, ""},
		{"TC014_settledAmount_missing", strings.Replace(good, settled+`,`, ``, 1), 400, badBody, ""},
		{"two_currencies_in_one", amounts(`{"amount":1,"code":"GBP"}`, `{"amount":1,"code":"USD"}`), 400, badBody, ""},
		{"time_as_a_string", strings.Replace(good, `1700000000`, `"now"`, 1), 400, badBody, ""},
		{"time_missing", strings.Replace(good, `,"paymentStatusTime":1700000000`, ``, 1), 200, accepted, ""},
		{"unknown_status", good, 200, `{"status":"Whatever"}`, "unknown_status"},
		{"7b.1_full_settlement", good, 200, accepted, ""},
		{"7b.2_partial_settlement", amounts(`{"amount":12.34,"code":"USD"}`, `{"amount":0.01,"code":"USD"}`), 200, accepted, ""},
		{"7b.3_zero_settlement", amounts(`{"amount":12.34,"code":"USD"}`, `{"amount":0,"code":"USD"}`), 200, accepted, ""},
		{"7b.4_unknown_trip", strings.Replace(good, "{T}", "nobody", 1), 400, unknownBody, ""},
		{"7b.5_required_fields_missing", `{}`, 400, badBody, ""},
		{"7b.6_server_error", good, 500, serverError, "500"},
		{"rate_limiting", good, 429, tooMany, "429"},
	})
	t.Run("TC006_storeId_forms", func(t *testing.T) {
		t.Parallel()
		forms := []string{"a", "7", "_", "-", "Store-1_b", "0123456789"}
		w := newWorld(t, func(c *jwosim.Config) {
			for _, id := range forms {
				c.Stores = append(c.Stores, jwosim.Store{ID: id, Strategy: jwosim.NoStrategy})
			}
		})
		for _, id := range forms {
			trip, err := w.sim.EnterByCard(t.Context(), id, "approve#"+id)
			if err != nil {
				t.Fatal(err)
			}
			w.expect(reportPath, strings.NewReplacer("{S}", id, "{T}", trip.ID()).Replace(good), 200, accepted)
		}
	})
	// Every form of the rule is read: a trip that is not known is another
	// answer than an id that is no id.
	t.Run("TC007_trip_id_forms", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil)
		trip := w.shop("store-1", "approve")
		w.expect(reportPath, strings.NewReplacer("{S}", trip.StoreID(), "{T}", trip.ID()).Replace(good), 200, accepted)
		for id, answer := range map[string]string{
			"t": unknownBody, "7": unknownBody, "_": unknownBody, "-": unknownBody, "Trip-1_b": unknownBody,
			strings.Repeat("t", 255): unknownBody, strings.Repeat("t", 256): badBody, "": badBody, "a.b": badBody, "a b": badBody, "trip/1": badBody,
		} {
			w.expect(reportPath, strings.NewReplacer("{S}", trip.StoreID(), "{T}", id).Replace(good), 400, answer)
		}
	})
	t.Run("TC010_strings_at_the_length_limit", func(t *testing.T) {
		t.Parallel()
		name := strings.Repeat("s", 255)
		w := newWorld(t, func(c *jwosim.Config) {
			c.Stores = append(c.Stores, jwosim.Store{ID: name, Strategy: jwosim.NoStrategy})
		})
		w.sim.RegisterEmail(strings.Repeat("i", 255), "ada@example.com")
		w.expect(emailPath, `{"storeId":"`+name+`","shopperId":{"id":"`+strings.Repeat("i", 255)+`"}}`, 200, `{"shopperEmail":"ada@example.com"}`)
		trip, err := w.sim.EnterByCard(t.Context(), name, "approve")
		if err != nil {
			t.Fatal(err)
		}
		w.expect(reportPath, strings.NewReplacer("{S}", name, "{T}", trip.ID()).Replace(good), 200, accepted)
	})
	t.Run("7b.6_retried_after_the_error", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil)
		trip := w.shop("store-1", "approve")
		body := strings.NewReplacer("{S}", trip.StoreID(), "{T}", trip.ID()).Replace(good)
		if err := w.sim.ForceNext("ReportPaymentStatus", "500"); err != nil {
			t.Fatal(err)
		}
		w.expect(reportPath, body, 500, serverError)
		w.expect(reportPath, body, 200, accepted)
		if b := w.book(trip); b.Reports != 1 {
			t.Errorf("%d reports, want 1", b.Reports)
		}
	})
	t.Run("7b.7_feedback_after_each_outcome_and_never_falling", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil)
		trip := w.shop("store-1", "approve")
		for _, step := range []struct{ settled, want string }{{"0", accepted}, {"5", accepted}, {"4", rejected}, {"5", accepted}, {"12.34", accepted}} {
			body := strings.NewReplacer("{S}", trip.StoreID(), "{T}", trip.ID(), settled, `"settledAmount":{"amount":`+step.settled+`,"code":"USD"}`).Replace(good)
			w.expect(reportPath, body, 200, step.want)
		}
		if b := w.book(trip); b.Reports != 4 || b.Reported.Settled.Minor != 1234 {
			t.Errorf("%d reports, last %+v", b.Reports, b.Reported)
		}
		if f := w.sim.Findings(); len(f) != 1 || f[0].Kind != jwosim.ReportFell {
			t.Errorf("findings %+v", f)
		}
	})
}
