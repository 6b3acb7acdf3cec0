package gate_test

import (
	"net/http"
	"testing"

	"github.com/google/uuid"

	"github.com/strollhq/stroll/internal/gate"
	"github.com/strollhq/stroll/internal/shopper"
)

// TestVerifyIdentityKeysRepeated is case 6 of entry 11.1.
func TestVerifyIdentityKeysRepeated(t *testing.T) {
	t.Parallel()
	t.Run("6_idempotency", eachGate(nil, func(t *testing.T, h *house) {
		h.put("bert", nil)
		refusedCode := h.code("bert")
		h.put("bert", func(s *shopper.Shopper) { s.Fraud = true })
		c := h.ada()
		accepted, refused := scan(c.Text, c.IssuedAt), scan(refusedCode.Text, refusedCode.IssuedAt)
		h.admitted(h.verify(accepted), "ada", "SHOPPER")
		h.refused(h.verify(refused), gate.Fraud)
		rows := len(h.decisions())

		again := func(body object, status int) {
			t.Helper()
			a := h.verify(body)
			if a.Status != status || a.Header.Get("Idempotency-Hit") != "true" {
				t.Errorf("a repeat is answered %d %v, want %d and marked", a.Status, a.Header, status)
			}
		}
		again(accepted, 200)
		again(refused, 401)
		again(with(accepted, "requestId", uuid.NewString()), 200)
		h.ledger.charge("ada", 1000) // debt appeared since
		again(accepted, 200)
		h.put("bert", nil) // the flag is gone since
		again(refused, 401)
		again(with(accepted, "authEvent.timestamp", "2040-01-01T00:00:00Z"), 200) // the code is stale by now
		again(with(accepted, "keyChannel", nil), 200)

		if n := len(h.decisions()); n != rows {
			t.Errorf("repeats recorded %d more decisions", n-rows)
		}
		if n := h.admissions(); n != 1 {
			t.Errorf("%d admissions, want 1", n)
		}
	}))
	t.Run("6_changed_body", onSQLite(keys, func(t *testing.T, h *house) {
		c := h.ada()
		body := scan(c.Text, c.IssuedAt)
		h.mu.Lock()
		h.set["store-2"] = h.set[store]
		h.mu.Unlock()
		h.admitted(h.verify(body), "ada", "SHOPPER")
		other := h.code("ada")
		for title, changed := range map[string]object{
			"identityKey": with(body, "identityKey", scan(other.Text, c.IssuedAt)["identityKey"]),
			"storeId":     with(body, "storeId", "store-2"),
		} {
			a := h.verify(changed)
			if a.Status != http.StatusBadRequest {
				t.Errorf("another %s is answered %d %s", title, a.Status, a.Raw)
			}
			if got := h.last(); got.Reason != gate.ChangedBody || got.Outcome != gate.Invalid || got.Recorded {
				t.Errorf("recorded %+v", got)
			}
		}
		h.admitted(h.verify(body), "ada", "SHOPPER")
		if n := h.admissions(); n != 1 {
			t.Errorf("%d admissions, want 1", n)
		}
	}))
	t.Run("6_not_recorded_is_evaluated_afresh", onSQLite(nil, func(t *testing.T, h *house) {
		c := h.ada()
		body := scan(c.Text, c.IssuedAt)
		h.ledger.fail(errLedger)
		if a := h.verify(body); a.Status != http.StatusInternalServerError {
			t.Errorf("answered %d", a.Status)
		}
		h.ledger.fail(nil)
		h.admitted(h.verify(body), "ada", "SHOPPER")
	}))
	t.Run("6_event_id_in_other_case", onSQLite(nil, func(t *testing.T, h *house) {
		c := h.ada()
		body := with(scan(c.Text, c.IssuedAt), "authEvent.id", "abcdefab-0000-4000-8000-00000000000a")
		h.admitted(h.verify(body), "ada", "SHOPPER")
		h.admitted(h.verify(with(body, "authEvent.id", "ABCDEFAB-0000-4000-8000-00000000000A")), "ada", "SHOPPER")
		if n := h.admissions(); n != 1 {
			t.Errorf("%d admissions, want 1", n)
		}
	}))
}
