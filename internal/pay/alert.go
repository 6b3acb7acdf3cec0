package pay

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/fault"
)

// Kinds of alerts. Each is raised once per trip and Ref.
const (
	AlertUncharged       = "uncharged"             // with _50 or _90: percent of the pre-authorization gone, cart not charged
	AlertNeverCharged    = "never_charged"         // a pre-authorization ended without a cart
	AlertExpired         = "expired"               // ended before the cart was charged: debt
	AlertExpiredUnpriced = "expired_unpriced"      // the same, without a known total
	AlertDeclined        = "declined"              // adjustment declined
	AlertCaptureDeclined = "capture_declined"      // reported after the Capture was accepted
	AlertRefused         = "refused"               // a call was refused for good: parked
	AlertWrongRoute      = "wrong_route"           // app trip unknown to the payment service
	AlertIntegrity       = "integrity"             // an answer that cannot be true: parked
	AlertPartial         = "partly_approved"       // parked by the store's setting
	AlertNoAuthorized    = "no_authorized_amount"  // approved without an amount
	AlertMoreAuthorized  = "more_authorized"       // approved more than asked
	AlertCaptureUnknown  = "capture_unknown"       // only a person or evidence can tell
	AlertWeakEvidence    = "capture_weak_evidence" // taken as accepted, to be confirmed
	AlertDoubleCapture   = "double_capture"        // two captures reported for one trip
	AlertCaptureDiffers  = "capture_differs"       // reported with another amount than asked
	AlertIllegal         = "illegal_event"         // an event that cannot be; kept, not applied
	AlertOverpaid        = "overpaid"              // captured although the debt was paid
	AlertDeadline        = "deadline_at_risk"      // a pause lasts beyond the pre-authorization
	AlertOverdue         = "parked_overdue"        // nobody dealt with a parked payment
	AlertPaused          = "api_denied"            // 403: an API is paused
	AlertReportParked    = "report_parked"         // a report needs an operator
	AlertReportFalls     = "report_would_fall"     // settled less than was reported before
	AlertInvariant       = "invariant_broken"      // a fault of this program
	AlertHoldCurrency    = "hold_currency"         // pre-authorized in another currency
	AlertLateCart        = "late_cart"             // a cart after its pre-authorization was closed
)

// Alert is something a person should look at.
type Alert struct {
	TripID, StoreID string
	Kind, Ref       string
	At              time.Time
	Note            string
	Done            time.Time // zero while open
	DoneBy          string
}

var putAlert = db.Insert("pay_alert", "trip_id text, kind text, ref text, store_id text, at bigint, note text, done_at bigint, done_by text",
	"ON CONFLICT (trip_id, kind, ref) DO NOTHING").Loose()

// raise keeps the alert unless it was raised before, then tells log and metric.
func (p *Pay) raise(ctx context.Context, q db.Querier, w db.Putter, a Alert) error {
	var n int
	err := q.QueryRowContext(ctx, `SELECT COUNT(*) FROM pay_alert WHERE trip_id = $1 AND kind = $2 AND ref = $3`, a.TripID, a.Kind, a.Ref).Scan(&n)
	if err == nil && n == 0 {
		err = w.Put(ctx, putAlert, a.TripID, a.Kind, a.Ref, a.StoreID, ms(a.At), a.Note, int64(0), "")
	}
	if err != nil {
		return fmt.Errorf("alert %s of trip %s: %w", a.Kind, a.TripID, err)
	}
	if n > 0 {
		return nil
	}
	w.AfterCommit(func() {
		p.m.alerts.Inc(a.Kind)
		level := slog.LevelWarn
		switch a.Kind {
		case AlertDoubleCapture, AlertIntegrity, AlertInvariant, AlertPaused:
			level = slog.LevelError
		}
		p.log.LogAttrs(context.Background(), level, "payment alert", slog.String("alert", a.Kind), slog.String("trip", a.TripID), slog.String("store", a.StoreID), slog.String("note", a.Note))
	})
	return nil
}

// Alerts are the open alerts, oldest first; all of one trip if it is named.
func (p *Pay) Alerts(ctx context.Context, tripID string) ([]Alert, error) {
	rows, err := p.db.Reader().QueryContext(ctx, `SELECT trip_id, kind, ref, store_id, at, note, done_at, done_by FROM pay_alert
		WHERE (trip_id = $1 OR ($1 = '' AND done_at = 0)) ORDER BY at, trip_id, kind`, tripID)
	if err != nil {
		return nil, fmt.Errorf("alerts: %w", err)
	}
	defer rows.Close()
	var all []Alert
	for rows.Next() {
		var a Alert
		var raised, done int64
		if err := rows.Scan(&a.TripID, &a.Kind, &a.Ref, &a.StoreID, &raised, &a.Note, &done, &a.DoneBy); err != nil {
			return nil, fmt.Errorf("alerts: %w", err)
		}
		a.At, a.Done = at(raised), at(done)
		all = append(all, a)
	}
	return all, rows.Err()
}

// Acknowledge closes an alert in an operator's name.
func (p *Pay) Acknowledge(ctx context.Context, tripID, kind, ref, by string) error {
	if by == "" {
		return fault.New(fault.Invalid, "acknowledge %s: no operator named", kind)
	}
	return p.db.Tx(ctx, func(ctx context.Context, tx *db.Tx) error {
		res, err := tx.ExecContext(ctx, `UPDATE pay_alert SET done_at = $1, done_by = $2 WHERE trip_id = $3 AND kind = $4 AND ref = $5 AND done_at = 0`,
			ms(time.Now()), by, tripID, kind, ref)
		if err != nil {
			return fmt.Errorf("acknowledge %s: %w", kind, err)
		}
		if n, _ := res.RowsAffected(); n == 0 {
			return fault.New(fault.NotFound, "no open alert %s of trip %s", kind, tripID)
		}
		return nil
	})
}
