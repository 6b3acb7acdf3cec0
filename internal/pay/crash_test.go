package pay_test

import (
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/pay"
	"github.com/strollhq/stroll/internal/testkit"
	"github.com/strollhq/stroll/jwo"
)

// crash makes the program die at the n-th time it passes a point: the worker
// ends there, and a new program starts on the same database.
func (w *world) crash(point string, n int) (reached func() bool) {
	died := make(chan struct{})
	var mu sync.Mutex
	dead := false
	w.mu.Lock()
	w.probe = func(p string) {
		if p != point {
			return
		}
		mu.Lock()
		n--
		now := n == 0
		dead = dead || now
		mu.Unlock()
		if now {
			close(died)
			runtime.Goexit()
		}
	}
	w.mu.Unlock()
	restarted := make(chan struct{})
	stop := make(chan struct{})
	go func() {
		defer close(restarted)
		select {
		case <-died:
			w.restart()
		case <-stop:
		}
	}()
	return func() bool {
		close(stop)
		<-restarted
		w.mu.Lock()
		w.probe = nil
		w.mu.Unlock()
		mu.Lock()
		defer mu.Unlock()
		return dead
	}
}

// TestCrash kills the program at each named point of each kind of payment, at
// its first and its second passing, and demands the end that a program without
// a crash reaches, with one effect of each kind.
func TestCrash(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	passed := map[string]bool{}
	kinds := []struct {
		name, card, total string
		want              pay.State
	}{
		{"charge", "approve", "10", pay.CaptureInitiated},
		{"decline", "decline_adjust", "10", pay.CancelInitiated},
		{"nothing", "approve", "0", pay.CancelInitiated},
		{"doubt", "approve", "10", pay.CaptureInitiated},
	}
	run := func(t *testing.T, dsn string) {
		in(t, dsn, setup{}, func(w *world) {
			for _, k := range kinds {
				if w.db.Engine() == db.Postgres && k.name != "charge" && k.name != "decline" {
					continue // the points are the same, and so is the SQL
				}
				for _, point := range pay.Points() {
					for n := 1; n <= 1+btoi(k.name == "charge" || k.name == "doubt"); n++ {
						name := fmt.Sprintf("%s: %s #%d", k.name, point, n)
						if k.name == "doubt" {
							w.force(jwo.APICaptureCharge, "lost")
						}
						trip := w.enter(told, k.card)
						reached := w.crash(point, n)
						w.open(opening(told, trip, usd(k.total)))
						w.pass(3 * time.Hour)
						if reached() {
							mu.Lock()
							passed[point] = true
							mu.Unlock()
						}
						w.pass(time.Hour)
						p := w.is(trip, k.want)
						b, d := w.book(trip), w.debt(trip)
						if b.Captured != p.Captured.Minor || b.Captures > 1 || p.Captured.Minor+d.Amount != p.Total.Minor {
							w.t.Errorf("%s: captured %s, debt %+v, Amazon %+v", name, p.Captured, d, b)
						}
						if want := btoi(p.Captured.Minor > 0); w.settled[trip] != want {
							w.t.Errorf("%s: settled %d times", name, w.settled[trip])
						}
						for _, api := range []string{jwo.APIAdjustCharge, jwo.APICaptureCharge, jwo.APICancelCharge, jwo.APIReportPaymentStatus} {
							same(w, trip, api)
						}
						if open, _ := w.pay.List(w.t.Context(), pay.Filter{Open: true}); len(open) != 0 {
							w.t.Errorf("%s: %d payments are left open", name, len(open))
						}
					}
				}
			}
		})
	}
	t.Run("every_point", func(t *testing.T) {
		testkit.EachDSN(t, run)
	})
	t.Cleanup(func() {
		for _, point := range pay.Points() {
			if !passed[point] && !t.Failed() {
				t.Errorf("no test passes the point %q", point)
			}
		}
	})
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// TestStop ends the program in the middle of a call: the answer is kept, and
// nothing is asked again.
func TestStop(t *testing.T) {
	lite(t, setup{}, func(w *world) {
		inFlight := make(chan struct{})
		w.mu.Lock()
		w.probe = func(p string) {
			if p == "before send:capture" {
				close(inFlight)
			}
		}
		w.mu.Unlock()
		trip := w.buy("approve", "10")
		<-inFlight
		w.stop()
		w.is(trip, pay.CaptureInitiated)
		w.start()
		w.pass(time.Hour)
		if n := w.count(trip, jwo.APICaptureCharge); n != 1 {
			w.t.Errorf("%d captures", n)
		}
	})
}
