package jwosim_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/strollhq/stroll/jwosim"
)

// Whatever is sent is answered 200 or 400 in the documented shape, and no money
// is made.
func FuzzAPI(f *testing.F) {
	paths := []string{adjustPath, cancelPath, capturePath, refundPath, dataPath, emailPath, reportPath}
	for i := range paths {
		for _, body := range []string{``, `{}`, `null`, `[]`, `{"storeId":"store-1","shoppingTripId":"T","amount":{"amount":1e3,"code":"USD"}}`,
			`{"storeId":"store-1","shoppingTripId":"T","amount":{"amount":12.34,"code":"USD"},"totalAmount":{"amount":0,"code":"USD"},"settledAmount":{"amount":-1,"code":"JPY"}}`,
			`{"storeId":"store-1","shopperId":{"id":"s"},"shoppingTripId":"T","refundRequestId":"` + refundID + `","refundReasonCode":"OTHER"}`} {
			f.Add(i, body)
		}
	}
	f.Fuzz(func(t *testing.T, path int, body string) {
		sim, err := jwosim.New(jwosim.Config{
			AcceptUnsigned: true, Connector: direct(mux(purchased)),
			Stores: []jwosim.Store{{ID: "store-1", ConnectorURL: "http://connector", Strategy: jwosim.NoStrategy}},
		})
		if err != nil {
			t.Fatal(err)
		}
		defer sim.Close()
		trip, err := sim.EnterByCard(context.Background(), "store-1", "approve")
		if err != nil {
			t.Fatal(err)
		}
		p := paths[max(path, -(path+1))%len(paths)]
		status, answer := ask(sim, p, strings.ReplaceAll(body, `"T"`, `"`+trip.ID()+`"`))
		if status != 200 && (status != 400 || !strings.HasPrefix(answer, `{"errorMsg":"`)) {
			t.Errorf("%s %s: %d %s", p, body, status, answer)
		}
		if err := sim.Verify(); err != nil {
			t.Error(err)
		}
	})
}

func TestCredentials_print_no_secret(t *testing.T) {
	t.Parallel()
	c := jwosim.Config{Accept: []jwosim.Credentials{key}, Sign: &key}
	if s := fmt.Sprintf("%v %+v %#v", c, c, c.Accept); strings.Contains(s, key.SecretAccessKey) {
		t.Error(s)
	}
}
