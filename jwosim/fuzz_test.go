package jwosim_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

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
		// What the strict mode takes, the other takes.
		sim.SetStrict(true)
		strict, _ := ask(sim, p, strings.ReplaceAll(body, `"T"`, `"`+trip.ID()+`"`))
		if sim.SetStrict(false); strict == 200 && status != 200 {
			t.Errorf("%s %s: %d, strict %d", p, body, status, strict)
		}
		if err := sim.Verify(); err != nil {
			t.Error(err)
		}
	})
}

// Faults that can be read are written so that they are read again.
func FuzzParseFaults(f *testing.F) {
	for _, text := range []string{"none", "default", "heavy,500=0.1", "latency=lognormal:1ms:2s,late-by=1d12h,most=-1",
		"outage=1m+2m/1h@AdjustCharge:hang,outage=1d", "error-body=mixed,retry-after-as=date,late-law=longtail,late-typical=1s,late-by=2s"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		faults, err := jwosim.ParseFaults(text)
		if err != nil {
			return
		}
		again, err := jwosim.ParseFaults(faults.String())
		if err != nil || !cmp.Equal(again, faults) {
			t.Errorf("%q is %+v, written %q and read as %+v, %v", text, faults, faults, again, err)
		}
	})
}

// Whatever a connector answers, a strict gate and cart survive it.
func FuzzStrictAnswer(f *testing.F) {
	for _, body := range []string{``, `{}`, `}`, `[`, `{"a":1,"a":`, `{"purchaseId":"p"}`, `{"purchaseId":{"purchaseId":1}}`,
		`{"shopperAuthorized":true,"authorizationConditions":[{"type":"ADJUST","amount":{"value":1,"currencyCode":"USD"}}],"shopperRisks":[]}`} {
		f.Add(201, body)
		f.Add(200, body)
	}
	f.Fuzz(func(t *testing.T, status int, body string) {
		status = 200 + max(status, -(status+1))%400
		answer := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			say(status, body)(w, r)
		})
		sim, err := jwosim.New(jwosim.Config{
			Strict: true, Connector: direct(answer), Settings: jwosim.Settings{GateTries: 1, CartFirst: 1, CartGiveUp: 1},
			Stores: []jwosim.Store{{ID: "store-1", ConnectorURL: "http://connector", DefaultGate: "open"}},
		})
		if err != nil {
			t.Fatal(err)
		}
		defer sim.Close()
		trip, err := sim.EnterByCard(t.Context(), "store-1", "approve")
		if err != nil {
			return
		}
		_ = sim.WalkOut(t.Context(), trip) // refused or given up is no matter here
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
