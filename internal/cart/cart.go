package cart

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/metric"
	"github.com/strollhq/stroll/internal/outbox"
	"github.com/strollhq/stroll/internal/pay"
	"github.com/strollhq/stroll/internal/price"
	"github.com/strollhq/stroll/jwo"
	"github.com/strollhq/stroll/money"
)

// Payments is what a cart needs of the payments: *pay.Pay.
type Payments interface {
	// GuessOpen puts a trip's payment and its first job as far as that can be
	// done unread; the payment must stand at the version answered. false: use
	// Open. OpenStmts are the statements it puts.
	GuessOpen(ctx context.Context, w db.Putter, o pay.Opening) (version int64, ok bool, err error)
	OpenStmts() []*db.Stmt
	// Open records the same in the cart's transaction, reading what it needs.
	Open(ctx context.Context, tx *db.Tx, o pay.Opening) error
	// Reprice gives a payment that was opened with Hold its total and act; an
	// error of kind fault.Conflict means that it is not held.
	Reprice(ctx context.Context, tx *db.Tx, tripID string, total money.Amount, act pay.Act, reason string) error
	// HoldTrip parks a payment that is being charged; fault.Conflict when its
	// money may have moved. ReleaseTrip sends it on; fault.Conflict when it is
	// not parked. Each is a transaction of its own.
	HoldTrip(ctx context.Context, tripID, by, reason string) error
	ReleaseTrip(ctx context.Context, tripID, by, reason string) error
}

// Config is what Carts work with.
type Config struct {
	DB     *db.DB
	Outbox *outbox.Outbox
	Pay    Payments
	// Book finds the price list of a store in force at a moment, and its
	// version. It must give up when its context ends.
	Book func(ctx context.Context, storeID string, at time.Time) (*price.Book, string, error)
	// Settings finds a store's settings; false for a store we do not serve.
	Settings func(storeID string) (Settings, bool)
	// Limits are the enumerations accepted from Amazon, asked each time so that
	// a reload takes effect. Nil stands for the defaults.
	Limits  func() jwo.Limits
	Log     *slog.Logger
	Metrics *metric.Set
}

// Carts takes carts. It is safe for concurrent use, also by several processes
// on one database.
type Carts struct {
	cfg      Config
	watch    *watch
	purchase *db.Kind
	turns    turns
	uses     memory[use, price.Usage]
	taken    memory[string, first] // by trip
}

// New makes the carts and registers their job with the outbox.
func New(cfg Config) *Carts {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Limits == nil {
		cfg.Limits = func() jwo.Limits { return jwo.Limits{} }
	}
	c := &Carts{cfg: cfg, purchase: kindOfPurchase(cfg.Pay)}
	c.watch = newWatch(cfg)
	if cfg.Outbox != nil {
		cfg.Outbox.Handle(priceJob, c.priceLater, outbox.Policy{
			First: time.Second, Ceiling: time.Minute, Timeout: 30 * time.Second,
		})
	}
	return c
}

// CreatePurchases takes one cart (contract: ordering 2). It returns when the
// purchase, its price and its payment are durable. A cart seen before gets its
// first answer, whatever became of it since. The errors of a cart's own faults
// are *jwo.Refusal; with any other error nothing was kept and a retry starts
// afresh.
func (c *Carts) CreatePurchases(ctx context.Context, req *jwo.CreatePurchasesRequest) (*jwo.CreatePurchasesResponse, error) {
	received := time.Now()
	if err := req.ValidateWith(c.cfg.Limits()); err != nil {
		return nil, c.refuse(req, err)
	}
	settings, ok := c.cfg.Settings(req.StoreID)
	if !ok {
		return nil, c.refuse(req, jwo.FieldErrors{{Field: "storeId", Reason: "is not a store served here"}})
	}
	settings = settings.WithDefaults()
	content := contentOf(req)
	digest := digestOf(content)
	if first, known := c.taken.of(req.IdempotentShoppingTripID); known && first.digest == digest {
		p := Purchase{StoreID: first.store, PurchaseID: first.purchase, Status: first.status}
		c.watch.replayed(p, false)
		return answer(ctx, p, true), nil
	}
	p, err := draft(req, settings, received)
	if err != nil {
		return nil, err
	}
	p.digest = digest
	return c.take(ctx, p, content, settings)
}

// draft is the purchase of a cart before it has a price.
func draft(req *jwo.CreatePurchasesRequest, s Settings, received time.Time) (*Purchase, error) {
	who := partyOf(req, s)
	started, err1 := req.ShoppingTrip.StartTime.Time()
	ended, err2 := req.ShoppingTrip.EndTime.Time()
	if err := errors.Join(err1, err2); err != nil {
		return nil, fmt.Errorf("cart of trip %s: %w", req.IdempotentShoppingTripID, err)
	}
	p := &Purchase{
		TripID: req.IdempotentShoppingTripID, StoreID: req.StoreID, POSStore: s.POSStore, Status: s.SuccessStatus,
		Entry: who.entry, Kind: who.kind, Visitor: clean(who.visitor), Instrument: clean(who.instrument), Loyalty: clean(who.loyalty),
		Device: clean(req.ShopperDeviceID), GroupSize: who.size, Started: started, Ended: ended, Received: received,
		PriceAt: ended, shopper: clean(who.shopper),
	}
	if p.POSStore == "" {
		p.POSStore = p.StoreID
	}
	if s.PriceAt == OnReceipt {
		p.PriceAt = received
	}
	if len(req.ShoppingTrip.AuthEvents) == 0 {
		p.mark(FlagNoAuthEvents)
	}
	if !who.payer {
		p.mark(FlagNoPayer)
	}
	for _, e := range req.ShoppingTrip.AuthEvents {
		p.events = append(p.events, strings.ToLower(e.ID)) // as the gate keeps them
	}
	if len(req.CartItems) > 0 {
		p.PurchaseID = uuid.Must(uuid.NewV7()).String()
	}
	p.Lines = linesOf(req)
	return p, nil
}

// shelf is the price list that applies to p, or an empty shelf when it cannot
// be had in time.
func (c *Carts) shelf(ctx context.Context, p *Purchase, s Settings) shelf {
	if len(p.Lines) == 0 {
		return shelf{}
	}
	ctx, cancel := context.WithTimeout(ctx, s.PriceTimeout)
	defer cancel()
	book, version, err := c.cfg.Book(ctx, p.StoreID, p.PriceAt)
	if err != nil {
		c.cfg.Log.WarnContext(ctx, "price list not to be had", "alert", "unpriced_cart", "store", p.StoreID, "trip", p.TripID, "error", err)
		return shelf{}
	}
	return shelf{book, version}
}

func answer(ctx context.Context, p Purchase, replayed bool) *jwo.CreatePurchasesResponse {
	callOf(ctx).Status = p.Status
	return &jwo.CreatePurchasesResponse{PurchaseID: p.PurchaseID, Replayed: replayed}
}

func (c *Carts) refuse(req *jwo.CreatePurchasesRequest, err error) error {
	var fields jwo.FieldErrors
	if !errors.As(err, &fields) {
		return err
	}
	c.Refused(req.StoreID, fields)
	return &jwo.Refusal{Status: http.StatusBadRequest, Fields: fields}
}
