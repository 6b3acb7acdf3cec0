package cart

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"time"
)

// Settings is how one store's carts are handled. The zero value of each field
// stands for the default named with it.
type Settings struct {
	// POSStore is the store's number in the retailer's own systems, printed on
	// receipts and kept with each purchase. Two stores cannot share one.
	// Default: Amazon's store id.
	POSStore string `yaml:"pos_store,omitempty" json:"pos_store"`
	// SuccessStatus is the HTTP status of an accepted cart: 201 (default), or
	// 200, on which the Merchant Portal's own connector test is described as
	// passing (contract: ordering O1).
	SuccessStatus int `yaml:"success_status,omitempty" json:"success_status"`
	// PriceAt says which price list applies: "trip_end" (default), the one in
	// force when the shopper left, or "receipt", the one in force when the
	// cart arrived.
	PriceAt string `yaml:"price_at,omitempty" json:"price_at"`
	// PriceTimeout is how long the answer waits for the price list before the
	// cart is stored without a price and priced from the queue. Default 500ms,
	// at most 10s.
	PriceTimeout time.Duration `yaml:"price_timeout,omitempty" json:"price_timeout_ns"`
	// BadCart is what happens to a cart with a line we cannot price.
	BadCart BadCartSettings `yaml:"bad_cart,omitempty" json:"bad_cart"`
	// ChangedCart is what happens when a trip's cart arrives again with other
	// content: "keep" (default) keeps the first, records the difference and
	// raises an alert; "review" holds the trip for a person as well, if its
	// money has not moved yet. Amazon gets the first answer either way.
	ChangedCart string `yaml:"changed_cart,omitempty" json:"changed_cart"`
	// Payer picks who pays for a group: "card_first" (default), the first card
	// and else the first app shopper who is not an associate or loyalty member
	// only; "first_event", the first of either kind in the order of entry. A
	// trip with a card in it is a card trip under both.
	Payer string `yaml:"payer,omitempty" json:"payer"`
	// NoPayer is what happens to a trip in which nobody can be charged, such as
	// one with a loyalty scan only: "hold" (default) for a person, or "charge"
	// the trip's pre-authorization all the same.
	NoPayer string `yaml:"no_payer,omitempty" json:"no_payer"`
	// NoAuthEvents is what happens to a trip without any entry event: "charge"
	// (default) or "hold". It is flagged for review under both.
	NoAuthEvents string `yaml:"no_auth_events,omitempty" json:"no_auth_events"`
	// ChargeAssociates makes staff pay for what they take. Default: their trips
	// are priced, recorded and released.
	ChargeAssociates bool `yaml:"charge_associates,omitempty" json:"charge_associates"`
	// MembersByApp gives every shopper who entered with the retailer's app the
	// promotions of loyalty members. Default: only trips with a loyalty scan.
	MembersByApp bool `yaml:"members_by_app,omitempty" json:"members_by_app"`
}

// BadCartSettings is the bad_cart section.
type BadCartSettings struct {
	// Mode "hold_all" (default) charges nothing until the cart is resolved;
	// "charge_known" charges the lines that have a price at once and gives up
	// the others: after that charge nothing can be added to it.
	Mode string `yaml:"mode,omitempty" json:"mode"`
}

// Values of the settings.
const (
	TripEnd     = "trip_end"
	OnReceipt   = "receipt"
	HoldAll     = "hold_all"
	ChargeKnown = "charge_known"
	Keep        = "keep"
	Review      = "review"
	CardFirst   = "card_first"
	FirstEvent  = "first_event"
	Hold        = "hold"
	Charge      = "charge"
)

// WithDefaults is s with every empty field filled in.
func (s Settings) WithDefaults() Settings {
	or := func(p *string, v string) {
		if *p == "" {
			*p = v
		}
	}
	if s.SuccessStatus == 0 {
		s.SuccessStatus = http.StatusCreated
	}
	if s.PriceTimeout == 0 {
		s.PriceTimeout = 500 * time.Millisecond
	}
	or(&s.PriceAt, TripEnd)
	or(&s.BadCart.Mode, HoldAll)
	or(&s.ChangedCart, Keep)
	or(&s.Payer, CardFirst)
	or(&s.NoPayer, Hold)
	or(&s.NoAuthEvents, Charge)
	return s
}

var posStore = regexp.MustCompile(`^[0-9A-Za-z._-]{0,64}$`)

// Check reports every wrong field, each error beginning with its path.
func (s Settings) Check() error {
	s = s.WithDefaults()
	var errs []error
	one := func(path, got string, allowed ...string) {
		if !slices.Contains(allowed, got) {
			errs = append(errs, fmt.Errorf("%s: %.40q is not one of %q", path, got, allowed))
		}
	}
	if !posStore.MatchString(s.POSStore) {
		errs = append(errs, errors.New("pos_store: at most 64 letters, digits, dots, underscores and hyphens"))
	}
	if s.SuccessStatus != http.StatusOK && s.SuccessStatus != http.StatusCreated {
		errs = append(errs, fmt.Errorf("success_status: %d is not 200 or 201", s.SuccessStatus))
	}
	if s.PriceTimeout < time.Millisecond || s.PriceTimeout > 10*time.Second {
		errs = append(errs, fmt.Errorf("price_timeout: %s is not between 1ms and 10s", s.PriceTimeout))
	}
	one("price_at", s.PriceAt, TripEnd, OnReceipt)
	one("bad_cart.mode", s.BadCart.Mode, HoldAll, ChargeKnown)
	one("changed_cart", s.ChangedCart, Keep, Review)
	one("payer", s.Payer, CardFirst, FirstEvent)
	one("no_payer", s.NoPayer, Hold, Charge)
	one("no_auth_events", s.NoAuthEvents, Charge, Hold)
	return errors.Join(errs...)
}

// CheckStores refuses two of Amazon's stores that stand for the same store of
// the retailer. The key of the map is Amazon's store id.
func CheckStores(stores map[string]Settings) error {
	ids := make([]string, 0, len(stores))
	for id := range stores {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	first := map[string]string{}
	var errs []error
	for _, id := range ids {
		pos := stores[id].POSStore
		if pos == "" {
			pos = id
		}
		if other, taken := first[pos]; taken {
			errs = append(errs, fmt.Errorf("pos_store: %s stands for stores %s and %s", pos, other, id))
			continue
		}
		first[pos] = id
	}
	return errors.Join(errs...)
}
