package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/strollhq/stroll/internal/app"
	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/internal/gate"
	"github.com/strollhq/stroll/internal/qrcode"
)

type codeCmd struct {
	configFlag
	Shopper string `required:"" placeholder:"ID" help:"The shopper who wants to enter."`
	Store   string `placeholder:"ID" help:"The store (default: the only one configured)."`
	Out     string `short:"o" placeholder:"FILE" help:"Write a .png or .svg file instead of drawing in the terminal."`
	Text    bool   `help:"Print the code's text only."`
}

// Help is what --help adds.
func (*codeCmd) Help() string {
	return "A code is good for a minute or so: show it at the gate at once. The checks of the gate come first, so a shopper who would be refused gets no code."
}

func (c *codeCmd) Run(s *streams) error {
	ext := strings.ToLower(filepath.Ext(c.Out))
	switch {
	case c.Out != "" && c.Text:
		return fault.New(fault.Invalid, "--text prints the code and --out draws it: choose one")
	case c.Out != "" && ext != ".png" && ext != ".svg":
		return fault.New(fault.Invalid, "--out %s: name a .png or .svg file", c.Out)
	}
	a, err := c.open(s)
	if err != nil {
		return err
	}
	defer a.Close()
	if c.Store, err = onlyStore(a, c.Store); err != nil {
		return err
	}
	code, err := a.Gate.IssueCode(s.ctx, c.Store, c.Shopper)
	if err != nil {
		return c.refused(err)
	}
	if c.Text {
		_, err = fmt.Fprintln(s.out, code.Text)
		return err
	}
	until := code.ExpiresAt.Local().Format("15:04:05")
	if c.Out == "" {
		drawing, err := qrcode.Terminal(code.Text)
		if err != nil {
			return err
		}
		if !terminal(s.out) {
			drawing = colour.ReplaceAllString(drawing, "")
		}
		_, err = fmt.Fprintf(s.out, "%s\nStore %s, good until %s. Show it at the gate.\n", drawing, c.Store, until)
		return err
	}
	draw := qrcode.SVG
	if ext == ".png" {
		draw = func(text string) ([]byte, error) { return qrcode.PNG(text, 8) }
	}
	picture, err := draw(code.Text)
	if err != nil {
		return err
	}
	if err := os.WriteFile(c.Out, picture, 0o600); err != nil {
		return fmt.Errorf("write code: %w", err)
	}
	fmt.Fprintf(s.err, "%s: store %s, good until %s\n", c.Out, c.Store, until)
	return nil
}

// onlyStore is the store asked for, or the only one there is.
func onlyStore(a *app.App, id string) (string, error) {
	var ids []string
	for _, store := range a.Config().Stores {
		if store.ID == id {
			return id, nil
		}
		ids = append(ids, store.ID)
	}
	switch {
	case id != "":
		return "", fault.New(fault.Invalid, "--store %q: not configured; there is %s", id, strings.Join(ids, ", "))
	case len(ids) > 1:
		return "", fault.New(fault.Invalid, "say which store with --store: %s", strings.Join(ids, ", "))
	}
	return ids[0], nil
}

// remedies say what a person at a terminal can do about a code that was not
// issued. The gate's own words are for shoppers.
var remedies = map[string]string{
	gate.Debt:            "the shopper owes from an earlier trip: stroll pay debts",
	gate.NoPaymentMethod: "there is no payment method: stroll shopper put %s --payment",
	gate.CardExpired:     "the card has expired: stroll shopper put %s --card-expires YYYY-MM",
	gate.Fraud:           "the shopper is flagged: stroll shopper unflag %s --reason …, or gate.flag in the configuration",
	gate.ShopperBlocked:  "the account is blocked: stroll shopper unblock %s --reason …",
	gate.BlockListed:     "the shopper is on the list gate.block of the configuration",
}

// refused says why there is no code, and what to put right.
func (c *codeCmd) refused(err error) error {
	var check *gate.PreCheck
	switch {
	case errors.As(err, &check):
		var b strings.Builder
		for _, f := range check.Fixes {
			remedy := remedies[f.Problem]
			if remedy == "" {
				remedy = f.Text
			}
			fmt.Fprintf(&b, "\n  %s: %s", f.Problem, strings.ReplaceAll(remedy, "%s", c.Shopper))
		}
		return fault.New(fault.Conflict, "no code for shopper %s in store %s until this is put right:%s", c.Shopper, c.Store, b.String())
	case errors.Is(err, fault.NotFound):
		return fmt.Errorf("%w\nRegister the shopper first: stroll shopper put %s", err, c.Shopper)
	}
	return err
}
