package jwosim_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/strollhq/stroll/jwo"
	"github.com/strollhq/stroll/jwosim"
	"github.com/strollhq/stroll/money"
)

// retailer is a connector made of the SDK's handlers.
type retailer struct{ t *testing.T }

func (r retailer) VerifyIdentityKeys(_ context.Context, q *jwo.VerifyIdentityKeysRequest) (*jwo.VerifyIdentityKeysResponse, error) {
	return &jwo.VerifyIdentityKeysResponse{VisitorDetails: &jwo.VisitorDetails{ID: "v-1", Type: jwo.Shopper}}, nil
}

func (r retailer) GetShopperAuthorization(_ context.Context, q *jwo.ShopperAuthorizationRequest) (*jwo.ShopperAuthorizationResponse, error) {
	if q.AuthorizedAmount == nil || q.ShopperInteraction == nil || q.ShopperInteraction.GateAuthenticationEvent == nil {
		r.t.Errorf("%+v", q)
	}
	return &jwo.ShopperAuthorizationResponse{ShopperAuthorized: true, AuthorizationConditions: []jwo.AuthorizationCondition{
		{Type: jwo.Adjust, Amount: jwo.AuthorizationAmount(money.New(1500, "USD"))},
	}}, nil
}

func (r retailer) CreatePurchases(_ context.Context, q *jwo.CreatePurchasesRequest) (*jwo.CreatePurchasesResponse, error) {
	if len(q.CartItems) == 0 {
		return &jwo.CreatePurchasesResponse{}, nil
	}
	return &jwo.CreatePurchasesResponse{PurchaseID: "p-1"}, nil
}

// The simulator and the SDK understand each other: signatures both ways, every
// body both ways. Each was written from the contract on its own.
func TestSDK(t *testing.T) {
	t.Parallel()
	verify := jwo.NewVerifier(jwo.VerifierConfig{Keys: func(id string) (string, bool) { return key.SecretAccessKey, id == key.AccessKeyID }})
	r := retailer{t}
	m := http.NewServeMux()
	m.Handle(jwo.PathVerifyIdentityKeys, jwo.IdentityHandler(r, jwo.HandlerConfig{}))
	m.Handle(jwo.PathGetShopperAuthorization, jwo.AuthorizationHandler(r, jwo.HandlerConfig{}))
	m.Handle(jwo.PathCreatePurchases, jwo.PurchasesHandler(r, jwo.HandlerConfig{}))
	con := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body := readAll(t, q)
		if err := verify.Verify(q, body); err != nil {
			t.Errorf("%s: %v", q.URL.Path, err)
		}
		m.ServeHTTP(w, q)
	}))
	t.Cleanup(con.Close)
	sim, err := jwosim.New(jwosim.Config{
		Seed: 5, Accept: []jwosim.Credentials{key}, Sign: &key, Emails: map[string]string{"shopper-1": "ada@example.com"},
		Stores: []jwosim.Store{{ID: "store-1", ConnectorURL: con.URL, Strategy: jwosim.AmazonRecommendation}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sim.Close() })
	api := httptest.NewServer(sim.Handler())
	t.Cleanup(api.Close)
	c, err := jwo.NewClient(jwo.ClientConfig{
		PaymentsURL: api.URL, Region: "eu-west-1",
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: key.AccessKeyID, SecretAccessKey: key.SecretAccessKey}, nil
		}),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()

	byCode, err := sim.EnterByCode(ctx, "store-1", "CODE")
	if err != nil {
		t.Fatal(err)
	}
	if err := sim.WalkOut(ctx, byCode); err != nil { // an empty cart
		t.Fatal(err)
	}
	if _, err := c.CancelCharge(ctx, &jwo.CancelChargeRequest{StoreID: "store-1", ShoppingTripID: byCode.ID()}); err != nil {
		t.Error(err)
	}
	trip, err := sim.EnterByCard(ctx, "store-1", "recommend_adjust_40")
	if err != nil {
		t.Fatal(err)
	}
	if err := trip.Take(jwosim.Item{ID: "sku-1", External: []jwosim.External{{ID: "036000291452", Type: "UPC"}}}); err != nil {
		t.Fatal(err)
	}
	if err := sim.WalkOut(ctx, trip); err != nil {
		t.Fatal(err)
	}
	if st := trip.State(); st.PurchaseID != "p-1" || sim.Books().Trips[1].PreAuth != 1500 {
		t.Errorf("%+v", st)
	}
	total := jwo.PaymentAmount(money.New(1234, "USD"))
	adjusted, err := c.AdjustCharge(ctx, &jwo.AdjustChargeRequest{StoreID: "store-1", ShoppingTripID: trip.ID(), Amount: total})
	if err != nil || adjusted.Status != jwo.Approved {
		t.Fatalf("%+v, %v", adjusted, err)
	}
	if a, err := adjusted.AuthorizedAmount.Money(); err != nil || a != money.New(1234, "USD") {
		t.Errorf("%v, %v", a, err)
	}
	if _, err := c.CaptureCharge(ctx, &jwo.CaptureChargeRequest{StoreID: "store-1", ShoppingTripID: trip.ID(), Amount: total}); err != nil {
		t.Error(err)
	}
	data, err := c.GetTransactionalData(ctx, &jwo.GetTransactionalDataRequest{StoreID: "store-1", ShoppingTripID: trip.ID()})
	if err != nil || data.Brand == "" || len(data.Tail) != 4 || data.ReconciliationID == "" {
		t.Errorf("%+v, %v", data, err)
	}
	back, err := c.Refund(ctx, &jwo.RefundRequest{StoreID: "store-1", ShoppingTripID: trip.ID(), RefundRequestID: refundID,
		RefundReasonCode: jwo.ReasonDamaged, Amount: jwo.PaymentAmount(money.New(34, "USD"))})
	if err != nil || back.ReconciliationID == "" {
		t.Errorf("%+v, %v", back, err)
	}
	who, err := c.GetShopperIdentity(ctx, &jwo.GetShopperIdentityRequest{StoreID: "store-1", ShopperID: &jwo.Identity{ID: "shopper-1"}})
	if err != nil || who.ShopperEmail != "ada@example.com" {
		t.Errorf("%+v, %v", who, err)
	}
	report, err := c.ReportPaymentStatus(ctx, &jwo.ReportPaymentStatusRequest{StoreID: "store-1", ShoppingTripID: trip.ID(),
		TotalAmount: total, SettledAmount: total, PaymentStatusTime: jwo.EpochSeconds(time.Now())})
	if err != nil || report.Status != jwo.Accepted {
		t.Errorf("%+v, %v", report, err)
	}
	for outcome, want := range map[string]jwo.Outcome{
		"500": jwo.Unknown, "503": jwo.Unknown, "lost": jwo.Unknown, "cut": jwo.Unknown, "malformed": jwo.Unknown, "no_status": jwo.Unknown,
		"unknown_status": jwo.Unknown, "429": jwo.Throttled, "403": jwo.Denied, "UnknownShoppingTrip": jwo.Refused, "declined": jwo.Done,
	} {
		other, err := sim.EnterByCard(ctx, "store-1", "approve#"+outcome)
		if err != nil {
			t.Fatal(err)
		}
		if err := sim.Force(jwosim.Force{API: jwo.APIAdjustCharge, Trip: other.ID(), Outcome: outcome}); err != nil {
			t.Fatal(err)
		}
		_, err = c.AdjustCharge(ctx, &jwo.AdjustChargeRequest{StoreID: "store-1", ShoppingTripID: other.ID(), Amount: total})
		if got := jwo.OutcomeOf(err); got != want {
			t.Errorf("%s: %v, want %v: %v", outcome, got, want, err)
		}
	}
	b := sim.Books().Trips[1]
	if b.Captured != 1234 || b.Refunded != 34 || b.Reports != 1 || len(sim.Findings()) != 0 || sim.Verify() != nil {
		t.Errorf("%+v, %+v, %v", b, sim.Findings(), sim.Verify())
	}
	for _, e := range sim.History(jwosim.Filter{}) {
		if e.Status == 403 && e.Fault == "" || strings.Contains(e.Request, "signature") {
			t.Errorf("%+v", e)
		}
	}
}
