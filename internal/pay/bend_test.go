package pay_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/strollhq/stroll/internal/pay"
	"github.com/strollhq/stroll/jwo"
)

// bend changes the first request of one path on the wire, behind every check
// of the client's, and signs it anew: what Amazon says to a request that our
// client would never send.
type bend struct {
	path   string
	change func(map[string]any)

	mu   sync.Mutex
	sent string // the changed body
}

func (b *bend) over(next http.RoundTripper) http.RoundTripper {
	return tripper(func(r *http.Request) (*http.Response, error) {
		b.mu.Lock()
		defer b.mu.Unlock()
		if r.URL.Path != b.path || b.sent != "" {
			return next.RoundTrip(r)
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		var m map[string]any
		decoder := json.NewDecoder(bytes.NewReader(body))
		decoder.UseNumber()
		if err := decoder.Decode(&m); err != nil {
			return nil, err
		}
		b.change(m)
		if body, err = json.Marshal(m); err != nil {
			return nil, err
		}
		b.sent = string(body)
		again, err := http.NewRequestWithContext(r.Context(), r.Method, r.URL.String(), bytes.NewReader(body))
		if err != nil {
			return nil, err
		}
		again.Header.Set("Content-Type", "application/json")
		sum := sha256.Sum256(body)
		if err := v4.NewSigner().SignHTTP(r.Context(), aws.Credentials{AccessKeyID: key.AccessKeyID, SecretAccessKey: key.SecretAccessKey},
			again, hex.EncodeToString(sum[:]), "execute-api", "us-east-1", time.Now()); err != nil {
			return nil, err
		}
		return next.RoundTrip(again)
	})
}

type tripper func(*http.Request) (*http.Response, error)

func (f tripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// without leaves a field out.
func without(name string) func(map[string]any) {
	return func(m map[string]any) { delete(m, name) }
}

// with gives a field another value.
func with(name string, value any) func(map[string]any) {
	return func(m map[string]any) { m[name] = value }
}

// priced gives a field of the amount another value.
func priced(name string, value any) func(map[string]any) {
	return func(m map[string]any) { m["amount"].(map[string]any)[name] = value }
}

// bentCapture is a Capture whose request was changed on the wire: Amazon
// refuses it, the trip is parked with Amazon's reason and nothing is captured.
func bentCapture(title string, change func(map[string]any)) scenario {
	b := &bend{path: jwo.PathCaptureCharge, change: change}
	return scenario{title, setup{sqlite: true, bend: b}, func(w *world) {
		trip := w.buy("approve", "10")
		w.pass(2 * time.Hour)
		p := w.is(trip, pay.Parked)
		if !strings.Contains(p.Note, jwo.BadRequestException) || !w.alerted(trip, pay.AlertRefused) || p.Due.IsZero() {
			w.t.Errorf("note %q", p.Note)
		}
		w.saw(b, jwo.APICaptureCharge)
		if got := w.book(trip); got.Captures != 0 {
			w.t.Errorf("captured: %+v", got)
		}
	}}
}

// bentReport is the same of a report; an operator sends the right one.
func bentReport(title string, change func(map[string]any)) scenario {
	b := &bend{path: jwo.PathReportPaymentStatus, change: change}
	return scenario{title, setup{sqlite: true, bend: b}, func(w *world) {
		trip := w.tell("approve", "10")
		w.pass(time.Hour)
		w.reports(trip, "10.00/10.00 PARKED;")
		if !w.alerted(trip, pay.AlertReportParked) {
			w.t.Error("nobody told")
		}
		w.saw(b, jwo.APIReportPaymentStatus)
		if err := w.pay.RetryReport(w.t.Context(), trip, 1, "ann", "asked Amazon"); err != nil {
			w.t.Fatal(err)
		}
		w.pass(time.Minute)
		w.reports(trip, "10.00/10.00 ACCEPTED;")
	}}
}

// saw demands that Amazon got the changed request, once, and answered 400 by
// its own rules.
func (w *world) saw(b *bend, api string) {
	w.t.Helper()
	all := w.exchanges("", api)
	if len(all) != 1 || all[0].Status != http.StatusBadRequest || all[0].Request != b.sent || all[0].Fault != "" {
		w.t.Errorf("sent %s, Amazon saw %+v", b.sent, all)
	}
}
