package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/jwosim/scenario"
)

// known fills in what a Stroll configuration tells: items of its price list
// and the limit of its codes.
func (c *simulateTriggerCmd) known(req *scenario.Request) error {
	ours, err := configFlag{Config: c.For}.load()
	if err != nil {
		return err
	}
	for _, st := range ours.Stores {
		if c.Store != "" && st.ID != c.Store {
			continue
		}
		for _, it := range st.Prices.Items {
			weighed := it.Unit != "" && it.Unit != "each"
			switch {
			case it.Price.Sign() <= 0:
			case weighed && req.Weighed == "":
				req.Weighed = it.SKU + "=" + it.Unit
			case !weighed && req.Item == "":
				req.Item = it.SKU
			}
			if !weighed && req.Barcode == "" && len(it.Barcodes) > 0 && it.Price.Sign() > 0 {
				req.Barcode = it.Barcodes[0]
			}
		}
		req.Freshness = cmp.Or(req.Freshness, st.Gate.Codes.Freshness.String())
		return nil
	}
	return fault.New(fault.NotFound, "%s: there is no store %s", c.For, c.Store)
}

// hooks are what shell commands do.
func (c *simulateTriggerCmd) hooks() scenario.Options {
	var o scenario.Options
	if c.CodeCommand != "" {
		o.Code = drawn(c.CodeCommand)
	}
	if c.Break != "" {
		o.Break = func(ctx context.Context) (func(context.Context) error, error) {
			if _, err := shell(ctx, c.Break, ""); err != nil {
				return nil, err
			}
			return func(ctx context.Context) error { _, err := shell(ctx, c.Mend, ""); return err }, nil
		}
	}
	if c.Restart != "" {
		o.Restart = func(ctx context.Context) error { _, err := shell(ctx, c.Restart, ""); return err }
	}
	return o
}

// drawn draws codes by a shell command.
func drawn(command string) func(context.Context, scenario.Role) (string, error) {
	return func(ctx context.Context, r scenario.Role) (string, error) {
		code, err := shell(ctx, command, string(r))
		if err == nil && code == "" {
			err = scenario.ErrNoCode
		}
		return code, err
	}
}

// shell runs a command and returns what it printed, without white space around.
func shell(ctx context.Context, command, role string) (string, error) {
	cmd := exec.CommandContext(ctx, "sh", "-c", command)
	cmd.Env = append(os.Environ(), "ROLE="+role)
	out, err := cmd.Output()
	if exit := new(exec.ExitError); errors.As(err, &exit) {
		return "", fmt.Errorf("%.80q: %w: %.200s", command, err, strings.TrimSpace(string(exit.Stderr)))
	}
	if err != nil {
		return "", fmt.Errorf("%.80q: %w", command, err)
	}
	return strings.TrimSpace(string(out)), nil
}
