package jwosim_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/strollhq/stroll/jwosim"
)

// attempt is a request as the strict tests change it.
type attempt struct {
	path, body string
	before     func(*http.Request) // signing
	after      func(*http.Request)
}

func (w *world) try(a attempt) (int, string) {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.api.URL+a.path, bytes.NewReader([]byte(a.body)))
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	if a.before != nil {
		a.before(req)
	}
	sum := sha256.Sum256([]byte(a.body))
	creds := aws.Credentials{AccessKeyID: key.AccessKeyID, SecretAccessKey: key.SecretAccessKey}
	if err := v4.NewSigner().SignHTTP(w.t.Context(), creds, req, hex.EncodeToString(sum[:]), "execute-api", "us-east-1", time.Now()); err != nil {
		w.t.Fatal(err)
	}
	if a.after != nil {
		a.after(req)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

func head(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

// Just inside every rule for requests passes, just outside is refused with the
// rule's name, found, and kept; without Strict all of it passes.
func TestStrict_requests(t *testing.T) {
	t.Parallel()
	const email = `{"storeId":"store-1","shopperId":{"id":"s"}}`
	const other = "22222222-2222-4222-8222-222222222222"
	for rule, c := range map[string]struct {
		in, out func(trip *jwosim.Trip) attempt
		first   string // what precedes: an Adjust, a Capture
		before  bool   // the shopper has left
	}{
		"query": {
			in:  func(*jwosim.Trip) attempt { return attempt{path: emailPath, body: email} },
			out: func(*jwosim.Trip) attempt { return attempt{path: emailPath + "?trace=1", body: email} },
		},
		"content-type": {
			in: func(*jwosim.Trip) attempt {
				return attempt{path: emailPath, body: email, before: head("Content-Type", "application/json; charset=utf-8")}
			},
			out: func(*jwosim.Trip) attempt {
				return attempt{path: emailPath, body: email, before: head("Content-Type", "text/json")}
			},
		},
		"accept": {
			in: func(*jwosim.Trip) attempt {
				return attempt{path: emailPath, body: email, before: head("Accept", "application/json;q=0.9, */*")}
			},
			out: func(*jwosim.Trip) attempt {
				return attempt{path: emailPath, body: email, before: head("Accept", "*/*")}
			},
		},
		"user-agent": {
			in: func(*jwosim.Trip) attempt {
				return attempt{path: emailPath, body: email, after: head("User-Agent", "x")}
			},
			out: func(*jwosim.Trip) attempt {
				return attempt{path: emailPath, body: email, after: head("User-Agent", "")}
			},
		},
		"content-length": {
			in: func(*jwosim.Trip) attempt { return attempt{path: emailPath, body: email} },
			out: func(*jwosim.Trip) attempt {
				return attempt{path: emailPath, body: email, before: func(r *http.Request) {
					r.Body, r.GetBody, r.ContentLength = io.NopCloser(strings.NewReader(email)), nil, -1
				}}
			},
		},
		"utf-8": {
			in: func(*jwosim.Trip) attempt {
				return attempt{path: emailPath, body: `{"storeId":"store-1","shopperId":{"id":"é"}}`}
			},
			out: func(*jwosim.Trip) attempt {
				return attempt{path: emailPath, body: "{\"storeId\":\"store-1\",\"shopperId\":{\"id\":\"s\"},\"x\":\"\xff\"}"}
			},
		},
		"duplicate-field": {
			in: func(*jwosim.Trip) attempt {
				return attempt{path: emailPath, body: `{"storeId":"store-1","shopperId":{"id":"storeId"}}`}
			},
			out: func(*jwosim.Trip) attempt {
				return attempt{path: emailPath, body: `{"storeId":"store-1","shopperId":{"id":"s","id":"s"}}`}
			},
		},
		"unknown-field": {
			in: func(t *jwosim.Trip) attempt { return attempt{path: adjustPath, body: charge(t, "5.00")} },
			out: func(t *jwosim.Trip) attempt {
				return attempt{path: adjustPath, body: strings.Replace(charge(t, "5.00"), `"code"`, `"currency":"USD","code"`, 1)}
			},
		},
		"null-field": {
			in: func(t *jwosim.Trip) attempt { return attempt{path: reportPath, body: report(t, "1760000000")} },
			out: func(t *jwosim.Trip) attempt {
				return attempt{path: reportPath, body: report(t, "null")}
			},
		},
		"amount-decimals": {
			in:  func(t *jwosim.Trip) attempt { return attempt{path: adjustPath, body: charge(t, "5.10")} },
			out: func(t *jwosim.Trip) attempt { return attempt{path: adjustPath, body: charge(t, "5.1")} },
		},
		"status-time": {
			in:  func(t *jwosim.Trip) attempt { return attempt{path: reportPath, body: report(t, "1760000000")} },
			out: func(t *jwosim.Trip) attempt { return attempt{path: reportPath, body: report(t, "1760000000000")} },
		},
		"before-cart": {
			in:     func(t *jwosim.Trip) attempt { return attempt{path: dataPath, body: plain(t)} },
			out:    func(t *jwosim.Trip) attempt { return attempt{path: cancelPath, body: plain(t)} },
			before: true,
		},
		"capture-amount": {
			in:    func(t *jwosim.Trip) attempt { return attempt{path: capturePath, body: charge(t, "5.00")} },
			out:   func(t *jwosim.Trip) attempt { return attempt{path: capturePath, body: charge(t, "4.99")} },
			first: "adjust",
		},
		"refund-id": {
			in: func(t *jwosim.Trip) attempt {
				return attempt{path: refundPath, body: refundBody(t, "1.00", other, "OTHER")}
			},
			out: func(t *jwosim.Trip) attempt {
				return attempt{path: refundPath, body: refundBody(t, "1.00", refundID, "OTHER")}
			},
			first: "capture",
		},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			for _, strict := range []bool{true, false} {
				for _, inside := range []bool{true, false} {
					w := newWorld(t, nil)
					if c.first == "capture" { // another trip uses the refund's id
						trip := w.shop("store-1", "approve")
						w.expect(adjustPath, charge(trip, "5.00"), 200, "")
						w.expect(capturePath, charge(trip, "5.00"), 200, "")
						w.expect(refundPath, refundBody(trip, "1.00", refundID, "OTHER"), 200, "")
					}
					var trip *jwosim.Trip
					if c.before {
						var err error
						if trip, err = w.sim.EnterByCard(t.Context(), "store-1", "approve"); err != nil {
							t.Fatal(err)
						}
					} else {
						trip = w.shop("store-1", "approve")
					}
					if c.first != "" {
						w.expect(adjustPath, charge(trip, "5.00"), 200, "")
					}
					if c.first == "capture" {
						w.expect(capturePath, charge(trip, "5.00"), 200, "")
					}
					w.sim.SetStrict(strict)
					a := c.out(trip)
					if inside {
						a = c.in(trip)
					}
					status, answer := w.try(a)
					found := w.sim.Findings()
					kept := w.sim.History(jwosim.Filter{Fault: "strict:" + rule})
					if strict && !inside {
						if status != 400 || !strings.HasPrefix(answer, `{"errorMsg":"BadRequestException","strictRule":"`+rule+": ") ||
							len(found) != 1 || found[0].Kind != "strict:"+rule || len(kept) != 1 {
							t.Errorf("outside: %d %s, %+v, %d kept", status, answer, found, len(kept))
						}
						continue
					}
					if strings.Contains(answer, "strictRule") || len(found) != 0 || len(kept) != 0 || status != 200 && rule != "before-cart" && rule != "utf-8" {
						t.Errorf("strict %v, inside %v: %d %s, %+v", strict, inside, status, answer, found)
					}
				}
			}
		})
	}
	seen(t, "request", 14)
}

// seen checks that the tests know as many rules as there are.
func seen(t *testing.T, of string, want int) {
	n := 0
	for _, r := range jwosim.StrictRules() {
		if r.Name == "" || r.Refuses == "" || r.Source == "" {
			t.Errorf("%+v", r)
		}
		if r.Of == of {
			n++
		}
	}
	if n != want {
		t.Errorf("%d rules of a %s, and %d in the test", n, of, want)
	}
}

func report(trip *jwosim.Trip, at string) string {
	return fmt.Sprintf(`{"storeId":%q,"shoppingTripId":%q,"totalAmount":{"amount":5.00,"code":"USD"},"settledAmount":{"amount":5.00,"code":"USD"},"paymentStatusTime":%s}`,
		trip.StoreID(), trip.ID(), at)
}

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
