package receipt_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/strollhq/stroll/internal/cart"
	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/internal/pay"
	"github.com/strollhq/stroll/internal/receipt"
	"github.com/strollhq/stroll/internal/testkit"
	"github.com/strollhq/stroll/jwo"
	"github.com/strollhq/stroll/money"
)

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
			if err := k.Begin(ctx, tx, tx, pay.Payment{TripID: "t1", StoreID: "store-1", Total: money.New(1509, "USD")}); err != nil {
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
