package jwo_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/strollhq/stroll/jwo"
)

// local is a contract test case of a call to Amazon: our client refuses the
// request itself, with Amazon's error name, and sends nothing.
func local(t *testing.T, api string, cases []fault) {
	t.Helper()
	var c call
	for _, c = range calls() {
		if c.api == api {
			break
		}
	}
	for _, x := range cases {
		t.Run(x.title, func(t *testing.T) {
			t.Parallel()
			a := newAmazon(t, says(200, "{}"))
			doc := edited(t, c.sent, x.edits...)
			err := sendDocument(t, newClient(t, a.URL), api, doc)
			e := asError(t, err)
			if e.Outcome != jwo.Refused || e.Status != 0 || e.Name != jwo.BadRequestException || !same(fields(err), x.fields) {
				t.Errorf("%s %s %v, want %v", e.Outcome, e.Name, err, x.fields)
			}
			if len(a.received(c.path)) != 0 {
				t.Error("something was sent")
			}
			// The same document is refused at the other end with the same fields.
			if got := fields(jwo.DecodeRequest([]byte(doc), requestOf(t, api), jwo.Limits{})); !same(got, x.fields) {
				t.Errorf("read as %v, want %v", got, x.fields)
			}
			// With the check off it is sent, for tests of the other end.
			_ = sendDocument(t, newClient(t, a.URL, func(cfg *jwo.ClientConfig) { cfg.SkipValidation = true }), api, doc)
			if len(a.received(c.path)) != 1 {
				t.Error("not sent with SkipValidation")
			}
		})
	}
}

func requestOf(t testing.TB, api string) jwo.Request {
	t.Helper()
	switch api {
	case jwo.APIAdjustCharge:
		return &jwo.AdjustChargeRequest{}
	case jwo.APICancelCharge:
		return &jwo.CancelChargeRequest{}
	case jwo.APICaptureCharge:
		return &jwo.CaptureChargeRequest{}
	case jwo.APIRefund:
		return &jwo.RefundRequest{}
	case jwo.APIGetTransactionalData:
		return &jwo.GetTransactionalDataRequest{}
	case jwo.APIGetShopperIdentity:
		return &jwo.GetShopperIdentityRequest{}
	case jwo.APIReportPaymentStatus:
		return &jwo.ReportPaymentStatusRequest{}
	case jwo.APIUploadCatalog:
		return &jwo.UploadCatalogRequest{}
	case jwo.APIUploadCartCatalog:
		return &jwo.UploadCartCatalogRequest{}
	case jwo.APIArchiveCatalog:
		return &jwo.ArchiveCatalogRequest{}
	case jwo.APIGetCatalogUploadStatus:
		return &jwo.GetCatalogUploadStatusRequest{}
	case jwo.APICheckout:
		return &jwo.CheckoutRequest{}
	}
	t.Fatalf("no request of %s", api)
	return nil
}

func sendDocument(t testing.TB, c *jwo.Client, api, doc string) error {
	t.Helper()
	req := requestOf(t, api)
	if err := json.Unmarshal([]byte(doc), req); err != nil {
		t.Fatal(err)
	}
	var err error
	switch r := req.(type) {
	case *jwo.AdjustChargeRequest:
		_, err = c.AdjustCharge(t.Context(), r)
	case *jwo.CancelChargeRequest:
		_, err = c.CancelCharge(t.Context(), r)
	case *jwo.CaptureChargeRequest:
		_, err = c.CaptureCharge(t.Context(), r)
	case *jwo.RefundRequest:
		_, err = c.Refund(t.Context(), r)
	case *jwo.GetTransactionalDataRequest:
		_, err = c.GetTransactionalData(t.Context(), r)
	case *jwo.GetShopperIdentityRequest:
		_, err = c.GetShopperIdentity(t.Context(), r)
	case *jwo.ReportPaymentStatusRequest:
		_, err = c.ReportPaymentStatus(t.Context(), r)
	case *jwo.UploadCatalogRequest:
		_, err = c.UploadCatalog(t.Context(), r)
	case *jwo.UploadCartCatalogRequest:
		_, err = c.UploadCartCatalog(t.Context(), r)
	case *jwo.ArchiveCatalogRequest:
		_, err = c.ArchiveCatalog(t.Context(), r)
	case *jwo.GetCatalogUploadStatusRequest:
		_, err = c.GetCatalogUploadStatus(t.Context(), r)
	case *jwo.CheckoutRequest:
		_, err = c.Checkout(t.Context(), r)
	}
	return err
}

// tripFaults are the cases every call with a trip has.
func tripFaults() []fault {
	return []fault{
		{"invalid storeId", []edit{{"storeId", "store 1"}}, []string{"storeId"}},
		{"storeId format", []edit{{"storeId", "störe"}}, []string{"storeId"}},
		{"storeId length", []edit{{"storeId", long(256)}}, []string{"storeId"}},
		{"shoppingTripId format", []edit{{"shoppingTripId", "trip/1"}}, []string{"shoppingTripId"}},
		{"shoppingTripId length", []edit{{"shoppingTripId", long(256)}}, []string{"shoppingTripId"}},
		{"required fields missing", []edit{{"storeId", drop{}}, {"shoppingTripId", drop{}}}, []string{"storeId", "shoppingTripId"}},
		{"empty strings", []edit{{"storeId", ""}, {"shoppingTripId", ""}}, []string{"storeId", "shoppingTripId"}},
		{"nulls", []edit{{"storeId", nil}, {"shoppingTripId", nil}}, []string{"storeId", "shoppingTripId"}},
		{"white space only", []edit{{"storeId", "  "}, {"shoppingTripId", "\t"}}, []string{"storeId", "shoppingTripId"}},
	}
}

// amountFaults are the cases of an amount above zero.
func amountFaults() []fault {
	return []fault{
		{"amount missing", []edit{{"amount", drop{}}}, []string{"amount"}},
		{"amount null", []edit{{"amount", nil}}, []string{"amount"}},
		{"amount.amount missing", []edit{{"amount.amount", nil}}, []string{"amount.amount"}},
		{"currency missing", []edit{{"amount.code", drop{}}}, []string{"amount.code"}},
		{"currency format", []edit{{"amount.code", "usd"}}, []string{"amount.code"}},
		{"currency too long", []edit{{"amount.code", "USDX"}}, []string{"amount.code"}},
		{"currency too short", []edit{{"amount.code", "US"}}, []string{"amount.code"}},
		{"zero", []edit{{"amount.amount", json.Number("0.00")}}, []string{"amount.amount"}},
		{"negative", []edit{{"amount.amount", json.Number("-1")}}, []string{"amount.amount"}},
		{"more decimals than allowed", []edit{{"amount.amount", json.Number("1.005")}, {"amount.code", "USD"}}, []string{"amount.amount"}},
		{"decimals of a currency without", []edit{{"amount.amount", json.Number("1.5")}, {"amount.code", "JPY"}}, []string{"amount.amount"}},
		{"beyond reason", []edit{{"amount.amount", json.Number("99999999999999999")}}, []string{"amount.amount"}},
		{"beyond reason with exponent", []edit{{"amount.amount", json.Number("1e999999999")}}, []string{"amount.amount"}},
		{"beyond 40 digits", []edit{{"amount.amount", json.Number(strings.Repeat("9", 60))}}, []string{"amount.amount"}},
	}
}

func TestAdjustCharge_local(t *testing.T) {
	t.Parallel()
	local(t, jwo.APIAdjustCharge, append(tripFaults(), amountFaults()...))
}

func TestCancelCharge_local(t *testing.T) {
	t.Parallel()
	local(t, jwo.APICancelCharge, tripFaults())
}

func TestCaptureCharge_local(t *testing.T) {
	t.Parallel()
	local(t, jwo.APICaptureCharge, append(tripFaults(), amountFaults()...))
}

func TestRefund_local(t *testing.T) {
	t.Parallel()
	local(t, jwo.APIRefund, append(append(tripFaults(), amountFaults()...), []fault{
		{"7 refund request id missing", []edit{{"refundRequestId", drop{}}}, []string{"refundRequestId"}},
		{"7 refund request id no UUID", []edit{{"refundRequestId", "refund-1"}}, []string{"refundRequestId"}},
		{"7 refund request id in upper case", []edit{{"refundRequestId", strings.ToUpper(refundA)}}, []string{"refundRequestId"}},
		{"7 refund request id of version 7", []edit{{"refundRequestId", "0194d3a1-7b1c-7def-8abc-0123456789ab"}}, []string{"refundRequestId"}},
		{"7 refund request id of another variant", []edit{{"refundRequestId", "6f1c2f6e-8f0a-4c56-ca2e-3d1f0b7c9e21"}}, []string{"refundRequestId"}},
		{"7 refund request id too long", []edit{{"refundRequestId", refundA + "0"}}, []string{"refundRequestId"}},
		{"8 reason code missing", []edit{{"refundReasonCode", ""}}, []string{"refundReasonCode"}},
		{"8 reason code unknown", []edit{{"refundReasonCode", "BORED"}}, []string{"refundReasonCode"}},
	}...))
	t.Run("every reason, versions and variants of the id", func(t *testing.T) {
		t.Parallel()
		for _, reason := range []string{jwo.ReasonDamaged, jwo.ReasonExpired, jwo.ReasonUnwanted, jwo.ReasonTechError, jwo.ReasonOther} {
			for _, id := range []string{refundA, "00000000-0000-0000-0000-000000000000", "6f1c2f6e-8f0a-1c56-8a2e-3d1f0b7c9e21", "6f1c2f6e-8f0a-5c56-ba2e-3d1f0b7c9e21"} {
				r := jwo.RefundRequest{StoreID: "s", ShoppingTripID: "t", Amount: usd(1), RefundRequestID: id, RefundReasonCode: reason}
				if err := r.Validate(); err != nil {
					t.Errorf("%s %s: %v", reason, id, err)
				}
			}
		}
		r := jwo.RefundRequest{StoreID: "s", ShoppingTripID: "t", Amount: usd(1), RefundRequestID: refundA, RefundReasonCode: "NEW_REASON"}
		if err := r.ValidateWith(jwo.Limits{RefundReasons: []string{"NEW_REASON"}}); err != nil {
			t.Errorf("a reason added by setting: %v", err)
		}
	})
}

func TestGetTransactionalData_local(t *testing.T) {
	t.Parallel()
	local(t, jwo.APIGetTransactionalData, tripFaults())
}

func TestGetShopperIdentity_local(t *testing.T) {
	t.Parallel()
	local(t, jwo.APIGetShopperIdentity, []fault{
		{"2 invalid storeId", []edit{{"storeId", "?"}}, []string{"storeId"}},
		{"3 required field missing", []edit{{"storeId", drop{}}}, []string{"storeId"}},
		{"4 shopperId missing", []edit{{"shopperId", drop{}}}, []string{"shopperId"}},
		{"5 its id missing", []edit{{"shopperId.id", drop{}}}, []string{"shopperId.id"}},
		{"8 shopper id format", []edit{{"shopperId.id", "a@b"}}, []string{"shopperId.id"}},
		{"9 length of storeId", []edit{{"storeId", long(256)}}, []string{"storeId"}},
		{"10 length of shopper id", []edit{{"shopperId.id", long(256)}}, []string{"shopperId.id"}},
		{"14 empty strings", []edit{{"storeId", ""}, {"shopperId.id", ""}}, []string{"storeId", "shopperId.id"}},
		{"15 nulls", []edit{{"storeId", nil}, {"shopperId", nil}}, []string{"storeId", "shopperId"}},
		{"16 white space only", []edit{{"storeId", " "}, {"shopperId.id", " "}}, []string{"storeId", "shopperId.id"}},
	})
	r := jwo.GetShopperIdentityRequest{StoreID: "s", ShopperID: &jwo.Identity{ID: "09azAZ_.-"}}
	if err := r.Validate(); err != nil {
		t.Errorf("17 every allowed character: %v", err)
	}
}

func TestReportPaymentStatus_local(t *testing.T) {
	t.Parallel()
	local(t, jwo.APIReportPaymentStatus, append(tripFaults(), []fault{
		{"TC013 totalAmount missing", []edit{{"totalAmount", drop{}}}, []string{"totalAmount"}},
		{"TC014 settledAmount missing", []edit{{"settledAmount", drop{}}}, []string{"settledAmount"}},
		{"negative settlement", []edit{{"settledAmount.amount", json.Number("-0.01")}}, []string{"settledAmount.amount"}},
		{"currency format", []edit{{"totalAmount.code", "$"}}, []string{"totalAmount.code"}},
		{"time beyond reason", []edit{{"paymentStatusTime", json.Number("1e99")}}, []string{"paymentStatusTime"}},
	}...))
	for title, r := range map[string]jwo.ReportPaymentStatusRequest{
		"TC004 zero amount":         {StoreID: "s", ShoppingTripID: "t", TotalAmount: usd(0), SettledAmount: usd(0)},
		"TC005 zero-decimal":        {StoreID: "s", ShoppingTripID: "t", TotalAmount: &jwo.PaymentMoney{Amount: "500", Code: "JPY"}, SettledAmount: &jwo.PaymentMoney{Amount: "0", Code: "JPY"}},
		"TC006 storeId forms":       {StoreID: "A-b_9", ShoppingTripID: "t", TotalAmount: usd(1), SettledAmount: usd(1)},
		"TC009 amount precision":    {StoreID: "s", ShoppingTripID: "t", TotalAmount: &jwo.PaymentMoney{Amount: "10.5", Code: "USD"}, SettledAmount: &jwo.PaymentMoney{Amount: "10.500", Code: "USD"}},
		"TC010 255-character bound": {StoreID: long(255), ShoppingTripID: long(255), TotalAmount: usd(1), SettledAmount: usd(1)},
	} {
		if err := r.Validate(); err != nil {
			t.Errorf("%s: %v", title, err)
		}
	}
}

func TestCatalog_local(t *testing.T) {
	t.Parallel()
	const item = "catalogItems[0]."
	cases := []fault{
		{"4 invalid request body", []edit{{"catalogItems", drop{}}}, []string{"catalogItems"}},
		{"empty catalog", []edit{{"catalogItems", []any{}}}, []string{"catalogItems"}},
		{"5 missing required fields", []edit{{item + "external_product_id", drop{}}, {item + "item_name", nil}, {item + "store_id", ""}},
			[]string{item + "external_product_id", item + "item_name", item + "store_id"}},
		{"7 item_sku over 255", []edit{{item + "item_sku", long(256)}}, []string{item + "item_sku"}},
		{"7 item_name over 100", []edit{{item + "item_name", wide(101)}}, []string{item + "item_name"}},
		{"7 store_id over 255", []edit{{item + "store_id", long(256)}}, []string{item + "store_id"}},
		{"a special character in the SKU", []edit{{item + "item_sku", "A™"}}, []string{item + "item_sku"}},
		{"barcode type unknown", []edit{{item + "external_product_id_type", "QR"}}, []string{item + "external_product_id_type"}},
		{"further barcode empty", []edit{{item + "additional_external_product_information[0].external_product_id", ""}},
			[]string{item + "additional_external_product_information[0].external_product_id"}},
		{"price no decimal", []edit{{item + "standard_price", "free"}}, []string{item + "standard_price"}},
	}
	local(t, jwo.APIUploadCatalog, cases)
	local(t, jwo.APIUploadCartCatalog, cases[:3])
	local(t, jwo.APIArchiveCatalog, []fault{
		{"archive without SKUs", []edit{{"itemSkus", []any{}}}, []string{"itemSkus"}},
		{"archive with an empty SKU", []edit{{"itemSkus[0]", ""}}, []string{"itemSkus[0]"}},
		{"archive without stores", []edit{{"allApplicableStores", drop{}}}, []string{"allApplicableStores"}},
		{"archive with a store that is none", []edit{{"allApplicableStores[1]", "a b"}}, []string{"allApplicableStores[1]"}},
	})
	local(t, jwo.APIGetCatalogUploadStatus, []fault{
		{"status without id", []edit{{"ingestionId", drop{}}}, []string{"ingestionId"}},
		{"status with a blank id", []edit{{"ingestionId", " "}}, []string{"ingestionId"}},
		{"status with id over 255", []edit{{"ingestionId", long(256)}}, []string{"ingestionId"}},
	})
	t.Run("6 exceed item threshold", func(t *testing.T) {
		t.Parallel()
		items := make([]jwo.CatalogItem, jwo.MaxCatalogItems+1)
		for i := range items {
			items[i] = jwo.CatalogItem{ItemSKU: "A", ExternalProductID: "4011", ItemName: wide(100), StoreID: "s"}
		}
		items[0].AdditionalExternalProductInformation = make([]jwo.ExternalProduct, 51)
		for i := range 51 {
			items[0].AdditionalExternalProductInformation[i].ExternalProductID = "1"
		}
		err := (&jwo.UploadCatalogRequest{CatalogItems: items}).Validate()
		if !same(fields(err), []string{"catalogItems", item + "additional_external_product_information"}) {
			t.Error(err)
		}
		items[0].AdditionalExternalProductInformation = items[0].AdditionalExternalProductInformation[:50]
		if err := (&jwo.UploadCatalogRequest{CatalogItems: items[:jwo.MaxCatalogItems]}).Validate(); err != nil {
			t.Error(err)
		}
		longer := &jwo.UploadCatalogRequest{CatalogItems: []jwo.CatalogItem{{ItemSKU: "A", ExternalProductID: "4011", ItemName: long(255), StoreID: "s"}}}
		if longer.Validate() == nil || longer.ValidateWith(jwo.Limits{ItemNameLength: 255}) != nil || longer.ValidateWith(jwo.Limits{ItemNameLength: 9999}) != nil {
			t.Error("the length of a name is a setting up to 255")
		}
	})
}

func TestCheckout_local(t *testing.T) {
	t.Parallel()
	const line = "lineItems[0]."
	local(t, jwo.APICheckout, []fault{
		{"3 missing required fields", []edit{{"idempotentShoppingTripId", drop{}}, {"storeId", drop{}}, {"orderTotals", drop{}}},
			[]string{"idempotentShoppingTripId", "storeId", "orderTotals"}},
		{"4 empty cart", []edit{{"lineItems", []any{}}}, []string{"lineItems"}},
		{"5 missing price", []edit{{line + "unitPrice.price", nil}, {"orderTotals.priceTotal", nil}}, []string{line + "unitPrice.price", "orderTotals.priceTotal"}},
		{"line without everything", []edit{{"lineItems[0]", map[string]any{}}}, []string{line + "productId", line + "type", line + "quantity", line + "unitPrice"}},
		{"three decimals", []edit{{line + "unitPrice.salesTax.amount", "0.450"}}, []string{line + "unitPrice.salesTax.amount"}},
		{"no decimals", []edit{{"orderTotals.subTotal.amount", "5"}}, []string{"orderTotals.subTotal.amount"}},
		{"negative", []edit{{"orderTotals.subTotal.amount", "-5.00"}}, []string{"orderTotals.subTotal.amount"}},
		{"no number", []edit{{"orderTotals.subTotal.amount", "five"}, {"orderTotals.promotionsTotal.amount", ""}}, []string{"orderTotals.subTotal.amount", "orderTotals.promotionsTotal.amount"}},
		{"currency", []edit{{line + "unitPrice.depositsAndFees[0].salesTax.currencyCode", "us"}}, []string{line + "unitPrice.depositsAndFees[0].salesTax.currencyCode"}},
		{"promotion", []edit{{line + "unitPrice.promotions[0].promotionAmount", nil}}, []string{line + "unitPrice.promotions[0].promotionAmount"}},
		{"quantity", []edit{{line + "quantity", map[string]any{"value": "0"}}}, []string{line + "quantity.value", line + "quantity.unit"}},
	})
}

// Wrong types reach only a receiver: Go's own types exclude them in the client.
func TestOutboundRequestsReadByAReceiver(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		api   string
		edits []edit
		want  []string
	}{
		{jwo.APIAdjustCharge, []edit{{"storeId", 5}, {"amount.amount", "much"}, {"amount.code", true}}, []string{"storeId", "amount.amount", "amount.code"}},
		{jwo.APICancelCharge, []edit{{"storeId", []any{}}, {"shoppingTripId", map[string]any{}}}, []string{"storeId", "shoppingTripId"}},
		{jwo.APICaptureCharge, []edit{{"amount", "12.30"}}, []string{"amount"}},
		{jwo.APIRefund, []edit{{"refundRequestId", 7}, {"amount.amount", []any{}}}, []string{"refundRequestId", "amount.amount"}},
		{jwo.APIGetShopperIdentity, []edit{{"shopperId", "kiosk"}}, []string{"shopperId"}},
		{jwo.APIReportPaymentStatus, []edit{{"totalAmount", []any{}}, {"paymentStatusTime", "now"}}, []string{"totalAmount", "paymentStatusTime"}},
		{jwo.APIUploadCatalog, []edit{{"catalogItems[0]", 5}}, []string{"catalogItems[0]"}},
		{jwo.APIArchiveCatalog, []edit{{"itemSkus[0]", 5}}, []string{"itemSkus[0]"}},
		{jwo.APICheckout, []edit{{"lineItems[0].unitPrice.price.amount", 5}}, []string{"lineItems[0].unitPrice.price.amount"}},
	} {
		for _, x := range calls() {
			if x.api == c.api {
				if got := fields(jwo.DecodeRequest([]byte(edited(t, x.sent, c.edits...)), requestOf(t, c.api), jwo.Limits{})); !same(got, c.want) {
					t.Errorf("%s: %v, want %v", c.api, got, c.want)
				}
				if err := jwo.DecodeRequest([]byte(strewn(t, x.sent)), requestOf(t, c.api), jwo.Limits{}); err != nil {
					t.Errorf("%s with extra fields: %v", c.api, err)
				}
			}
		}
	}
}
