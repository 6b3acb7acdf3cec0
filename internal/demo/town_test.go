package demo_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/strollhq/stroll/internal/app"
	"github.com/strollhq/stroll/internal/demo"
	"github.com/strollhq/stroll/internal/load"
	"github.com/strollhq/stroll/internal/pay"
	"github.com/strollhq/stroll/internal/testkit"
	"github.com/strollhq/stroll/jwo"
)

// town is a shop whose programs can be killed and started again on their
// database, while the same Amazon goes on. It lives in a bubble.
type town struct {
	t       *testing.T
	dsn     string
	network *testkit.Net
	edit    func(*app.Config)
	// watch is told each named point, in the program's own goroutines: what it
	// returns happens there.
	watch func(point string) deed

	amazon  *demo.World // whose Amazon it is, and whose program came first
	closing context.CancelFunc
	closed  chan error

	sum  demo.Summary // of the last rest
	many int          // programs on the one database; 0 is one
	turn atomic.Int64

	mu       sync.Mutex
	programs []*program
	// A program may be killed while somebody waits for all that were to be back,
	// which a WaitGroup does not allow.
	away int           // killed, and not back yet
	back chan struct{} // closed when the last of them is
}

// deed is what a watcher wants done at a point.
type deed int

const (
	nothing deed = iota
	kill         // the program: nothing of it takes effect from here on
	fail         // this commit: before it, undone; after it, its answer is lost
)

var (
	errKilled = errors.New("played: the program was killed")
	errFailed = errors.New("played: the disk or the server failed")
)

// program is one life of the program.
type program struct {
	*demo.World
	town  *town
	slot  int // which of the town's programs it is
	stop  context.CancelFunc
	ended chan error

	mu    sync.Mutex
	dead  bool
	doors []net.Listener
}

// open opens the town with its first programs.
func (w *town) open(c demo.Config) {
	w.t.Helper()
	w.network = testkit.NewNet()
	w.programs = make([]*program, max(w.many, 1))
	p := w.start(0, c)
	w.amazon = p.World
	ctx, cancel := context.WithCancel(context.WithoutCancel(w.t.Context()))
	w.closing, w.closed = cancel, make(chan error, 1)
	go func() { w.closed <- p.Amazon(ctx) }()
	w.run(p)
	for slot := 1; slot < w.many; slot++ {
		w.run(w.start(slot, demo.Config{}))
	}
}

// start opens a program; c is used by the first alone.
func (w *town) start(slot int, c demo.Config) *program {
	w.t.Helper()
	p := &program{town: w, slot: slot, ended: make(chan error, 1)}
	c.Database, c.Beside, c.Probe = w.dsn, w.amazon, p.probe
	c.Listen = func(addr string) (net.Listener, error) {
		l := w.network.Listen(addr)
		p.mu.Lock()
		defer p.mu.Unlock()
		p.doors = append(p.doors, l)
		return l, nil
	}
	c.HTTP = &http.Client{Transport: p}
	c.Edit = func(a *app.Config) {
		a.Listen = app.Listen{Connector: door(slot), Portal: fmt.Sprintf("127.0.0.1:2%d", slot), Admin: fmt.Sprintf("127.0.0.1:3%d", slot)}
		a.PublicURL = ""
		a.Jobs.Poll, a.Jobs.Lease = 10*time.Minute, time.Minute
		if w.edit != nil {
			w.edit(a)
		}
	}
	world, err := demo.Open(w.t.Context(), c)
	if err != nil {
		w.t.Fatal(err)
	}
	if w.amazon == nil {
		p.doors = p.doors[2:] // the first two are Amazon's
	}
	p.World = world
	return p
}

// door is the address of a program's connector.
func door(slot int) string { return fmt.Sprintf("127.0.0.1:1%d", slot) }

// run makes a program one of the town's.
func (w *town) run(p *program) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(w.t.Context()))
	p.stop = cancel
	w.mu.Lock()
	w.programs[p.slot] = p
	w.mu.Unlock()
	go func() { p.ended <- p.App.Run(ctx) }()
}

// now is the first program as it runs now.
func (w *town) now() *demo.World {
	for {
		w.mu.Lock()
		if w.away == 0 {
			defer w.mu.Unlock()
			return w.programs[0].World
		}
		back := w.back
		w.mu.Unlock()
		<-back
	}
}

// probe is app.Env.Probe.
func (p *program) probe(point string) error {
	p.mu.Lock()
	dead := p.dead
	p.mu.Unlock()
	if dead {
		return errKilled
	}
	if p.town.watch == nil {
		return nil
	}
	switch p.town.watch(point) {
	case kill:
		p.die()
		return errKilled
	case fail:
		return errFailed
	}
	return nil
}

// die ends the program's effects at once: no commit of it succeeds any more, no
// byte of it leaves or arrives. What is left of it in memory is then stopped,
// and another program starts on the same database.
func (p *program) die() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dead {
		return
	}
	p.dead = true
	for _, l := range p.doors {
		l.Close()
	}
	p.town.network.Sever()
	w := p.town
	w.mu.Lock()
	if w.away++; w.away == 1 {
		w.back = make(chan struct{})
	}
	w.mu.Unlock()
	go func() {
		defer func() {
			w.mu.Lock()
			defer w.mu.Unlock()
			if w.away--; w.away == 0 {
				close(w.back)
			}
		}()
		p.end()
		// The first world stays open for its Amazon.
		if err := p.App.Close(); err != nil {
			p.town.t.Errorf("close a killed program: %v", err)
		}
		w.run(w.start(p.slot, demo.Config{}))
	}()
}

func (p *program) end() {
	p.stop()
	if err := <-p.ended; err != nil && !p.dead {
		p.town.t.Errorf("run: %v", err)
	}
}

// close ends the town.
func (w *town) close() {
	w.now()
	for _, p := range slices.Backward(w.programs) {
		p.end()
		if p.World != w.amazon {
			if err := p.Close(); err != nil {
				w.t.Errorf("close: %v", err)
			}
		}
	}
	w.closing()
	err := errors.Join(<-w.closed, w.amazon.Close())
	w.network.Close()
	if err != nil {
		w.t.Errorf("close: %v", err)
	}
}

// RoundTrip carries the program's calls to Amazon, with three named points: the
// call has not left, Amazon has done it and nobody heard of that, the program
// has read the answer.
func (p *program) RoundTrip(r *http.Request) (*http.Response, error) {
	api, ok := calls[r.URL.Path]
	if !ok { // Amazon's own, to one of our doors; the Host it signed stays
		r = r.Clone(r.Context())
		r.URL.Host = door(int(p.town.turn.Add(1)) % len(p.town.programs))
		return p.town.network.Client().Transport.RoundTrip(r)
	}
	if err := p.probe("before call:" + api); err != nil {
		return nil, err
	}
	resp, err := p.town.network.Client().Transport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if err := p.probe("between call:" + api); err != nil {
		resp.Body.Close()
		return nil, err
	}
	resp.Body = &answer{resp.Body, p, api}
	return resp, nil
}

// answer is a body with a point at its end.
type answer struct {
	io.ReadCloser
	program *program
	api     string
}

func (a *answer) Close() error {
	_ = a.program.probe("after call:" + a.api)
	return a.ReadCloser.Close()
}

// calls are those to Amazon on the way from the cart to the receipt, by path.
var calls = map[string]string{
	jwo.PathAdjustCharge: jwo.APIAdjustCharge, jwo.PathCaptureCharge: jwo.APICaptureCharge, jwo.PathCancelCharge: jwo.APICancelCharge,
	jwo.PathGetTransactionalData: jwo.APIGetTransactionalData, jwo.PathReportPaymentStatus: jwo.APIReportPaymentStatus,
}

// lifetime of pre-authorizations where brisk is used.
const lifetime = 6 * time.Hour

// brisk shortens the clocks that run for days, so that a run ends in fewer
// turns of them: what happens is the same.
func brisk(c *app.Config) {
	c.Jobs.Poll, c.Jobs.Lease = 10*time.Minute, 5*time.Minute
	c.Receipt.Schedule = []time.Duration{time.Minute, 5 * time.Minute, time.Hour}
	p := &c.Stores[0].Pay
	p.Preauth.Lifetime, p.Own.Lifetime, p.Retry.ReportFor = lifetime, lifetime, lifetime
}

// tries repeats what needs a living program until it succeeds.
func (w *town) tries(what string, f func(*demo.World) error) {
	w.t.Helper()
	var err error
	for range 10 {
		if err = f(w.now()); err == nil {
			return
		}
		<-time.After(time.Minute)
	}
	w.t.Errorf("%s: %v", what, err)
}

// rests lets every clock run out, with a person who ends what is for a person,
// and returns what is broken then.
func (w *town) rests() []string {
	w.t.Helper()
	ctx := w.t.Context()
	var all []string
	wait := func() {
		<-time.After(lifetime + 2*time.Hour)
		w.tries("come to rest", func(s *demo.World) error { return s.Rest(ctx, time.Hour, nil) })
	}
	wait()
	decided := 0
	w.tries("decide", func(s *demo.World) (err error) { decided, err = s.Decide(ctx); return err })
	if decided > 0 {
		wait()
	}
	s := w.now()
	sum, err := s.Summary(ctx, load.Tally{})
	if err != nil {
		w.t.Fatal(err)
	}
	w.sum = sum
	all = append(all, sum.Differences...)
	open, err := s.App.Pay.List(ctx, pay.Filter{Open: true})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, p := range open {
		all = append(all, "trip "+p.TripID+" rests in "+string(p.State)+": "+p.Note)
	}
	if age := oldest(w.t, w.network, s); age != "0" {
		all = append(all, "the oldest unfinished payment is "+age+" seconds old")
	}
	return all
}

// oldest is the age of the oldest unfinished payment, in seconds, as the
// program's own metric tells it.
func oldest(t *testing.T, network *testkit.Net, w *demo.World) string {
	t.Helper()
	resp, err := network.Client().Get(w.Addresses()["admin"] + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	page, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	m := oldestLine.FindSubmatch(page)
	if m == nil {
		return "missing"
	}
	return string(m[1])
}

var oldestLine = regexp.MustCompile(`(?m)^stroll_pay_oldest_open_seconds (.*)$`)
