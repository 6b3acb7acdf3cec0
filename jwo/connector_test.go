package jwo_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/strollhq/stroll/jwo"
	"github.com/strollhq/stroll/openapi"
	"github.com/strollhq/stroll/openapi/openapitest"
)

// connector is an implementation of every interface that remembers what it was
// asked. answer, when set, decides; otherwise it says yes.
type connector struct {
	mu     sync.Mutex
	asked  []any
	answer func(req any) (any, error)
}

func ask[T any](c *connector, req any, yes *T) (*T, error) {
	c.mu.Lock()
	c.asked = append(c.asked, req)
	answer := c.answer
	c.mu.Unlock()
	if answer == nil {
		return yes, nil
	}
	v, err := answer(req)
	resp, _ := v.(*T)
	return resp, err
}

func (c *connector) VerifyIdentityKeys(_ context.Context, r *jwo.VerifyIdentityKeysRequest) (*jwo.VerifyIdentityKeysResponse, error) {
	return ask(c, r, &jwo.VerifyIdentityKeysResponse{VisitorDetails: &jwo.VisitorDetails{ID: "visitor-1", Type: jwo.Shopper}})
}

func (c *connector) GetShopperAuthorization(_ context.Context, r *jwo.ShopperAuthorizationRequest) (*jwo.ShopperAuthorizationResponse, error) {
	return ask(c, r, &jwo.ShopperAuthorizationResponse{ShopperAuthorized: true})
}

func (c *connector) CreatePurchases(_ context.Context, r *jwo.CreatePurchasesRequest) (*jwo.CreatePurchasesResponse, error) {
	yes := &jwo.CreatePurchasesResponse{PurchaseID: "purchase-1"}
	if len(r.CartItems) == 0 {
		yes.PurchaseID = ""
	}
	return ask(c, r, yes)
}

func (c *connector) ResolveScan(_ context.Context, r *jwo.ResolveScanRequest) (*jwo.ResolveScanResponse, error) {
	return ask(c, r, &jwo.ResolveScanResponse{Resolution: jwo.ScanAccept, ScanResult: &jwo.ScanResult{ID: "visitor-1", Type: jwo.Loyalty}})
}

func (c *connector) GetScanDetails(_ context.Context, r *jwo.GetScanDetailsRequest) (*jwo.GetScanDetailsResponse, error) {
	return ask(c, r, &jwo.GetScanDetailsResponse{Provider: "club"})
}

func (c *connector) GetShopper(_ context.Context, r *jwo.GetShopperRequest) (*jwo.GetShopperResponse, error) {
	return ask(c, r, &jwo.GetShopperResponse{VisitorDetails: &jwo.VisitorDetails{ID: "visitor-1", Type: jwo.Shopper}})
}

func (c *connector) calls() []any {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.asked
}

// site is a connector behind real HTTP whose traffic is checked against the
// OpenAPI document.
type site struct {
	*connector
	url  string
	seen chan jwo.Exchange // one for each request
}

func newSite(t testing.TB, cfg jwo.HandlerConfig) *site {
	t.Helper()
	s := &site{connector: &connector{}, seen: make(chan jwo.Exchange, 1000)}
	cfg.Observe = func(x jwo.Exchange) { s.seen <- x }
	mux := http.NewServeMux()
	mux.Handle(jwo.PathVerifyIdentityKeys, jwo.IdentityHandler(s, cfg))
	mux.Handle(jwo.PathGetShopperAuthorization, jwo.AuthorizationHandler(s, cfg))
	mux.Handle(jwo.PathCreatePurchases, jwo.PurchasesHandler(s, cfg))
	mux.Handle(jwo.PathResolveScan, jwo.ScanHandler(s, cfg))
	mux.Handle(jwo.PathGetScanDetails, jwo.ScanDetailsHandler(s, cfg))
	mux.Handle(jwo.PathGetShopper, jwo.ShopperHandler(s, cfg))
	mux.Handle("/", jwo.RefusalHandler(jwo.Refusal{Status: http.StatusNotFound}))
	server := httptest.NewServer(openapitest.New(t, openapi.Connectors).Handler(t, mux))
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

// reply is an answer as Amazon sees it; problem is its error body.
type reply struct {
	status  int
	header  http.Header
	body    string
	problem struct {
		Code, Message string
		RequestID     *string `json:"requestId"`
		Errors        []jwo.FieldError
	}
}

func (r *reply) fields() []string { return jwo.FieldErrors(r.problem.Errors).Fields() }

func (s *site) send(t testing.TB, method, path, body string) (*reply, jwo.Exchange) {
	t.Helper()
	req, err := http.NewRequest(method, s.url+path, bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	r := &reply{status: resp.StatusCode, header: resp.Header, body: string(data)}
	if resp.StatusCode >= 400 {
		if err := json.Unmarshal(data, &r.problem); err != nil {
			t.Errorf("error body %q: %v", data, err)
		}
	}
	var x jwo.Exchange
	select {
	case x = <-s.seen:
		if x.Status != r.status {
			t.Errorf("observed %d, answered %d", x.Status, r.status)
		}
	default: // no handler of ours was reached
	}
	return r, x
}

func (s *site) post(t testing.TB, path, body string) *reply {
	t.Helper()
	r, _ := s.send(t, http.MethodPost, path, body)
	return r
}

// fault is a contract test case: the document after the edits is refused for
// exactly these fields.
type fault struct {
	title  string
	edits  []edit
	fields []string
}

// refused runs each case against a site of its own and checks that nothing
// happened.
func refused(t *testing.T, path, doc string, cases []fault) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.title, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, jwo.HandlerConfig{})
			r, x := s.send(t, http.MethodPost, path, edited(t, doc, c.edits...))
			if r.status != http.StatusBadRequest || !same(r.fields(), c.fields) || !same(x.Fields, c.fields) {
				t.Errorf("answered %d with %v, observed %v, want 400 with %v", r.status, r.problem.Errors, x.Fields, c.fields)
			}
			if n := len(s.calls()); n != 0 {
				t.Errorf("the implementation was asked %d times", n)
			}
		})
	}
}

func same(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	count := map[string]int{}
	for i := range a {
		count[a[i]]++
		count[b[i]]--
	}
	for _, n := range count {
		if n != 0 {
			return false
		}
	}
	return true
}

// admitted runs documents that must be accepted.
func admitted(t *testing.T, path string, status int, docs map[string]string) {
	t.Helper()
	for title, doc := range docs {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, jwo.HandlerConfig{})
			if r := s.post(t, path, doc); r.status != status || len(s.calls()) != 1 {
				t.Errorf("answered %d %s after %d calls", r.status, r.body, len(s.calls()))
			}
		})
	}
}
