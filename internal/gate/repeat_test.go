package gate_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/internal/gate"
	"github.com/strollhq/stroll/internal/shopper"
	"github.com/strollhq/stroll/internal/testkit"
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
	t.Run("6_changed_body", eachGate(keys, func(t *testing.T, h *house) {
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

// together sends copies of one request to several gates at once.
func together(t *testing.T, copies int, send func(i int) answer) []answer {
	t.Helper()
	var all sync.WaitGroup
	start := make(chan struct{})
	answers := make([]answer, copies)
	for i := range copies {
		all.Go(func() {
			<-start
			answers[i] = send(i)
		})
	}
	close(start)
	all.Wait()
	return answers
}

func TestConcurrentCopies(t *testing.T) {
	t.Parallel()
	// Two gates on one database stand for two processes.
	testkit.EachDSN(t, func(t *testing.T, dsn string) {
		one, two := open(t, testkit.Open(t, dsn), nil), open(t, testkit.Open(t, dsn), nil)
		gates := []*house{one, two}
		c := one.ada()
		body := scan(c.Text, c.IssuedAt)
		answers := together(t, 100, func(i int) answer {
			return gates[i%2].verify(with(body, "requestId", uuid.NewString()))
		})
		fresh := 0
		for _, a := range answers {
			one.admitted(a, "ada", "SHOPPER")
			if a.Header.Get("Idempotency-Hit") == "" {
				fresh++
			}
		}
		if fresh != 1 {
			t.Errorf("%d answers are not marked as repeats, want 1", fresh)
		}
		if n := one.admissions(); n != 1 {
			t.Errorf("%d admissions, want 1", n)
		}
		if n := len(one.decisions()); n != 1 {
			t.Errorf("%d decisions, want 1", n)
		}
	})
}

func TestConcurrentContradictions(t *testing.T) {
	t.Parallel()
	testkit.EachDSN(t, func(t *testing.T, dsn string) {
		one, two := open(t, testkit.Open(t, dsn), keys), open(t, testkit.Open(t, dsn), keys)
		gates := []*house{one, two}
		bodies := []object{scan("cash#12", time.Now()), nil}
		bodies[1] = with(bodies[0], "identityKey", scan("staff:0007/nadia", time.Now())["identityKey"])
		answers := together(t, 40, func(i int) answer { return gates[i%2].verify(bodies[i/2%2]) })
		ok := map[bool]int{}
		for i, a := range answers {
			if a.Status == 200 {
				ok[i/2%2 == 0]++
			} else if a.Status != 400 {
				t.Errorf("answered %d %s", a.Status, a.Raw)
			}
		}
		if len(ok) != 1 || ok[true]+ok[false] != 20 {
			t.Errorf("answered 200 for the one key %d times, for the other %d times", ok[true], ok[false])
		}
		if n := one.admissions(); n != 1 {
			t.Errorf("%d admissions, want 1", n)
		}
	})
}

func TestMaxAdmissionsPerCode(t *testing.T) {
	t.Parallel()
	limit := func(s *gate.Settings) { s.Codes.MaxAdmissions = 3 }
	testkit.EachDSN(t, func(t *testing.T, dsn string) {
		one, two := open(t, testkit.Open(t, dsn), limit), open(t, testkit.Open(t, dsn), limit)
		gates := []*house{one, two}
		c := one.ada()
		bodies := make([]object, 12)
		for i := range bodies {
			bodies[i] = scan(c.Text, c.IssuedAt)
		}
		// Each event twice at once: events are counted, not requests.
		answers := together(t, 24, func(i int) answer { return gates[i%2].verify(bodies[i/2]) })
		let := 0
		for i := range bodies {
			a, b := answers[2*i], answers[2*i+1]
			if a.Status != b.Status {
				t.Errorf("copies of one event are answered %d and %d", a.Status, b.Status)
			}
			if a.Status == 200 {
				let++
			} else if a.Status != 401 {
				t.Errorf("answered %d %s", a.Status, a.Raw)
			}
		}
		if let != 3 || one.admissions() != 3 {
			t.Errorf("%d events let in, %d admissions, want 3", let, one.admissions())
		}
		used, err := one.gate.Decisions(t.Context(), gate.Filter{Reason: gate.CodeUsed})
		if err != nil || len(used) != 9 {
			t.Errorf("%d refused because the code was used up (%v), want 9", len(used), err)
		}
		// Helping a shopper inside is no admission.
		one.admitted(one.verify(with(scan(c.Text, c.IssuedAt), "authEvent.location", "MANUAL_IN_STORE")), "ada", "SHOPPER")
	})
}

func TestGroupEntry(t *testing.T) {
	t.Parallel()
	h := open(t, testkit.SQLite(t), nil)
	c := h.ada()
	for range 5 {
		h.admitted(h.verify(scan(c.Text, c.IssuedAt.Add(20*time.Second))), "ada", "SHOPPER")
	}
	if n := h.admissions(); n != 5 {
		t.Errorf("%d admissions on one code, want 5", n)
	}
}

func TestPurge(t *testing.T) {
	t.Parallel()
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		h := open(t, d, nil)
		c := h.ada()
		body := scan(c.Text, c.IssuedAt)
		h.admitted(h.verify(body), "ada", "SHOPPER")
		h.verify(scan("nobody", time.Now()))
		if n, err := h.gate.Purge(t.Context(), time.Now().Add(time.Hour)); n != 0 || err != nil {
			t.Errorf("forgot %d young rows, %v", n, err)
		}
		old := time.Now().Add(-gate.KeepAtLeast - time.Hour).UnixMilli()
		err := d.Tx(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			_, e1 := tx.ExecContext(ctx, `UPDATE gate_decision SET at = $1`, old)
			_, e2 := tx.ExecContext(ctx, `UPDATE gate_admission SET noted_at = $1`, old)
			_, e3 := tx.ExecContext(ctx, `UPDATE recognition SET issued_at = $1`, old)
			return errors.Join(e1, e2, e3)
		})
		if err != nil {
			t.Fatal(err)
		}
		if n, err := h.gate.Purge(t.Context(), time.Now()); n != 4 || err != nil {
			t.Errorf("forgot %d rows, %v; want 4", n, err)
		}
		if n := len(h.decisions()); n != 0 {
			t.Errorf("%d decisions are left", n)
		}
	})
}

func TestDecisionsAreFound(t *testing.T) {
	t.Parallel()
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		h := open(t, d, keys)
		c := h.ada()
		h.verify(scan(c.Text, c.IssuedAt))
		h.verify(scan("cash#12", time.Now()))
		h.verify(scan("nobody", time.Now()))
		h.post(pathFA, tap("card-1", "trip-1"))
		for _, x := range []struct {
			f    gate.Filter
			want []string // reasons, the newest first
		}{
			{gate.Filter{}, []string{gate.Admitted, gate.KeyUnknown, gate.Admitted, gate.Admitted}},
			{gate.Filter{Limit: 1}, []string{gate.Admitted}},
			{gate.Filter{Visitor: "ada"}, []string{gate.Admitted}},
			{gate.Filter{VisitorType: "CASH_SHOPPER"}, []string{gate.Admitted}},
			{gate.Filter{Reason: gate.KeyUnknown}, []string{gate.KeyUnknown}},
			{gate.Filter{Outcome: gate.Accepted, Entry: "SCAN_CODE"}, []string{gate.Admitted, gate.Admitted}},
			{gate.Filter{Instrument: "card-1", TripID: "trip-1", StoreID: store}, []string{gate.Admitted}},
			{gate.Filter{StoreID: "elsewhere"}, []string{}},
			{gate.Filter{Since: time.Now().Add(time.Hour)}, []string{}},
			{gate.Filter{Until: time.Now().Add(-time.Hour)}, []string{}},
		} {
			list, err := h.gate.Decisions(t.Context(), x.f)
			got := []string{}
			for _, d := range list {
				got = append(got, d.Reason)
			}
			if err != nil || !slices.Equal(got, x.want) {
				t.Errorf("%+v finds %v, %v; want %v", x.f, got, err, x.want)
			}
		}
		counts, err := h.gate.Tally(t.Context(), gate.Filter{})
		want := []gate.Count{
			{store, "GetShopperAuthorization", "FINANCIAL", "", gate.Accepted, gate.Admitted, 1},
			{store, "VerifyIdentityKeys", "SCAN_CODE", "", gate.Refused, gate.KeyUnknown, 1},
			{store, "VerifyIdentityKeys", "SCAN_CODE", "CASH_SHOPPER", gate.Accepted, gate.Admitted, 1},
			{store, "VerifyIdentityKeys", "SCAN_CODE", "SHOPPER", gate.Accepted, gate.Admitted, 1},
		}
		if err != nil || !slices.Equal(counts, want) {
			t.Errorf("counts %v, %v", counts, err)
		}
	})
}

func TestRevoke(t *testing.T) {
	t.Parallel()
	h := open(t, testkit.SQLite(t), nil)
	c, other := h.ada(), h.code("ada")
	if err := h.gate.Revoke(t.Context(), c.Token); err != nil {
		t.Fatal(err)
	}
	h.refused(h.verify(scan(c.Text, c.IssuedAt)), gate.CodeRevoked)
	h.admitted(h.verify(scan(other.Text, other.IssuedAt)), "ada", "SHOPPER")
	if err := h.gate.Revoke(t.Context(), c.Token); !errors.Is(err, fault.NotFound) {
		t.Errorf("revoked twice: %v", err)
	}
}
