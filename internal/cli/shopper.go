package cli

import (
	"fmt"
	"time"

	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/internal/shopper"
)

type shopperCmd struct {
	List    shopperListCmd   `cmd:"" default:"withargs" help:"List shoppers."`
	Put     shopperPutCmd    `cmd:"" help:"Register a shopper or replace what is known."`
	Block   shopperSetCmd    `cmd:"" help:"Refuse a shopper at every gate."`
	Unblock shopperUnsetCmd  `cmd:"" help:"Let a blocked shopper in again."`
	Flag    shopperFlagCmd   `cmd:"" help:"Mark a shopper as fraudulent."`
	Unflag  shopperUnflagCmd `cmd:"" help:"Take the fraud mark back."`
	History shopperHistory   `cmd:"" help:"Who changed a shopper's standing, when and why."`
}

type shopperListCmd struct {
	configFlag
	After string `placeholder:"ID" help:"Begin behind this one."`
	Limit int    `default:"100" help:"At most so many."`
	JSON  bool   `name:"json" help:"As JSON."`
}

func (c *shopperListCmd) Run(s *streams) error {
	a, err := c.open(s)
	if err != nil {
		return err
	}
	defer a.Close()
	list, err := a.Shoppers.List(s.ctx, shopper.Filter{After: c.After, Limit: c.Limit})
	if err != nil || c.JSON {
		return orJSON(s, list, err)
	}
	rows := [][]string{}
	for _, p := range list {
		rows = append(rows, []string{p.ID, p.Kind, p.Status, yes(p.Fraud), yes(p.PaymentMethod), stamp(p.CardExpires), p.Name})
	}
	s.table([]string{"Shopper", "Kind", "Status", "Fraud", "Can pay", "Card expires", "Name"}, rows)
	return nil
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

type shopperPutCmd struct {
	configFlag
	ID          string `arg:"" help:"The retailer's id of the shopper."`
	Kind        string `enum:"SHOPPER,ASSOCIATE,CASH_SHOPPER" default:"SHOPPER" help:"SHOPPER, ASSOCIATE or CASH_SHOPPER."`
	Name        string `help:"Shown on receipts."`
	Email       string `help:"Where receipts go."`
	NoPayment   bool   `help:"The shopper has no payment method yet."`
	CardExpires string `placeholder:"YYYY-MM" help:"Last month in which the card can be charged."`
}

func (c *shopperPutCmd) Run(s *streams) error {
	p := shopper.Shopper{ID: c.ID, Kind: c.Kind, Name: c.Name, Email: c.Email, PaymentMethod: !c.NoPayment && c.Kind != "CASH_SHOPPER"}
	if c.CardExpires != "" {
		month, err := time.Parse("2006-01", c.CardExpires)
		if err != nil {
			return fault.New(fault.Invalid, "--card-expires %s: not a month such as 2029-08", c.CardExpires)
		}
		p.CardExpires = month.AddDate(0, 1, 0) // good until the month is over
	}
	a, err := c.open(s)
	if err != nil {
		return err
	}
	defer a.Close()
	if err := a.Shoppers.Put(s.ctx, p); err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "Shopper %s is registered.\n", c.ID)
	return err
}

// standing is a change of a shopper's standing by a person.
type standing struct {
	configFlag
	operator
	ID string `arg:"" help:"The shopper."`
}

func (c *standing) act(s *streams, what string, do func(*shopper.Shoppers, shopper.Act) error) error {
	a, err := c.open(s)
	if err != nil {
		return err
	}
	defer a.Close()
	if err := do(a.Shoppers, shopper.Act{ShopperID: c.ID, Operator: c.name(), Reason: c.Reason}); err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "Shopper %s is %s.\n", c.ID, what)
	return err
}

type shopperSetCmd struct{ standing }

func (c *shopperSetCmd) Run(s *streams) error {
	return c.act(s, "blocked", func(p *shopper.Shoppers, a shopper.Act) error { return p.SetStatus(s.ctx, a, shopper.Blocked) })
}

type shopperUnsetCmd struct{ standing }

func (c *shopperUnsetCmd) Run(s *streams) error {
	return c.act(s, "active", func(p *shopper.Shoppers, a shopper.Act) error { return p.SetStatus(s.ctx, a, shopper.Active) })
}

type shopperFlagCmd struct{ standing }

func (c *shopperFlagCmd) Run(s *streams) error {
	return c.act(s, "flagged", func(p *shopper.Shoppers, a shopper.Act) error { return p.SetFraud(s.ctx, a, true) })
}

type shopperUnflagCmd struct{ standing }

func (c *shopperUnflagCmd) Run(s *streams) error {
	return c.act(s, "no longer flagged", func(p *shopper.Shoppers, a shopper.Act) error { return p.SetFraud(s.ctx, a, false) })
}

type shopperHistory struct {
	configFlag
	ID   string `arg:"" help:"The shopper."`
	JSON bool   `name:"json" help:"As JSON."`
}

func (c *shopperHistory) Run(s *streams) error {
	a, err := c.open(s)
	if err != nil {
		return err
	}
	defer a.Close()
	list, err := a.Shoppers.History(s.ctx, a.DB.Reader(), c.ID)
	if err != nil || c.JSON {
		return orJSON(s, list, err)
	}
	rows := [][]string{}
	for _, h := range list {
		rows = append(rows, []string{stamp(h.At), h.Operator, h.What, h.Was, h.Became, h.Reason})
	}
	s.table([]string{"At", "By", "What", "Was", "Became", "Why"}, rows)
	return nil
}
