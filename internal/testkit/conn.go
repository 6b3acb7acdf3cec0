package testkit

import (
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

var (
	errRefused = os.NewSyscallError("connect", syscall.ECONNREFUSED)
	errReset   = os.NewSyscallError("read", syscall.ECONNRESET)
)

// window is how much may be under way in one direction before writers wait,
// as with a real connection whose other end does not read.
const window = 64 << 10

// conn is one end of a connection.
type conn struct {
	net           *Net
	in, out       *stream
	local, remote address
	accepted      atomic.Bool
}

func pipe(n *Net, client, server address) (*conn, *conn) {
	up, down := newStream(), newStream()
	return &conn{net: n, in: down, out: up, local: client, remote: server},
		&conn{net: n, in: up, out: down, local: server, remote: client}
}

func (c *conn) LocalAddr() net.Addr  { return c.local }
func (c *conn) RemoteAddr() net.Addr { return c.remote }

func (c *conn) Read(b []byte) (int, error) {
	n, err := c.in.read(b)
	return n, c.wrap("read", err)
}

func (c *conn) Write(b []byte) (int, error) {
	n, err := c.out.write(b)
	return n, c.wrap("write", err)
}

func (c *conn) wrap(op string, err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	return &net.OpError{Op: op, Net: "tcp", Source: c.local, Addr: c.remote, Err: err}
}

// Close lets the other end read what was written and then io.EOF; what it
// still writes is an error there.
func (c *conn) Close() error {
	c.out.end(io.EOF, net.ErrClosed)
	c.in.end(net.ErrClosed, errReset)
	c.net.forget(c)
	return nil
}

// reset breaks both directions at both ends.
func (c *conn) reset() {
	c.out.drop()
	c.in.drop()
	c.net.forget(c)
}

func (c *conn) SetDeadline(t time.Time) error {
	c.in.readBy.set(c.in, t)
	c.out.writeBy.set(c.out, t)
	return nil
}

func (c *conn) SetReadDeadline(t time.Time) error {
	c.in.readBy.set(c.in, t)
	return nil
}

func (c *conn) SetWriteDeadline(t time.Time) error {
	c.out.writeBy.set(c.out, t)
	return nil
}

// stream is one direction: bytes written and not yet read.
type stream struct {
	mu              sync.Mutex
	moved           sync.Cond
	buf             []byte
	readErr         error // for the reader, after what is buffered
	writeErr        error // for the writer
	readBy, writeBy deadline
}

func newStream() *stream {
	s := &stream{}
	s.moved.L = &s.mu
	return s
}

func (s *stream) read(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		switch {
		case s.readErr == net.ErrClosed:
			return 0, s.readErr
		case s.readBy.passed():
			return 0, os.ErrDeadlineExceeded
		case len(s.buf) > 0 && len(b) > 0:
			n := copy(b, s.buf)
			if s.buf = s.buf[n:]; len(s.buf) == 0 {
				s.buf = nil
			}
			s.moved.Broadcast()
			return n, nil
		case s.readErr != nil:
			return 0, s.readErr
		case len(b) == 0:
			return 0, nil
		}
		s.moved.Wait()
	}
}

func (s *stream) write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for sent := 0; ; {
		switch {
		case s.writeErr != nil:
			return sent, s.writeErr
		case s.writeBy.passed():
			return sent, os.ErrDeadlineExceeded
		case sent == len(b):
			return sent, nil
		}
		if n := min(window-len(s.buf), len(b)-sent); n > 0 {
			s.buf = append(s.buf, b[sent:sent+n]...)
			sent += n
			s.moved.Broadcast()
			continue
		}
		s.moved.Wait()
	}
}

// end sets the errors of both sides; the first ones stay, except that an end
// closed by its own user says so.
func (s *stream) end(forReader, forWriter error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.readErr == nil || forReader == net.ErrClosed {
		s.readErr = forReader
	}
	if s.writeErr == nil || forWriter == net.ErrClosed {
		s.writeErr = forWriter
	}
	if forReader == net.ErrClosed {
		s.buf = nil
	}
	s.moved.Broadcast()
}

func (s *stream) drop() {
	s.mu.Lock()
	s.buf = nil
	s.mu.Unlock()
	s.end(errReset, errReset)
}

// deadline belongs to a stream and is guarded by its mutex.
type deadline struct {
	at    time.Time
	timer *time.Timer
}

func (d *deadline) passed() bool { return !d.at.IsZero() && !time.Now().Before(d.at) }

func (d *deadline) set(s *stream, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
	d.at = at
	// A deadline in the past, which net/http sets to end a read at once, needs no
	// timer.
	if !at.IsZero() && !d.passed() {
		d.timer = time.AfterFunc(time.Until(at), func() {
			s.mu.Lock()
			s.moved.Broadcast()
			s.mu.Unlock()
		})
	}
	s.moved.Broadcast()
}
