package pay

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/internal/outbox"
	"github.com/strollhq/stroll/jwo"
	"github.com/strollhq/stroll/money"
)

// States of a report.
const (
	ReportQueued   = "QUEUED"
	ReportAccepted = "ACCEPTED"
	ReportParked   = "PARKED" // refused, rejected or tried for too long: an operator's
)

// Report tells Amazon what was settled of a trip. Settled is cumulative and
// never falls from one report of a trip to the next.
type Report struct {
	TripID, StoreID string
	Seq             int64
	Settled, Total  money.Amount
	State           string
	Outcome         string // of the last try
	Attempts        int64
	Created         time.Time
	Answered        time.Time
	body            string
}

// report asks for the trip's outcome to be told to Amazon.
func (c *change) report() { c.tell = true }

// reports tells whether outcomes of the trip go to Amazon (contract: entry 8).
func (s Settings) reports(p Payment) bool {
	if s.Strategy != AmazonManaged && s.Strategy != AmazonRecommendation {
		return false
	}
	return p.Route != OwnProcessor || !s.Own.NoReport
}

// settledSoFar is how much of a trip is settled: captured, paid off and, where the
// store says so, written off.
func (p *Pay) settledSoFar(ctx context.Context, q db.Querier, pay Payment, s Settings) (money.Amount, error) {
	sum := money.New(pay.Captured.Minor, pay.Total.Currency)
	if !pay.indebted {
		return sum, nil
	}
	d, err := loadDebt(ctx, q, pay.TripID)
	if err != nil {
		return sum, err
	}
	sum.Minor += d.Paid - d.Overpaid
	if s.Debt.WriteoffRestoresAccess {
		sum.Minor += d.WrittenOff
	}
	return sum, nil
}

// addReport adds a report and its job, if the store's strategy wants it: one
// row for each trip and settled amount.
func (p *Pay) addReport(ctx context.Context, q db.Querier, w db.Putter, pay Payment, s Settings, now time.Time) error {
	if !s.reports(pay) {
		return nil
	}
	settled, err := p.settledSoFar(ctx, q, pay, s)
	if err != nil {
		return err
	}
	if s.Report.OmitFull && settled == pay.Total && settled.Minor > 0 && !pay.indebted {
		return nil
	}
	var n, most int64
	if err := q.QueryRowContext(ctx, `SELECT COUNT(*), COALESCE(MAX(settled), 0) FROM pay_report WHERE trip_id = $1`, pay.TripID).Scan(&n, &most); err != nil {
		return fmt.Errorf("reports of trip %s: %w", pay.TripID, err)
	}
	if n > 0 && settled.Minor < most {
		return p.raise(ctx, q, w, Alert{TripID: pay.TripID, StoreID: pay.StoreID, Kind: AlertReportFalls, Ref: fmt.Sprint(settled.Minor), At: now,
			Note: fmt.Sprintf("reported %s before, now %s is settled: a report cannot take it back", money.New(most, settled.Currency), settled)})
	}
	stamp := jwo.EpochSeconds(now)
	if s.Report.TimeUnit == "milliseconds" {
		stamp = jwo.EpochMillis(now)
	}
	body, err := json.Marshal(&jwo.ReportPaymentStatusRequest{StoreID: pay.StoreID, ShoppingTripID: pay.TripID,
		TotalAmount: jwo.PaymentAmount(pay.Total), SettledAmount: jwo.PaymentAmount(settled), PaymentStatusTime: stamp})
	if err != nil {
		return fmt.Errorf("report of trip %s: %w", pay.TripID, err)
	}
	if err := w.Put(ctx, putReport, pay.TripID, n+1, pay.StoreID, settled.Minor, pay.Total.Minor, string(pay.Total.Currency), string(body),
		ReportQueued, "", int64(0), ms(now), int64(0)); err != nil {
		return fmt.Errorf("report of trip %s: %w", pay.TripID, err)
	}
	return p.outbox.Add(ctx, w, outbox.Job{Kind: ReportJob, Key: pay.TripID, Deadline: now.Add(s.Retry.ReportFor)})
}

const reportRow = `trip_id text, seq bigint, store_id text, settled bigint, total bigint, currency text, body text, state text, outcome text,
	attempts bigint, created_at bigint, answered_at bigint`

var (
	reportColumns = db.Names(reportRow)
	putReport     = db.Insert("pay_report", reportRow, "ON CONFLICT (trip_id, settled) DO NOTHING").Loose()
)

// Reports are those of a trip in order, or, without a trip, all that are not
// accepted.
func (p *Pay) Reports(ctx context.Context, tripID string) ([]Report, error) {
	return p.reports(ctx, p.db.Reader(), tripID)
}

func (p *Pay) reports(ctx context.Context, q db.Querier, tripID string) ([]Report, error) {
	rows, err := q.QueryContext(ctx, `SELECT `+reportColumns+` FROM pay_report WHERE trip_id = $1 OR ($1 = '' AND state <> 'ACCEPTED') ORDER BY trip_id, seq`, tripID)
	if err != nil {
		return nil, fmt.Errorf("reports: %w", err)
	}
	defer rows.Close()
	var all []Report
	for rows.Next() {
		var r Report
		var settled, total, created, answered int64
		var currency money.Currency
		if err := rows.Scan(&r.TripID, &r.Seq, &r.StoreID, &settled, &total, &currency, &r.body, &r.State, &r.Outcome, &r.Attempts, &created, &answered); err != nil {
			return nil, fmt.Errorf("reports: %w", err)
		}
		r.Settled, r.Total = money.New(settled, currency), money.New(total, currency)
		r.Created, r.Answered = at(created), at(answered)
		all = append(all, r)
	}
	return all, rows.Err()
}

// sendReports sends a trip's reports in order, one after the other is done.
func (p *Pay) sendReports(ctx context.Context, run outbox.Run) error {
	for {
		all, err := p.reports(ctx, p.db.Reader(), run.Key)
		if err != nil {
			return err
		}
		var r *Report
		for i := range all {
			if all[i].State == ReportQueued {
				r = &all[i]
				break
			}
		}
		if r == nil {
			return nil
		}
		wait, err := p.sendReport(ctx, *r)
		if err != nil {
			return err
		}
		if wait > 0 {
			return outbox.Later(wait)
		}
	}
}

// sendReport sends one report and keeps what came of it. A positive wait asks
// for another try then: a cumulative amount may be sent again at will.
func (p *Pay) sendReport(ctx context.Context, r Report) (time.Duration, error) {
	s, now := p.settingsOf(r.StoreID), time.Now()
	until, err := p.paused(ctx, jwo.APIReportPaymentStatus, s, now)
	if err != nil {
		return 0, err
	}
	if until.After(now) {
		return until.Sub(now), nil
	}
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	var req jwo.ReportPaymentStatusRequest
	if err := json.Unmarshal([]byte(r.body), &req); err != nil {
		return 0, outbox.Stop(fmt.Errorf("report of trip %s: %w", r.TripID, err))
	}
	p.probe("before send:report")
	call, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.Retry.CallTimeout)
	resp, err := p.amazon.ReportPaymentStatus(call, &req)
	cancel()
	p.probe("after send:report")
	a := failed(err)
	p.m.calls.Observe(time.Since(now), jwo.APIReportPaymentStatus, string(a.Outcome))
	now = time.Now()
	r.Attempts++
	r.Outcome = string(a.Outcome) + " " + a.Name
	var wait time.Duration
	switch a.Outcome {
	case jwo.Done:
		r.Outcome = resp.Status
		r.State = ReportParked
		if resp.Status == jwo.Accepted {
			r.State = ReportAccepted
		}
	case jwo.Refused:
		r.State, r.Outcome = ReportParked, refusal(a)
	default:
		left := s.Retry.ReportFor - now.Sub(r.Created)
		if wait = min(jitter(s.Retry, r.Attempts), left); left <= 0 {
			r.State, wait = ReportParked, 0
		}
		// A success with a status nobody knows is no success and no blind retry;
		// one that cannot be read is sent again (contract: payments 8 and 9.5).
		if errors.Is(err, jwo.ErrIncomplete) {
			r.State, r.Outcome, wait = ReportParked, "200 without a known status", 0
		}
	}
	also := p.pausing(jwo.APIReportPaymentStatus, a, s, now)
	p.probe("before commit:report")
	err = p.db.Tx(context.WithoutCancel(ctx), func(ctx context.Context, tx *db.Tx) error {
		if also != nil {
			if err := also(ctx, tx); err != nil {
				return err
			}
		}
		if r.State == ReportParked {
			if err := p.raise(ctx, tx, tx, Alert{TripID: r.TripID, StoreID: r.StoreID, Kind: AlertReportParked, Ref: fmt.Sprint(r.Seq), At: now, Note: r.Outcome}); err != nil {
				return err
			}
		}
		if _, err := tx.ExecContext(ctx, `UPDATE pay_report SET state = $1, outcome = $2, attempts = $3, answered_at = $4 WHERE trip_id = $5 AND seq = $6 AND state = 'QUEUED'`,
			r.State, r.Outcome, r.Attempts, ms(now), r.TripID, r.Seq); err != nil {
			return fmt.Errorf("report of trip %s: %w", r.TripID, err)
		}
		tx.AfterCommit(func() { p.m.reported(r) })
		return nil
	})
	p.probe("after commit:report")
	return wait, err
}

// RetryReport queues a parked report again in an operator's name.
func (p *Pay) RetryReport(ctx context.Context, tripID string, seq int64, by, reason string) error {
	if by == "" || reason == "" {
		return fault.New(fault.Invalid, "retry a report: operator and reason are needed")
	}
	return p.db.Tx(ctx, func(ctx context.Context, tx *db.Tx) error {
		now := time.Now()
		res, err := tx.ExecContext(ctx, `UPDATE pay_report SET state = 'QUEUED', outcome = $1, created_at = $2 WHERE trip_id = $3 AND seq = $4 AND state = 'PARKED'`,
			"retried by "+by+": "+reason, ms(now), tripID, seq)
		if err != nil {
			return fmt.Errorf("retry a report of trip %s: %w", tripID, err)
		}
		if n, _ := res.RowsAffected(); n == 0 {
			return fault.New(fault.NotFound, "no parked report %d of trip %s", seq, tripID)
		}
		return p.outbox.Add(ctx, tx, outbox.Job{Kind: ReportJob, Key: tripID, Deadline: now.Add(72 * time.Hour)})
	})
}
