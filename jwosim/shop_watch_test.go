package jwosim_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/strollhq/stroll/jwosim"
)

// stuck is a browser that reads nothing until it is let go.
type stuck struct {
	http.ResponseWriter
	letGo chan struct{}
	out   *io.PipeWriter
}

func (s stuck) Header() http.Header { return http.Header{} }
func (s stuck) WriteHeader(int)     {}
func (s stuck) Flush()              {}
func (s stuck) Write(b []byte) (int, error) {
	<-s.letGo
	return s.out.Write(b)
}

// listen follows the stream of a simulator in a bubble.
func listen(ctx context.Context, t *testing.T, sim *jwosim.Sim, letGo chan struct{}) (*tail, chan struct{}) {
	r, w := io.Pipe()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer w.Close()
		sim.Management().ServeHTTP(stuck{letGo: letGo, out: w}, mustRequest(ctx, t))
	}()
	return newTail(t, r), ended
}

func mustRequest(ctx context.Context, t *testing.T) *http.Request {
	req, err := http.NewRequestWithContext(ctx, "GET", "/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	return req
}

// A browser that reads nothing holds up nobody, and is afterwards told what is
// still kept, how much is not, and the last state of each visit alone.
func TestEvents_slow_browser(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sim := virtual(t, mux(purchased), func(c *jwosim.Config) { c.History = 50 })
		ctx, cancel := context.WithCancel(t.Context())
		letGo := make(chan struct{})
		s, ended := listen(ctx, t, sim, letGo)
		synctest.Wait() // it is stuck in its first write
		for n := range 100 {
			trip, err := sim.Enter(t.Context(), jwosim.Entry{StoreID: "store-1", Card: "approve", Key: fmt.Sprintf("gate-1/%d", n%3)})
			if err != nil {
				t.Fatal(err)
			}
			if err := sim.WalkOut(t.Context(), trip); err != nil {
				t.Fatal(err)
			}
		}
		close(letGo)
		s.until("hello", "")
		counts := map[string]int{}
		for counts["call"] < 50 {
			e, ok := s.next()
			if !ok {
				t.Fatalf("ended after %v", counts)
			}
			counts[e.name]++
			if e.name == "gap" && e.data != `{"missed":150}` {
				t.Errorf("gap %s", e.data)
			}
		}
		if counts["visit"] != 100 || counts["gap"] != 1 {
			t.Errorf("%v", counts)
		}
		cancel()
		<-ended
	})
}

// A stream says that it lives, ends with the simulator, and tells when a hold
// ran out although nobody called.
func TestEvents_clock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sim := virtual(t, mux(purchased), nil)
		letGo := make(chan struct{})
		close(letGo)
		s, ended := listen(t.Context(), t, sim, letGo)
		s.until("hello", "")
		if _, err := sim.Enter(t.Context(), jwosim.Entry{StoreID: "store-1", Card: "approve", Key: "gate-1/1"}); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		s.until("beat", `"faults":"none"`)
		if d := time.Since(began); d > time.Minute {
			t.Errorf("the first beat after %s", d)
		}
		s.until("visit", `"charge":"expired"`)
		if d := time.Since(began); d < 46*time.Hour || d > 46*time.Hour+time.Minute {
			t.Errorf("expired after %s", d)
		}
		// A moved clock is told at once.
		if _, err := sim.Enter(t.Context(), jwosim.Entry{StoreID: "store-1", Card: "approve", Key: "gate-2/1"}); err != nil {
			t.Fatal(err)
		}
		until := func(charge string) {
			for !strings.Contains(s.until("visit", `"gate":"gate-2"`).data, `"charge":"`+charge) {
			}
		}
		until("preauthorized")
		synctest.Wait()
		began = time.Now()
		sim.Advance(46 * time.Hour)
		until("expired")
		if d := time.Since(began); d > time.Second {
			t.Errorf("told %s after the move", d)
		}
		s.until("beat", `"ahead":"46h0m0s"`)
		go sim.Close()
		for ok := true; ok; {
			_, ok = s.next()
		}
		<-ended
	})
}

// A server that shuts down does not wait for its browsers.
func TestEvents_shutdown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: w.sim.Management()}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()
	s := port{t, "http://" + l.Addr().String()}.follow("")
	s.until("hello", "")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := srv.Shutdown(ctx); err != nil {
		t.Errorf("shutdown: %v", err)
	}
	<-served
	if e, ok := s.next(); ok {
		t.Errorf("after the shutdown: %+v", e)
	}
}
