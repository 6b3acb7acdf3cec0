package pay

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/internal/outbox"
	"github.com/strollhq/stroll/jwo"
	"github.com/strollhq/stroll/money"
)

// Entrance is an app shopper at the gate, before there is a trip.
type Entrance struct {
	EventID string // of the entry event; the cart names it again
	StoreID string
	Visitor string
	At      time.Time
}

// States of the own processor's pre-authorization.
const (
	preauthWanted   = "WANTED"
	preauthHeld     = "HELD"
	preauthRefused  = "REFUSED"
	preauthTaken    = "TAKEN"    // by the trip's payment
	preauthReleased = "RELEASED" // no trip came, or it came first
)

// Enter asks for the own processor's pre-authorization after the gate's
// answer, in the gate's transaction; it never delays the gate. Nothing happens
// in stores whose app trips are not charged there or that want none.
func (p *Pay) Enter(ctx context.Context, tx *db.Tx, e Entrance) error {
	s := p.settingsOf(e.StoreID)
	if s.Settlement.Route != OwnProcessor || s.Own.Preauth != "after_answer" {
		return nil
	}
	return p.want(ctx, tx, e, s)
}

// EnterNow makes the pre-authorization before the gate answers, in stores that
// want it so, and tells whether it was refused. A processor that does not
// answer refuses nobody: the shopper is charged at the exit.
func (p *Pay) EnterNow(ctx context.Context, e Entrance) (refused bool, err error) {
	s := p.settingsOf(e.StoreID)
	if s.Settlement.Route != OwnProcessor || s.Own.Preauth != "before_answer" {
		return false, nil
	}
	if err := p.db.Tx(ctx, func(ctx context.Context, tx *db.Tx) error { return p.want(ctx, tx, e, s) }); err != nil {
		return false, err
	}
	v, err := p.loadPreauth(ctx, p.db.Reader(), e.EventID)
	if err != nil {
		return false, err
	}
	if v.state == preauthWanted {
		v, err = p.hold(ctx, v)
	}
	return v.state == preauthRefused, err
}

func (p *Pay) want(ctx context.Context, tx *db.Tx, e Entrance, s Settings) error {
	if e.EventID == "" {
		return fault.New(fault.Invalid, "pre-authorize an entry: its event is needed")
	}
	amount := s.hold(s.Currency)
	if amount.Minor <= 0 {
		return nil
	}
	now := time.Now()
	until := expiresAt(s.Own.Lifetime, now, e.At)
	_, err := tx.ExecContext(ctx, `INSERT INTO pay_preauth (event_id, store_id, visitor, amount, currency, state, reference, trip_id, at, expires_at)
		VALUES ($1, $2, $3, $4, $5, 'WANTED', '', '', $6, $7) ON CONFLICT (event_id) DO NOTHING`,
		e.EventID, e.StoreID, e.Visitor, amount.Minor, string(amount.Currency), ms(now), ms(until))
	if err != nil {
		return fmt.Errorf("pre-authorize entry %s: %w", e.EventID, err)
	}
	return p.outbox.Add(ctx, tx, outbox.Job{Kind: PreauthJob, Key: e.EventID, Deadline: until})
}

// preauth is a row of pay_preauth.
type preauth struct {
	event, store, visitor, state, reference string
	amount                                  money.Amount
	expires                                 time.Time
}

func (p *Pay) loadPreauth(ctx context.Context, q db.Querier, event string) (preauth, error) {
	v := preauth{event: event}
	var until int64
	err := q.QueryRowContext(ctx, `SELECT store_id, visitor, amount, currency, state, reference, expires_at FROM pay_preauth WHERE event_id = $1`, event).
		Scan(&v.store, &v.visitor, &v.amount.Minor, &v.amount.Currency, &v.state, &v.reference, &until)
	if errors.Is(err, sql.ErrNoRows) {
		return v, fault.New(fault.NotFound, "no pre-authorization of entry %s", event)
	}
	v.expires = at(until)
	if err != nil {
		return v, fmt.Errorf("pre-authorization of entry %s: %w", event, err)
	}
	return v, nil
}

// preauthorize is the job of one entry: hold, wait for the trip, release what
// no trip took.
func (p *Pay) preauthorize(ctx context.Context, r outbox.Run) error {
	v, err := p.loadPreauth(ctx, p.db.Reader(), r.Key)
	if err != nil {
		return outbox.Stop(err)
	}
	if v.state == preauthWanted {
		if v, err = p.hold(ctx, v); err != nil {
			return err
		}
	}
	if v.state != preauthHeld {
		return nil
	}
	if wait := time.Until(v.expires); wait > 0 {
		return outbox.Later(wait)
	}
	return p.letGo(ctx, v)
}

func (v preauth) call(op Op) ProcessorCall {
	c := ProcessorCall{Key: v.event + ":preauth:" + string(op), Op: op, TripID: v.event, Shopper: v.visitor, Reference: v.reference}
	if op == OpAdjust {
		c.Currency, c.Minor = v.amount.Currency, v.amount.Minor
	}
	return c
}

// hold asks for the authorization. If the trip came first it is given back.
func (p *Pay) hold(ctx context.Context, v preauth) (preauth, error) {
	if p.own.processor == nil {
		return v, errors.New("no own processor is connected")
	}
	resp, err := p.own.processor.Do(ctx, v.call(OpAdjust))
	var refused *ProcessorError
	switch {
	case err != nil && errors.As(err, &refused) && refused.Outcome == jwo.Refused, err == nil && resp.Status == jwo.Declined:
		v.state = preauthRefused
	case err != nil:
		return v, fmt.Errorf("pre-authorize entry %s: %w", v.event, err)
	default:
		v.state, v.reference = preauthHeld, resp.Reference
	}
	won := false
	err = p.db.Tx(context.WithoutCancel(ctx), func(ctx context.Context, tx *db.Tx) error {
		res, err := tx.ExecContext(ctx, `UPDATE pay_preauth SET state = $1, reference = $2 WHERE event_id = $3 AND state = 'WANTED'`, v.state, v.reference, v.event)
		if err != nil {
			return fmt.Errorf("pre-authorization of entry %s: %w", v.event, err)
		}
		n, err := res.RowsAffected()
		won = n == 1
		return err
	})
	if err == nil && !won && v.state == preauthHeld {
		err = p.letGo(ctx, v)
		v.state = preauthReleased
	}
	return v, err
}

// letGo releases a hold that no trip took.
func (p *Pay) letGo(ctx context.Context, v preauth) error {
	_, err := p.own.processor.Do(ctx, v.call(OpCancel))
	var refused *ProcessorError
	if err != nil && (!errors.As(err, &refused) || refused.Outcome != jwo.Refused) {
		return fmt.Errorf("release entry %s: %w", v.event, err)
	}
	return p.db.Tx(context.WithoutCancel(ctx), func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE pay_preauth SET state = 'RELEASED' WHERE event_id = $1 AND state IN ('HELD', 'WANTED')`, v.event)
		return err
	})
}

// adopt gives the hold of the trip's entry to its payment. One that is still
// being asked for is no longer wanted.
func (p *Pay) adopt(ctx context.Context, tx *db.Tx, c *change, events []string) error {
	for _, event := range events {
		v, err := p.loadPreauth(ctx, tx, event)
		if errors.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return err
		}
		to := ""
		switch v.state {
		case preauthWanted:
			to = preauthReleased
		case preauthHeld:
			if c.p.authRef != "" {
				continue // a group has one payer; the other's hold is released at its end
			}
			to = preauthTaken
			c.p.authRef, c.p.Hold = v.reference, v.amount
		default:
			continue
		}
		if _, err := tx.ExecContext(ctx, `UPDATE pay_preauth SET state = $1, trip_id = $2 WHERE event_id = $3`, to, c.p.TripID, event); err != nil {
			return fmt.Errorf("pre-authorization of entry %s: %w", event, err)
		}
	}
	return nil
}
