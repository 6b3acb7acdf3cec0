package jwosim

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

func (s *Sim) tripOf(r *http.Request) (*Trip, error) {
	t, ok := s.Trip(r.PathValue("id"))
	if !ok {
		return nil, missing(fmt.Sprintf("no trip %.60q", r.PathValue("id")))
	}
	return t, nil
}

func (s *Sim) manageTrip(r *http.Request) (any, error) {
	t, err := s.tripOf(r)
	if err != nil {
		return nil, err
	}
	return t.State(), nil
}

func (s *Sim) manageEnter(r *http.Request) (any, error) {
	var e Entry
	if err := read(r, &e); err != nil {
		return nil, err
	}
	if (r.URL.Path == "/gate/card") != (e.Card != "") {
		return nil, errors.New("/gate/card takes a card, /gate/code a code")
	}
	t, err := s.Enter(r.Context(), e)
	if err != nil {
		return nil, err
	}
	return t.State(), nil
}

func (s *Sim) manageJoin(r *http.Request) (any, error) {
	t, err := s.tripOf(r)
	if err != nil {
		return nil, err
	}
	var e Entry
	if err := read(r, &e); err != nil {
		return nil, err
	}
	if err := s.Join(r.Context(), t, e); err != nil {
		return nil, err
	}
	return t.State(), nil
}

func manageCart(back bool) action {
	return func(s *Sim, r *http.Request) (any, error) {
		t, err := s.tripOf(r)
		if err != nil {
			return nil, err
		}
		var it Item
		if err := read(r, &it); err != nil {
			return nil, err
		}
		if err := t.change(it, back); err != nil {
			return nil, err
		}
		return t.State(), nil
	}
}

func (s *Sim) manageOut(r *http.Request) (any, error) {
	t, err := s.tripOf(r)
	if err != nil {
		return nil, err
	}
	if r.URL.Query().Get("wait") == "false" {
		// The request's context ends with this answer; Close ends the delivery.
		done := s.WalkOutAsync(s.ctx, t)
		select {
		case err = <-done:
		default:
		}
	} else {
		err = s.WalkOut(r.Context(), t)
	}
	if err != nil {
		return nil, err
	}
	return t.State(), nil
}

func (s *Sim) manageRedeliver(r *http.Request) (any, error) {
	t, err := s.tripOf(r)
	if err != nil {
		return nil, err
	}
	if err := s.Redeliver(r.Context(), t); err != nil {
		return nil, err
	}
	return t.State(), nil
}

func (s *Sim) manageAddCard(r *http.Request) (any, error) {
	var c Card
	if err := read(r, &c); err != nil {
		return nil, err
	}
	if err := s.AddCard(c); err != nil {
		return nil, err
	}
	for _, st := range s.Cards() {
		if st.ID == c.ID {
			return st, nil
		}
	}
	return nil, missing("card " + c.ID)
}

func (s *Sim) manageVisitor(r *http.Request) (any, error) {
	var b struct{ Visitor, Card string }
	if err := read(r, &b); err != nil {
		return nil, err
	}
	return b, s.RegisterVisitor(b.Visitor, b.Card)
}

func (s *Sim) manageEmail(r *http.Request) (any, error) {
	var b struct{ Shopper, Email string }
	if err := read(r, &b); err != nil {
		return nil, err
	}
	s.RegisterEmail(b.Shopper, b.Email)
	return b, nil
}

func (s *Sim) manageForce(r *http.Request) (any, error) {
	var b struct {
		API, Trip, Outcome string
		Times              int
		RetryAfter         string
	}
	if err := read(r, &b); err != nil {
		return nil, err
	}
	f := Force{API: b.API, Trip: b.Trip, Outcome: b.Outcome, Times: b.Times}
	if b.RetryAfter != "" {
		d, err := time.ParseDuration(b.RetryAfter)
		if err != nil {
			return nil, err
		}
		f.RetryAfter = d
	}
	if err := s.Force(f); err != nil {
		return nil, err
	}
	return s.Forced(), nil
}

// FaultsState is what a simulator says of its faults.
type FaultsState struct {
	Seed   uint64 `json:"seed"`
	Faults string `json:"faults"`
	// Fields are the same faults under their names.
	Fields Faults `json:"fields"`
	// Since when they are in force, which outages are counted from.
	Since time.Time `json:"since"`
}

func (s *Sim) manageFaults(*http.Request) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return FaultsState{s.cfg.Seed, s.faults.String(), s.faults, s.faultsSince}, nil
}

func (s *Sim) manageSetFaults(r *http.Request) (any, error) {
	var b struct{ Faults *Faults }
	if err := read(r, &b); err != nil {
		return nil, err
	}
	if b.Faults == nil {
		return nil, errors.New(`body: faults are missing, as in {"faults": "default,500=0.1"}`)
	}
	if err := s.SetFaults(*b.Faults); err != nil {
		return nil, err
	}
	return s.manageFaults(r)
}

// ClockState is what a simulator says of its clock.
type ClockState struct {
	Now time.Time `json:"now"`
	// Ahead of the machine's clock, as in "46h0m0s".
	Ahead string `json:"ahead"`
}

func (s *Sim) manageClock(*http.Request) (any, error) {
	return ClockState{s.Now(), s.Ahead().String()}, nil
}

func (s *Sim) manageAdvance(r *http.Request) (any, error) {
	var b struct{ Advance string }
	if err := read(r, &b); err != nil {
		return nil, err
	}
	d, err := ParseDuration(b.Advance)
	switch {
	case err != nil:
		return nil, fmt.Errorf("advance: %w", err)
	case d <= 0:
		return nil, fmt.Errorf("advance: %s is not forward: the clock never goes back", d)
	}
	s.Advance(d)
	return s.manageClock(r)
}
