package gate_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/internal/gate"
	"github.com/strollhq/stroll/internal/shopper"
	"github.com/strollhq/stroll/internal/testkit"
)

func TestIssueCode(t *testing.T) {
	t.Parallel()
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		h := open(t, d, func(s *gate.Settings) { s.Codes.Freshness = 40 * time.Second })
		c := h.ada()
		if len(c.Text) != 49 || c.Text[:7] != "STROLL0" || c.Text[7:39] != c.Token || c.Text[39:] != fmt.Sprint(c.IssuedAt.Unix()) ||
			c.ExpiresAt.Sub(c.IssuedAt) != 40*time.Second || c.RenewAt.Sub(c.IssuedAt) != 20*time.Second || time.Since(c.IssuedAt) > time.Minute {
			t.Errorf("issued %+v", c)
		}
		if next := h.code("ada"); next.Token == c.Token {
			t.Error("two codes with one token")
		}
		h.admitted(h.verify(scan(c.Text, c.ExpiresAt)), "ada", "SHOPPER")

		// Everything that is wrong is named at once.
		h.put("ada", func(s *shopper.Shopper) { s.PaymentMethod, s.Fraud, s.Status = false, true, shopper.Blocked })
		h.ledger.charge("ada", 100)
		want := []string{gate.ShopperBlocked, gate.Fraud, gate.NoPaymentMethod, gate.Debt}
		if diff := cmp.Diff(want, problems(h, "ada")); diff != "" {
			t.Errorf("problems (-want +got):\n%s", diff)
		}
		if n := h.metric(`stroll_gate_precheck_failures_total{problem="debt",store="store-1"}`); n != "1" {
			t.Errorf("counted %q", n)
		}
		h.put("bert", func(s *shopper.Shopper) { s.CardExpires = time.Now() })
		if diff := cmp.Diff([]string{gate.CardExpired}, problems(h, "bert")); diff != "" {
			t.Errorf("problems (-want +got):\n%s", diff)
		}
		// Staff and those who pay cash need no card and are asked for no debt.
		for _, kind := range []string{"ASSOCIATE", "CASH_SHOPPER"} {
			h.put("ada", func(s *shopper.Shopper) { s.Kind, s.PaymentMethod = kind, false })
			c := h.code("ada")
			h.admitted(h.verify(scan(c.Text, c.IssuedAt)), "ada", kind)
		}
		for _, x := range [][2]string{{store, "nobody"}, {"elsewhere", "ada"}} {
			if _, err := h.gate.IssueCode(t.Context(), x[0], x[1]); !errors.Is(err, fault.NotFound) {
				t.Errorf("%v: %v", x, err)
			}
		}
		h.ledger.fail(errLedger)
		h.put("ada", nil)
		if _, err := h.gate.IssueCode(t.Context(), store, "ada"); !errors.Is(err, errLedger) {
			t.Errorf("without a ledger: %v", err)
		}
	})
}

// problems are what IssueCode wants mended.
func problems(h *house, id string) []string {
	h.t.Helper()
	_, err := h.gate.IssueCode(h.t.Context(), store, id)
	var check *gate.PreCheck
	if !errors.As(err, &check) || !errors.Is(err, fault.Conflict) {
		h.t.Errorf("issued with %v", err)
		return nil
	}
	var list []string
	for _, f := range check.Fixes {
		list = append(list, f.Problem)
		if f.Text == "" || !strings.Contains(err.Error(), f.Text) || strings.Contains(f.Text, "fraud") {
			h.t.Errorf("%s is told as %q", f.Problem, f.Text)
		}
	}
	return list
}

// TestGateBehaviour is case 8 of entry 11.1: what a gate does with our answers
// under both defaults of the store.
func TestGateBehaviour(t *testing.T) {
	t.Parallel()
	// The table of the contract, entry 3.3.
	opens := func(status int, byDefault bool) bool {
		return status == http.StatusOK || status >= 500 && byDefault
	}
	t.Run("8_gate_behaviour", onSQLite(keys, func(t *testing.T, h *house) {
		c := h.ada()
		at := c.IssuedAt
		throttled := func() int {
			h.change(func(s *gate.Settings) { s.Identity.RateLimit = gate.RateLimit{PerSecond: 1, Burst: 1} })
			defer h.change(func(s *gate.Settings) { s.Identity.RateLimit = gate.RateLimit{} })
			h.verify(scan("x", at))
			return h.verify(scan("x", at)).Status
		}
		broken := func() int {
			h.ledger.fail(errLedger)
			defer h.ledger.fail(nil)
			return h.verify(scan(c.Text, at)).Status
		}
		for _, x := range []struct {
			answer            func() int
			status            int
			closed, openStore bool // whether the gate opens, by the store's default
		}{
			{func() int { return h.verify(scan(c.Text, at)).Status }, 200, true, true},
			{func() int { return h.verify("{}").Status }, 400, false, false},
			{func() int { return h.verify(scan("x", at)).Status }, 401, false, false},
			{throttled, 429, false, false},
			{broken, 500, false, true},
		} {
			got := x.answer()
			if got != x.status || opens(got, false) != x.closed || opens(got, true) != x.openStore {
				t.Errorf("answered %d, want %d", got, x.status)
			}
		}
	}))
}

// TestPeak is case 9 of entry 11.1, in a size a loaded machine can bear.
func TestPeak(t *testing.T) {
	t.Parallel()
	t.Run("9_peak_load", eachGate(nil, func(t *testing.T, h *house) {
		h.put("ada", nil)
		c := h.code("ada")
		work := make(chan object)
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				for body := range work {
					start := time.Now()
					a := h.verify(body)
					if d := time.Since(start); a.Status != http.StatusOK || d > 2*time.Second {
						t.Errorf("answered %d after %s", a.Status, d)
					}
				}
			})
		}
		for range 80 {
			work <- scan(c.Text, c.IssuedAt)
		}
		close(work)
		all.Wait()
		if n := h.admissions(); n != 80 {
			t.Errorf("%d admissions", n)
		}
		if n := h.metric(`stroll_gate_answer_seconds_count{api="VerifyIdentityKeys"}`); n != "80" {
			t.Errorf("%q answers were timed", n)
		}
	}))
}

func TestWatch(t *testing.T) {
	t.Parallel()
	inBubble(t, func(s *gate.Settings) {
		keys(s)
		s.Watch = gate.WatchSettings{Window: 10 * time.Minute, Least: 4, AlertBelow: 60}
	}, func(t *testing.T, h *house) {
		ratio := func(want, alarm string) {
			t.Helper()
			if got := h.metric(`stroll_gate_accepted_ratio{store="store-1"}`); got != want {
				t.Errorf("ratio %s, want %s", got, want)
			}
			if got := h.metric(`stroll_gate_accepted_alarm{store="store-1"}`); got != alarm {
				t.Errorf("alarm %q, want %q", got, alarm)
			}
		}
		in, out := func() { h.verify(scan("cash#12", time.Now())) }, func() { h.verify(scan("nobody", time.Now())) }
		out()
		out()
		in()
		ratio("0.3333333333333333", "") // too few to say anything
		in()
		ratio("0.5", "1")
		if n := strings.Count(h.log.String(), "few entries are accepted"); n != 1 {
			t.Errorf("the alarm is logged %d times", n)
		}
		in()
		ratio("0.6", "0")
		time.Sleep(11 * time.Minute) // the window slides
		in()
		ratio("1", "0")
		for labels, want := range map[string]string{`visitor_type="CASH_SHOPPER"`: "1", `visitor_type=""`: "0"} {
			if got := h.metric(`stroll_gate_accepted_kind_ratio{entry="SCAN_CODE",store="store-1",` + labels + `}`); got != want {
				t.Errorf("share of %s: %q, want %s", labels, got, want)
			}
		}
		if n := h.metric(`stroll_gate_refusals_total{api="VerifyIdentityKeys",reason="key_unknown",store="store-1",visitor_type=""}`); n != "2" {
			t.Errorf("counted %q refusals", n)
		}
	})
}
