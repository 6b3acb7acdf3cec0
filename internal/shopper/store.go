package shopper

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/fault"
)

// Config is what New needs.
type Config struct {
	DB *db.DB
}

// Shoppers are the accounts in a database. Its methods may be called from any
// goroutine.
type Shoppers struct{ db *db.DB }

// New makes a Shoppers.
func New(c Config) *Shoppers { return &Shoppers{c.DB} }

const columns = `id, kind, name, email, status, fraud, payment_method, card_expires, created_at`

type scanner interface{ Scan(...any) error }

func scan(row scanner) (Shopper, error) {
	var s Shopper
	var fraud, method, expires, created int64
	err := row.Scan(&s.ID, &s.Kind, &s.Name, &s.Email, &s.Status, &fraud, &method, &expires, &created)
	s.Fraud, s.PaymentMethod = fraud != 0, method != 0
	s.CardExpires, s.Created = moment(expires), moment(created)
	return s, err
}

func moment(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// Put makes an account or replaces it, standing included, and is durable when
// it returns: a system that sends accounts sends their flags too. A faulty
// account is fault.Invalid. An account keeps the time it was made.
func (s *Shoppers) Put(ctx context.Context, a Shopper) error {
	a, err := a.complete()
	if err != nil {
		return err
	}
	return s.db.Tx(ctx, func(ctx context.Context, tx *db.Tx) error {
		now := time.Now()
		was, err := s.Get(ctx, tx, a.ID)
		known := err == nil
		if err != nil && !errors.Is(err, fault.NotFound) {
			return err
		}
		if a.Created.IsZero() {
			a.Created = now
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO shopper (`+columns+`, changed_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
			ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, name = excluded.name, email = excluded.email,
				status = excluded.status, fraud = excluded.fraud, payment_method = excluded.payment_method,
				card_expires = excluded.card_expires, changed_at = excluded.changed_at`,
			a.ID, a.Kind, a.Name, a.Email, a.Status, bit(a.Fraud), bit(a.PaymentMethod), millis(a.CardExpires),
			millis(a.Created), millis(now))
		if err != nil {
			return fmt.Errorf("put shopper %s: %w", a.ID, err)
		}
		by := Act{ShopperID: a.ID, Operator: Import}
		if !known {
			return s.note(ctx, tx, by, "created", "", a.Kind)
		}
		return errors.Join(
			s.note(ctx, tx, by, "kind", was.Kind, a.Kind),
			s.note(ctx, tx, by, "status", was.Status, a.Status),
			s.note(ctx, tx, by, "fraud", strconv.FormatBool(was.Fraud), strconv.FormatBool(a.Fraud)),
		)
	})
}

// note records a change, if it is one.
func (s *Shoppers) note(ctx context.Context, tx *db.Tx, by Act, what, was, became string) error {
	if was == became {
		return nil
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO shopper_change (id, shopper_id, at, operator, what, was, became, reason)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		uuid.Must(uuid.NewV7()).String(), by.ShopperID, millis(time.Now()), by.Operator, what, was, became, by.Reason)
	if err != nil {
		return fmt.Errorf("note change of shopper %s: %w", by.ShopperID, err)
	}
	return nil
}

// Get reads one account; fault.NotFound when there is none.
func (s *Shoppers) Get(ctx context.Context, q db.Querier, id string) (Shopper, error) {
	if !validID(id) {
		return Shopper{}, fault.New(fault.NotFound, "shopper %.255q: unknown", id)
	}
	a, err := scan(q.QueryRowContext(ctx, `SELECT `+columns+` FROM shopper WHERE id = $1`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return Shopper{}, fault.New(fault.NotFound, "shopper %.255s: unknown", id)
	}
	if err != nil {
		return Shopper{}, fmt.Errorf("shopper %s: %w", id, err)
	}
	return a, nil
}

// SetStatus blocks an account or makes it active again.
func (s *Shoppers) SetStatus(ctx context.Context, by Act, status string) error {
	if status != Active && status != Blocked {
		return fault.New(fault.Invalid, "shopper %s: status %.20q is not %s or %s", by.ShopperID, status, Active, Blocked)
	}
	return s.change(ctx, by, "status", func(a *Shopper) (was, became string) {
		was, a.Status = a.Status, status
		return was, status
	})
}

// SetFraud flags an account or takes the flag back.
func (s *Shoppers) SetFraud(ctx context.Context, by Act, fraud bool) error {
	return s.change(ctx, by, "fraud", func(a *Shopper) (was, became string) {
		was, a.Fraud = strconv.FormatBool(a.Fraud), fraud
		return was, strconv.FormatBool(fraud)
	})
}

func (s *Shoppers) change(ctx context.Context, by Act, what string, apply func(*Shopper) (was, became string)) error {
	if err := by.check(); err != nil {
		return err
	}
	return s.db.Tx(ctx, func(ctx context.Context, tx *db.Tx) error {
		a, err := s.Get(ctx, tx, by.ShopperID)
		if err != nil {
			return err
		}
		was, became := apply(&a)
		if was == became {
			return nil
		}
		_, err = tx.ExecContext(ctx, `UPDATE shopper SET status = $1, fraud = $2, changed_at = $3 WHERE id = $4`,
			a.Status, bit(a.Fraud), millis(time.Now()), a.ID)
		if err != nil {
			return fmt.Errorf("change %s of shopper %s: %w", what, a.ID, err)
		}
		return s.note(ctx, tx, by, what, was, became)
	})
}
