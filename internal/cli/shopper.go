package cli

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/internal/shopper"
)

type shopperCmd struct {
	List    shopperListCmd   `cmd:"" default:"withargs" help:"List shoppers."`
	Put     shopperPutCmd    `cmd:"" help:"Register a shopper, or change what is given and keep the rest."`
	Block   shopperSetCmd    `cmd:"" help:"Refuse a shopper at every gate."`
	Unblock shopperUnsetCmd  `cmd:"" help:"Let a blocked shopper in again."`
	Flag    shopperFlagCmd   `cmd:"" help:"Mark a shopper as fraudulent."`
	Unflag  shopperUnflagCmd `cmd:"" help:"Take the fraud mark back."`
	History shopperHistory   `cmd:"" help:"Who changed a shopper's standing, when and why."`
	Revoke  shopperRevokeCmd `cmd:"" help:"Take back all scan codes of a shopper, for a lost telephone."`
}

type shopperListCmd struct {
	configFlag
	limit
	After   string `placeholder:"ID" help:"Begin behind this one."`
	Blocked bool   `help:"Only blocked ones."`
	Flagged bool   `help:"Only those marked as fraudulent."`
	JSON    bool   `name:"json" help:"As JSON."`
}

func (c *shopperListCmd) Run(s *streams) error {
	if err := c.check(longest); err != nil {
		return err
	}
	f := shopper.Filter{After: c.After, Limit: c.Limit, Fraud: c.Flagged}
	if c.Blocked {
		f.Status = shopper.Blocked
	}
	a, err := c.open(s)
	if err != nil {
		return err
	}
	defer a.Close()
	list, err := a.Shoppers.List(s.ctx, f)
	if err != nil || c.JSON {
		return orJSON(s, list, err)
	}
	rows := [][]string{}
	for _, p := range list {
		last := "–"
		if !p.CardExpires.IsZero() { // the first moment at which it is no good any more
			last = p.CardExpires.UTC().Add(-time.Nanosecond).Format("2006-01")
		}
		rows = append(rows, []string{p.ID, p.Kind, p.Status, yes(p.Fraud), yes(p.PaymentMethod), last, p.Name})
	}
	s.list([]string{"Shopper", "Kind", "Status", "Fraud", "Can pay", "Card until", "Name"}, rows, "No such shopper.")
	c.note(s, len(list))
	return nil
}

type shopperPutCmd struct {
	configFlag
	ID          string  `arg:"" help:"The retailer's id of the shopper."`
	Kind        *string `placeholder:"KIND" help:"SHOPPER (default), ASSOCIATE or CASH_SHOPPER."`
	Name        *string `help:"Shown on receipts."`
	Email       *string `help:"Where receipts go."`
	Payment     *bool   `negatable:"" help:"The shopper has a payment method (default), or not."`
	CardExpires *string `placeholder:"YYYY-MM" help:"Last month in which the card can be charged."`
}

// Help is what --help adds.
func (*shopperPutCmd) Help() string {
	return "Whether a shopper is blocked or flagged is not changed here but by block, unblock, flag and unflag, with a reason."
}

func (c *shopperPutCmd) Run(s *streams) error {
	var expires time.Time
	if c.CardExpires != nil {
		month, err := time.Parse("2006-01", *c.CardExpires)
		if err != nil {
			return fault.New(fault.Invalid, "--card-expires %q: not a month such as 2029-08", *c.CardExpires)
		}
		expires = month.AddDate(0, 1, 0) // good until the month is over
	}
	a, err := c.openOrMake(s)
	if err != nil {
		return err
	}
	defer a.Close()
	p, err := a.Shoppers.Get(s.ctx, a.DB.Reader(), c.ID)
	known := err == nil
	switch {
	case errors.Is(err, fault.NotFound):
		cash := c.Kind != nil && strings.EqualFold(*c.Kind, "CASH_SHOPPER")
		p = shopper.Shopper{ID: c.ID, PaymentMethod: !cash}
	case err != nil:
		return err
	}
	for into, given := range map[*string]*string{&p.Kind: c.Kind, &p.Name: c.Name, &p.Email: c.Email} {
		if given != nil {
			*into = *given
		}
	}
	p.Kind = strings.ToUpper(p.Kind)
	if c.Payment != nil {
		p.PaymentMethod = *c.Payment
	}
	if c.CardExpires != nil {
		p.CardExpires = expires
	}
	if err := a.Shoppers.Put(s.ctx, p); err != nil {
		return err
	}
	done := "registered"
	if known {
		done = "changed"
	}
	_, err = fmt.Fprintf(s.out, "Shopper %s is %s.\n", c.ID, done)
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
	if _, err := a.Shoppers.Get(s.ctx, a.DB.Reader(), c.ID); err != nil {
		return err
	}
	list, err := a.Shoppers.History(s.ctx, a.DB.Reader(), c.ID)
	if err != nil || c.JSON {
		return orJSON(s, list, err)
	}
	rows := [][]string{}
	for _, h := range list {
		rows = append(rows, []string{stamp(h.At), h.Operator, h.What, h.Was, h.Became, h.Reason})
	}
	s.list([]string{"At", "By", "What", "Was", "Became", "Why"}, rows, "Nothing was changed.")
	return nil
}
