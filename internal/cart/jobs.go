package cart

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/internal/outbox"
)

// priceJob prices a cart whose price list was not to be had when it came. It
// is retried until it is.
const priceJob = "cart.price"

type pricePayload struct {
	TripID string `json:"trip"`
}

func (c *Carts) queue(ctx context.Context, w db.Putter, p *Purchase) error {
	return c.cfg.Outbox.Add(ctx, w, outbox.Job{
		Kind: priceJob, Key: p.TripID, Payload: pricePayload{p.TripID}, RunAt: p.Received,
		// The card's hold lives about this long (contract: ordering 5); the
		// oldest trip goes first.
		Deadline: p.Started.Add(46 * time.Hour),
	})
}

func (c *Carts) priceLater(ctx context.Context, r outbox.Run) error {
	trip := r.Key
	p, err := head(ctx, c.cfg.DB.Reader(), trip)
	if err != nil || p.State != Unpriced {
		return err
	}
	settings, ok := c.cfg.Settings(p.StoreID)
	if !ok {
		return fmt.Errorf("price trip %s: store %s is not in the configuration", trip, p.StoreID)
	}
	settings = settings.WithDefaults()
	book, version, err := c.cfg.Book(ctx, p.StoreID, p.PriceAt)
	if err != nil {
		return fmt.Errorf("price trip %s: %w", trip, err)
	}
	return c.cfg.DB.Tx(ctx, func(ctx context.Context, tx *db.Tx) error {
		p, err := head(ctx, tx, trip)
		if err != nil || p.State != Unpriced {
			return err
		}
		if err := fill(ctx, tx, &p); err != nil {
			return err
		}
		uses, err := used(ctx, tx, p.StoreID, p.shopper)
		if err != nil {
			return err
		}
		act, err := p.value(settings, shelf{book, version}, uses, time.Now())
		if err != nil {
			return err
		}
		switch err := c.cfg.Pay.Reprice(ctx, tx, trip, p.Total, act, p.Reason); {
		case errors.Is(err, fault.Conflict):
			// A person has decided about the payment meanwhile; the price is
			// for the record.
			p.mark(FlagGivenUp)
		case err != nil:
			return err
		}
		if p.State == Bad {
			tx.AfterCommit(func() { c.watch.bad(ctx, &p) })
		}
		if p.Result == nil {
			return c.storeUnpriced(ctx, tx, &p)
		}
		return c.store(ctx, tx, &p, Resolution{}, nil)
	})
}

// storeUnpriced writes lines and state of a cart that has no price yet.
func (c *Carts) storeUnpriced(ctx context.Context, tx *db.Tx, p *Purchase) error {
	if err := p.encode(); err != nil {
		return err
	}
	if err := updateLines(ctx, tx, p); err != nil {
		return err
	}
	return update(ctx, tx, p)
}
