package pay

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/internal/outbox"
	"github.com/strollhq/stroll/jwo"
)

// Pause is an API that is not called for a while by any process.
type Pause struct {
	API   string
	Kind  string // "throttled" until Until, "denied" until a probe succeeds
	Since time.Time
	Until time.Time // when it may be called again; when denied, by one call
	Note  string
}

const (
	throttled = "throttled"
	denied    = "denied"
	pauseSeen = time.Second // how long another process's pause may go unnoticed
)

// Paused tells until when an API is to be left alone, whoever asks; a time that
// has passed, or none, when it may be called now. It is asked just before a call:
// of an API that is denied, one caller is let through as a probe. The store's
// settings say how often that happens. Sources: payments 1.1, 1.4.
func (p *Pay) Paused(ctx context.Context, api, storeID string) (time.Time, error) {
	return p.paused(ctx, api, p.settingsOf(storeID), time.Now())
}

// Heard keeps what the outcome of somebody else's call to Amazon says about the
// whole API: a 429 or 403 pauses it for all, an answer ends a pause. callErr is
// the client's error, nil for success. The returned error is the database's.
func (p *Pay) Heard(ctx context.Context, api, storeID string, callErr error) error {
	return p.heard(ctx, api, failed(callErr), p.settingsOf(storeID))
}

func (p *Pay) heard(ctx context.Context, api string, a answer, s Settings) error {
	keep := p.pausing(api, a, s, time.Now())
	if keep == nil {
		return nil
	}
	return p.db.Tx(context.WithoutCancel(ctx), keep)
}

// pauses is a copy of the table that saves a read before each call.
type pauses struct {
	mu   sync.Mutex
	read time.Time
	byID map[string]Pause
	era  int // counts forgetPauses, so that a reading begun before one is not kept
}

// Pauses are the APIs paused now.
func (p *Pay) Pauses(ctx context.Context) ([]Pause, error) {
	rows, err := p.db.Reader().QueryContext(ctx, `SELECT api, kind, since, until, note FROM pay_pause ORDER BY api`)
	if err != nil {
		return nil, fmt.Errorf("paused APIs: %w", err)
	}
	defer rows.Close()
	var all []Pause
	for rows.Next() {
		var v Pause
		var since, until int64
		if err := rows.Scan(&v.API, &v.Kind, &since, &until, &v.Note); err != nil {
			return nil, fmt.Errorf("paused APIs: %w", err)
		}
		v.Since, v.Until = at(since), at(until)
		all = append(all, v)
	}
	return all, rows.Err()
}

// paused tells how long to leave an API alone. When a denied API is due for a
// probe, one caller gets through and the others wait for the next.
func (p *Pay) paused(ctx context.Context, api string, s Settings, now time.Time) (time.Time, error) {
	v, ok, err := p.pauseOf(ctx, api, now)
	if err != nil || !ok {
		return time.Time{}, err
	}
	if v.Until.After(now) {
		return v.Until, nil
	}
	if v.Kind == throttled {
		return time.Time{}, nil
	}
	won := false
	again := now.Add(s.Retry.DeniedProbe)
	err = p.db.Tx(ctx, func(ctx context.Context, tx *db.Tx) error {
		res, err := tx.ExecContext(ctx, `UPDATE pay_pause SET until = $1, probes = probes + 1 WHERE api = $2 AND kind = 'denied' AND until = $3`, ms(again), api, ms(v.Until))
		if err != nil {
			return fmt.Errorf("probe %s: %w", api, err)
		}
		n, err := res.RowsAffected()
		won = n == 1
		return err
	})
	p.forgetPauses()
	if err != nil || won {
		return time.Time{}, err
	}
	// Somebody else probes, or the pause has ended meanwhile.
	v, ok, err = p.pauseOf(ctx, api, now)
	if err != nil || !ok {
		return time.Time{}, err
	}
	if v.Until.After(now) {
		again = v.Until
	}
	return again, nil
}

func (p *Pay) pauseOf(ctx context.Context, api string, now time.Time) (Pause, bool, error) {
	p.pauses.mu.Lock()
	fresh := !p.pauses.read.IsZero() && now.Sub(p.pauses.read) < pauseSeen
	v, ok := p.pauses.byID[api]
	era := p.pauses.era
	p.pauses.mu.Unlock()
	if fresh {
		return v, ok, nil
	}
	all, err := p.Pauses(ctx)
	if err != nil {
		return Pause{}, false, err
	}
	byID := make(map[string]Pause, len(all))
	for _, one := range all {
		byID[one.API] = one
	}
	p.pauses.mu.Lock()
	if p.pauses.era == era {
		p.pauses.read, p.pauses.byID = now, byID
	}
	p.pauses.mu.Unlock()
	v, ok = byID[api]
	return v, ok, nil
}

// knownPause tells whether the API was paused when last looked at.
func (p *Pay) knownPause(api string) bool {
	p.pauses.mu.Lock()
	defer p.pauses.mu.Unlock()
	_, ok := p.pauses.byID[api]
	return ok
}

func (p *Pay) forgetPauses() {
	p.pauses.mu.Lock()
	p.pauses.read = time.Time{}
	p.pauses.era++
	p.pauses.mu.Unlock()
}

// pause keeps what a 429 or a 403 says about the whole API.
func (p *Pay) pause(ctx context.Context, tx *db.Tx, api string, a answer, s Settings, now time.Time) error {
	kind, until, note := throttled, now.Add(a.RetryAfter), "429"
	if a.Outcome == jwo.Throttled && a.RetryAfter <= 0 {
		until, note = now.Add(s.Retry.ThrottleDefault), "429 without a readable Retry-After"
	}
	if a.Outcome == jwo.Denied {
		kind, until, note = denied, now.Add(s.Retry.DeniedProbe), "403: the account is not allowed, or a permission is missing"
	}
	var since int64
	err := tx.QueryRowContext(ctx, `INSERT INTO pay_pause (api, kind, since, until, probes, note) VALUES ($1, $2, $3, $4, 0, $5)
		ON CONFLICT (api) DO UPDATE SET kind = excluded.kind, note = excluded.note,
			until = CASE WHEN pay_pause.until > excluded.until THEN pay_pause.until ELSE excluded.until END
		RETURNING since`, api, kind, ms(now), ms(until), note).Scan(&since)
	if err != nil {
		return fmt.Errorf("pause %s: %w", api, err)
	}
	if kind == denied {
		// Once for the whole pause, however many probes it takes.
		if err := p.raise(ctx, tx, tx, Alert{Kind: AlertPaused, Ref: fmt.Sprintf("%s %d", api, since), At: now, Note: api + ": " + note}); err != nil {
			return err
		}
	}
	tx.AfterCommit(func() {
		p.m.pauses.Inc(api, kind)
		p.forgetPauses()
	})
	return nil
}

// unpause ends a pause after a call that got through, and wakes what waits.
func (p *Pay) unpause(ctx context.Context, tx *db.Tx, api string, now time.Time) error {
	res, err := tx.ExecContext(ctx, `DELETE FROM pay_pause WHERE api = $1 AND (kind = 'denied' OR until <= $2)`, api, ms(now))
	if err != nil {
		return fmt.Errorf("resume %s: %w", api, err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return err
	}
	tx.AfterCommit(p.forgetPauses)
	return p.wakeWaiting(ctx, tx, api, now)
}

// wakeWaiting makes the payments that wait for an API due now; jobs run by the
// nearest deadline.
func (p *Pay) wakeWaiting(ctx context.Context, tx *db.Tx, api string, now time.Time) error {
	if api == jwo.APIReportPaymentStatus {
		return nil // reports wait for the end of the pause; nothing expires meanwhile
	}
	rows, err := tx.QueryContext(ctx, `SELECT o.trip_id, p.expires_at FROM pay_operation o JOIN payment p ON p.trip_id = o.trip_id
		WHERE o.api = $1 AND o.state IN ('stored', 'unknown', 'pending') AND p.final = 0 ORDER BY p.expires_at LIMIT 1000`, api)
	if err != nil {
		return fmt.Errorf("wake %s: %w", api, err)
	}
	defer rows.Close()
	var jobs []outbox.Job
	for rows.Next() {
		var trip string
		var expires int64
		if err := rows.Scan(&trip, &expires); err != nil {
			return fmt.Errorf("wake %s: %w", api, err)
		}
		jobs = append(jobs, outbox.Job{Kind: StepJob, Key: trip, RunAt: now, Deadline: at(expires)})
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return fmt.Errorf("wake %s: %w", api, err)
	}
	for _, j := range jobs {
		if err := p.outbox.Add(ctx, tx, j); err != nil {
			return fmt.Errorf("wake %s: %w", api, err)
		}
	}
	return nil
}

// ResumeAPI ends a pause in an operator's name, after the cause was removed.
func (p *Pay) ResumeAPI(ctx context.Context, api, by, reason string) error {
	if by == "" || reason == "" {
		return fault.New(fault.Invalid, "resume %s: operator and reason are needed", api)
	}
	return p.db.Tx(ctx, func(ctx context.Context, tx *db.Tx) error {
		var kind string
		err := tx.QueryRowContext(ctx, `SELECT kind FROM pay_pause WHERE api = $1`, api).Scan(&kind)
		if errors.Is(err, sql.ErrNoRows) {
			return fault.New(fault.NotFound, "%s is not paused", api)
		}
		if err != nil {
			return fmt.Errorf("resume %s: %w", api, err)
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM pay_pause WHERE api = $1`, api); err != nil {
			return fmt.Errorf("resume %s: %w", api, err)
		}
		now := time.Now()
		if err := p.raise(ctx, tx, tx, Alert{Kind: "api_resumed", Ref: fmt.Sprintf("%s %d", api, ms(now)), At: now, Note: by + ": " + reason}); err != nil {
			return err
		}
		tx.AfterCommit(p.forgetPauses)
		return p.wakeWaiting(ctx, tx, api, now)
	})
}
