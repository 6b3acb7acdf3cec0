package cart_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/strollhq/stroll/internal/cart"
	"github.com/strollhq/stroll/internal/connector"
	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/metric"
	"github.com/strollhq/stroll/internal/outbox"
	"github.com/strollhq/stroll/internal/price"
	"github.com/strollhq/stroll/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

const shelfYAML = `
currency: USD
time_zone: America/New_York
taxes:
- {id: state, name: State tax, percent: 4}
- {id: city, name: City tax, percent: 4.5}
tax_classes:
- {id: both, taxes: [state, city]}
default_tax: both
fees:
- {id: deposit, name: Bottle deposit, amount: 0.05}
items:
- {sku: COLA, name: Cola, barcodes: ["012345678905"], price: 1.50, fees: [deposit]}
- {sku: WATER, name: Water, barcodes: ["4006381333931"], price: 1.00, tax: exempt}
- {sku: ROLL, name: Cheese roll, barcodes: ["96385074"], category: food, price: 7.25, tax: state}
- {sku: APPLE, name: Apples, price: 3.99, unit: lb, tax: exempt}
- {sku: BAG, name: Paper bag, price: 0, free: true}
promotions:
- {id: members, name: Members' lunch, kind: percentage, percent: 10, for: {categories: [food]}, loyalty_only: true}
- {id: welcome, name: Welcome cola, kind: fixed_price, price: 0.50, for: {items: [COLA]}, caps: {per_shopper: 1}, when: 'shopper.known'}
`

func spec(t testing.TB, text string) price.Spec {
	t.Helper()
	var s price.Spec
	if err := yaml.UnmarshalWithOptions([]byte(text), &s, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	return s
}

func book(t testing.TB, text string) *price.Book {
	t.Helper()
	b, err := price.Compile(spec(t, text))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// shop is a store with its door open.
type shop struct {
	*cart.Carts
	till     *till
	db       *db.DB
	box      *outbox.Outbox
	url      string
	log      *logbook
	metrics  *metric.Set
	settings atomic.Pointer[cart.Settings]

	mu    sync.Mutex
	shelf func(ctx context.Context, at time.Time) (*price.Book, string, error)
}

func open(t *testing.T, d *db.DB) *shop {
	t.Helper()
	return openWith(t, d, connector.Settings{})
}

func openWith(t *testing.T, d *db.DB, s connector.Settings) *shop {
	t.Helper()
	sh, door := wired(t, d, s)
	srv := httptest.NewServer(door)
	t.Cleanup(srv.Close)
	sh.url = srv.URL + "/v1/order/purchases"
	return sh
}

// offline is a shop without a listener, for bubbles of virtual time, and a way
// to hand it carts.
func offline(t *testing.T, d *db.DB) (*shop, func(t *testing.T, body string)) {
	t.Helper()
	sh, door := wired(t, d, connector.Settings{})
	return sh, func(t *testing.T, body string) {
		t.Helper()
		w := httptest.NewRecorder()
		door.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/v1/order/purchases", strings.NewReader(body)))
		if w.Code != http.StatusCreated {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	}
}

func wired(t *testing.T, d *db.DB, s connector.Settings) (*shop, http.Handler) {
	t.Helper()
	b := book(t, shelfYAML)
	sh := &shop{till: newTill(t, d), db: d, log: &logbook{}, metrics: metric.New()}
	sh.settings.Store(&cart.Settings{})
	sh.stock(func(context.Context, time.Time) (*price.Book, string, error) { return b, "v1", nil })
	log := slog.New(slog.NewTextHandler(sh.log, nil))
	sh.box = outbox.New(outbox.Config{DB: d, Poll: time.Hour})
	sh.Carts = cart.New(cart.Config{
		DB: d, Outbox: sh.box, Pay: sh.till, Log: log, Metrics: sh.metrics,
		Book: func(ctx context.Context, _ string, at time.Time) (*price.Book, string, error) {
			sh.mu.Lock()
			f := sh.shelf
			sh.mu.Unlock()
			return f(ctx, at)
		},
		Settings: func(id string) (cart.Settings, bool) { return *sh.settings.Load(), id == "store-1" },
	})
	return sh, connector.New(connector.Config{Purchaser: sh.Carts, Settings: s, Log: log, Metrics: sh.metrics})
}

func (s *shop) stock(f func(ctx context.Context, at time.Time) (*price.Book, string, error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shelf = f
}

func (s *shop) set(f func(*cart.Settings)) {
	now := *s.settings.Load()
	f(&now)
	s.settings.Store(&now)
}

// answer is what came back from a POST.
type answer struct {
	Status   int
	Body     string
	Replayed bool
}

func (a answer) purchase(t *testing.T) string {
	t.Helper()
	var r struct{ PurchaseID *string }
	if err := json.Unmarshal([]byte(a.Body), &r); err != nil || r.PurchaseID == nil {
		t.Fatalf("answer %d %s has no purchaseId", a.Status, a.Body)
	}
	return *r.PurchaseID
}

func (s *shop) post(t *testing.T, body string) answer {
	t.Helper()
	a, err := send(t.Context(), s.url, body)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func send(ctx context.Context, url, body string) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, string(data), resp.Header.Get("Idempotency-Hit") != ""}, err
}

func (s *shop) get(t *testing.T, trip string) cart.Purchase {
	t.Helper()
	p, err := s.Get(t.Context(), s.db.Reader(), trip)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// logbook is a log that can be read while it is written.
type logbook struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// Short names for what tests say often.
type (
	cartSettings = cart.Settings
	cartFilter   = cart.Filter
	priceBook    = price.Book
)
