package demo_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/strollhq/stroll/internal/app"
	"github.com/strollhq/stroll/internal/connector"
	"github.com/strollhq/stroll/internal/demo"
	"github.com/strollhq/stroll/jwo"
)

const gatewaySecret = "a secret of the gateway"

// hostile is a caller of the program's own listener who means no good, though
// it has what a caller shows first.
type hostile struct {
	name, start string
	status      int // 0: cut off without an answer
	within      time.Duration
}

func hostiles(show string, body time.Duration) []hostile {
	post := "POST " + jwo.PathCreatePurchases + " HTTP/1.1\r\nHost: connector\r\n"
	return []hostile{
		{"silence", "", 0, 5 * time.Second},
		{"slow_header", post + "X-Slow: ", 0, 5 * time.Second},
		{"slow_body", post + show + "Content-Length: 100\r\n\r\n{", 400, body},
		{"slow_body_of_unknown_length", post + show + "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n", 400, body},
		{"slow_body_of_a_stranger", post + "Content-Length: 100\r\n\r\n{", 403, time.Second},
		{"huge_header", post + "X-Huge: " + strings.Repeat("x", 64<<10) + "\r\n", http.StatusRequestHeaderFieldsTooLarge, 5 * time.Second},
		{"huge_body", post + show + "Content-Length: 2000000\r\n\r\n" + strings.Repeat(" ", 1<<20+1), 413, body},
		{"huge_body_of_unknown_length", post + show + "Transfer-Encoding: chunked\r\n\r\n200000\r\n" + strings.Repeat(" ", 1<<20+1), 413, body},
		{"huge_body_of_a_stranger", post + "Content-Length: 2000000\r\n\r\n" + strings.Repeat(" ", 1<<20), 403, time.Second},
	}
}

// attack opens the connection and sends the start; the writing may outlast it.
func (o opened) attack(t *testing.T, h hostile) net.Conn {
	t.Helper()
	c, err := o.client.Transport.(*http.Transport).DialContext(t.Context(), "tcp", o.App.Addr("connector"))
	if err != nil {
		t.Fatal(err)
	}
	go io.WriteString(c, h.start)
	return c
}

// end reads what a hostile caller gets, and how soon the connection ends.
func (h hostile) end(t *testing.T, c net.Conn, began time.Time) {
	t.Helper()
	defer c.Close()
	r := bufio.NewReader(c)
	resp, err := http.ReadResponse(r, nil)
	if err != nil {
		if h.status != 0 || !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
			t.Errorf("%s: %v, want %d", h.name, err, h.status)
		}
	} else {
		body, _ := io.ReadAll(resp.Body)
		var e struct {
			Code, Message, RequestID *string
			Errors                   *[]jwo.FieldError
		}
		shaped := json.Unmarshal(body, &e) == nil && e.Code != nil && e.Message != nil && e.Errors != nil
		// Go's server answers an oversized header before any handler sees it.
		if resp.StatusCode != h.status || !shaped && h.status != http.StatusRequestHeaderFieldsTooLarge {
			t.Errorf("%s: %d %.200s, want %d in the documented shape", h.name, resp.StatusCode, body, h.status)
		}
	}
	_, _ = io.Copy(io.Discard, r) // until it ends, cleanly or not
	if took := time.Since(began); took > h.within+time.Second {
		t.Errorf("%s: the connection lasted %s, want %s at most", h.name, took, h.within)
	}
}

// TestHostileCallersOfTheListener: on the listener the program opens itself, in
// both ways of recognising callers, whoever is slow or sends too much is
// answered 4xx or cut off, and Amazon's calls are answered meanwhile.
func TestHostileCallersOfTheListener(t *testing.T) {
	for mode, c := range map[string]struct {
		show string        // the header of a caller who gets as far as its body
		body time.Duration // how long a body may take
		call func(*testing.T, opened)
	}{
		connector.AuthHeader: {"X-Stroll-Gateway: " + gatewaySecret + "\r\n", 15 * time.Second, behindGateway},
		connector.AuthSigV4:  {"Authorization: AWS4-HMAC-SHA256 Credential=%s/x\r\n", 3 * time.Second, signedEntry},
	} {
		t.Run(mode, func(t *testing.T) {
			show := c.show
			inWorld(t, func(d *demo.Config, _ *http.Client) {
				edit := d.Edit
				d.Edit = func(a *app.Config) {
					edit(a)
					a.Amazon.Inbound.Mode = mode
					if mode == connector.AuthHeader {
						a.Amazon.Inbound.Secrets = []string{gatewaySecret}
					} else {
						show = fmt.Sprintf(c.show, a.Amazon.Inbound.Keys[0].ID)
					}
				}
			}, func(t *testing.T, o opened) {
				c.call(t, o)
				all := hostiles(show, c.body)
				began := time.Now()
				var open []net.Conn
				for _, h := range all {
					open = append(open, o.attack(t, h))
				}
				synctest.Wait()
				c.call(t, o)
				if took := time.Since(began); took > time.Second {
					t.Errorf("a call among them took %s", took)
				}
				done := make(chan struct{})
				for i, h := range all {
					go func() { defer func() { done <- struct{}{} }(); h.end(t, open[i], began) }()
				}
				for range all {
					<-done
				}
				c.call(t, o)
			})
		})
	}
}

// signedEntry is an entry by card: the simulator signs its call.
func signedEntry(t *testing.T, o opened) {
	t.Helper()
	if _, err := o.Sim.EnterByCard(o.ctx, demo.StoreID, "approve"); err != nil {
		t.Error(err)
	}
}

// behindGateway is a cart as the gateway passes it on.
func behindGateway(t *testing.T, o opened) {
	t.Helper()
	if status, answer := o.cart(t, "[]"); status/100 != 2 {
		t.Errorf("%d %s", status, answer)
	}
}

// cart sends a cart with the gateway's secret.
func (o opened) cart(t *testing.T, items string) (int, []byte) {
	t.Helper()
	body := fmt.Sprintf(`{"requestId":"00000000-0000-4000-8000-000000000001","idempotentShoppingTripId":"trip-of-the-gateway","storeId":"%s",
		"shoppingTrip":{"startTime":"%s","endTime":"%s","authEvents":[]},"cartItems":%s}`, demo.StoreID, jwo.At(time.Now().Add(-time.Minute)), jwo.At(time.Now()), items)
	r, err := http.NewRequestWithContext(o.ctx, http.MethodPost, o.Addresses()["connector"]+jwo.PathCreatePurchases, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Stroll-Gateway", gatewaySecret)
	resp, err := o.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Error(err)
	}
	return resp.StatusCode, answer
}

// TestRefusedCartIsCountedForItsStore: what never gets as far as the carts is
// on the store's account all the same.
func TestRefusedCartIsCountedForItsStore(t *testing.T) {
	inWorld(t, func(d *demo.Config, _ *http.Client) {
		edit := d.Edit
		d.Edit = func(a *app.Config) {
			edit(a)
			a.Amazon.Inbound.Mode, a.Amazon.Inbound.Secrets = connector.AuthHeader, []string{gatewaySecret}
		}
	}, func(t *testing.T, o opened) {
		if status, answer := o.cart(t, `[{"id":"a","type":"X"}]`); status != http.StatusBadRequest {
			t.Errorf("%d %s", status, answer)
		}
		_, _, page := o.get(t, o.Addresses()["admin"]+"/metrics")
		for _, want := range []string{
			`stroll_connector_refused_total{api="CreatePurchases",reason="fields",store="` + demo.StoreID + `"} 1`,
			`stroll_connector_faulty_fields_total{api="CreatePurchases",field="cartItems[].type"} 1`,
		} {
			if !strings.Contains(page, want) {
				t.Errorf("no %s", want)
			}
		}
	})
}
