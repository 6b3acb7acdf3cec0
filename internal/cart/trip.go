package cart

import (
	"slices"

	"github.com/strollhq/stroll/jwo"
)

// Flags of a purchase: what a person should look at although the cart was
// taken.
const (
	FlagNoAuthEvents = "no_auth_events" // the trip came without any entry event
	FlagNoPayer      = "no_payer"       // nobody in the trip can be charged
	FlagChanged      = "changed"        // another cart arrived for the same trip
	FlagGivenUp      = "given_up"       // a line, or the whole price, came after the payment was decided
)

// party is who made a trip and who pays for it.
type party struct {
	entry      string // jwo.Financial or jwo.ScanCode
	kind       string // jwo.Shopper, jwo.Associate or jwo.CashShopper: the payer's
	visitor    string // our id of the payer, as our identity connector returned it
	instrument string // Amazon's token of the payment instrument
	loyalty    string // the loyalty scan's id
	shopper    string // whose promotion caps count
	payer      bool   // somebody can be charged
	size       int    // people who entered
}

// partyOf reads a trip's entry events (contract: ordering 2.7).
func partyOf(req *jwo.CreatePurchasesRequest, s Settings) party {
	events := req.ShoppingTrip.AuthEvents
	p := party{entry: jwo.ScanCode, kind: jwo.Shopper, instrument: instrumentOf(req)}
	for _, e := range events {
		if e.Location != jwo.Exit {
			p.size++
		}
		if e.PayloadType == jwo.Financial {
			p.entry = jwo.Financial
		}
		if kindOf(e) == jwo.Loyalty && p.loyalty == "" {
			p.loyalty = e.ScanResult.ID
		}
	}
	if len(events) == 0 {
		// Nothing says how the trip was entered. Its payment can only be the
		// one Amazon holds, and that is a card trip's.
		p.entry = jwo.Financial
		p.payer = true
	} else if payer := payerOf(events, s.Payer); payer >= 0 {
		e := events[payer]
		p.payer = true
		if k := kindOf(e); k == jwo.Associate || k == jwo.CashShopper {
			p.kind = k
		}
		if e.ScanResult != nil && kindOf(e) != jwo.Loyalty {
			p.visitor = e.ScanResult.ID
		}
	} else if i := slices.IndexFunc(events, func(e jwo.PurchaseAuthEvent) bool { return kindOf(e) == jwo.Associate }); i >= 0 {
		p.payer = true
		p.kind = jwo.Associate
		p.visitor = events[i].ScanResult.ID
	}
	p.size = max(p.size, 1)
	for _, id := range []string{p.loyalty, p.visitor, p.instrument} {
		if p.shopper == "" {
			p.shopper = id
		}
	}
	return p
}

// member reports whether a purchase gets the promotions of loyalty members.
func (p *Purchase) member(s Settings) bool {
	return p.Loyalty != "" ||
		s.MembersByApp && p.Entry == jwo.ScanCode && p.Kind == jwo.Shopper && p.Visitor != ""
}

// payerOf is the index of the event whose shopper pays, −1 for none. An
// associate or a loyalty scan never pays by an app code; a card always may.
func payerOf(events []jwo.PurchaseAuthEvent, rule string) int {
	code := func(e jwo.PurchaseAuthEvent) bool {
		k := kindOf(e)
		return e.PayloadType == jwo.ScanCode && k != jwo.Associate && k != jwo.Loyalty
	}
	card := func(e jwo.PurchaseAuthEvent) bool { return e.PayloadType == jwo.Financial }
	if rule == FirstEvent {
		return slices.IndexFunc(events, func(e jwo.PurchaseAuthEvent) bool { return card(e) || code(e) })
	}
	if i := slices.IndexFunc(events, card); i >= 0 {
		return i
	}
	return slices.IndexFunc(events, code)
}

// kindOf is the visitor type of an event, the two spellings of cash as one;
// "" when the event says nothing.
func kindOf(e jwo.PurchaseAuthEvent) string {
	if e.ScanResult == nil {
		return ""
	}
	if e.ScanResult.Type == jwo.Cash {
		return jwo.CashShopper
	}
	return e.ScanResult.Type
}

func instrumentOf(req *jwo.CreatePurchasesRequest) string {
	if req.ShopperIdentity != nil && req.ShopperIdentity.ID != "" {
		return req.ShopperIdentity.ID
	}
	if req.PaymentSource != nil {
		return req.PaymentSource.ID
	}
	return ""
}
