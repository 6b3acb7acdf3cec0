package cli_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/strollhq/stroll/jwo"
	"github.com/strollhq/stroll/jwosim"
)

// TestKilled kills the program (as a power cut would) at the moments that hurt
// most. After a restart every cart that was answered with 201 is there, and is
// paid exactly once, at an Amazon that would take the money of each Capture
// again.
func TestKilled(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, path string }{
		{"right_after_the_201", jwo.PathCreatePurchases},
		{"when_the_Adjust_has_happened", jwo.PathAdjustCharge},
		{"when_the_Capture_has_happened", jwo.PathCaptureCharge},
	} {
		t.Run(c.name, func(t *testing.T) { t.Parallel(); killedAt(t, c.path) })
	}
}

func killedAt(t *testing.T, path string) {
	connector := newRelay(t)
	sim, err := jwosim.New(jwosim.Config{
		Seed: 1, Accept: []jwosim.Credentials{{AccessKeyID: "AKIDSTROLL", SecretAccessKey: "secret-of-the-tests"}},
		Stores:   []jwosim.Store{{ID: store, ConnectorURL: connector.URL}},
		Settings: jwosim.Settings{DoubleCaptures: true, CartFirst: 100 * time.Millisecond, CartCeiling: 200 * time.Millisecond},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer sim.Close()
	var victim atomic.Pointer[server]
	var once sync.Once
	killed := make(chan struct{})
	kill := func(at string) {
		if at == path {
			once.Do(func() {
				victim.Load().signal(syscall.SIGKILL)
				<-victim.Load().done
				close(killed)
			})
		}
	}
	amazon := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := httptest.NewRecorder()
		sim.Handler().ServeHTTP(answer, r)
		kill(r.URL.Path) // it has happened, and nobody hears of it
		w.Header().Set("Content-Type", answer.Header().Get("Content-Type"))
		w.WriteHeader(answer.Code)
		w.Write(answer.Body.Bytes())
	}))
	defer amazon.Close()
	connector.answered = func(resp *http.Response) error {
		body, err := io.ReadAll(resp.Body) // before its sender is gone
		if resp.StatusCode == http.StatusCreated {
			kill(resp.Request.URL.Path)
		}
		resp.Body = io.NopCloser(bytes.NewReader(body))
		return err
	}

	dir := folder(t, amazon.URL)
	s := serve(t, dir)
	victim.Store(&s)
	connector.point(t, s.connector)
	trip, err := sim.EnterByCard(t.Context(), store, "approve")
	if err != nil {
		t.Fatal(err)
	}
	if err := trip.Take(jwosim.Item{ID: "SNK-001", Quantity: "2"}); err != nil {
		t.Fatal(err)
	}
	left := sim.WalkOutAsync(t.Context(), trip)
	<-killed

	s = serve(t, dir)
	connector.point(t, s.connector)
	if err := <-left; err != nil {
		t.Fatal(err)
	}
	eventually(t, "charged", func() bool {
		var books struct {
			Books struct{ States []struct{ State string } }
		}
		if err := json.Unmarshal([]byte(get(t, s.admin+"/books.json", 200)), &books); err != nil {
			t.Fatal(err)
		}
		return len(books.Books.States) == 1 && books.Books.States[0].State == "CAPTURE_INITIATED"
	})
	s.stop()

	carts, payments := listed(t, dir, "cart"), listed(t, dir, "pay")
	if len(carts) != 1 || len(payments) != 1 || carts[0]["trip_id"] != trip.ID() {
		t.Fatalf("carts %v, payments %v", carts, payments)
	}
	command(t, dir, "ledger", "verify")
	theirs := sim.Books().Trips[0]
	ours := payments[0]["captured"].(map[string]any)["minor"].(float64)
	if theirs.Captures != 1 || theirs.Captured != 598 || ours != 598 {
		t.Errorf("Amazon captured %d times, %d in all; we know of %v", theirs.Captures, theirs.Captured, ours)
	}
	for _, f := range sim.Findings() {
		t.Errorf("Amazon saw: %v", f)
	}
}
