package cart

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/internal/pay"
	"github.com/strollhq/stroll/jwo"
)

// replay answers a cart whose trip has one already (contract: ordering 2.6).
func (c *Carts) replay(ctx context.Context, first Purchase, digest string, content []byte, s Settings) (*jwo.CreatePurchasesResponse, error) {
	if digest != first.digest {
		if err := c.differs(ctx, first.TripID, digest, content, s); err != nil {
			return nil, fmt.Errorf("keep the other cart of trip %s: %w", first.TripID, err)
		}
	}
	c.watch.replayed(first, digest != first.digest)
	return answer(ctx, first, true), nil
}

// differs records a cart that is not the one its trip was taken with. The
// same other cart is recorded, and raises its alert, once.
func (c *Carts) differs(ctx context.Context, tripID, digest string, content []byte, s Settings) error {
	return c.cfg.DB.Tx(ctx, func(ctx context.Context, tx *db.Tx) error {
		res, err := tx.ExecContext(ctx, `INSERT INTO purchase_difference (trip_id, digest, at, body)
			VALUES ($1,$2,$3,$4) ON CONFLICT (trip_id, digest) DO NOTHING`,
			tripID, digest, time.Now().UnixMilli(), clean(string(content)))
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return err
		}
		p, err := head(ctx, tx, tripID)
		if err != nil {
			return err
		}
		p.mark(FlagChanged)
		if s.ChangedCart == Review && (p.State == Priced || p.State == InReview) {
			if err := c.park(ctx, tx, &p); err != nil {
				return err
			}
		}
		if err := update(ctx, tx, &p); err != nil {
			return err
		}
		tx.AfterCommit(func() {
			c.watch.alert(ctx, "changed_cart", "another cart arrived for a trip", "store", p.StoreID, "trip", tripID, "state", p.State)
		})
		return nil
	})
}

// park holds a purchase's payment for a person, unless its money has moved or
// it is being released anyway.
func (c *Carts) park(ctx context.Context, tx *db.Tx, p *Purchase) error {
	switch p.Reason {
	case pay.EmptyCart, pay.ZeroTotal, pay.Associate, pay.CashShopper:
		return nil
	}
	err := c.cfg.Pay.Reprice(ctx, tx, p.TripID, p.Total, pay.Hold, changedCart)
	if errors.Is(err, fault.Conflict) {
		return nil
	}
	if err == nil {
		p.State, p.Reason = InReview, changedCart
	}
	return err
}

func (p *Purchase) has(flag string) bool { return slices.Contains(p.Flags, flag) }

func (p *Purchase) mark(flag string) {
	if !p.has(flag) {
		p.Flags = append(p.Flags, flag)
	}
}
