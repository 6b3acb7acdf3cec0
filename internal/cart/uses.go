package cart

import (
	"context"
	"maps"
	"slices"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/price"
)

// Promotion caps are per shopper and store, so two carts of one shopper in the
// same moment must not both take the last use. The count is one row per
// shopper and promotion that every cart using it updates in its own
// transaction: on SQLite writers take turns, on PostgreSQL the second of two
// concurrent updates fails to serialize and the whole cart is priced again
// with the new count.

// addUse adds to a shopper's count.
var addUse = db.Insert("promotion_count", "store_id text, shopper text, promotion text, uses bigint, amount bigint",
	`ON CONFLICT (store_id, shopper, promotion) DO UPDATE SET
	uses = promotion_count.uses + excluded.uses, amount = promotion_count.amount + excluded.amount`)

// used reads how often a shopper has had each promotion before.
func used(ctx context.Context, q db.Querier, storeID, shopper string) (map[string]price.Usage, error) {
	uses := map[string]price.Usage{}
	if shopper == "" {
		return uses, nil
	}
	rows, err := q.QueryContext(ctx, `SELECT promotion, uses, amount FROM promotion_count
		WHERE store_id = $1 AND shopper = $2`, storeID, shopper)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		var u price.Usage
		if err := rows.Scan(&id, &u.Uses, &u.Amount); err != nil {
			return nil, err
		}
		uses[id] = u
	}
	return uses, rows.Err()
}

// counted is what a filled purchase has counted so far: the uses its newest
// price makes.
func (p *Purchase) counted() map[string]price.Usage {
	if p.Result == nil || p.shopper == "" {
		return nil
	}
	return p.Result.Uses
}

// count makes now the trip's uses instead of before.
func count(ctx context.Context, tx *db.Tx, p *Purchase, before, now map[string]price.Usage) error {
	if p.shopper == "" {
		return nil
	}
	for _, id := range both(before, now) {
		was, is := before[id], now[id]
		if was == is {
			continue
		}
		if err := tx.Put(ctx, addUse, p.StoreID, p.shopper, id, is.Uses-was.Uses, is.Amount-was.Amount); err != nil {
			return err
		}
	}
	return nil
}

// both lists the keys of two maps in order, so that concurrent transactions
// touch the rows in the same order.
func both(a, b map[string]price.Usage) []string {
	keys := slices.Collect(maps.Keys(a))
	for k := range b {
		if _, ok := a[k]; !ok {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	return keys
}
