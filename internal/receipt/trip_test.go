package receipt_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/strollhq/stroll/internal/cart"
	"github.com/strollhq/stroll/internal/connector"
	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/outbox"
	"github.com/strollhq/stroll/internal/pay"
	"github.com/strollhq/stroll/internal/price"
	"github.com/strollhq/stroll/internal/receipt"
	"github.com/strollhq/stroll/internal/testkit"
	"github.com/strollhq/stroll/jwo"
)

// bank is Amazon's payment service: it approves everything and keeps count.
type bank struct {
	amazon
	mu    sync.Mutex
	calls []string
}

func (b *bank) note(call string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.calls = append(b.calls, call)
}

func (b *bank) AdjustCharge(_ context.Context, r *jwo.AdjustChargeRequest) (*jwo.AdjustChargeResponse, error) {
	b.note("adjust " + r.ShoppingTripID + " " + string(r.Amount.Amount))
	return &jwo.AdjustChargeResponse{Status: jwo.Approved, AuthorizedAmount: r.Amount}, nil
}

func (b *bank) CaptureCharge(_ context.Context, r *jwo.CaptureChargeRequest) (*jwo.CaptureChargeResponse, error) {
	b.note("capture " + r.ShoppingTripID + " " + string(r.Amount.Amount))
	return &jwo.CaptureChargeResponse{}, nil
}

func (b *bank) CancelCharge(_ context.Context, r *jwo.CancelChargeRequest) (*jwo.CancelChargeResponse, error) {
	b.note("cancel " + r.ShoppingTripID)
	return &jwo.CancelChargeResponse{}, nil
}

func (b *bank) ReportPaymentStatus(_ context.Context, r *jwo.ReportPaymentStatusRequest) (*jwo.ReportPaymentStatusResponse, error) {
	b.note("report " + r.ShoppingTripID)
	return &jwo.ReportPaymentStatusResponse{}, nil
}

const shelfYAML = `
currency: USD
items:
- {sku: WATER, name: Water, price: 1.00}
`

// store is carts, payments and receipts together, as the program wires them.
type store struct {
	bank     *bank
	db       *db.DB
	box      *outbox.Outbox
	carts    *cart.Carts
	pay      *pay.Pay
	receipts *receipt.Receipts
	door     http.Handler
	settings cart.Settings
	held     bool
	outage   bool
}

func newStore(t *testing.T, d *db.DB) *store {
	t.Helper()
	var spec price.Spec
	if err := yaml.Unmarshal([]byte(shelfYAML), &spec); err != nil {
		t.Fatal(err)
	}
	book, err := price.Compile(spec)
	if err != nil {
		t.Fatal(err)
	}
	s := &store{bank: &bank{amazon: amazon{script: []reply{yes(full)}}}, db: d, box: outbox.New(outbox.Config{DB: d})}
	s.pay = pay.New(pay.Config{
		DB: d, Outbox: s.box, Amazon: s.bank,
		Settings: func(string) (pay.Settings, bool) {
			return pay.Settings{Currency: "USD", Settlement: pay.SettlementSetting{Held: s.held}}, true
		},
		Settled: func(ctx context.Context, q db.Querier, w db.Putter, m pay.Payment) error {
			return s.receipts.Begin(ctx, q, w, m)
		},
		SettledStmts: receipt.BeginStmts(),
	})
	s.carts = cart.New(cart.Config{
		DB: d, Outbox: s.box, Pay: s.pay,
		Book: func(context.Context, string, time.Time) (*price.Book, string, error) {
			if s.outage {
				return nil, "", errors.New("down")
			}
			return book, "v1", nil
		},
		Settings: func(string) (cart.Settings, bool) { return s.settings, true },
	})
	s.receipts = receipt.New(receipt.Config{DB: d, Outbox: s.box, Amazon: s.bank, Carts: s.carts,
		Stores: func(string) (receipt.Store, bool) { return receipt.Store{Name: "Shop"}, true }})
	s.door = connector.New(connector.Config{Purchaser: s.carts})
	return s
}

// send hands in a cart of one app shopper.
func (s *store) send(t *testing.T, trip, kind, items string) {
	t.Helper()
	body := `{"requestId":"00000000-0000-4000-8000-000000000001","idempotentShoppingTripId":"` + trip + `","storeId":"s","shoppingTrip":{
		"startTime":"` + string(jwo.At(time.Now().Add(-10*time.Minute))) + `","endTime":"` + string(jwo.At(time.Now())) + `",
		"authEvents":[{"id":"00000000-0000-4000-8000-000000000002","payloadType":"SCAN_CODE","scanResult":{"id":"ann","type":"` + kind + `"}}]},
		"cartItems":[` + items + `]}`
	w := httptest.NewRecorder()
	s.door.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, jwo.PathCreatePurchases, strings.NewReader(body)))
	if w.Code != http.StatusCreated {
		t.Fatalf("%s: %d %s", trip, w.Code, w.Body)
	}
}

func line(sku, quantity string) string {
	return `{"id":"` + sku + `","type":"SKU","quantity":{"value":"` + quantity + `","unit":"each"}}`
}

// rest runs jobs for a while of virtual time.
func (s *store) rest(t *testing.T, d time.Duration) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.box.Run(ctx) }()
	<-time.After(d)
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func (s *store) state(t *testing.T, trip string) pay.State {
	t.Helper()
	m, err := s.pay.Get(t.Context(), s.db.Reader(), trip)
	if err != nil {
		t.Fatal(err)
	}
	return m.State
}

// TestFromCartToReceipt: what a cart asks of its payment is what the payment
// does, and what became final has a receipt.
func TestFromCartToReceipt(t *testing.T) {
	dsn := testkit.SQLiteDSN(t)
	synctest.Test(t, func(t *testing.T) {
		d, err := db.Open(t.Context(), db.Config{DSN: dsn})
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		s := newStore(t, d)
		s.settings.ChangedCart = cart.Review
		s.send(t, "plain", "SHOPPER", line("WATER", "2"))
		s.send(t, "empty", "SHOPPER", "")
		s.send(t, "cash", "CASH", line("WATER", "1"))
		s.send(t, "staff", "ASSOCIATE", line("WATER", "1"))
		s.send(t, "bad", "SHOPPER", line("WATER", "1")+","+line("nobody-knows", "1"))
		s.send(t, "bad-cash", "CASH", line("nobody-knows", "1"))
		s.outage = true
		s.send(t, "late", "SHOPPER", line("WATER", "3"))
		s.send(t, "late-bad", "SHOPPER", line("nobody-knows", "1"))
		s.outage = false
		s.send(t, "changed", "SHOPPER", line("WATER", "1"))
		s.send(t, "changed", "SHOPPER", line("WATER", "9"))
		s.rest(t, 2*time.Minute)
		s.send(t, "plain", "SHOPPER", line("WATER", "8")) // too late for review
		for trip, want := range map[string]pay.State{
			"plain": pay.CaptureInitiated, "empty": pay.CancelInitiated, "cash": pay.CancelInitiated, "staff": pay.CancelInitiated,
			"bad": pay.Parked, "bad-cash": pay.Parked, "late": pay.CaptureInitiated, "late-bad": pay.Parked, "changed": pay.Parked,
		} {
			if got := s.state(t, trip); got != want {
				t.Errorf("%s: payment is %s, want %s", trip, got, want)
			}
		}
		if p, err := s.carts.Get(t.Context(), d.Reader(), "plain"); err != nil || p.State != cart.Priced {
			t.Errorf("changed after settlement: %s %v", p.State, err)
		}
		for trip, fixes := range map[string][]cart.Fix{
			"bad": {{No: 2, Drop: true}}, "bad-cash": {{No: 1, UnitPrice: "2.50"}}, "late-bad": {{No: 1, SKU: "WATER"}}, "changed": nil,
		} {
			r := cart.Resolution{TripID: trip, Operator: "olga", Reason: "looked", Fixes: fixes}
			for range 2 {
				if err := s.carts.Resolve(t.Context(), r); err != nil {
					t.Errorf("resolve %s: %v", trip, err)
				}
			}
		}
		s.rest(t, 2*time.Minute)
		for trip, want := range map[string]struct {
			state    pay.State
			tender   string
			captured int64
		}{
			"plain": {pay.CaptureInitiated, receipt.TenderCard, 200}, "bad": {pay.CaptureInitiated, receipt.TenderCard, 100},
			"late": {pay.CaptureInitiated, receipt.TenderCard, 300}, "late-bad": {pay.CaptureInitiated, receipt.TenderCard, 100},
			"changed": {pay.CaptureInitiated, receipt.TenderCard, 100}, "cash": {pay.CancelInitiated, receipt.TenderCash, 0},
			"bad-cash": {pay.CancelInitiated, receipt.TenderCash, 0},
		} {
			r, err := s.receipts.ByTrip(t.Context(), trip)
			if err != nil || r.State != receipt.Complete || r.Content.Tender != want.tender || r.Content.Captured.Minor != want.captured || s.state(t, trip) != want.state {
				t.Errorf("%s: receipt %s %s of %s, payment %s, %v", trip, r.State, r.Content.Tender, r.Content.Captured, s.state(t, trip), err)
			}
		}
		if all, err := s.receipts.List(t.Context(), 0); err != nil || len(all) != 7 {
			t.Errorf("%d receipts, %v", len(all), err)
		}
		count := map[string]int{}
		for _, c := range s.bank.calls {
			count[c]++
		}
		for c, n := range count {
			if n != 1 && !strings.HasPrefix(c, "report") {
				t.Errorf("%s was called %d times", c, n)
			}
		}
		if v, err := s.pay.Verify(t.Context()); err != nil {
			t.Errorf("ledger: %+v %v", v, err)
		}
	})
}
