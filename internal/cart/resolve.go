package cart

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/internal/price"
	"github.com/strollhq/stroll/jwo"
	"github.com/strollhq/stroll/money"
)

// Resolution is an operator's decision about a purchase in BAD or REVIEW.
type Resolution struct {
	TripID string
	// Operator and Reason are kept with the pricing they lead to. Both are
	// required.
	Operator, Reason string
	// Fixes change lines. None means: look the items up again, which is enough
	// once the price list is repaired, or charge a cart in review as it is.
	Fixes []Fix
}

// Fix changes one line.
type Fix struct {
	No int `json:"no"` // the line's number
	// SKU maps the line to an item of the price list.
	SKU string `json:"sku,omitempty"`
	// UnitPrice replaces the shelf price per piece or unit of measure, such
	// as "2.50". Tax, deposit and promotions stay those of the item; a line
	// that fits no item bears the store's default tax.
	UnitPrice string `json:"unit_price,omitempty"`
	// Drop takes the line off the cart: it is not charged.
	Drop bool `json:"drop,omitempty"`
}

// Resolve applies an operator's fixes, prices the whole cart again with the
// price list of the trip's end and hands the new total to the payment, in one
// transaction. A cart that still has trouble afterwards is fault.Invalid and
// unchanged, with every line named. A purchase that was resolved before is
// left alone and no error, so that two operators, or one with two clicks, do
// it once. One whose payment is not held any more is fault.Conflict, unless the
// fixes leave its total as it was charged. A trip in review for its second
// cart takes no fixes: it is charged as the first one said.
func (c *Carts) Resolve(ctx context.Context, r Resolution) error {
	if err := r.check(); err != nil {
		return err
	}
	p, err := head(ctx, c.cfg.DB.Reader(), r.TripID)
	if err != nil {
		return err
	}
	settings, ok := c.cfg.Settings(p.StoreID)
	if !ok {
		return fault.New(fault.Conflict, "resolve trip %s: store %s is not in the configuration", r.TripID, p.StoreID)
	}
	if p.State == InReview && p.Reason == changedCart {
		return c.confirm(ctx, p, r)
	}
	settings = settings.WithDefaults()
	book, version, err := c.cfg.Book(ctx, p.StoreID, p.PriceAt)
	if err != nil {
		return fault.New(fault.Unavailable, "resolve trip %s: %w", r.TripID, err)
	}
	err = c.cfg.DB.Tx(ctx, func(ctx context.Context, tx *db.Tx) error {
		p, err := head(ctx, tx, r.TripID)
		if err != nil {
			return err
		}
		if err := fill(ctx, tx, &p); err != nil {
			return err
		}
		if p.State != Bad && p.State != InReview {
			return c.resolvedBefore(ctx, tx, p)
		}
		return c.resolve(ctx, tx, &p, r, shelf{book, version}, settings)
	})
	if err != nil {
		return fmt.Errorf("resolve trip %s: %w", r.TripID, err)
	}
	return nil
}

func (r Resolution) check() error {
	var errs []string
	if strings.TrimSpace(r.Operator) == "" {
		errs = append(errs, "operator is missing")
	}
	if strings.TrimSpace(r.Reason) == "" {
		errs = append(errs, "reason is missing")
	}
	seen := map[int]bool{}
	for _, f := range r.Fixes {
		switch {
		case seen[f.No]:
			errs = append(errs, fmt.Sprintf("line %d is fixed twice", f.No))
		case f.Drop == (f.SKU != "" || f.UnitPrice != ""):
			errs = append(errs, fmt.Sprintf("line %d: either drop it, or give an item, a unit price or both", f.No))
		case f.UnitPrice != "":
			if d, err := money.ParseDecimal(f.UnitPrice); err != nil || d.Sign() < 0 {
				errs = append(errs, fmt.Sprintf("line %d: unit price %.40q is not an amount such as 2.50", f.No, f.UnitPrice))
			}
		}
		seen[f.No] = true
	}
	if len(errs) > 0 {
		return fault.New(fault.Invalid, "resolve trip %s: %s", r.TripID, strings.Join(errs, "; "))
	}
	return nil
}

// resolvedBefore is nil when an operator has resolved p, and a conflict when
// there never was anything to resolve.
func (c *Carts) resolvedBefore(ctx context.Context, q db.Querier, p Purchase) error {
	history, err := pricings(ctx, q, p.TripID)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(history, func(h Pricing) bool { return h.Operator != "" }) {
		return nil
	}
	return fault.New(fault.Conflict, "cart is %s, not %s or %s", p.State, Bad, InReview)
}

func (c *Carts) resolve(ctx context.Context, tx *db.Tx, p *Purchase, r Resolution, from shelf, s Settings) error {
	charged := p.Total // by charge_known
	before := p.counted()
	if err := applyFixes(p.Lines, r.Fixes, from.book); err != nil {
		return err
	}
	uses, err := used(ctx, tx, p.StoreID, p.shopper)
	if err != nil {
		return err
	}
	for id, u := range before {
		all := uses[id]
		uses[id] = price.Usage{Uses: all.Uses - u.Uses, Amount: all.Amount - u.Amount}
	}
	// An operator's word settles what the settings hold back for a person.
	s.NoPayer, s.NoAuthEvents = Charge, Charge
	act, err := p.value(s, from, uses, time.Now())
	if err != nil {
		return err
	}
	if troubled(p.Lines) {
		return fault.New(fault.Invalid, "%s", remaining(p.Lines))
	}
	if err := c.cfg.Pay.Reprice(ctx, tx, p.TripID, p.Total, act, p.Reason); err != nil {
		if !errors.Is(err, fault.Conflict) || charged != p.Total {
			return err
		}
		p.mark(FlagGivenUp)
	}
	return c.store(ctx, tx, p, r, before)
}

// store writes a purchase's new price beside the old ones.
func (c *Carts) store(ctx context.Context, tx *db.Tx, p *Purchase, by Resolution, before map[string]price.Usage) error {
	p.pricing++
	if p.Result == nil {
		p.Result = &price.Result{Currency: p.Total.Currency}
	}
	if err := p.encode(); err != nil {
		return err
	}
	if err := updateLines(ctx, tx, p); err != nil {
		return err
	}
	if err := insertPrice(ctx, tx, p, by); err != nil {
		return err
	}
	if err := count(ctx, tx, p, before, p.Result.Uses); err != nil {
		return err
	}
	if err := update(ctx, tx, p); err != nil {
		return err
	}
	took := p.PricedAt.Sub(p.Received)
	tx.AfterCommit(func() { c.watch.priced(p.StoreID, took) })
	return nil
}

func applyFixes(lines []Line, fixes []Fix, book *price.Book) error {
	for _, f := range fixes {
		i := slices.IndexFunc(lines, func(l Line) bool { return l.No == f.No })
		if i < 0 {
			return fault.New(fault.Invalid, "the cart has no line %d", f.No)
		}
		l := &lines[i]
		l.Dropped = f.Drop
		if f.Drop {
			continue
		}
		if f.SKU != "" {
			item, ok := book.Find(price.Ref{ID: f.SKU, Type: jwo.ItemSKU})
			if !ok {
				return fault.New(fault.Invalid, "line %d: the price list of the trip's end has no item %.64q", f.No, f.SKU)
			}
			l.SKU = item.SKU
		}
		if f.UnitPrice != "" {
			// A line that fits no item is sold under its own id.
			l.Override = f.UnitPrice
			l.SKU = cmp.Or(l.SKU, l.ID)
		}
		if l.SKU != "" {
			l.Trouble, l.Suggestions = "", nil
		}
	}
	return nil
}

func remaining(lines []Line) string {
	var texts []string
	for _, l := range lines {
		if l.Trouble != "" && !l.Dropped {
			texts = append(texts, fmt.Sprintf("line %d (%s %.64q): %s", l.No, l.Type, l.ID, l.Trouble))
		}
	}
	return strings.Join(texts, "; ")
}
