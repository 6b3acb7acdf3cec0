package outbox

import (
	"errors"
	"fmt"
	"time"
)

// later asks for another run.
type later struct{ in time.Duration }

func (l *later) Error() string { return fmt.Sprintf("run again in %s", l.in) }

// Later, returned by a handler, runs the job again after d without using up an
// attempt: nothing failed, it is only too early. It may be wrapped.
func Later(d time.Duration) error { return &later{max(d, 0)} }

// stop asks for a person.
type stop struct{ err error }

func (s *stop) Error() string { return s.err.Error() }
func (s *stop) Unwrap() error { return s.err }

// Stop, returned by a handler, parks the job with err for a person to see:
// trying again would not help. It may be wrapped.
func Stop(err error) error {
	if err == nil {
		err = errors.New("stopped")
	}
	return &stop{err}
}
