package cart_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/testkit"
)

// TestCartPayloadValidation is the contract's ordering 9.3: what is wrong is
// answered, alerted and logged with its fields, without shopper ids, and
// nothing happens downstream.
func TestCartPayloadValidation(t *testing.T) {
	t.Parallel()
	secret := "shopper-nobody-may-read"
	who := events(event("SCAN_CODE", "SHOPPER", secret))
	cases := []struct {
		name, body string
		fields     []string
	}{
		{"1.1_malformed_JSON", `{"requestId": "` + secret, []string{"body"}},
		{"1.1_trailing_data", body(trip(), who) + "{}", []string{"body"}},
		{"1.2_required_fields_missing", body(trip(), who, at(nothing, "storeId"), at(nothing, "shoppingTrip", "endTime"), at(nothing, "cartItems", 0, "quantity")),
			[]string{"storeId", "shoppingTrip.endTime", "cartItems[0].quantity"}},
		{"1.3_wrong_data_types", body(trip(), who, at(7, "storeId"), at("many", "cartItems"), at([]any{1}, "shoppingTrip", "startTime")),
			[]string{"storeId", "cartItems", "shoppingTrip.startTime"}},
	}
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				before := len(s.log.String())
				a := s.post(t, c.body)
				refused(t, a, c.fields...)
				record := s.log.String()[before:]
				if !strings.Contains(record, "alert=request_refused") || !strings.Contains(record, "payload=") {
					t.Errorf("log: %s", record)
				}
				for _, f := range c.fields {
					if !strings.Contains(record, f) {
						t.Errorf("the alert does not name %s: %s", f, record)
					}
				}
				if strings.Contains(record, secret) || strings.Contains(a.Body, secret) {
					t.Errorf("a shopper's id got out: %s %s", record, a.Body)
				}
			})
		}
		for _, table := range []string{"purchase", "till", "job"} {
			var n int
			if err := d.Reader().QueryRowContext(t.Context(), `SELECT COUNT(*) FROM `+table).Scan(&n); err != nil || n != 0 {
				t.Errorf("%s holds %d rows, %v", table, n, err)
			}
		}
	})
}

// TestMetrics: what the reviews ask to see of carts is counted, and no label
// holds free text.
func TestMetrics(t *testing.T) {
	t.Parallel()
	s := open(t, testkit.SQLite(t))
	replayed := body(trip(), items(item("WATER", "1")))
	for _, text := range []string{replayed, replayed, body(trip(), items()), body(trip(), items(item("nobody-knows", "1"))),
		body(trip(), at("x", "cartItems", 0, "quantity", "value"))} {
		s.post(t, text)
	}
	w := httptest.NewRecorder()
	s.metrics.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	text := w.Body.String()
	for _, want := range []string{
		`stroll_cart_purchases_total{entry="SCAN_CODE",kind="SHOPPER",state="PRICED",store="store-1"} 1`,
		`stroll_cart_purchases_total{entry="SCAN_CODE",kind="SHOPPER",state="EMPTY",store="store-1"} 1`,
		`stroll_cart_purchases_total{entry="SCAN_CODE",kind="SHOPPER",state="BAD",store="store-1"} 1`,
		`stroll_cart_replays_total{changed="no",store="store-1"} 1`,
		`stroll_cart_lines_total{store="store-1",type="SKU"} 2`,
		`stroll_cart_alerts_total{alert="bad_cart"} 1`,
		`stroll_connector_faulty_fields_total{api="CreatePurchases",field="cartItems[].quantity.value"} 1`,
		`stroll_cart_priced_seconds_count{store="store-1"} 1`,
		`stroll_cart_waiting 1`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s", want)
		}
	}
}
