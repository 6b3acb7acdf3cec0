package jwo_test

import (
	"context"
	"errors"
	"io"
	"net"
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

func asError(t *testing.T, err error) *jwo.Error {
	t.Helper()
	var e *jwo.Error
	if !errors.As(err, &e) {
		t.Fatalf("%T %v is no *jwo.Error", err, err)
	}
	if jwo.OutcomeOf(err) != e.Outcome {
		t.Errorf("OutcomeOf %s, Outcome %s", jwo.OutcomeOf(err), e.Outcome)
	}
	return e
}

func TestClientRefusalsOfAmazon(t *testing.T) {
	t.Parallel()
	const html = `<html><body><h1>Something</h1></body></html>`
	for _, c := range []struct {
		title, body string
		status      int
		header      []string
		name        string
		outcome     jwo.Outcome
		retry       time.Duration
	}{
		{"unknown trip", `{"errorMsg":"UnknownShoppingTrip"}`, 400, nil, jwo.UnknownShoppingTrip, jwo.Refused, 0},
		{"unknown trip with suffix", `{"errorMsg":"UnknownShoppingTripException"}`, 400, nil, jwo.UnknownShoppingTrip, jwo.Refused, 0},
		{"bad request", `{"errorMsg":"BadRequestException"}`, 400, nil, jwo.BadRequestException, jwo.Refused, 0},
		{"bad request without suffix", `{"errorMsg":"badrequest"}`, 400, nil, jwo.BadRequestException, jwo.Refused, 0},
		{"expired", `{"errorMsg":"ShoppingTripExpiredException"}`, 400, nil, jwo.ShoppingTripExpired, jwo.Refused, 0},
		{"expired in other words", `{"message":"Request failed: SHOPPINGTRIPEXPIRED for this trip"}`, 422, nil, jwo.ShoppingTripExpired, jwo.Refused, 0},
		{"expired under Message, with a status of its own", `{"Message":"ShoppingTripExpired"}`, 500, nil, jwo.ShoppingTripExpired, jwo.Refused, 0},
		{"expired behind a 403", `{"errorMsg":"ShoppingTripExpiredException"}`, 403, nil, jwo.ShoppingTripExpired, jwo.Refused, 0},
		{"in the header", ``, 400, []string{"x-amzn-ErrorType", "UnknownShoppingTripException:http://internal.amazon.com/coral/"}, jwo.UnknownShoppingTrip, jwo.Refused, 0},
		{"as plain text", `UnknownShoppingTrip`, 404, nil, jwo.UnknownShoppingTrip, jwo.Refused, 0},
		{"as a JSON string", `"BadRequestException"`, 400, nil, jwo.BadRequestException, jwo.Refused, 0},
		{"the telling name of two", `{"errorMsg":"BadRequestException: UnknownShoppingTrip"}`, 400, nil, jwo.UnknownShoppingTrip, jwo.Refused, 0},
		{"invalid request", `{"errorMsg":"InvalidRequestException"}`, 400, nil, jwo.InvalidRequest, jwo.Refused, 0},
		{"cart content", `{"errorMsg":"CartContentValidationFailureException"}`, 400, nil, jwo.CartContentValidation, jwo.Refused, 0},
		{"an unknown name", `{"errorMsg":"MoonPhaseException"}`, 400, nil, "", jwo.Refused, 0},
		{"an unknown 4xx", html, 418, nil, "", jwo.Refused, 0},
		{"400 without a body", ``, 400, nil, "", jwo.Refused, 0},
		{"400 with a strange body", `{"errorMsg":{"deep":[1,2]}}`, 400, nil, "", jwo.Refused, 0},
		{"403", `{"message":"Forbidden"}`, 403, nil, "", jwo.Denied, 0},
		{"403 empty", ``, 403, nil, "", jwo.Denied, 0},
		{"401", html, 401, nil, "", jwo.Denied, 0},
		{"429 seconds", `{"errorMsg":"Too Many Requests"}`, 429, []string{"Retry-After", "600"}, "", jwo.Throttled, 600 * time.Second},
		{"429 nothing", ``, 429, nil, "", jwo.Throttled, 0},
		{"429 unreadable", ``, 429, []string{"Retry-After", "soon"}, "", jwo.Throttled, 0},
		{"429 negative", ``, 429, []string{"Retry-After", "-5"}, "", jwo.Throttled, 0},
		{"429 zero", ``, 429, []string{"Retry-After", "0"}, "", jwo.Throttled, time.Second},
		{"429 huge", ``, 429, []string{"Retry-After", "99999999999999999999"}, "", jwo.Throttled, 365 * 24 * time.Hour},
		{"429 a date gone by", ``, 429, []string{"Retry-After", "Mon, 02 Jan 2006 15:04:05 GMT"}, "", jwo.Throttled, time.Second},
		{"429 a far date", ``, 429, []string{"Retry-After", "Fri, 31 Dec 9999 23:59:59 GMT"}, "", jwo.Throttled, 365 * 24 * time.Hour},
		{"429 that names an unknown trip", `{"errorMsg":"UnknownShoppingTrip"}`, 429, nil, jwo.UnknownShoppingTrip, jwo.Throttled, 0},
		{"500", `{"errorMsg":"server error"}`, 500, nil, "", jwo.Unknown, 0},
		{"500 in HTML", html, 500, nil, "", jwo.Unknown, 0},
		{"500 empty", ``, 500, nil, "", jwo.Unknown, 0},
		{"500 that says bad request", `{"errorMsg":"BadRequestException"}`, 500, nil, jwo.BadRequestException, jwo.Unknown, 0},
		{"503 with a wait", ``, 503, []string{"Retry-After", "30"}, "", jwo.Unknown, 30 * time.Second},
		{"504", html, 504, nil, "", jwo.Unknown, 0},
		{"a redirect is not followed", ``, 307, []string{"Location", "http://127.0.0.1:1/"}, "", jwo.Unknown, 0},
		{"no change", ``, 304, nil, "", jwo.Unknown, 0},
	} {
		t.Run(c.title, func(t *testing.T) {
			t.Parallel()
			a := newAmazon(t, says(c.status, c.body, c.header...))
			client := newClient(t, a.URL)
			for _, call := range calls() {
				_, err := call.do(t.Context(), client)
				e := asError(t, err)
				if e.API != call.api || e.Status != c.status || e.Name != c.name || e.Outcome != c.outcome || e.RetryAfter != c.retry {
					t.Errorf("%s: %#v", call.api, e)
				}
				if len(a.received(call.path)) != 1 {
					t.Errorf("%s was sent %d times", call.api, len(a.received(call.path)))
				}
				if len(e.Message) > 500 || strings.ContainsAny(e.Error(), "\r\n\t") {
					t.Errorf("%s: %q", call.api, e.Error())
				}
			}
		})
	}
	t.Run("429 a date to come", func(t *testing.T) {
		t.Parallel()
		a := newAmazon(t, says(429, "", "Retry-After", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)))
		_, err := calls()[0].do(t.Context(), newClient(t, a.URL))
		if e := asError(t, err); e.RetryAfter < 58*time.Minute || e.RetryAfter > time.Hour {
			t.Errorf("RetryAfter %s", e.RetryAfter)
		}
	})
	t.Run("the text of a catalog error is kept", func(t *testing.T) {
		t.Parallel()
		const text = "One or more StoreID's present in the request is incorrect"
		a := newAmazon(t, says(400, `{"errorMsg":"`+text+`"}`))
		if _, err := calls()[7].do(t.Context(), newClient(t, a.URL)); asError(t, err).Message != text {
			t.Error(err)
		}
	})
	t.Run("a huge error is cut", func(t *testing.T) {
		t.Parallel()
		a := newAmazon(t, says(500, strings.Repeat("é\n", 1<<20)))
		if _, err := calls()[0].do(t.Context(), newClient(t, a.URL)); len(asError(t, err).Message) > 500 || !strings.HasPrefix(asError(t, err).Message, "é é") {
			t.Error(err)
		}
	})
}

func TestClientUnreadableSuccess(t *testing.T) {
	t.Parallel()
	read := map[string]bool{jwo.APICancelCharge: true, jwo.APICaptureCharge: true}
	empty := map[string]bool{jwo.APIRefund: true, jwo.APIGetTransactionalData: true, jwo.APIGetShopperIdentity: true,
		jwo.APICancelCharge: true, jwo.APICaptureCharge: true}
	for title, body := range map[string]string{"garbage": "\x00\xff garbage", "HTML": "<html>", "an array": "[]", "cut JSON": `{"status":"APPRO`,
		"trailing data": `{"status":"APPROVED"}{}`, "nothing": "", "null": "null", "nothing known": `{}`, "too large": `{"x":"` + strings.Repeat("x", 5<<20) + `"}`} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			a := newAmazon(t, says(200, body))
			c := newClient(t, a.URL)
			for _, call := range calls() {
				_, err := call.do(t.Context(), c)
				tolerated := read[call.api] || empty[call.api] && (body == "" || body == "null" || body == "{}")
				if tolerated {
					if err != nil {
						t.Errorf("%s: %v", call.api, err)
					}
					continue
				}
				if e := asError(t, err); e.Outcome != jwo.Unknown || e.Status != 200 {
					t.Errorf("%s: %#v", call.api, e)
				}
			}
		})
	}
	for _, c := range []struct {
		title, body string
		ok          bool
	}{
		{"an unknown status", `{"status":"MAYBE"}`, false}, {"a status in lower case", `{"status":"approved"}`, false},
		{"a status that is no text", `{"status":1}`, false}, {"an amount that is no object", `{"status":"APPROVED","authorizedAmount":5}`, false},
		{"no amount", `{"status":"APPROVED"}`, true}, {"a null amount", `{"status":"DECLINED","authorizedAmount":null}`, true},
		{"an amount with too many digits", `{"status":"APPROVED","authorizedAmount":{"amount":1.005,"code":"USD"}}`, true},
	} {
		t.Run("Adjust with "+c.title, func(t *testing.T) {
			t.Parallel()
			a := newAmazon(t, says(200, c.body))
			_, err := calls()[0].do(t.Context(), newClient(t, a.URL))
			if c.ok && err != nil || !c.ok && asError(t, err).Outcome != jwo.Unknown {
				t.Error(err)
			}
		})
	}
	t.Run("receipt data of wrong types is read as far as it goes", func(t *testing.T) {
		t.Parallel()
		a := newAmazon(t, says(200, `{"brand":"VISA","panSequenceNumber":1,"tail":{"x":1},"terminalId":true,"expirationDate":"01/29"}`))
		got, err := newClient(t, a.URL).GetTransactionalData(t.Context(), &jwo.GetTransactionalDataRequest{StoreID: storeA, ShoppingTripID: tripA})
		if d := cmp.Diff(&jwo.GetTransactionalDataResponse{Brand: "VISA", PANSequenceNumber: "1", TerminalID: "true"}, got); err != nil || d != "" {
			t.Error(err, d)
		}
	})
	for title, body := range map[string]string{"18 unknown shopper id": `{}`, "null": `{"shopperEmail":null}`, "empty": `{"shopperEmail":""}`,
		"ill-formed": `{"shopperEmail":"nobody"}`, "of a wrong type": `{"shopperEmail":["a@b.c"]}`, "too long": `{"shopperEmail":"` + long(125) + `@b.co"}`} {
		t.Run("no e-mail: "+title, func(t *testing.T) {
			t.Parallel()
			a := newAmazon(t, says(200, body))
			got, err := newClient(t, a.URL).GetShopperIdentity(t.Context(), &jwo.GetShopperIdentityRequest{StoreID: storeA, ShopperID: &jwo.Identity{ID: "x"}})
			if err != nil || got.ShopperEmail != "" {
				t.Error(got, err)
			}
		})
	}
}

// listener answers each connection by hand.
func listener(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	t.Cleanup(func() { _ = l.Close(); group.Wait() })
	group.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			serve(conn)
			_ = conn.Close()
		}
	})
	return "http://" + l.Addr().String()
}

// hear reads until the request's last byte has come.
func hear(conn net.Conn, end string) {
	buf, seen := make([]byte, 4096), ""
	for !strings.Contains(seen, end) {
		n, err := conn.Read(buf)
		if err != nil {
			return
		}
		seen += string(buf[:n])
	}
}

func TestClientFailures(t *testing.T) {
	t.Parallel()
	const end = `}}` // of an Adjust body
	adjust := calls()[0]
	short := func(cfg *jwo.ClientConfig) { cfg.Timeout = 150 * time.Millisecond }
	run := func(title string, outcome jwo.Outcome, url string, change ...func(*jwo.ClientConfig)) {
		t.Run(title, func(t *testing.T) {
			_, err := adjust.do(t.Context(), newClient(t, url, change...))
			if e := asError(t, err); e.Outcome != outcome {
				t.Errorf("%s: %v", e.Outcome, e)
			}
		})
	}
	run("connection refused", jwo.NotSent, "http://127.0.0.1:1")
	run("no such host", jwo.NotSent, "http://no-such-host.invalid")
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	run("TLS failure", jwo.NotSent, strings.Replace(plain.URL, "http:", "https:", 1))
	run("no base URL", jwo.NotSent, "")
	run("no credentials", jwo.NotSent, plain.URL, func(cfg *jwo.ClientConfig) {
		cfg.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return aws.Credentials{}, errors.New("no role") })
	})
	run("a transport that does not trace", jwo.Unknown, plain.URL, func(cfg *jwo.ClientConfig) {
		cfg.HTTP = &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) { return nil, errors.New("lost") })}
	})
	run("hang before the body is read", jwo.Unknown, listener(t, func(c net.Conn) { _, _ = c.Read(make([]byte, 1)); _, _ = io.Copy(io.Discard, c) }), short)
	run("hang after the body", jwo.Unknown, listener(t, func(c net.Conn) { hear(c, end); _, _ = io.Copy(io.Discard, c) }), short)
	run("closed before an answer", jwo.Unknown, listener(t, func(c net.Conn) { hear(c, end) }))
	run("cut in the header", jwo.Unknown, listener(t, func(c net.Conn) { hear(c, end); _, _ = io.WriteString(c, "HTTP/1.1 200 O") }))
	run("cut in the body", jwo.Unknown, listener(t, func(c net.Conn) {
		hear(c, end)
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"status\":\"APPROVED\"}")
	}))
	run("hang in the body", jwo.Unknown, listener(t, func(c net.Conn) {
		hear(c, end)
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"status\":\"APPROVED\"}")
		_, _ = io.Copy(io.Discard, c)
	}), short)
	run("an answer that is not HTTP", jwo.Unknown, listener(t, func(c net.Conn) { hear(c, end); _, _ = io.WriteString(c, "220 smtp ready\r\n\r\n") }))
	run("TLS hang", jwo.NotSent, strings.Replace(listener(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }), "http:", "https:", 1), short)

	t.Run("cancelled before", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := adjust.do(ctx, newClient(t, plain.URL))
		if e := asError(t, err); e.Outcome != jwo.NotSent || !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", e.Outcome, e)
		}
	})
	t.Run("a capture whose empty answer is cut is initiated", func(t *testing.T) {
		url := listener(t, func(c net.Conn) {
			hear(c, end)
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n")
		})
		if _, err := calls()[2].do(t.Context(), newClient(t, url)); err != nil {
			t.Error(err)
		}
	})
	t.Run("recovery on the same client", func(t *testing.T) {
		a := newAmazon(t, says(500, ""))
		c := newClient(t, a.URL)
		if _, err := adjust.do(t.Context(), c); jwo.OutcomeOf(err) != jwo.Unknown {
			t.Error(err)
		}
		a.answer = says(200, adjust.answer)
		if _, err := adjust.do(t.Context(), c); err != nil {
			t.Error(err)
		}
		if sent := a.received(adjust.path); len(sent) != 2 || sent[0] != sent[1] {
			t.Errorf("sent %q", sent)
		}
	})
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
