package fault

import (
	"errors"
	"fmt"
	"net/http"
)

// The kinds. Test with errors.Is.
var (
	// Invalid: the caller's input is wrong; nothing was changed.
	Invalid = errors.New("invalid")
	// NotFound: the thing named does not exist.
	NotFound = errors.New("not found")
	// Conflict: the thing exists in a state that forbids the act.
	Conflict = errors.New("conflict")
	// Denied: the caller may not do this.
	Denied = errors.New("denied")
	// Unavailable: something we depend on is down; trying later may help.
	Unavailable = errors.New("unavailable")
)

// kinded carries a kind without showing it in the text.
type kinded struct {
	kind error
	err  error
}

func (k *kinded) Error() string   { return k.err.Error() }
func (k *kinded) Unwrap() []error { return []error{k.err, k.kind} }

// New makes an error of a kind. The format is that of fmt.Errorf, %w
// included; the kind itself does not appear in the text.
func New(kind error, format string, args ...any) error {
	return &kinded{kind: kind, err: fmt.Errorf(format, args...)}
}

// status is the table; the first kind that fits counts.
var status = []struct {
	kind error
	code int
}{
	{Invalid, http.StatusBadRequest},
	{NotFound, http.StatusNotFound},
	{Conflict, http.StatusConflict},
	{Denied, http.StatusForbidden},
	{Unavailable, http.StatusServiceUnavailable},
}

// Status is the HTTP status for an error: 200 for nil, 500 for an error
// without a kind.
func Status(err error) int {
	if err == nil {
		return http.StatusOK
	}
	for _, s := range status {
		if errors.Is(err, s.kind) {
			return s.code
		}
	}
	return http.StatusInternalServerError
}
