package outbox

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/fault"
)

// The states of an unfinished job.
const (
	Waiting = "waiting" // for its time
	Ready   = "ready"   // due, for a free worker
	Running = "running" // leased by a worker
	Parked  = "parked"  // for a person
)

// Filter narrows List; empty fields do not.
type Filter struct {
	Kind, State string
	// Limit is how many rows at most; 0 means 1000.
	Limit int
}

// Row is a job as operators see it.
type Row struct {
	ID, Kind, Key string
	State         string // Waiting, Ready, Running or Parked
	Payload       json.RawMessage
	RunAt         time.Time
	Deadline      time.Time // zero when there is none
	Attempt       int       // failed attempts so far
	Rescued       int       // times a worker died with it since it last finished a run
	Owner         string    // who runs it
	LeasedUntil   time.Time // zero unless running
	Error         string    // of the last attempt
	Added         time.Time
}

// List returns unfinished jobs, oldest first; none is an empty slice.
func (o *Outbox) List(ctx context.Context, f Filter) ([]Row, error) {
	if f.Limit <= 0 {
		f.Limit = 1000
	}
	rows, err := o.db.Reader().QueryContext(ctx, `
		SELECT id, kind, key, state, payload, run_at, deadline, attempt, rescued, owner, leased_until, error, added
		FROM job WHERE ($1 = '' OR kind = $1) AND ($2 = '' OR state = $2) ORDER BY added, id LIMIT $3`,
		f.Kind, f.State, f.Limit)
	if err != nil {
		return nil, fmt.Errorf("list jobs: %w", err)
	}
	defer rows.Close()
	all := []Row{}
	for rows.Next() {
		var r Row
		var payload string
		var runAt, deadline, leased, added int64
		if err := rows.Scan(&r.ID, &r.Kind, &r.Key, &r.State, &payload, &runAt, &deadline,
			&r.Attempt, &r.Rescued, &r.Owner, &leased, &r.Error, &added); err != nil {
			return nil, fmt.Errorf("list jobs: %w", err)
		}
		r.Payload = json.RawMessage(payload)
		r.RunAt, r.Deadline, r.Added = fromMillis(runAt), fromMillis(deadline), fromMillis(added)
		if r.State == Running {
			r.LeasedUntil = fromMillis(leased)
		}
		all = append(all, r)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list jobs: %w", err)
	}
	return all, nil
}

// Retry makes a waiting or parked job due now, with its attempts forgotten.
// fault.NotFound: there is no such unfinished job; fault.Conflict: it is
// running.
func (o *Outbox) Retry(ctx context.Context, id string) error {
	err := o.db.Tx(ctx, func(ctx context.Context, tx *db.Tx) error {
		var state string
		err := tx.QueryRowContext(ctx, `SELECT state FROM job WHERE id = $1`, id).Scan(&state)
		if errors.Is(err, sql.ErrNoRows) {
			return fault.New(fault.NotFound, "there is no unfinished job %s", id)
		}
		if err != nil {
			return err
		}
		now := time.Now()
		res, err := tx.ExecContext(ctx, `
			UPDATE job SET state = 'ready', attempt = 0, run_at = CASE WHEN run_at < $1 THEN run_at ELSE $1 END
			WHERE id = $2 AND state <> 'running'`, now.UnixMilli(), id)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil {
			return err
		} else if n == 0 {
			return fault.New(fault.Conflict, "job %s is %s", id, state)
		}
		tx.AfterCommit(func() { o.bell.ring(now) })
		return nil
	})
	if err != nil {
		return fmt.Errorf("retry: %w", err)
	}
	return nil
}

// Rest says whether anything is left to do: how many jobs are neither finished
// nor parked, and when the next of them is due. The time is in the past for
// those that are due or running, and zero when there is none.
func (o *Outbox) Rest(ctx context.Context) (pending int, next time.Time, err error) {
	var at int64
	err = o.db.Reader().QueryRowContext(ctx, `
		SELECT COUNT(*), COALESCE(MIN(run_at), $1) FROM job WHERE state <> 'parked'`,
		int64(math.MaxInt64)).Scan(&pending, &at)
	if err != nil {
		return 0, time.Time{}, fmt.Errorf("count jobs: %w", err)
	}
	return pending, fromMillis(at), nil
}
