package jwosim

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/strollhq/stroll/jwo"
)

// Sim plays Amazon's side. Make one with [New]. All methods may be called at
// once from any goroutine.
type Sim struct {
	cfg      Config
	stores   map[string]*store
	first    *store
	verifier *jwo.Verifier
	clock    *clock
	strict   atomic.Bool

	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	async  sync.WaitGroup

	born    time.Time // in the clock of trips
	servers sync.Map  // those whose shutdown ends the event streams

	mu          sync.Mutex // guards all below; never held while waiting
	faults      Faults
	faultsSince time.Time // when they came into force
	cards       map[string]*account
	instruments map[string]string // instrument → card id
	visitors    map[string]string // visitor id → card id
	emails      map[string]string // shopper id → e-mail
	trips       map[string]*Trip
	order       []*Trip
	keys        map[string]int // entry keys used, and how often
	attempts    map[string]int // of requests about no known trip
	refused     map[string]int // entries refused, by reason
	forced      []*Force
	revoked     map[string]bool // key ids taken back
	history     history
	findings    []Finding
	watchers    map[*watcher]bool
	looks       int64 // visits shown
}

// New makes a simulator. It starts nothing and listens on nothing.
func New(cfg Config) (*Sim, error) {
	if err := cfg.defaults(); err != nil {
		return nil, err
	}
	s := &Sim{
		cfg: cfg, stores: map[string]*store{}, faults: cfg.Faults, clock: newClock(cfg.Now),
		cards: map[string]*account{}, instruments: map[string]string{},
		visitors: map[string]string{}, emails: map[string]string{},
		trips: map[string]*Trip{}, keys: map[string]int{}, attempts: map[string]int{}, refused: map[string]int{}, revoked: map[string]bool{},
		history: history{size: cfg.History}, born: cfg.Now(),
	}
	s.faultsSince = s.Now()
	s.strict.Store(cfg.Strict)
	for _, c := range cfg.Stores {
		st, err := newStore(c)
		if err != nil {
			return nil, fmt.Errorf("jwosim: %w", err)
		}
		if s.stores[st.ID] != nil {
			return nil, fmt.Errorf("jwosim: store %s is there twice", st.ID)
		}
		s.stores[st.ID] = st
		if s.first == nil {
			s.first = st
		}
	}
	for _, c := range cfg.Cards {
		if err := s.AddCard(c); err != nil {
			return nil, fmt.Errorf("jwosim: %w", err)
		}
	}
	for visitor, card := range cfg.Visitors {
		if err := s.RegisterVisitor(visitor, card); err != nil {
			return nil, fmt.Errorf("jwosim: %w", err)
		}
	}
	for id, email := range cfg.Emails {
		s.RegisterEmail(id, email)
	}
	keys := map[string]string{}
	for _, k := range cfg.Accept {
		if k.AccessKeyID == "" || k.SecretAccessKey == "" {
			return nil, errors.New("jwosim: an accepted key without id or secret")
		}
		keys[k.AccessKeyID] = k.SecretAccessKey
	}
	s.verifier = jwo.NewVerifier(jwo.VerifierConfig{
		Service: "execute-api",
		Keys:    func(id string) (string, bool) { secret, ok := keys[id]; return secret, ok },
	})
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s, nil
}

// Close ends every call under way, waits for the asynchronous ones and drops
// idle connections. A cart that was being delivered stays undelivered.
func (s *Sim) Close() error {
	s.cancel()
	s.async.Wait()
	s.cfg.Connector.CloseIdleConnections()
	return nil
}

// bound is a context that also ends with Close.
func (s *Sim) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(s.ctx, cancel)
	return ctx, func() { stop(); cancel() }
}

// Seed the simulator was made with.
func (s *Sim) Seed() uint64 { return s.cfg.Seed }

// Faults in force.
func (s *Sim) Faults() Faults {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.faults
}

// SetFaults replaces the faults for every request that begins afterwards.
// Outages are counted from now.
func (s *Sim) SetFaults(f Faults) error {
	if err := f.Check(); err != nil {
		return fmt.Errorf("faults: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults, s.faultsSince = f, s.Now()
	return nil
}

// Stores lists the stores by id, defaults filled in.
func (s *Sim) Stores() []Store {
	out := make([]Store, 0, len(s.stores))
	for _, st := range s.stores {
		out = append(out, st.Store)
	}
	slices.SortFunc(out, func(a, b Store) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// Finding is something a well-behaved retailer's system never does, as the
// simulator met it. Faults provoke retries, never findings.
type Finding struct {
	At   time.Time `json:"at"`
	Kind string    `json:"kind"`
	Trip string    `json:"trip"`
	Text string    `json:"text"`
}

// Kinds of finding.
const (
	CaptureTwice         = "capture_twice"          // the same Capture again although its 200 went out
	CaptureChanged       = "capture_amount_changed" // a second Capture with another amount
	CaptureAbove         = "capture_above_authorized"
	CaptureOutOfTurn     = "capture_out_of_turn" // without an answered Adjust, or after Cancel
	CancelAfterCapture   = "cancel_after_capture"
	AdjustOutOfTurn      = "adjust_out_of_turn" // after Cancel or Capture
	RefundAbove          = "refund_above_captured"
	RefundChanged        = "refund_changed" // a known refundRequestId with other content
	ReportFell           = "report_fell"
	GateAnswerChanged    = "gate_answer_changed" // two answers to one event
	PurchaseIDChanged    = "purchase_id_changed" // two answers to one cart
	PurchaseIDUnexpected = "purchase_id_unexpected"
	CartRefused          = "cart_refused"
	BadAnswer            = "bad_answer"          // a 2xx of the connector's that cannot be read
	CallerAccepted       = "bad_caller_accepted" // a 2xx to expired or revoked credentials
	// Beside these there is "strict:" with the name of a StrictRule.
)

// find records a finding once per trip and kind. s.mu is held.
func (s *Sim) find(kind string, t *Trip, format string, args ...any) {
	f := Finding{At: s.Now(), Kind: kind, Text: fmt.Sprintf(format, args...)}
	if t != nil {
		f.Trip = t.id
		if t.found[kind] {
			return
		}
		t.found[kind] = true
	}
	if len(s.findings) < 10000 {
		s.findings = append(s.findings, f)
	}
	s.cfg.Log.Warn("finding", "kind", kind, "trip", f.Trip, "text", f.Text)
}

// Findings in the order they were met.
func (s *Sim) Findings() []Finding {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Finding{}, s.findings...)
}
