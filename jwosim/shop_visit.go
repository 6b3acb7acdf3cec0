package jwosim

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/strollhq/stroll/money"
)

// Visit is a trip as the shop page shows it: its state, its cart at shelf
// prices and its money.
type Visit struct {
	// No counts the entries: of two at one gate the higher is the later.
	No int `json:"no"`
	// Look counts what was ever shown of any trip: of two Visits the one with
	// the higher number is the newer, in whatever order they arrive.
	Look int64 `json:"look"`
	// Gate of the shop page, "gate-3"; "" for a trip entered elsewhere.
	Gate   string    `json:"gate"`
	Trip   TripState `json:"trip"`
	Basket Basket    `json:"basket"`
	Book   TripBook  `json:"book"`
	// Refused says why the gate stayed closed; null when it did not.
	Refused *Refused `json:"refused"`
}

// Basket is a cart at the prices on the shelf. The retailer's own prices,
// promotions, taxes and roundings are not in it.
type Basket struct {
	Lines []BasketLine `json:"lines"`
	// Sum is the exact sum of the lines in units of the currency: "12.4375";
	// "" as long as the price of a line is not known.
	Sum      string         `json:"sum"`
	Currency money.Currency `json:"currency"`
}

// BasketLine is a line of a cart.
type BasketLine struct {
	Item
	Name string `json:"name"` // "" when the shelf has no such item
	// Price of one unit and Sum of the line, exact; "" when not known, and when
	// the item was taken in another unit than it is priced in.
	Price string `json:"price"`
	Sum   string `json:"sum"`
}

// visit is the trip now. sim.mu is held.
func (t *Trip) visit(now time.Time) Visit {
	t.sim.looks++
	return Visit{No: t.no, Look: t.sim.looks, Gate: t.gate(), Trip: t.view(), Basket: t.basket(), Book: t.sim.book(t, now), Refused: t.refusal}
}

func (t *Trip) basket() Basket {
	b := Basket{Lines: []BasketLine{}, Currency: t.store.Currency}
	var sum money.Decimal
	known := true
	for _, it := range t.cart {
		it.External = append([]External{}, it.External...)
		line := BasketLine{Item: it}
		p := t.store.shelf.find(it)
		if p != nil {
			line.Name = cmp.Or(p.Name, p.ID)
		}
		if p != nil && p.Price != nil && p.Unit == it.Unit {
			product := p.Price.Mul(money.MustDecimal(it.Quantity))
			line.Price, line.Sum = p.shown(b.Currency), product.String()
			sum = sum.Add(product)
		} else {
			known = false
		}
		b.Lines = append(b.Lines, line)
	}
	if known {
		b.Sum = sum.Add(money.New(0, b.Currency).Decimal()).String() // "0.00", with the currency's decimals
	}
	return b
}

func (s *Sim) manageVisit(r *http.Request) (any, error) {
	t, err := s.tripOf(r)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return t.visit(s.Now()), nil
}

// manageFresh draws a code.
func (s *Sim) manageFresh(r *http.Request) (any, error) {
	var b struct{ Who string }
	if err := read(r, &b); err != nil {
		return nil, err
	}
	if len(b.Who) > 255 {
		return nil, fmt.Errorf("who: %d characters are more than 255", len(b.Who))
	}
	if s.cfg.Code == nil {
		return nil, missing("this simulator was given no way to draw codes: type or photograph one")
	}
	text, err := s.cfg.Code(r.Context(), b.Who)
	if err != nil {
		return nil, fmt.Errorf("draw a code: %w", err)
	}
	return struct {
		Text string `json:"text"`
	}{text}, nil
}

// allOut ends every trip of a store, or of all, that is still shopping, and
// delivers the carts in the background.
func (s *Sim) allOut(storeID string) []string {
	s.mu.Lock()
	var inside []*Trip
	for _, t := range s.order {
		if t.state == tripShopping && (storeID == "" || t.store.ID == storeID) {
			inside = append(inside, t)
		}
	}
	s.mu.Unlock()
	out := []string{}
	for _, t := range inside {
		s.WalkOutAsync(s.ctx, t) // one that leaves at this moment by itself is out as well
		out = append(out, t.id)
	}
	return out
}

// manageAllOut empties one store (?store=) or all.
func (s *Sim) manageAllOut(r *http.Request) (any, error) {
	id := r.URL.Query().Get("store")
	if id != "" && s.stores[id] == nil {
		return nil, missing(fmt.Sprintf("no store %.60q", id))
	}
	left := s.allOut(id)
	slices.Sort(left)
	return struct {
		Left []string `json:"left"`
	}{left}, nil
}
