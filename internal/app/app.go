package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/strollhq/stroll/internal/cart"
	"github.com/strollhq/stroll/internal/catalog"
	"github.com/strollhq/stroll/internal/connector"
	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/gate"
	"github.com/strollhq/stroll/internal/journal"
	"github.com/strollhq/stroll/internal/metric"
	"github.com/strollhq/stroll/internal/outbox"
	"github.com/strollhq/stroll/internal/pay"
	"github.com/strollhq/stroll/internal/receipt"
	"github.com/strollhq/stroll/internal/shopper"
)

// Env is what differs between production, demo and tests. The zero value is
// production.
type Env struct {
	// Log receives the program's log. Default: discarded.
	Log *slog.Logger
	// Listen opens a listener. Default: TCP.
	Listen func(addr string) (net.Listener, error)
	// HTTP carries the calls to Amazon. Default: a transport of its own.
	HTTP *http.Client
	// Credentials sign the calls to Amazon when the configuration has no keys.
	// Default: the AWS SDK's own chain.
	Credentials aws.CredentialsProvider
	// Processor is the retailer's own card processor. Default: the configured
	// one.
	Processor pay.Processor
	// Probe is called at each named step of a payment (pay.Points) and around
	// each commit (db.Config.Probe), for tests that crash the program there. Nil
	// does nothing.
	Probe func(point string) error
}

// App is one running Stroll. Its parts may be used directly, as the command
// line does, whether or not Run was called.
type App struct {
	DB       *db.DB
	Jobs     *outbox.Outbox
	Books    *catalog.Books
	Shoppers *shopper.Shoppers
	Gate     *gate.Gate
	Pay      *pay.Pay
	Carts    *cart.Carts
	Receipts *receipt.Receipts
	Journal  *journal.Journal
	Metrics  *metric.Set

	env       Env
	log       *slog.Logger
	connector *connector.Connector
	cfg       atomic.Pointer[Config]
	stores    atomic.Pointer[map[string]*Store]
	doors     []*door
	stopping  atomic.Bool
	reload    sync.Mutex
}

// New opens the database and wires the program. Nothing is published, opened
// or answered yet: the command line uses the parts of an App beside a running
// one.
func New(ctx context.Context, cfg *Config, env Env) (_ *App, err error) {
	a := &App{env: env, log: env.Log, Metrics: metric.New()}
	if a.log == nil {
		a.log = slog.New(slog.DiscardHandler)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.Close())
		}
	}()
	a.DB, err = db.Open(ctx, db.Config{DSN: cfg.Database, Log: a.log, Probe: env.Probe})
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	a.Books = catalog.NewBooks(a.DB)
	a.use(cfg)
	return a, a.wire(ctx, cfg)
}

// Listen puts the stores' price lists in force and opens the listeners, so
// that a refused list or an address in use is known before anything is
// answered. Run calls it if nobody has.
func (a *App) Listen(ctx context.Context) error {
	if err := a.publish(ctx, a.Config()); err != nil {
		return err
	}
	return a.open(a.Config())
}

// publish puts price lists in force that differ from what is.
func (a *App) publish(ctx context.Context, cfg *Config) error {
	for i := range cfg.Stores {
		s := &cfg.Stores[i]
		v, fresh, err := a.Books.Publish(ctx, s.ID, s.Prices, time.Now())
		if err != nil {
			return err
		}
		if fresh {
			a.log.Info("price list in force", "store", s.ID, "version", v.ID, "items", len(s.Prices.Items))
		}
	}
	return nil
}

// use makes a configuration's settings the ones in force, in one step.
func (a *App) use(cfg *Config) {
	stores := make(map[string]*Store, len(cfg.Stores))
	for i := range cfg.Stores {
		stores[cfg.Stores[i].ID] = &cfg.Stores[i]
	}
	a.stores.Store(&stores)
	a.cfg.Store(cfg)
}

// Reload puts another configuration in force without a restart: stores, gate
// rules, prices, promotions and settings. Addresses, database and credentials
// need a restart, and a change of them is an error. A refused configuration
// changes nothing.
func (a *App) Reload(ctx context.Context, cfg *Config) error {
	a.reload.Lock()
	defer a.reload.Unlock()
	if err := fixed(a.cfg.Load(), cfg); err != nil {
		return err
	}
	if err := a.publish(ctx, cfg); err != nil {
		return err
	}
	a.use(cfg)
	a.connector.Use(cfg.Amazon.Inbound)
	a.resume(ctx)
	a.log.Info("configuration reloaded", "stores", len(cfg.Stores))
	return nil
}

// resume lets calls go out again that a 403 had stopped: whoever reloads has
// changed something, and the next answer says whether it helped (contract:
// payments 1.1).
func (a *App) resume(ctx context.Context) {
	pauses, err := a.Pay.Pauses(ctx)
	if err != nil {
		a.log.Warn("paused APIs", "error", err)
	}
	for _, p := range pauses {
		if p.Kind != "denied" {
			continue
		}
		if err := a.Pay.ResumeAPI(ctx, p.API, "reload", "the configuration was reloaded"); err != nil {
			a.log.Warn("resume a paused API", "api", p.API, "error", err)
		}
	}
}

// fixed names what a reload cannot change.
func fixed(old, now *Config) error {
	var names []string
	for name, same := range map[string]bool{
		"database":         old.Database == now.Database,
		"listen":           old.Listen == now.Listen,
		"profile":          old.Profile == now.Profile,
		"processor":        old.Processor == now.Processor,
		"jobs":             old.Jobs == now.Jobs,
		"log":              old.Log == now.Log,
		"amazon (outward)": old.Amazon.Timeout == now.Amazon.Timeout && maps.Equal(old.Amazon.Overrides, now.Amazon.Overrides) && old.Amazon.PaymentsURL == now.Amazon.PaymentsURL && old.Amazon.Region == now.Amazon.Region && old.Amazon.AccessKeyID == now.Amazon.AccessKeyID && old.Amazon.SecretAccessKey == now.Amazon.SecretAccessKey,
	} {
		if !same {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	return fmt.Errorf("reload: %s changed, which needs a restart; nothing was changed", strings.Join(names, ", "))
}

// Config is the configuration in force.
func (a *App) Config() *Config { return a.cfg.Load() }

// store finds a store's settings in the configuration in force.
func (a *App) store(id string) (*Store, bool) {
	s, ok := (*a.stores.Load())[id]
	return s, ok
}

// Ready reports whether the program can take work: the database answers and
// no stop has begun.
func (a *App) Ready(ctx context.Context) error {
	if a.stopping.Load() {
		return errors.New("stopping")
	}
	return a.DB.Ping(ctx)
}

// Close releases what New opened. Call it after Run has returned.
func (a *App) Close() error {
	var errs []error
	for _, d := range a.doors {
		errs = append(errs, d.close())
	}
	if a.DB != nil {
		errs = append(errs, a.DB.Close())
	}
	return errors.Join(errs...)
}
