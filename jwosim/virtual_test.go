package jwosim_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/strollhq/stroll/jwosim"
)

// direct is a client that calls a handler without a network, so that the
// tests' time can be virtual.
func direct(h http.Handler) *http.Client { return &http.Client{Transport: transport{h}} }

type transport struct{ http.Handler }

func (d transport) RoundTrip(r *http.Request) (resp *http.Response, err error) {
	rec := httptest.NewRecorder()
	done := make(chan any, 1)
	go func() {
		defer func() { done <- recover() }()
		d.ServeHTTP(rec, r)
	}()
	select {
	case p := <-done:
		if p != nil {
			return nil, errors.New("connection reset")
		}
		resp = rec.Result()
		resp.Request = r
		return resp, nil
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

// mux is a connector for virtual time.
func mux(purchases http.HandlerFunc) http.Handler {
	m := http.NewServeMux()
	m.HandleFunc(identityPath, say(200, `{"visitorDetails":{"id":"v-1","type":"SHOPPER"}}`))
	m.HandleFunc(authorizePath, say(200, `{"shopperAuthorized":true}`))
	m.HandleFunc(purchasesPath, purchases)
	return m
}

// virtual is a simulator inside a bubble.
func virtual(t *testing.T, connector http.Handler, change func(*jwosim.Config)) *jwosim.Sim {
	t.Helper()
	cfg := jwosim.Config{
		Seed: 1, AcceptUnsigned: true, Connector: direct(connector),
		Stores: []jwosim.Store{{ID: "store-1", ConnectorURL: "http://connector"}},
	}
	if change != nil {
		change(&cfg)
	}
	sim, err := jwosim.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sim.Close() })
	return sim
}

// ask calls Amazon's API without a network; status 0 is a broken connection.
func ask(sim *jwosim.Sim, path, body string) (int, string) {
	req, err := http.NewRequest(http.MethodPost, "http://amazon"+path, bytes.NewReader([]byte(body)))
	if err != nil {
		return 0, err.Error()
	}
	resp, err := direct(sim.Handler()).Do(req)
	if err != nil {
		return 0, ""
	}
	var b bytes.Buffer
	b.ReadFrom(resp.Body)
	return resp.StatusCode, b.String()
}

func expect(t *testing.T, sim *jwosim.Sim, path, body string, status int, answer string) {
	t.Helper()
	if got, text := ask(sim, path, body); got != status || answer != "" && text != answer {
		t.Errorf("POST %s %s\n got %d %s\nwant %d %s", path, body, got, text, status, answer)
	}
}

func enter(t *testing.T, sim *jwosim.Sim, card string) *jwosim.Trip {
	t.Helper()
	trip, err := sim.EnterByCard(t.Context(), "store-1", card)
	if err != nil {
		t.Fatal(err)
	}
	return trip
}

func TestExpiry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sim := virtual(t, mux(purchased), nil)
		trip, kept := enter(t, sim, "approve#a"), enter(t, sim, "approve#b")
		expect(t, sim, adjustPath, charge(trip, "12.34"), 200, "")
		expect(t, sim, adjustPath, charge(kept, "1"), 200, "")
		time.Sleep(46*time.Hour - time.Second)
		expect(t, sim, capturePath, charge(kept, "1"), 200, "")
		if got := held(sim, "approve#a"); got != 1234 {
			t.Errorf("held %d before expiry", got)
		}
		time.Sleep(time.Second)
		if got := held(sim, "approve#a"); got != 0 {
			t.Errorf("held %d after expiry", got)
		}
		for _, path := range []string{adjustPath, capturePath, cancelPath} {
			expect(t, sim, path, charge(trip, "12.34"), 400, expiredBody)
		}
		expect(t, sim, refundPath, refundBody(kept, "1", refundID, "OTHER"), 200, "")
		if err := sim.Verify(); err != nil {
			t.Error(err)
		}
	})
}

func TestRefund_window(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sim := virtual(t, mux(purchased), nil)
		trip := enter(t, sim, "approve")
		if err := sim.WalkOut(t.Context(), trip); err != nil {
			t.Fatal(err)
		}
		expect(t, sim, adjustPath, charge(trip, "5"), 200, "")
		expect(t, sim, capturePath, charge(trip, "5"), 200, "")
		time.Sleep(30 * 24 * time.Hour)
		expect(t, sim, refundPath, refundBody(trip, "1", refundID, "OTHER"), 200, "") // the last moment
		time.Sleep(time.Nanosecond)
		expect(t, sim, refundPath, refundBody(trip, "1", refundID, "OTHER"), 200, "") // a repeat
		expect(t, sim, refundPath, refundBody(trip, "1", refundID2, "OTHER"), 400, badBody)
	})
}

func TestPending(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sim := virtual(t, mux(purchased), nil)
		const pending, approved, declined = `"PENDING"`, `"APPROVED"`, `"DECLINED"`
		for _, c := range []struct {
			card string
			want []string
		}{
			{"pending_3_then_approve", []string{pending, pending, pending, approved}},
			{"pending_3_then_decline", []string{pending, pending, pending, declined}},
			{"pending_1h_then_approve", []string{pending, pending, pending, approved}},
			{"pending_forever", []string{pending, pending, pending, pending, pending, pending}},
		} {
			trip := enter(t, sim, c.card)
			for i, want := range c.want {
				_, answer := ask(sim, adjustPath, charge(trip, "12.34"))
				if !bytes.Contains([]byte(answer), []byte(want)) {
					t.Errorf("%s, try %d: %s, want %s", c.card, i, answer, want)
				}
				if want == pending {
					expect(t, sim, capturePath, charge(trip, "12.34"), 400, badBody)
				}
				time.Sleep(20 * time.Minute)
			}
		}
	})
}

// A caller that gives up ends a forced silence; hang-after had its effect.
func TestHang(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sim := virtual(t, mux(purchased), nil)
		trip := enter(t, sim, "approve")
		expect(t, sim, adjustPath, charge(trip, "5"), 200, "")
		for _, c := range []struct {
			outcome  string
			captured int64
		}{{"hang", 0}, {"hang-after", 500}} {
			if err := sim.ForceNext("CaptureCharge", c.outcome); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			req, _ := http.NewRequestWithContext(ctx, "POST", "http://amazon"+capturePath, bytes.NewReader([]byte(charge(trip, "5"))))
			_, err := direct(sim.Handler()).Do(req)
			cancel()
			if err == nil {
				t.Error("answered")
			}
			if got := sim.Books().Totals[0].Captured; got != c.captured {
				t.Errorf("%s: captured %d, want %d", c.outcome, got, c.captured)
			}
		}
		synctest.Wait()
		if n := len(sim.History(jwosim.Filter{API: "CaptureCharge"})); n != 2 {
			t.Errorf("%d exchanges", n)
		}
		if len(sim.Findings()) != 0 {
			t.Errorf("%+v", sim.Findings())
		}
		expect(t, sim, capturePath, charge(trip, "5"), 200, "")
		if fmt.Sprint(sim.Findings()) != "[]" { // healing a lost answer is no finding
			t.Errorf("%+v", sim.Findings())
		}
	})
}
