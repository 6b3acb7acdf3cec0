package jwosim_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/strollhq/stroll/jwosim"
)

// row is a title of the contract's test cases. In body, T is the trip's id and
// S its store's, AMOUNT a good amount; long is 256 characters.
type row struct {
	title  string
	body   string
	status int
	answer string // the whole of it; "" is an empty body, "*" any
	force  string
}

var long = strings.Repeat("a", 256)

// check sends the rows to one path; each has a trip of its own that prepare
// brought to where the operation is legal.
func check(t *testing.T, api, path string, prepare func(*world, *jwosim.Trip), rows []row) {
	w := newWorld(t, nil)
	w.sim.RegisterEmail("shopper_1.a-B", "ada@example.com")
	for _, r := range rows {
		t.Run(r.title, func(t *testing.T) {
			w := &world{t: t, sim: w.sim, con: w.con, api: w.api}
			card := "approve#" + r.title
			if strings.HasPrefix(r.force, "card:") {
				card = strings.TrimPrefix(r.force, "card:") + "#" + r.title
			}
			trip := w.shop("store-1", card)
			if prepare != nil {
				prepare(w, trip)
			}
			if r.force != "" && !strings.HasPrefix(r.force, "card:") {
				if err := w.sim.ForceNext(api, r.force); err != nil {
					t.Fatal(err)
				}
			}
			body := strings.NewReplacer("{T}", trip.ID(), "{S}", trip.StoreID(), "{AMOUNT}", `"amount":{"amount":12.34,"code":"USD"}`, "{LONG}", long).Replace(r.body)
			status, answer, h := w.raw(path, body)
			if status != r.status || r.answer != "*" && answer != r.answer {
				t.Errorf("%s\n got %d %s\nwant %d %s", body, status, answer, r.status, r.answer)
			}
			if status == http.StatusTooManyRequests && h.Get("Retry-After") != "600" {
				t.Errorf("Retry-After %q, documented is 600", h.Get("Retry-After"))
			}
			if err := w.sim.Verify(); err != nil {
				t.Error(err)
			}
		})
	}
}

const (
	tooMany     = `{"errorMsg":"Too Many Requests"}`
	serverError = `{"errorMsg":"InternalServerException"}`
	unavailable = `{"errorMsg":"ServiceUnavailableException"}`
)

func TestAdjustCharge(t *testing.T) {
	t.Parallel()
	good := `{"storeId":"{S}","shoppingTripId":"{T}",{AMOUNT}}`
	check(t, "AdjustCharge", adjustPath, nil, []row{
		{"1_approved", good, 200, `{"authorizedAmount":{"amount":12.34,"code":"USD"},"status":"APPROVED"}`, ""},
		{"2_declined", good, 200, `{"authorizedAmount":{"amount":0.00,"code":"USD"},"status":"DECLINED"}`, "card:decline_adjust"},
		{"3_pending_is_retried", good, 200, `{"authorizedAmount":{"amount":12.34,"code":"USD"},"status":"PENDING"}`, "card:pending_3_then_approve"},
		{"4_unknown_trip", `{"storeId":"{S}","shoppingTripId":"nobody",{AMOUNT}}`, 400, unknownBody, ""},
		{"5_invalid_storeId", `{"storeId":"elsewhere","shoppingTripId":"{T}",{AMOUNT}}`, 400, badBody, ""},
		{"6_required_fields_missing", `{}`, 400, badBody, ""},
		{"6_storeId_missing", `{"shoppingTripId":"{T}",{AMOUNT}}`, 400, badBody, ""},
		{"6_shoppingTripId_missing", `{"storeId":"{S}",{AMOUNT}}`, 400, badBody, ""},
		{"6_amount_missing", `{"storeId":"{S}","shoppingTripId":"{T}"}`, 400, badBody, ""},
		{"6_code_missing", `{"storeId":"{S}","shoppingTripId":"{T}","amount":{"amount":1}}`, 400, badBody, ""},
		{"7_wrong_types", `{"storeId":1,"shoppingTripId":"{T}",{AMOUNT}}`, 400, badBody, ""},
		{"7_amount_as_string", `{"storeId":"{S}","shoppingTripId":"{T}","amount":{"amount":"12.34","code":"USD"}}`, 400, badBody, ""},
		{"7_amount_not_an_object", `{"storeId":"{S}","shoppingTripId":"{T}","amount":12.34}`, 400, badBody, ""},
		{"8_invalid_currency_code", `{"storeId":"{S}","shoppingTripId":"{T}","amount":{"amount":12.34,"code":"usd"}}`, 400, badBody, ""},
		{"8_another_currency", `{"storeId":"{S}","shoppingTripId":"{T}","amount":{"amount":12.34,"code":"EUR"}}`, 400, badBody, ""},
		{"9_rate_limiting", good, 429, tooMany, "429"},
		{"10_server_error", good, 500, serverError, "500"},
		{"11_unavailable", good, 503, unavailable, "503"},
		{"12_storeId_format", `{"storeId":"store 1!","shoppingTripId":"{T}",{AMOUNT}}`, 400, badBody, ""},
		{"13_trip_id_format", `{"storeId":"{S}","shoppingTripId":"a b",{AMOUNT}}`, 400, badBody, ""},
		{"14_field_length", `{"storeId":"{LONG}","shoppingTripId":"{T}",{AMOUNT}}`, 400, badBody, ""},
		{"14_trip_id_length", `{"storeId":"{S}","shoppingTripId":"{LONG}",{AMOUNT}}`, 400, badBody, ""},
		{"zero_amount", `{"storeId":"{S}","shoppingTripId":"{T}","amount":{"amount":0,"code":"USD"}}`, 400, badBody, ""},
		{"three_decimals", `{"storeId":"{S}","shoppingTripId":"{T}","amount":{"amount":1.230,"code":"USD"}}`, 400, badBody, ""},
		{"expired_by_force", good, 400, expiredBody, "ShoppingTripExpiredException"},
		{"unknown_fields_ignored", `{"storeId":"{S}","new":[{}],"shoppingTripId":"{T}",{AMOUNT}}`, 200, "*", ""},
		{"malformed_JSON", `{"storeId":`, 400, badBody, ""},
		{"something_behind", good + `{}`, 400, badBody, ""},
		{"not_an_object", `null`, 400, badBody, ""},
		{"empty_body", ``, 400, badBody, ""},
		{"partial_approval", good, 200, `{"authorizedAmount":{"amount":6.17,"code":"USD"},"status":"APPROVED"}`, "card:partial_50"},
		{"partial_by_force", good, 200, `{"authorizedAmount":{"amount":1.23,"code":"USD"},"status":"APPROVED"}`, "partial:10"},
		{"more_than_asked", good, 200, `{"authorizedAmount":{"amount":13.34,"code":"USD"},"status":"APPROVED"}`, "approved_more"},
		{"no_authorizedAmount", good, 200, `{"status":"APPROVED"}`, "approved_no_amount"},
		{"other_currency", good, 200, `{"authorizedAmount":{"amount":12.34,"code":"EUR"},"status":"APPROVED"}`, "other_currency"},
		{"unknown_status", good, 200, `{"authorizedAmount":{"amount":12.34,"code":"USD"},"status":"WHATEVER"}`, "unknown_status"},
		{"no_status", good, 200, `{"authorizedAmount":{"amount":12.34,"code":"USD"}}`, "no_status"},
		{"caller_not_allowed", good, 403, `{"message":"Forbidden"}`, "403"},
	})
}

func TestCancelCharge(t *testing.T) {
	t.Parallel()
	good := `{"storeId":"{S}","shoppingTripId":"{T}"}`
	check(t, "CancelCharge", cancelPath, nil, []row{
		{"1_success", good, 200, ``, ""},
		{"2_unknown_trip", `{"storeId":"{S}","shoppingTripId":"nobody"}`, 400, unknownBody, ""},
		{"2_trip_of_another_store", `{"storeId":"amazon","shoppingTripId":"{T}"}`, 400, unknownBody, ""},
		{"3_invalid_storeId", `{"storeId":"elsewhere","shoppingTripId":"{T}"}`, 400, badBody, ""},
		{"4_required_field_missing", `{"shoppingTripId":"{T}"}`, 400, badBody, ""},
		{"5_trip_id_missing", `{"storeId":"{S}"}`, 400, badBody, ""},
		{"6_wrong_types", `{"storeId":"{S}","shoppingTripId":7}`, 400, badBody, ""},
		{"7_storeId_format", `{"storeId":"a/b","shoppingTripId":"{T}"}`, 400, badBody, ""},
		{"8_trip_id_format", `{"storeId":"{S}","shoppingTripId":"a.b"}`, 400, badBody, ""},
		{"9_length", `{"storeId":"{S}","shoppingTripId":"{LONG}"}`, 400, badBody, ""},
		{"10_rate_limiting", good, 429, tooMany, "429"},
		{"11_server_error", good, 500, serverError, "500"},
		{"12_unavailable", good, 503, unavailable, "503"},
		{"13_empty_strings", `{"storeId":"","shoppingTripId":""}`, 400, badBody, ""},
		{"14_nulls", `{"storeId":null,"shoppingTripId":null}`, 400, badBody, ""},
		{"15_white_space_only", `{"storeId":"  ","shoppingTripId":" "}`, 400, badBody, ""},
	})
}

func adjusted(w *world, trip *jwosim.Trip) {
	w.expect(adjustPath, charge(trip, "12.34"), 200, "")
}

func captured(w *world, trip *jwosim.Trip) {
	adjusted(w, trip)
	w.expect(capturePath, charge(trip, "12.34"), 200, "")
}

func TestCaptureCharge(t *testing.T) {
	t.Parallel()
	good := `{"storeId":"{S}","shoppingTripId":"{T}",{AMOUNT}}`
	check(t, "CaptureCharge", capturePath, adjusted, []row{
		{"1_success", good, 200, ``, ""},
		{"2_unknown_trip", `{"storeId":"{S}","shoppingTripId":"nobody",{AMOUNT}}`, 400, unknownBody, ""},
		{"3_invalid_storeId", `{"storeId":"elsewhere","shoppingTripId":"{T}",{AMOUNT}}`, 400, badBody, ""},
		{"4_required_field_missing", `{"shoppingTripId":"{T}",{AMOUNT}}`, 400, badBody, ""},
		{"5_trip_id_missing", `{"storeId":"{S}",{AMOUNT}}`, 400, badBody, ""},
		{"6_amount_missing", `{"storeId":"{S}","shoppingTripId":"{T}"}`, 400, badBody, ""},
		{"7_amount_type", `{"storeId":"{S}","shoppingTripId":"{T}","amount":{"amount":"x","code":"USD"}}`, 400, badBody, ""},
		{"8_currency_format", `{"storeId":"{S}","shoppingTripId":"{T}","amount":{"amount":12.34,"code":"U1D"}}`, 400, badBody, ""},
		{"9_currency_too_long", `{"storeId":"{S}","shoppingTripId":"{T}","amount":{"amount":12.34,"code":"USDX"}}`, 400, badBody, ""},
		{"10_storeId_format", `{"storeId":"a b","shoppingTripId":"{T}",{AMOUNT}}`, 400, badBody, ""},
		{"11_trip_id_format", `{"storeId":"{S}","shoppingTripId":"a b",{AMOUNT}}`, 400, badBody, ""},
		{"12_field_length", `{"storeId":"{S}","shoppingTripId":"{LONG}",{AMOUNT}}`, 400, badBody, ""},
		{"13_rate_limiting", good, 429, tooMany, "429"},
		{"14_server_error", good, 500, serverError, "500"},
		{"15_unavailable", good, 503, unavailable, "503"},
		{"16_zero_amount", `{"storeId":"{S}","shoppingTripId":"{T}","amount":{"amount":0,"code":"USD"}}`, 400, badBody, ""},
		{"17_negative_amount", `{"storeId":"{S}","shoppingTripId":"{T}","amount":{"amount":-12.34,"code":"USD"}}`, 400, badBody, ""},
		{"18_empty_strings", `{"storeId":"","shoppingTripId":"","amount":{"amount":1,"code":""}}`, 400, badBody, ""},
		{"19_nulls", `{"storeId":null,"shoppingTripId":null,"amount":null}`, 400, badBody, ""},
		{"above_authorized", `{"storeId":"{S}","shoppingTripId":"{T}","amount":{"amount":12.35,"code":"USD"}}`, 400, badBody, ""},
	})
}

func TestGetTransactionalData(t *testing.T) {
	t.Parallel()
	good := `{"storeId":"{S}","shoppingTripId":"{T}"}`
	check(t, "GetTransactionalData", dataPath, captured, []row{
		{"1_success", good, 200, "*", ""},
		{"2_unknown_trip", `{"storeId":"{S}","shoppingTripId":"nobody"}`, 400, unknownBody, ""},
		{"3_invalid_storeId", `{"storeId":"elsewhere","shoppingTripId":"{T}"}`, 400, badBody, ""},
		{"4_required_field_missing", `{"shoppingTripId":"{T}"}`, 400, badBody, ""},
		{"5_trip_id_missing", `{"storeId":"{S}"}`, 400, badBody, ""},
		{"6_wrong_types", `{"storeId":["{S}"],"shoppingTripId":"{T}"}`, 400, badBody, ""},
		{"7_storeId_format", `{"storeId":"a b","shoppingTripId":"{T}"}`, 400, badBody, ""},
		{"8_trip_id_format", `{"storeId":"{S}","shoppingTripId":"a b"}`, 400, badBody, ""},
		{"9_field_length", `{"storeId":"{LONG}","shoppingTripId":"{T}"}`, 400, badBody, ""},
		{"10_rate_limiting", good, 429, tooMany, "429"},
		{"11_server_error", good, 500, serverError, "500"},
		{"12_unavailable", good, 503, unavailable, "503"},
	})
}

func TestGetShopperIdentity(t *testing.T) {
	t.Parallel()
	good := `{"storeId":"{S}","shopperId":{"id":"shopper_1.a-B"}}`
	check(t, "GetShopperIdentity", emailPath, nil, []row{
		{"1_success", good, 200, `{"shopperEmail":"ada@example.com"}`, ""},
		{"2_invalid_storeId", `{"storeId":"elsewhere","shopperId":{"id":"s"}}`, 400, badBody, ""},
		{"3_required_field_missing", `{"shopperId":{"id":"s"}}`, 400, badBody, ""},
		{"4_shopperId_missing", `{"storeId":"{S}"}`, 400, badBody, ""},
		{"5_its_id_missing", `{"storeId":"{S}","shopperId":{}}`, 400, badBody, ""},
		{"6_wrong_types", `{"storeId":"{S}","shopperId":"s"}`, 400, badBody, ""},
		{"7_storeId_format", `{"storeId":"a b","shopperId":{"id":"s"}}`, 400, badBody, ""},
		{"8_shopper_id_format", `{"storeId":"{S}","shopperId":{"id":"a@b"}}`, 400, badBody, ""},
		{"9_length_of_storeId", `{"storeId":"{LONG}","shopperId":{"id":"s"}}`, 400, badBody, ""},
		{"10_length_of_shopper_id", `{"storeId":"{S}","shopperId":{"id":"{LONG}"}}`, 400, badBody, ""},
		{"11_rate_limiting", good, 429, tooMany, "429"},
		{"12_server_error", good, 500, serverError, "500"},
		{"13_unavailable", good, 503, unavailable, "503"},
		{"14_empty_strings", `{"storeId":"","shopperId":{"id":""}}`, 400, badBody, ""},
		{"15_nulls", `{"storeId":null,"shopperId":{"id":null}}`, 400, badBody, ""},
		{"16_white_space_only", `{"storeId":" ","shopperId":{"id":" "}}`, 400, badBody, ""},
		{"17_every_allowed_character", `{"storeId":"{S}","shopperId":{"id":"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"}}`, 200, `{}`, ""},
		{"18_unknown_shopper_id", `{"storeId":"{S}","shopperId":{"id":"stranger"}}`, 200, `{}`, ""},
		{"no_email_by_force", good, 200, `{}`, "no_email"},
	})
}
