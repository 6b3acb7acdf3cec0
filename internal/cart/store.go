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

const (
	purchaseHead = `trip_id text, store_id text, pos_store text, purchase_id text, status bigint, state text, reason text,
	entry text, kind text, visitor text, instrument text, loyalty text, shopper text, device text, group_size bigint, flags text,
	started bigint, ended bigint, received bigint, price_at bigint, pricing bigint, currency text, total bigint, priced bigint, digest text`
	purchasePrice = `trip_id text, no bigint, at bigint, version text, operator text, reason text, fixes text, currency text,
	total bigint, result text`
)

var (
	purchaseColumns = db.Names(purchaseHead)
	// putPurchase stores a cart unless the trip has one.
	putPurchase = db.Insert("purchase", purchaseHead+", lines text, body text, version text, result text", "ON CONFLICT (trip_id) DO NOTHING")
	putPrice    = db.Insert("purchase_price", purchasePrice, "")
)

// row is an encoded cart as putPurchase wants it. body is the cart as it came.
func (p *Purchase) row(body []byte) []any {
	return []any{p.TripID, p.StoreID, p.POSStore, p.PurchaseID, int64(p.Status), p.State, p.Reason, p.Entry, p.Kind, p.Visitor,
		p.Instrument, p.Loyalty, p.shopper, p.Device, int64(p.GroupSize), strings.Join(p.Flags, ","), millis(p.Started),
		millis(p.Ended), millis(p.Received), millis(p.PriceAt), int64(p.pricing), string(p.Total.Currency), p.Total.Minor,
		millis(p.PricedAt), p.digest, p.text.lines, clean(string(body)), p.Version, p.text.result}
}

// insert stores an encoded cart unless the trip has one, and reports whether it did.
func insert(ctx context.Context, tx *db.Tx, p *Purchase, body []byte) (bool, error) {
	err := tx.Put(ctx, putPurchase, p.row(body)...)
	if errors.Is(err, db.ErrChanged) {
		return false, nil
	}
	return err == nil, err
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

// insertPrice adds an encoded pricing as the newest of a purchase that has been
// taken. The one it was taken with moves to where the others are.
func insertPrice(ctx context.Context, tx *db.Tx, p *Purchase, by Resolution) error {
	fixes, err := list(by.Fixes)
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO purchase_price (trip_id, no, at, version, operator, reason, fixes, currency, total, result)
		SELECT trip_id, pricing, priced, version, '', '', '', currency, total, result FROM purchase WHERE trip_id = $1 AND result <> ''`, p.TripID); err != nil {
		return fmt.Errorf("first price: %w", err)
	}
	if _, err := tx.ExecContext(ctx, `UPDATE purchase SET version = '', result = '' WHERE trip_id = $1`, p.TripID); err != nil {
		return fmt.Errorf("first price: %w", err)
	}
	err = tx.Put(ctx, putPrice, p.TripID, int64(p.pricing), millis(p.PricedAt), p.Version,
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
	var lines, body, result string
	if err := q.QueryRowContext(ctx, `SELECT lines, CASE WHEN lines = '' THEN body ELSE '' END, version, result
		FROM purchase WHERE trip_id = $1`, p.TripID).Scan(&lines, &body, &p.Version, &result); err != nil {
		return err
	}
	if p.pricing > 0 && result == "" {
		err := q.QueryRowContext(ctx, `SELECT version, result FROM purchase_price WHERE trip_id = $1 AND no = $2`,
			p.TripID, p.pricing).Scan(&p.Version, &result)
		if err != nil {
			return err
		}
	}
	if result != "" {
		var err error
		if p.Result, err = price.ParseResult([]byte(result)); err != nil {
			return fmt.Errorf("trip %s: %w", p.TripID, err)
		}
	}
	if lines == "" {
		return p.linesFrom(body)
	}
	return unlist(lines, &p.Lines)
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
