package jwo_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/strollhq/stroll/jwo"
)

// listener answers each connection by hand.
func listener(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	t.Cleanup(func() { _ = l.Close(); group.Wait() })
	group.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			serve(conn)
			_ = conn.Close()
		}
	})
	return "http://" + l.Addr().String()
}

// hear reads until the request's last byte has come.
func hear(conn net.Conn, end string) {
	buf, seen := make([]byte, 4096), ""
	for !strings.Contains(seen, end) {
		n, err := conn.Read(buf)
		if err != nil {
			return
		}
		seen += string(buf[:n])
	}
}

func TestClientFailures(t *testing.T) {
	t.Parallel()
	const end = `}}` // of an Adjust body
	adjust := calls()[0]
	short := func(cfg *jwo.ClientConfig) { cfg.Timeout = 2 * time.Second }
	run := func(title string, outcome jwo.Outcome, url string, change ...func(*jwo.ClientConfig)) {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			_, err := adjust.do(t.Context(), newClient(t, url, change...))
			if e := asError(t, err); e.Outcome != outcome {
				t.Errorf("%s: %v", e.Outcome, e)
			}
		})
	}
	run("connection refused", jwo.NotSent, "http://127.0.0.1:1")
	run("no such host", jwo.NotSent, "http://no-such-host.invalid")
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	run("TLS failure", jwo.NotSent, strings.Replace(plain.URL, "http:", "https:", 1))
	run("no base URL", jwo.NotSent, "")
	run("no credentials", jwo.NotSent, plain.URL, func(cfg *jwo.ClientConfig) {
		cfg.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return aws.Credentials{}, errors.New("no role") })
	})
	run("a transport that does not trace", jwo.Unknown, plain.URL, func(cfg *jwo.ClientConfig) {
		cfg.HTTP = &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) { return nil, errors.New("lost") })}
	})
	run("hang before the body is read", jwo.Unknown, listener(t, func(c net.Conn) { _, _ = c.Read(make([]byte, 1)); _, _ = io.Copy(io.Discard, c) }), short)
	run("hang after the body", jwo.Unknown, listener(t, func(c net.Conn) { hear(c, end); _, _ = io.Copy(io.Discard, c) }), short)
	run("closed before an answer", jwo.Unknown, listener(t, func(c net.Conn) { hear(c, end) }))
	run("cut in the header", jwo.Unknown, listener(t, func(c net.Conn) { hear(c, end); _, _ = io.WriteString(c, "HTTP/1.1 200 O") }))
	run("cut in the body", jwo.Unknown, listener(t, func(c net.Conn) {
		hear(c, end)
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"status\":\"APPROVED\"}")
	}))
	run("hang in the body", jwo.Unknown, listener(t, func(c net.Conn) {
		hear(c, end)
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"status\":\"APPROVED\"}")
		_, _ = io.Copy(io.Discard, c)
	}), short)
	run("an answer that is not HTTP", jwo.Unknown, listener(t, func(c net.Conn) { hear(c, end); _, _ = io.WriteString(c, "220 smtp ready\r\n\r\n") }))
	run("TLS hang", jwo.NotSent, strings.Replace(listener(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }), "http:", "https:", 1), short)

	t.Run("cancelled before", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := adjust.do(ctx, newClient(t, plain.URL))
		if e := asError(t, err); e.Outcome != jwo.NotSent || !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", e.Outcome, e)
		}
	})
	t.Run("a capture whose empty answer is cut is initiated", func(t *testing.T) {
		t.Parallel()
		url := listener(t, func(c net.Conn) {
			hear(c, end)
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n")
		})
		if _, err := calls()[2].do(t.Context(), newClient(t, url)); err != nil {
			t.Error(err)
		}
	})
	t.Run("recovery on the same client", func(t *testing.T) {
		t.Parallel()
		a := newAmazon(t, says(500, ""))
		c := newClient(t, a.URL)
		if _, err := adjust.do(t.Context(), c); jwo.OutcomeOf(err) != jwo.Unknown {
			t.Error(err)
		}
		a.answer = says(200, adjust.answer)
		if _, err := adjust.do(t.Context(), c); err != nil {
			t.Error(err)
		}
		if sent := a.received(adjust.path); len(sent) != 2 || sent[0] != sent[1] {
			t.Errorf("sent %q", sent)
		}
	})
}
