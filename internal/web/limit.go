package web

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Limit allows each source a number of events in a time. It remembers at most
// so many sources: beyond that the oldest are forgotten, which errs in favour
// of the caller and bounds the memory.
type Limit struct {
	every rate.Limit
	burst int
	most  int

	mu       sync.Mutex
	now, old map[string]*rate.Limiter
}

// NewLimit allows burst events at once and one more per interval, for each of
// at most `most` sources that are remembered at a time.
func NewLimit(burst int, interval time.Duration, most int) *Limit {
	return &Limit{every: rate.Every(interval), burst: burst, most: max(most/2, 1), now: map[string]*rate.Limiter{}}
}

// Allow takes one event of a source and reports whether it is within the
// limit.
func (l *Limit) Allow(source string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	one, ok := l.now[source]
	if !ok {
		if one, ok = l.old[source]; !ok {
			one = rate.NewLimiter(l.every, l.burst)
		}
		if len(l.now) >= l.most {
			l.old, l.now = l.now, map[string]*rate.Limiter{}
		}
		l.now[source] = one
	}
	return one.Allow()
}
