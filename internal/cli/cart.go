package cli

import (
	"fmt"
	"os/user"
	"strconv"
	"strings"
	"time"

	"github.com/strollhq/stroll/internal/cart"
	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/money"
)

type cartCmd struct {
	List    cartListCmd    `cmd:"" default:"withargs" help:"List carts, the newest first."`
	Show    cartShowCmd    `cmd:"" help:"Show one cart with its lines and price."`
	Bad     cartBadCmd     `cmd:"" help:"List the carts that wait for a person, with suggestions."`
	Resolve cartResolveCmd `cmd:"" help:"Resolve a bad cart: map, price or drop its lines; it is priced again and charged."`
}

type cartListCmd struct {
	configFlag
	limit
	Store string `placeholder:"ID" help:"Only this store."`
	State string `placeholder:"STATE" help:"Only this state: EMPTY, PRICED, UNPRICED, BAD or REVIEW."`
	JSON  bool   `name:"json" help:"As JSON."`
}

// mostCarts is how many carts are listed at once.
const mostCarts = 1000

func (c *cartListCmd) Run(s *streams) (err error) {
	if c.State, err = choice("state", c.State, cart.Empty, cart.Priced, cart.Unpriced, cart.Bad, cart.InReview); err != nil {
		return err
	}
	if err := c.check(mostCarts); err != nil {
		return err
	}
	a, err := c.open(s)
	if err != nil {
		return err
	}
	defer a.Close()
	list, err := a.Carts.List(s.ctx, cart.Filter{StoreID: c.Store, State: c.State, Limit: c.Limit})
	if err != nil || c.JSON {
		return orJSON(s, list, err)
	}
	rows := [][]string{}
	for _, p := range list {
		rows = append(rows, []string{stamp(p.Received), p.TripID, p.StoreID, p.State, p.Kind, p.Entry, amount(p.Total)})
	}
	s.list([]string{"Received", "Trip", "Store", "State", "Who", "Entry", "Total "}, rows, "No such cart.")
	c.note(s, len(list))
	return nil
}

type cartShowCmd struct {
	configFlag
	Trip string `arg:"" help:"Trip id."`
	JSON bool   `name:"json" help:"As JSON."`
}

func (c *cartShowCmd) Run(s *streams) error {
	a, err := c.open(s)
	if err != nil {
		return err
	}
	defer a.Close()
	p, err := a.Carts.Get(s.ctx, a.DB.Reader(), c.Trip)
	if err != nil || c.JSON {
		return orJSON(s, p, err)
	}
	fmt.Fprintf(s.out, "Trip %s in store %s\n%s, %s by %s, left %s, cart received %s\n",
		p.TripID, p.StoreID, p.State, p.Kind, p.Entry, stamp(p.Ended), stamp(p.Received))
	for _, f := range [][2]string{{"Purchase", p.PurchaseID}, {"Flags", strings.Join(p.Flags, ", ")}, {"Because", p.Reason}} {
		if f[1] != "" {
			fmt.Fprintf(s.out, "%s: %s\n", f[0], f[1])
		}
	}
	if len(p.Lines) == 0 {
		fmt.Fprintln(s.out, "Nothing was taken.")
		return nil
	}
	fmt.Fprintln(s.out)
	s.table([]string{"Line ", "Item", "Quantity ", "Unit", "Trouble"}, lines(p))
	if p.Result == nil {
		return nil
	}
	fmt.Fprintln(s.out)
	cur := p.Total.Currency
	rows := [][]string{}
	for _, l := range p.Result.Lines {
		rows = append(rows, []string{strconv.Itoa(l.No), l.Name, amount(money.New(l.Price, cur)), amount(money.New(-l.Promo, cur)),
			amount(money.New(l.Fee+l.FeeTax, cur)), amount(money.New(l.Tax, cur)), amount(money.New(l.Total, cur))})
	}
	s.table([]string{"Line ", "Name", "Price ", "Promotions ", "Fees ", "Tax ", "Total "}, rows)
	fmt.Fprintf(s.out, "\nTotal %s by price list %s\n", p.Total, p.Version)
	if len(p.Result.Explain) > 0 {
		fmt.Fprintln(s.out, "Promotions:")
	}
	for _, e := range p.Result.Explain {
		fmt.Fprintf(s.out, "  %s: %s\n", e.Promotion, e.Why)
	}
	return nil
}

func lines(p cart.Purchase) [][]string {
	rows := [][]string{}
	for _, l := range p.Lines {
		trouble := l.Trouble
		if l.Dropped {
			trouble = "dropped by an operator"
		}
		for _, g := range l.Suggestions {
			trouble += fmt.Sprintf("; perhaps %s (%s): %s", g.SKU, g.Name, g.Why)
		}
		item := l.ID
		if l.SKU != "" && l.SKU != l.ID {
			item += " → " + l.SKU
		}
		rows = append(rows, []string{strconv.Itoa(l.No), item, l.Quantity, l.Unit, trouble})
	}
	return rows
}

type cartBadCmd struct {
	configFlag
	Store string `placeholder:"ID" help:"Only this store."`
	JSON  bool   `name:"json" help:"As JSON."`
}

func (c *cartBadCmd) Run(s *streams) error {
	a, err := c.open(s)
	if err != nil {
		return err
	}
	defer a.Close()
	list, err := a.Carts.Bad(s.ctx, c.Store)
	if err != nil || c.JSON {
		return orJSON(s, list, err)
	}
	if len(list) == 0 {
		fmt.Fprintln(s.out, "No cart waits for a person.")
	}
	for i, b := range list {
		if i > 0 {
			fmt.Fprintln(s.out)
		}
		fmt.Fprintf(s.out, "Trip %s, store %s, %s, waiting for %s\n", b.TripID, b.StoreID, b.State, b.Age.Truncate(time.Second))
		s.table([]string{"Line ", "Item", "Quantity ", "Unit", "Trouble"}, lines(b.Purchase))
		fmt.Fprintf(s.out, "Resolve with: stroll cart resolve %s --reason … --map LINE=SKU | --price LINE=2.50 | --drop LINE\n", b.TripID)
	}
	return nil
}

type cartResolveCmd struct {
	configFlag
	operator
	Trip  string            `arg:"" help:"Trip id."`
	Map   map[string]string `placeholder:"LINE=SKU" help:"The line is this item. May be repeated."`
	Price map[string]string `placeholder:"LINE=PRICE" help:"The line costs this per unit. May be repeated."`
	Drop  []int             `placeholder:"LINE" help:"The line is not charged. May be repeated."`
}

// Help is what --help adds.
func (*cartResolveCmd) Help() string {
	return "Example: stroll cart resolve TRIP --map 2=SNK-001 --drop 3 --reason 'old label on the shelf'. " +
		"Every line in trouble needs one of --map, --price and --drop; stroll cart bad lists them with suggestions. " +
		"With none of them the items are looked up again, which is enough once the price list is repaired."
}

func (c *cartResolveCmd) Run(s *streams) error {
	fixes := map[int]*cart.Fix{}
	fix := func(line string) (*cart.Fix, error) {
		n, err := strconv.Atoi(line)
		if err != nil || n < 1 {
			return nil, fault.New(fault.Invalid, "%q is not a line number", line)
		}
		if fixes[n] == nil {
			fixes[n] = &cart.Fix{No: n}
		}
		return fixes[n], nil
	}
	for line, sku := range c.Map {
		f, err := fix(line)
		if err != nil {
			return err
		}
		f.SKU = sku
	}
	for line, p := range c.Price {
		f, err := fix(line)
		if err != nil {
			return err
		}
		f.UnitPrice = p
	}
	for _, line := range c.Drop {
		f, err := fix(strconv.Itoa(line))
		if err != nil {
			return err
		}
		f.Drop = true
	}
	r := cart.Resolution{TripID: c.Trip, Operator: c.name(), Reason: c.Reason}
	for _, f := range fixes {
		r.Fixes = append(r.Fixes, *f)
	}
	a, err := c.open(s)
	if err != nil {
		return err
	}
	defer a.Close()
	was, err := a.Carts.Get(s.ctx, a.DB.Reader(), c.Trip)
	if err != nil {
		return err
	}
	if err := a.Carts.Resolve(s.ctx, r); err != nil {
		return err
	}
	p, err := a.Carts.Get(s.ctx, a.DB.Reader(), c.Trip)
	if err != nil {
		return err
	}
	done := "resolved"
	if was.State != cart.Bad && was.State != cart.InReview {
		done = "resolved before, nothing was changed"
	}
	_, err = fmt.Fprintf(s.out, "Trip %s: %s; %s, total %s\n", p.TripID, done, p.State, amount(p.Total))
	return err
}

// operator is who does something that is written down, and why.
type operator struct {
	Operator string `placeholder:"NAME" help:"Who decides (default: the login name)."`
	Reason   string `required:"" placeholder:"TEXT" help:"Why; kept with the decision."`
}

func (o operator) name() string {
	if o.Operator != "" {
		return o.Operator
	}
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return ""
}
