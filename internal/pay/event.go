package pay

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/money"
)

// Kinds of payment news from outside (contract: payments 4).
const (
	NewsCaptureApproved       = "CaptureApproved"
	NewsCaptureDeclined       = "CaptureDeclined"
	NewsAuthorizationApproved = "AuthorizationApproved"
	NewsAuthorizationDeclined = "AuthorizationDeclined"
)

// News is a fact about a trip's charge from outside: a PAYMENT event or a
// report row.
type News struct {
	TripID           string
	Kind             string
	Amount           money.Amount // zero value when it was not told
	ReconciliationID string
	At               time.Time // of the event, not of its arrival
	Source           string    // "event" or "row"
}

// Event keeps a piece of news and applies it. News may come in any order, at
// any time, any number of times: the end is the same. News of a trip nobody
// knows is kept and alerted.
func (p *Pay) Event(ctx context.Context, n News) error {
	return p.db.Tx(ctx, func(ctx context.Context, tx *db.Tx) error { return p.Evidence(ctx, tx, n) })
}

// Evidence is Event inside the caller's transaction, so that a file or a
// message and its effect are one commit.
func (p *Pay) Evidence(ctx context.Context, tx *db.Tx, n News) error {
	switch n.Kind {
	case NewsCaptureApproved, NewsCaptureDeclined, NewsAuthorizationApproved, NewsAuthorizationDeclined:
	default:
		return fault.New(fault.Invalid, "payment news of trip %s: no kind %q", n.TripID, n.Kind)
	}
	if n.TripID == "" || n.At.IsZero() {
		return fault.New(fault.Invalid, "payment news %s: trip and time are needed", n.Kind)
	}
	now := time.Now()
	res, err := tx.ExecContext(ctx, `INSERT INTO pay_evidence (trip_id, kind, reconciliation_id, event_at, amount, currency, source, applied, seen_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, '', $8) ON CONFLICT DO NOTHING`,
		n.TripID, n.Kind, n.ReconciliationID, ms(n.At), n.Amount.Minor, string(n.Amount.Currency), n.Source, ms(now))
	if err != nil {
		return fmt.Errorf("payment news of trip %s: %w", n.TripID, err)
	}
	if fresh, err := res.RowsAffected(); err != nil || fresh == 0 {
		return err
	}
	if n.Kind == NewsAuthorizationApproved || n.Kind == NewsAuthorizationDeclined {
		return nil // kept for people; an Adjust is healed by asking again
	}
	pay, err := loadPayment(ctx, tx, n.TripID)
	if errors.Is(err, fault.NotFound) {
		return p.raise(ctx, tx, tx, Alert{TripID: n.TripID, Kind: AlertIllegal, Ref: n.Kind, At: now, Note: "of a trip that is not known"})
	}
	if err != nil {
		return err
	}
	c := begin(pay, p.settingsOf(pay.StoreID), now, "news")
	ops, err := loadOperations(ctx, tx, n.TripID)
	if err != nil {
		return err
	}
	all, err := loadNews(ctx, tx, n.TripID)
	if err != nil {
		return err
	}
	if err := c.heard(n, all, ops); err != nil {
		return err
	}
	if !c.dirty() {
		return nil
	}
	c.wake = !c.p.Final()
	_, err = p.save(ctx, tx, c)
	return p.opened(err)
}

func loadNews(ctx context.Context, q db.Querier, tripID string) ([]News, error) {
	rows, err := q.QueryContext(ctx, `SELECT trip_id, kind, reconciliation_id, event_at, amount, currency, source FROM pay_evidence
		WHERE trip_id = $1 ORDER BY event_at, kind, reconciliation_id, amount`, tripID)
	if err != nil {
		return nil, fmt.Errorf("payment news of trip %s: %w", tripID, err)
	}
	defer rows.Close()
	var all []News
	for rows.Next() {
		var n News
		var when int64
		if err := rows.Scan(&n.TripID, &n.Kind, &n.ReconciliationID, &when, &n.Amount.Minor, &n.Amount.Currency, &n.Source); err != nil {
			return nil, fmt.Errorf("payment news of trip %s: %w", tripID, err)
		}
		n.At = at(when)
		all = append(all, n)
	}
	return all, rows.Err()
}

// fits tells whether the news speaks of the amount that was asked for; news
// without an amount does.
func (n News) fits(asked money.Amount) bool {
	return n.Amount.Currency == "" || n.Amount == asked
}

// heard applies one new piece of news, given all there are: the verdict is a
// function of the whole set, so their order of arrival does not matter.
func (c *change) heard(n News, all []News, ops []operation) error {
	o := last(ops, OpCapture)
	sent := o != nil && o.Touched > 0
	asked := c.p.Total
	if sent {
		asked = o.Amount
	} else if n.Amount.Currency == c.p.Total.Currency && n.Amount.Minor > 0 && n.Amount.Minor < c.p.Total.Minor {
		asked = n.Amount
	}
	if n.Kind == NewsCaptureApproved && !n.fits(asked) && c.p.State != CancelInitiated && c.p.State != NeverCharged {
		c.alert(AlertCaptureDiffers, n.ReconciliationID, fmt.Sprintf("asked for %s, reported %s: not applied", asked, n.Amount))
		return nil
	}
	var approved, declined time.Time
	first := ""
	for _, v := range all {
		switch {
		case v.Kind == NewsCaptureDeclined && v.At.After(declined):
			declined = v.At
		case v.Kind == NewsCaptureApproved && v.fits(asked):
			if v.At.After(approved) {
				approved = v.At
			}
			if v.ReconciliationID == "" {
				continue
			}
			if first == "" {
				first = v.ReconciliationID
			} else if v.ReconciliationID != first {
				c.alert(AlertDoubleCapture, "", "two captures with different reconciliation ids: decide on a refund")
			}
		}
	}
	e := captureApproved
	if declined.After(approved) {
		e = captureDeclined
	}
	to, ok := next(c.p.State, e)
	switch {
	case !ok, !sent && c.p.State != Expired, c.p.State == Parked && !c.p.Priced():
		c.alert(AlertIllegal, n.Kind, fmt.Sprintf("in state %s: kept, not applied", c.p.State))
		return nil
	case to == c.p.State:
		return nil // nothing new
	case to == Parked:
		return c.park(e, AlertIllegal, "a capture is reported for a trip whose Cancel is in doubt")
	}
	return c.verdict(e, asked, sent, o)
}

// verdict moves a payment to CAPTURED or CAPTURE_DECLINED.
func (c *change) verdict(e Event, asked money.Amount, sent bool, o *operation) error {
	booked := c.p.Captured.Minor > 0
	if err := c.on(e, ""); err != nil {
		return err
	}
	if sent && o.State != opSent {
		// What is in flight still gets its answer.
		o.State, o.UnknownAt, o.Barred = opDone, at(0), false
		c.put(*o)
	}
	if e == captureDeclined {
		c.alert(AlertCaptureDeclined, "", "the capture was declined after it was initiated")
		if booked {
			c.moves = append(c.moves, move{kind: moveUncapture, amount: c.p.Captured, cause: CauseCaptureDeclined})
		} else if !c.p.indebted {
			c.sell()
			c.move(moveOwe, c.p.Total, CauseCaptureDeclined)
		}
		c.p.Captured = c.p.zero()
		c.report()
		return nil
	}
	if booked {
		if c.s.Report.When == "confirmed" {
			c.report()
		}
		return nil
	}
	if c.p.Authorized.Minor < asked.Minor {
		// What was captured was authorised, whatever we heard of it.
		c.alert(AlertCaptureDiffers, "unasked", fmt.Sprintf("captured %s without an approval known here", asked))
		c.p.Authorized = asked
	}
	c.sell()
	c.take(asked)
	c.report()
	return nil
}
