package gate_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/gate"
	"github.com/strollhq/stroll/internal/shopper"
	"github.com/strollhq/stroll/internal/testkit"
)

// inBubble runs f in virtual time with a gate on an SQLite file of its own.
func inBubble(t *testing.T, change func(*gate.Settings), f func(t *testing.T, h *house)) {
	t.Helper()
	dsn := testkit.SQLiteDSN(t)
	synctest.Test(t, func(t *testing.T) {
		d, err := db.Open(t.Context(), db.Config{DSN: dsn})
		if err != nil {
			t.Fatal(err)
		}
		h := bare(t, d, change)
		f(t, h)
		h.ledger.mu.Lock()
		hold := h.ledger.hold
		h.ledger.hold = nil
		h.ledger.mu.Unlock()
		if hold != nil {
			close(hold)
		}
		synctest.Wait() // evaluations that nobody waits for any more
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
}

// took runs f and answers how long it took in virtual time.
func took(f func()) time.Duration {
	start := time.Now()
	f()
	return time.Since(start)
}

// TestDependencyDown is case 5 of entry 11.1, TestSlowDependency case 9.
func TestDependencyDown(t *testing.T) {
	t.Parallel()
	for setting, status := range map[string]int{"": 500, "store_default": 500, "deny": 401} {
		t.Run("5_internal_server_error/"+setting, onSQLite(func(s *gate.Settings) { s.Identity.OnDependencyFailure = setting },
			func(t *testing.T, h *house) {
				c := h.ada()
				body := scan(c.Text, c.IssuedAt)
				h.ledger.fail(errLedger)
				a := h.verify(body)
				if a.Status != status || strings.Contains(a.Raw, "ledger") {
					t.Errorf("answered %d %s", a.Status, a.Raw)
				}
				if n := h.admissions(); n != 0 {
					t.Errorf("%d admissions", n)
				}
				named := setting
				if named == "" {
					named = "store_default"
				}
				if n := h.metric(`stroll_gate_defaults_total{api="VerifyIdentityKeys",setting="` + named + `",store="store-1"}`); n != "1" {
					t.Errorf("counted %q uses of on_dependency_failure", n)
				}
				if !strings.Contains(h.log.String(), "no decision on a scanned key") {
					t.Error("the failure is not logged")
				}
				h.ledger.fail(nil)
				h.admitted(h.verify(body), "ada", "SHOPPER")
			}))
	}
	t.Run("5_refused_all_the_same", onSQLite(nil, func(t *testing.T, h *house) {
		// What is known without the ledger is a refusal and no outage.
		c := h.ada()
		h.put("ada", func(s *shopper.Shopper) { s.Fraud = true })
		h.ledger.fail(errLedger)
		h.refused(h.verify(scan(c.Text, c.IssuedAt)), gate.Fraud)
	}))
	t.Run("5_database_closed", func(t *testing.T) {
		t.Parallel()
		d, err := db.Open(t.Context(), db.Config{DSN: testkit.SQLiteDSN(t)})
		if err != nil {
			t.Fatal(err)
		}
		h := open(t, d, nil)
		c := h.ada()
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		if a := h.verify(scan(c.Text, c.IssuedAt)); a.Status != http.StatusInternalServerError {
			t.Errorf("answered %d", a.Status)
		}
	})
}

func TestSlowDependency(t *testing.T) {
	t.Parallel()
	for title, deaf := range map[string]bool{"that obeys": false, "that does not listen": true} {
		t.Run("9_slow_dependency/"+title, func(t *testing.T) {
			t.Parallel()
			inBubble(t, nil, func(t *testing.T, h *house) {
				c := h.ada()
				body, card := scan(c.Text, c.IssuedAt), tap("card-1", "trip-1")
				hold := make(chan struct{})
				h.ledger.mu.Lock()
				h.ledger.hold, h.ledger.deaf = hold, deaf
				h.ledger.mu.Unlock()
				var a answer
				if d := took(func() { a = h.verify(body) }); d != 1500*time.Millisecond || a.Status != 500 {
					t.Errorf("answered %d after %s", a.Status, d)
				}
				if d := took(func() { a = h.authorize(card) }); d != 1500*time.Millisecond || a.Body["shopperAuthorized"] != false {
					t.Errorf("answered %d %s after %s", a.Status, a.Raw, d)
				}
				h.change(func(s *gate.Settings) {
					s.Identity.OnDependencyFailure, s.Identity.Deadline = "deny", 300*time.Millisecond
				})
				if d := took(func() { a = h.verify(scan(c.Text, c.IssuedAt)) }); d != 300*time.Millisecond || a.Status != 401 {
					t.Errorf("answered %d after %s", a.Status, d)
				}
				h.ledger.mu.Lock()
				h.ledger.hold = nil
				h.ledger.mu.Unlock()
				close(hold)
				synctest.Wait()
				// What was not decided in time took no effect, and is decided now.
				if n := h.admissions(); n != 0 {
					t.Errorf("%d admissions after the deadline", n)
				}
				h.admitted(h.verify(body), "ada", "SHOPPER")
				h.answers(h.authorize(card), true, "", "")
			})
		})
	}
}

// A copy that comes while the first is being decided waits for its answer, but
// not beyond its own deadline.
func TestCopyMeanwhile(t *testing.T) {
	t.Parallel()
	inBubble(t, nil, func(t *testing.T, h *house) {
		c := h.ada()
		body := scan(c.Text, c.IssuedAt)
		hold := make(chan struct{})
		h.ledger.hold = hold
		answers := make(chan answer, 2)
		go func() { answers <- h.verify(body) }()
		synctest.Wait()
		go func() { answers <- h.verify(body) }()
		synctest.Wait()
		h.ledger.mu.Lock()
		h.ledger.hold = nil
		h.ledger.mu.Unlock()
		close(hold)
		h.admitted(<-answers, "ada", "SHOPPER")
		h.admitted(<-answers, "ada", "SHOPPER")
		if h.ledger.asked != 2 { // once for the code, once for the event
			t.Errorf("the ledger was asked %d times, want 2", h.ledger.asked)
		}
	})
}

// The caller's going away changes nothing about the event.
func TestCallerGone(t *testing.T) {
	t.Parallel()
	inBubble(t, nil, func(t *testing.T, h *house) {
		c := h.ada()
		body := scan(c.Text, c.IssuedAt)
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		req, err := request(gone, body)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.gate.VerifyIdentityKeys(gone, req); err != nil {
			t.Error(err)
		}
		if a := h.verify(body); a.Header.Get("Idempotency-Hit") == "" {
			t.Error("the event was not recorded")
		}
	})
}
