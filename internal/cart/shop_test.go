package cart_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
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
	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/internal/metric"
	"github.com/strollhq/stroll/internal/outbox"
	"github.com/strollhq/stroll/internal/pay"
	"github.com/strollhq/stroll/internal/price"
	"github.com/strollhq/stroll/internal/testkit"
	"github.com/strollhq/stroll/money"
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

// till is the payments of a test: one row a trip, in the cart's transaction,
// so that a cart undone is a payment undone.
type till struct {
	db    *db.DB
	fail  atomic.Bool // Open fails
	moved atomic.Bool // Reprice finds the money gone
}

type opening struct {
	Trip, Act, Reason, Entry, Visitor, Instrument, Currency string
	Total                                                   int64
	Opens, Reprices                                         int
}

func newTill(t *testing.T, d *db.DB) *till {
	t.Helper()
	err := d.Tx(t.Context(), func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS till (trip TEXT PRIMARY KEY, act TEXT NOT NULL, reason TEXT NOT NULL,
			entry TEXT NOT NULL, visitor TEXT NOT NULL, instrument TEXT NOT NULL, currency TEXT NOT NULL, total BIGINT NOT NULL,
			opens BIGINT NOT NULL, reprices BIGINT NOT NULL)`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return &till{db: d}
}

func (l *till) Open(ctx context.Context, tx *db.Tx, o pay.Opening) error {
	if _, err := tx.ExecContext(ctx, `INSERT INTO till (trip, act, reason, entry, visitor, instrument, currency, total, opens, reprices)
		VALUES ($1,$2,$3,$4,$5,$6,$7,$8,1,0) ON CONFLICT (trip) DO UPDATE SET opens = till.opens + 1`, o.TripID, string(o.Act), o.Reason,
		o.Entry, o.Visitor, o.Instrument, string(o.Total.Currency), o.Total.Minor); err != nil {
		return err
	}
	if l.fail.Load() {
		return fault.New(fault.Unavailable, "the till is broken")
	}
	return nil
}

func (l *till) Reprice(ctx context.Context, tx *db.Tx, trip string, total money.Amount, act pay.Act, reason string) error {
	if l.moved.Load() {
		return fault.New(fault.Conflict, "captured")
	}
	_, err := tx.ExecContext(ctx, `UPDATE till SET act = $1, reason = $2, currency = $3, total = $4, reprices = reprices + 1
		WHERE trip = $5`, string(act), reason, string(total.Currency), total.Minor, trip)
	return err
}

func (l *till) of(t *testing.T, trip string) opening {
	t.Helper()
	var o opening
	err := l.db.Reader().QueryRowContext(t.Context(), `SELECT trip, act, reason, entry, visitor, instrument, currency, total, opens, reprices
		FROM till WHERE trip = $1`, trip).Scan(&o.Trip, &o.Act, &o.Reason, &o.Entry, &o.Visitor, &o.Instrument, &o.Currency, &o.Total, &o.Opens, &o.Reprices)
	if err != nil {
		t.Fatalf("payment of trip %s: %v", trip, err)
	}
	return o
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
	sh.box = outbox.New(outbox.Config{DB: d})
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

var serial atomic.Int64

// trip is a new trip id.
func trip() string { return fmt.Sprintf("trip-%d", serial.Add(1)) }

func uuidOf(n int64) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", n) }

// object is a JSON object under construction.
type object = map[string]any

// body is a cart of one cola by an app shopper, changed by edits.
func body(trip string, edits ...func(object)) string {
	o := object{
		"requestId": uuidOf(serial.Add(1)), "idempotentShoppingTripId": trip, "storeId": "store-1",
		"shoppingTrip": object{
			"startTime": "2026-03-02T14:30:00Z", "endTime": "2026-03-02T14:41:00Z",
			"authEvents": []any{event("SCAN_CODE", "SHOPPER", "ann")},
		},
		"cartItems": []any{item("COLA", "1")},
	}
	for _, edit := range edits {
		edit(o)
	}
	data, err := json.Marshal(o)
	if err != nil {
		panic(err)
	}
	return string(data)
}

func event(payload, kind, id string) object {
	e := object{"id": uuidOf(serial.Add(1)), "timestamp": "2026-03-02T14:30:00Z", "location": "ENTRY", "payloadType": payload}
	if kind != "" {
		e["scanResult"] = object{"id": id, "type": kind}
	}
	return e
}

func item(id, quantity string) object {
	return object{"id": id, "type": "SKU", "quantity": object{"value": quantity, "unit": "each"}}
}

func items(list ...object) func(object) {
	return func(o object) {
		all := []any{}
		for _, i := range list {
			all = append(all, i)
		}
		o["cartItems"] = all
	}
}

func events(list ...object) func(object) {
	return func(o object) {
		all := []any{}
		for _, e := range list {
			all = append(all, e)
		}
		o["shoppingTrip"].(object)["authEvents"] = all
	}
}

// at sets, or with nothing removes, what a path of keys and indexes leads to.
func at(value any, path ...any) func(object) {
	return func(o object) {
		var here any = o
		for _, step := range path[:len(path)-1] {
			switch k := step.(type) {
			case string:
				here = here.(object)[k]
			case int:
				here = here.([]any)[k]
			}
		}
		last := path[len(path)-1]
		if k, ok := last.(string); ok && value == nothing {
			delete(here.(object), k)
		} else if ok {
			here.(object)[k] = value
		} else {
			here.([]any)[last.(int)] = value
		}
	}
}

type absent struct{}

var nothing = absent{}

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
