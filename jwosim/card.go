package jwosim

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/strollhq/stroll/money"
)

// Card is a payment instrument that can be held against a reader or be
// registered for app entry.
type Card struct {
	// ID names the card towards the simulator; Amazon's token for it, which
	// retailers see, is Instrument.
	ID string `json:"id" yaml:"id"`
	// Brand and Last4 as on receipts. Default: drawn from the id.
	Brand string `json:"brand" yaml:"brand"`
	Last4 string `json:"last4" yaml:"last4"`
	// Instrument is the shopperIdentity.id. Default: made from seed and id.
	Instrument string `json:"instrument" yaml:"instrument"`
	// Balance the card can pay in all. Default 10,000.00 (or yen 10,000) of the
	// currency of the store it is first used in.
	Balance money.Amount `json:"balance" yaml:"balance"`
	// Email left at the receipt kiosk, found under Instrument. Default: none.
	Email string `json:"email" yaml:"email"`
	// Like copies the behaviour (and the balance, when none is given) of a
	// magic card: "decline_adjust". See MagicCards.
	Like string `json:"like" yaml:"like"`
	// Behaviour away from a good card's.
	Behaviour Behaviour `json:"behaviour" yaml:"behaviour"`
}

// Behaviour is how a card differs from one that is valid and approves whatever
// its balance bears. The zero value is that good card.
type Behaviour struct {
	// Invalid and Expired are found by the reader: the gate stays closed and
	// nobody is asked.
	Invalid bool `json:"invalid" yaml:"invalid"`
	Expired bool `json:"expired" yaml:"expired"`
	// Risks Amazon's model sees, as in shopperRisks. With amazon_managed they
	// keep the gate closed; with amazon_recommendation they are the advice.
	Risks []string `json:"risks" yaml:"risks"`
	// RecommendPercent, above 0, advises an ADJUST of the hold to this part.
	RecommendPercent int `json:"recommend_percent" yaml:"recommend_percent"`

	// DeclineAdjust declines every Adjust.
	DeclineAdjust bool `json:"decline_adjust" yaml:"decline_adjust"`
	// PartialPercent, above 0, approves that part of every Adjust, rounded
	// down; nothing is a decline.
	PartialPercent int `json:"partial_percent" yaml:"partial_percent"`
	// PartialBalance approves what the balance bears instead of declining.
	PartialBalance bool `json:"partial_balance" yaml:"partial_balance"`
	// PendingTries answers the first so many Adjusts PENDING; −1 all of them.
	PendingTries int `json:"pending_tries" yaml:"pending_tries"`
	// PendingFor answers PENDING until so long after the first Adjust.
	PendingFor time.Duration `json:"pending_for" yaml:"pending_for"`

	// RejectReports answers every payment status report about it Rejected.
	RejectReports bool `json:"reject_reports" yaml:"reject_reports"`
	// OmitEMV leaves these fields out of the transactional data.
	OmitEMV []string `json:"omit_emv" yaml:"omit_emv"`
	// EntryMode of the transactional data. Default EMV_9F39_07.
	EntryMode string `json:"entry_mode" yaml:"entry_mode"`
}

// account is a card with its money: limit = available + held + spent, always.
type account struct {
	Card
	limit, held, spent int64
	open               map[*Trip]bool         // trips with a running hold
	owed               map[*Trip]money.Amount // reported outstanding, by trip
}

func (a *account) available() int64 { return a.limit - a.held - a.spent }

// generous is the default balance in minor units.
const generous = 1_000_000

// AddCard makes a card known, or changes the description of one that is. The
// money already held and spent stays; the balance may not fall below it, and
// stays when none is given. A new balance without a currency is of the first
// store's.
func (s *Sim) AddCard(c Card) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addCard(c)
}

func (s *Sim) addCard(c Card) error {
	if c.ID == "" || len(c.ID) > 255 {
		return fmt.Errorf("card %.40q: id is not 1 to 255 characters", c.ID)
	}
	if c.Like != "" {
		m, ok := magic[c.Like]
		if !ok {
			return fmt.Errorf("card %s: like %.40q is no magic card", c.ID, c.Like)
		}
		c.Behaviour = m.Behaviour
		if c.Balance.IsZero() && m.Balance > 0 {
			c.Balance.Minor = m.Balance
		}
	}
	old := s.cards[c.ID]
	if c.Balance.Currency == "" {
		c.Balance.Currency = s.first.Currency
		if old != nil {
			c.Balance.Currency = old.Balance.Currency
		}
	}
	if _, err := money.ParseCurrency(string(c.Balance.Currency)); err != nil {
		return fmt.Errorf("card %s: %w", c.ID, err)
	}
	if c.Balance.Minor == 0 {
		c.Balance.Minor = generous
		if old != nil {
			c.Balance.Minor = old.Balance.Minor
		}
	}
	if c.Balance.Minor < 0 || c.Balance.Minor > maxMinor {
		return fmt.Errorf("card %s: balance %s", c.ID, c.Balance)
	}
	h := s.hash("card", c.ID)
	if c.Brand == "" {
		c.Brand = brands[h[0]%uint8(len(brands))].name
	}
	if c.Last4 == "" {
		c.Last4 = fmt.Sprintf("%04d", binary.BigEndian.Uint16(h[1:])%10000)
	}
	if c.Instrument == "" {
		c.Instrument = fmt.Sprintf("instrument-%x", h[:12])
	}
	if other := s.instruments[c.Instrument]; other != "" && other != c.ID {
		return fmt.Errorf("card %s: instrument %s is card %s", c.ID, c.Instrument, other)
	}
	if old == nil {
		old = &account{open: map[*Trip]bool{}, owed: map[*Trip]money.Amount{}}
		s.cards[c.ID] = old
	} else if old.Balance.Currency != c.Balance.Currency || c.Balance.Minor < old.held+old.spent {
		return fmt.Errorf("card %s: balance %s is less than held and spent, or another currency", c.ID, c.Balance)
	}
	delete(s.instruments, old.Instrument)
	s.instruments[c.Instrument] = c.ID
	old.Card, old.limit = c, c.Balance.Minor
	return nil
}

// maxMinor bounds a card's balance so that sums over many cards stay exact.
const maxMinor = 1_000_000_000_000

// RegisterVisitor links a visitor id of the retailer's to the card that pays
// for app entry. The card may be a magic one; it is then made on the first
// visit, in the currency of the store.
func (s *Sim) RegisterVisitor(visitorID, cardID string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	name, _, _ := strings.Cut(cardID, "#")
	if _, ok := magic[name]; !ok && s.cards[cardID] == nil {
		return fmt.Errorf("visitor %s: no card %.40q", visitorID, cardID)
	}
	s.visitors[visitorID] = cardID
	return nil
}

// RegisterEmail is a shopper id's registration at the receipt kiosk.
func (s *Sim) RegisterEmail(shopperID, email string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.emails[shopperID] = email
}

// card finds a card; "NAME" and "NAME#anything" of a magic card make one on
// the spot, in the currency of the place it is used. s.mu is held.
func (s *Sim) card(id string, cur money.Currency) (*account, bool) {
	if a, ok := s.cards[id]; ok {
		return a, true
	}
	name, _, _ := strings.Cut(id, "#")
	if _, ok := magic[name]; !ok {
		return nil, false
	}
	if err := s.addCard(Card{ID: id, Like: name, Balance: money.Amount{Currency: cur}}); err != nil {
		return nil, false
	}
	return s.cards[id], true
}

// visitorCard is the card registered by a visitor, or the magic one that the
// visitor's id names; else one is made on the first visit. s.mu is held.
func (s *Sim) visitorCard(visitorID string, cur money.Currency) (*account, bool) {
	if id, ok := s.visitors[visitorID]; ok {
		return s.card(id, cur)
	}
	if name, _, _ := strings.Cut(visitorID, "#"); magic[name].Name != "" {
		return s.card(visitorID, cur)
	}
	id := "visitor:" + string(cur) + ":" + visitorID
	if len(id) > 255 {
		h := s.hash("visitor", visitorID)
		id = fmt.Sprintf("visitor:%s:%x", cur, h[:16])
	}
	if a, ok := s.cards[id]; ok {
		return a, true
	}
	err := s.addCard(Card{ID: id, Balance: money.Amount{Minor: generous, Currency: cur}})
	return s.cards[id], err == nil
}

// sweep releases the holds on a card that have expired. s.mu is held.
func (s *Sim) sweep(a *account) {
	now := s.Now()
	for t := range a.open {
		t.charge.expire(now)
	}
}

// CardState is a card with what became of its money, in minor units of the
// balance's currency: Balance = Available + Held + Spent.
type CardState struct {
	Card
	Available int64 `json:"available"`
	Held      int64 `json:"held"`
	Spent     int64 `json:"spent"`
	// Owed is what was reported outstanding against it and keeps it out of
	// stores that leave the balance to Amazon.
	Owed []money.Amount `json:"owed"`
}

// Cards lists the cards by id, expired holds released.
func (s *Sim) Cards() []CardState {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]CardState, 0, len(s.cards))
	for _, a := range s.cards {
		s.sweep(a)
		st := CardState{Card: a.Card, Available: a.available(), Held: a.held, Spent: a.spent, Owed: []money.Amount{}}
		for _, o := range a.owed {
			st.Owed = append(st.Owed, o)
		}
		slices.SortFunc(st.Owed, func(x, y money.Amount) int {
			return cmp.Or(cmp.Compare(x.Currency, y.Currency), cmp.Compare(x.Minor, y.Minor))
		})
		out = append(out, st)
	}
	slices.SortFunc(out, func(x, y CardState) int { return cmp.Compare(x.ID, y.ID) })
	return out
}
