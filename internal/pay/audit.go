package pay

import (
	"context"
	"fmt"
	"time"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/outbox"
)

// auditPage is how many payments without a clock one transaction gives one.
const auditPage = 500

// Audit is what a running program asks itself now and then: Verify, and whether
// every payment that is not final has a job that moves it. A payment without one
// gets one. Each finding is an alert and is counted; the gauges
// stroll_pay_audit_findings and stroll_pay_audited_seconds say what the last
// audit found and how long ago it was.
func (p *Pay) Audit(ctx context.Context) (Verification, error) {
	v, err := p.Verify(ctx)
	if err != nil {
		return v, err
	}
	for {
		n := len(v.Differences)
		if err := p.wind(ctx, &v); err != nil {
			return v, err
		}
		if len(v.Differences)-n < auditPage {
			break
		}
	}
	p.audited.findings.Store(int64(len(v.Differences)))
	p.audited.at.Store(time.Now().UnixMilli())
	if v.OK() {
		return v, nil
	}
	for _, d := range v.Differences {
		p.log.ErrorContext(ctx, "audit", "finding", d)
	}
	p.m.broken.Add(int64(len(v.Differences)))
	return v, p.db.Tx(ctx, func(ctx context.Context, tx *db.Tx) error {
		// One alert that names the first: the log and "stroll ledger verify" have
		// all of them.
		now := time.Now()
		return p.raise(ctx, tx, tx, Alert{Kind: AlertInvariant, Ref: "audit " + now.UTC().Format(time.DateOnly), At: now,
			Note: fmt.Sprintf("%d findings, the first: %s", len(v.Differences), v.Differences[0])})
	})
}

// wind gives a job to payments that have none.
func (p *Pay) wind(ctx context.Context, v *Verification) error {
	var found []string
	err := p.db.Tx(ctx, func(ctx context.Context, tx *db.Tx) error {
		found = found[:0]
		if err := scanAll(ctx, tx, `SELECT trip_id FROM payment WHERE final = 0
			AND NOT EXISTS (SELECT 1 FROM job WHERE kind = '`+StepJob+`' AND key = trip_id AND job.state <> 'parked') ORDER BY trip_id LIMIT $1`,
			func(row scanner) error {
				var trip string
				err := row.Scan(&trip)
				found = append(found, trip)
				return err
			}, auditPage); err != nil {
			return err
		}
		for _, trip := range found {
			if err := p.outbox.Add(ctx, tx, outbox.Job{Kind: StepJob, Key: trip}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	for _, trip := range found {
		v.differ(trip, "it waited without a clock and has one now")
	}
	return nil
}

// auditMetrics shows the last audit.
func (p *Pay) auditMetrics(gauge func(name, help string, f func() float64)) {
	gauge("stroll_pay_audit_findings", "What the last audit found: ledgers, states and clocks that are not as they must be.", func() float64 { return float64(p.audited.findings.Load()) })
	gauge("stroll_pay_audited_seconds", "Time since the last audit; -1 before the first.", func() float64 {
		at := p.audited.at.Load()
		if at == 0 {
			return -1
		}
		return time.Since(time.UnixMilli(at)).Seconds()
	})
}
