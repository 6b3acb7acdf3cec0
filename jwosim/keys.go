package jwosim

import (
	"errors"
	"fmt"
	"net/http"
)

// KeyState is one of the keys that calls of Amazon's API may be signed with.
type KeyState struct {
	ID string `json:"id"`
	// APIs it is limited to; [] is all.
	APIs []string `json:"apis"`
	// Accepted is false for a key that AcceptKey took back.
	Accepted bool `json:"accepted"`
}

// Keys lists the keys of Config.Accept in their order.
func (s *Sim) Keys() []KeyState {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []KeyState{}
	for _, k := range s.cfg.Accept {
		out = append(out, KeyState{k.AccessKeyID, append([]string{}, k.APIs...), !s.revoked[k.AccessKeyID]})
	}
	return out
}

// AcceptKey takes one of the keys of Config.Accept back, or accepts it again:
// calls signed with a key that was taken back are refused with 403, those of
// the other keys go on. The error says that there is no such key.
func (s *Sim) AcceptKey(id string, accepted bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range s.cfg.Accept {
		if k.AccessKeyID == id {
			s.revoked[id] = !accepted
			return nil
		}
	}
	return fmt.Errorf("no key %.40q is configured", id)
}

func (s *Sim) manageKeys(*http.Request) (any, error) { return s.Keys(), nil }

func (s *Sim) manageAcceptKey(r *http.Request) (any, error) {
	var b struct {
		ID       string
		Accepted *bool
	}
	if err := read(r, &b); err != nil {
		return nil, err
	}
	if b.Accepted == nil {
		return nil, errors.New(`body: accepted is missing, as in {"id": "AKID", "accepted": false}`)
	}
	if err := s.AcceptKey(b.ID, *b.Accepted); err != nil {
		return nil, missing(err.Error())
	}
	return s.Keys(), nil
}
