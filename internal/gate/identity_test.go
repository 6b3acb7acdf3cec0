package gate_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/gate"
	"github.com/strollhq/stroll/internal/shopper"
	"github.com/strollhq/stroll/internal/testkit"
)

// TestVerifyIdentityKeys has the cases of the contract, entry 11.1, by their
// numbers; 5 to 9 have tests of their own beside it.
func TestVerifyIdentityKeys(t *testing.T) {
	t.Parallel()
	t.Run("1.1_shopper_entry", onSQLite(nil, func(t *testing.T, h *house) {
		c := h.ada()
		h.admitted(h.verify(scan(c.Text, c.IssuedAt)), "ada", "SHOPPER")
		if got := h.last(); got.Outcome != gate.Accepted || got.Reason != gate.Admitted || got.Visitor != "ada" || got.Entry != "SCAN_CODE" ||
			got.StoreID != store || !got.Recorded || got.Policy == "" || got.Took <= 0 {
			t.Errorf("recorded %+v", got)
		}
		if n := h.admissions(); n != 1 {
			t.Errorf("%d admissions", n)
		}
	}))
	t.Run("1.2_associate_entry", onSQLite(keys, func(t *testing.T, h *house) {
		h.ledger.charge("nadia", 500) // staff are not asked for debts
		h.admitted(h.verify(scan("staff:0007/nadia", time.Now())), "nadia", "ASSOCIATE")
		h.put("omar", func(s *shopper.Shopper) { s.Kind, s.PaymentMethod = "ASSOCIATE", false })
		c := h.code("omar")
		h.admitted(h.verify(scan(c.Text, c.IssuedAt)), "omar", "ASSOCIATE")
	}))
	t.Run("1.3_cash_shopper_entry", onSQLite(keys, func(t *testing.T, h *house) {
		h.admitted(h.verify(scan("cash#12", time.Now())), "cash-12", "CASH_SHOPPER")
		if got := h.last(); got.VisitorType != "CASH_SHOPPER" {
			t.Errorf("recorded %+v", got)
		}
	}))
	t.Run("2_unknown_key", onSQLite(nil, func(t *testing.T, h *house) {
		h.refused(h.verify(scan("not a key of ours", time.Now())), gate.KeyUnknown)
		c := h.ada()
		h.refused(h.verify(scan("STROLL0"+strings.Repeat("0", 32)+c.Text[39:], c.IssuedAt)), gate.KeyUnknown)
	}))
	t.Run("2_known_but_refused", eachGate(nil, func(t *testing.T, h *house) {
		for _, x := range []struct {
			title, reason string
			spoil         func(h *house, who string)
		}{
			{"debt", gate.Debt, func(h *house, who string) { h.ledger.charge(who, 1) }},
			{"flag", gate.Fraud, func(h *house, who string) { h.put(who, func(s *shopper.Shopper) { s.Fraud = true }) }},
			{"flag_in_settings", gate.Fraud, func(h *house, who string) { h.change(func(s *gate.Settings) { s.Flag.Shoppers = []string{who} }) }},
			{"expired_card", gate.CardExpired, func(h *house, who string) {
				h.put(who, func(s *shopper.Shopper) { s.CardExpires = time.Now().Add(-time.Hour) })
			}},
			{"no_payment_method", gate.NoPaymentMethod, func(h *house, who string) { h.put(who, func(s *shopper.Shopper) { s.PaymentMethod = false }) }},
			{"blocked", gate.ShopperBlocked, func(h *house, who string) { h.put(who, func(s *shopper.Shopper) { s.Status = shopper.Blocked }) }},
			{"block_list", gate.BlockListed, func(h *house, who string) { h.change(func(s *gate.Settings) { s.Block.Shoppers = []string{who} }) }},
			{"revoked_key", gate.CodeRevoked, func(h *house, who string) {
				if err := h.gate.RevokeAll(h.t.Context(), who); err != nil {
					h.t.Error(err)
				}
			}},
		} {
			t.Run(x.title, func(t *testing.T) {
				who := "shopper-" + x.title
				h.put(who, nil)
				c := h.code(who)
				x.spoil(h, who)
				a := h.verify(scan(c.Text, c.IssuedAt))
				h.refused(a, x.reason)
				if strings.Contains(a.Raw, who) || strings.Contains(a.Raw, x.reason) || a.Body["requestId"] == nil {
					t.Errorf("the answer says why, or nothing: %s", a.Raw)
				}
			})
		}
		if n := h.admissions(); n != 0 {
			t.Errorf("%d admissions", n)
		}
	}))
	t.Run("2_opaque_key_ended", onSQLite(func(s *gate.Settings) {
		s.OpaqueKeys = []gate.OpaqueKey{{Key: "old", Visitor: "v", Until: time.Now()}}
	}, func(t *testing.T, h *house) {
		h.refused(h.verify(scan("old", time.Now().Add(time.Second))), gate.KeyEnded)
		h.admitted(h.verify(scan("old", time.Now().Add(-time.Hour))), "v", "SHOPPER") // by the event's time
	}))
	t.Run("3_malformed", malformed)
	t.Run("4_rate_limiting", onSQLite(func(s *gate.Settings) {
		s.Identity.RateLimit = gate.RateLimit{PerSecond: 1, Burst: 1}
	}, func(t *testing.T, h *house) {
		first := scan("cash#12", time.Now())
		h.refused(h.verify(first), gate.KeyUnknown)
		a := h.verify(scan("cash#12", time.Now()))
		if a.Status != http.StatusTooManyRequests || a.Header.Get("Retry-After") != "1" {
			t.Errorf("answered %d %v", a.Status, a.Header)
		}
		if n := len(h.decisions()); n != 1 {
			t.Errorf("%d decisions recorded, want 1", n)
		}
		if again := h.verify(first); again.Status != http.StatusUnauthorized || again.Header.Get("Idempotency-Hit") != "true" {
			t.Errorf("a repeat was throttled: %d", again.Status)
		}
	}))
	t.Run("extra_fields_at_all_depths", onSQLite(nil, func(t *testing.T, h *house) {
		c := h.ada()
		body := with(with(scan(c.Text, c.IssuedAt), "future", object{"deep": []int{1}}), "authEvent.future", "x")
		h.admitted(h.verify(with(body, "keyChannel", nil)), "ada", "SHOPPER")
	}))
	t.Run("boundary_lengths", func(t *testing.T) {
		t.Parallel()
		key := strings.Repeat("k", 750) // 1000 characters of Base64
		h := open(t, testkit.SQLite(t), func(s *gate.Settings) {
			s.OpaqueKeys = []gate.OpaqueKey{{Key: key, Visitor: strings.Repeat("v", 255), Type: "CASH_SHOPPER"}}
		})
		long := strings.Repeat("s", 255)
		h.mu.Lock()
		h.set[long] = h.set[store]
		h.mu.Unlock()
		h.admitted(h.verify(with(scan(key, time.Now()), "storeId", long)), strings.Repeat("v", 255), "CASH_SHOPPER")
	})
}

// eachGate runs f against a fresh gate on each database.
func eachGate(change func(*gate.Settings), f func(*testing.T, *house)) func(*testing.T) {
	return func(t *testing.T) {
		t.Parallel()
		testkit.EachDB(t, func(t *testing.T, d *db.DB) { f(t, open(t, d, change)) })
	}
}

// onSQLite is eachGate for what does not depend on the database.
func onSQLite(change func(*gate.Settings), f func(*testing.T, *house)) func(*testing.T) {
	return func(t *testing.T) {
		t.Parallel()
		f(t, open(t, testkit.SQLite(t), change))
	}
}

func keys(s *gate.Settings) {
	s.OpaqueKeys = []gate.OpaqueKey{
		{Key: "staff:0007/nadia", Visitor: "nadia", Type: "ASSOCIATE"},
		{Key: "cash#12", Visitor: "cash-12", Type: "CASH_SHOPPER"},
	}
}

func malformed(t *testing.T) {
	t.Parallel()
	h := open(t, testkit.SQLite(t), nil)
	c := h.ada()
	good := scan(c.Text, c.IssuedAt)
	for _, x := range []struct {
		title string
		body  any
		field string
	}{
		{"3.1_requestId_missing", with(good, "requestId", nil), "requestId"},
		{"3.1_requestId_empty", with(good, "requestId", ""), "requestId"},
		{"3.2_requestId_bad_format", with(good, "requestId", "123e4567-e89b-12d3-a456-4266141740001"), "requestId"},
		{"3.3_identityKey_missing", with(good, "identityKey", nil), "identityKey"},
		{"3.4_identityKey_too_long", with(good, "identityKey", strings.Repeat("QUJD", 251)), "identityKey"},
		{"3.5_identityKey_not_Base64", with(good, "identityKey", "ab c="), "identityKey"},
		{"3.6_storeId_missing", with(good, "storeId", nil), "storeId"},
		{"3.7_storeId_too_long", with(good, "storeId", strings.Repeat("s", 256)), "storeId"},
		{"3.8_storeId_invalid", with(good, "storeId", "another-store"), "storeId"},
		{"3.9_authEvent_missing", with(good, "authEvent", nil), "authEvent"},
		{"3.10_authEvent_id_missing", with(good, "authEvent.id", nil), "authEvent.id"},
		{"3.11_authEvent_id_format", with(good, "authEvent.id", "event-1"), "authEvent.id"},
		{"3.12_timestamp_missing", with(good, "authEvent.timestamp", nil), "authEvent.timestamp"},
		{"3.13_timestamp_format", with(good, "authEvent.timestamp", "yesterday"), "authEvent.timestamp"},
		{"3.14_location_missing", with(good, "authEvent.location", nil), "authEvent.location"},
		{"3.15_location_invalid", with(good, "authEvent.location", "ROOF"), "authEvent.location"},
		{"3.16_keyChannel_invalid", with(good, "keyChannel", "TELEPATHY"), "keyChannel"},
		{"3.17_empty_body", "", "body"},
		{"3.17_trailing_data", "{} {}", "body"},
	} {
		t.Run(x.title, func(t *testing.T) {
			a := h.verify(x.body)
			list, _ := a.Body["errors"].([]any)
			if a.Status != http.StatusBadRequest || len(list) == 0 {
				t.Fatalf("answered %d %s", a.Status, a.Raw)
			}
			if first, _ := list[0].(object); first["field"] != x.field {
				t.Errorf("names %v, want %s", first["field"], x.field)
			}
		})
	}
	if n := len(h.decisions()); n != 0 {
		t.Errorf("%d decisions about malformed requests", n)
	}
	h.admitted(h.verify(good), "ada", "SHOPPER")
}
