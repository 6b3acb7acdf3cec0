package cart

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/strollhq/stroll/internal/pay"
	"github.com/strollhq/stroll/internal/price"
	"github.com/strollhq/stroll/jwo"
	"github.com/strollhq/stroll/money"
)

// Troubles of a line.
const (
	UnknownItem = "nothing on the price list has this id"
)

// shelf is a price list and its version; a nil book means that it was not to
// be had.
type shelf struct {
	book    *price.Book
	version string
}

// match finds the item of each line that has none yet. A line that fits
// nothing gets its trouble and suggestions. Lines an operator has dropped or
// mapped stay as they are.
func match(lines []Line, book *price.Book) {
	for i := range lines {
		l := &lines[i]
		if l.Dropped || l.SKU != "" {
			continue
		}
		ref := price.Ref{ID: l.ID, Type: l.Type, External: l.External}
		if item, ok := book.Find(ref); ok {
			l.SKU, l.Trouble, l.Suggestions = item.SKU, "", nil
			continue
		}
		l.Trouble, l.Suggestions = UnknownItem, book.Suggest(ref)
	}
}

// pricing is the price of a cart's good lines: nil when none is good. Lines
// whose unit or quantity does not fit their item get their trouble here. base
// is the cart without its lines.
func pricing(lines []Line, book *price.Book, base price.Cart) (*price.Result, error) {
	for i := range lines {
		if lines[i].SKU != "" {
			lines[i].Trouble = ""
		}
	}
	// A second round prices what the first found no fault with; a third would
	// mean that the price list contradicts itself.
	for range 2 {
		c := base
		for _, l := range lines {
			if l.Dropped || l.Trouble != "" {
				continue
			}
			line, err := cartLine(l)
			if err != nil {
				return nil, err
			}
			c.Lines = append(c.Lines, line)
		}
		if len(c.Lines) == 0 {
			return nil, nil
		}
		result, err := book.Price(c)
		var bad price.BadLines
		if !errors.As(err, &bad) {
			return result, err
		}
		for _, fault := range bad {
			i := slices.IndexFunc(lines, func(l Line) bool { return l.No == fault.No })
			if i < 0 {
				return nil, err
			}
			lines[i].Trouble = fault.Reason
		}
	}
	return nil, errors.New("lines without a fault have no price")
}

func cartLine(l Line) (price.CartLine, error) {
	quantity, err := money.ParseDecimal(l.Quantity)
	if err != nil {
		return price.CartLine{}, fmt.Errorf("line %d: %w", l.No, err)
	}
	line := price.CartLine{No: l.No, SKU: l.SKU, Quantity: quantity, Unit: l.Unit}
	if l.Override != "" {
		unit, err := money.ParseDecimal(l.Override)
		if err != nil {
			return price.CartLine{}, fmt.Errorf("line %d: %w", l.No, err)
		}
		line.Override = &unit
	}
	return line, nil
}

func troubled(lines []Line) bool {
	for _, l := range lines {
		if l.Trouble != "" && !l.Dropped {
			return true
		}
	}
	return false
}

// value prices p from a price list and the shopper's earlier uses, and sets
// its lines, state and total. It reports what the payment has to do. Nothing
// is stored. It gives the same answer when called again with the same p, so a
// transaction may run twice.
func (p *Purchase) value(s Settings, from shelf, uses map[string]price.Usage, now time.Time) (pay.Act, error) {
	p.Result, p.Version, p.Total, p.PricedAt = nil, "", money.Amount{}, time.Time{}
	switch {
	case len(p.Lines) == 0:
		p.State = Empty
	case from.book == nil:
		p.State = Unpriced
		for i := range p.Lines {
			p.Lines[i].SKU, p.Lines[i].Trouble = "", ""
		}
	default:
		match(p.Lines, from.book)
		result, err := pricing(p.Lines, from.book, price.Cart{At: p.PriceAt, Loyalty: p.member(s), Shopper: p.shopper, Kind: p.Kind, Entry: p.Entry, Used: uses})
		if err != nil {
			return "", fmt.Errorf("price trip %s: %w", p.TripID, err)
		}
		bad := troubled(p.Lines)
		p.State = Priced
		if bad {
			p.State = Bad
		}
		if bad && s.BadCart.Mode == HoldAll {
			result = nil
		}
		if result != nil {
			p.Result, p.Version = result, from.version
			p.Total = money.New(result.Total, result.Currency)
			p.PricedAt = now
		} else if !bad {
			// Every line was dropped: the cart costs nothing.
			p.Total = money.New(0, from.book.Currency())
			p.PricedAt = now
		}
	}
	act, reason := p.act(s)
	p.Reason = reason
	if act == pay.Hold && p.State == Priced {
		p.State = InReview
	}
	return act, nil
}

// Reasons of an opening beside those of package pay.
const (
	notPriced    = "not_priced"
	noPayer      = "no_payer"
	noAuthEvents = "no_auth_events"
	changedCart  = "changed_cart"
)

// act is what the payment has to do with a purchase as it stands, and why.
func (p *Purchase) act(s Settings) (pay.Act, string) {
	known := p.Result != nil
	switch {
	case p.State == Empty:
		return pay.Release, pay.EmptyCart
	case p.State == Unpriced:
		return pay.Hold, notPriced
	case p.State == Bad && !(known && p.Total.Minor > 0):
		return pay.Hold, pay.BadCart
	case p.Total.IsZero():
		return pay.Release, pay.ZeroTotal
	case p.Kind == jwo.Associate && !s.ChargeAssociates:
		return pay.Release, pay.Associate
	case p.Kind == jwo.CashShopper:
		return pay.Release, pay.CashShopper
	case p.has(FlagNoPayer) && s.NoPayer == Hold:
		return pay.Hold, noPayer
	case p.has(FlagNoAuthEvents) && s.NoAuthEvents == Hold:
		return pay.Hold, noAuthEvents
	}
	return pay.Charge, ""
}
