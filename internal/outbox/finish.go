package outbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/strollhq/stroll/internal/db"
)

// maxBatch bounds the jobs written in one statement.
const maxBatch = 128

// verdict is what becomes of a job after its handler has returned.
type verdict struct {
	job     held
	outcome string
	state   string    // when not done: where it goes, unless it was added again meanwhile
	at      time.Time // when to run again
	attempt int       // failed attempts to remember
	err     string    // to show
}

// The outcomes, as metrics show them.
const (
	outDone     = "done"
	outAgain    = "again"    // done, and added once more while it ran
	outLater    = "later"    // the handler asked to wait
	outRetry    = "retry"    // an error, to be tried again
	outParked   = "parked"   // for a person
	outReleased = "released" // given back at shutdown
	outLost     = "lost"     // the lease was lost; somebody else has it
)

// fate is what became of a job.
type fate struct {
	outcome string
	next    int64 // when it runs again; 0 when it does not
}

// finish writes verdicts and returns the fate of each job by its id. Whoever
// has lost the lease changes nothing.
func (s store) finish(ctx context.Context, verdicts []verdict) (map[string]fate, error) {
	// In one order everywhere, so that two processes do not wait for each other.
	slices.SortFunc(verdicts, func(a, b verdict) int { return strings.Compare(a.job.ID, b.job.ID) })
	var fates map[string]fate
	err := s.db.TxReadCommitted(ctx, func(ctx context.Context, tx *db.Tx) error {
		fates = make(map[string]fate, len(verdicts))
		now := time.Now().UnixMilli()
		var done []held
		for _, v := range verdicts {
			if v.outcome == outDone {
				done = append(done, v.job)
			} else if err := s.put(ctx, tx, v, now, fates); err != nil {
				return err
			}
		}
		return s.remove(ctx, tx, done, now, fates)
	})
	if err != nil {
		return nil, fmt.Errorf("finish %d jobs: %w", len(verdicts), err)
	}
	return fates, nil
}

// remove deletes finished jobs, except those added again while they ran.
func (s store) remove(ctx context.Context, tx *db.Tx, done []held, now int64, fates map[string]fate) error {
	if len(done) == 0 {
		return nil
	}
	var args []any
	ids, leases := both(&args, done)
	gone, err := ids1(tx.QueryContext(ctx, `
		DELETE FROM job WHERE id IN (`+ids+`) AND lease IN (`+leases+`) AND again_at = 0 RETURNING id`, args...))
	if err != nil {
		return err
	}
	for _, j := range done {
		fates[j.ID] = fate{outcome: outLost}
	}
	for _, id := range gone {
		fates[id] = fate{outcome: outDone}
	}
	if len(gone) == len(done) {
		return nil
	}
	args = []any{now}
	ids, leases = both(&args, done)
	rows, err := tx.QueryContext(ctx, `
		UPDATE job SET state = CASE WHEN again_at <= $1 THEN 'ready' ELSE 'waiting' END, run_at = again_at,
			again_at = 0, attempt = 0, rescued = 0, error = '', owner = '', lease = '', leased_until = 0
		WHERE id IN (`+ids+`) AND lease IN (`+leases+`) RETURNING id, run_at`, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		again := fate{outcome: outAgain}
		if err := rows.Scan(&id, &again.next); err != nil {
			return err
		}
		fates[id] = again
	}
	return rows.Err()
}

// put sends a job that is not done where its verdict says; one added again
// meanwhile runs at the earlier time and is not parked.
func (s store) put(ctx context.Context, tx *db.Tx, v verdict, now int64, fates map[string]fate) error {
	f := fate{outcome: v.outcome}
	var state string
	err := tx.QueryRowContext(ctx, `
		UPDATE job SET
			state = CASE WHEN again_at <> 0 AND again_at <= $1 THEN 'ready'
			             WHEN again_at <> 0 AND $2 = 'parked' THEN 'waiting'
			             ELSE $2 END,
			run_at = CASE WHEN again_at <> 0 AND (again_at < $3 OR $2 = 'parked') THEN again_at ELSE $3 END,
			attempt = $4, error = $5, again_at = 0, rescued = 0, owner = '', lease = '', leased_until = 0
		WHERE id = $6 AND lease = $7 RETURNING run_at, state`,
		now, v.state, v.at.UnixMilli(), v.attempt, v.err, v.job.ID, v.job.lease).Scan(&f.next, &state)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		f = fate{outcome: outLost}
	case err != nil:
		return err
	case state == Parked:
		f.next = 0
	case v.state == Parked:
		f.outcome = outAgain
	}
	fates[v.job.ID] = f
	return nil
}
