package gate

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/jwo"
)

// Decision is one answer of the gate, as kept.
type Decision struct {
	ID          string
	At          time.Time
	API         string // jwo.APIVerifyIdentityKeys, jwo.APIGetShopperAuthorization or jwo.APIResolveScan
	Event       string // the idempotency key; empty when the request had none
	Recorded    bool   // it is the answer to every repeat of its event
	StoreID     string
	EventAt     time.Time // of the scan or tap; zero = not told
	Location    string
	Entry       string // SCAN_CODE or FINANCIAL
	TripID      string
	Visitor     string
	VisitorType string // SHOPPER, ASSOCIATE, CASH_SHOPPER; empty = not known
	Instrument  string // Amazon's token
	Outcome     string // Accepted, Refused, Invalid or Failed
	Status      int    // of the HTTP answer
	Reason      string
	Rule        string // the rule or override that decided
	Strategy    string
	Policy      string // hash of the rules in force
	Shadow      []ShadowRule
	Took        time.Duration // until it was decided

	body     string        // hash of what a repeat must not change
	code     string        // hash of the scan code's token
	age      time.Duration // of the scan code
	aged     bool
	admits   bool // counts as an admission
	answer   *jwo.ShopperAuthorizationResponse
	broken   []string // rules that could not be computed
	override string   // the act of the override that decided
	replayed bool
	started  time.Time
}

// fresh makes the next decision's row.
func (d Decision) fresh() *Decision {
	d.ID = uuid.Must(uuid.NewV7()).String()
	return &d
}

func (d *Decision) decide(outcome string, status int, reason string) {
	d.Outcome, d.Status, d.Reason = outcome, status, reason
}

const decisionRow = `id text, at bigint, api text, event_key text, recorded bigint, body text, store_id text, event_at bigint, location text,
	entry text, trip_id text, visitor text, visitor_type text, instrument text, outcome text, status bigint, reason text, rule text, strategy text,
	policy text, shadow text, answer text, took bigint, admitted_at bigint, code text`

var decisionColumns = db.Names(decisionRow)

type scanner interface{ Scan(...any) error }

func scanDecision(row scanner) (*Decision, error) {
	var d Decision
	var at, eventAt, recorded, status, took, admitted int64
	var shadow, answer string
	err := row.Scan(&d.ID, &at, &d.API, &d.Event, &recorded, &d.body, &d.StoreID, &eventAt, &d.Location, &d.Entry, &d.TripID, &d.Visitor,
		&d.VisitorType, &d.Instrument, &d.Outcome, &status, &d.Reason, &d.Rule, &d.Strategy, &d.Policy, &shadow, &answer, &took, &admitted, &d.code)
	if err != nil {
		return nil, err
	}
	d.At, d.EventAt = moment(at), moment(eventAt)
	d.Recorded, d.Status, d.Took = recorded != 0, int(status), time.Duration(took)*time.Microsecond
	if shadow != "" {
		err = json.Unmarshal([]byte(shadow), &d.Shadow)
	}
	if err == nil && answer != "" {
		d.answer = &jwo.ShopperAuthorizationResponse{}
		err = json.Unmarshal([]byte(answer), d.answer)
	}
	return &d, err
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

// prior reads the recorded answer to an event; nil when there is none.
func prior(ctx context.Context, q db.Querier, api, event string) (*Decision, error) {
	if event == "" {
		return nil, nil
	}
	d, err := scanDecision(q.QueryRowContext(ctx, `SELECT `+decisionColumns+` FROM gate_decision
		WHERE api = $1 AND event_key = $2 AND recorded = 1`, api, event))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("recorded answer: %w", err)
	}
	d.replayed = true
	return d, nil
}
