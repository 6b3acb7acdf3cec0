package connector_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/strollhq/stroll/internal/connector"
	"github.com/strollhq/stroll/jwo"
)

func TestFaultsBehindTheDoor(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		do     func(context.Context) error
		status int
	}{
		"error":   {func(context.Context) error { return errors.New("rack 7 is on fire") }, 500},
		"panic":   {func(context.Context) error { panic("rack 7 is on fire") }, 500},
		"refusal": {func(context.Context) error { return &jwo.Refusal{Status: 401} }, 401},
		"timeout": {func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }, 500},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := open(connector.Settings{Timeout: 100 * time.Millisecond})
			d.store.do = c.do
			w := d.do(post(jwo.PathCreatePurchases, cartBody))
			shaped(t, w, c.status)
			if strings.Contains(w.Body.String(), "rack") {
				t.Errorf("%s", w.Body)
			}
			if call := d.seen.last(t); call.Status != c.status || call.TripID != "trip-1" {
				t.Errorf("observed %+v", call)
			}
			if c.status == 500 && !strings.Contains(d.log.String(), "alert=call_failed") {
				t.Errorf("log: %s", d.log)
			}
		})
	}
}

func TestSlowCallersAreCutOff(t *testing.T) {
	t.Parallel()
	srv := connector.Server(open(connector.Settings{}))
	if srv.ReadHeaderTimeout <= 0 || srv.ReadTimeout <= 0 || srv.WriteTimeout <= 0 || srv.IdleTimeout <= 0 || srv.MaxHeaderBytes <= 0 {
		t.Fatalf("%+v", srv)
	}
	srv.ReadTimeout, srv.ReadHeaderTimeout = 50*time.Millisecond, 50*time.Millisecond
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go srv.Serve(lis)
	defer srv.Close()
	for _, start := range []string{"POST /v1/order/purchases HTTP/1.1\r\nHost: x\r\n", "POST /v1/order/purchases HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"} {
		c, err := net.Dial("tcp", lis.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(c, start); err != nil {
			t.Fatal(err)
		}
		_ = c.SetReadDeadline(time.Now().Add(10 * time.Second))
		if answer, err := io.ReadAll(c); err != nil || strings.Contains(string(answer), "201") {
			t.Errorf("%v %s", err, answer)
		}
		c.Close()
	}
}
