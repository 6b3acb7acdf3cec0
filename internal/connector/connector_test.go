package connector_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/strollhq/stroll/internal/connector"
	"github.com/strollhq/stroll/internal/journal"
	"github.com/strollhq/stroll/internal/metric"
	"github.com/strollhq/stroll/jwo"
)

// store is the retailer behind the door: it lets everybody in and takes every
// cart, unless told otherwise.
type store struct {
	do func(ctx context.Context) error
}

func (s *store) act(ctx context.Context) error {
	if s.do == nil {
		return nil
	}
	return s.do(ctx)
}

func (s *store) VerifyIdentityKeys(ctx context.Context, _ *jwo.VerifyIdentityKeysRequest) (*jwo.VerifyIdentityKeysResponse, error) {
	if err := s.act(ctx); err != nil {
		return nil, err
	}
	return &jwo.VerifyIdentityKeysResponse{VisitorDetails: &jwo.VisitorDetails{ID: "ann", Type: jwo.Shopper}}, nil
}

func (s *store) CreatePurchases(ctx context.Context, r *jwo.CreatePurchasesRequest) (*jwo.CreatePurchasesResponse, error) {
	if err := s.act(ctx); err != nil {
		return nil, err
	}
	return &jwo.CreatePurchasesResponse{PurchaseID: "p-" + r.IdempotentShoppingTripID}, nil
}

// calls is what the door observed.
type calls struct {
	mu   sync.Mutex
	list []journal.Call
}

func (c *calls) record(x journal.Call) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.list = append(c.list, x)
}

func (c *calls) last(t *testing.T) journal.Call {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.list) == 0 {
		t.Fatal("no call was observed")
	}
	return c.list[len(c.list)-1]
}

type door struct {
	*connector.Connector
	store   *store
	seen    *calls
	log     *bytes.Buffer
	metrics *metric.Set
}

func open(s connector.Settings) *door {
	d := &door{store: &store{}, seen: &calls{}, log: &bytes.Buffer{}, metrics: metric.New()}
	d.Connector = connector.New(connector.Config{
		Identity: d.store, Purchaser: d.store, Settings: s, Observe: d.seen.record,
		Log: slog.New(slog.NewTextHandler(d.log, nil)), Metrics: d.metrics,
	})
	return d
}

const cartBody = `{"requestId":"00000000-0000-4000-8000-000000000001","idempotentShoppingTripId":"trip-1","storeId":"store-1",
"shoppingTrip":{"startTime":"2026-03-02T14:30:00Z","endTime":"2026-03-02T14:41:00Z","authEvents":[]},"cartItems":[]}`

func post(path, body string, edit ...func(*http.Request)) *http.Request {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	for _, e := range edit {
		e(r)
	}
	return r
}

func header(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

func (d *door) do(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return w
}

// shaped checks the error body all refusals share.
func shaped(t *testing.T, w *httptest.ResponseRecorder, status int) {
	t.Helper()
	var e struct {
		Code, Message *string
		Errors        *[]struct{ Field, Reason string }
		RequestID     json.RawMessage
	}
	err := json.Unmarshal(w.Body.Bytes(), &e)
	if w.Code != status || err != nil || e.Code == nil || e.Message == nil || e.Errors == nil || e.RequestID == nil {
		t.Errorf("%d %s, want %d in the documented shape", w.Code, w.Body, status)
	}
}

func TestRoutes(t *testing.T) {
	t.Parallel()
	d := open(connector.Settings{})
	if w := d.do(post(jwo.PathCreatePurchases, cartBody)); w.Code != http.StatusCreated || w.Body.String() != `{"purchaseId":"p-trip-1"}` {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	call := d.seen.last(t)
	if call.API != jwo.APICreatePurchases || call.Direction != journal.In || call.TripID != "trip-1" || call.StoreID != "store-1" || call.Status != 201 || call.Outcome != "done" {
		t.Errorf("observed %+v", call)
	}
	for _, path := range []string{"/", "/v1/order", "/v1/order/purchases/", "/v1/order/product", "/v1/order/authorize/charges", "/v1/identity/scan", "/v1/fraudandabuse/shopperauthorization", "//v1/order/purchases"} {
		w := d.do(post("http://x"+path, cartBody))
		shaped(t, w, http.StatusNotFound)
	}
	for _, method := range []string{"GET", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"} {
		w := d.do(httptest.NewRequest(method, jwo.PathCreatePurchases, nil))
		if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != http.MethodPost {
			t.Errorf("%s: %d %v", method, w.Code, w.Header())
		}
	}
}

func TestHostileBodies(t *testing.T) {
	t.Parallel()
	d := open(connector.Settings{MaxBody: 2048})
	d.store.do = func(context.Context) error { t.Error("a hostile body got through"); return nil }
	deep := strings.Repeat("[", 1000)
	for name, c := range map[string]struct {
		body   string
		status int
	}{
		"large":             {`{"a":"` + strings.Repeat("x", 4096) + `"}`, 413},
		"empty":             {"", 400},
		"malformed":         {`{"requestId":`, 400},
		"trailing":          {cartBody + cartBody, 400},
		"array":             {"[]", 400},
		"deep":              {deep, 400},
		"not UTF-8":         {"{\"requestId\":\"\xff\"}", 400},
		"many wrong fields": {`{"cartItems":[` + strings.TrimSuffix(strings.Repeat("{},", 300), ",") + `]}`, 400},
	} {
		w := d.do(post(jwo.PathCreatePurchases, c.body))
		if w.Code != c.status {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
			continue
		}
		shaped(t, w, c.status)
	}
}

func TestThrottle(t *testing.T) {
	t.Parallel()
	d := open(connector.Settings{Rate: 1})
	codes := map[int]int{}
	for range 5 {
		w := d.do(post(jwo.PathCreatePurchases, cartBody))
		codes[w.Code]++
		if w.Code == http.StatusTooManyRequests {
			shaped(t, w, 429)
			if w.Header().Get("Retry-After") != "1" {
				t.Errorf("%v", w.Header())
			}
		}
	}
	if codes[201] != 2 || codes[429] != 3 {
		t.Errorf("%v", codes)
	}
	d = open(connector.Settings{Rate: -1})
	for range 50 {
		if w := d.do(post(jwo.PathCreatePurchases, cartBody)); w.Code != 201 {
			t.Fatal(w.Code)
		}
	}
}

func TestTooManyAtOnce(t *testing.T) {
	t.Parallel()
	d := open(connector.Settings{InFlight: 1})
	inside, leave := make(chan struct{}), make(chan struct{})
	d.store.do = func(context.Context) error { close(inside); <-leave; return nil }
	done := make(chan int)
	go func() { done <- d.do(post(jwo.PathCreatePurchases, cartBody)).Code }()
	<-inside
	if w := d.do(post(jwo.PathCreatePurchases, cartBody)); w.Code != http.StatusTooManyRequests {
		t.Errorf("%d", w.Code)
	}
	close(leave)
	if code := <-done; code != http.StatusCreated {
		t.Errorf("%d", code)
	}
}
