package receipt

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/fault"
)

const row = `token text, trip_id text, store_id text, purchase_id text, state text, note text, received bigint, created bigint, issued bigint,
	completed bigint, ask_after bigint, content text, card text`

var (
	columns       = db.Names(row)
	insertReceipt = db.Insert("receipt", row, "")
)

// BeginStmts are the statements that Begin puts, beside outbox.AddStmt.
func BeginStmts() []*db.Stmt { return []*db.Stmt{insertReceipt} }

func insert(ctx context.Context, w db.Putter, r Receipt) error {
	content, err := json.Marshal(r.Content)
	if err != nil {
		return err
	}
	return w.Put(ctx, insertReceipt, r.Token, r.TripID, r.StoreID, r.PurchaseID, r.State, r.Note, millis(r.Received),
		millis(r.Created), millis(r.Issued), millis(r.Completed), millis(r.askAfter), string(content), "")
}

func update(ctx context.Context, tx *db.Tx, r Receipt) error {
	card, err := json.Marshal(r.Card)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `UPDATE receipt SET state = $1, note = $2, issued = $3, completed = $4, ask_after = $5,
		card = $6 WHERE trip_id = $7`, r.State, r.Note, millis(r.Issued), millis(r.Completed), millis(r.askAfter), string(card), r.TripID)
	return err
}

// ByToken is the receipt at an address; fault.NotFound for one that is not.
func (r *Receipts) ByToken(ctx context.Context, token string) (Receipt, error) {
	return one(ctx, r.cfg.DB.Reader(), "token", token)
}

// ByTrip is a trip's receipt; fault.NotFound for a trip that has none (yet).
func (r *Receipts) ByTrip(ctx context.Context, tripID string) (Receipt, error) {
	return one(ctx, r.cfg.DB.Reader(), "trip_id", tripID)
}

// List is the newest receipts, at most limit (default 100, at most 1000).
func (r *Receipts) List(ctx context.Context, limit int) ([]Receipt, error) {
	if limit <= 0 {
		limit = 100
	}
	rows, err := r.cfg.DB.Reader().QueryContext(ctx, `SELECT `+columns+` FROM receipt ORDER BY created DESC, trip_id DESC
		LIMIT $1`, min(limit, 1000))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := []Receipt{}
	for rows.Next() {
		rc, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, rc)
	}
	return all, rows.Err()
}

// one is the receipt with a value in a column; the column is a name of ours.
func one(ctx context.Context, q db.Querier, column, value string) (Receipt, error) {
	rc, err := scan(q.QueryRowContext(ctx, `SELECT `+columns+` FROM receipt WHERE `+column+` = $1`, value))
	if errors.Is(err, sql.ErrNoRows) {
		return Receipt{}, fault.New(fault.NotFound, "no such receipt")
	}
	return rc, err
}

func scan(row interface{ Scan(...any) error }) (Receipt, error) {
	var r Receipt
	var received, created, issued, completed, askAfter int64
	var content, card string
	if err := row.Scan(&r.Token, &r.TripID, &r.StoreID, &r.PurchaseID, &r.State, &r.Note, &received, &created, &issued,
		&completed, &askAfter, &content, &card); err != nil {
		return Receipt{}, err
	}
	r.Received, r.Created, r.Issued, r.Completed, r.askAfter = moment(received), moment(created), moment(issued), moment(completed), moment(askAfter)
	if err := json.Unmarshal([]byte(content), &r.Content); err != nil {
		return Receipt{}, fmt.Errorf("receipt of trip %s: %w", r.TripID, err)
	}
	if card != "" {
		if err := json.Unmarshal([]byte(card), &r.Card); err != nil {
			return Receipt{}, fmt.Errorf("receipt of trip %s: %w", r.TripID, err)
		}
	}
	return r, nil
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
