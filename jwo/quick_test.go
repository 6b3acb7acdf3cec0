package jwo_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/strollhq/stroll/jwo"
)

// sameAsDecode demands that DecodeRequest, which reads in another way what is
// in order, has the value and the faults that Decode alone leads to.
func sameAsDecode[T any, P interface {
	*T
	jwo.Request
}](t *testing.T, data []byte) {
	t.Helper()
	plain, req := P(new(T)), P(new(T))
	types := jwo.Decode(data, plain)
	got := jwo.DecodeRequest(data, req, jwo.Limits{})
	if a, ok := any(plain).(*jwo.ShopperAuthorizationRequest); ok && (a.Recommendation != nil || a.CartHint != nil) {
		return // DecodeRequest moves them
	}
	if !reflect.DeepEqual(plain, req) {
		if faults := (jwo.FieldErrors)(nil); errors.As(types, &faults) && faults[0].Field == jwo.BodyField {
			return // nothing was read
		}
		t.Fatalf("%.300s was read otherwise: %s", data, cmp.Diff(plain, req))
	}
	var first, all jwo.FieldErrors
	errors.As(types, &first)
	errors.As(got, &all)
	if len(all) < len(first) || !slices.Equal(first, all[:len(first)]) {
		t.Fatalf("%.300s has faults %v, and %v before", data, all, first)
	}
	if len(first) == 0 && fmt.Sprint(plain.Validate()) != fmt.Sprint(got) {
		t.Fatalf("%.300s is refused with %v, and %v before", data, got, plain.Validate())
	}
}

func FuzzQuick(f *testing.F) {
	seeds(f, purchasesBody, identityBody, authorizationBody, string(cart20(f)))
	for _, doc := range odd {
		f.Add([]byte(doc))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		sameAsDecode[jwo.CreatePurchasesRequest](t, data)
		sameAsDecode[jwo.VerifyIdentityKeysRequest](t, data)
		sameAsDecode[jwo.ShopperAuthorizationRequest](t, data)
	})
}

// odd are documents that are good JSON in an unusual way, or nearly.
var odd = []string{
	`{"cartItems":[null,{"quantity":null},{"quantity":{},"quantity":{"value":"1"}}]}`,
	`{"cartItems":[{"quantity":{"value":"1","value":null},"quantity":null,"id":"a","id":"b","externalIdentifiers":[{"id":"1"}],"externalIdentifiers":null}]}`,
	`{"shoppingTrip":{"startTime":"a"},"shoppingTrip":{"endTime":"b"},"shopperIdentity":{"id":"1"},"shopperIdentity":null,"storeId":"a","storeId":null}`,
	`{"cartItems":[{"externalIdentifiers":[]},{"externalIdentifiers":null},{"externalIdentifiers":[null,{"id":"1"}]}]}`,
	`{"new":[{"a":-1.5e+3,"b":[true,false,null],"c":{}}],"storeId":"s"}`, `{"new":01}`, `{"new":-}`, `{"new":1.}`, `{"new":1e}`, `{"new":tru}`,
	`{"new":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}`, `{"new":` + strings.Repeat("[", 70) + strings.Repeat("]", 70) + `}`,
	`{"storeId":"a" "requestId":"b"}`, `{"storeId":"a",}`, `{,"storeId":"a"}`, `{"cartItems":[,]}`, `{"cartItems":[{}{}]}`, `{"storeId" "a"}`,
	`{"storeId":"a"} x`, " \t\r\n{ \"storeId\" : \"a\" , \"cartItems\" : [ ] } \n", "{\"storeId\":\"a\tb\"}", `{"storeId":"a\u0062"}`, `{"st\u006freId":"a"}`,
	`{"storeId":"a","storeId":1}`, `{"storeId":1,"storeId":"a"}`, `{"shopperIdentity":[]}`, `{"shoppingTrip":{"authEvents":[{"scanResult":{"id":"v"},"scanResult":null}]}}`,
	`{"authorizedAmount":{"value":"12.5"}}`, `{"authorizedAmount":{"value":1e2,"currencyCode":"USD"}}`, `{"authorizedAmount":{"value":1e400}}`,
	`{"shopperInteraction":{"gateAuthenticationEvent":{"data":{"lane":"3"}}}}`, `{"recommendation":{}}`, `nullx`, `{"storeId":nullx}`, `{"storeId":nul}`,
}

// TestQuickDocumentsAreReadQuickly: a document as Amazon sends it takes a
// handful of allocations, not one for every field, and so does one with fields
// we do not know yet.
func TestQuickDocumentsAreReadQuickly(t *testing.T) {
	newer := strings.Replace(string(cart20(t)), `"type":"SKU"`, `"type":"SKU","shelf":{"row":4,"tags":["a",null,1.5,true]}`, 1)
	for name, doc := range map[string]string{"as documented": string(cart20(t)), "with new fields": newer} {
		n := testing.AllocsPerRun(50, func() {
			if err := jwo.DecodeRequest([]byte(doc), new(jwo.CreatePurchasesRequest), jwo.Limits{}); err != nil {
				t.Fatal(err)
			}
		})
		if n > 20 {
			t.Errorf("a cart of 20 lines %s takes %.0f allocations", name, n)
		}
	}
}

// TestQuickReadingStartsEmpty: a request that holds something is filled as
// Decode fills it.
func TestQuickReadingStartsEmpty(t *testing.T) {
	t.Parallel()
	r := &jwo.CreatePurchasesRequest{ShopperDeviceID: "device"}
	if err := jwo.DecodeRequest([]byte(purchasesBody), r, jwo.Limits{}); err != nil {
		t.Fatal(err)
	}
	var fresh jwo.CreatePurchasesRequest
	if err := json.Unmarshal([]byte(purchasesBody), &fresh); err != nil {
		t.Fatal(err)
	}
	if fresh.ShopperDeviceID == "" {
		fresh.ShopperDeviceID = "device"
	}
	if d := cmp.Diff(&fresh, r); d != "" {
		t.Error(d)
	}
}

// TestLinesDoNotShareTheirIdentifiers: they come from one piece of memory, and
// still adding to one line's must not write into the next one's.
func TestLinesDoNotShareTheirIdentifiers(t *testing.T) {
	t.Parallel()
	var r jwo.CreatePurchasesRequest
	if err := jwo.DecodeRequest(cart20(t), &r, jwo.Limits{}); err != nil {
		t.Fatal(err)
	}
	_ = append(r.CartItems[0].ExternalIdentifiers, jwo.ExternalIdentifier{ID: "mine"})
	if got := r.CartItems[1].ExternalIdentifiers[0].ID; got != "036000291452" {
		t.Errorf("the next line has %q", got)
	}
}
