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
