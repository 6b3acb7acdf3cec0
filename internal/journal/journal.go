package journal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/metric"
)

// Directions of a call.
const (
	In  = "in"  // Amazon called us
	Out = "out" // we called Amazon
)

// Call is one request and how it ended.
type Call struct {
	At        time.Time     `json:"at"`
	Direction string        `json:"direction"` // In or Out
	API       string        `json:"api"`       // operation name, such as AdjustCharge
	StoreID   string        `json:"store,omitempty"`
	TripID    string        `json:"trip,omitempty"`
	RequestID string        `json:"request,omitempty"`
	Status    int           `json:"status"`  // HTTP status; 0 when no answer came
	Outcome   string        `json:"outcome"` // done, refused, unknown, …
	Took      time.Duration `json:"took_ns"`
}

const (
	queued = 8192 // calls that may wait for the writer; beyond it they are counted and dropped
	group  = 256  // rows in one commit
	// linger is how long a call waits for others to share its commit: nobody
	// waits for a journal, and its commits compete with those that shoppers
	// wait for.
	linger = 50 * time.Millisecond
)

const columns = `id text, at bigint, direction text, api text, store_id text, trip_id text, request_id text, status bigint, outcome text, took_us bigint`

// Calls are one write: the first of them is its claim.
var (
	claimCall = db.Insert("api_call", columns, "ON CONFLICT (id) DO NOTHING")
	putCall   = db.Insert("api_call", columns, "")
	kind      = db.NewKind("journal", claimCall, "id", nil, putCall)
)

// Journal writes calls behind the requests that made them.
type Journal struct {
	db      *db.DB
	log     *slog.Logger
	calls   chan Call
	dropped *metric.Counter
	took    *metric.Seconds
}

// New makes a journal on a database. Nothing is written until Run.
func New(d *db.DB, log *slog.Logger, m *metric.Set) *Journal {
	return &Journal{
		db: d, log: log, calls: make(chan Call, queued),
		dropped: m.Counter("stroll_journal_dropped_total", "Calls not kept because the journal's writer was behind."),
		took: m.Seconds("stroll_api_call_seconds", "Duration of calls to and from Amazon.",
			"direction", "api", "status"),
	}
}

// Record takes a call; it never blocks and never fails.
func (j *Journal) Record(c Call) {
	j.took.Observe(c.Took, c.Direction, c.API, strconv.Itoa(c.Status))
	select {
	case j.calls <- c:
	default:
		j.dropped.Inc()
	}
}

// Run writes what is recorded until the context ends, and then what still
// waits.
func (j *Journal) Run(ctx context.Context) error {
	whole := context.WithoutCancel(ctx) // the end must not cut a write short
	for {
		select {
		case <-ctx.Done():
			for len(j.calls) > 0 {
				j.write(whole, j.take(ctx, <-j.calls))
			}
			return nil
		case c := <-j.calls:
			j.write(whole, j.take(ctx, c))
		}
	}
}

// take adds to the first call what else comes in a while, up to a group.
func (j *Journal) take(ctx context.Context, first Call) []Call {
	calls := []Call{first}
	enough := time.NewTimer(linger)
	defer enough.Stop()
	for len(calls) < group {
		select {
		case c := <-j.calls:
			calls = append(calls, c)
			continue
		default:
		}
		select {
		case c := <-j.calls:
			calls = append(calls, c)
		case <-enough.C:
			return calls
		case <-ctx.Done():
			return calls
		}
	}
	return calls
}

func (j *Journal) write(ctx context.Context, calls []Call) {
	var w *db.Write
	var err error
	for _, c := range calls {
		id := uuid.Must(uuid.NewV7()).String()
		row := []any{id, c.At.UnixMilli(), c.Direction, c.API, c.StoreID, c.TripID, c.RequestID, int64(c.Status), c.Outcome, c.Took.Microseconds()}
		if w == nil {
			w = kind.New(id, "")
			w.Claim(row...)
		} else {
			err = errors.Join(err, w.Put(ctx, putCall, row...))
		}
	}
	if err == nil {
		_, err = j.db.Write(ctx, w)
	}
	if err != nil {
		j.dropped.Add(int64(len(calls)))
		j.log.Warn("journal: calls not kept", "calls", len(calls), "error", err)
	}
}

// Filter picks calls; empty fields pick all.
type Filter struct {
	TripID, API, Direction string
	Limit                  int // default 100
}

// List returns calls, the newest first.
func (j *Journal) List(ctx context.Context, f Filter) ([]Call, error) {
	if f.Limit <= 0 {
		f.Limit = 100
	}
	// Only the conditions asked for, so that each question can use its index.
	var where []string
	var args []any
	for column, value := range map[string]string{"trip_id": f.TripID, "api": f.API, "direction": f.Direction} {
		if value != "" {
			args = append(args, value)
			where = append(where, fmt.Sprintf("%s = $%d AND %s <> ''", column, len(args), column)) // the index leaves the empty text out
		}
	}
	q := `SELECT at, direction, api, store_id, trip_id, request_id, status, outcome, took_us FROM api_call`
	if len(where) > 0 {
		q += " WHERE " + strings.Join(where, " AND ")
	}
	args = append(args, f.Limit)
	q += fmt.Sprintf(" ORDER BY at DESC, id DESC LIMIT $%d", len(args))
	rows, err := j.db.Reader().QueryContext(ctx, q, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	calls := []Call{}
	for rows.Next() {
		var c Call
		var at, took int64
		if err := rows.Scan(&at, &c.Direction, &c.API, &c.StoreID, &c.TripID, &c.RequestID, &c.Status, &c.Outcome, &took); err != nil {
			return nil, err
		}
		c.At, c.Took = time.UnixMilli(at).UTC(), time.Duration(took)*time.Microsecond
		calls = append(calls, c)
	}
	return calls, rows.Err()
}

// Purge forgets calls older than a moment and returns how many.
func (j *Journal) Purge(ctx context.Context, before time.Time) (n int64, err error) {
	err = j.db.Tx(ctx, func(ctx context.Context, tx *db.Tx) error {
		res, err := tx.ExecContext(ctx, `DELETE FROM api_call WHERE at < $1`, before.UnixMilli())
		if err != nil {
			return err
		}
		n, err = res.RowsAffected()
		return err
	})
	return n, err
}
