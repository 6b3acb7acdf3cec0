package pay

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/money"
)

// Payoff is a payment of debts through the retailer's processor. Its key is
// made by the caller before the processor is asked, and names it for ever.
type Payoff struct {
	Key    string
	Who    Who
	TripID string // pays this trip; empty: the oldest debts first
	Amount money.Amount
	By     string // who pays or records it
	Note   string

	// What became of it, filled in by the methods.
	State     string // REQUESTED, CONFIRMED or FAILED
	Parts     []Part
	Reference string // the processor's
}

// Part is what a payoff pays of one trip's debt, in minor units.
type Part struct {
	TripID string `json:"trip"`
	Minor  int64  `json:"minor"`
}

// States of a payoff.
const (
	PayoffRequested = "REQUESTED"
	PayoffConfirmed = "CONFIRMED"
	PayoffFailed    = "FAILED"
)

// who is the identity of the payoff's content: the same key with another is
// refused.
func (o Payoff) who() string {
	b, _ := json.Marshal([]string{o.Who.Visitor, o.Who.Instrument, o.TripID})
	return string(b)
}

// RequestPayoff reserves the debts a payoff is to pay, before the processor is
// asked: two payoffs at once never pay more than is owed. The same key again
// returns the stored payoff; with another content it is fault.Conflict. More
// than is owed is fault.Invalid.
func (p *Pay) RequestPayoff(ctx context.Context, o Payoff) (Payoff, error) {
	if o.Key == "" || o.By == "" || o.Amount.Minor <= 0 || o.Amount.Currency == "" {
		return Payoff{}, fault.New(fault.Invalid, "payoff: key, payer and an amount above zero are needed")
	}
	err := p.db.Tx(ctx, func(ctx context.Context, tx *db.Tx) error {
		have, err := loadPayoff(ctx, tx, o.Key)
		if err == nil {
			if have.Amount != o.Amount || have.who() != o.who() {
				return fault.New(fault.Conflict, "payoff %s has another content", o.Key)
			}
			o = have
			return nil
		}
		if !errors.Is(err, fault.NotFound) {
			return err
		}
		debts, err := p.payable(ctx, tx, o)
		if err != nil {
			return err
		}
		rest, now := o.Amount.Minor, time.Now()
		o.State, o.Parts = PayoffRequested, nil
		for _, d := range debts {
			part := min(rest, d.Remaining()+d.WrittenOff-d.Reserved)
			if part <= 0 {
				continue
			}
			rest -= part
			d.Reserved += part
			o.Parts = append(o.Parts, Part{d.TripID, part})
			if err := storeDebt(ctx, tx, d); err != nil {
				return err
			}
		}
		if rest > 0 {
			return fault.New(fault.Invalid, "payoff of %s: %s more than is owed", o.Amount, money.New(rest, o.Amount.Currency))
		}
		parts, err := json.Marshal(o.Parts)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO debt_payoff (payoff_key, state, who, amount, currency, parts, by_whom, note, reference, created_at, changed_at)
			VALUES ($1, 'REQUESTED', $2, $3, $4, $5, $6, $7, '', $8, $8)`, o.Key, o.who(), o.Amount.Minor, string(o.Amount.Currency), string(parts), o.By, o.Note, ms(now))
		if err != nil {
			return fmt.Errorf("payoff %s: %w", o.Key, err)
		}
		return nil
	})
	return o, err
}

// payable are the debts a payoff may pay, oldest first.
func (p *Pay) payable(ctx context.Context, q db.Querier, o Payoff) ([]Debt, error) {
	rows, err := q.QueryContext(ctx, `SELECT `+debtColumns+` FROM debt
		WHERE (($1 <> '' AND trip_id = $1) OR ($1 = '' AND ((instrument <> '' AND instrument = $2) OR (visitor <> '' AND visitor = $3)))) AND currency = $4
		ORDER BY opened_at, trip_id`, o.TripID, o.Who.Instrument, o.Who.Visitor, string(o.Amount.Currency))
	if err != nil {
		return nil, fmt.Errorf("debts to pay: %w", err)
	}
	defer rows.Close()
	var all []Debt
	for rows.Next() {
		d, err := scanDebt(rows)
		if err != nil {
			return nil, fmt.Errorf("debts to pay: %w", err)
		}
		all = append(all, d)
	}
	return all, rows.Err()
}

func loadPayoff(ctx context.Context, q db.Querier, key string) (Payoff, error) {
	o := Payoff{Key: key}
	var who, parts string
	err := q.QueryRowContext(ctx, `SELECT state, who, amount, currency, parts, by_whom, note, reference FROM debt_payoff WHERE payoff_key = $1`, key).
		Scan(&o.State, &who, &o.Amount.Minor, &o.Amount.Currency, &parts, &o.By, &o.Note, &o.Reference)
	if errors.Is(err, sql.ErrNoRows) {
		return Payoff{}, fault.New(fault.NotFound, "no payoff %s", key)
	}
	if err != nil {
		return Payoff{}, fmt.Errorf("payoff %s: %w", key, err)
	}
	var keys [3]string
	if err := errors.Join(json.Unmarshal([]byte(who), &keys), json.Unmarshal([]byte(parts), &o.Parts)); err != nil {
		return Payoff{}, fmt.Errorf("payoff %s: %w", key, err)
	}
	o.Who.Visitor, o.Who.Instrument, o.TripID = keys[0], keys[1], keys[2]
	return o, nil
}

// Payoff is a stored payoff; fault.NotFound when its key was never used.
func (p *Pay) Payoff(ctx context.Context, key string) (Payoff, error) {
	return loadPayoff(ctx, p.db.Reader(), key)
}

// ConfirmPayoff books a payoff the processor confirmed: debts fall, and Amazon
// is told where the strategy asks for it. Confirming again changes nothing;
// confirming a failed one is fault.Conflict.
func (p *Pay) ConfirmPayoff(ctx context.Context, key, reference string) (Payoff, error) {
	return p.endPayoff(ctx, key, PayoffConfirmed, reference)
}

// FailPayoff frees what a payoff reserved, when the processor refused it for
// good. Failing again changes nothing; a confirmed one is fault.Conflict.
func (p *Pay) FailPayoff(ctx context.Context, key, reason string) (Payoff, error) {
	return p.endPayoff(ctx, key, PayoffFailed, reason)
}

// PayOff requests and confirms in one: money that is in already.
func (p *Pay) PayOff(ctx context.Context, o Payoff) (Payoff, error) {
	if _, err := p.RequestPayoff(ctx, o); err != nil {
		return Payoff{}, err
	}
	return p.ConfirmPayoff(ctx, o.Key, o.Note)
}

func (p *Pay) endPayoff(ctx context.Context, key, state, reference string) (Payoff, error) {
	var o Payoff
	err := p.db.Tx(ctx, func(ctx context.Context, tx *db.Tx) error {
		var err error
		if o, err = loadPayoff(ctx, tx, key); err != nil {
			return err
		}
		if o.State == state {
			return nil
		}
		if o.State != PayoffRequested {
			return fault.New(fault.Conflict, "payoff %s is %s", key, o.State)
		}
		now := time.Now()
		for _, part := range o.Parts {
			if err := p.endPart(ctx, tx, o, part, state, now); err != nil {
				return err
			}
		}
		o.State, o.Reference = state, reference
		_, err = tx.ExecContext(ctx, `UPDATE debt_payoff SET state = $1, reference = $2, changed_at = $3 WHERE payoff_key = $4`, state, reference, ms(now), key)
		if err != nil {
			return fmt.Errorf("payoff %s: %w", key, err)
		}
		return nil
	})
	return o, err
}

// endPart books one trip's part. Money that is in is booked even if the debt
// fell meanwhile: what is too much is flagged for an operator.
func (p *Pay) endPart(ctx context.Context, tx *db.Tx, o Payoff, part Part, state string, now time.Time) error {
	d, err := loadDebt(ctx, tx, part.TripID)
	if err != nil {
		return err
	}
	d.Reserved -= part.Minor
	if state == PayoffConfirmed {
		j := journal{ctx: ctx, w: tx, trip: d.TripID, by: o.By, at: ms(now)}
		rest := part.Minor
		pays := min(rest, d.Remaining())
		j.add("payoff", AccountPaid, AccountDebt, money.New(pays, d.Currency), o.Key, o.Note)
		d.Paid, rest = d.Paid+pays, rest-pays
		back := min(rest, d.WrittenOff)
		j.add("recovery", AccountPaid, AccountWrittenOff, money.New(back, d.Currency), o.Key, o.Note)
		d.Paid, d.WrittenOff, rest = d.Paid+back, d.WrittenOff-back, rest-back
		if rest > 0 {
			j.add("overpaid", AccountPaid, AccountOverpaid, money.New(rest, d.Currency), o.Key, o.Note)
			d.Surplus += rest
			if j.err == nil {
				j.err = p.raise(ctx, tx, tx, Alert{TripID: d.TripID, StoreID: d.StoreID, Kind: AlertOverpaid, Ref: o.Key, At: now,
					Note: fmt.Sprintf("%s came in for a debt that was settled meanwhile: decide on giving it back", money.New(rest, d.Currency))})
			}
		}
		if j.err != nil {
			return j.err
		}
		d.touch(now)
	}
	if err := storeDebt(ctx, tx, d); err != nil {
		return err
	}
	if state != PayoffConfirmed {
		return nil
	}
	p.debtChanged(tx, d)
	return p.reportDebt(ctx, tx, d, now)
}

// reportDebt tells Amazon how much of a trip is settled after a step of payoff.
func (p *Pay) reportDebt(ctx context.Context, tx *db.Tx, d Debt, now time.Time) error {
	pay, err := loadPayment(ctx, tx, d.TripID)
	if err != nil {
		return err
	}
	s := p.settingsOf(d.StoreID)
	return p.addReport(ctx, tx, tx, pay, s, now)
}

// WriteOff gives up what is left of a debt, in an operator's name. It is no
// payment: the payer stays out unless the store's setting says otherwise, and
// only then Amazon is told.
func (p *Pay) WriteOff(ctx context.Context, tripID, by, reason string) error {
	if by == "" || reason == "" {
		return fault.New(fault.Invalid, "write off the debt of trip %s: operator and reason are needed", tripID)
	}
	return p.db.Tx(ctx, func(ctx context.Context, tx *db.Tx) error {
		d, err := loadDebt(ctx, tx, tripID)
		if err != nil {
			return err
		}
		rest := d.Remaining()
		if rest == 0 || d.Reserved > 0 {
			return fault.New(fault.Conflict, "the debt of trip %s is %s with %d reserved by payoffs: nothing to write off", tripID, d.State, d.Reserved)
		}
		now := time.Now()
		j := journal{ctx: ctx, w: tx, trip: tripID, by: by, at: ms(now)}
		j.add("write_off", AccountWrittenOff, AccountDebt, money.New(rest, d.Currency), "", reason)
		if j.err != nil {
			return j.err
		}
		d.WrittenOff += rest
		d.touch(now)
		if err := storeDebt(ctx, tx, d); err != nil {
			return err
		}
		p.debtChanged(tx, d)
		if p.settingsOf(d.StoreID).Debt.WriteoffRestoresAccess {
			return p.reportDebt(ctx, tx, d, now)
		}
		return nil
	})
}
