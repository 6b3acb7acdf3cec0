package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/strollhq/stroll/internal/app"
	"github.com/strollhq/stroll/internal/fault"
)

// configFlag is the flag of every command that works on configured stores.
type configFlag struct {
	Config string `short:"c" default:"store.yaml" placeholder:"FILE" help:"Configuration file (default store.yaml)."`
}

// load reads the configuration.
func (f configFlag) load() (*app.Config, error) {
	cfg, err := app.Load(f.Config)
	if errors.Is(err, fs.ErrNotExist) && errors.Is(err, fault.NotFound) {
		return nil, fmt.Errorf("%w\nName a configuration with -c, or make one: stroll config example > %s", err, f.Config)
	}
	return cfg, err
}

// open opens the parts of the configured program, without serving, on a
// database that is there: looking at things makes none.
func (f configFlag) open(s *streams) (*app.App, error) {
	cfg, err := f.load()
	if err != nil {
		return nil, err
	}
	if file := cfg.Database; !strings.Contains(file, "://") {
		if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
			return nil, fault.New(fault.NotFound, "there is no database %s, which %s names\n"+
				"stroll serve and stroll shopper put make it; a path without / at its front begins where the command is run", file, f.Config)
		}
	}
	return start(s, cfg)
}

// openOrMake is open for commands that may be somebody's first.
func (f configFlag) openOrMake(s *streams) (*app.App, error) {
	cfg, err := f.load()
	if err != nil {
		return nil, err
	}
	return start(s, cfg)
}

func start(s *streams, cfg *app.Config) (*app.App, error) {
	log := logger(s.err, app.Log{Level: "warn", Format: "text"})
	return app.New(s.ctx, cfg, app.Env{Log: log})
}

type configCmd struct {
	Print   configPrintCmd   `cmd:"" default:"withargs" help:"Print the effective configuration with secrets hidden."`
	Example configExampleCmd `cmd:"" help:"Print a complete example with comments."`
	Check   configCheckCmd   `cmd:"" help:"Check a configuration and say every fault with its line."`
}

type configPrintCmd struct{ configFlag }

func (c *configPrintCmd) Run(s *streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	text, err := cfg.Redacted()
	if err == nil {
		_, err = s.out.Write(text)
	}
	return err
}

type configExampleCmd struct{}

func (configExampleCmd) Run(s *streams) error {
	_, err := fmt.Fprint(s.out, app.Example())
	return err
}

type configCheckCmd struct{ configFlag }

func (c *configCheckCmd) Run(s *streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	for _, store := range cfg.Stores {
		fmt.Fprintf(s.out, "store %s: %d items, %d promotions, %d taxes\n",
			store.ID, len(store.Prices.Items), len(store.Prices.Promotions), len(store.Prices.Taxes))
	}
	fmt.Fprintln(s.out, "ok")
	return nil
}
