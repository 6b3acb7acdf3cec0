package receipt

import (
	"context"
	"fmt"
	"time"
)

// Waits are the times from a cart's arrival to its receipt, of every receipt
// issued, in no order.
func (r *Receipts) Waits(ctx context.Context) ([]time.Duration, error) {
	rows, err := r.cfg.DB.Reader().QueryContext(ctx, `SELECT issued - received FROM receipt WHERE issued > 0`)
	if err != nil {
		return nil, fmt.Errorf("times to receipt: %w", err)
	}
	defer rows.Close()
	var all []time.Duration
	for rows.Next() {
		var ms int64
		if err := rows.Scan(&ms); err != nil {
			return nil, fmt.Errorf("times to receipt: %w", err)
		}
		all = append(all, time.Duration(ms)*time.Millisecond)
	}
	return all, rows.Err()
}
