package receipt_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/strollhq/stroll/internal/cart"
	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/internal/outbox"
	"github.com/strollhq/stroll/internal/pay"
	"github.com/strollhq/stroll/internal/price"
	"github.com/strollhq/stroll/internal/receipt"
	"github.com/strollhq/stroll/internal/testkit"
	"github.com/strollhq/stroll/jwo"
	"github.com/strollhq/stroll/money"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// full is an answer that lacks nothing.
var full = jwo.GetTransactionalDataResponse{
	Brand: "VISA", POSEntryMode: "EMV_9F39_07", Currency: "USD", AuthorizationResponseCode: "00", CryptogramInformationData: "40",
	Tail: "4242", PANSequenceNumber: "01", ApplicationID: "A0000000031010", CardholderVerificationMethodResult: "1F0302",
	TerminalID: "T-17", ReconciliationID: "rec-1", CardStatementTransactionID: "stmt-99",
	ExpirationDate: &jwo.ExpirationDate{ExpirationYear: "2031", ExpirationMonth: "12"},
}

// amazon answers questions for card data from a script; the last entry stays.
type amazon struct {
	mu     sync.Mutex
	script []reply
	asked  []time.Time
}

type reply struct {
	answer *jwo.GetTransactionalDataResponse
	err    error
	hang   bool
}

func (a *amazon) GetTransactionalData(ctx context.Context, r *jwo.GetTransactionalDataRequest) (*jwo.GetTransactionalDataResponse, error) {
	a.mu.Lock()
	a.asked = append(a.asked, time.Now())
	now := a.script[0]
	if len(a.script) > 1 {
		a.script = a.script[1:]
	}
	a.mu.Unlock()
	if now.hang {
		<-ctx.Done()
		return nil, &jwo.Error{API: jwo.APIGetTransactionalData, Outcome: jwo.Unknown, Err: ctx.Err()}
	}
	return now.answer, now.err
}

func yes(a jwo.GetTransactionalDataResponse) reply { return reply{answer: &a} }

func no(status int, name string, outcome jwo.Outcome, wait time.Duration) reply {
	return reply{err: &jwo.Error{API: jwo.APIGetTransactionalData, Status: status, Name: name, Outcome: outcome, RetryAfter: wait}}
}

var unknownTrip = no(400, jwo.UnknownShoppingTrip, jwo.Refused, 0)

// carts holds purchases by trip.
type carts map[string]cart.Purchase

func (c carts) Get(_ context.Context, _ db.Querier, trip string) (cart.Purchase, error) {
	p, ok := c[trip]
	if !ok {
		return cart.Purchase{}, fault.New(fault.NotFound, "trip %s has no cart", trip)
	}
	return p, nil
}

// desk is receipts with everything around them.
type desk struct {
	*receipt.Receipts
	db     *db.DB
	box    *outbox.Outbox
	amazon *amazon
	carts  carts
	log    *bytes.Buffer
}

func open(t *testing.T, d *db.DB, script ...reply) *desk {
	t.Helper()
	k := &desk{db: d, box: outbox.New(outbox.Config{DB: d, Poll: time.Hour, Lease: time.Hour}), amazon: &amazon{script: script}, carts: carts{}, log: &bytes.Buffer{}}
	k.Receipts = receipt.New(receipt.Config{
		DB: d, Outbox: k.box, Amazon: k.amazon, Carts: k.carts, Log: slog.New(slog.NewTextHandler(k.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Stores: func(id string) (receipt.Store, bool) {
			return receipt.Store{Name: "Gate 12 Market", Address: []string{"Terminal B", "Newark, NJ"}, Locale: "en-US", TimeZone: "America/New_York"}, id == "store-1"
		},
	})
	return k
}

func result(t testing.TB) *price.Result {
	t.Helper()
	return &price.Result{
		Currency: "USD", SubTotal: 1474, PromotionsTotal: 73, FeesTotal: 10, TaxTotal: 98, Total: 1509,
		Lines: []price.Line{
			{No: 1, SKU: "COLA", Name: "Cola <b>0.5 l</b>", Quantity: money.MustDecimal("2"), Unit: "each", Pieces: 2, UnitPrice: money.MustDecimal("1.50"), PriceUnit: "each",
				Price: 300, Fees: []price.FeePart{{ID: "d", Name: "Bottle deposit", Amount: 10}}, Fee: 10, Taxes: []price.TaxPart{{ID: "state", Rate: "8.875", Base: 300, Amount: 27}}, Tax: 27, Total: 337},
			{No: 2, SKU: "ROLL", Name: "Cheese roll", Quantity: money.MustDecimal("1"), Unit: "each", Pieces: 1, UnitPrice: money.MustDecimal("7.25"), PriceUnit: "each",
				Price: 725, Promo: 73, Promotions: []price.Applied{{ID: "m", Name: "Members' lunch", Amount: 73}}, Taxes: []price.TaxPart{{ID: "state", Rate: "8.875", Base: 652, Amount: 58}, {ID: "city", Rate: "2", Base: 652, Amount: 13}}, Tax: 71, Total: 723},
			{No: 3, SKU: "APPLE", Name: "Apples", Quantity: money.MustDecimal("1.125"), Unit: "lb", Pieces: 1, UnitPrice: money.MustDecimal("3.99"), PriceUnit: "lb", Price: 449, Total: 449},
		},
		Taxes: []price.TaxPart{{ID: "state", Name: "NY sales tax", Rate: "8.875", Base: 952, Amount: 85}, {ID: "city", Name: "City tax", Rate: "2", Base: 652, Amount: 13}},
	}
}

// settle makes a trip final, as the payment does.
func (k *desk) settle(t *testing.T, trip string, edit ...func(*cart.Purchase, *pay.Payment)) {
	t.Helper()
	started := time.Date(2026, 3, 6, 14, 30, 0, 0, time.UTC)
	p := cart.Purchase{TripID: trip, StoreID: "store-1", POSStore: "0042", PurchaseID: "p-" + trip, Started: started, Ended: started.Add(11 * time.Minute),
		Received: time.Now().Add(-5 * time.Second), GroupSize: 1, Total: money.New(1509, "USD"), Result: result(t)}
	m := pay.Payment{TripID: trip, StoreID: "store-1", PurchaseID: p.PurchaseID, State: pay.CaptureInitiated, Act: pay.Charge, Route: pay.PaymentService,
		Total: p.Total, Captured: p.Total}
	for _, e := range edit {
		e(&p, &m)
	}
	k.carts[trip] = p
	k.begin(t, m)
}

func (k *desk) begin(t *testing.T, m pay.Payment) {
	t.Helper()
	if err := k.db.Tx(t.Context(), func(ctx context.Context, tx *db.Tx) error { return k.Begin(ctx, tx, tx, m) }); err != nil {
		t.Fatal(err)
	}
}

func (k *desk) of(t *testing.T, trip string) receipt.Receipt {
	t.Helper()
	r, err := k.ByTrip(t.Context(), trip)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// day runs f in virtual time with the desk's jobs running.
func day(t *testing.T, script []reply, f func(t *testing.T, k *desk)) {
	t.Helper()
	dsn := testkit.SQLiteDSN(t)
	synctest.Test(t, func(t *testing.T) {
		d, err := db.Open(t.Context(), db.Config{DSN: dsn})
		if err != nil {
			t.Fatal(err)
		}
		k := open(t, d, script...)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- k.box.Run(ctx) }()
		f(t, k)
		stop()
		if err := errors.Join(<-done, d.Close()); err != nil {
			t.Error(err)
		}
	})
}

// pass lets virtual time pass and everything due happen.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}
