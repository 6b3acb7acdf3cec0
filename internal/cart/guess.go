package cart

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/outbox"
	"github.com/strollhq/stroll/internal/pay"
	"github.com/strollhq/stroll/internal/price"
)

// A fresh cart is one write, decided before it is made: it is priced under
// guesses of what else the database holds, and written if they are true. The
// guesses are that its trip has no cart yet, that its payment stands as this
// process knows it, and that the shopper has used each promotion with a cap as
// often as this process saw last. A wrong guess writes nothing; then everything
// is read and the cart is taken in a transaction.

var (
	// usedSo checks a guess of how often a promotion was used.
	usedSo = db.NewCheck("store_id text, shopper text, promotion text, uses bigint, amount bigint",
		`r.uses = COALESCE((SELECT c.uses FROM promotion_count AS c WHERE c.store_id = r.store_id AND c.shopper = r.shopper AND c.promotion = r.promotion), 0)
		AND r.amount = COALESCE((SELECT c.amount FROM promotion_count AS c WHERE c.store_id = r.store_id AND c.shopper = r.shopper AND c.promotion = r.promotion), 0)`)
	// first and further are uses of a promotion with a cap. Between the check
	// and the write another cart may have used it; then they fail.
	firstUse = db.Insert("promotion_count", "store_id text, shopper text, promotion text, uses bigint, amount bigint", "")
	nextUse  = db.Update("promotion_count", "uses bigint, amount bigint",
		"store_id text, shopper text, promotion text, uses bigint, amount bigint")
)

// kindOfPurchase is a purchase with all that belongs to it, as one statement.
func kindOfPurchase(p Payments) *db.Kind {
	rows := []*db.Stmt{firstUse, nextUse, addUse}
	for _, s := range append(p.OpenStmts(), outbox.AddStmt) {
		if !slices.Contains(rows, s) {
			rows = append(rows, s)
		}
	}
	return db.NewKind("purchase", putPurchase, "trip_id", []*db.Check{pay.StandsAt, usedSo}, rows...)
}

// guess takes a cart in one write. Without an error, false says that a guess
// was wrong, or that there is more to it than can be guessed; then nothing was
// written.
func (c *Carts) guess(ctx context.Context, p *Purchase, from shelf, body []byte, s Settings) (bool, error) {
	uses := map[string]price.Usage{}
	var capped []string
	if from.book != nil && p.shopper != "" {
		capped = from.book.Capped()
		for _, id := range capped {
			if u, known := c.uses.of(use{p.StoreID, p.shopper, id}); known {
				uses[id] = u
			}
		}
	}
	act, err := c.price(ctx, p, from, uses, s)
	if err != nil {
		return false, err
	}
	w := c.purchase.New(p.TripID, "")
	w.Claim(p.row(body)...)
	for _, id := range capped {
		w.Check(usedSo, p.StoreID, p.shopper, id, uses[id].Uses, uses[id].Amount)
	}
	version, ok, err := c.cfg.Pay.GuessOpen(ctx, w, p.opening(act))
	if err != nil || !ok {
		return false, nil // the transaction will tell what is wrong
	}
	w.Check(pay.StandsAt, p.TripID, version)
	if p.State == Unpriced {
		if err := c.queue(ctx, w, p); err != nil {
			return false, err
		}
	}
	if p.Result != nil && p.shopper != "" {
		if err := c.guessUses(ctx, w, p, capped, uses); err != nil {
			return false, err
		}
	}
	made, err := c.cfg.DB.Write(ctx, w)
	if errors.Is(err, db.ErrChanged) || db.IsUnique(err) {
		return false, nil
	}
	return made, err
}

// guessUses puts what the cart uses of promotions: added to what is there where
// that does not matter, compared with the guess where there is a cap.
func (c *Carts) guessUses(ctx context.Context, w db.Putter, p *Purchase, capped []string, uses map[string]price.Usage) error {
	for _, id := range slices.Sorted(maps.Keys(p.Result.Uses)) {
		now := p.Result.Uses[id]
		if !slices.Contains(capped, id) {
			if err := w.Put(ctx, addUse, p.StoreID, p.shopper, id, now.Uses, now.Amount); err != nil {
				return err
			}
			continue
		}
		before, known := uses[id]
		after := price.Usage{Uses: before.Uses + now.Uses, Amount: before.Amount + now.Amount}
		var err error
		if known {
			err = w.Put(ctx, nextUse, after.Uses, after.Amount, p.StoreID, p.shopper, id, before.Uses, before.Amount)
		} else {
			err = w.Put(ctx, firstUse, p.StoreID, p.shopper, id, after.Uses, after.Amount)
		}
		if err != nil {
			return err
		}
		w.AfterCommit(func() { c.uses.put(use{p.StoreID, p.shopper, id}, after) })
	}
	return nil
}
