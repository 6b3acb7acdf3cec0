package jwosim_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/strollhq/stroll/jwosim"
)

// key is accepted by every simulator of the tests.
var key = jwosim.Credentials{AccessKeyID: "AKIDTEST", SecretAccessKey: "not a secret"}

// connector is a retailer's system that can be told what to answer.
type connector struct {
	*httptest.Server
	mu     sync.Mutex
	seen   map[string][]map[string]any
	answer map[string]http.HandlerFunc // by path
}

const (
	identityPath  = "/v1/identity/identity-keys"
	authorizePath = "/v1/fraudandabuse/shopperauthorization"
	purchasesPath = "/v1/order/purchases"
)

func newConnector(t *testing.T) *connector {
	c := &connector{seen: map[string][]map[string]any{}, answer: map[string]http.HandlerFunc{
		identityPath:  say(200, `{"visitorDetails":{"id":"v-1","type":"SHOPPER"}}`),
		authorizePath: say(200, `{"shopperAuthorized":true,"authorizationConditions":[],"shopperRisks":[]}`),
		purchasesPath: purchased,
	}}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		var m map[string]any
		if err := json.Unmarshal(body, &m); err != nil {
			t.Errorf("%s: %v in %s", r.URL.Path, err, body)
		}
		c.mu.Lock()
		c.seen[r.URL.Path] = append(c.seen[r.URL.Path], m)
		answer := c.answer[r.URL.Path]
		c.mu.Unlock()
		if answer == nil {
			http.NotFound(w, r)
			return
		}
		answer(w, r)
	}))
	t.Cleanup(c.Close)
	return c
}

func (c *connector) on(path string, h http.HandlerFunc) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answer[path] = h
}

func (c *connector) got(path string) []map[string]any {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]map[string]any{}, c.seen[path]...)
}

func say(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

func purchased(w http.ResponseWriter, r *http.Request) {
	var b struct {
		Trip  string            `json:"idempotentShoppingTripId"`
		Items []json.RawMessage `json:"cartItems"`
	}
	json.NewDecoder(r.Body).Decode(&b)
	id := "p-" + b.Trip
	if len(b.Items) == 0 {
		id = ""
	}
	w.WriteHeader(http.StatusCreated)
	fmt.Fprintf(w, `{"purchaseId":%q}`, id)
}

// world is a simulator with its API on a listener and a connector.
type world struct {
	t   *testing.T
	sim *jwosim.Sim
	con *connector
	api *httptest.Server
}

func newWorld(t *testing.T, change func(*jwosim.Config)) *world {
	t.Helper()
	con := newConnector(t)
	cfg := jwosim.Config{
		Seed:   1,
		Accept: []jwosim.Credentials{key},
		Stores: []jwosim.Store{
			{ID: "store-1", Currency: "USD", ConnectorURL: con.URL},
			{ID: "amazon", Currency: "USD", ConnectorURL: con.URL, Strategy: jwosim.AmazonManaged},
			{ID: "advice", Currency: "USD", ConnectorURL: con.URL, Strategy: jwosim.AmazonRecommendation, DefaultGate: "open"},
			{ID: "alone", Currency: "USD", ConnectorURL: con.URL, Strategy: jwosim.NoStrategy, DefaultGate: "open"},
			{ID: "tokyo", Currency: "JPY", ConnectorURL: con.URL},
		},
	}
	if change != nil {
		change(&cfg)
	}
	sim, err := jwosim.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, sim: sim, con: con, api: httptest.NewServer(sim.Handler())}
	t.Cleanup(func() { sim.Close(); w.api.Close() })
	return w
}

// shop enters by card, takes one thing and walks out.
func (w *world) shop(store, card string) *jwosim.Trip {
	w.t.Helper()
	trip, err := w.sim.EnterByCard(w.t.Context(), store, card)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := trip.Take(jwosim.Item{ID: "sku-1"}); err != nil {
		w.t.Fatal(err)
	}
	if err := w.sim.WalkOut(w.t.Context(), trip); err != nil {
		w.t.Fatal(err)
	}
	return trip
}

// raw sends a signed body past every check of a client's.
func (w *world) raw(path, body string) (status int, answer string, h http.Header) {
	w.t.Helper()
	status, answer, h, err := signed(w.t.Context(), w.api.URL+path, body, key)
	if err != nil {
		w.t.Fatal(err)
	}
	return status, answer, h
}

func signed(ctx context.Context, url, body string, k jwosim.Credentials) (int, string, http.Header, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader([]byte(body)))
	if err != nil {
		return 0, "", nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	sum := sha256.Sum256([]byte(body))
	creds := aws.Credentials{AccessKeyID: k.AccessKeyID, SecretAccessKey: k.SecretAccessKey, SessionToken: k.SessionToken}
	if err := v4.NewSigner().SignHTTP(ctx, creds, req, hex.EncodeToString(sum[:]), "execute-api", "us-east-1", time.Now()); err != nil {
		return 0, "", nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", nil, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(b), resp.Header, err
}

const (
	adjustPath  = "/v1/adjust/charge"
	cancelPath  = "/v1/cancel/charge"
	capturePath = "/v1/capture/charge"
	refundPath  = "/v1/refund"
	dataPath    = "/v1/payment/transactional-data"
	emailPath   = "/v1/identity/shopper"
	reportPath  = "/v1/feedback/payment-status"
)

// expect sends a body and compares status and, when not empty, the whole answer.
func (w *world) expect(path, body string, status int, answer string) {
	w.t.Helper()
	got, text, _ := w.raw(path, body)
	if got != status || answer != "" && text != answer {
		w.t.Errorf("POST %s %.400s\n got %d %s\nwant %d %s", path, body, got, text, status, answer)
	}
}

func charge(trip *jwosim.Trip, amount string) string {
	return fmt.Sprintf(`{"storeId":%q,"shoppingTripId":%q,"amount":{"amount":%s,"code":"USD"}}`, trip.StoreID(), trip.ID(), amount)
}

func plain(trip *jwosim.Trip) string {
	return fmt.Sprintf(`{"storeId":%q,"shoppingTripId":%q}`, trip.StoreID(), trip.ID())
}

func (w *world) book(trip *jwosim.Trip) jwosim.TripBook {
	w.t.Helper()
	for _, b := range w.sim.Books().Trips {
		if b.TripID == trip.ID() {
			return b
		}
	}
	w.t.Fatalf("no trip %s in the books", trip.ID())
	return jwosim.TripBook{}
}

const (
	badBody     = `{"errorMsg":"BadRequestException"}`
	unknownBody = `{"errorMsg":"UnknownShoppingTrip"}`
	expiredBody = `{"errorMsg":"ShoppingTripExpiredException"}`
)

// readAll reads a request's body and puts it back.
func readAll(t *testing.T, r *http.Request) []byte {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Error(err)
	}
	r.Body = io.NopCloser(bytes.NewReader(b))
	return b
}
