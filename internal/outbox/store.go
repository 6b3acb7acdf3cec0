package outbox

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/strollhq/stroll/internal/db"
)

// store is the SQL of this package. In all of it a job's state decides which
// of its other columns mean anything.
type store struct{ db *db.DB }

// held is a job that this process has leased.
type held struct {
	Run
	lease string
	runAt int64
}

// AddStmt is what Add puts, for a db.Kind whose writes add jobs. It inserts the
// job or moves the one that exists. For a running one the second half of the
// work, running again, is left in again_at for its finish.
var AddStmt = db.Insert("job", `id text, kind text, key text, payload text, state text, run_at bigint, deadline bigint, added bigint,
	attempt bigint, again_at bigint, owner text, lease text, leased_until bigint, rescued bigint, error text`, `
	ON CONFLICT (kind, key) DO UPDATE SET
		payload  = excluded.payload,
		deadline = CASE WHEN excluded.deadline < job.deadline THEN excluded.deadline ELSE job.deadline END,
		state    = CASE WHEN job.state = 'running' THEN 'running'
		                WHEN job.state = 'ready' OR excluded.state = 'ready' THEN 'ready'
		                ELSE 'waiting' END,
		run_at   = CASE WHEN job.state = 'running' THEN job.run_at
		                WHEN job.state = 'parked' OR excluded.run_at < job.run_at THEN excluded.run_at
		                ELSE job.run_at END,
		again_at = CASE WHEN job.state <> 'running' THEN 0
		                WHEN job.again_at = 0 OR excluded.run_at < job.again_at THEN excluded.run_at
		                ELSE job.again_at END,
		attempt  = CASE WHEN job.state = 'parked' THEN 0 ELSE job.attempt END,
		error    = CASE WHEN job.state = 'parked' THEN '' ELSE job.error END`)

func (s store) add(ctx context.Context, w db.Putter, j Job, payload []byte, now time.Time) error {
	at, state := millis(j.RunAt), Waiting
	if at <= now.UnixMilli() {
		state = Ready
	}
	none := int64(0)
	return w.Put(ctx, AddStmt, newID(), j.Kind, j.Key, string(payload), state, at, millis(j.Deadline), now.UnixMilli(),
		none, none, "", "", none, none, "")
}

// skipLocked lets several processes claim side by side on PostgreSQL. SQLite
// has one writer and needs nothing.
func (s store) skipLocked() string {
	if s.db.Engine() == db.Postgres {
		return " FOR UPDATE SKIP LOCKED"
	}
	return ""
}

// claim leases up to n ready jobs of the kinds, the most urgent first. The
// empty text keeps the planner off the index by kind, with which it would sort
// the whole backlog for each claim.
func (s store) claim(ctx context.Context, n int, kinds []string, owner string, until time.Time) ([]held, error) {
	if len(kinds) == 0 {
		return nil, nil
	}
	var jobs []held
	err := s.db.TxReadCommitted(ctx, func(ctx context.Context, tx *db.Tx) error {
		jobs = jobs[:0]
		var args []any
		in := list(&args, kinds)
		k := len(args)
		args = append(args, n, newID(), owner, until.UnixMilli())
		rows, err := tx.QueryContext(ctx, fmt.Sprintf(`
			WITH picked AS MATERIALIZED (SELECT id FROM job WHERE state = 'ready' AND kind || '' IN (%s)
				ORDER BY deadline, run_at LIMIT $%d%s)
			UPDATE job SET state = 'running', lease = $%d || id, owner = $%d, leased_until = $%d
			WHERE id IN (SELECT id FROM picked)
			RETURNING id, kind, key, payload, attempt, added, deadline, lease, run_at`, in, k+1, s.skipLocked(), k+2, k+3, k+4), args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var h held
			var payload string
			var added, deadline int64
			if err := rows.Scan(&h.ID, &h.Kind, &h.Key, &payload, &h.Attempt, &added, &deadline, &h.lease, &h.runAt); err != nil {
				return err
			}
			h.Attempt++
			h.Payload, h.Added, h.Deadline = json.RawMessage(payload), fromMillis(added), fromMillis(deadline)
			jobs = append(jobs, h)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("claim jobs: %w", err)
	}
	slices.SortFunc(jobs, func(a, b held) int {
		return cmp.Or(cmp.Compare(millis(a.Deadline), millis(b.Deadline)), cmp.Compare(a.runAt, b.runAt))
	})
	return jobs, nil
}

// outlook is what the queue holds for the dispatcher.
type outlook struct {
	ready   bool
	waiting int64 // earliest run_at
	leased  int64 // earliest end of a lease
}

func (s store) look(ctx context.Context) (outlook, error) {
	var l outlook
	var ready int64
	err := s.db.Reader().QueryRowContext(ctx, `
		SELECT COALESCE((SELECT MIN(run_at) FROM job WHERE state = 'waiting'), $1),
		       COALESCE((SELECT MIN(leased_until) FROM job WHERE state = 'running'), $1),
		       (SELECT COUNT(*) FROM (SELECT id FROM job WHERE state = 'ready' LIMIT 1) AS r)`,
		int64(math.MaxInt64)).Scan(&l.waiting, &l.leased, &ready)
	l.ready = ready > 0
	if err != nil {
		return l, fmt.Errorf("look at the jobs: %w", err)
	}
	return l, nil
}

// sweepLimit bounds the rows one sweep moves.
const sweepLimit = 500

// sweep makes ready what is due and takes back what a dead worker holds. It
// returns how many rows of each it moved.
func (s store) sweep(ctx context.Context, now time.Time) (due, rescued int64, err error) {
	err = s.db.TxReadCommitted(ctx, func(ctx context.Context, tx *db.Tx) error {
		due, rescued = 0, 0
		res, err := tx.ExecContext(ctx, `
			WITH picked AS MATERIALIZED (SELECT id FROM job
				WHERE state = 'waiting' AND run_at <= $1 ORDER BY run_at LIMIT $2`+s.skipLocked()+`)
			UPDATE job SET state = 'ready' WHERE id IN (SELECT id FROM picked)`, now.UnixMilli(), sweepLimit)
		if err != nil {
			return err
		}
		if due, err = res.RowsAffected(); err != nil {
			return err
		}
		// again_at needs no look: the job runs again now in any case.
		res, err = tx.ExecContext(ctx, `
			WITH picked AS MATERIALIZED (SELECT id FROM job
				WHERE state = 'running' AND leased_until <= $1 ORDER BY leased_until LIMIT $2`+s.skipLocked()+`)
			UPDATE job SET state = 'ready', again_at = 0, owner = '', lease = '', rescued = rescued + 1
			WHERE id IN (SELECT id FROM picked)`, now.UnixMilli(), sweepLimit)
		if err != nil {
			return err
		}
		rescued, err = res.RowsAffected()
		return err
	})
	if err != nil {
		return 0, 0, fmt.Errorf("sweep the jobs: %w", err)
	}
	return due, rescued, nil
}

// renew prolongs the leases and returns the ids of the jobs still ours.
func (s store) renew(ctx context.Context, jobs []held, until time.Time) (map[string]bool, error) {
	kept := map[string]bool{}
	for part := range slices.Chunk(jobs, maxBatch) {
		err := s.db.TxReadCommitted(ctx, func(ctx context.Context, tx *db.Tx) error {
			args := []any{until.UnixMilli()}
			ids, leases := both(&args, part)
			got, err := ids1(tx.QueryContext(ctx, `
				UPDATE job SET leased_until = $1 WHERE id IN (`+ids+`) AND lease IN (`+leases+`) RETURNING id`, args...))
			for _, id := range got {
				kept[id] = true
			}
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("renew leases: %w", err)
		}
	}
	return kept, nil
}

// both lists the ids and the leases of jobs. A lease contains its job's id, so
// that a pair of lists cannot match across jobs.
func both(args *[]any, jobs []held) (ids, leases string) {
	i, l := make([]string, len(jobs)), make([]string, len(jobs))
	for n, j := range jobs {
		i[n], l[n] = j.ID, j.lease
	}
	return list(args, i), list(args, l)
}

// list appends values to args and returns their placeholders, filled up to a
// power of two so that there are few different statements.
func list(args *[]any, values []string) string {
	n := 1
	for n < len(values) {
		n *= 2
	}
	var b strings.Builder
	for i := range n {
		*args = append(*args, values[min(i, len(values)-1)])
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "$%d", len(*args))
	}
	return b.String()
}

// ids1 reads a result of one text column.
func ids1(rows *sql.Rows, err error) ([]string, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var ids []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}
