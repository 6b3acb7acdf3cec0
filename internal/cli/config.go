package cli

import (
	"fmt"

	"github.com/strollhq/stroll/internal/app"
)

// configFlag is the flag of every command that works on configured stores.
type configFlag struct {
	Config string `short:"c" default:"store.yaml" placeholder:"FILE" help:"Configuration file (default store.yaml)."`
}

// open opens the parts of the configured program, without serving.
func (f configFlag) open(s *streams) (*app.App, error) {
	cfg, err := app.Load(f.Config)
	if err != nil {
		return nil, err
	}
	return app.New(s.ctx, cfg, app.Env{Log: logger(s.err, app.Log{Level: "warn", Format: "text"})})
}

type configCmd struct {
	Print   configPrintCmd   `cmd:"" default:"withargs" help:"Print the effective configuration with secrets hidden."`
	Example configExampleCmd `cmd:"" help:"Print a complete example with comments."`
	Check   configCheckCmd   `cmd:"" help:"Check a configuration and say every fault with its line."`
}

type configPrintCmd struct{ configFlag }

func (c *configPrintCmd) Run(s *streams) error {
	cfg, err := app.Load(c.Config)
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
	cfg, err := app.Load(c.Config)
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
