package bench_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/strollhq/stroll/internal/journal"
	"github.com/strollhq/stroll/jwo"
)

// amazon answers every payment call as Amazon does when all is well, after a
// time, and counts Captures. It keeps nothing, so that what is measured is the
// caller.
type amazon struct {
	delay    time.Duration
	captures atomic.Int64
	addr     string
}

func newAmazon(t testing.TB, delay time.Duration) *amazon {
	t.Helper()
	a := &amazon{delay: delay}
	a.addr = listen(t, a)
	return a
}

var amountKey = []byte(`"amount":`)

func (a *amazon) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if a.delay > 0 {
		time.Sleep(a.delay)
	}
	w.Header().Set("Content-Type", "application/json")
	answer := []byte("{}")
	switch r.URL.Path {
	case jwo.PathAdjustCharge:
		// The request ends in its amount, which is what is authorized.
		_, amount, _ := bytes.Cut(body, amountKey)
		answer = append([]byte(`{"status":"`+jwo.Approved+`","authorizedAmount":`), amount...)
	case jwo.PathCaptureCharge:
		a.captures.Add(1)
	}
	w.Write(answer)
}

// What the program signs with.
const callerID, callerSecret = "AKIDSTROLLEXAMPLE", "example-secret-not-a-real-one"

// client signs and sends as the program does, each call kept in the journal.
type client struct {
	*jwo.Client
	record func(journal.Call) // nil: not kept
}

func newClient(t testing.TB, addr string, record func(journal.Call)) client {
	t.Helper()
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConns, transport.MaxIdleConnsPerHost = 256, 256
	t.Cleanup(transport.CloseIdleConnections)
	c, err := jwo.NewClient(jwo.ClientConfig{
		PaymentsURL: "http://" + addr, Region: "us-east-1", HTTP: &http.Client{Transport: transport},
		Credentials: credentials.NewStaticCredentialsProvider(callerID, callerSecret, ""),
	})
	if err != nil {
		t.Fatal(err)
	}
	return client{c, record}
}

func kept[Req, Resp any](ctx context.Context, c client, api string, f func(context.Context, Req) (Resp, error), req Req) (Resp, error) {
	began := time.Now()
	resp, err := f(ctx, req)
	if c.record != nil {
		call := journal.Call{At: began, Direction: journal.Out, API: api, StoreID: storeID, Status: 200, Outcome: string(jwo.OutcomeOf(err)), Took: time.Since(began)}
		if e := new(jwo.Error); errors.As(err, &e) {
			call.Status = e.Status
		}
		c.record(call)
	}
	return resp, err
}

// AdjustCharge hides the client's own.
func (c client) AdjustCharge(ctx context.Context, r *jwo.AdjustChargeRequest) (*jwo.AdjustChargeResponse, error) {
	return kept(ctx, c, jwo.APIAdjustCharge, c.Client.AdjustCharge, r)
}

// CaptureCharge hides the client's own.
func (c client) CaptureCharge(ctx context.Context, r *jwo.CaptureChargeRequest) (*jwo.CaptureChargeResponse, error) {
	return kept(ctx, c, jwo.APICaptureCharge, c.Client.CaptureCharge, r)
}
