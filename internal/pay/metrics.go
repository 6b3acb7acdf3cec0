package pay

import (
	"context"
	"time"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/metric"
	"github.com/strollhq/stroll/jwo"
)

// metrics are what the reviews ask of payments (contract: readiness 5.4).
type metrics struct {
	moved    *metric.Counter
	outcomes *metric.Counter
	retries  *metric.Counter
	unknowns *metric.Counter
	pauses   *metric.Counter
	alerts   *metric.Counter
	reports  *metric.Counter
	broken   *metric.Counter
	debts    *metric.Counter
	calls    *metric.Seconds
}

func (p *Pay) measure(set *metric.Set) metrics {
	for _, g := range []struct {
		name, help, query string
		age               bool
	}{
		{"stroll_pay_oldest_open_seconds", "Age of the oldest payment whose cart is there and that is not final.", `SELECT COALESCE(MIN(opened_at), 0) FROM payment WHERE final = 0 AND opened_at > 0`, true},
		{"stroll_pay_open", "Payments with a cart that are not final.", `SELECT COUNT(*) FROM payment WHERE final = 0 AND opened_at > 0`, false},
		{"stroll_pay_parked", "Payments parked for an operator.", `SELECT COUNT(*) FROM payment WHERE state = 'PARKED'`, false},
		{"stroll_pay_unknown", "Payments whose last call has an unknown outcome.", `SELECT COUNT(*) FROM payment WHERE state IN ('ADJUST_UNKNOWN', 'CAPTURE_UNKNOWN', 'CANCEL_UNKNOWN')`, false},
		{"stroll_pay_reports_queued", "Reports to Amazon not yet accepted.", `SELECT COUNT(*) FROM pay_report WHERE state = 'QUEUED'`, false},
		{"stroll_pay_reports_parked", "Reports to Amazon that need an operator.", `SELECT COUNT(*) FROM pay_report WHERE state = 'PARKED'`, false},
		{"stroll_pay_apis_paused", "APIs that are not called for a while.", `SELECT COUNT(*) FROM pay_pause`, false},
	} {
		set.GaugeFunc(g.name, g.help, func() float64 { return p.gauge(g.query, g.age) })
	}
	for _, s := range States() {
		if rules[s].Final {
			continue // only grows: its counter tells
		}
		set.GaugeFunc("stroll_pay_payments_"+lower(s), "Payments in state "+string(s)+".", func() float64 {
			return p.gauge(`SELECT COUNT(*) FROM payment WHERE state = '`+string(s)+`'`, false)
		})
	}
	set.GaugeFunc("stroll_pay_unconfirmed", "Captures accepted longer ago than their store's capture.confirm_within and not yet confirmed, counted up to 10000 for each store.", p.unconfirmed)
	set.GaugeFunc("stroll_pay_uncharged_remaining_seconds", "Time left to charge the cart that is nearest to its expiry, of those that are to be charged and are not; 0 when there is none.", func() float64 {
		// A Capture in doubt that was parked may have happened: it is not one of
		// them. A cart past its expiry can no longer be charged.
		now := ms(time.Now())
		v := p.gauge(`SELECT COALESCE(MIN(expires_at), 0) FROM payment WHERE final = 0 AND opened_at > 0 AND act = 'charge' AND expires_at > $1
			AND (state IN ('CART_PRICED', 'ADJUST_PENDING', 'ADJUST_UNKNOWN', 'ADJUST_APPROVED', 'CAPTURE_UNKNOWN')
				OR (state = 'PARKED' AND parked_from <> 'CAPTURE_UNKNOWN'))`, false, now)
		if v <= 0 {
			return v
		}
		return max((v-float64(now))/1000, 0)
	})
	p.measureDebts(set)
	p.auditMetrics(set.GaugeFunc)
	return metrics{
		moved:    set.Counter("stroll_pay_transitions_total", "Transitions by the state they led to.", "state"),
		outcomes: set.Counter("stroll_pay_calls_total", "Calls by operation and outcome; a 200 by its status.", "op", "outcome"),
		retries:  set.Counter("stroll_pay_retries_total", "Calls that were made again.", "op"),
		unknowns: set.Counter("stroll_pay_unknown_total", "Calls whose outcome is not known.", "op"),
		pauses:   set.Counter("stroll_pay_pauses_total", "Pauses of an API.", "api", "kind"),
		alerts:   set.Counter("stroll_pay_alerts_total", "Alerts by kind.", "kind"),
		reports:  set.Counter("stroll_pay_reports_total", "Answers to reports by the state the report has then; REJECTED is parked by Amazon's word.", "state"),
		broken:   set.Counter("stroll_pay_invariants_broken_total", "Changes that must not be, found before they were made."),
		debts:    set.Counter("stroll_pay_debts_total", "Debts by the state they reached.", "state"),
		calls:    set.Seconds("stroll_pay_call_seconds", "Duration of a call.", "api", "outcome"),
	}
}

func lower(s State) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// measureDebts shows the debts that are open by store, cause and the store's
// strategy (contract: payments 10), and by currency, since different ones are
// not added.
func (p *Pay) measureDebts(set *metric.Set) {
	labels := []string{"store", "cause", "strategy", "currency"}
	each := func(show func(g debtGroup, strategy string)) {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		for _, g := range p.debtGroups(ctx) {
			show(g, p.settingsOf(g.store).Strategy)
		}
	}
	set.Gauges("stroll_pay_debts_open", "Open debts.", labels, func(set func(float64, ...string)) {
		each(func(g debtGroup, strategy string) { set(float64(g.count), g.store, g.cause, strategy, g.currency) })
	})
	set.Gauges("stroll_pay_debts_open_minor", "Sum of the open debts in minor units of their currency.", labels, func(set func(float64, ...string)) {
		each(func(g debtGroup, strategy string) { set(float64(g.sum), g.store, g.cause, strategy, g.currency) })
	})
	set.Gauges("stroll_pay_oldest_debt_seconds", "Age of the oldest open debt.", labels, func(set func(float64, ...string)) {
		each(func(g debtGroup, strategy string) {
			set(max(time.Since(at(g.oldest)).Seconds(), 0), g.store, g.cause, strategy, g.currency)
		})
	})
}

// debtGroup is what is owed at a store for one cause in one currency.
type debtGroup struct {
	store, cause, currency string
	count, sum, oldest     int64
}

// debtGroups reads the open debts; none when the database cannot be read, so
// that nothing is shown rather than something false.
func (p *Pay) debtGroups(ctx context.Context) []debtGroup {
	var all []debtGroup
	err := scanAll(ctx, p.db.Reader(), `SELECT store_id, cause, currency, COUNT(*), CAST(SUM(amount - paid - credited - written_off) AS BIGINT), MIN(opened_at)
		FROM debt WHERE state IN ('OPEN', 'PARTLY_PAID') GROUP BY store_id, cause, currency`, func(row scanner) error {
		var g debtGroup
		err := row.Scan(&g.store, &g.cause, &g.currency, &g.count, &g.sum, &g.oldest)
		all = append(all, g)
		return err
	})
	if err != nil {
		return nil
	}
	return all
}

// unconfirmed counts what Ageing lists; -1 when the database cannot be read.
func (p *Pay) unconfirmed() float64 {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	stores, err := p.capturing(ctx)
	if err != nil {
		return -1
	}
	var n float64
	for _, id := range stores {
		before := time.Now().Add(-p.settingsOf(id).Capture.ConfirmWithin)
		v := p.gauge(`SELECT COUNT(*) FROM (SELECT 1 FROM payment WHERE state = 'CAPTURE_INITIATED' AND store_id = $1 AND captured_at < $2 LIMIT 10000) unconfirmed`,
			false, id, ms(before))
		if v < 0 {
			return v
		}
		n += v
	}
	return n
}

// capturing are the stores with Captures that nothing has confirmed.
func (p *Pay) capturing(ctx context.Context) ([]string, error) {
	var stores []string
	err := scanAll(ctx, p.db.Reader(), `SELECT DISTINCT store_id FROM payment WHERE state = 'CAPTURE_INITIATED' ORDER BY store_id`, func(row scanner) error {
		var id string
		err := row.Scan(&id)
		stores = append(stores, id)
		return err
	})
	return stores, err
}

// gauge reads one number; a time becomes an age in seconds. An unreadable
// database reads as -1, which no healthy value is.
func (p *Pay) gauge(query string, age bool, args ...any) float64 {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	var v int64
	if err := p.db.Reader().QueryRowContext(ctx, query, args...).Scan(&v); err != nil {
		return -1
	}
	if !age {
		return float64(v)
	}
	if v == 0 {
		return 0
	}
	return time.Since(at(v)).Seconds()
}

func (m metrics) call(o operation, a answer, took time.Duration) {
	m.calls.Observe(took, o.API, string(a.Outcome))
	outcome := string(a.Outcome)
	if a.Status != "" {
		outcome = a.Status
	}
	m.outcomes.Inc(string(o.Op), outcome)
	if o.Touched > 1 {
		m.retries.Inc(string(o.Op))
	}
	if a.Outcome == jwo.Unknown {
		m.unknowns.Inc(string(o.Op))
	}
}

// changed counts a committed change.
func (m metrics) changed(c *change, _ Payment) {
	for _, t := range c.history {
		m.moved.Inc(string(t.Became))
	}
	for _, v := range c.moves {
		if v.kind == moveOwe {
			m.debts.Inc(DebtOpen)
		}
	}
}

func (p *Pay) debtChanged(tx *db.Tx, d Debt) {
	tx.AfterCommit(func() { p.m.debts.Inc(d.State) })
}

// reported counts what became of a report once it was sent: Amazon's Rejected
// apart from the other reasons to park it.
func (m metrics) reported(r Report) {
	state := r.State
	if state == ReportParked && r.Outcome == jwo.Rejected {
		state = "REJECTED"
	}
	m.reports.Inc(state)
}
