package cart

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/jwo"
)

// replay answers a cart whose trip has one already (contract: ordering 2.6).
func (c *Carts) replay(ctx context.Context, first Purchase, digest string, content []byte, s Settings) (*jwo.CreatePurchasesResponse, error) {
	if digest != first.digest {
		if err := c.differs(ctx, first, digest, content, s); err != nil {
			return nil, fmt.Errorf("keep the other cart of trip %s: %w", first.TripID, err)
		}
	}
	c.watch.replayed(first, digest != first.digest)
	return answer(ctx, first, true), nil
}

// differs records a cart that is not the one its trip was taken with. The
// same other cart is recorded, and raises its alert, once.
func (c *Carts) differs(ctx context.Context, first Purchase, digest string, content []byte, s Settings) error {
	known, err := c.differedBefore(ctx, first.TripID, digest)
	if err != nil || known {
		return err
	}
	held := false
	if s.ChangedCart == Review && first.State == Priced && first.Reason == "" {
		// Hold first: if the program dies before it is recorded, the payment
		// waits among the parked ones, and Amazon sends the cart again.
		err := c.cfg.Pay.HoldTrip(ctx, first.TripID, system, "another cart arrived for the trip")
		if err != nil && !errors.Is(err, fault.Conflict) {
			return err
		}
		held = err == nil
	}
	return c.cfg.DB.Tx(ctx, func(ctx context.Context, tx *db.Tx) error {
		res, err := tx.ExecContext(ctx, `INSERT INTO purchase_difference (trip_id, digest, at, body)
			VALUES ($1,$2,$3,$4) ON CONFLICT (trip_id, digest) DO NOTHING`,
			first.TripID, digest, time.Now().UnixMilli(), clean(string(content)))
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		if err != nil || n == 0 && !held {
			return err
		}
		p, err := head(ctx, tx, first.TripID)
		if err != nil {
			return err
		}
		p.mark(FlagChanged)
		if held {
			p.State, p.Reason = InReview, changedCart
		}
		if err := update(ctx, tx, &p); err != nil {
			return err
		}
		tx.AfterCommit(func() {
			c.watch.alert(ctx, "changed_cart", "another cart arrived for a trip", "store", p.StoreID, "trip", p.TripID, "state", p.State)
		})
		return nil
	})
}

// confirm charges a trip as its first cart said, although another one arrived.
// Its payment was opened with that total and can be sent on, not changed.
func (c *Carts) confirm(ctx context.Context, p Purchase, r Resolution) error {
	if len(r.Fixes) > 0 {
		return fault.New(fault.Invalid, "resolve trip %s: its payment can be sent on or cancelled, but not changed", r.TripID)
	}
	if err := c.cfg.Pay.ReleaseTrip(ctx, p.TripID, r.Operator, r.Reason); err != nil && !errors.Is(err, fault.Conflict) {
		return fmt.Errorf("resolve trip %s: %w", r.TripID, err)
	}
	err := c.cfg.DB.Tx(ctx, func(ctx context.Context, tx *db.Tx) error {
		p, err := head(ctx, tx, r.TripID)
		if err != nil || p.State != InReview {
			return err
		}
		if err := fill(ctx, tx, &p); err != nil {
			return err
		}
		p.State, p.Reason = Priced, ""
		p.pricing++
		if err := p.encode(); err != nil {
			return err
		}
		if err := insertPrice(ctx, tx, &p, r); err != nil {
			return err
		}
		return update(ctx, tx, &p)
	})
	if err != nil {
		return fmt.Errorf("resolve trip %s: %w", r.TripID, err)
	}
	return nil
}

// system is the operator in whose name the program itself holds a payment.
const system = "stroll"

func (c *Carts) differedBefore(ctx context.Context, tripID, digest string) (bool, error) {
	var n int
	err := c.cfg.DB.Reader().QueryRowContext(ctx, `SELECT COUNT(*) FROM purchase_difference
		WHERE trip_id = $1 AND digest = $2`, tripID, digest).Scan(&n)
	return n > 0, err
}

func (p *Purchase) has(flag string) bool { return slices.Contains(p.Flags, flag) }

func (p *Purchase) mark(flag string) {
	if !p.has(flag) {
		p.Flags = append(p.Flags, flag)
	}
}
