package testkit

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Net is a network inside the process: connections are buffers in memory, so
// that a whole program with servers and clients runs in a testing/synctest
// bubble, where waiting on them lets virtual time pass. Make it inside the
// bubble and close it before the bubble ends.
type Net struct {
	mu        sync.Mutex
	listeners map[string]*listener
	conns     map[*conn]bool
	ports     int
	transport *http.Transport
	closed    bool
}

// NewNet makes a network without listeners.
func NewNet() *Net {
	n := &Net{listeners: map[string]*listener{}, conns: map[*conn]bool{}, ports: 40000}
	n.transport = &http.Transport{
		DialContext: n.DialContext, // http only: TLS would need certificates
		// Enough for a load test to keep its connections.
		MaxIdleConnsPerHost: 256,
		IdleConnTimeout:     90 * time.Second,
	}
	return n
}

// Listen listens on an address "host:port", where the host is any name and
// port 0 picks a free one. It panics when the address is taken: that is a
// fault of the test. On a closed Net the listener is closed too.
func (n *Net) Listen(addr string) net.Listener {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		panic("testkit: listen: " + err.Error())
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if port == "0" {
		n.ports++
		port = strconv.Itoa(n.ports)
	}
	addr = net.JoinHostPort(host, port)
	if n.listeners[addr] != nil {
		panic("testkit: listen: " + addr + " is taken")
	}
	l := &listener{net: n, addr: address(addr), accept: make(chan *conn, 128), closed: make(chan struct{})}
	if n.closed {
		close(l.closed)
		l.once.Do(func() {})
		return l
	}
	n.listeners[addr] = l
	return l
}

// Client is an HTTP client of this network. All share their connections.
func (n *Net) Client() *http.Client { return &http.Client{Transport: n.transport} }

// DialContext connects to a listener of this network. Nobody listening is
// refused at once, as on a real one.
func (n *Net) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	fail := func(err error) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Net: network, Addr: address(addr), Err: err}
	}
	n.mu.Lock()
	l := n.listeners[addr]
	n.ports++
	from := address(fmt.Sprintf("192.0.2.1:%d", n.ports))
	n.mu.Unlock()
	if l == nil {
		return fail(errRefused)
	}
	client, server := pipe(n, from, l.addr)
	select {
	case l.accept <- server:
	case <-l.closed:
		return fail(errRefused)
	case <-ctx.Done():
		return fail(ctx.Err())
	}
	n.mu.Lock()
	n.conns[client], n.conns[server] = true, true
	late := n.closed
	n.mu.Unlock()
	select {
	case <-l.closed: // it may not have been accepted any more
		late = late || !server.accepted.Load()
	default:
	}
	if late {
		client.Close()
		server.Close()
		return fail(errRefused)
	}
	return client, nil
}

// Sever breaks every connection there is, as a network outage does. Listeners
// stay.
func (n *Net) Sever() {
	n.mu.Lock()
	var all []*conn
	for c := range n.conns {
		all = append(all, c)
	}
	n.mu.Unlock()
	for _, c := range all {
		c.reset()
	}
}

// Close closes listeners and connections.
func (n *Net) Close() error {
	n.mu.Lock()
	n.closed = true
	var all []*listener
	for _, l := range n.listeners {
		all = append(all, l)
	}
	n.mu.Unlock()
	for _, l := range all {
		l.Close()
	}
	n.transport.CloseIdleConnections()
	n.Sever()
	return nil
}

func (n *Net) forget(c *conn) {
	n.mu.Lock()
	delete(n.conns, c)
	n.mu.Unlock()
}

// address is a net.Addr of this network.
type address string

func (a address) Network() string { return "tcp" }
func (a address) String() string  { return string(a) }

type listener struct {
	net    *Net
	addr   address
	accept chan *conn
	closed chan struct{}
	once   sync.Once
}

func (l *listener) Addr() net.Addr { return l.addr }

func (l *listener) Accept() (net.Conn, error) {
	select {
	case <-l.closed:
		return nil, &net.OpError{Op: "accept", Net: "tcp", Addr: l.addr, Err: net.ErrClosed}
	default:
	}
	select {
	case c := <-l.accept:
		c.accepted.Store(true)
		return c, nil
	case <-l.closed:
		return nil, &net.OpError{Op: "accept", Net: "tcp", Addr: l.addr, Err: net.ErrClosed}
	}
}

// Close stops listening; connections that wait to be accepted are broken.
func (l *listener) Close() error {
	l.once.Do(func() {
		l.net.mu.Lock()
		delete(l.net.listeners, string(l.addr))
		l.net.mu.Unlock()
		close(l.closed)
		for {
			select {
			case c := <-l.accept:
				c.reset()
			default:
				return
			}
		}
	})
	return nil
}
