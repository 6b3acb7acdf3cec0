package connector_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/strollhq/stroll/internal/connector"
	"github.com/strollhq/stroll/internal/testkit"
	"github.com/strollhq/stroll/jwo"
)

// street is a door on a network, with its own server.
type street struct {
	*door
	net *testkit.Net
}

// onStreet runs f in virtual time.
func onStreet(t *testing.T, s connector.Settings, f func(t *testing.T, d street)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		d := street{open(s), testkit.NewNet()}
		server := connector.Server(d)
		go server.Serve(d.net.Listen("connector:80"))
		f(t, d)
		server.Close()
		d.net.Close()
		synctest.Wait()
	})
}

// slow sends the beginning of a call, and never the rest.
func (d street) slow(t *testing.T, header string) net.Conn {
	t.Helper()
	c, err := d.net.DialContext(t.Context(), "tcp", "connector:80")
	if err != nil {
		t.Fatal(err)
	}
	start := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: connector\r\n%sContent-Length: 1000\r\n\r\n{", jwo.PathCreatePurchases, header)
	if _, err := io.WriteString(c, start); err != nil {
		t.Fatal(err)
	}
	synctest.Wait()
	return c
}

// refused demands that a slow caller has the answer and no connection within
// a time.
func refused(t *testing.T, c net.Conn, status int, within time.Duration) {
	t.Helper()
	defer c.Close()
	began := time.Now()
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Error(err)
		return
	}
	body, _ := io.ReadAll(resp.Body)
	w := httptest.NewRecorder()
	w.Code, w.Body = resp.StatusCode, bytes.NewBuffer(body)
	shaped(t, w, status)
	if _, err := c.Read(make([]byte, 1)); err != io.EOF || time.Since(began) > within {
		t.Errorf("cut off after %s (%v), want %s at most", time.Since(began), err, within)
	}
}

// call makes a call as the gateway does.
func (d street) call(t *testing.T, r *http.Request) {
	t.Helper()
	began := time.Now()
	r.RequestURI, r.URL.Scheme, r.URL.Host = "", "http", "connector"
	resp, err := d.net.Client().Do(r)
	if err != nil {
		t.Error(err)
		return
	}
	defer resp.Body.Close()
	if body, _ := io.ReadAll(resp.Body); resp.StatusCode != http.StatusCreated || time.Since(began) != 0 {
		t.Errorf("%d %s after %s", resp.StatusCode, body, time.Since(began))
	}
}

// TestStrangersDoNotKeepAmazonOut: with room for two calls, slow strangers
// without the secret, without a key and with no more than a key's id hold
// nothing that Amazon's call needs.
func TestStrangersDoNotKeepAmazonOut(t *testing.T) {
	const secret = "a secret of the gateway"
	gateway := connector.Settings{Mode: connector.AuthHeader, Secrets: []string{secret}, InFlight: 2, Rate: 1}
	listed := gateway
	listed.ARNs = []string{"arn:aws:iam::1:role/Amazon"}
	keyed := connector.Settings{Mode: connector.AuthSigV4, Keys: []connector.Key{{ID: "AKIA1", Secret: "s1"}}, InFlight: 2, Rate: 1}
	const claim = "Authorization: AWS4-HMAC-SHA256 Credential=%s/20260302/us-east-1/execute-api/aws4_request, SignedHeaders=host, Signature=00\r\n"
	shown := header("X-Stroll-Gateway", secret)
	signedCall := func(t *testing.T) *http.Request { return signed(t, "AKIA1", "s1", "us-east-1") }
	for name, c := range map[string]struct {
		s      connector.Settings
		header string
		status int
		within time.Duration
		call   func(t *testing.T) *http.Request
	}{
		"no secret":      {gateway, "", 403, time.Second, func(*testing.T) *http.Request { return post(jwo.PathCreatePurchases, cartBody, shown) }},
		"a wrong secret": {gateway, "X-Stroll-Gateway: x\r\n", 403, time.Second, func(*testing.T) *http.Request { return post(jwo.PathCreatePurchases, cartBody, shown) }},
		"another ARN": {listed, "X-Stroll-Gateway: " + secret + "\r\nX-Stroll-Caller: arn:aws:iam::1:role/Other\r\n", 403, time.Second, func(*testing.T) *http.Request {
			return post(jwo.PathCreatePurchases, cartBody, shown, header("X-Stroll-Caller", "arn:aws:iam::1:role/Amazon"))
		}},
		"no signature":   {keyed, "", 403, time.Second, signedCall},
		"an unknown key": {keyed, fmt.Sprintf(claim, "AKIA2"), 403, time.Second, signedCall},
		"a key's id":     {keyed, fmt.Sprintf(claim, "AKIA1"), 400, 4 * time.Second, signedCall},
	} {
		t.Run(name, func(t *testing.T) {
			onStreet(t, c.s, func(t *testing.T, d street) {
				var slow []net.Conn
				for range 5 {
					slow = append(slow, d.slow(t, c.header))
				}
				d.call(t, c.call(t))
				for _, s := range slow {
					refused(t, s, c.status, c.within)
				}
				d.call(t, c.call(t))
			})
		})
	}
}

// TestStrangersDoNotFillTheLog: all are counted, few are written down.
func TestStrangersDoNotFillTheLog(t *testing.T) {
	t.Parallel()
	d := open(connector.Settings{Mode: connector.AuthHeader, Secrets: []string{"a secret of the gateway"}})
	for range 1000 {
		shaped(t, d.do(post(jwo.PathCreatePurchases, cartBody)), http.StatusForbidden)
	}
	w := httptest.NewRecorder()
	d.metrics.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if want := `stroll_connector_refused_total{api="CreatePurchases",reason="caller",store="unknown"} 1000`; !strings.Contains(w.Body.String(), want) {
		t.Errorf("no %s", want)
	}
	if n := strings.Count(d.log.String(), "caller_refused"); n < 1 || n > 200 || len(d.seen.list) != n {
		t.Errorf("%d lines of log, %d in the journal", n, len(d.seen.list))
	}
}

// TestLongWorkIsNotCutByTheTimeForTheBody: once it is read, only the
// connector's own limit ends the work.
func TestLongWorkIsNotCutByTheTimeForTheBody(t *testing.T) {
	for mode, s := range map[string]connector.Settings{
		"off":   {Timeout: 25 * time.Second},
		"sigv4": {Timeout: 25 * time.Second, Mode: connector.AuthSigV4, Keys: []connector.Key{{ID: "AKIA1", Secret: "s1"}}},
	} {
		t.Run(mode, func(t *testing.T) {
			onStreet(t, s, func(t *testing.T, d street) {
				d.store.do = work(20 * time.Second)
				r := signed(t, "AKIA1", "s1", "us-east-1")
				r.RequestURI, r.URL.Scheme, r.URL.Host = "", "http", "connector"
				resp, err := d.net.Client().Do(r)
				if err != nil {
					t.Fatal(err)
				}
				resp.Body.Close()
				if resp.StatusCode != http.StatusCreated {
					t.Errorf("%d", resp.StatusCode)
				}
			})
		})
	}
}

// work is a store that takes its time.
func work(d time.Duration) func(context.Context) error {
	return func(ctx context.Context) error {
		select {
		case <-time.After(d):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
