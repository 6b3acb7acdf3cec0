package gate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/fault"
)

var (
	putDecision = db.Insert("gate_decision", decisionRow, "ON CONFLICT (api, event_key) WHERE recorded = 1 DO NOTHING")

	putAdmission = db.Insert("gate_admission",
		"decision_id text, subject text, at bigint, noted_at bigint, store_id text, entry text, code text", "")
)

// keep writes the decision, and the admission if it is one. A decision that
// another process recorded meanwhile is an error: its transaction starts over.
func (d *Decision) keep(ctx context.Context, tx *db.Tx) error {
	row, err := d.row()
	if err != nil {
		return err
	}
	switch err := tx.Put(ctx, putDecision, row...); {
	case errors.Is(err, db.ErrChanged):
		return fault.New(fault.Unavailable, "record decision: the event was decided elsewhere at the same moment")
	case err != nil:
		return fmt.Errorf("record decision: %w", err)
	}
	if !d.admitted() {
		return nil
	}
	if err := d.keepAdmission(ctx, tx); err != nil {
		return fmt.Errorf("record admission: %w", err)
	}
	return nil
}

// row stamps the decision and is its row.
func (d *Decision) row() ([]any, error) {
	now := time.Now()
	d.At, d.Took = now, now.Sub(d.started)
	var shadow, answer []byte
	var err error
	if len(d.Shadow) > 0 {
		if shadow, err = json.Marshal(d.Shadow); err != nil {
			return nil, fmt.Errorf("record decision: %w", err)
		}
	}
	if d.answer != nil {
		if answer, err = json.Marshal(d.answer); err != nil {
			return nil, fmt.Errorf("record decision: %w", err)
		}
	}
	recorded := int64(0)
	if d.Recorded {
		recorded = 1
	}
	return []any{
		d.ID, millis(d.At), d.API, d.Event, recorded, d.body, d.StoreID, millis(d.EventAt),
		d.Location, d.Entry, d.TripID, d.Visitor, d.VisitorType, d.Instrument, d.Outcome, int64(d.Status), d.Reason, d.Rule, d.Strategy, d.Policy,
		string(shadow), string(answer), d.Took.Microseconds(),
	}, nil
}

// admitted says whether the decision counts as an admission.
func (d *Decision) admitted() bool { return d.admits && d.Outcome == Accepted }

// keepAdmission writes the admission of a decision that row has stamped.
func (d *Decision) keepAdmission(ctx context.Context, w db.Putter) error {
	subject, at := d.admission()
	return w.Put(ctx, putAdmission, d.ID, subject, at, millis(d.At), d.StoreID, d.Entry, d.code)
}

// admission is who was admitted, and when in milliseconds.
func (d *Decision) admission() (subject string, at int64) {
	subject = d.Visitor
	if d.Entry == byCard {
		subject = d.Instrument
	}
	if d.EventAt.IsZero() {
		return subject, millis(d.At)
	}
	return subject, millis(d.EventAt)
}
