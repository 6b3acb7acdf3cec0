package jwosim_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/strollhq/stroll/jwosim"
)

// The same for the answers of connectors: what breaks a rule is no answer.
func TestStrict_answers(t *testing.T) {
	t.Parallel()
	reply := func(status int, kind, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			w.WriteHeader(status)
			io.WriteString(w, body)
		}
	}
	const kind = "application/json"
	visitor := func(id string) http.HandlerFunc {
		return reply(200, kind, fmt.Sprintf(`{"visitorDetails":{"id":%q,"type":"SHOPPER"}}`, id))
	}
	adjusted := func(allowed bool, value, code string) http.HandlerFunc {
		return reply(200, kind, fmt.Sprintf(`{"shopperAuthorized":%v,"authorizationConditions":[{"type":"ADJUST","amount":{"value":%s,"currencyCode":%q}}],"shopperRisks":[]}`,
			allowed, value, code))
	}
	long := strings.Repeat("a", 256)
	for name, c := range map[string]struct {
		rule, path string
		in, out    http.HandlerFunc
	}{
		"cart 200":         {"answer-status", purchasesPath, reply(201, kind, `{"purchaseId":"p"}`), reply(200, kind, `{"purchaseId":"p"}`)},
		"cart 418":         {"answer-status", purchasesPath, reply(400, kind, ``), reply(418, kind, ``)},
		"gate 202":         {"answer-status", identityPath, visitor("v"), reply(202, kind, `{"visitorDetails":{"id":"v","type":"SHOPPER"}}`)},
		"plain text":       {"answer-content-type", purchasesPath, reply(201, kind+";charset=utf-8", `{"purchaseId":"p"}`), reply(201, "text/plain", `{"purchaseId":"p"}`)},
		"unknown field":    {"answer-unknown-field", purchasesPath, reply(201, kind, `{"purchaseId":"p"}`), reply(201, kind, `{"purchaseId":"p","total":1}`)},
		"field twice":      {"answer-unknown-field", identityPath, visitor("v"), reply(200, kind, `{"visitorDetails":{"id":"v","id":"v","type":"SHOPPER"}}`)},
		"long visitor":     {"answer-visitor-id", identityPath, visitor(long[1:]), visitor(long)},
		"blank visitor":    {"answer-visitor-id", identityPath, visitor("v"), visitor(" ")},
		"no lists":         {"answer-lists", authorizePath, reply(200, kind, `{"shopperAuthorized":true,"authorizationConditions":[],"shopperRisks":[]}`), reply(200, kind, `{"shopperAuthorized":true,"authorizationConditions":[]}`)},
		"adjust above":     {"answer-adjust", authorizePath, adjusted(true, "25.00", "USD"), adjusted(true, "25.01", "USD")},
		"adjust denied":    {"answer-adjust", authorizePath, adjusted(true, "5.00", "USD"), adjusted(false, "5.00", "USD")},
		"adjust decimals":  {"answer-adjust", authorizePath, adjusted(true, "5.10", "USD"), adjusted(true, "5.1", "USD")},
		"adjust currency":  {"answer-adjust", authorizePath, adjusted(true, "5.00", "USD"), adjusted(true, "5.00", "EUR")},
		"long purchase id": {"answer-purchase-id", purchasesPath, reply(201, kind, fmt.Sprintf(`{"purchaseId":%q}`, long[1:])), reply(201, kind, fmt.Sprintf(`{"purchaseId":%q}`, long))},
		"odd purchase id":  {"answer-purchase-id", purchasesPath, reply(201, kind, `{"purchaseId":"p_-1"}`), reply(201, kind, `{"purchaseId":"p.1"}`)},
		"no purchase id":   {"answer-purchase-id", purchasesPath, reply(201, kind, `{"purchaseId":"p"}`), reply(201, kind, `{"purchaseId":""}`)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, inside := range []bool{true, false} {
				w := newWorld(t, func(cfg *jwosim.Config) {
					cfg.Strict = true
					cfg.Settings.CartFirst, cfg.Settings.CartGiveUp, cfg.Settings.GateTries = time.Millisecond, 5*time.Millisecond, 1
				})
				w.con.on(purchasesPath, func(rw http.ResponseWriter, r *http.Request) {
					rw.Header().Set("Content-Type", kind)
					purchased(rw, r)
				})
				w.con.on(authorizePath, reply(200, kind, `{"shopperAuthorized":true,"authorizationConditions":[],"shopperRisks":[]}`))
				then := c.out
				if inside {
					then = c.in
				}
				w.con.on(c.path, then)
				trip, err := w.sim.Enter(t.Context(), map[bool]jwosim.Entry{true: {StoreID: "store-1", Code: "C"}, false: {StoreID: "store-1", Card: "approve"}}[c.path == identityPath])
				if err == nil {
					trip.Take(jwosim.Item{ID: "sku-1"})
					err = w.sim.WalkOut(t.Context(), trip)
				}
				var broken []string
				for _, f := range w.sim.Findings() {
					if rule, strict := strings.CutPrefix(f.Kind, "strict:"); strict {
						broken = append(broken, rule)
					}
				}
				if inside && len(broken) > 0 || !inside && (len(broken) != 1 || broken[0] != c.rule || err == nil) {
					t.Errorf("inside %v: broke %q, %v", inside, broken, err)
				}
			}
		})
	}
	seen(t, "answer", 7)
}
