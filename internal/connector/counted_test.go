package connector_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/strollhq/stroll/internal/connector"
	"github.com/strollhq/stroll/internal/metric"
	"github.com/strollhq/stroll/jwo"
)

// TestRefusalsAreCountedOnce: whoever finds the fault, a 400 is one refusal of
// its store, and one of each of its fields.
func TestRefusalsAreCountedOnce(t *testing.T) {
	t.Parallel()
	m, shop := metric.New(), &store{}
	c := connector.New(connector.Config{Identity: shop, Purchaser: shop, Metrics: m, Serves: func(id string) bool { return id == "store-1" }})
	send := func(body string, status int, fault error) {
		t.Helper()
		shop.do = func(context.Context) error { return fault }
		w := httptest.NewRecorder()
		c.ServeHTTP(w, post(jwo.PathCreatePurchases, body))
		if w.Code != status {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
	faulty := func(names ...string) error {
		var all []jwo.FieldError
		for _, n := range names {
			all = append(all, jwo.FieldError{Field: n, Reason: "odd"})
		}
		return &jwo.Refusal{Status: http.StatusBadRequest, Fields: all}
	}
	two := strings.Replace(cartBody, `"cartItems":[]`, `"cartItems":[{"id":"a","type":"X"},{"id":"b","type":"X"}]`, 1)
	send(two, 400, nil) // refused by the decoder's checks
	send(cartBody, 400, faulty("cartItems[0].quantity.unit", "cartItems[7].quantity.unit"))
	send(strings.Replace(cartBody, "store-1", "store-2", 1), 400, faulty("storeId"))
	send(cartBody, 400, &jwo.Refusal{Status: http.StatusBadRequest})
	send("{", 400, nil)
	send(cartBody, 201, nil)
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	got := regexp.MustCompile(`(?m)^stroll_connector_(?:refused_total|faulty_fields_total)(.*)$`).FindAllString(w.Body.String(), -1)
	want := []string{
		`stroll_connector_faulty_fields_total{api="CreatePurchases",field="body"} 1`,
		`stroll_connector_faulty_fields_total{api="CreatePurchases",field="cartItems[].quantity"} 1`,
		`stroll_connector_faulty_fields_total{api="CreatePurchases",field="cartItems[].quantity.unit"} 1`,
		`stroll_connector_faulty_fields_total{api="CreatePurchases",field="cartItems[].type"} 1`,
		`stroll_connector_faulty_fields_total{api="CreatePurchases",field="storeId"} 1`,
		`stroll_connector_refused_total{api="CreatePurchases",reason="fields",store="store-1"} 2`,
		`stroll_connector_refused_total{api="CreatePurchases",reason="fields",store="unknown"} 2`,
		`stroll_connector_refused_total{api="CreatePurchases",reason="request",store="store-1"} 1`,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}
