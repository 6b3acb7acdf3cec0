package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/strollhq/stroll/internal/app"
	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/jwosim"
	"github.com/strollhq/stroll/money"
)

type simulateCmd struct {
	File      string            `short:"f" placeholder:"FILE" help:"The simulator's configuration in YAML; flags come on top."`
	Listen    string            `default:"127.0.0.1:8090" help:"Where the retailer's system finds Amazon's API."`
	Manage    string            `default:"127.0.0.1:8091" help:"Where people and tests find gates, books and history."`
	Connector string            `placeholder:"URL" help:"Base address of the retailer's connectors."`
	Store     []string          `placeholder:"ID" help:"Store ids (default store-1)."`
	Currency  string            `default:"USD" help:"Currency of the stores named with --store."`
	Strategy  string            `default:"retailer_managed" help:"Fraud and abuse strategy of those stores."`
	Key       []string          `placeholder:"ID:SECRET" help:"Keys the retailer's calls may be signed with (default: any call is taken)."`
	Sign      string            `placeholder:"ID:SECRET" help:"Sign calls to the connectors with this key."`
	Header    map[string]string `placeholder:"NAME=VALUE" help:"Add a header to calls to the connectors."`
	Seed      *uint64           `help:"Seed of faults and ids (default: drawn and printed)."`
	Faults    string            `default:"default" help:"none, default, heavy, or such as 500=0.05,lost=0.02."`
}

func (c *simulateCmd) Run(s *streams) error {
	cfg, err := c.config()
	if err != nil {
		return err
	}
	cfg.Log = logger(s.err, app.Log{Level: "info", Format: "text"})
	sim, err := jwosim.New(cfg)
	if err != nil {
		return fault.New(fault.Invalid, "%w", err)
	}
	defer sim.Close()
	var doors []*http.Server
	var lis []net.Listener
	for _, d := range []struct {
		addr string
		h    http.Handler
	}{{c.Listen, sim.Handler()}, {c.Manage, sim.Management()}} {
		l, err := net.Listen("tcp", d.addr)
		if err != nil {
			return fmt.Errorf("simulate: %w", err)
		}
		defer l.Close()
		lis = append(lis, l)
		doors = append(doors, &http.Server{Handler: d.h, ReadHeaderTimeout: 5 * time.Second})
	}
	p := paint(terminal(s.out))
	fmt.Fprintln(s.out, p.bad("This is a simulator. It is not Amazon, moves no money and opens no gate."))
	fmt.Fprintf(s.out, "Amazon's API   http://%s\nGates, books   http://%s\nSeed           %d  (the same seed meets the same faults: %s)\n",
		lis[0].Addr(), lis[1].Addr(), sim.Seed(), sim.Faults())
	return serveUntil(s.ctx, doors, lis)
}

// serveUntil serves until the context ends, and then lets requests under way
// finish.
func serveUntil(ctx context.Context, doors []*http.Server, lis []net.Listener) error {
	failed := make(chan error, len(doors))
	var serving sync.WaitGroup
	for i, d := range doors {
		serving.Go(func() {
			if err := d.Serve(lis[i]); !errors.Is(err, http.ErrServerClosed) {
				failed <- err
			}
		})
	}
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	for _, d := range doors {
		err = errors.Join(err, d.Shutdown(grace))
	}
	serving.Wait()
	return err
}

// config is the file, with the flags on top.
func (c *simulateCmd) config() (jwosim.Config, error) {
	var cfg jwosim.Config
	if c.File != "" {
		data, err := os.ReadFile(c.File)
		if err != nil {
			return cfg, fault.New(fault.NotFound, "simulator's configuration: %w", err)
		}
		if err := app.DecodeYAML(c.File, data, &cfg); err != nil {
			return cfg, err
		}
	}
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
	for _, k := range c.Key {
		pair, err := keyPair(k)
		if err != nil {
			return cfg, err
		}
		cfg.Accept = append(cfg.Accept, pair)
	}
	if len(cfg.Accept) == 0 {
		cfg.AcceptUnsigned = true
	}
	if c.Sign != "" {
		pair, err := keyPair(c.Sign)
		if err != nil {
			return cfg, err
		}
		cfg.Sign = &pair
	}
	if len(c.Header) > 0 {
		cfg.Headers = c.Header
	}
	if c.Seed != nil {
		cfg.Seed = *c.Seed
	} else if cfg.Seed == 0 {
		cfg.Seed = uint64(time.Now().UnixNano()) % 1_000_000
	}
	if c.File == "" || c.Faults != "default" {
		faults, err := jwosim.ParseFaults(c.Faults)
		if err != nil {
			return cfg, fault.New(fault.Invalid, "--faults: %w", err)
		}
		cfg.Faults = faults
	}
	return cfg, nil
}

func keyPair(text string) (jwosim.Credentials, error) {
	id, secret, ok := strings.Cut(text, ":")
	if !ok || id == "" || secret == "" {
		return jwosim.Credentials{}, fault.New(fault.Invalid, "a key is written ID:SECRET")
	}
	return jwosim.Credentials{AccessKeyID: id, SecretAccessKey: secret}, nil
}
