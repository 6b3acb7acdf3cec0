package jwosim_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/strollhq/stroll/jwosim"
)

// yours is the smallest connector; put your own in its place.
func yours() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/identity/identity-keys", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, `{"visitorDetails": {"id": "visitor-1", "type": "SHOPPER"}}`)
	})
	mux.HandleFunc("POST /v1/order/purchases", func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusCreated)
		fmt.Fprint(w, `{"purchaseId": "purchase-1"}`)
	})
	return mux
}

// A shopper walks through your connector on a day with faults.
func Example() {
	connector, ctx := httptest.NewServer(yours()), context.Background()
	sim, _ := jwosim.New(jwosim.Config{Seed: 7, Faults: jwosim.DefaultFaults(),
		Stores: []jwosim.Store{{ID: "store-1", ConnectorURL: connector.URL}}})
	defer sim.Close()
	trip, _ := sim.EnterByCode(ctx, "store-1", "code from the app")
	trip.Take(jwosim.Item{ID: "SKU-1", Quantity: "2"})
	sim.WalkOut(ctx, trip)
	book := sim.Books().Trips[0]
	fmt.Println(book.State, book.PurchaseID, book.Charge, book.PreAuth, sim.Verification().OK)
	// Output: delivered purchase-1 preauthorized 2500 true
}

// The system under test calls Amazon's API at an address of its own.
func ExampleSim_Handler() {
	sim, _ := jwosim.New(jwosim.Config{
		Stores: []jwosim.Store{{ID: "store-1", Strategy: jwosim.AmazonManaged}},
		Accept: []jwosim.Credentials{{AccessKeyID: "AKID", SecretAccessKey: "secret"}},
	})
	defer sim.Close()
	amazon := httptest.NewServer(sim.Handler()) // tell your system this address and key
	resp, err := http.Post(amazon.URL+"/v1/capture/charge", "application/json", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(resp.StatusCode, resp.Header.Get("X-Not-Amazon"))
	// Output: 403 jwosim: a simulator; no money moves
}

// Two days pass at once: the hold that nobody captured expires.
func ExampleSim_Advance() {
	sim, _ := jwosim.New(jwosim.Config{Stores: []jwosim.Store{{ID: "store-1", Strategy: jwosim.AmazonManaged}}})
	defer sim.Close()
	if _, err := sim.EnterByCard(context.Background(), "store-1", "approve"); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(sim.Books().Trips[0].Charge)
	sim.Advance(46 * time.Hour)
	fmt.Println(sim.Books().Trips[0].Charge)
	// Output:
	// preauthorized
	// expired
}

// Assertions over what was said: one cart, whatever the network did.
func ExampleSim_Expect() {
	connector, ctx := httptest.NewServer(yours()), context.Background()
	sim, _ := jwosim.New(jwosim.Config{Stores: []jwosim.Store{{ID: "store-1", ConnectorURL: connector.URL}}})
	defer sim.Close()
	trip, err := sim.EnterByCode(ctx, "store-1", "code from the app")
	if err == nil {
		trip.Take(jwosim.Item{ID: "SKU-1"})
		err = sim.WalkOut(ctx, trip)
	}
	fmt.Println(err, sim.Expect(jwosim.Filter{API: "CreatePurchases", TripID: trip.ID(), Status: 201}, 1), sim.Count(jwosim.Filter{}))
	// Output: <nil> <nil> 2
}

func ExampleParseFaults() {
	f, err := jwosim.ParseFaults("default,429=0,late-cart=0.2,late-by=2d,outage=10m+2m/1h@CaptureCharge:hang")
	fmt.Println(f.LateBy, f.Outages[0].Where, f.Outages[0].Every, err)
	// Output: 48h0m0s CaptureCharge 1h0m0s <nil>
}
