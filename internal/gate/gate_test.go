package gate_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/gate"
	"github.com/strollhq/stroll/internal/metric"
	"github.com/strollhq/stroll/internal/shopper"
	"github.com/strollhq/stroll/internal/testkit"
	"github.com/strollhq/stroll/jwo"
)

func TestMain(m *testing.M) { testkit.Main(m) }

const store = "store-1"

// house is a store's gate with its doors open to HTTP.
type house struct {
	t        testing.TB
	db       *db.DB
	gate     *gate.Gate
	shoppers *shopper.Shoppers
	ledger   *ledger
	metrics  *metric.Set
	log      *logged
	url      string
	client   *http.Client

	mu  sync.Mutex
	set map[string]gate.Settings
}

// open makes a gate on d; change edits the settings of its store.
func open(t testing.TB, d *db.DB, change func(*gate.Settings)) *house {
	t.Helper()
	h := build(t, d, change)
	srv := httptest.NewServer(h.handler())
	t.Cleanup(srv.Close)
	h.url, h.client = srv.URL, srv.Client()
	return h
}

// bare is open without a network: requests are handed to the handlers.
func bare(t testing.TB, d *db.DB, change func(*gate.Settings)) *house {
	t.Helper()
	h := build(t, d, change)
	h.url, h.client = "http://gate.test", &http.Client{Transport: direct{h.handler()}}
	return h
}

type direct struct{ h http.Handler }

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	d.h.ServeHTTP(w, r)
	return w.Result(), nil
}

func build(t testing.TB, d *db.DB, change func(*gate.Settings)) *house {
	t.Helper()
	h := &house{
		t: t, db: d, shoppers: shopper.New(shopper.Config{DB: d}), ledger: newLedger(), metrics: metric.New(),
		log: &logged{}, set: map[string]gate.Settings{store: {}},
	}
	if change != nil {
		h.change(change)
	}
	h.gate = gate.New(gate.Config{
		DB: d, Shoppers: h.shoppers, Debts: h.ledger, Links: h.ledger, Metrics: h.metrics, Log: slog.New(h.log),
		Settings: h.settings,
		Promotions: func(_ context.Context, _, visitor string) ([]string, error) {
			if visitor == "member" {
				return []string{"ten-off"}, nil
			}
			return nil, nil
		},
	})
	return h
}

// settings are those of a store just now.
func (h *house) settings(id string) (*gate.Settings, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	s, ok := h.set[id]
	return &s, ok
}

func (h *house) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle(jwo.PathVerifyIdentityKeys, jwo.IdentityHandler(h.gate, jwo.HandlerConfig{}))
	mux.Handle(jwo.PathGetShopperAuthorization, jwo.AuthorizationHandler(h.gate, jwo.HandlerConfig{}))
	mux.Handle(jwo.PathResolveScan, jwo.ScanHandler(h.gate, jwo.HandlerConfig{}))
	mux.Handle(jwo.PathGetScanDetails, jwo.ScanDetailsHandler(h.gate, jwo.HandlerConfig{}))
	mux.Handle(jwo.PathGetShopper, jwo.ShopperHandler(h.gate, jwo.HandlerConfig{}))
	return mux
}

// change puts other settings of the store in force, as a reload does.
func (h *house) change(edit func(*gate.Settings)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.set[store]
	edit(&s)
	if err := s.Check(); err != nil {
		h.t.Fatalf("settings of the test: %v", err)
	}
	h.set[store] = s
}

// logged keeps every log line, to look for what must not be there.
type logged struct {
	mu    sync.Mutex
	text  strings.Builder
	panic bool // a broken log must not change an answer
	off   bool // for benchmarks
}

func (l *logged) Enabled(context.Context, slog.Level) bool { return !l.off }
func (l *logged) WithAttrs([]slog.Attr) slog.Handler       { return l }
func (l *logged) WithGroup(string) slog.Handler            { return l }
func (l *logged) Handle(ctx context.Context, r slog.Record) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.panic {
		panic("the log is broken")
	}
	return slog.NewTextHandler(&l.text, nil).Handle(ctx, r)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// put registers a shopper who may enter, edited.
func (h *house) put(id string, edit func(*shopper.Shopper)) {
	h.t.Helper()
	s := shopper.Shopper{ID: id, PaymentMethod: true}
	if edit != nil {
		edit(&s)
	}
	if err := h.shoppers.Put(h.t.Context(), s); err != nil {
		h.t.Fatal(err)
	}
}

// code issues a code to a shopper who may have one.
func (h *house) code(id string) gate.Code {
	h.t.Helper()
	c, err := h.gate.IssueCode(h.t.Context(), store, id)
	if err != nil {
		h.t.Fatal(err)
	}
	return c
}

// ada registers a shopper and issues a code.
func (h *house) ada() gate.Code {
	h.t.Helper()
	h.put("ada", nil)
	return h.code("ada")
}

// decisions are all there are, the newest first.
func (h *house) decisions() []gate.Decision {
	h.t.Helper()
	list, err := h.gate.Decisions(h.t.Context(), gate.Filter{Limit: 1000})
	if err != nil {
		h.t.Fatal(err)
	}
	return list
}

// last is the newest decision.
func (h *house) last() gate.Decision {
	h.t.Helper()
	list := h.decisions()
	if len(list) == 0 {
		h.t.Fatal("no decision was recorded")
	}
	return list[0]
}

func (h *house) admissions() int64 {
	h.t.Helper()
	n, err := h.gate.Admissions(h.t.Context(), store, time.Time{}, time.Now().Add(time.Hour))
	if err != nil {
		h.t.Fatal(err)
	}
	return n
}

// refused checks a refusal and its recorded reason.
func (h *house) refused(a answer, reason string) {
	h.t.Helper()
	if a.Status != http.StatusUnauthorized {
		h.t.Errorf("answered %d %s, want 401", a.Status, a.Raw)
	}
	if got := h.last(); got.Reason != reason || got.Outcome != gate.Refused {
		h.t.Errorf("recorded %s %s, want %s", got.Outcome, got.Reason, reason)
	}
}

func (h *house) admitted(a answer, visitor, kind string) {
	h.t.Helper()
	want := object{"visitorDetails": object{"id": visitor, "type": kind}}
	got, _ := json.Marshal(a.Body)
	wanted, _ := json.Marshal(want)
	if a.Status != http.StatusOK || string(got) != string(wanted) {
		h.t.Errorf("answered %d %s, want 200 %s", a.Status, a.Raw, wanted)
	}
}

// metric is one line of the metrics, "" when there is none that begins so.
func (h *house) metric(name string) string {
	w := httptest.NewRecorder()
	h.metrics.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for line := range strings.Lines(w.Body.String()) {
		if rest, ok := strings.CutPrefix(line, name+" "); ok {
			return strings.TrimSpace(rest)
		}
	}
	return ""
}
