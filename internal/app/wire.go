package app

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/strollhq/stroll/internal/cart"
	"github.com/strollhq/stroll/internal/connector"
	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/gate"
	"github.com/strollhq/stroll/internal/journal"
	"github.com/strollhq/stroll/internal/outbox"
	"github.com/strollhq/stroll/internal/pay"
	"github.com/strollhq/stroll/internal/pay/simproc"
	"github.com/strollhq/stroll/internal/receipt"
	"github.com/strollhq/stroll/internal/shopper"
	"github.com/strollhq/stroll/jwo"
	"github.com/strollhq/stroll/money"
)

// wire makes the slices and connects them. Each takes its store's settings
// through a function, so that a reload reaches it without its knowing.
func (a *App) wire(ctx context.Context, cfg *Config) error {
	a.Journal = journal.New(a.DB, a.log, a.Metrics)
	amazon, err := a.amazon(ctx, cfg)
	if err != nil {
		return err
	}
	a.Jobs = outbox.New(outbox.Config{
		DB: a.DB, Log: a.log, Metrics: a.Metrics, Workers: cfg.Jobs.Workers, Poll: cfg.Jobs.Poll, Lease: cfg.Jobs.Lease,
	})
	a.Pay = pay.New(pay.Config{
		DB: a.DB, Outbox: a.Jobs, Amazon: amazon, Processor: a.processor(cfg), Settings: a.paySettings,
		// Receipts are made later in this function; payments settle only in Run.
		Settled: func(ctx context.Context, q db.Querier, w db.Putter, p pay.Payment) error {
			return a.Receipts.Begin(ctx, q, w, p)
		},
		SettledStmts: receipt.BeginStmts(),
		Log:          a.log, Metrics: a.Metrics, Probe: a.probe(),
	})
	a.Shoppers = shopper.New(shopper.Config{DB: a.DB})
	a.Gate = gate.New(gate.Config{
		DB: a.DB, Shoppers: a.Shoppers, Debts: a.Pay, Links: a.Pay, Books: a.Pay, Settings: a.gateSettings,
		Entrances: a.Pay, EnterFirst: a.enterFirst, Enters: a.enters, Promotions: a.promotions, Log: a.log, Metrics: a.Metrics,
	})
	a.Carts = cart.New(cart.Config{
		DB: a.DB, Outbox: a.Jobs, Pay: a.Pay, Book: a.Books.At, Settings: a.cartSettings,
		Limits: func() jwo.Limits { return a.Config().Amazon.Inbound.Accept }, Log: a.log, Metrics: a.Metrics,
	})
	a.Receipts = receipt.New(receipt.Config{
		DB: a.DB, Outbox: a.Jobs, Amazon: amazon, Carts: a.Carts, Pauses: a.Pay, Stores: a.receiptStore,
		Settings: func() receipt.Settings { return a.Config().Receipt }, Log: a.log, Metrics: a.Metrics,
	})
	a.connector = connector.New(connector.Config{
		Identity: a.Gate, Authorizer: a.Gate, Purchaser: a.Carts,
		Scan: a.Gate, ScanDetails: a.Gate, Shopper: a.Gate,
		Serves:   func(id string) bool { _, ok := a.store(id); return ok },
		Settings: cfg.Amazon.Inbound, Observe: a.Journal.Record, Log: a.log, Metrics: a.Metrics,
	})
	return nil
}

// probe tells where a payment is; only a commit can be made to fail.
func (a *App) probe() func(string) {
	if a.env.Probe == nil {
		return nil
	}
	return func(point string) { _ = a.env.Probe(point) }
}

// amazon is the signed client, with each of its calls kept in the journal.
func (a *App) amazon(ctx context.Context, cfg *Config) (outward, error) {
	provider, err := a.credentials(ctx, cfg)
	if err != nil {
		return outward{}, err
	}
	client := a.env.HTTP
	if client == nil {
		client = &http.Client{Transport: transport()}
	}
	c, err := cfg.client(provider, client)
	if err != nil {
		return outward{}, fmt.Errorf("client for Amazon's calls: %w", err)
	}
	return outward{c, a.Journal.Record}, nil
}

// client is the signed client of the configuration.
func (c *Config) client(p aws.CredentialsProvider, h *http.Client) (*jwo.Client, error) {
	return jwo.NewClient(jwo.ClientConfig{
		PaymentsURL: c.Amazon.PaymentsURL, Overrides: c.Amazon.Overrides, Region: c.Amazon.Region,
		Credentials: p, HTTP: h, Timeout: c.Amazon.Timeout,
	})
}

// processor is the retailer's own: the environment's, or the configured one.
func (a *App) processor(cfg *Config) pay.Processor {
	switch {
	case a.env.Processor != nil:
		return a.env.Processor
	case cfg.Processor == ProcessorSimulated:
		return simproc.New(simproc.Config{})
	}
	return nil
}

// transport keeps enough connections open for all workers.
func transport() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConns, t.MaxIdleConnsPerHost = 256, 256
	return t
}

// credentials come from the configuration, else from the environment's own
// chain (variables, shared files, role).
func (a *App) credentials(ctx context.Context, cfg *Config) (aws.CredentialsProvider, error) {
	switch {
	case cfg.Amazon.AccessKeyID != "":
		return credentials.NewStaticCredentialsProvider(cfg.Amazon.AccessKeyID, cfg.Amazon.SecretAccessKey, ""), nil
	case a.env.Credentials != nil:
		return a.env.Credentials, nil
	}
	chain, err := config.LoadDefaultConfig(ctx, config.WithRegion(cfg.Amazon.Region))
	if err != nil {
		return nil, fmt.Errorf("AWS credentials: %w", err)
	}
	return chain.Credentials, nil
}

func (a *App) gateSettings(storeID string) (*gate.Settings, bool) {
	s, ok := a.store(storeID)
	if !ok {
		return nil, false
	}
	return &s.Gate, true
}

func (a *App) cartSettings(storeID string) (cart.Settings, bool) {
	s, ok := a.store(storeID)
	if !ok {
		return cart.Settings{}, false
	}
	return s.Cart, true
}

func (a *App) paySettings(storeID string) (pay.Settings, bool) {
	s, ok := a.store(storeID)
	if !ok {
		return pay.Settings{}, false
	}
	p := s.Pay
	p.Currency, p.Strategy = money.Currency(s.Prices.Currency), s.Gate.Strategy
	return p, true
}

// promotions are the ids a loyalty scan is told of: those in force in the
// store's price list (contract: ordering 3).
func (a *App) promotions(ctx context.Context, storeID, _ string) ([]string, error) {
	now := time.Now()
	book, _, err := a.Books.At(ctx, storeID, now)
	if err != nil {
		return nil, err
	}
	return book.InForce(now), nil
}

// enters tells whether a store has a pre-authorization of its own.
func (a *App) enters(storeID string) bool {
	s, ok := a.paySettings(storeID)
	return ok && s.Settlement.Route == pay.OwnProcessor
}

// enterFirst tells whether a store's own pre-authorization comes before
// the gate's answer.
func (a *App) enterFirst(storeID string) bool {
	s, ok := a.paySettings(storeID)
	return ok && s.Settlement.Route == pay.OwnProcessor && s.Own.Preauth == "before_answer"
}

func (a *App) receiptStore(storeID string) (receipt.Store, bool) {
	s, ok := a.store(storeID)
	if !ok {
		return receipt.Store{}, false
	}
	return receipt.Store{
		Name: s.Name, Address: s.Address, Locale: s.Prices.Locale, TimeZone: s.Prices.TimeZone,
	}, true
}
