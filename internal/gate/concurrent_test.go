package gate_test

import (
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/strollhq/stroll/internal/gate"
	"github.com/strollhq/stroll/internal/testkit"
)

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
