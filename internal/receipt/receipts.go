package receipt

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/strollhq/stroll/internal/cart"
	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/internal/metric"
	"github.com/strollhq/stroll/internal/outbox"
	"github.com/strollhq/stroll/internal/pay"
	"github.com/strollhq/stroll/jwo"
)

// Amazon is the one call a receipt needs: *jwo.Client.
type Amazon interface {
	GetTransactionalData(ctx context.Context, req *jwo.GetTransactionalDataRequest) (*jwo.GetTransactionalDataResponse, error)
}

// Purchases finds the cart of a trip: *cart.Carts.
type Purchases interface {
	Get(ctx context.Context, q db.Querier, tripID string) (cart.Purchase, error)
}

// Pauses is what is known of an API that nobody is to call: *pay.Pay. A 429 or
// 403 pauses it for the whole account, whichever part of the program met it
// (contract: payments 1.1, 1.4).
type Pauses interface {
	// Paused tells until when to leave the API alone; asked just before a call.
	Paused(ctx context.Context, api, storeID string) (time.Time, error)
	// Heard is told how each call ended: the client's error, or nil.
	Heard(ctx context.Context, api, storeID string, callErr error) error
}

// Config is what Receipts work with.
type Config struct {
	DB     *db.DB
	Outbox *outbox.Outbox
	Amazon Amazon
	Carts  Purchases
	// Pauses, shared with all who call the API. Nil: each receipt minds only
	// what was answered to itself.
	Pauses Pauses
	// Stores says what receipts of a store show about it.
	Stores func(storeID string) (Store, bool)
	// Settings is asked each time, so that it may change while running. Nil
	// stands for the defaults.
	Settings func() Settings
	Log      *slog.Logger
	Metrics  *metric.Set
}

// Receipts makes and finds receipts. It is safe for concurrent use.
type Receipts struct {
	cfg     Config
	charged *metric.Seconds
	ready   *metric.Seconds
	count   *metric.Counter
	asks    *metric.Counter
}

const completeJob = "receipt.complete"

type completePayload struct {
	TripID string `json:"trip"`
}

// New makes the receipts and registers their job with the outbox.
func New(cfg Config) *Receipts {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Settings == nil {
		cfg.Settings = func() Settings { return Settings{} }
	}
	m := cfg.Metrics
	r := &Receipts{
		cfg:     cfg,
		charged: m.Seconds("stroll_receipt_charged_seconds", "Time from a cart's arrival to its charge, or to the end of a cash trip.", "store"),
		ready:   m.Seconds("stroll_receipt_ready_seconds", "Time from a cart's arrival to its receipt.", "store"),
		count:   m.Counter("stroll_receipt_issued_total", "Receipts issued, with or without the card's details.", "store", "tender", "card"),
		asks:    m.Counter("stroll_receipt_asks_total", "Questions for a card's details, by outcome.", "outcome"),
	}
	cfg.Outbox.Handle(completeJob, r.complete, outbox.Policy{First: time.Second, Ceiling: time.Minute, Timeout: 30 * time.Second})
	return r
}

// Begin makes the receipt of a payment that has become final for the shopper,
// together with that payment: it reads through q and writes through w. A second
// Begin for a trip changes nothing.
func (r *Receipts) Begin(ctx context.Context, q db.Querier, w db.Putter, m pay.Payment) error {
	p, err := r.cfg.Carts.Get(ctx, q, m.TripID)
	if errors.Is(err, fault.NotFound) {
		// The payment is settled all the same; refusing here would only hide
		// that from the books.
		r.cfg.Log.ErrorContext(ctx, "no cart to make a receipt of", "alert", "receipt_without_cart", "store", m.StoreID, "trip", m.TripID)
		return nil
	}
	if err != nil {
		return fmt.Errorf("receipt of trip %s: %w", m.TripID, err)
	}
	now := time.Now()
	rc := Receipt{
		Token: strings.ToLower(rand.Text()), TripID: m.TripID, StoreID: m.StoreID, PurchaseID: p.PurchaseID, State: Pending,
		Received: p.Received, Created: now, Content: contentOf(p, m, r.store(m.StoreID)),
	}
	if rc.Content.Tender != TenderCard {
		rc.State, rc.Issued, rc.Completed = Complete, now, now
	}
	var have int
	err = q.QueryRowContext(ctx, `SELECT COUNT(*) FROM receipt WHERE trip_id = $1`, m.TripID).Scan(&have)
	if err == nil && have == 0 {
		err = insert(ctx, w, rc)
	}
	if err != nil {
		return fmt.Errorf("receipt of trip %s: %w", m.TripID, err)
	}
	if have > 0 {
		return nil
	}
	w.AfterCommit(func() { r.charged.Observe(now.Sub(rc.Received), rc.StoreID) })
	if rc.State == Complete {
		w.AfterCommit(func() { r.issued(rc) })
		return nil
	}
	return r.cfg.Outbox.Add(ctx, w, outbox.Job{
		Kind: completeJob, Key: rc.TripID, Payload: completePayload{rc.TripID}, RunAt: now,
		Deadline: now.Add(r.settings().EMVWait),
	})
}

func (r *Receipts) settings() Settings { return r.cfg.Settings().WithDefaults() }

func (r *Receipts) store(id string) Store {
	s, ok := r.cfg.Stores(id)
	if !ok || s.Name == "" {
		s.Name = "Store " + id
	}
	if s.Locale == "" {
		s.Locale = "en-US"
	}
	if s.TimeZone == "" {
		s.TimeZone = "UTC"
	}
	return s
}

// issued measures a receipt that has just become visible.
func (r *Receipts) issued(rc Receipt) {
	r.ready.Observe(rc.Issued.Sub(rc.Received), rc.StoreID)
	card := "no"
	if rc.Card.Last4 != "" {
		card = "yes"
	}
	r.count.Inc(rc.StoreID, rc.Content.Tender, card)
}
