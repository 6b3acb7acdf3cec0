package bench_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// connections is how many keep-alive connections the load comes over.
const connections = 64

// source writes the n-th request of a run, head and body, over what is in b.
// It is called from many goroutines at once.
type source func(b []byte, n uint64) []byte

// generator sends requests as bytes over its own connections and reads no more
// of an answer than its status and length, so that it takes little of the cores
// it shares with what it measures. It runs in a process of its own; see
// remote_test.go.
type generator struct {
	conns []net.Conn
	from  source
	want  string // the status every answer must have, as in "200"
	seq   atomic.Uint64
	// client sends in place of the connections; nil is the lean way.
	client *http.Client
}

func newGenerator(want string, first uint64, from source) *generator {
	g := &generator{from: from, want: want}
	g.seq.Store(first)
	return g
}

// dial opens the connections.
func (g *generator) dial(addr string) error {
	for range connections {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			return err
		}
		g.conns = append(g.conns, c)
	}
	return nil
}

func (g *generator) hangUp() {
	for _, c := range g.conns {
		c.Close()
	}
	g.conns = nil
}

// run is what came of one run of the generator.
type run struct {
	Answers       int
	Took          time.Duration
	P50, P99, Max time.Duration // from a request to its answer
}

func (r run) perSecond() float64 { return float64(r.Answers) / r.Took.Seconds() }

// flood sends as fast as answers come, for a time.
func (g *generator) flood(d time.Duration) (run, error) {
	until := time.Now().Add(d)
	return g.each(func(_ int, one func() error) error {
		for time.Now().Before(until) {
			if err := one(); err != nil {
				return err
			}
		}
		return nil
	})
}

// count sends n requests as fast as answers come.
func (g *generator) count(n int) (run, error) {
	var left atomic.Int64
	left.Store(int64(n))
	return g.each(func(_ int, one func() error) error {
		for left.Add(-1) >= 0 {
			if err := one(); err != nil {
				return err
			}
		}
		return nil
	})
}

// pace sends at a fixed rate for a time, whatever the answers take: each
// connection has its own moments. A request whose connection is still waiting
// for an answer at its moment is timed from that moment on.
func (g *generator) pace(perSecond float64, d time.Duration) (run, error) {
	began := time.Now()
	gap := time.Duration(float64(time.Second) * float64(len(g.conns)) / perSecond)
	return g.eachTimed(func(i int, one func(from time.Time) error) error {
		next := began.Add(gap * time.Duration(i) / time.Duration(len(g.conns)))
		for ; next.Sub(began) < d; next = next.Add(gap) {
			from := next
			if wait := time.Until(next); wait > 0 {
				time.Sleep(wait)
				from = time.Now()
			}
			if err := one(from); err != nil {
				return err
			}
		}
		return nil
	})
}

func (g *generator) each(f func(i int, one func() error) error) (run, error) {
	return g.eachTimed(func(i int, one func(time.Time) error) error {
		return f(i, func() error { return one(time.Now()) })
	})
}

func (g *generator) eachTimed(f func(i int, one func(from time.Time) error) error) (run, error) {
	var all sync.WaitGroup
	times, errs := make([][]time.Duration, len(g.conns)), make([]error, len(g.conns))
	began := time.Now()
	for i, c := range g.conns {
		all.Go(func() {
			b, exchange := make([]byte, 0, 64<<10), g.exchange(c)
			errs[i] = f(i, func(from time.Time) error {
				b = g.from(b[:0], g.seq.Add(1))
				err := exchange(b)
				times[i] = append(times[i], time.Since(from))
				return err
			})
		})
	}
	all.Wait()
	if i := slices.IndexFunc(errs, func(err error) bool { return err != nil }); i >= 0 {
		return run{}, errs[i] // the others say the same
	}
	took, sorted := time.Since(began), slices.Concat(times...)
	slices.Sort(sorted)
	at := func(q float64) time.Duration { return sorted[max(int(math.Ceil(q*float64(len(sorted)))), 1)-1] }
	if len(sorted) == 0 {
		return run{}, errors.New("no request was sent")
	}
	return run{len(sorted), took, at(0.5), at(0.99), at(1)}, nil
}

// exchange sends a request and takes its answer.
func (g *generator) exchange(c net.Conn) func(request []byte) error {
	if g.client != nil {
		return g.ordinary
	}
	r := reader{conn: c, buf: make([]byte, 0, 16<<10)}
	return func(request []byte) error {
		if _, err := c.Write(request); err != nil {
			return err
		}
		return r.answer(g.want)
	}
}

// ordinary is exchange with net/http's client, which does for each request what
// the lean generator has done before: a caller such as most programs are.
func (g *generator) ordinary(request []byte) error {
	head, body, _ := bytes.Cut(request, headEnd)
	path := strings.Fields(string(head[:bytes.IndexByte(head, '\r')]))[1]
	r, err := http.NewRequest(http.MethodPost, "http://"+g.conns[0].RemoteAddr().String()+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set(secretHeader, secret)
	resp, err := g.client.Do(r)
	if err != nil {
		return err
	}
	answer, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err == nil && strconv.Itoa(resp.StatusCode) != g.want {
		err = fmt.Errorf("status %d, want %s: %s", resp.StatusCode, g.want, answer)
	}
	return err
}

// reader reads answers of a known server: always with a Content-Length.
type reader struct {
	conn io.Reader
	buf  []byte
}

var (
	headEnd  = []byte("\r\n\r\n")
	lengthIs = []byte("\r\nContent-Length: ")
)

func (r *reader) answer(want string) error {
	r.buf = r.buf[:0]
	end := -1
	for end < 0 {
		if err := r.more(); err != nil {
			return err
		}
		end = bytes.Index(r.buf, headEnd)
	}
	length := 0
	if i := bytes.Index(r.buf[:end], lengthIs); i >= 0 {
		digits, _, _ := bytes.Cut(r.buf[i+len(lengthIs):end+2], []byte("\r"))
		n, err := strconv.Atoi(string(digits))
		if err != nil {
			return fmt.Errorf("answer of length %q", digits)
		}
		length = n
	}
	for len(r.buf) < end+len(headEnd)+length {
		if err := r.more(); err != nil {
			return err
		}
	}
	if status := string(r.buf[9:12]); status != want {
		return fmt.Errorf("status %s, want %s: %s", status, want, r.buf[end+len(headEnd):])
	}
	return nil
}

func (r *reader) more() error {
	if len(r.buf) == cap(r.buf) {
		return errors.New("the answer is larger than the generator reads")
	}
	n, err := r.conn.Read(r.buf[len(r.buf):cap(r.buf)])
	r.buf = r.buf[:len(r.buf)+n]
	return err
}
