package receipt_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
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
	k := &desk{db: d, box: outbox.New(outbox.Config{DB: d}), amazon: &amazon{script: script}, carts: carts{}, log: &bytes.Buffer{}}
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
	if err := k.db.Tx(t.Context(), func(ctx context.Context, tx *db.Tx) error { return k.Begin(ctx, tx, m) }); err != nil {
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

func TestReceiptIsCompleteAtOnce(t *testing.T) {
	day(t, []reply{yes(full)}, func(t *testing.T, k *desk) {
		k.settle(t, "t1")
		if r := k.of(t, "t1"); r.State != receipt.Pending || len(r.Token) != 26 {
			t.Errorf("begun: %s, token %q", r.State, r.Token)
		}
		pass(time.Second)
		r := k.of(t, "t1")
		if r.State != receipt.Complete || r.Card.Last4 != "4242" || r.Card.Statement != "stmt-99" || len(k.amazon.asked) != 1 {
			t.Errorf("%+v after %d questions", r, len(k.amazon.asked))
		}
		if same, err := k.ByToken(t.Context(), r.Token); err != nil || same.TripID != "t1" {
			t.Errorf("by token: %v %v", same.TripID, err)
		}
		k.settle(t, "t1")
		if again := k.of(t, "t1"); again.Token != r.Token || again.State != receipt.Complete {
			t.Error("a second settlement made another receipt")
		}
	})
}

func TestReceiptWaitsAMinuteAtMost(t *testing.T) {
	busy := no(429, "", jwo.Throttled, 10*time.Minute)
	for name, script := range map[string][]reply{
		"fields missing":     {yes(jwo.GetTransactionalDataResponse{Brand: "VISA"})},
		"throttled":          {busy},
		"server errors":      {no(500, "", jwo.Unknown, 0)},
		"not sent":           {no(0, "", jwo.NotSent, 0)},
		"denied":             {no(403, "", jwo.Denied, 0)},
		"call that hangs":    {{hang: true}},
		"trip not yet known": {unknownTrip},
	} {
		t.Run(name, func(t *testing.T) {
			day(t, script, func(t *testing.T, k *desk) {
				k.settle(t, "t1")
				pass(59 * time.Second)
				if r := k.of(t, "t1"); r.State != receipt.Pending {
					t.Errorf("after 59 s: %s", r.State)
				}
				pass(2 * time.Second)
				r := k.of(t, "t1")
				if r.State != receipt.Issued || r.Issued.Sub(r.Created) > time.Minute+100*time.Millisecond {
					t.Errorf("after 61 s: %s, issued after %s", r.State, r.Issued.Sub(r.Created))
				}
			})
		})
	}
}

func TestReceiptIsCompletedLater(t *testing.T) {
	part := jwo.GetTransactionalDataResponse{Brand: "VISA", Tail: "4242"}
	rest := full
	rest.Brand, rest.Tail = "", "" // what was known stays
	script := []reply{unknownTrip, yes(part)}
	for range 8 {
		script = append(script, no(503, "", jwo.Unknown, 0))
	}
	day(t, append(script, yes(rest)), func(t *testing.T, k *desk) {
		k.settle(t, "t1")
		pass(2 * time.Minute)
		r := k.of(t, "t1")
		if r.State != receipt.Issued || r.Card.Last4 != "4242" {
			t.Errorf("after two minutes: %s %+v", r.State, r.Card)
		}
		if html, err := r.HTML(); err != nil || !strings.Contains(string(html), "still on their way") {
			t.Errorf("the page does not say that details are missing: %v", err)
		}
		pass(24 * time.Hour)
		r = k.of(t, "t1")
		if r.State != receipt.Complete || r.Card.Brand != "VISA" || r.Card.AID == "" {
			t.Errorf("a day later: %s %+v", r.State, r.Card)
		}
	})
}

func TestReceiptGivesUpAsking(t *testing.T) {
	day(t, []reply{yes(jwo.GetTransactionalDataResponse{Brand: "VISA"})}, func(t *testing.T, k *desk) {
		k.settle(t, "t1")
		pass(7 * 24 * time.Hour)
		asked := len(k.amazon.asked)
		r := k.of(t, "t1")
		if r.State != receipt.Issued || r.Note == "" || asked > 20 {
			t.Errorf("%s %q after %d questions", r.State, r.Note, asked)
		}
		pass(7 * 24 * time.Hour)
		if len(k.amazon.asked) != asked {
			t.Error("still asking")
		}
		if n, _, err := k.box.Rest(t.Context()); n != 0 || err != nil {
			t.Errorf("%d jobs left, %v", n, err)
		}
	})
}

func TestUnknownTripIsFinalAfterTheWait(t *testing.T) {
	day(t, []reply{unknownTrip}, func(t *testing.T, k *desk) {
		k.settle(t, "t1")
		pass(3 * time.Minute)
		asked := len(k.amazon.asked)
		pass(48 * time.Hour)
		if r := k.of(t, "t1"); r.State != receipt.Issued || r.Note == "" || len(k.amazon.asked) != asked {
			t.Errorf("%s %q, asked %d times and then %d", r.State, r.Note, asked, len(k.amazon.asked))
		}
	})
}

func TestRetryAfterIsObeyed(t *testing.T) {
	day(t, []reply{no(429, "", jwo.Throttled, 10*time.Minute), yes(full)}, func(t *testing.T, k *desk) {
		k.settle(t, "t1")
		pass(11 * time.Minute)
		if len(k.amazon.asked) != 2 || k.amazon.asked[1].Sub(k.amazon.asked[0]) < 10*time.Minute {
			t.Errorf("asked %v", k.amazon.asked)
		}
		if r := k.of(t, "t1"); r.State != receipt.Complete {
			t.Errorf("%s", r.State)
		}
	})
}

func TestNothingOfTheCardIsLogged(t *testing.T) {
	odd := full
	odd.Tail, odd.Currency = "4111111111111111", "EUR"
	day(t, []reply{no(500, "", jwo.Unknown, 0), yes(odd)}, func(t *testing.T, k *desk) {
		k.settle(t, "t1")
		pass(2 * time.Minute)
		r := k.of(t, "t1")
		if r.Card.Last4 != "1111" {
			t.Errorf("kept %q of the card", r.Card.Last4)
		}
		var stored string
		if err := k.db.Reader().QueryRowContext(t.Context(), `SELECT card FROM receipt`).Scan(&stored); err != nil || strings.Contains(stored, "2031") || strings.Contains(stored, "41111") {
			t.Errorf("stored %s, %v", stored, err)
		}
		if text := k.log.String(); strings.Contains(text, "1111") || strings.Contains(text, "A000") || strings.Contains(text, "2031") || !strings.Contains(text, "alert=receipt_currency") {
			t.Errorf("log: %s", text)
		}
	})
}

// TestTenders: what is not paid through Amazon has no card to wait for.
func TestTenders(t *testing.T) {
	t.Parallel()
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		k := open(t, d, unknownTrip)
		for name, c := range map[string]struct {
			edit          func(*cart.Purchase, *pay.Payment)
			state, tender string
			captured, owe int64
		}{
			"card": {func(*cart.Purchase, *pay.Payment) {}, receipt.Pending, receipt.TenderCard, 1509, 0},
			"app":  {func(_ *cart.Purchase, m *pay.Payment) { m.Route = pay.OwnProcessor }, receipt.Complete, receipt.TenderApp, 1509, 0},
			"cash": {func(_ *cart.Purchase, m *pay.Payment) {
				m.Act, m.Reason, m.Captured = pay.Release, pay.CashShopper, money.Amount{}
			}, receipt.Complete, receipt.TenderCash, 0, 1509},
			"part": {func(_ *cart.Purchase, m *pay.Payment) { m.Captured = money.New(1000, "USD") }, receipt.Pending, receipt.TenderCard, 1000, 509},
		} {
			k.settle(t, name, c.edit)
			r := k.of(t, name)
			if r.State != c.state || r.Content.Tender != c.tender || r.Content.Captured != money.New(c.captured, "USD") || r.Content.Outstanding != money.New(c.owe, "USD") {
				t.Errorf("%s: %s %s captured %s outstanding %s", name, r.State, r.Content.Tender, r.Content.Captured, r.Content.Outstanding)
			}
		}
		k.begin(t, pay.Payment{TripID: "no-cart", StoreID: "store-1"})
		if _, err := k.ByTrip(t.Context(), "no-cart"); !errors.Is(err, fault.NotFound) || !strings.Contains(k.log.String(), "receipt_without_cart") {
			t.Errorf("a payment without a cart: %v", err)
		}
		all, err := k.List(t.Context(), 0)
		if err != nil || len(all) != 4 {
			t.Errorf("%d receipts, %v", len(all), err)
		}
		if n, _, err := k.box.Rest(t.Context()); n != 2 || err != nil {
			t.Errorf("%d questions to be asked, %v", n, err)
		}
	})
}

// TestBeginBelongsToThePayment: a settlement that is undone leaves no receipt
// and no job.
func TestBeginBelongsToThePayment(t *testing.T) {
	t.Parallel()
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		k := open(t, d, yes(full))
		k.carts["t1"] = cart.Purchase{TripID: "t1", StoreID: "store-1", Result: result(t), Total: money.New(1509, "USD")}
		undone := errors.New("undone")
		err := d.Tx(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			if err := k.Begin(ctx, tx, pay.Payment{TripID: "t1", StoreID: "store-1", Total: money.New(1509, "USD")}); err != nil {
				return err
			}
			return undone
		})
		if !errors.Is(err, undone) {
			t.Fatal(err)
		}
		if _, err := k.ByTrip(t.Context(), "t1"); !errors.Is(err, fault.NotFound) {
			t.Errorf("%v", err)
		}
		if n, _, err := k.box.Rest(t.Context()); n != 0 || err != nil {
			t.Errorf("%d jobs, %v", n, err)
		}
	})
}

func TestReceiptSettings(t *testing.T) {
	t.Parallel()
	if err := (receipt.Settings{}).Check(); err != nil {
		t.Error(err)
	}
	for _, s := range []receipt.Settings{{EMVWait: -1}, {EMVWait: time.Hour}, {Schedule: []time.Duration{time.Millisecond}}, {Schedule: make([]time.Duration, 21)}} {
		if s.Check() == nil {
			t.Errorf("%+v accepted", s)
		}
	}
}
