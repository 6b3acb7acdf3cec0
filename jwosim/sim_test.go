package jwosim_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/strollhq/stroll/jwosim"
	"github.com/strollhq/stroll/money"
)

func TestNew_refuses(t *testing.T) {
	t.Parallel()
	one := []jwosim.Store{{ID: "s"}}
	for name, c := range map[string]jwosim.Config{
		"no stores":           {},
		"store id":            {Stores: []jwosim.Store{{ID: "a b"}}},
		"two of one id":       {Stores: []jwosim.Store{{ID: "s"}, {ID: "s"}}},
		"currency":            {Stores: []jwosim.Store{{ID: "s", Currency: "XYZ"}}},
		"pre-auth currency":   {Stores: []jwosim.Store{{ID: "s", Currency: "USD", PreAuth: money.New(1, "EUR")}}},
		"strategy":            {Stores: []jwosim.Store{{ID: "s", Strategy: "hope"}}},
		"default gate":        {Stores: []jwosim.Store{{ID: "s", DefaultGate: "ajar"}}},
		"app payment":         {Stores: []jwosim.Store{{ID: "s", AppPayment: "barter"}}},
		"connector":           {Stores: []jwosim.Store{{ID: "s", ConnectorURL: "localhost:80"}}},
		"override":            {Stores: []jwosim.Store{{ID: "s", URLs: map[string]string{"CreatePurchases": "x"}}}},
		"pattern":             {Stores: []jwosim.Store{{ID: "s", ScanCodePattern: "("}}},
		"card":                {Stores: one, Cards: []jwosim.Card{{ID: "c", Like: "nothing"}}},
		"card balance":        {Stores: one, Cards: []jwosim.Card{{ID: "c", Balance: money.New(-1, "USD")}}},
		"instrument twice":    {Stores: one, Cards: []jwosim.Card{{ID: "a", Instrument: "i"}, {ID: "b", Instrument: "i"}}},
		"visitor":             {Stores: one, Visitors: map[string]string{"v": "nothing"}},
		"key without secret":  {Stores: one, Accept: []jwosim.Credentials{{AccessKeyID: "k"}}},
		"faults":              {Stores: one, Faults: jwosim.Faults{Lost: 2}},
		"settings":            {Stores: one, Settings: jwosim.Settings{CashWord: "COINS"}},
		"setting below zero":  {Stores: one, Settings: jwosim.Settings{GateTimeout: -1}},
		"latency upside down": {Stores: one, Faults: jwosim.Faults{Latency: jwosim.Latency{Law: "lognormal", Typical: 2, Long: 1}}},
	} {
		if _, err := jwosim.New(c); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	sim, err := jwosim.New(jwosim.Config{Stores: []jwosim.Store{{ID: "b", PreAuth: money.New(100, "JPY")}, {ID: "a", Strategy: "customer_managed"}}})
	if err != nil {
		t.Fatal(err)
	}
	defer sim.Close()
	want := []jwosim.Store{
		{ID: "a", Currency: "USD", Strategy: jwosim.RetailerManaged, DefaultGate: "closed", PreAuth: money.New(2500, "USD"), Lifetime: 46 * time.Hour, AppPayment: "payment_service"},
		{ID: "b", Currency: "JPY", Strategy: jwosim.RetailerManaged, DefaultGate: "closed", PreAuth: money.New(100, "JPY"), Lifetime: 46 * time.Hour, AppPayment: "payment_service"},
	}
	if diff := cmp.Diff(want, sim.Stores()); diff != "" {
		t.Error(diff)
	}
}

// A configuration is data: it survives being written and read.
func TestConfig_JSON(t *testing.T) {
	t.Parallel()
	want := jwosim.Config{
		Seed: 3, Stores: []jwosim.Store{{ID: "s", PreAuth: money.New(100, "USD"), Lifetime: time.Hour}},
		Cards:    []jwosim.Card{{ID: "c", Like: "partial_50", Behaviour: jwosim.Behaviour{PendingFor: time.Minute}}},
		Visitors: map[string]string{"v": "c"}, Faults: jwosim.DefaultFaults(), Settings: jwosim.Settings{DoubleCaptures: true},
	}
	b, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got jwosim.Config
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestSignature(t *testing.T) {
	t.Parallel()
	limited := jwosim.Credentials{AccessKeyID: "AKIDREFUND", SecretAccessKey: "other", APIs: []string{"Refund"}}
	w := newWorld(t, func(c *jwosim.Config) { c.Accept = append(c.Accept, limited) })
	trip := w.shop("store-1", "approve")
	for name, c := range map[string]struct {
		key    jwosim.Credentials
		path   string
		status int
	}{
		"good key":            {key, adjustPath, 200},
		"unknown key":         {jwosim.Credentials{AccessKeyID: "AKIDNOBODY", SecretAccessKey: "x"}, adjustPath, 403},
		"wrong secret":        {jwosim.Credentials{AccessKeyID: key.AccessKeyID, SecretAccessKey: "x"}, adjustPath, 403},
		"stray session token": {jwosim.Credentials{AccessKeyID: key.AccessKeyID, SecretAccessKey: key.SecretAccessKey, SessionToken: "t"}, adjustPath, 403},
		"operation not given": {limited, adjustPath, 403},
		"operation given (400 for the missing fields)": {limited, refundPath, 400},
	} {
		status, body, _, err := signed(t.Context(), w.api.URL+c.path, charge(trip, "5"), c.key)
		if err != nil || status != c.status {
			t.Errorf("%s: %d %s, %v", name, status, body, err)
		}
	}
	resp, err := http.Post(w.api.URL+adjustPath, "application/json", strings.NewReader(charge(trip, "5")))
	if err != nil || resp.StatusCode != 403 {
		t.Errorf("unsigned: %v, %v", resp, err)
	}
	for path, want := range map[string]int{"/v1/none": 404, identityPath: 404, "/": 404} {
		if status, _, _ := w.raw(path, "{}"); status != want {
			t.Errorf("%s: %d", path, status)
		}
	}
	resp, err = http.Get(w.api.URL + adjustPath)
	if err != nil || resp.StatusCode != 405 || resp.Header.Get("Allow") != "POST" {
		t.Errorf("GET: %v, %v", resp, err)
	}
	w.expect(cancelPath, `{"storeId":"store-1","pad":"`+strings.Repeat("x", 65<<10)+`"}`, 400, badBody)
}

func TestHistory(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *jwosim.Config) { c.History = 3 })
	trip := w.shop("store-1", "approve")
	for range 4 {
		w.expect(dataPath, plain(trip), 400, "")
	}
	h := w.sim.History(jwosim.Filter{})
	if len(h) != 3 || h[0].Seq != 4 || h[2].Seq != 6 || h[2].Attempt != 3 {
		t.Errorf("%+v", h)
	}
	for _, c := range []struct {
		f jwosim.Filter
		n int
	}{
		{jwosim.Filter{After: 5}, 1}, {jwosim.Filter{Limit: 2}, 2}, {jwosim.Filter{Status: 200}, 0}, {jwosim.Filter{Status: 400}, 3},
		{jwosim.Filter{Direction: jwosim.FromAmazon}, 0}, {jwosim.Filter{StoreID: "store-1", TripID: trip.ID()}, 3}, {jwosim.Filter{TripID: "other"}, 0},
	} {
		if got := w.sim.History(c.f); len(got) != c.n {
			t.Errorf("%+v: %d", c.f, len(got))
		}
	}
	for _, e := range w.sim.History(jwosim.Filter{}) {
		if strings.Contains(e.Request, "Credential") || e.Direction != jwosim.ToAmazon {
			t.Errorf("%+v", e)
		}
	}
	none := newWorld(t, func(c *jwosim.Config) { c.History = -1 })
	none.shop("store-1", "approve")
	if h := none.sim.History(jwosim.Filter{}); len(h) != 0 {
		t.Errorf("%+v", h)
	}
}

func TestForce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	a, b := w.shop("store-1", "approve#a"), w.shop("store-1", "approve#b")
	for _, f := range []jwosim.Force{
		{API: "AdjustCharge", Trip: b.ID(), Outcome: "declined", Times: 2},
		{API: "AdjustCharge", Outcome: "500"},
	} {
		if err := w.sim.Force(f); err != nil {
			t.Fatal(err)
		}
	}
	w.expect(adjustPath, charge(a, "5"), 500, serverError)
	declined := `{"authorizedAmount":{"amount":0.00,"code":"USD"},"status":"DECLINED"}`
	w.expect(adjustPath, charge(b, "5"), 200, declined)
	if f := w.sim.Forced(); len(f) != 1 || f[0].Times != 1 {
		t.Errorf("%+v", f)
	}
	w.expect(adjustPath, charge(a, "5"), 200, "")
	w.expect(adjustPath, charge(b, "5"), 200, declined)
	w.expect(adjustPath, charge(b, "5"), 200, `{"authorizedAmount":{"amount":5.00,"code":"USD"},"status":"APPROVED"}`)
	for _, f := range []jwosim.Force{{API: "Refund", Outcome: "declined"}, {API: "Refund", Outcome: "500", Times: -1}, {API: "AdjustCharge", Outcome: "partial:100"}} {
		if err := w.sim.Force(f); err == nil {
			t.Errorf("%+v is taken", f)
		}
	}
}
