package cli

import (
	"fmt"
	"time"
)

type receiptCmd struct {
	List receiptListCmd `cmd:"" default:"withargs" help:"List the newest receipts with their addresses."`
	Show receiptShowCmd `cmd:"" help:"Show a trip's receipt as JSON."`
}

type receiptListCmd struct {
	configFlag
	Limit int  `default:"50" help:"At most so many."`
	JSON  bool `name:"json" help:"As JSON."`
}

func (c *receiptListCmd) Run(s *streams) error {
	a, err := c.open(s)
	if err != nil {
		return err
	}
	defer a.Close()
	list, err := a.Receipts.List(s.ctx, c.Limit)
	if err != nil || c.JSON {
		return orJSON(s, list, err)
	}
	base := a.Config().PublicURL
	if base == "" {
		base = "http://" + a.Config().Listen.Portal
	}
	rows := [][]string{}
	for _, r := range list {
		after := "–"
		if !r.Issued.IsZero() {
			after = r.Issued.Sub(r.Received).Truncate(time.Millisecond).String()
		}
		rows = append(rows, []string{stamp(r.Received), r.TripID, r.State, amount(r.Content.Captured), after, base + "/r/" + r.Token})
	}
	s.table([]string{"Cart received", "Trip", "State", "Paid ", "After ", "Address"}, rows)
	return nil
}

type receiptShowCmd struct {
	configFlag
	Trip string `arg:"" help:"Trip id."`
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
	return s.json(r)
}
