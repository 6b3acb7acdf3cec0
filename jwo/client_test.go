package jwo_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"

	"github.com/strollhq/stroll/jwo"
	"github.com/strollhq/stroll/money"
	"github.com/strollhq/stroll/openapi/openapitest"
)

const (
	accessKey = "AKIAEXAMPLE"
	secretKey = "wJalrXUtnFEMI/K7MDENG"
)

var credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: accessKey, SecretAccessKey: secretKey, SessionToken: "session-token"}, nil
})

// amazon is Amazon's side: it checks signatures, remembers bodies and answers
// as told.
type amazon struct {
	*httptest.Server
	mu     sync.Mutex
	bodies map[string][]string
	answer http.HandlerFunc
}

func newAmazon(t testing.TB, answer http.HandlerFunc) *amazon {
	t.Helper()
	a := &amazon{bodies: map[string][]string{}, answer: answer}
	verifier := jwo.NewVerifier(jwo.VerifierConfig{Regions: []string{"us-east-1"}, Keys: func(id string) (string, bool) { return secretKey, id == accessKey }})
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if err := verifier.Verify(r, body); err != nil {
			t.Errorf("%s: %v", r.URL.Path, err)
		}
		if r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" || r.Header.Get("Accept") != "application/json" ||
			!strings.Contains(r.UserAgent(), "stroll-jwo/") {
			t.Errorf("%s %s %v", r.Method, r.URL.Path, r.Header)
		}
		a.mu.Lock()
		a.bodies[r.URL.Path] = append(a.bodies[r.URL.Path], string(body))
		a.mu.Unlock()
		a.answer(w, r)
	}))
	t.Cleanup(a.Close)
	return a
}

func (a *amazon) received(path string) []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.bodies[path]
}

func says(status int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func newClient(t testing.TB, url string, change ...func(*jwo.ClientConfig)) *jwo.Client {
	t.Helper()
	cfg := jwo.ClientConfig{PaymentsURL: url, CatalogURL: url, CheckoutURL: url, Region: "us-east-1", Credentials: credentials}
	for _, f := range change {
		f(&cfg)
	}
	c, err := jwo.NewClient(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.CloseIdleConnections)
	return c
}

func usd(minor int64) *jwo.PaymentMoney { return jwo.PaymentAmount(money.New(minor, "USD")) }

func cents(minor int64) *jwo.CheckoutMoney { return jwo.CheckoutAmount(money.New(minor, "USD")) }

const refundA = "6f1c2f6e-8f0a-4c56-9a2e-3d1f0b7c9e21"

func checkoutRequest() *jwo.CheckoutRequest {
	return &jwo.CheckoutRequest{IdempotentShoppingTripID: tripA, StoreID: storeA,
		LineItems: []jwo.CheckoutLineItem{{ProductID: "A1", Type: jwo.ItemSKU, Quantity: &jwo.Quantity{Value: "1", Unit: "unit"},
			UnitPrice: &jwo.CheckoutUnitPrice{Price: cents(500), TotalPrice: cents(495), SalesTax: cents(45),
				DepositsAndFees: []jwo.CheckoutFee{{DepositAndFeeAmount: cents(10), DepositAndFeeDescription: "bottle", SalesTax: cents(0)}},
				Promotions:      []jwo.CheckoutPromotion{{PromotionAmount: cents(60), PromotionDescription: "lunch"}}}}},
		OrderTotals: &jwo.CheckoutTotals{PriceTotal: cents(495), SubTotal: cents(500), PromotionsTotal: cents(60), SalesTaxTotal: cents(45)}}
}

// call is one of the client's calls with a good request, the body it must send,
// a good answer and what must be read from it.
type call struct {
	api, path, sent string
	status          int
	answer          string
	want            any
	do              func(context.Context, *jwo.Client) (any, error)
}

func calls() []call {
	const trip = `"storeId":"store-1","shoppingTripId":"trip_2026-0001"`
	at := time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC)
	item := jwo.CatalogItem{ItemSKU: "A1", ExternalProductID: "036000291452", ExternalProductIDType: "UPC", ItemName: "Apple", StoreID: storeA, StandardPrice: "1.25",
		AdditionalExternalProductInformation: []jwo.ExternalProduct{{ExternalProductID: "4011", ExternalProductIDType: "PLU"}}}
	const itemSent = `{"catalogItems":[{"item_sku":"A1","external_product_id":"036000291452","external_product_id_type":"UPC",` +
		`"additional_external_product_information":[{"external_product_id":"4011","external_product_id_type":"PLU"}],` +
		`"item_name":"Apple","store_id":"store-1","standard_price":"1.25"}]}`
	return []call{
		{jwo.APIAdjustCharge, jwo.PathAdjustCharge, `{` + trip + `,"amount":{"amount":12.30,"code":"USD"}}`, 200,
			`{"status":"APPROVED","authorizedAmount":{"amount":12.3,"code":"USD"},"x":{}}`,
			&jwo.AdjustChargeResponse{Status: jwo.Approved, AuthorizedAmount: &jwo.PaymentMoney{Amount: "12.3", Code: "USD"}},
			func(ctx context.Context, c *jwo.Client) (any, error) {
				return c.AdjustCharge(ctx, &jwo.AdjustChargeRequest{StoreID: storeA, ShoppingTripID: tripA, Amount: usd(1230)})
			}},
		{jwo.APICancelCharge, jwo.PathCancelCharge, `{` + trip + `}`, 200, ``, &jwo.CancelChargeResponse{},
			func(ctx context.Context, c *jwo.Client) (any, error) {
				return c.CancelCharge(ctx, &jwo.CancelChargeRequest{StoreID: storeA, ShoppingTripID: tripA})
			}},
		{jwo.APICaptureCharge, jwo.PathCaptureCharge, `{` + trip + `,"amount":{"amount":500,"code":"JPY"}}`, 200, ``, &jwo.CaptureChargeResponse{},
			func(ctx context.Context, c *jwo.Client) (any, error) {
				return c.CaptureCharge(ctx, &jwo.CaptureChargeRequest{StoreID: storeA, ShoppingTripID: tripA, Amount: jwo.PaymentAmount(money.New(500, "JPY"))})
			}},
		{jwo.APIRefund, jwo.PathRefund, `{` + trip + `,"amount":{"amount":0.05,"code":"USD"},"refundRequestId":"` + refundA + `","refundReasonCode":"DAMAGED_ITEM"}`, 200,
			`{"reconciliationId":"rec-1"}`, &jwo.RefundResponse{ReconciliationID: "rec-1"},
			func(ctx context.Context, c *jwo.Client) (any, error) {
				return c.Refund(ctx, &jwo.RefundRequest{StoreID: storeA, ShoppingTripID: tripA, Amount: usd(5), RefundRequestID: refundA, RefundReasonCode: jwo.ReasonDamaged})
			}},
		{jwo.APIGetTransactionalData, jwo.PathGetTransactionalData, `{` + trip + `}`, 200,
			`{"brand":"VISA","posEntryMode":"EMV_9F39_07","tail":"0042","expirationDate":{"expirationYear":"2029","expirationMonth":"01"},"reconciliationId":"rec-1"}`,
			&jwo.GetTransactionalDataResponse{Brand: "VISA", POSEntryMode: "EMV_9F39_07", Tail: "0042", ReconciliationID: "rec-1",
				ExpirationDate: &jwo.ExpirationDate{ExpirationYear: "2029", ExpirationMonth: "01"}},
			func(ctx context.Context, c *jwo.Client) (any, error) {
				return c.GetTransactionalData(ctx, &jwo.GetTransactionalDataRequest{StoreID: storeA, ShoppingTripID: tripA})
			}},
		{jwo.APIGetShopperIdentity, jwo.PathGetShopperIdentity, `{"storeId":"store-1","shopperId":{"id":"kiosk.1_a-b"}}`, 200,
			`{"shopperEmail":"ada@example.com"}`, &jwo.GetShopperIdentityResponse{ShopperEmail: "ada@example.com"},
			func(ctx context.Context, c *jwo.Client) (any, error) {
				return c.GetShopperIdentity(ctx, &jwo.GetShopperIdentityRequest{StoreID: storeA, ShopperID: &jwo.Identity{ID: "kiosk.1_a-b"}})
			}},
		{jwo.APIReportPaymentStatus, jwo.PathReportPaymentStatus,
			`{` + trip + `,"totalAmount":{"amount":12.30,"code":"USD"},"settledAmount":{"amount":0.00,"code":"USD"},"paymentStatusTime":1772357400}`, 200,
			`{"status":"Rejected"}`, &jwo.ReportPaymentStatusResponse{Status: jwo.Rejected},
			func(ctx context.Context, c *jwo.Client) (any, error) {
				return c.ReportPaymentStatus(ctx, &jwo.ReportPaymentStatusRequest{StoreID: storeA, ShoppingTripID: tripA,
					TotalAmount: usd(1230), SettledAmount: usd(0), PaymentStatusTime: jwo.EpochSeconds(at)})
			}},
		{jwo.APIUploadCatalog, jwo.PathUploadCatalog, itemSent, 201, `{"ingestionId":"ing-1"}`, &jwo.UploadCatalogResponse{IngestionID: "ing-1"},
			func(ctx context.Context, c *jwo.Client) (any, error) {
				return c.UploadCatalog(ctx, &jwo.UploadCatalogRequest{CatalogItems: []jwo.CatalogItem{item}})
			}},
		{jwo.APIUploadCartCatalog, jwo.PathUploadCartCatalog, itemSent, 201, `{"ingestionId":"ing-1"}`, &jwo.UploadCartCatalogResponse{IngestionID: "ing-1"},
			func(ctx context.Context, c *jwo.Client) (any, error) {
				return c.UploadCartCatalog(ctx, &jwo.UploadCartCatalogRequest{CatalogItems: []jwo.CatalogItem{item}})
			}},
		{jwo.APIArchiveCatalog, jwo.PathArchiveCatalog, `{"itemSkus":["A1"],"allApplicableStores":["store-1","store-2"]}`, 200, `{"ingestionId":"ing-2"}`,
			&jwo.ArchiveCatalogResponse{IngestionID: "ing-2"},
			func(ctx context.Context, c *jwo.Client) (any, error) {
				return c.ArchiveCatalog(ctx, &jwo.ArchiveCatalogRequest{ItemSKUs: []string{"A1"}, AllApplicableStores: []string{storeA, "store-2"}})
			}},
		{jwo.APIGetCatalogUploadStatus, jwo.PathGetCatalogUploadStatus, `{"ingestionId":"ing-1"}`, 200, `{"processingStatus":"NEWSTATE"}`,
			&jwo.GetCatalogUploadStatusResponse{ProcessingStatus: "NEWSTATE"},
			func(ctx context.Context, c *jwo.Client) (any, error) {
				return c.GetCatalogUploadStatus(ctx, &jwo.GetCatalogUploadStatusRequest{IngestionID: "ing-1"})
			}},
		{jwo.APICheckout, jwo.PathCheckout, `{"idempotentShoppingTripId":"trip_2026-0001","storeId":"store-1","lineItems":[{"productId":"A1","type":"SKU",` +
			`"quantity":{"value":"1","unit":"unit"},"unitPrice":{"price":{"amount":"5.00","currencyCode":"USD"},"totalPrice":{"amount":"4.95","currencyCode":"USD"},` +
			`"salesTax":{"amount":"0.45","currencyCode":"USD"},"depositsAndFees":[{"depositAndFeeAmount":{"amount":"0.10","currencyCode":"USD"},` +
			`"depositAndFeeDescription":"bottle","salesTax":{"amount":"0.00","currencyCode":"USD"}}],"promotions":[{"promotionAmount":{"amount":"0.60","currencyCode":"USD"},` +
			`"promotionDescription":"lunch"}]}}],"orderTotals":{"priceTotal":{"amount":"4.95","currencyCode":"USD"},"subTotal":{"amount":"5.00","currencyCode":"USD"},` +
			`"promotionsTotal":{"amount":"0.60","currencyCode":"USD"},"salesTaxTotal":{"amount":"0.45","currencyCode":"USD"}}}`, 201,
			`{"orderId":"order-1"}`, &jwo.CheckoutResponse{OrderID: "order-1"},
			func(ctx context.Context, c *jwo.Client) (any, error) { return c.Checkout(ctx, checkoutRequest()) }},
	}
}

func TestClientCalls(t *testing.T) {
	t.Parallel()
	for _, call := range calls() {
		t.Run(call.api, func(t *testing.T) {
			t.Parallel()
			a := newAmazon(t, says(call.status, call.answer))
			checked := &http.Client{Transport: openapitest.New(t, openapitest.Outbound()...).Transport(t, nil)}
			c := newClient(t, a.URL, func(cfg *jwo.ClientConfig) { cfg.HTTP = checked })
			got, err := call.do(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(call.want, got); d != "" {
				t.Error(d)
			}
			if d := cmp.Diff([]string{call.sent}, a.received(call.path)); d != "" {
				t.Error(d)
			}
		})
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestClientUsesConnectionsAgain(t *testing.T) {
	t.Parallel()
	a := newAmazon(t, says(200, `{"status":"PENDING"}`))
	c := newClient(t, a.URL)
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() {
			if _, err := calls()[0].do(t.Context(), c); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
}
