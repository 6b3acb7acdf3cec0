package pay

import (
	"context"
	"fmt"
	"time"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/money"
)

// opState is where the intent of one call stands.
type opState string

const (
	opStored  opState = "stored"  // to be sent; no effect so far
	opSent    opState = "sent"    // on its way; found after a restart: unknown
	opUnknown opState = "unknown" // may have happened
	opPending opState = "pending" // Adjust answered PENDING
	opDone    opState = "done"
	opRefused opState = "refused"
	opVoid    opState = "void" // given up before anything left
)

// operation is the stored intent of one call (contract: payments 1.5): the
// body is written once and sent unchanged until the call has an outcome.
type operation struct {
	TripID   string
	Op       Op
	Seq      int64
	API      string
	State    opState
	Amount   money.Amount
	Body     string
	Attempts int64 // tries in a row that ended alike
	Touched  int64 // tries whose bytes may have left
	Lost     bool  // the doubt comes from a lost answer, not from a 5xx
	Barred   bool  // not to be sent again by the program: only evidence or a person ends the doubt

	Created, Sent, Answered, UnknownAt, Next time.Time

	Outcome string // of the last try, for people

	fresh bool // not stored yet
}

// finished tells that the call has its final outcome.
func (o *operation) finished() bool {
	return o.State == opDone || o.State == opRefused || o.State == opVoid
}

const operationRow = `trip_id text, op text, seq bigint, api text, state text, amount bigint, currency text, body text, attempts bigint,
	touched bigint, lost bigint, created_at bigint, sent_at bigint, answered_at bigint, unknown_at bigint, next_at bigint, barred bigint, outcome text`

var operationColumns = db.Names(operationRow)

// loadOperations are a trip's intents in order of their making.
func loadOperations(ctx context.Context, q db.Querier, tripID string) ([]operation, error) {
	rows, err := q.QueryContext(ctx, `SELECT `+operationColumns+` FROM pay_operation WHERE trip_id = $1 ORDER BY created_at, op, seq`, tripID)
	if err != nil {
		return nil, fmt.Errorf("operations of trip %s: %w", tripID, err)
	}
	defer rows.Close()
	var ops []operation
	for rows.Next() {
		var o operation
		var currency money.Currency
		var minor, lost, created, sent, answered, unknown, next, barred int64
		if err := rows.Scan(&o.TripID, &o.Op, &o.Seq, &o.API, &o.State, &minor, &currency, &o.Body, &o.Attempts, &o.Touched, &lost,
			&created, &sent, &answered, &unknown, &next, &barred, &o.Outcome); err != nil {
			return nil, fmt.Errorf("operations of trip %s: %w", tripID, err)
		}
		o.Amount, o.Lost, o.Barred = money.New(minor, currency), lost != 0, barred != 0
		o.Created, o.Sent, o.Answered, o.UnknownAt, o.Next = at(created), at(sent), at(answered), at(unknown), at(next)
		ops = append(ops, o)
	}
	return ops, rows.Err()
}

// putOperation keeps an intent. Body and amount of one that exists are never
// changed.
var putOperation = db.Insert("pay_operation", operationRow, `
	ON CONFLICT (trip_id, op, seq) DO UPDATE SET state = excluded.state, attempts = excluded.attempts, touched = excluded.touched, lost = excluded.lost,
		sent_at = excluded.sent_at, answered_at = excluded.answered_at, unknown_at = excluded.unknown_at, next_at = excluded.next_at, barred = excluded.barred, outcome = excluded.outcome`)

func storeOperation(ctx context.Context, w db.Putter, o operation) error {
	err := w.Put(ctx, putOperation, o.TripID, string(o.Op), o.Seq, o.API, string(o.State), o.Amount.Minor, string(o.Amount.Currency),
		o.Body, o.Attempts, o.Touched, bit(o.Lost), ms(o.Created), ms(o.Sent), ms(o.Answered), ms(o.UnknownAt), ms(o.Next), bit(o.Barred), o.Outcome)
	if err != nil {
		return fmt.Errorf("store %s of trip %s: %w", o.Op, o.TripID, err)
	}
	return nil
}

// last is the newest intent of a kind that was not given up; nil if none.
func last(ops []operation, op Op) *operation {
	for i := len(ops) - 1; i >= 0; i-- {
		if ops[i].Op == op && ops[i].State != opVoid {
			return &ops[i]
		}
	}
	return nil
}

// inFlight is the intent with a sent mark; nil if none.
func inFlight(ops []operation) *operation {
	for i := range ops {
		if ops[i].State == opSent {
			return &ops[i]
		}
	}
	return nil
}

// find is the intent in ops that o stands for; nil if it is not there.
func find(ops []operation, o operation) *operation {
	for i := range ops {
		if ops[i].Op == o.Op && ops[i].Seq == o.Seq {
			return &ops[i]
		}
	}
	return nil
}

// merged is ops with those of changed put in their place.
func merged(ops, changed []operation) []operation {
	if len(changed) == 0 {
		return ops
	}
	all := append([]operation(nil), ops...)
	for _, o := range changed {
		if have := find(all, o); have != nil {
			*have = o
		} else {
			all = append(all, o)
		}
	}
	return all
}
