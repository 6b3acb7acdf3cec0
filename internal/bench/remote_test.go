package bench_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/strollhq/stroll/internal/app"
	"github.com/strollhq/stroll/internal/gate"
)

// childEnv is set in a process that is only a generator.
const childEnv = "STROLL_BENCH_GENERATOR"

// load says what a generator sends, and where.
type load struct {
	Addr  string
	Want  string // status of every answer
	First uint64 // its events are numbered from here
	Plain bool   // by net/http's client

	Kind     string // code, card or cart
	Codes    []gate.Code
	Lines    int // of a cart
	Visitors int
	Repeats  int // of ten carts
}

func (l load) source() (source, error) {
	switch l.Kind {
	case "code":
		return identitySource(l.Codes), nil
	case "card":
		return cardSource(), nil
	case "cart":
		sample, err := app.Sample()
		if err != nil {
			return nil, err
		}
		return purchaseSource(sample.Stores[0].Prices.Items, l.Lines, l.Visitors, l.Repeats), nil
	}
	return nil, fmt.Errorf("no load is called %q", l.Kind)
}

// order is one run asked of a generator.
type order struct {
	PerSecond float64 // 0: as fast as answers come
	Count     int     // 0: for a time
	For       time.Duration
}

type reply struct {
	Run   run
	Error string
}

// generate is the generator's process: a load, then orders, each answered.
func generate(in io.Reader, out io.Writer) error {
	orders, replies := json.NewDecoder(in), json.NewEncoder(out)
	var l load
	if err := orders.Decode(&l); err != nil {
		return err
	}
	from, err := l.source()
	if err != nil {
		return err
	}
	g := newGenerator(l.Want, l.First, from)
	if l.Plain {
		transport := http.DefaultTransport.(*http.Transport).Clone()
		transport.MaxIdleConns, transport.MaxIdleConnsPerHost = connections, connections
		g.client = &http.Client{Transport: transport}
	}
	for {
		var o order
		if err := orders.Decode(&o); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		// A server waits neither for a first request nor between two for ever.
		err := g.dial(l.Addr)
		var r run
		switch {
		case err != nil:
		case o.Count > 0:
			r, err = g.count(o.Count)
		case o.PerSecond > 0:
			r, err = g.pace(o.PerSecond, o.For)
		default:
			r, err = g.flood(o.For)
		}
		g.hangUp()
		if err != nil {
			return errors.Join(replies.Encode(reply{Error: err.Error()}), err)
		}
		if err := replies.Encode(reply{Run: r}); err != nil {
			return err
		}
	}
}

// remote is a generator in a process of its own, as callers are: what it costs
// is in no profile of the program, nor its garbage in the program's memory.
type remote struct {
	t   testing.TB
	in  *json.Encoder
	out *json.Decoder
}

func (s *site) generator(t testing.TB, l load) *remote {
	t.Helper()
	l.First, l.Plain = s.ranges.Add(1)<<36, *plain
	cmd := exec.Command(os.Args[0])
	cmd.Env, cmd.Stderr = append(os.Environ(), childEnv+"=1"), os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if s.loads == nil {
		s.loads = map[int]bool{}
	}
	s.loads[cmd.Process.Pid] = true
	t.Cleanup(func() {
		in.Close()
		cmd.Wait() // its error, if any, was answered to an order
	})
	g := &remote{t, json.NewEncoder(in), json.NewDecoder(out)}
	if err := g.in.Encode(l); err != nil {
		t.Fatal(err)
	}
	return g
}

func (g *remote) do(o order) run {
	g.t.Helper()
	var r reply
	if err := g.in.Encode(o); err != nil {
		g.t.Fatal(err)
	}
	if err := g.out.Decode(&r); err != nil {
		g.t.Fatal(err)
	}
	if r.Error != "" {
		g.t.Fatal(r.Error)
	}
	return r.Run
}

func (g *remote) flood(sec float64) run      { return g.do(order{For: seconds(sec)}) }
func (g *remote) count(n int) run            { return g.do(order{Count: n}) }
func (g *remote) pace(rate, sec float64) run { return g.do(order{PerSecond: rate, For: seconds(sec)}) }
