package jwo_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/strollhq/stroll/jwo"
	"github.com/strollhq/stroll/money"
)

// A charge: set it to the total, collect it, and know what an error means.
func ExampleClient() {
	amazon := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == jwo.PathAdjustCharge {
			fmt.Fprint(w, `{"status": "APPROVED", "authorizedAmount": {"amount": 12.30, "code": "USD"}}`)
			return
		}
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer amazon.Close()

	client, err := jwo.NewClient(jwo.ClientConfig{PaymentsURL: amazon.URL, Region: "us-east-1", Credentials: credentials})
	if err != nil {
		panic(err)
	}
	defer client.CloseIdleConnections()
	total := jwo.PaymentAmount(money.New(1230, "USD"))
	adjusted, err := client.AdjustCharge(context.Background(), &jwo.AdjustChargeRequest{StoreID: "store-1", ShoppingTripID: "trip-1", Amount: total})
	if err != nil {
		panic(err)
	}
	held, _ := adjusted.AuthorizedAmount.Money()
	fmt.Println(adjusted.Status, held)

	_, err = client.CaptureCharge(context.Background(), &jwo.CaptureChargeRequest{StoreID: "store-1", ShoppingTripID: "trip-1", Amount: total})
	fmt.Println(jwo.OutcomeOf(err)) // it may have happened: find out before trying again
	// Output:
	// APPROVED 12.30 USD
	// unknown
}

// door lets everybody in but those it does not know.
type door map[string]string

func (d door) VerifyIdentityKeys(_ context.Context, r *jwo.VerifyIdentityKeysRequest) (*jwo.VerifyIdentityKeysResponse, error) {
	key, _ := r.Key()
	visitor, ok := d[string(key)]
	if !ok {
		return nil, &jwo.Refusal{Status: http.StatusUnauthorized}
	}
	return &jwo.VerifyIdentityKeysResponse{VisitorDetails: &jwo.VisitorDetails{ID: visitor, Type: jwo.Shopper}}, nil
}

// A connector is one method; the handler does the rest.
func ExampleIdentityHandler() {
	mux := http.NewServeMux()
	mux.Handle(jwo.PathVerifyIdentityKeys, jwo.IdentityHandler(door{"STROLL1": "ada"}, jwo.HandlerConfig{}))

	for _, key := range []string{"U1RST0xMMQ==", "U1RST0xMMg==", "?"} {
		body := strings.NewReader(`{"requestId": "` + requestA + `", "identityKey": "` + key + `", "storeId": "store-1",
			"authEvent": {"id": "` + eventA + `", "timestamp": "2026-03-01T09:30:00Z", "location": "ENTRY"}}`)
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest(http.MethodPost, jwo.PathVerifyIdentityKeys, body))
		fmt.Println(w.Code, strings.ReplaceAll(w.Body.String(), requestA, "…"))
	}
	// Output:
	// 200 {"visitorDetails":{"id":"ada","type":"SHOPPER"}}
	// 401 {"code":"NotAuthorized","message":"The shopper is not authorized.","requestId":"…","errors":[]}
	// 400 {"code":"InvalidRequest","message":"The request is not valid.","requestId":"…","errors":[{"field":"identityKey","reason":"is not Base64"}]}
}
