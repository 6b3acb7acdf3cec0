package cart

import (
	"context"
	"fmt"
)

// Count is how many purchases are in a state, in all stores.
func (c *Carts) Count(ctx context.Context, state string) (n int, err error) {
	err = c.cfg.DB.Reader().QueryRowContext(ctx, `SELECT count(*) FROM purchase WHERE state = $1`, state).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count carts in %s: %w", state, err)
	}
	return n, nil
}
