package jwosim

import (
	"errors"
	"net/http"
	"strconv"
)

// Verification is what GET /verify answers and simulate verify shows.
type Verification struct {
	// OK: the books balance and nothing was found.
	OK bool `json:"ok"`
	// Balanced is empty, or says where money was made or lost.
	Balanced string    `json:"balanced"`
	Findings []Finding `json:"findings"`
	// Undelivered counts carts that no connector has taken yet: on their way,
	// given up or refused. It does not make the verification fail.
	Undelivered int `json:"undelivered"`
	// Exchanges so far, kept or not.
	Exchanges int64 `json:"exchanges"`
}

// Verification runs Verify and lists the findings.
func (s *Sim) Verification() Verification {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := Verification{Findings: append([]Finding{}, s.findings...), Exchanges: s.history.seq}
	if err := s.verify(); err != nil {
		v.Balanced = err.Error()
	}
	for _, t := range s.order {
		switch t.state {
		case tripLeft, tripUndelivered, tripRefused:
			v.Undelivered++
		}
	}
	v.OK = v.Balanced == "" && len(v.Findings) == 0
	return v
}

// unmet is an assertion that does not hold: 409 with an answer of its own.
type unmet struct{ answer map[string]any }

func (*unmet) Error() string { return "the assertion does not hold" }

func (s *Sim) manageVerify(*http.Request) (any, error) {
	v := s.Verification()
	if !v.OK {
		return nil, &unmet{map[string]any{"ok": false, "balanced": v.Balanced, "findings": v.Findings,
			"undelivered": v.Undelivered, "exchanges": v.Exchanges}}
	}
	return v, nil
}

func (s *Sim) manageHistory(r *http.Request) (any, error) {
	f, err := filterOf(r)
	if err != nil {
		return nil, err
	}
	return s.History(f), nil
}

func (s *Sim) manageCount(r *http.Request) (any, error) {
	f, err := filterOf(r)
	if err != nil {
		return nil, err
	}
	is := r.URL.Query().Get("is")
	if is == "" {
		return map[string]int{"count": s.Count(f)}, nil
	}
	n, err := strconv.Atoi(is)
	if err != nil || n < 0 {
		return nil, errors.New("is=" + strconv.Quote(is) + " is no number")
	}
	if err := s.Expect(f, n); err != nil {
		return nil, &unmet{map[string]any{"count": s.Count(f), "is": n, "error": err.Error()}}
	}
	return map[string]int{"count": n, "is": n}, nil
}

// StrictState is what a simulator says of its strict mode.
type StrictState struct {
	Strict bool         `json:"strict"`
	Rules  []StrictRule `json:"rules"`
}

func (s *Sim) manageStrict(*http.Request) (any, error) {
	return StrictState{s.Strict(), StrictRules()}, nil
}

func (s *Sim) manageSetStrict(r *http.Request) (any, error) {
	var b struct{ Strict *bool }
	if err := read(r, &b); err != nil {
		return nil, err
	}
	if b.Strict == nil {
		return nil, errors.New(`body: strict is missing, as in {"strict": true}`)
	}
	s.SetStrict(*b.Strict)
	return s.manageStrict(r)
}
