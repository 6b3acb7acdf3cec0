package journal

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
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
	group  = 256  // rows in one transaction
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
				j.write(whole, j.take(<-j.calls))
			}
			return nil
		case c := <-j.calls:
			j.write(whole, j.take(c))
		}
	}
}

// take adds to the first call whatever else waits, up to a group.
func (j *Journal) take(first Call) []Call {
	calls := []Call{first}
	for len(calls) < group {
		select {
		case c := <-j.calls:
			calls = append(calls, c)
		default:
			return calls
		}
	}
	return calls
}

const columns = 10

// insert is a statement for a number of calls. There are only a few, so that
// they stay prepared, and of few parameters, which the databases like.
type insert struct {
	calls int
	text  string
}

var inserts = []insert{newInsert(16), newInsert(4), newInsert(1)}

func newInsert(calls int) insert {
	var q strings.Builder
	q.WriteString(`INSERT INTO api_call (id, at, direction, api, store_id, trip_id, request_id, status, outcome, took_us) VALUES `)
	for i := range calls * columns {
		switch {
		case i == 0:
			q.WriteString("($")
		case i%columns == 0:
			q.WriteString("), ($")
		default:
			q.WriteString(", $")
		}
		q.WriteString(strconv.Itoa(i + 1))
	}
	return insert{calls, q.String() + ")"}
}

func (j *Journal) write(ctx context.Context, calls []Call) {
	args := make([]any, 0, columns*len(calls))
	for _, c := range calls {
		args = append(args, uuid.Must(uuid.NewV7()).String(), c.At.UnixMilli(), c.Direction, c.API,
			c.StoreID, c.TripID, c.RequestID, c.Status, c.Outcome, c.Took.Microseconds())
	}
	err := j.db.Tx(ctx, func(ctx context.Context, tx *db.Tx) error {
		for rest := args; len(rest) > 0; {
			i := slices.IndexFunc(inserts, func(x insert) bool { return x.calls*columns <= len(rest) })
			x := inserts[i]
			if _, err := tx.ExecContext(ctx, x.text, rest[:x.calls*columns]...); err != nil {
				return err
			}
			rest = rest[x.calls*columns:]
		}
		return nil
	})
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
