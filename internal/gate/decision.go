package gate

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/fault"
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

const decisionColumns = `id, at, api, event_key, recorded, body, store_id, event_at, location, entry, trip_id, visitor, visitor_type,
	instrument, outcome, status, reason, rule, strategy, policy, shadow, answer, took`

type scanner interface{ Scan(...any) error }

func scanDecision(row scanner) (*Decision, error) {
	var d Decision
	var at, eventAt, recorded, status, took int64
	var shadow, answer string
	err := row.Scan(&d.ID, &at, &d.API, &d.Event, &recorded, &d.body, &d.StoreID, &eventAt, &d.Location, &d.Entry, &d.TripID, &d.Visitor,
		&d.VisitorType, &d.Instrument, &d.Outcome, &status, &d.Reason, &d.Rule, &d.Strategy, &d.Policy, &shadow, &answer, &took)
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

var insertDecision = `INSERT INTO gate_decision (` + decisionColumns + `)
	VALUES ($1` + func() string {
	var b strings.Builder
	for i := 2; i <= 1+strings.Count(decisionColumns, ","); i++ {
		fmt.Fprintf(&b, ", $%d", i)
	}
	return b.String()
}() + `) ON CONFLICT (api, event_key) WHERE recorded = 1 DO NOTHING`

// keep writes the decision, and the admission if it is one. A decision that
// another process recorded meanwhile is an error: its transaction starts over.
func (d *Decision) keep(ctx context.Context, tx *db.Tx) error {
	now := time.Now()
	d.At, d.Took = now, now.Sub(d.started)
	var shadow, answer []byte
	var err error
	if len(d.Shadow) > 0 {
		if shadow, err = json.Marshal(d.Shadow); err != nil {
			return fmt.Errorf("record decision: %w", err)
		}
	}
	if d.answer != nil {
		if answer, err = json.Marshal(d.answer); err != nil {
			return fmt.Errorf("record decision: %w", err)
		}
	}
	var recorded int64
	if d.Recorded {
		recorded = 1
	}
	res, err := tx.ExecContext(ctx, insertDecision, d.ID, millis(d.At), d.API, d.Event, recorded, d.body, d.StoreID, millis(d.EventAt),
		d.Location, d.Entry, d.TripID, d.Visitor, d.VisitorType, d.Instrument, d.Outcome, int64(d.Status), d.Reason, d.Rule, d.Strategy, d.Policy,
		string(shadow), string(answer), d.Took.Microseconds())
	if err != nil {
		return fmt.Errorf("record decision: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return fault.New(fault.Unavailable, "record decision: the event was decided elsewhere at the same moment")
	}
	if !d.admits || d.Outcome != Accepted {
		return nil
	}
	subject, at := d.Visitor, d.EventAt
	if d.Entry == byCard {
		subject = d.Instrument
	}
	if at.IsZero() {
		at = now
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO gate_admission (decision_id, subject, at, noted_at, store_id, entry, code)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`, d.ID, subject, millis(at), millis(now), d.StoreID, d.Entry, d.code)
	if err != nil {
		return fmt.Errorf("record admission: %w", err)
	}
	return nil
}

// visits counts who was admitted in the hour and the day before the event.
func visits(ctx context.Context, q db.Querier, subject string, at time.Time) (hour, day int, err error) {
	err = q.QueryRowContext(ctx, `SELECT COALESCE(SUM(CASE WHEN at > $1 THEN 1 ELSE 0 END), 0), COUNT(*)
		FROM gate_admission WHERE subject = $2 AND at > $3 AND at <= $4`,
		at.Add(-time.Hour).UnixMilli(), subject, at.Add(-24*time.Hour).UnixMilli(), at.UnixMilli()).Scan(&hour, &day)
	if err != nil {
		return 0, 0, fmt.Errorf("count visits: %w", err)
	}
	return hour, day, nil
}
