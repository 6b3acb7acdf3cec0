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

var putDecision = db.Insert("gate_decision", decisionRow, "ON CONFLICT (api, event_key) WHERE recorded = 1 DO NOTHING")

// keep writes the decision. One that another process recorded meanwhile is an
// error: its transaction starts over.
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
	admitted, code := int64(0), ""
	if d.admitted() {
		admitted, code = d.admittedAt(), d.code
	}
	return []any{
		d.ID, millis(d.At), d.API, d.Event, recorded, d.body, d.StoreID, millis(d.EventAt),
		d.Location, d.Entry, d.TripID, d.Visitor, d.VisitorType, d.Instrument, d.Outcome, int64(d.Status), d.Reason, d.Rule, d.Strategy, d.Policy,
		string(shadow), string(answer), d.Took.Microseconds(), admitted, code,
	}, nil
}

// admitted says whether the decision counts as an admission.
func (d *Decision) admitted() bool { return d.admits && d.Outcome == Accepted }

// subject is whose visits an admission counts as.
func (d *Decision) subject() string {
	if d.Entry == byCard {
		return d.Instrument
	}
	return d.Visitor
}

// admittedAt is the time of an admission in milliseconds.
func (d *Decision) admittedAt() int64 {
	if d.EventAt.IsZero() {
		return millis(d.At)
	}
	return millis(d.EventAt)
}
