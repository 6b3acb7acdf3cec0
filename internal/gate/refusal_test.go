package gate_test

import (
	"net/http"
	"testing"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/gate"
	"github.com/strollhq/stroll/internal/testkit"
)

// Once a refusal is known, nothing makes it a 5xx: not a record that cannot be
// written, not a broken log, not a panic.
func TestRefusalStaysRefusal(t *testing.T) {
	t.Parallel()
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		h := open(t, d, nil)
		c := h.ada()
		h.ledger.charge("ada", 100)
		h.ledger.charge("card-1", 100)
		// The decision is made, its row cannot be written.
		breakTable(t, d, "gate_decision")
		body := scan(c.Text, c.IssuedAt)
		if a := h.verify(body); a.Status != http.StatusUnauthorized {
			t.Errorf("without a record: %d %s", a.Status, a.Raw)
		}
		h.change(func(s *gate.Settings) { s.FA.Fallback = "allow" })
		h.answers(h.authorize(tap("card-1", "trip-1")), false, "", `"BadDebt"`)
		if n := h.metric(`stroll_gate_unrecorded_refusals_total{store="store-1"}`); n != "2" {
			t.Errorf("%s unrecorded refusals counted, want 2", n)
		}
		h.log.mu.Lock()
		h.log.panic = true // and the log is broken as well
		h.log.mu.Unlock()
		if a := h.verify(scan(c.Text, c.IssuedAt)); a.Status != http.StatusUnauthorized {
			t.Errorf("without a record and a log: %d %s", a.Status, a.Raw)
		}
		// An admission that cannot be recorded is none.
		if a := h.authorize(tap("card-2", "trip-2")); a.Body["shopperAuthorized"] != true {
			t.Errorf("the fallback answers %s", a.Raw)
		}
		if _, linked := h.ledger.link("trip-2"); linked {
			t.Error("linked although nothing was recorded")
		}
		h.ledger.payOff("ada")
		if a := h.verify(scan(c.Text, c.IssuedAt)); a.Status != http.StatusInternalServerError {
			t.Errorf("an admission without a record: %d", a.Status)
		}
	})
	t.Run("broken log", onSQLite(nil, func(t *testing.T, h *house) {
		c := h.ada()
		h.ledger.charge("ada", 1)
		h.log.mu.Lock()
		h.log.panic = true
		h.log.mu.Unlock()
		h.refused(h.verify(scan(c.Text, c.IssuedAt)), gate.Debt)
		h.ledger.payOff("ada")
		h.admitted(h.verify(scan(c.Text, c.IssuedAt)), "ada", "SHOPPER")
	}))
	t.Run("panic in a dependency", onSQLite(func(s *gate.Settings) { s.Identity.OnDependencyFailure = "deny" }, func(t *testing.T, h *house) {
		c := h.ada()
		h.ledger.fail(explosive{})
		if a := h.verify(scan(c.Text, c.IssuedAt)); a.Status != http.StatusUnauthorized {
			t.Errorf("answered %d %s", a.Status, a.Raw)
		}
		h.ledger.fail(nil)
		h.admitted(h.verify(scan(c.Text, c.IssuedAt)), "ada", "SHOPPER")
	}))
}

// explosive is an error that panics when somebody looks at it.
type explosive struct{}

func (explosive) Error() string   { panic("boom") }
func (explosive) Is(e error) bool { panic("boom") }
