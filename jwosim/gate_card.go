package jwosim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/strollhq/stroll/money"
)

// enterByCard is the reader's own checks, the hold, and then whoever decides
// under the store's strategy.
func (s *Sim) enterByCard(ctx context.Context, t *Trip, e Entry) error {
	if err := s.tap(t, e); err != nil {
		return err
	}
	_, err := s.authorize(ctx, t, e)
	return err
}

// tap checks the card and places the hold.
func (s *Sim) tap(t *Trip, e Entry) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	card, ok := s.card(e.Card, t.store.Currency)
	switch {
	case !ok:
		return &Refused{Gate: "reader", Reason: "card_unknown"}
	case card.Behaviour.Invalid:
		return &Refused{Gate: "reader", Reason: "card_invalid"}
	case card.Behaviour.Expired:
		return &Refused{Gate: "reader", Reason: "card_expired"}
	}
	t.card = card
	if !s.hold(t, card) {
		return &Refused{Gate: "preauth", Reason: "preauth_declined"}
	}
	return nil
}

// advice is what Amazon's own model and balance say about the card.
func (s *Sim) advice(t *Trip) (instrument string, risks []string, rec *recommendation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	risks = append([]string{}, t.card.Behaviour.Risks...)
	if len(t.card.owed) > 0 && !slices.Contains(risks, "BadDebt") {
		risks = append(risks, "BadDebt")
	}
	rec = &recommendation{ShopperAuthorized: len(risks) == 0, Conditions: []condition{}, ShopperRisks: risks}
	if p := t.card.Behaviour.RecommendPercent; p > 0 && t.charge != nil {
		amount := money.New(part(t.store.PreAuth.Minor, p), t.store.Currency)
		rec.Conditions = append(rec.Conditions, condition{Type: "ADJUST", Amount: authorizationMoney(amount)})
	}
	return t.card.Instrument, risks, rec
}

// authorize decides about a tap by the store's strategy. The authorization is
// nil where the retailer was not asked.
func (s *Sim) authorize(ctx context.Context, t *Trip, e Entry) (*authorization, error) {
	ev := t.event(e)
	instrument, risks, rec := s.advice(t)
	switch t.store.Strategy {
	case NoStrategy:
		s.admit(t, ev, e)
		return nil, nil
	case AmazonManaged:
		if len(risks) > 0 {
			reason := "risk"
			if slices.Contains(risks, "BadDebt") {
				reason = "bad_debt"
			}
			return nil, &Refused{EventID: ev.id, Gate: "amazon", Reason: reason, Risks: risks}
		}
		s.admit(t, ev, e)
		return nil, nil
	case RetailerManaged:
		rec = nil
	}
	c := call{
		api: "GetShopperAuthorization", path: "/v1/fraudandabuse/shopperauthorization", trip: t, event: ev,
		body: func(requestID string) any {
			return authorizationRequest{
				StoreID:          t.store.ID,
				ShopperIdentity:  wireID{instrument},
				AuthorizedAmount: authorizationMoney(t.store.PreAuth),
				ShopperInteraction: shopperInteraction{
					ShoppingTripID: t.id,
					Event: gateEvent{ID: ev.id, Timestamp: timestamp(ev.at), Location: ev.location,
						Type: "CREDIT_CARD", InteractionType: "TAP", Data: map[string]string{}},
					Recommendation: rec,
				},
			}
		},
		read: readAuthorization,
	}
	got, err := s.gateAsk(ctx, c)
	if err != nil {
		return nil, err
	}
	refused := &Refused{EventID: ev.id, Gate: "authorization", Status: got.status, Tries: got.tries}
	if !got.ok {
		if got.failed && t.store.DefaultGate == "open" {
			s.note(t, "gate opened by the store's default: the authorization connector failed (status %d)", got.status)
			s.admit(t, ev, e)
			return nil, nil
		}
		refused.Reason = gateReason(got)
		return nil, refused
	}
	a := got.value.(authorization)
	if !*a.ShopperAuthorized {
		refused.Reason, refused.Risks = "denied", a.ShopperRisks
		return nil, refused
	}
	s.admit(t, ev, e)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, cond := range a.Conditions {
		if cond.Type == "ADJUST" {
			s.lower(t, cond.amount)
		}
	}
	return &a, nil
}

// admit puts the event on the trip.
func (s *Sim) admit(t *Trip, ev authEvent, e Entry) {
	if e.Loyalty != "" {
		ev.scan = &Visitor{ID: e.Loyalty, Type: "LOYALTY"}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t.events = append(t.events, ev)
	s.changed(t)
}

// authorization is the connector's answer.
type authorization struct {
	ShopperAuthorized *bool
	Conditions        []readCondition `json:"authorizationConditions"`
	ShopperRisks      []string
}

type readCondition struct {
	Type   string
	Amount struct {
		Value        json.Number
		CurrencyCode string
	}
	amount money.Amount
}

func readAuthorization(body []byte) (any, error) {
	var a authorization
	if err := json.Unmarshal(body, &a); err != nil {
		return nil, err
	}
	if a.ShopperAuthorized == nil {
		return nil, errors.New("shopperAuthorized is missing")
	}
	for i := range a.Conditions {
		c := &a.Conditions[i]
		if c.Type != "ADJUST" {
			continue
		}
		amount, err := money.ParseAmount(c.Amount.Value.String(), money.Currency(c.Amount.CurrencyCode))
		if err != nil {
			return nil, fmt.Errorf("authorizationConditions[%d]: %w", i, err)
		}
		c.amount = amount
	}
	return a, nil
}
