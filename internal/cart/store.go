package cart

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
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

// insert stores a cart unless the trip has one, and reports whether it did.
// body is the cart as it came.
func insert(ctx context.Context, tx *db.Tx, p *Purchase, body []byte) (bool, error) {
	res, err := tx.ExecContext(ctx, `INSERT INTO purchase (`+purchaseColumns+`, body)
		VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19,$20,$21,$22,$23,$24,$25,$26)
		ON CONFLICT (trip_id) DO NOTHING`,
		p.TripID, p.StoreID, p.POSStore, p.PurchaseID, p.Status, p.State, p.Reason, p.Entry, p.Kind, p.Visitor,
		p.Instrument, p.Loyalty, p.shopper, p.Device, p.GroupSize, strings.Join(p.Flags, ","), millis(p.Started),
		millis(p.Ended), millis(p.Received), millis(p.PriceAt), p.pricing, string(p.Total.Currency), p.Total.Minor,
		millis(p.PricedAt), p.digest, clean(string(body)))
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	if err != nil || n == 0 {
		return false, err
	}
	return true, insertLines(ctx, tx, p)
}

const lineColumns = 13

// perInsert keeps one statement below SQLite's and PostgreSQL's limits on
// parameters.
const perInsert = 500

func insertLines(ctx context.Context, tx *db.Tx, p *Purchase) error {
	for from := 0; from < len(p.Lines); from += perInsert {
		some := p.Lines[from:min(from+perInsert, len(p.Lines))]
		args := make([]any, 0, lineColumns*len(some))
		for _, l := range some {
			suggestions, err := list(l.Suggestions)
			if err != nil {
				return err
			}
			external, err := list(l.External)
			if err != nil {
				return err
			}
			args = append(args, p.TripID, l.No, l.ID, l.Type, l.Quantity, l.Unit, external, l.LineItemID, l.SKU,
				l.Override, flag(l.Dropped), l.Trouble, suggestions)
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO purchase_line (trip_id, no, item_id, item_type, quantity, unit, external,
			line_item_id, sku, override, dropped, trouble, suggestions) VALUES `+tuples(len(some), lineColumns), args...)
		if err != nil {
			return fmt.Errorf("lines: %w", err)
		}
	}
	return nil
}

// tuples is "($1,$2),($3,$4)" for n rows of k columns.
func tuples(n, k int) string {
	var b strings.Builder
	for i := range n * k {
		switch {
		case i == 0:
			b.WriteByte('(')
		case i%k == 0:
			b.WriteString("),(")
		default:
			b.WriteByte(',')
		}
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(i + 1))
	}
	b.WriteByte(')')
	return b.String()
}

// update writes what changes after a cart was taken: state, flags, price.
func update(ctx context.Context, tx *db.Tx, p *Purchase) error {
	_, err := tx.ExecContext(ctx, `UPDATE purchase SET state = $1, reason = $2, flags = $3, pricing = $4, currency = $5,
		total = $6, priced = $7 WHERE trip_id = $8`, p.State, p.Reason, strings.Join(p.Flags, ","), p.pricing,
		string(p.Total.Currency), p.Total.Minor, millis(p.PricedAt), p.TripID)
	return err
}

func updateLine(ctx context.Context, tx *db.Tx, tripID string, l Line) error {
	suggestions, err := list(l.Suggestions)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `UPDATE purchase_line SET sku = $1, override = $2, dropped = $3, trouble = $4,
		suggestions = $5 WHERE trip_id = $6 AND no = $7`, l.SKU, l.Override, flag(l.Dropped), l.Trouble, suggestions,
		tripID, l.No)
	return err
}

// insertPrice adds a pricing as the purchase's newest.
func insertPrice(ctx context.Context, tx *db.Tx, p *Purchase, by Resolution) error {
	result, err := json.Marshal(p.Result)
	if err != nil {
		return err
	}
	fixes, err := list(by.Fixes)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO purchase_price (trip_id, no, at, version, operator, reason, fixes, currency,
		total, result) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10)`, p.TripID, p.pricing, millis(p.PricedAt), p.Version,
		by.Operator, by.Reason, fixes, string(p.Total.Currency), p.Total.Minor, string(result))
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
	rows, err := q.QueryContext(ctx, `SELECT no, item_id, item_type, quantity, unit, external, line_item_id, sku, override,
		dropped, trouble, suggestions FROM purchase_line WHERE trip_id = $1 ORDER BY no`, p.TripID)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var l Line
		var external, suggestions string
		var dropped int64
		if err := rows.Scan(&l.No, &l.ID, &l.Type, &l.Quantity, &l.Unit, &external, &l.LineItemID, &l.SKU, &l.Override,
			&dropped, &l.Trouble, &suggestions); err != nil {
			return err
		}
		l.Dropped = dropped != 0
		if err := errors.Join(unlist(external, &l.External), unlist(suggestions, &l.Suggestions)); err != nil {
			return err
		}
		p.Lines = append(p.Lines, l)
	}
	if err := rows.Err(); err != nil {
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

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
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
