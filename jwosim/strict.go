package jwosim

import (
	"fmt"
	"net/http"
	"slices"
	"time"
)

// StrictRule is one thing that Config.Strict refuses and that Amazon accepts
// today, as far as anybody knows: the contract documents another form, or is
// silent. Whoever passes all of them depends on no tolerance.
type StrictRule struct {
	// Name stands in findings, in the answer's strictRule and in History.
	Name string `json:"name"`
	// Of is "request" (a call of Amazon's API, refused 400
	// BadRequestException) or "answer" (of a connector, taken for no answer).
	Of string `json:"of"`
	// Refuses says what does not pass.
	Refuses string `json:"refuses"`
	// Source in the contract's documents, with its mark.
	Source string `json:"source"`
}

// StrictRules lists what Config.Strict refuses.
func StrictRules() []StrictRule {
	out := make([]StrictRule, 0, len(requestRules)+len(answerRules))
	for _, r := range requestRules {
		out = append(out, r.StrictRule)
	}
	for _, r := range answerRules {
		out = append(out, r.StrictRule)
	}
	return out
}

// strictKind precedes the rule's name in findings and in History.
const strictKind = "strict:"

// Strict reports whether the strict rules are in force.
func (s *Sim) Strict() bool { return s.strict.Load() }

// SetStrict switches the strict rules for every request from now on.
func (s *Sim) SetStrict(on bool) { s.strict.Store(on) }

// request is a call of Amazon's API as the strict rules see it.
type request struct {
	api  string
	http *http.Request
	body []byte
	b    *fields
	sim  *Sim // its mu is held
	now  time.Time
}

// strictRequest is the first rule that a request breaks, and how; "" for none.
func (s *Sim) strictRequest(api string, r *http.Request, body []byte, b *fields) (rule, how string) {
	if !s.Strict() || b.broken {
		return "", ""
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	q := &request{api, r, body, b, s, s.Now()}
	for _, rule := range requestRules {
		if how := rule.broken(q); how != "" {
			s.find(strictKind+rule.Name, s.trips[b.peek("shoppingTripId")], "%s: %s", api, how)
			return rule.Name, how
		}
	}
	return "", ""
}

// strictAnswer is the error of the first rule that a connector's answer breaks.
func (s *Sim) strictAnswer(c call, a answer) error {
	if !s.Strict() || a.err != nil {
		return nil
	}
	for _, rule := range answerRules {
		if rule.success && a.status/100 != 2 || !slices.Contains(rule.apis, c.api) {
			continue
		}
		if how := rule.broken(c, a); how != "" {
			s.mu.Lock()
			s.find(strictKind+rule.Name, c.trip, "%s: %s", c.api, how)
			s.mu.Unlock()
			return fmt.Errorf("strict: %s: %s", rule.Name, how)
		}
	}
	return nil
}
