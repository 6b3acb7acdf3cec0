package fault_test

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/strollhq/stroll/internal/fault"
)

func TestStatus(t *testing.T) {
	t.Parallel()
	for want, err := range map[int]error{
		200: nil,
		400: fault.New(fault.Invalid, "bad %s", "thing"),
		403: fault.New(fault.Denied, "no"),
		404: fmt.Errorf("look for it: %w", fault.New(fault.NotFound, "no such thing")),
		409: errors.Join(io.EOF, fault.New(fault.Conflict, "taken")),
		500: io.EOF,
		503: fault.New(fault.Unavailable, "ask the disk: %w", io.ErrShortWrite),
	} {
		if got := fault.Status(err); got != want {
			t.Errorf("%v: %d, want %d", err, got, want)
		}
	}
}

func TestAKindIsNotInTheTextAndHidesNoCause(t *testing.T) {
	t.Parallel()
	err := fault.New(fault.Unavailable, "write: %w", io.ErrShortWrite)
	if err.Error() != "write: short write" {
		t.Errorf("%q", err)
	}
	if !errors.Is(err, io.ErrShortWrite) || !errors.Is(err, fault.Unavailable) || errors.Is(err, fault.Invalid) {
		t.Error("cause or kind is lost")
	}
}
