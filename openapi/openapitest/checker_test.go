package openapitest_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/strollhq/stroll/jwo"
	"github.com/strollhq/stroll/openapi"
	"github.com/strollhq/stroll/openapi/openapitest"
)

func TestDocumentsHoldEveryOperationAtItsPath(t *testing.T) {
	t.Parallel()
	inbound := openapitest.New(t, openapi.Connectors).Operations()
	if d := cmp.Diff(map[string]string{
		jwo.APIVerifyIdentityKeys: jwo.PathVerifyIdentityKeys, jwo.APIGetShopperAuthorization: jwo.PathGetShopperAuthorization,
		jwo.APICreatePurchases: jwo.PathCreatePurchases, jwo.APIResolveScan: jwo.PathResolveScan,
		jwo.APIGetScanDetails: jwo.PathGetScanDetails, jwo.APIGetShopper: jwo.PathGetShopper,
	}, inbound); d != "" {
		t.Error(d)
	}
	outbound := openapitest.New(t, openapitest.Outbound()...).Operations()
	if d := cmp.Diff(map[string]string{
		jwo.APIAdjustCharge: jwo.PathAdjustCharge, jwo.APICancelCharge: jwo.PathCancelCharge, jwo.APICaptureCharge: jwo.PathCaptureCharge,
		jwo.APIRefund: jwo.PathRefund, jwo.APIGetTransactionalData: jwo.PathGetTransactionalData,
		jwo.APIGetShopperIdentity: jwo.PathGetShopperIdentity, jwo.APIReportPaymentStatus: jwo.PathReportPaymentStatus,
		jwo.APIUploadCatalog: jwo.PathUploadCatalog, jwo.APIUploadCartCatalog: jwo.PathUploadCartCatalog,
		jwo.APIArchiveCatalog: jwo.PathArchiveCatalog, jwo.APIGetCatalogUploadStatus: jwo.PathGetCatalogUploadStatus,
		jwo.APICheckout: jwo.PathCheckout,
	}, outbound); d != "" {
		t.Error(d)
	}
}

func TestCheckerFindsFaults(t *testing.T) {
	t.Parallel()
	c := openapitest.New(t, openapitest.Outbound()...)
	const good = `{"storeId":"s","shoppingTripId":"t","amount":{"amount":1.50,"code":"USD"}}`
	for _, x := range []struct {
		path      string
		status    int
		req, resp string
		ok        bool
	}{
		{jwo.PathAdjustCharge, 200, good, `{"status":"APPROVED","authorizedAmount":{"amount":1.50,"code":"USD"},"new":1}`, true},
		{jwo.PathAdjustCharge, 200, good, `{"status":"MAYBE"}`, false},
		{jwo.PathAdjustCharge, 200, good, `{}`, false},
		{jwo.PathAdjustCharge, 200, strings.Replace(good, "1.50", `"1.50"`, 1), `{"status":"APPROVED"}`, false},
		{jwo.PathAdjustCharge, 200, strings.Replace(good, "1.50", "0", 1), `{"status":"APPROVED"}`, false},
		{jwo.PathAdjustCharge, 400, `{}`, `{"errorMsg":"BadRequestException"}`, true},
		{jwo.PathAdjustCharge, 400, `{}`, `{"error":"x"}`, false},
		{jwo.PathAdjustCharge, 500, good, `<html>`, true},
		{jwo.PathCaptureCharge, 200, good, ``, true},
		{"https://us-east-1.payments.example/v1/cancel/charge", 200, `{"storeId":"s","shoppingTripId":"t"}`, ``, true},
		{jwo.PathCancelCharge, 200, `{"storeId":"s"}`, ``, false},
		{"/v1/nothing", 200, good, ``, false},
		{"/v1/nothing", 404, good, ``, true},
	} {
		err := c.Fault(http.MethodPost, x.path, x.status, []byte(x.req), []byte(x.resp))
		if (err == nil) != x.ok {
			t.Errorf("%s %d %s: %v", x.path, x.status, x.resp, err)
		}
	}
}

// spy is a test that may be failed without failing.
type spy struct {
	testing.TB
	said []string
}

func (s *spy) Helper()                      {}
func (s *spy) Errorf(f string, args ...any) { s.said = append(s.said, fmt.Sprintf(f, args...)) }

func TestRecordersPassTrafficOnAndReport(t *testing.T) {
	t.Parallel()
	c := openapitest.New(t, openapi.Connectors)
	answer := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Seen", fmt.Sprint(len(body)))
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"code":"x"}`)
	})
	inside, outside := &spy{TB: t}, &spy{TB: t}
	server := httptest.NewServer(c.Handler(inside, answer))
	defer server.Close()
	client := &http.Client{Transport: c.Transport(outside, nil)}
	resp, err := client.Post(server.URL+jwo.PathCreatePurchases, "application/json", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if resp.StatusCode != 400 || string(body) != `{"code":"x"}` || resp.Header.Get("X-Seen") != "2" {
		t.Errorf("passed on %d %s %v", resp.StatusCode, body, resp.Header)
	}
	for _, s := range []*spy{inside, outside} {
		if len(s.said) != 1 || !slices.ContainsFunc(s.said, func(m string) bool { return strings.Contains(m, "requestId") || strings.Contains(m, "message") }) {
			t.Errorf("reported %q", s.said)
		}
	}
}
