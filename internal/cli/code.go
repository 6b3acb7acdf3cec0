package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/internal/qrcode"
)

type codeCmd struct {
	configFlag
	Shopper string `required:"" placeholder:"ID" help:"The shopper who wants to enter."`
	Store   string `placeholder:"ID" help:"The store (default: the only one configured)."`
	Out     string `short:"o" placeholder:"FILE" help:"Write a .png or .svg file instead of drawing in the terminal."`
	Text    bool   `help:"Print the code's text only."`
}

func (c *codeCmd) Run(s *streams) error {
	a, err := c.open(s)
	if err != nil {
		return err
	}
	defer a.Close()
	if c.Store == "" {
		if stores := a.Config().Stores; len(stores) == 1 {
			c.Store = stores[0].ID
		} else {
			return fault.New(fault.Invalid, "%d stores are configured: say which with --store", len(stores))
		}
	}
	code, err := a.Gate.IssueCode(s.ctx, c.Store, c.Shopper)
	if err != nil {
		return fmt.Errorf("scan code for shopper %s: %w", c.Shopper, err)
	}
	if c.Text {
		_, err = fmt.Fprintln(s.out, code.Text)
		return err
	}
	var picture []byte
	switch ext := strings.ToLower(filepath.Ext(c.Out)); ext {
	case "":
		if c.Out != "" {
			return fault.New(fault.Invalid, "--out %s: name a .png or .svg file", c.Out)
		}
		drawing, err := qrcode.Terminal(code.Text)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(s.out, "%s\nStore %s, good until %s. Show it at the gate.\n",
			drawing, c.Store, code.ExpiresAt.Local().Format("15:04:05"))
		return err
	case ".png":
		picture, err = qrcode.PNG(code.Text, 8)
	case ".svg":
		picture, err = qrcode.SVG(code.Text)
	default:
		return fault.New(fault.Invalid, "--out %s: %s is neither .png nor .svg", c.Out, ext)
	}
	if err != nil {
		return err
	}
	if err := os.WriteFile(c.Out, picture, 0o600); err != nil {
		return fmt.Errorf("write code: %w", err)
	}
	fmt.Fprintf(s.err, "%s: good until %s\n", c.Out, code.ExpiresAt.Local().Format("15:04:05"))
	return nil
}
