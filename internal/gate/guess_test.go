package gate_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/strollhq/stroll/internal/gate"
	"github.com/strollhq/stroll/internal/pay"
	"github.com/strollhq/stroll/internal/shopper"
	"github.com/strollhq/stroll/internal/testkit"
)

func byVisits(s *gate.Settings) {
	s.Rules = []gate.Rule{{Name: "often", When: "visits_hour >= 3 or visits_day >= 5", Then: gate.Deny, Reason: "velocity"}}
}

// An admission is one commit and no transaction.
func TestOneStatement(t *testing.T) {
	t.Parallel()
	testkit.EachDSN(t, func(t *testing.T, dsn string) {
		d, seen := probed(t, dsn)
		h, p := kept(t, d, func(s *gate.Settings) { keys(s); byVisits(s) }, false)
		c := h.ada()
		one := func(kind string) []string { return []string{"before commit:" + kind, "after commit:" + kind} }
		for title, x := range map[string]struct {
			ask  func() answer
			kind string
		}{
			"code":          {func() answer { return h.verify(scan(c.Text, c.IssuedAt)) }, "gate.code"},
			"associate key": {func() answer { return h.verify(scan("staff:0007/nadia", time.Now())) }, "gate.code"},
			"card":          {func() answer { return h.authorize(tap("card-1", "trip-1")) }, "gate.card"},
			"card, advised": {func() answer { return h.authorize(advised(true)) }, "gate.card"},
		} {
			seen.look()
			if a := x.ask(); a.Status != 200 || !slices.Equal(seen.look(), one(x.kind)) {
				t.Errorf("%s: answered %d with other commits than one %s", title, a.Status, x.kind)
			}
		}
		if got, err := p.Get(t.Context(), d.Reader(), "trip-1"); err != nil || got.State != pay.Preauthorized || got.Instrument != "card-1" {
			t.Errorf("the trip's payment is %+v, %v", got, err)
		}
		if err := h.shoppers.SetFraud(t.Context(), shopper.Act{ShopperID: "ada", Operator: "olga", Reason: "test"}, true); err != nil {
			t.Fatal(err)
		}
		h.refused(h.verify(scan(c.Text, c.IssuedAt)), gate.Fraud) // after a guess that was wrong
		seen.look()
		h.refused(h.verify(scan(c.Text, c.IssuedAt)), gate.Fraud)
		// A refusal is known for certain before it is recorded.
		if got := seen.look(); !slices.Equal(got, one("internal/gate.(*Gate).settle")) {
			t.Errorf("a refusal committed %v", got)
		}
		seen.look()
		body := scan("staff:0007/nadia", time.Now())
		first, again := h.verify(body), h.verify(body)
		if again.Header.Get("Idempotency-Hit") != "true" || first.Raw != again.Raw {
			t.Errorf("a repeat is answered %d %s", again.Status, again.Raw)
		}
		// The repeat's own write was not made, and what is on record was read.
		if got := seen.look(); !slices.Equal(got, append(one("gate.code"), "before commit:gate.code")) {
			t.Errorf("an admission and its repeat committed %v", got)
		}
	})
}

// What one process learns or changes, the next decision of another stands on,
// whatever that one remembers.
func TestNothingStale(t *testing.T) {
	t.Parallel()
	act := shopper.Act{ShopperID: "ada", Operator: "olga", Reason: "test"}
	must := func(t *testing.T, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	type risk struct {
		change func(t *testing.T, h *house, c gate.Code)
		reason string
		mend   func(t *testing.T, h *house, c gate.Code) // nil: not to be mended
	}
	for title, x := range map[string]risk{
		"debt": {
			func(t *testing.T, h *house, _ gate.Code) { owe(t, h.db, "trip-9", "ada", "", pay.DebtOpen, 0, 0) }, gate.Debt,
			func(t *testing.T, h *house, _ gate.Code) {
				owe(t, h.db, "trip-9", "ada", "", pay.DebtResolved, 0, 500)
			},
		},
		"debt partly paid": {
			func(t *testing.T, h *house, _ gate.Code) {
				owe(t, h.db, "trip-9", "ada", "", pay.DebtPartlyPaid, 0, 100)
			}, gate.Debt, nil,
		},
		"debt written off": {
			func(t *testing.T, h *house, _ gate.Code) {
				owe(t, h.db, "trip-9", "ada", "", pay.DebtWrittenOff, 500, 0)
			}, gate.Debt, nil,
		},
		"blocked": {
			func(t *testing.T, h *house, _ gate.Code) {
				must(t, h.shoppers.SetStatus(t.Context(), act, shopper.Blocked))
			}, gate.ShopperBlocked,
			func(t *testing.T, h *house, _ gate.Code) {
				must(t, h.shoppers.SetStatus(t.Context(), act, shopper.Active))
			},
		},
		"flagged": {
			func(t *testing.T, h *house, _ gate.Code) { must(t, h.shoppers.SetFraud(t.Context(), act, true)) }, gate.Fraud,
			func(t *testing.T, h *house, _ gate.Code) { must(t, h.shoppers.SetFraud(t.Context(), act, false)) },
		},
		"no payment method": {
			func(t *testing.T, h *house, _ gate.Code) {
				h.put("ada", func(s *shopper.Shopper) { s.PaymentMethod = false })
			}, gate.NoPaymentMethod,
			func(t *testing.T, h *house, _ gate.Code) { h.put("ada", nil) },
		},
		"card expired": {
			func(t *testing.T, h *house, _ gate.Code) {
				h.put("ada", func(s *shopper.Shopper) { s.CardExpires = time.Now().Add(-time.Hour) })
			}, gate.CardExpired,
			func(t *testing.T, h *house, _ gate.Code) { h.put("ada", nil) },
		},
		"revoked": {func(t *testing.T, h *house, c gate.Code) { must(t, h.gate.Revoke(t.Context(), c.Token)) }, gate.CodeRevoked, nil},
		"account gone": {func(t *testing.T, h *house, _ gate.Code) {
			exec(t, h.db, `DELETE FROM shopper WHERE id = 'ada'`)
		}, gate.KeyUnknown, nil},
		"visits": {func(t *testing.T, h *house, c gate.Code) {
			h.admitted(h.verify(scan(c.Text, c.IssuedAt)), "ada", "SHOPPER") // the third
		}, "velocity", nil},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			twoProcesses(t, byVisits, func(t *testing.T, here, there *house) {
				c := here.ada()
				here.admitted(here.verify(scan(c.Text, c.IssuedAt)), "ada", "SHOPPER")
				there.admitted(there.verify(scan(c.Text, c.IssuedAt)), "ada", "SHOPPER")
				x.change(t, here, c)
				there.refused(there.verify(scan(c.Text, c.IssuedAt)), x.reason)
				there.refused(there.verify(scan(c.Text, c.IssuedAt)), x.reason)
				if x.mend != nil {
					x.mend(t, here, c)
					there.admitted(there.verify(scan(c.Text, c.IssuedAt)), "ada", "SHOPPER")
				}
			})
		})
	}
}

// The same for cards: debts by either key, and the account that Amazon names.
func TestNothingStaleOfCards(t *testing.T) {
	t.Parallel()
	twoProcesses(t, func(s *gate.Settings) { s.FA.VisitorData = "visitor" }, func(t *testing.T, here, there *house) {
		here.put("ada", nil)
		card := func() object {
			return with(tap("card-1", uuid.NewString()), atEvent+"data", object{"visitor": "ada"})
		}
		there.answers(there.authorize(card()), true, "", "")
		owe(t, here.db, "trip-8", "", "card-1", pay.DebtOpen, 0, 0)
		there.answers(there.authorize(card()), false, "", `"BadDebt"`)
		owe(t, here.db, "trip-8", "", "card-1", pay.DebtResolved, 0, 500)
		there.answers(there.authorize(card()), true, "", "")
		owe(t, here.db, "trip-9", "ada", "", pay.DebtOpen, 0, 0)
		there.answers(there.authorize(card()), false, "", `"BadDebt"`)
		owe(t, here.db, "trip-9", "ada", "", pay.DebtResolved, 0, 500)
		err := here.shoppers.SetFraud(t.Context(), shopper.Act{ShopperID: "ada", Operator: "olga", Reason: "test"}, true)
		if err != nil {
			t.Fatal(err)
		}
		there.answers(there.authorize(card()), false, "", `"CustomerFraud"`)
	})
}

// Settings are each process's own: a reload is seen by its very next decision.
func TestReloadIsSeen(t *testing.T) {
	t.Parallel()
	twoProcesses(t, nil, func(t *testing.T, here, _ *house) {
		c := here.ada()
		here.admitted(here.verify(scan(c.Text, c.IssuedAt)), "ada", "SHOPPER")
		here.answers(here.authorize(tap("card-1", "trip-1")), true, "", "")
		here.change(func(s *gate.Settings) {
			s.Block = gate.Subjects{Shoppers: []string{"ada"}, Instruments: []string{"card-1"}}
		})
		here.refused(here.verify(scan(c.Text, c.IssuedAt)), gate.BlockListed)
		here.answers(here.authorize(tap("card-1", "trip-2")), false, "", `"CustomerFraud"`)
	})
}

// A hundred copies at two processes are one decision, one admission, one
// payment and one answer; of two contents one is the event's.
func TestGuessedCopies(t *testing.T) {
	t.Parallel()
	twoProcesses(t, keys, func(t *testing.T, here, there *house) {
		houses := []*house{here, there}
		c := here.ada()
		code, card := scan(c.Text, c.IssuedAt), tap("card-1", "trip-1")
		together(t, 100, func(i int) answer {
			a := houses[i%2].verify(with(code, "requestId", uuid.NewString()))
			here.admitted(a, "ada", "SHOPPER")
			b := houses[i%2].authorize(card)
			here.answers(b, true, "", "")
			return b
		})
		if n, m := here.admissions(), len(here.decisions()); n != 2 || m != 2 {
			t.Errorf("%d admissions, %d decisions, want 2 and 2", n, m)
		}
		bodies := []object{scan("cash#12", time.Now()), nil}
		bodies[1] = with(bodies[0], "identityKey", scan("staff:0007/nadia", time.Now())["identityKey"])
		ok := map[int]int{}
		for i, a := range together(t, 40, func(i int) answer { return houses[i%2].verify(bodies[i/2%2]) }) {
			if a.Status == 200 {
				ok[i/2%2]++
			} else if a.Status != 400 {
				t.Errorf("answered %d %s", a.Status, a.Raw)
			}
		}
		if len(ok) != 1 || ok[0]+ok[1] != 20 {
			t.Errorf("answered 200 %v times", ok)
		}
	})
}

// Many cards and codes at once share statements; each gets its own.
func TestGuessedCrowd(t *testing.T) {
	t.Parallel()
	// All of the time there is: what a busy machine decides too late is another matter.
	patient := func(s *gate.Settings) { s.Identity.Deadline = 1900 * time.Millisecond }
	twoProcesses(t, patient, func(t *testing.T, here, there *house) {
		houses := []*house{here, there}
		c := here.ada()
		answers := together(t, 64, func(i int) answer {
			if i%4 < 2 {
				return houses[i%2].verify(scan(c.Text, c.IssuedAt))
			}
			return houses[i%2].authorize(tap("card-"+uuid.NewString(), uuid.NewString()))
		})
		for _, a := range answers {
			if a.Status != 200 || a.Header.Get("Idempotency-Hit") != "" || strings.Contains(a.Raw, `"shopperAuthorized":false`) {
				t.Errorf("answered %d %s", a.Status, a.Raw)
			}
		}
		if n, m := here.admissions(), len(here.decisions()); n != 64 || m != 64 {
			t.Errorf("%d admissions, %d decisions, want 64 and 64", n, m)
		}
	})
}
