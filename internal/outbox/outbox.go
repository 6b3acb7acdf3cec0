package outbox

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/internal/metric"
)

// Config says how jobs are run; only DB is required.
type Config struct {
	DB      *db.DB
	Log     *slog.Logger // nil is silent
	Metrics *metric.Set  // nil measures nothing
	// Workers is how many handlers run at once; 0 means 64. Handlers mostly
	// wait for Amazon, so this is far more than the machine has cores.
	Workers int
	// Poll is how long a job added by another process may wait before it is
	// noticed; 0 means 5 s. Jobs of this process do not wait for it.
	Poll time.Duration
	// Lease is how long the jobs of a killed process wait for another; 0
	// means 30 s. It is renewed at a third of that.
	Lease time.Duration
	// Grace is how long handlers may go on after Run's context has ended
	// before their own contexts end; 0 means 5 s.
	Grace time.Duration
	// Jitter picks the wait before the next attempt from [0, ceiling]; nil
	// picks uniformly. Tests replace it to be repeatable.
	Jitter func(ceiling time.Duration) time.Duration
}

// Handler does a job. What it returns steers the job: nil finishes it, Later
// and Stop say what they say, any other error is tried again with growing,
// fully jittered waits. Its context ends at the policy's timeout, when the
// lease is lost, or at shutdown.
type Handler = func(ctx context.Context, r Run) error

// Policy says how one kind of job is tried. The zero value works.
type Policy struct {
	// First bounds the wait after the first failure; each further failure
	// doubles the bound until Ceiling. 0 means 1 s and 5 min.
	First, Ceiling time.Duration
	// Timeout limits one attempt; 0 means 1 min. A handler that ignores it
	// loses its lease.
	Timeout time.Duration
}

// Job is work to be added.
type Job struct {
	Kind string
	// Key names the job within its kind: at most one is unfinished.
	Key string
	// Payload becomes JSON; the handler finds it in Run.Payload.
	Payload any
	// RunAt is when to run it; zero is now.
	RunAt time.Time
	// Deadline orders the jobs that are ready; zero is after all others. It
	// has no other effect.
	Deadline time.Time
}

// Run is a job as its handler gets it.
type Run struct {
	ID, Kind, Key   string
	Payload         json.RawMessage
	Attempt         int // 1 for the first
	Added, Deadline time.Time
}

// Decode reads the payload into v. The error, when returned by the handler,
// parks the job: trying again would not make it readable.
func (r Run) Decode(v any) error {
	if err := json.Unmarshal(r.Payload, v); err != nil {
		return Stop(fmt.Errorf("payload of %s %s: %w", r.Kind, r.Key, err))
	}
	return nil
}

// Outbox adds jobs and runs them. Several may work on one database, in one
// process or in many.
type Outbox struct {
	Config
	store
	kinds   map[string]kind
	names   []string // of the kinds, sorted
	owner   string
	running atomic.Bool
	bell    bell
	metrics metrics
}

type kind struct {
	Policy
	handle Handler
}

// New makes an outbox; it does nothing before Run.
func New(c Config) *Outbox {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Workers <= 0 {
		c.Workers = 64
	}
	c.Poll = positive(c.Poll, 5*time.Second)
	c.Lease = positive(c.Lease, 30*time.Second)
	c.Grace = positive(c.Grace, 5*time.Second)
	if c.Jitter == nil {
		c.Jitter = func(ceiling time.Duration) time.Duration { return rand.N(ceiling + 1) }
	}
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return &Outbox{
		Config:  c,
		store:   store{c.DB},
		kinds:   map[string]kind{},
		owner:   fmt.Sprintf("%s:%d:%s", host, os.Getpid(), newID()[24:]),
		bell:    bell{rung: make(chan struct{}, 1)},
		metrics: newMetrics(c.Metrics),
	}
}

func positive(d, otherwise time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return otherwise
}

// Handle names the handler of a kind. It is called before Run, once per kind.
func (o *Outbox) Handle(name string, h Handler, p Policy) {
	if _, twice := o.kinds[name]; twice || o.running.Load() {
		panic("outbox: the handler of " + name + " is named twice or too late")
	}
	p.First = positive(p.First, time.Second)
	p.Ceiling = max(positive(p.Ceiling, 5*time.Minute), p.First)
	p.Timeout = positive(p.Timeout, time.Minute)
	o.kinds[name] = kind{p, h}
	o.names = append(o.names, name)
	slices.Sort(o.names)
}

// Add adds a job in the caller's transaction or write. If an unfinished job of that
// kind and key exists it takes the new payload and the earlier of both times
// and deadlines; if it is running just now it runs once more afterwards; if it
// was parked it becomes due, with its attempts forgotten.
func (o *Outbox) Add(ctx context.Context, w db.Putter, j Job) error {
	if j.Kind == "" {
		return fault.New(fault.Invalid, "add a job: it has no kind")
	}
	payload, err := json.Marshal(j.Payload)
	if err != nil {
		return fmt.Errorf("add job %s %s: %w", j.Kind, j.Key, err)
	}
	now := time.Now()
	if j.RunAt.IsZero() {
		j.RunAt = now
	}
	if err := o.store.add(ctx, w, j, payload, now); err != nil {
		return fmt.Errorf("add job %s %s: %w", j.Kind, j.Key, err)
	}
	w.AfterCommit(func() { o.bell.ring(j.RunAt) })
	return nil
}

// bell wakes the dispatcher and tells it the earliest time it was rung for.
type bell struct {
	mu   sync.Mutex
	at   time.Time // zero when not rung
	rung chan struct{}
}

func (b *bell) ring(at time.Time) {
	b.mu.Lock()
	if b.at.IsZero() || at.Before(b.at) {
		b.at = at
	}
	b.mu.Unlock()
	select {
	case b.rung <- struct{}{}:
	default:
	}
}

// take returns the time and silences the bell.
func (b *bell) take() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	at := b.at
	b.at = time.Time{}
	return at
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }

// millis is a time as the database keeps it; the zero time is the last of all.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return math.MaxInt64
	}
	return t.UnixMilli()
}

func fromMillis(ms int64) time.Time {
	if ms == math.MaxInt64 || ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}
