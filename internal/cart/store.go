package cart

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/internal/price"
	"github.com/strollhq/stroll/money"
)

const purchaseColumns = `trip_id, store_id, pos_store, purchase_id, status, state, reason, entry, kind, visitor,
	instrument, loyalty, shopper, device, group_size, flags, started, ended, received, price_at, pricing,
	currency, total, priced, digest`

// insert stores an encoded cart unless the trip has one, and reports whether it did.
// body is the cart as it came.
func insert(ctx context.Context, tx *db.Tx, p *Purchase, body []byte) (bool, error) {
	res, err := tx.ExecContext(ctx, `INSERT INTO purchase (`+purchaseColumns+`, lines, body)
		VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19,$20,$21,$22,$23,$24,$25,$26,$27)
		ON CONFLICT (trip_id) DO NOTHING`,
		p.TripID, p.StoreID, p.POSStore, p.PurchaseID, p.Status, p.State, p.Reason, p.Entry, p.Kind, p.Visitor,
		p.Instrument, p.Loyalty, p.shopper, p.Device, p.GroupSize, strings.Join(p.Flags, ","), millis(p.Started),
		millis(p.Ended), millis(p.Received), millis(p.PriceAt), p.pricing, string(p.Total.Currency), p.Total.Minor,
		millis(p.PricedAt), p.digest, p.text.lines, clean(string(body)))
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n > 0, err
}

// update writes what changes after a cart was taken: state, flags, price.
func update(ctx context.Context, tx *db.Tx, p *Purchase) error {
	_, err := tx.ExecContext(ctx, `UPDATE purchase SET state = $1, reason = $2, flags = $3, pricing = $4, currency = $5,
		total = $6, priced = $7 WHERE trip_id = $8`, p.State, p.Reason, strings.Join(p.Flags, ","), p.pricing,
		string(p.Total.Currency), p.Total.Minor, millis(p.PricedAt), p.TripID)
	return err
}

// updateLines writes what became of the lines.
func updateLines(ctx context.Context, tx *db.Tx, p *Purchase) error {
	_, err := tx.ExecContext(ctx, `UPDATE purchase SET lines = $1 WHERE trip_id = $2`, p.text.lines, p.TripID)
	return err
}

// insertPrice adds an encoded pricing as the purchase's newest.
func insertPrice(ctx context.Context, tx *db.Tx, p *Purchase, by Resolution) error {
	fixes, err := list(by.Fixes)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO purchase_price (trip_id, no, at, version, operator, reason, fixes, currency,
		total, result) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10)`, p.TripID, p.pricing, millis(p.PricedAt), p.Version,
		by.Operator, by.Reason, fixes, string(p.Total.Currency), p.Total.Minor, p.text.result)
	if err != nil {
		return fmt.Errorf("price: %w", err)
	}
	return nil
}

// head reads a purchase without its lines and price.
func head(ctx context.Context, q db.Querier, tripID string) (Purchase, error) {
	p, err := scan(q.QueryRowContext(ctx, `SELECT `+purchaseColumns+` FROM purchase WHERE trip_id = $1`, tripID))
	if errors.Is(err, sql.ErrNoRows) {
		return Purchase{}, fault.New(fault.NotFound, "trip %s has no cart", tripID)
	}
	return p, err
}

func scan(row interface{ Scan(...any) error }) (Purchase, error) {
	var p Purchase
	var started, ended, received, priceAt, priced int64
	var flags, currency string
	err := row.Scan(&p.TripID, &p.StoreID, &p.POSStore, &p.PurchaseID, &p.Status, &p.State, &p.Reason, &p.Entry, &p.Kind,
		&p.Visitor, &p.Instrument, &p.Loyalty, &p.shopper, &p.Device, &p.GroupSize, &flags, &started, &ended, &received,
		&priceAt, &p.pricing, &currency, &p.Total.Minor, &priced, &p.digest)
	if err != nil {
		return Purchase{}, err
	}
	p.Flags = strings.FieldsFunc(flags, func(r rune) bool { return r == ',' })
	if p.Flags == nil {
		p.Flags = []string{}
	}
	p.Total.Currency = money.Currency(currency)
	p.Started, p.Ended, p.Received = moment(started), moment(ended), moment(received)
	p.PriceAt, p.PricedAt = moment(priceAt), moment(priced)
	p.Lines = []Line{}
	return p, nil
}

// fill adds lines and price to a head.
func fill(ctx context.Context, q db.Querier, p *Purchase) error {
	var lines string
	if err := q.QueryRowContext(ctx, `SELECT lines FROM purchase WHERE trip_id = $1`, p.TripID).Scan(&lines); err != nil {
		return err
	}
	if err := unlist(lines, &p.Lines); err != nil {
		return err
	}
	if p.pricing == 0 {
		return nil
	}
	var result string
	if err := q.QueryRowContext(ctx, `SELECT version, result FROM purchase_price WHERE trip_id = $1 AND no = $2`,
		p.TripID, p.pricing).Scan(&p.Version, &result); err != nil {
		return err
	}
	p.Result = &price.Result{}
	return json.Unmarshal([]byte(result), p.Result)
}

// list is a slice as JSON text, "" for an empty one.
func list[T any](v []T) (string, error) {
	if len(v) == 0 {
		return "", nil
	}
	b, err := json.Marshal(v)
	return string(b), err
}

func unlist[T any](s string, v *[]T) error {
	if s == "" {
		return nil
	}
	return json.Unmarshal([]byte(s), v)
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func moment(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
