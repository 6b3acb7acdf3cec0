package testkit_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/strollhq/stroll/internal/testkit"
)

// pair connects a client to a server.
func pair(t *testing.T, n *testkit.Net) (client, server net.Conn) {
	t.Helper()
	l := n.Listen("host.test:0")
	client, err := n.DialContext(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if server, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	return client, server
}

func TestNetHTTP(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := testkit.NewNet()
		defer n.Close()
		var conns int
		srv := &http.Server{
			ConnState: func(_ net.Conn, s http.ConnState) {
				if s == http.StateNew {
					conns++
				}
			},
			Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				time.Sleep(time.Hour) // virtual
				body, err := io.ReadAll(r.Body)
				if err != nil {
					t.Error(err)
				}
				w.Write(body)
			}),
		}
		served := make(chan error, 1)
		l := n.Listen("store.test:80")
		go func() { served <- srv.Serve(l) }()
		start := time.Now()
		body := strings.Repeat("x", 300<<10) // more than is buffered
		for range 3 {
			resp, err := n.Client().Post("http://store.test/echo", "text/plain", strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			if err != nil || string(got) != body {
				t.Fatalf("%d bytes back, %v", len(got), err)
			}
		}
		if d := time.Since(start); d != 3*time.Hour {
			t.Errorf("took %s", d)
		}
		synctest.Wait()
		if conns != 1 {
			t.Errorf("%d connections for three requests", conns)
		}
		if err := srv.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
		_, err := n.Client().Get("http://store.test/")
		if !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("after shutdown: %v", err)
		}
	})
}

func TestNetClientTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := testkit.NewNet()
		defer n.Close()
		ended := make(chan time.Duration, 1)
		srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			start := time.Now()
			<-r.Context().Done() // the server must notice that the client has gone
			ended <- time.Since(start)
		})}
		go srv.Serve(n.Listen("slow.test:80"))
		defer srv.Close()
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://slow.test/", nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := n.Client().Do(req); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if d := <-ended; d != 2*time.Second {
			t.Errorf("the server noticed after %s", d)
		}
	})
}

func TestNetDeadlines(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := testkit.NewNet()
		defer n.Close()
		client, server := pair(t, n)
		start := time.Now()
		client.SetReadDeadline(start.Add(time.Minute))
		if _, err := client.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("read: %v", err)
		}
		server.SetWriteDeadline(start.Add(2 * time.Minute))
		sent, err := server.Write(make([]byte, 1<<20)) // nobody reads
		if !errors.Is(err, os.ErrDeadlineExceeded) || sent == 0 || sent == 1<<20 {
			t.Errorf("write: %d bytes, %v", sent, err)
		}
		if d := time.Since(start); d != 2*time.Minute {
			t.Errorf("took %s", d)
		}
		// A deadline in the past wakes a reader that waits already, and a
		// later one lets it read again.
		woken := make(chan error)
		go func() { _, err := server.Read(make([]byte, 1)); woken <- err }()
		synctest.Wait()
		server.SetReadDeadline(time.Unix(1, 0))
		if err := <-woken; !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("woken by %v", err)
		}
		server.SetReadDeadline(time.Time{})
		go client.Write([]byte("x"))
		if _, err := server.Read(make([]byte, 1)); err != nil {
			t.Error(err)
		}
	})
}

func TestNetClose(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := testkit.NewNet()
		defer n.Close()
		client, server := pair(t, n)
		if _, err := client.Write([]byte("last words")); err != nil {
			t.Fatal(err)
		}
		client.Close()
		got, err := io.ReadAll(server)
		if err != nil || !bytes.Equal(got, []byte("last words")) {
			t.Errorf("%q, %v", got, err)
		}
		if _, err := server.Write([]byte("x")); err == nil {
			t.Error("writing to a closed connection worked")
		}
		if _, err := client.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
			t.Errorf("reading from our closed end: %v", err)
		}
	})
}

func TestNetSever(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := testkit.NewNet()
		defer n.Close()
		client, server := pair(t, n)
		waiting := make(chan error)
		go func() { _, err := client.Read(make([]byte, 1)); waiting <- err }()
		synctest.Wait()
		n.Sever()
		if err := <-waiting; !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("the waiting reader got %v", err)
		}
		if _, err := server.Write([]byte("x")); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("the writer got %v", err)
		}
		if c, err := n.DialContext(t.Context(), "tcp", server.LocalAddr().String()); err != nil {
			t.Errorf("the listener is gone: %v", err)
		} else {
			c.Close()
		}
	})
}
