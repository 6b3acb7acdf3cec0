package cart

import (
	"context"
	"fmt"
	"time"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/price"
	"github.com/strollhq/stroll/money"
)

// Get is a trip's purchase with lines and price, fault.NotFound for a trip
// without a cart. Inside a transaction q is the transaction; otherwise it is
// the database's Reader.
func (c *Carts) Get(ctx context.Context, q db.Querier, tripID string) (Purchase, error) {
	p, err := head(ctx, q, tripID)
	if err != nil {
		return Purchase{}, err
	}
	return p, fill(ctx, q, &p)
}

// List is the purchases a filter picks, the newest first, without lines and
// results. No purchase is an empty list.
func (c *Carts) List(ctx context.Context, f Filter) ([]Purchase, error) {
	if f.Limit <= 0 {
		f.Limit = 100
	}
	until := millis(f.Until)
	if until == 0 {
		until = 1 << 62
	}
	return heads(ctx, c.cfg.DB.Reader(), `WHERE ($1 = '' OR store_id = $1) AND ($2 = '' OR state = $2)
		AND received >= $3 AND received < $4 ORDER BY received DESC, trip_id DESC LIMIT $5`,
		f.StoreID, f.State, millis(f.Since), until, min(f.Limit, 1000))
}

// Bad is the carts of a store ("" for all stores) that wait for an operator,
// in BAD or REVIEW, the oldest first, with lines and suggestions.
func (c *Carts) Bad(ctx context.Context, storeID string) ([]BadCart, error) {
	q := c.cfg.DB.Reader()
	some, err := heads(ctx, q, `WHERE state IN ('`+Bad+`', '`+InReview+`') AND ($1 = '' OR store_id = $1)
		ORDER BY received, trip_id LIMIT 1000`, storeID)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	carts := make([]BadCart, 0, len(some))
	for _, p := range some {
		if err := fill(ctx, q, &p); err != nil {
			return nil, err
		}
		carts = append(carts, BadCart{Purchase: p, Age: now.Sub(p.Received)})
	}
	return carts, nil
}

// Pricings is every pricing of a trip, the first one first, with who asked
// for it.
func (c *Carts) Pricings(ctx context.Context, tripID string) ([]Pricing, error) {
	return pricings(ctx, c.cfg.DB.Reader(), tripID)
}

// Differences is the other carts that arrived for a trip, in the order they
// were first seen.
func (c *Carts) Differences(ctx context.Context, tripID string) ([]Difference, error) {
	rows, err := c.cfg.DB.Reader().QueryContext(ctx, `SELECT at, body FROM purchase_difference WHERE trip_id = $1
		ORDER BY at, digest`, tripID)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := []Difference{}
	for rows.Next() {
		var at int64
		var d Difference
		if err := rows.Scan(&at, &d.Body); err != nil {
			return nil, err
		}
		d.At = moment(at)
		all = append(all, d)
	}
	return all, rows.Err()
}

// Body is a trip's cart as it was received.
func (c *Carts) Body(ctx context.Context, tripID string) (string, error) {
	if _, err := head(ctx, c.cfg.DB.Reader(), tripID); err != nil {
		return "", err
	}
	var body string
	err := c.cfg.DB.Reader().QueryRowContext(ctx, `SELECT body FROM purchase WHERE trip_id = $1`, tripID).Scan(&body)
	return body, err
}

func heads(ctx context.Context, q db.Querier, where string, args ...any) ([]Purchase, error) {
	rows, err := q.QueryContext(ctx, `SELECT `+purchaseColumns+` FROM purchase `+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := []Purchase{}
	for rows.Next() {
		p, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, rows.Err()
}

func pricings(ctx context.Context, q db.Querier, tripID string) ([]Pricing, error) {
	rows, err := q.QueryContext(ctx, `SELECT no, at, version, operator, reason, fixes, currency, total, result
		FROM purchase_price WHERE trip_id = $1
		UNION ALL SELECT pricing, priced, version, '', '', '', currency, total, result
		FROM purchase WHERE trip_id = $1 AND result <> '' ORDER BY no`, tripID)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := []Pricing{}
	for rows.Next() {
		var at int64
		var fixes, currency, result string
		var p Pricing
		if err := rows.Scan(&p.No, &at, &p.Version, &p.Operator, &p.Reason, &fixes, &currency, &p.Total.Minor,
			&result); err != nil {
			return nil, err
		}
		p.At, p.Total.Currency = moment(at), money.Currency(currency)
		if err := unlist(fixes, &p.Fixes); err != nil {
			return nil, err
		}
		if p.Result, err = price.ParseResult([]byte(result)); err != nil {
			return nil, fmt.Errorf("trip %s: %w", tripID, err)
		}
		all = append(all, p)
	}
	return all, rows.Err()
}
