package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/strollhq/stroll/internal/app"
	"github.com/strollhq/stroll/internal/load"
	"github.com/strollhq/stroll/internal/price"
	"github.com/strollhq/stroll/internal/shopper"
	"github.com/strollhq/stroll/jwosim"
	"github.com/strollhq/stroll/money"
)

// StoreID is the sample store's id.
const StoreID = "airport-t2-gate-b14"

// Config is what a world is made of. Only Database is needed.
type Config struct {
	// Database is a file or a postgres:// address.
	Database string
	// Seed decides shoppers, faults and ids.
	Seed uint64
	// Run makes the ids of one run differ from those of another with the same
	// seed on the same database.
	Run string
	// Faults is what goes wrong on Amazon's side.
	Faults jwosim.Faults
	// Items replace the sample store's; its promotions on single items go with
	// them.
	Items []price.Item
	// Edit changes the sample configuration before it is used.
	Edit func(*app.Config)
	// Sim changes the simulator's configuration before it is used.
	Sim func(*jwosim.Config)
	// Listen and HTTP replace TCP on loopback, for tests in virtual time. The
	// address handed to Listen is the configured one.
	Listen func(addr string) (net.Listener, error)
	HTTP   *http.Client
	// Beside opens one more program of the same retailer: on the same database,
	// with the other world's Amazon and shoppers, while that one runs or after it
	// has ended. It must be closed first.
	Beside *World
	// Probe is app.Env.Probe.
	Probe func(point string) error
	// Log receives the program's log. Default: nothing.
	Log *slog.Logger
}

// World is an open shop with its Amazon.
type World struct {
	App *app.App
	Sim *jwosim.Sim

	cfg     Config
	amazon  *http.Server
	manage  *http.Server
	lis     [2]net.Listener // Amazon's API, and its management port; nil beside another world
	opened  time.Time
	visitor []load.Visitor
	codes   atomic.Int64 // drawn for the shop page

	amazonURL [2]string // of lis
}

// Open makes a world. Nothing is answered until Run.
func Open(ctx context.Context, cfg Config) (_ *World, err error) {
	w := &World{cfg: cfg, opened: time.Now()}
	if b := cfg.Beside; b != nil {
		w.Sim, w.amazonURL, w.opened, w.visitor = b.Sim, b.amazonURL, b.opened, b.visitor
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.Close())
		}
	}()
	if w.cfg.Listen == nil {
		w.cfg.Listen = func(addr string) (net.Listener, error) { return net.Listen("tcp", addr) }
	}
	for i := range w.lis {
		if cfg.Beside != nil {
			break
		}
		if w.lis[i], err = w.cfg.Listen("127.0.0.1:0"); err != nil {
			return nil, fmt.Errorf("open Amazon's side: %w", err)
		}
		w.amazonURL[i] = "http://" + w.lis[i].Addr().String()
	}
	sample, err := sample()
	if err != nil {
		return nil, err
	}
	sample.Database = cfg.Database
	sample.Amazon.PaymentsURL = w.amazonURL[0]
	if len(cfg.Items) > 0 {
		stock(&sample.Stores[0].Prices, cfg.Items)
	}
	if cfg.Edit != nil {
		cfg.Edit(sample)
	}
	if err := sample.Check(); err != nil {
		return nil, err
	}
	w.App, err = app.New(ctx, sample, app.Env{Log: cfg.Log, Listen: cfg.Listen, HTTP: cfg.HTTP, Probe: cfg.Probe})
	if err != nil {
		return nil, err
	}
	if err := w.App.Listen(ctx); err != nil {
		return nil, err
	}
	if cfg.Beside != nil {
		return w, nil
	}
	if err := w.registerShoppers(ctx); err != nil {
		return nil, err
	}
	return w, w.openAmazon(sample)
}

// openAmazon makes the simulator of the sample configuration's other side.
func (w *World) openAmazon(sample *app.Config) error {
	store, gateway := sample.Stores[0], sample.Amazon.Inbound.Keys[0]
	pattern, err := w.App.Gate.Pattern(store.ID)
	if err != nil {
		return err
	}
	c := jwosim.Config{
		Seed: w.cfg.Seed, Run: w.cfg.Run, Faults: w.cfg.Faults, Connector: w.cfg.HTTP, Log: w.cfg.Log,
		Accept: []jwosim.Credentials{{AccessKeyID: sample.Amazon.AccessKeyID, SecretAccessKey: sample.Amazon.SecretAccessKey}},
		Sign:   &jwosim.Credentials{AccessKeyID: gateway.ID, SecretAccessKey: gateway.Secret},
		Stores: []jwosim.Store{{
			ID: store.ID, Currency: money.Currency(store.Prices.Currency), Strategy: store.Gate.Strategy,
			ConnectorURL: "http://" + w.App.Addr("connector"), DefaultGate: "closed", ScanCodePattern: pattern,
			PreAuth: money.New(2500, money.Currency(store.Prices.Currency)), Products: Shelf(store.Prices),
		}},
		// A demonstration has minutes, not days.
		Settings: jwosim.Settings{CartFirst: 200 * time.Millisecond, CartCeiling: 5 * time.Second},
	}
	c.Code = w.freshCode
	// Two of those who have the app have a card that will not bear it.
	c.Visitors = map[string]string{w.visitor[12].ID: "decline_adjust#app", w.visitor[20].ID: "insufficient#app"}
	if w.cfg.Sim != nil {
		w.cfg.Sim(&c)
	}
	if w.Sim, err = jwosim.New(c); err != nil {
		return err
	}
	w.amazon = &http.Server{Handler: w.Sim.Handler(), ReadHeaderTimeout: 5 * time.Second}
	w.manage = &http.Server{Handler: w.Sim.Management(), ReadHeaderTimeout: 5 * time.Second}
	return nil
}

// Run serves both sides until the context ends; beside another world, ours
// alone.
func (w *World) Run(ctx context.Context) error {
	if w.cfg.Beside != nil {
		return w.App.Run(ctx)
	}
	amazon, end := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan error, 1)
	go func() { ended <- w.Amazon(amazon) }()
	// Amazon's side outlives ours, so that what ours has begun can end.
	err := w.App.Run(ctx)
	end()
	return errors.Join(err, <-ended)
}

// Amazon serves Amazon's side alone until the context ends, for programs that
// come and go (App.Run, Config.Beside).
func (w *World) Amazon(ctx context.Context) error {
	failed := make(chan error, 2)
	servers := []*http.Server{w.amazon, w.manage}
	for i, s := range servers {
		go func() { failed <- s.Serve(w.lis[i]) }()
	}
	<-ctx.Done()
	err := errors.Join(w.Sim.Close(), w.amazon.Close(), w.manage.Close())
	for range servers {
		if e := <-failed; !errors.Is(e, http.ErrServerClosed) {
			err = errors.Join(err, fmt.Errorf("Amazon's side: %w", e))
		}
	}
	return err
}

// Close releases what Open opened. Call it after Run has returned.
func (w *World) Close() error {
	var errs []error
	if w.App != nil {
		errs = append(errs, w.App.Close())
	}
	for _, l := range w.lis {
		if l != nil {
			if err := l.Close(); !errors.Is(err, net.ErrClosed) {
				errs = append(errs, err)
			}
		}
	}
	return errors.Join(errs...)
}

// Addresses of the doors, by what one finds there.
func (w *World) Addresses() map[string]string {
	return map[string]string{
		"connector": "http://" + w.App.Addr("connector"),
		"portal":    "http://" + w.App.Addr("portal"),
		"admin":     "http://" + w.App.Addr("admin"),
		"amazon":    w.amazonURL[0],
		"simulator": w.amazonURL[1],
	}
}

// registerShoppers makes those who have the app.
func (w *World) registerShoppers(ctx context.Context) error {
	names := []string{"Ada", "Ben", "Chloé", "Dmitri", "Esra", "Femi", "Grace", "Hiro", "Ines", "Jonas", "Kavya", "Liam"}
	for i := range 36 {
		s := shopper.Shopper{
			ID: fmt.Sprintf("shopper-%02d", i+1), Kind: "SHOPPER", Name: names[i%len(names)], Status: "active",
			PaymentMethod: true, CardExpires: w.opened.AddDate(3, 0, 0), Created: w.opened,
		}
		switch i {
		case 3:
			s.Fraud = true
		case 9:
			s.CardExpires = w.opened.AddDate(0, -1, 0)
		case 33:
			s.Kind = "ASSOCIATE"
		case 34, 35:
			s.Kind, s.PaymentMethod = "CASH_SHOPPER", false
		}
		if err := w.App.Shoppers.Put(ctx, s); err != nil {
			return fmt.Errorf("register %s: %w", s.ID, err)
		}
		w.visitor = append(w.visitor, load.Visitor{ID: s.ID, Kind: s.Kind})
	}
	return nil
}

// parsed is the sample configuration, read once: many worlds are opened in one
// process.
var parsed = sync.OnceValues(app.Sample)

// sample is a copy whose stores, lists and keys may be changed.
func sample() (*app.Config, error) {
	one, err := parsed()
	if err != nil {
		return nil, err
	}
	c := *one
	c.Stores = slices.Clone(one.Stores)
	for i := range c.Stores {
		p := &c.Stores[i].Prices
		p.Items, p.Promotions = slices.Clone(p.Items), slices.Clone(p.Promotions)
	}
	c.Amazon.Inbound.Keys = slices.Clone(one.Amazon.Inbound.Keys)
	return &c, nil
}

// stock puts other items on the sample store's shelves.
func stock(spec *price.Spec, items []price.Item) {
	spec.Items = items
	spec.Promotions = slices.DeleteFunc(spec.Promotions, func(p price.Promotion) bool {
		s := p.For
		return p.GetFor != nil || len(p.Parts) > 0 || len(s.Items)+len(s.Categories)+len(s.Tags)+
			len(s.ExceptItems)+len(s.ExceptCategories)+len(s.ExceptTags) > 0
	})
}
