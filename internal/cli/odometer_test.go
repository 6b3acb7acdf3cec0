package cli_test

import "sync"

// odometer counts the calls that pass, both ways, so that something can be
// done after the next so many: a moment under load however slow the machine is.
type odometer struct {
	mu    sync.Mutex
	n, at int
	hit   chan struct{}
}

// pass counts one call.
func (o *odometer) pass() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.n++; o.hit != nil && o.n >= o.at {
		close(o.hit)
		o.hit = nil
	}
}

// after is closed when n more calls have passed. Only the last one asked for
// is ever closed.
func (o *odometer) after(n int) <-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.at, o.hit = o.n+n, make(chan struct{})
	return o.hit
}

func (o *odometer) passed() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.n
}
