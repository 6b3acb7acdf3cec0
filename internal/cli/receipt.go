package cli

import (
	"fmt"
	"strings"

	"github.com/strollhq/stroll/internal/app"
	"github.com/strollhq/stroll/internal/receipt"
)

type receiptCmd struct {
	List receiptListCmd `cmd:"" default:"withargs" help:"List the newest receipts with their addresses."`
	Show receiptShowCmd `cmd:"" help:"Show a trip's receipt."`
}

type receiptListCmd struct {
	configFlag
	limit
	JSON bool `name:"json" help:"As JSON."`
}

func (c *receiptListCmd) Run(s *streams) error {
	if err := c.check(longest); err != nil {
		return err
	}
	a, err := c.open(s)
	if err != nil {
		return err
	}
	defer a.Close()
	list, err := a.Receipts.List(s.ctx, c.Limit)
	if err != nil || c.JSON {
		return orJSON(s, list, err)
	}
	rows := [][]string{}
	for _, r := range list {
		after := "–"
		if !r.Issued.IsZero() {
			after = brief(r.Issued.Sub(r.Received))
		}
		rows = append(rows, []string{stamp(r.Received), r.TripID, r.State, amount(r.Content.Captured), after, address(a, r)})
	}
	s.list([]string{"Cart received", "Trip", "State", "Paid ", "After ", "Address"}, rows, "No receipt yet.")
	c.note(s, len(list))
	return nil
}

// address is where a shopper finds a receipt.
func address(a *app.App, r receipt.Receipt) string {
	base := a.Config().PublicURL
	if base == "" {
		base = "http://" + a.Config().Listen.Portal
	}
	return base + "/r/" + r.Token
}

type receiptShowCmd struct {
	configFlag
	Trip string `arg:"" help:"Trip id."`
	JSON bool   `name:"json" help:"As JSON."`
}

func (c *receiptShowCmd) Run(s *streams) error {
	a, err := c.open(s)
	if err != nil {
		return err
	}
	defer a.Close()
	r, err := a.Receipts.ByTrip(s.ctx, c.Trip)
	if err != nil {
		return fmt.Errorf("receipt of trip %s: %w", c.Trip, err)
	}
	if c.JSON {
		return s.json(r)
	}
	_, err = fmt.Fprintf(s.out, "%s\n%s\n", paper(r.View()), address(a, r))
	return err
}

// paper lays a receipt out as a till prints it.
func paper(v receipt.View) string {
	rows := [][2]string{}
	add := func(list ...receipt.Row) {
		for _, r := range list {
			if r.Mark != "" {
				r.Label += " " + r.Mark
			}
			rows = append(rows, [2]string{clean(r.Label), clean(r.Text)})
		}
	}
	rule := func() { rows = append(rows, [2]string{"─", ""}) }
	for _, l := range v.Lines {
		add(receipt.Row{Label: l.Name, Text: strings.TrimSpace(l.Amount + " " + l.Marks)})
		if l.Detail != "" {
			add(receipt.Row{Label: "  " + l.Detail})
		}
		for _, n := range l.Notes {
			n.Label = "  " + n.Label
			add(n)
		}
	}
	rule()
	add(v.Sums...)
	add(receipt.Row{Label: "Total", Text: v.Total})
	if len(v.Taxes) > 0 {
		add(receipt.Row{Label: "Contained in it"})
		add(v.Taxes...)
	}
	rule()
	add(v.Paid...)
	if v.Due != nil {
		add(*v.Due)
	}
	left, right := 0, 0
	for _, r := range rows {
		left, right = max(left, width(r[0])), max(right, width(r[1]))
	}
	var b strings.Builder
	for _, text := range append([]string{v.Store.Name}, append(v.Store.Address, v.Day, v.Hours, v.Items)...) {
		fmt.Fprintln(&b, clean(text))
	}
	if v.Pending {
		fmt.Fprintln(&b, "\nNot issued yet.")
	}
	fmt.Fprintln(&b)
	for _, r := range rows {
		if r[0] == "─" {
			fmt.Fprintln(&b, strings.Repeat("─", left+2+right))
			continue
		}
		gap := left + 2 + right - width(r[0]) - width(r[1])
		fmt.Fprintln(&b, strings.TrimRight(r[0]+strings.Repeat(" ", gap)+r[1], " "))
	}
	fmt.Fprintln(&b)
	for _, r := range append(v.Card, v.Facts...) { // long ids, which no column need follow
		fmt.Fprintf(&b, "%s: %s\n", clean(r.Label), clean(r.Text))
	}
	return b.String()
}
