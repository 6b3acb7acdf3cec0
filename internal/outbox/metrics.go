package outbox

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/strollhq/stroll/internal/metric"
)

type metrics struct {
	jobs      *metric.Counter
	took      *metric.Seconds
	rescued   *metric.Counter
	depth     *metric.Gauge
	oldest    *metric.Gauge
	unhandled *metric.Gauge
	on        bool
}

func newMetrics(m *metric.Set) metrics {
	return metrics{
		jobs:      m.Counter("stroll_outbox_jobs_total", "Runs of jobs by what became of the job.", "kind", "outcome"),
		took:      m.Seconds("stroll_outbox_run_seconds", "Time in the handler.", "kind"),
		rescued:   m.Counter("stroll_outbox_rescued_total", "Jobs taken back from a worker whose lease had ended."),
		depth:     m.Gauge("stroll_outbox_depth", "Unfinished jobs.", "kind", "state"),
		oldest:    m.Gauge("stroll_outbox_oldest_seconds", "How long the oldest job that is due has been due.", "kind"),
		unhandled: m.Gauge("stroll_outbox_unhandled", "Jobs that are due and whose kind this program does not know.", "kind"),
		on:        m != nil,
	}
}

// measure sets the gauges from the table. seen remembers the labels set before
// so that what has gone becomes zero; nobody else uses it.
func (o *Outbox) measure(ctx context.Context, seen map[[2]string]bool) error {
	rows, err := o.db.Reader().QueryContext(ctx, `SELECT kind, state, COUNT(*), MIN(run_at) FROM job GROUP BY kind, state`)
	if err != nil {
		return fmt.Errorf("measure the jobs: %w", err)
	}
	defer rows.Close()
	now := time.Now()
	count := map[[2]string]int64{}
	oldest := map[string]time.Duration{}
	for rows.Next() {
		var kind, state string
		var n, at int64
		if err := rows.Scan(&kind, &state, &n, &at); err != nil {
			return fmt.Errorf("measure the jobs: %w", err)
		}
		count[[2]string{kind, state}] = n
		seen[[2]string{kind, state}] = true
		if state != Parked {
			oldest[kind] = max(oldest[kind], now.Sub(fromMillis(at)))
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("measure the jobs: %w", err)
	}
	for label := range seen {
		kind, state := label[0], label[1]
		o.metrics.depth.Set(float64(count[label]), kind, state)
		o.metrics.oldest.Set(oldest[kind].Seconds(), kind)
		if state == Ready && !slices.Contains(o.names, kind) {
			o.metrics.unhandled.Set(float64(count[label]), kind)
		}
	}
	return nil
}
