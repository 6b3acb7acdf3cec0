package jwosim_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/strollhq/stroll/jwosim"
)

// A retailer's connector of ten lines, and a shopper who walks through it.
func Example() {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/identity/identity-keys", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, `{"visitorDetails": {"id": "visitor-1", "type": "SHOPPER"}}`)
	})
	mux.HandleFunc("POST /v1/order/purchases", func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusCreated)
		fmt.Fprint(w, `{"purchaseId": "purchase-1"}`)
	})
	connector := httptest.NewServer(mux)
	defer connector.Close()

	sim, err := jwosim.New(jwosim.Config{Stores: []jwosim.Store{{ID: "store-1", ConnectorURL: connector.URL}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer sim.Close()
	trip, err := sim.EnterByCode(context.Background(), "store-1", "code from the app")
	if err != nil {
		fmt.Println(err)
		return
	}
	trip.Take(jwosim.Item{ID: "SKU-1", Quantity: "2"})
	if err := sim.WalkOut(context.Background(), trip); err != nil {
		fmt.Println(err)
		return
	}
	book := sim.Books().Trips[0]
	fmt.Println(book.State, book.PurchaseID, book.Charge, book.PreAuth)
	// Output: delivered purchase-1 preauthorized 2500
}
