package cart

import (
	"context"
	"fmt"
	"maps"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/pay"
	"github.com/strollhq/stroll/internal/price"
	"github.com/strollhq/stroll/jwo"
)

// take prices and stores a cart, unless another copy of it was quicker.
func (c *Carts) take(ctx context.Context, p *Purchase, content []byte, s Settings) (*jwo.CreatePurchasesResponse, error) {
	from := c.shelf(ctx, p, s)
	body := callOf(ctx).Body
	if body == nil {
		body = content
	}
	uses, err := used(ctx, c.cfg.DB.Reader(), p.StoreID, p.shopper)
	if err != nil {
		return nil, fmt.Errorf("keep cart of trip %s: %w", p.TripID, err)
	}
	act, err := c.price(ctx, p, from, uses, s)
	if err != nil {
		return nil, err
	}
	var earlier *Purchase
	err = c.cfg.DB.Tx(ctx, func(ctx context.Context, tx *db.Tx) error {
		earlier = nil
		// Another cart of the shopper may have used a promotion meanwhile.
		now, err := used(ctx, tx, p.StoreID, p.shopper)
		if err != nil {
			return err
		}
		if !maps.Equal(now, uses) {
			uses = now
			if act, err = c.price(ctx, p, from, uses, s); err != nil {
				return err
			}
		}
		fresh, err := insert(ctx, tx, p, body)
		if err != nil {
			return err
		}
		if !fresh {
			first, err := head(ctx, tx, p.TripID)
			earlier = &first
			return err
		}
		return c.open(ctx, tx, p, act)
	})
	if err != nil {
		c.watch.failed(p.StoreID)
		return nil, fmt.Errorf("keep cart of trip %s: %w", p.TripID, err)
	}
	if earlier != nil {
		return c.replay(ctx, *earlier, p.digest, content, s)
	}
	c.watch.taken(ctx, p)
	return answer(ctx, *p, false), nil
}

// price gives p its price as far as that can be had, and encodes it.
func (c *Carts) price(ctx context.Context, p *Purchase, from shelf, uses map[string]price.Usage, s Settings) (pay.Act, error) {
	act, err := p.value(s, from, uses, p.Received)
	if err != nil {
		// The price list itself is at fault: the cart is kept, and priced when
		// that is repaired.
		c.cfg.Log.ErrorContext(ctx, "cart not priced", "alert", "unpriced_cart", "store", p.StoreID, "trip", p.TripID, "error", err)
		if act, err = p.value(s, shelf{}, uses, p.Received); err != nil {
			return "", err
		}
	}
	p.pricing = 0
	if p.Result != nil {
		p.pricing = 1
	}
	return act, p.encode()
}

// open writes what belongs to a purchase that was just inserted: its price,
// its job and its payment.
func (c *Carts) open(ctx context.Context, tx *db.Tx, p *Purchase, act pay.Act) error {
	if p.Result != nil {
		if err := insertPrice(ctx, tx, p, Resolution{}); err != nil {
			return err
		}
		if err := count(ctx, tx, p, nil, p.Result.Uses); err != nil {
			return err
		}
	}
	if p.State == Unpriced {
		if err := c.queue(ctx, tx, p); err != nil {
			return err
		}
	}
	return c.cfg.Pay.Open(ctx, tx, pay.Opening{
		TripID: p.TripID, StoreID: p.StoreID, PurchaseID: p.PurchaseID, Entry: p.Entry, Visitor: p.Visitor,
		Instrument: p.Instrument, Events: p.events, Started: p.Started, Ended: p.Ended, Total: p.Total, Act: act, Reason: p.Reason,
	})
}
