package jwosim

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
)

// enterByCode asks the identity connector, then holds the store's amount on
// the visitor's registered card.
func (s *Sim) enterByCode(ctx context.Context, t *Trip, e Entry) error {
	if err := s.scan(ctx, t, e); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if t.visitor.Type != "SHOPPER" || t.store.AppPayment != "payment_service" {
		return nil
	}
	card, ok := s.visitorCard(t.visitor.ID, t.store.Currency)
	if ok {
		t.card = card
		ok = s.hold(t, card)
	}
	if ok {
		return nil
	}
	if s.cfg.Settings.AppPreAuthRefused == "admit" {
		t.notes = append(t.notes, "admitted although the hold was refused")
		return nil
	}
	return &Refused{EventID: t.events[0].id, Gate: "preauth", Status: http.StatusOK, Reason: "preauth_declined"}
}

// scan is one scan of a code; when the gate opens the event is on the trip.
func (s *Sim) scan(ctx context.Context, t *Trip, e Entry) error {
	ev := t.event(e)
	if p := t.store.pattern; p != nil && !p.MatchString(e.Code) {
		return &Refused{EventID: ev.id, Gate: "pattern", Reason: "code_pattern"}
	}
	c := call{
		api: "VerifyIdentityKeys", path: "/v1/identity/identity-keys", trip: t, event: ev,
		body: func(requestID string) any {
			b := identityRequest{
				RequestID: requestID, StoreID: t.store.ID,
				IdentityKey: base64.StdEncoding.EncodeToString([]byte(e.Code)),
				AuthEvent:   wireEvent{ID: ev.id, Timestamp: timestamp(ev.at), Location: ev.location},
				KeyChannel:  "OPTICAL",
			}
			if e.NoChannel {
				b.KeyChannel = ""
			}
			return b
		},
		read: readVisitor,
	}
	got, err := s.gateAsk(ctx, c)
	if err != nil {
		return err
	}
	refused := &Refused{EventID: ev.id, Gate: "identity", Status: got.status, Tries: got.tries}
	switch {
	case got.ok:
		v := got.value.(Visitor)
		ev.scan = &v
	case got.failed && t.store.DefaultGate == "open":
		s.note(t, "gate opened by the store's default: the identity connector failed (status %d)", got.status)
	default:
		refused.Reason = gateReason(got)
		if got.status == http.StatusUnauthorized {
			refused.Reason = "shopper_refused"
		}
		return refused
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t.events = append(t.events, ev)
	if ev.scan != nil && t.visitor.ID == "" {
		t.visitor = *ev.scan
	}
	s.changed(t)
	return nil
}

func gateReason(r reply) string {
	switch {
	case r.failed:
		return "connector_failed"
	case r.status == http.StatusTooManyRequests:
		return "throttled"
	case r.status == http.StatusForbidden:
		return "caller_refused"
	case r.status == http.StatusNotFound:
		return "not_configured"
	}
	return "bad_request"
}

func readVisitor(body []byte) (any, error) {
	var b struct {
		VisitorDetails Visitor `json:"visitorDetails"`
	}
	if err := json.Unmarshal(body, &b); err != nil {
		return nil, err
	}
	v := b.VisitorDetails
	if v.ID == "" || !slices.Contains([]string{"SHOPPER", "ASSOCIATE", "CASH_SHOPPER"}, v.Type) {
		return nil, fmt.Errorf("visitorDetails: id of %d characters, type %.20q", len(v.ID), v.Type)
	}
	return v, nil
}

func (s *Sim) note(t *Trip, format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t.notes = append(t.notes, fmt.Sprintf(format, args...))
}
