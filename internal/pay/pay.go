package pay

import (
	"context"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/metric"
	"github.com/strollhq/stroll/internal/outbox"
)

// Kinds of the jobs this package adds and runs.
const (
	StepJob    = "pay.step"    // one per trip: moves its payment until it must wait or is final
	ReportJob  = "pay.report"  // one per trip: tells Amazon what was settled, in order
	PreauthJob = "pay.preauth" // one per entry event: the own processor's pre-authorization
)

// Config is what payments need.
type Config struct {
	DB     *db.DB
	Outbox *outbox.Outbox // New registers its handlers, so before Outbox.Run
	Amazon Amazon
	// Processor is the retailer's own card processor; nil when no store has the
	// own_processor route.
	Processor Processor
	// Settings of a store; an unknown store gets the defaults.
	Settings func(storeID string) (Settings, bool)
	// Settled is called once per trip, inside the transaction that makes the
	// trip final for the shopper: the Capture was accepted, or a cash trip is
	// closed. It reads through q and writes through w, with no statements but
	// those in SettledStmts and outbox.AddStmt. An error undoes the transaction,
	// which is tried again.
	Settled      func(ctx context.Context, q db.Querier, w db.Putter, p Payment) error
	SettledStmts []*db.Stmt
	Log          *slog.Logger
	Metrics      *metric.Set
	// Probe is called at each point where a crash would matter, named as in
	// Points: tests stop the program there. Nil does nothing.
	Probe func(point string)
}

// Pay moves money. Its methods may be called from any goroutine and any number
// of processes may share a database: each payment has one writer at a time, by
// compare-and-swap, and no transaction spans a call.
type Pay struct {
	db       *db.DB
	outbox   *outbox.Outbox
	amazon   Amazon
	service  paymentService
	own      own
	settings func(string) (Settings, bool)
	settled  func(context.Context, db.Querier, db.Putter, Payment) error
	changes  *db.Kind // of moves
	marks    *db.Kind // of intents that move nothing
	log      *slog.Logger
	m        metrics
	probe    func(string)
	pauses   pauses
	audited  struct{ findings, at atomic.Int64 } // the last audit; at in milliseconds, 0 before it
	linked   memory                              // by the gate; their carts are to come
	opening  memory                              // by carts; their first step is to come
}

// New registers the jobs and measures; it starts nothing.
func New(c Config) *Pay {
	p := &Pay{
		db: c.DB, outbox: c.Outbox, amazon: c.Amazon,
		service: paymentService{c.Amazon}, own: own{c.Processor},
		settings: c.Settings, settled: c.Settled, log: c.Log, probe: c.Probe,
	}
	if p.log == nil {
		p.log = slog.New(slog.DiscardHandler)
	}
	if p.probe == nil {
		p.probe = func(string) {}
	}
	if p.settings == nil {
		p.settings = func(string) (Settings, bool) { return Settings{}, false }
	}
	p.m = p.measure(c.Metrics)
	p.marks = db.NewKind("pay.mark", touchPayment, "payment.trip_id", nil, putOperation, outbox.AddStmt)
	p.changes = db.NewKind("pay.change", movePayment, "payment.trip_id", nil,
		slices.Concat([]*db.Stmt{putHistory, putOperation, putEntry, putDebt, putReport, putAlert, outbox.AddStmt}, c.SettledStmts)...)
	policy := outbox.Policy{First: time.Second, Ceiling: 5 * time.Minute, Timeout: 2 * time.Minute}
	c.Outbox.Handle(StepJob, p.step, policy)
	c.Outbox.Handle(ReportJob, p.sendReports, policy)
	c.Outbox.Handle(PreauthJob, p.preauthorize, policy)
	return p
}

// settingsOf a store, defaults filled in.
func (p *Pay) settingsOf(storeID string) Settings {
	s, _ := p.settings(storeID)
	return s.WithDefaults()
}

// through is the gateway of a route.
func (p *Pay) through(route string) gateway {
	if route == OwnProcessor {
		return p.own
	}
	return p.service
}
