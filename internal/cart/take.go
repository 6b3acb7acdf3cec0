package cart

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/internal/pay"
	"github.com/strollhq/stroll/internal/price"
	"github.com/strollhq/stroll/jwo"
)

// take prices and stores a cart, unless another copy of it was quicker.
func (c *Carts) take(ctx context.Context, p *Purchase, content []byte, s Settings) (*jwo.CreatePurchasesResponse, error) {
	body := callOf(ctx).Body
	if body == nil {
		body = content
	}
	from := c.shelf(ctx, p, s)
	end, err := c.turns.take(ctx, p.shopper)
	if err != nil {
		return nil, fmt.Errorf("keep cart of trip %s: %w", p.TripID, err)
	}
	defer end()
	made, err := c.guess(ctx, p, from, body, s)
	if err == nil && !made {
		var earlier *Purchase
		if earlier, err = c.read(ctx, p, from, body, s); err == nil && earlier != nil {
			return c.replay(ctx, *earlier, p.digest, content, s)
		}
	}
	if err != nil {
		c.watch.failed(p.StoreID)
		return nil, fmt.Errorf("keep cart of trip %s: %w", p.TripID, err)
	}
	c.taken.put(p.TripID, first{p.StoreID, p.PurchaseID, p.digest, p.Status})
	c.watch.taken(ctx, p)
	return answer(ctx, *p, false), nil
}

// read takes a cart of which something could not be guessed, in a transaction
// that reads what it rests on. It answers with the trip's earlier cart if there
// is one, and then has written nothing.
func (c *Carts) read(ctx context.Context, p *Purchase, from shelf, body []byte, s Settings) (earlier *Purchase, err error) {
	switch first, err := head(ctx, c.cfg.DB.Reader(), p.TripID); {
	case err == nil:
		return &first, nil
	case !errors.Is(err, fault.NotFound):
		return nil, err
	}
	uses, err := used(ctx, c.cfg.DB.Reader(), p.StoreID, p.shopper)
	if err != nil {
		return nil, err
	}
	act, err := c.price(ctx, p, from, uses, s)
	if err != nil {
		return nil, err
	}
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
		tx.AfterCommit(func() { c.note(p, uses) })
		return c.open(ctx, tx, p, act)
	})
	return earlier, err
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
	if callOf(ctx).Body == nil {
		return act, p.encode()
	}
	return act, p.encodeFresh()
}

// open writes what belongs to a purchase that was just inserted: its job, what
// it uses of promotions and its payment.
func (c *Carts) open(ctx context.Context, tx *db.Tx, p *Purchase, act pay.Act) error {
	if p.State == Unpriced {
		if err := c.queue(ctx, tx, p); err != nil {
			return err
		}
	}
	if p.Result != nil {
		if err := count(ctx, tx, p, nil, p.Result.Uses); err != nil {
			return err
		}
	}
	return c.cfg.Pay.Open(ctx, tx, p.opening(act))
}

// opening is what the payment is told of p.
func (p *Purchase) opening(act pay.Act) pay.Opening {
	return pay.Opening{
		TripID: p.TripID, StoreID: p.StoreID, PurchaseID: p.PurchaseID, Entry: p.Entry, Visitor: p.Visitor,
		Instrument: p.Instrument, Events: p.events, Started: p.Started, Ended: p.Ended, Total: p.Total, Act: act, Reason: p.Reason,
	}
}
