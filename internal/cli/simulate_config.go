package cli

import (
	"cmp"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/strollhq/stroll/internal/app"
	"github.com/strollhq/stroll/internal/demo"
	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/internal/pay"
	"github.com/strollhq/stroll/jwosim"
	"github.com/strollhq/stroll/money"
)

// config is what the files say, with the flags on top.
func (c *simulateRunCmd) config() (cfg jwosim.Config, err error) {
	cfg.Faults = jwosim.DefaultFaults()
	switch {
	case c.For != "" && c.File != "":
		return cfg, fault.New(fault.Invalid, "--for and --file both say what to simulate: choose one")
	case c.For != "":
		err = c.mirror(&cfg)
	case c.File != "":
		err = readSimulator(c.File, &cfg)
	}
	if err != nil {
		return cfg, err
	}
	c.Listen = cmp.Or(c.Listen, "127.0.0.1:8090")
	if err := c.stores(&cfg); err != nil {
		return cfg, err
	}
	if err := c.keys(&cfg); err != nil {
		return cfg, err
	}
	now := time.Now()
	if c.Seed != nil {
		cfg.Seed = *c.Seed
	} else if cfg.Seed == 0 {
		cfg.Seed = uint64(now.UnixNano()) % 1_000_000
	}
	cfg.Run = cmp.Or(c.RunID, cfg.Run, now.UTC().Format("20060102T150405.000"))
	if c.Faults != "" || c.FaultsFile != "" {
		if cfg.Faults, err = chooseFaults("--faults", c.Faults, "--faults-file", c.FaultsFile); err != nil {
			return cfg, err
		}
	}
	cfg.Strict = cfg.Strict || c.Strict
	return cfg, nil
}

func readSimulator(file string, cfg *jwosim.Config) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return fault.New(fault.NotFound, "simulator's configuration: %w", err)
	}
	return app.DecodeYAML(file, data, cfg)
}

// stores adds the stores named by flags, and says where connectors are.
func (c *simulateRunCmd) stores(cfg *jwosim.Config) error {
	if len(c.Store) == 0 && len(cfg.Stores) == 0 {
		c.Store = []string{"store-1"}
	}
	for _, id := range c.Store {
		cfg.Stores = append(cfg.Stores, jwosim.Store{ID: id, Currency: money.Currency(c.Currency), Strategy: c.Strategy})
	}
	for i := range cfg.Stores {
		if c.Connector != "" {
			cfg.Stores[i].ConnectorURL = c.Connector
		}
	}
	return nil
}

// keys adds what flags say about signatures and secrets.
func (c *simulateRunCmd) keys(cfg *jwosim.Config) error {
	for _, k := range c.Key {
		pair, err := keyPair("--key", k)
		if err != nil {
			return err
		}
		cfg.Accept = append(cfg.Accept, pair)
	}
	cfg.AcceptUnsigned = cfg.AcceptUnsigned || len(cfg.Accept) == 0
	if c.Sign != "" {
		pair, err := keyPair("--sign", c.Sign)
		if err != nil {
			return err
		}
		cfg.Sign = &pair
	}
	if len(c.Header) > 0 {
		cfg.Headers = c.Header
	}
	return nil
}

func keyPair(flag, text string) (jwosim.Credentials, error) {
	id, secret, ok := strings.Cut(text, ":")
	if !ok || id == "" || secret == "" {
		return jwosim.Credentials{}, fault.New(fault.Invalid, "%s: a key is written ID:SECRET", flag)
	}
	return jwosim.Credentials{AccessKeyID: id, SecretAccessKey: secret}, nil
}

// mirror is the other side of a Stroll configuration.
func (c *simulateRunCmd) mirror(cfg *jwosim.Config) error {
	ours, err := configFlag{Config: c.For}.load()
	if err != nil {
		return err
	}
	for i, s := range ours.Stores {
		cur := money.Currency(s.Prices.Currency)
		store := jwosim.Store{
			ID: s.ID, Currency: cur, Strategy: s.Gate.Strategy, Lifetime: s.Pay.Preauth.Lifetime,
			ConnectorURL: "http://" + ours.Listen.Connector, Products: demo.Shelf(s.Prices),
		}
		if s.Pay.Settlement.Route == pay.OwnProcessor {
			store.AppPayment = pay.OwnProcessor
		}
		if s.Pay.Preauth.Amount != "" {
			d, err := money.ParseDecimal(s.Pay.Preauth.Amount)
			if err != nil {
				return fault.New(fault.Invalid, "%s: stores[%d].pay.preauth.amount: %w", c.For, i, err)
			}
			if store.PreAuth, err = money.Exact(d, cur); err != nil {
				return fault.New(fault.Invalid, "%s: stores[%d].pay.preauth.amount: %w", c.For, i, err)
			}
		}
		cfg.Stores = append(cfg.Stores, store)
	}
	if a := ours.Amazon; a.AccessKeyID != "" {
		cfg.Accept = []jwosim.Credentials{{AccessKeyID: a.AccessKeyID, SecretAccessKey: a.SecretAccessKey}}
	}
	switch in := ours.Amazon.Inbound; {
	case in.Mode == "sigv4" && len(in.Keys) > 0:
		cfg.Sign = &jwosim.Credentials{AccessKeyID: in.Keys[0].ID, SecretAccessKey: in.Keys[0].Secret}
	case in.Mode == "header" && len(in.Secrets) > 0:
		cfg.Headers = map[string]string{in.Header: in.Secrets[0]}
	}
	u, err := url.Parse(ours.Amazon.PaymentsURL)
	switch {
	case c.Listen != "":
	case err != nil || u.Scheme != "http" || u.Port() == "":
		return fault.New(fault.Invalid, "%s: amazon.payments_url %s is no address to listen on, such as http://127.0.0.1:8090: change it, or say --listen",
			c.For, ours.Amazon.PaymentsURL)
	default:
		c.Listen = u.Host
	}
	return nil
}
