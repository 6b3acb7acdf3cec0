package gate_test

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/strollhq/stroll/internal/gate"
	"github.com/strollhq/stroll/internal/shopper"
	"github.com/strollhq/stroll/internal/testkit"
	"github.com/strollhq/stroll/jwo"
)

func doors(s *gate.Settings) {
	keys(s)
	s.Doors = gate.DoorSettings{ResolveScan: true, ScanDetails: "Stroll Club", Shopper: []string{"QR_CODE"}}
}

func resolve(id, value string, at time.Time) object {
	return object{"requestId": uuid.NewString(), "storeId": store, "scanEvent": object{
		"id": id, "timestamp": string(jwo.At(at)), "location": "ENTRY", "value": value, "channel": "OPTICAL",
	}}
}

// TestResolveScan has the cases of the contract, entry 11.3.
func TestResolveScan(t *testing.T) {
	t.Parallel()
	encode := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	t.Run("1.1_shopper_entry_accepted_by_optical_scan", onSQLite(doors, func(t *testing.T, h *house) {
		c := h.ada()
		accepted := `{"resolution":"ACCEPT","scanResult":{"id":"ada","type":"SHOPPER"}}`
		body := resolve(uuid.NewString(), encode(c.Text), c.IssuedAt)
		for range 2 {
			if a := h.post(jwo.PathResolveScan, body); a.Status != 200 || a.Raw != accepted {
				t.Errorf("answered %d %s", a.Status, a.Raw)
			}
		}
		if n := len(h.decisions()); n != 1 {
			t.Errorf("%d decisions on one event", n)
		}
		if n := h.admissions(); n != 0 {
			t.Errorf("a resolved scan admitted %d", n)
		}
		for title, body := range map[string]object{
			"plain":               resolve(uuid.NewString(), c.Text, c.IssuedAt),
			"in a non-UUID id":    with(resolve(encode(c.Text), "", c.IssuedAt), "scanEvent.value", nil),
			"plain in the id":     with(resolve(c.Text, "", c.IssuedAt), "scanEvent.value", nil),
			"without a timestamp": with(resolve(uuid.NewString(), c.Text, c.IssuedAt), "scanEvent.timestamp", nil),
		} {
			if a := h.post(jwo.PathResolveScan, body); a.Status != 200 || a.Raw != accepted {
				t.Errorf("%s: answered %d %s", title, a.Status, a.Raw)
			}
		}
		if text := h.log.String(); strings.Contains(text, c.Token) {
			t.Error("the code is logged")
		}
	}))
	t.Run("unknown_or_refused_is_200_reject", onSQLite(doors, func(t *testing.T, h *house) {
		c := h.ada()
		h.ledger.charge("ada", 1)
		for reason, body := range map[string]object{
			gate.KeyUnknown: resolve(uuid.NewString(), "whatever", c.IssuedAt),
			gate.CodeStale:  resolve(uuid.NewString(), encode(c.Text), c.IssuedAt.Add(time.Hour)),
			gate.Debt:       resolve(uuid.NewString(), encode(c.Text), c.IssuedAt),
		} {
			a := h.post(jwo.PathResolveScan, body)
			if got := h.last(); a.Status != 200 || a.Raw != `{"resolution":"REJECT"}` || got.Reason != reason || got.Outcome != gate.Refused {
				t.Errorf("%s: answered %d %s, recorded %s", reason, a.Status, a.Raw, got.Reason)
			}
		}
	}))
	t.Run("cash_and_staff", onSQLite(doors, func(t *testing.T, h *house) {
		a := h.post(jwo.PathResolveScan, resolve(uuid.NewString(), encode("cash#12"), time.Now()))
		if a.Raw != `{"resolution":"ACCEPT","scanResult":{"id":"cash-12","type":"CASH"}}` { // as scan results spell it
			t.Errorf("answered %s", a.Raw)
		}
	}))
	t.Run("missing_or_invalid_field_is_400", onSQLite(doors, func(t *testing.T, h *house) {
		good := resolve(uuid.NewString(), "x", time.Now())
		for field, value := range map[string]any{
			"requestId": "x", "storeId": "elsewhere", "scanEvent": nil, "scanEvent.id": nil, "scanEvent.timestamp": "noon",
		} {
			if a := h.post(jwo.PathResolveScan, with(good, field, value)); a.Status != 400 {
				t.Errorf("%s: %d", field, a.Status)
			}
		}
	}))
	t.Run("fault_is_500", onSQLite(doors, func(t *testing.T, h *house) {
		c := h.ada()
		h.ledger.fail(errLedger)
		body := resolve(uuid.NewString(), encode(c.Text), c.IssuedAt)
		if a := h.post(jwo.PathResolveScan, body); a.Status != 500 {
			t.Errorf("answered %d", a.Status)
		}
	}))
}

func TestDoorsAreClosed(t *testing.T) {
	t.Parallel()
	h := open(t, testkit.SQLite(t), nil)
	for path, body := range map[string]object{
		jwo.PathResolveScan:    resolve(uuid.NewString(), "x", time.Now()),
		jwo.PathGetScanDetails: {"storeId": store, "scanResult": object{"id": "ada", "type": "SHOPPER"}},
		jwo.PathGetShopper:     {"requestId": uuid.NewString(), "storeId": store, "shopperKey": "eA=="},
	} {
		if a := h.post(path, body); a.Status != http.StatusNotFound {
			t.Errorf("%s: %d %s", path, a.Status, a.Raw)
		}
	}
}

func TestGetScanDetails(t *testing.T) {
	t.Parallel()
	h := open(t, testkit.SQLite(t), doors)
	h.put("member", nil)
	h.put("ada", nil)
	for id, want := range map[string]string{
		"member": `{"provider":"Stroll Club","promotionIds":["ten-off"]}`,
		"ada":    `{"provider":"Stroll Club","promotionIds":[]}`,
	} {
		body := object{"storeId": store, "scanResult": object{"id": id, "type": "LOYALTY"}}
		if a := h.post(jwo.PathGetScanDetails, body); a.Status != 200 || a.Raw != want {
			t.Errorf("%s: %d %s", id, a.Status, a.Raw)
		}
	}
	body := object{"storeId": store, "scanResult": object{"id": "nobody", "type": "SHOPPER"}}
	if a := h.post(jwo.PathGetScanDetails, body); a.Status != 404 {
		t.Errorf("nobody: %d", a.Status)
	}
	if a := h.post(jwo.PathGetScanDetails, with(body, "scanResult.type", "GHOST")); a.Status != 400 {
		t.Errorf("a ghost: %d", a.Status)
	}
}

func TestGetShopper(t *testing.T) {
	t.Parallel()
	h := open(t, testkit.SQLite(t), doors)
	c := h.ada()
	h.put("ada", func(s *shopper.Shopper) { s.Fraud = true }) // inside already: may be helped
	ask := func(key string, at time.Time) object {
		return object{"requestId": uuid.NewString(), "storeId": store, "shopperKeyType": "QR_CODE",
			"shopperKey": base64.StdEncoding.EncodeToString([]byte(key)), "timestamp": string(jwo.At(at))}
	}
	h.admitted(h.post(jwo.PathGetShopper, ask(c.Text, c.IssuedAt)), "ada", "SHOPPER")
	h.admitted(h.post(jwo.PathGetShopper, with(with(ask(c.Text, c.IssuedAt), "timestamp", nil), "shopperKeyType", nil)), "ada", "SHOPPER")
	h.admitted(h.post(jwo.PathGetShopper, ask("staff:0007/nadia", time.Now())), "nadia", "ASSOCIATE")
	for title, body := range map[string]object{
		"unknown": ask("nobody", c.IssuedAt), "stale": ask(c.Text, c.IssuedAt.Add(time.Hour)),
	} {
		if a := h.post(jwo.PathGetShopper, body); a.Status != 401 {
			t.Errorf("%s: %d", title, a.Status)
		}
	}
	if a := h.post(jwo.PathGetShopper, with(ask(c.Text, c.IssuedAt), "shopperKeyType", "PHONE_NUMBER")); a.Status != 400 {
		t.Errorf("a telephone number: %d", a.Status)
	}
}
