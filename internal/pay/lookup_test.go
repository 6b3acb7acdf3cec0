package pay_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/strollhq/stroll/jwo"
)

// asked is one title of the calls that only read: our client refuses what
// Amazon would, with Amazon's error name, and sends nothing; past its check
// Amazon answers the same.
type asked[R any] struct {
	title  string
	change func(*R)
	bend   func(map[string]any) // what Go's types cannot say: on the wire alone
	force  string
	status int
	name   string
	want   jwo.Outcome
}

// ask runs titles through our client against the simulator.
func ask[R any](t *testing.T, api, path string, good func(w *world) R, call func(w *world, c *jwo.Client, req *R) error, rows []asked[R]) {
	t.Helper()
	t.Parallel()
	for _, r := range rows {
		t.Run(r.title, func(t *testing.T) {
			var b *bend
			if r.bend != nil {
				b = &bend{path: path, change: r.bend}
			}
			lite(t, setup{}, func(w *world) {
				req := good(w)
				if r.change != nil {
					r.change(&req)
				}
				if r.force != "" {
					w.force(api, r.force)
				}
				if r.name == jwo.BadRequestException && r.change != nil {
					refusedAs(w, call(w, w.client, &req), jwo.BadRequestException, jwo.Refused, 0)
					if n := w.count("", api); n != 0 {
						w.t.Errorf("%d calls were sent", n)
					}
				}
				refusedAs(w, call(w, w.unchecked(b), &req), r.name, r.want, r.status)
				all := w.exchanges("", api)
				if len(all) != 1 || all[0].Status != r.status {
					w.t.Errorf("Amazon saw %+v", all)
				}
			})
		})
	}
}

// refusedAs demands the error's name and outcome, and the status when the call was sent.
func refusedAs(w *world, err error, name string, want jwo.Outcome, status int) {
	w.t.Helper()
	if got := jwo.OutcomeOf(err); got != want {
		w.t.Errorf("outcome %s of %v, want %s", got, err, want)
	}
	if e, ok := err.(*jwo.Error); ok && (e.Name != name || e.Status != status) {
		w.t.Errorf("%s %d, want %s %d", e.Name, e.Status, name, status)
	}
}

// unchecked is our client without its own check.
func (w *world) unchecked(b *bend) *jwo.Client {
	w.t.Helper()
	transport := w.net.Client().Transport
	if b != nil {
		transport = b.over(transport)
	}
	c, err := jwo.NewClient(jwo.ClientConfig{PaymentsURL: "http://amazon", Region: "us-east-1", SkipValidation: true,
		Credentials: credentials.NewStaticCredentialsProvider(key.AccessKeyID, key.SecretAccessKey, ""), HTTP: &http.Client{Transport: transport}})
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// TestGetTransactionalData runs the contract's 11.5 through our client.
func TestGetTransactionalData(t *testing.T) {
	type request = jwo.GetTransactionalDataRequest
	const bad = jwo.BadRequestException
	good := func(w *world) request {
		trip := w.buy("approve", "10")
		w.pass(time.Second)
		return request{StoreID: card, ShoppingTripID: trip}
	}
	call := func(w *world, c *jwo.Client, req *request) error {
		got, err := c.GetTransactionalData(w.t.Context(), req)
		if err == nil && (got.Brand == "" || len(got.Tail) != 4 || got.POSEntryMode == "" || got.ReconciliationID == "" || got.ExpirationDate == nil || got.CardStatementTransactionID == "") {
			w.t.Errorf("%+v", got)
		}
		return err
	}
	ask(t, jwo.APIGetTransactionalData, jwo.PathGetTransactionalData, good, call, []asked[request]{
		{title: "1_success", status: 200, want: jwo.Done},
		{title: "2_unknown_trip", change: func(r *request) { r.ShoppingTripID = "nobody" }, status: 400, name: jwo.UnknownShoppingTrip, want: jwo.Refused},
		{title: "3_invalid_storeId", change: func(r *request) { r.StoreID = "store?" }, status: 400, name: bad, want: jwo.Refused},
		{title: "4_required_field_missing", change: func(r *request) { r.StoreID = "" }, bend: without("storeId"), status: 400, name: bad, want: jwo.Refused},
		{title: "5_trip_id_missing", change: func(r *request) { r.ShoppingTripID = "" }, bend: without("shoppingTripId"), status: 400, name: bad, want: jwo.Refused},
		{title: "6_wrong_types", bend: with("shoppingTripId", 7), status: 400, name: bad, want: jwo.Refused},
		{title: "7_storeId_format", change: func(r *request) { r.StoreID = "a b" }, status: 400, name: bad, want: jwo.Refused},
		{title: "8_trip_id_format", change: func(r *request) { r.ShoppingTripID = "a.b" }, status: 400, name: bad, want: jwo.Refused},
		{title: "9_field_length", change: func(r *request) { r.ShoppingTripID = strings.Repeat("x", 256) }, status: 400, name: bad, want: jwo.Refused},
		{title: "10_rate_limiting", force: "429", status: 429, want: jwo.Throttled},
		{title: "11_server_error", force: "500", status: 500, want: jwo.Unknown},
		{title: "12_unavailable", force: "503", status: 503, want: jwo.Unknown},
	})
}

// TestGetShopperIdentity runs the contract's 11.6 through our client.
func TestGetShopperIdentity(t *testing.T) {
	type request = jwo.GetShopperIdentityRequest
	const bad = jwo.BadRequestException
	const every = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"
	good := func(w *world) request {
		w.sim.RegisterEmail("shopper_1.a-B", "ada@example.com")
		w.sim.RegisterEmail(every, "ada@example.com")
		return request{StoreID: card, ShopperID: &jwo.Identity{ID: "shopper_1.a-B"}}
	}
	call := func(w *world, c *jwo.Client, req *request) error {
		got, err := c.GetShopperIdentity(w.t.Context(), req)
		want := "ada@example.com"
		if req.ShopperID != nil && req.ShopperID.ID == "stranger" {
			want = ""
		}
		if err == nil && got.ShopperEmail != want {
			w.t.Errorf("%q, want %q", got.ShopperEmail, want)
		}
		return err
	}
	id := func(v string) func(*request) { return func(r *request) { r.ShopperID = &jwo.Identity{ID: v} } }
	ask(t, jwo.APIGetShopperIdentity, jwo.PathGetShopperIdentity, good, call, []asked[request]{
		{title: "1_success", status: 200, want: jwo.Done},
		{title: "2_invalid_storeId", change: func(r *request) { r.StoreID = "store?" }, status: 400, name: bad, want: jwo.Refused},
		{title: "3_required_field_missing", change: func(r *request) { r.StoreID = "" }, bend: without("storeId"), status: 400, name: bad, want: jwo.Refused},
		{title: "4_shopperId_missing", change: func(r *request) { r.ShopperID = nil }, bend: without("shopperId"), status: 400, name: bad, want: jwo.Refused},
		{title: "5_its_id_missing", change: id(""), bend: with("shopperId", map[string]any{}), status: 400, name: bad, want: jwo.Refused},
		{title: "6_wrong_types", bend: with("shopperId", "s"), status: 400, name: bad, want: jwo.Refused},
		{title: "7_storeId_format", change: func(r *request) { r.StoreID = "a b" }, status: 400, name: bad, want: jwo.Refused},
		{title: "8_shopper_id_format", change: id("a@b"), status: 400, name: bad, want: jwo.Refused},
		{title: "9_length_of_storeId", change: func(r *request) { r.StoreID = strings.Repeat("x", 256) }, status: 400, name: bad, want: jwo.Refused},
		{title: "10_length_of_shopper_id", change: id(strings.Repeat("x", 256)), status: 400, name: bad, want: jwo.Refused},
		{title: "11_rate_limiting", force: "429", status: 429, want: jwo.Throttled},
		{title: "12_server_error", force: "500", status: 500, want: jwo.Unknown},
		{title: "13_unavailable", force: "503", status: 503, want: jwo.Unknown},
		{title: "14_empty_strings", change: func(r *request) { r.StoreID, r.ShopperID = "", &jwo.Identity{} }, status: 400, name: bad, want: jwo.Refused},
		{title: "15_nulls", change: func(r *request) { r.StoreID, r.ShopperID = "", nil }, bend: func(m map[string]any) { m["storeId"], m["shopperId"] = nil, nil }, status: 400, name: bad, want: jwo.Refused},
		{title: "16_white_space_only", change: func(r *request) { r.StoreID, r.ShopperID = " ", &jwo.Identity{ID: " "} }, status: 400, name: bad, want: jwo.Refused},
		{title: "17_every_allowed_character", change: id(every), status: 200, want: jwo.Done},
		{title: "18_unknown_shopper_id", change: id("stranger"), status: 200, want: jwo.Done},
	})
}
