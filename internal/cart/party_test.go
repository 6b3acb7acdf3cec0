package cart_test

import (
	"slices"
	"testing"

	"github.com/strollhq/stroll/internal/cart"
	"github.com/strollhq/stroll/internal/testkit"
)

// TestWhoPays: the payer of a trip, by its entry events and the settings
// (contract: ordering 2.7).
func TestWhoPays(t *testing.T) {
	t.Parallel()
	card := func(kind, id string) object { return event("FINANCIAL", kind, id) }
	code := func(kind, id string) object { return event("SCAN_CODE", kind, id) }
	exit := card("", "")
	exit["location"] = "EXIT"
	for _, c := range []struct {
		name                              string
		set                               func(*cartSettings)
		events                            []object
		visitor, kind, entry, act, reason string
		size                              int
		flags                             []string
	}{
		{name: "first card", events: []object{code("SHOPPER", "a"), card("SHOPPER", "b"), card("SHOPPER", "c")}, visitor: "b", kind: "SHOPPER", entry: "FINANCIAL", act: "charge", size: 3},
		{name: "first code that can pay", events: []object{code("ASSOCIATE", "s"), code("LOYALTY", "l"), code("SHOPPER", "a"), code("SHOPPER", "b")}, visitor: "a", kind: "SHOPPER", entry: "SCAN_CODE", act: "charge", size: 4},
		{name: "first event by setting", set: func(s *cartSettings) { s.Payer = cart.FirstEvent }, events: []object{code("SHOPPER", "a"), card("", "")}, visitor: "a", kind: "SHOPPER", entry: "FINANCIAL", act: "charge", size: 2},
		{name: "associate alone", events: []object{code("ASSOCIATE", "s")}, visitor: "s", kind: "ASSOCIATE", entry: "SCAN_CODE", act: "release", reason: "associate", size: 1},
		{name: "associate by card", events: []object{card("ASSOCIATE", "s")}, visitor: "s", kind: "ASSOCIATE", entry: "FINANCIAL", act: "release", reason: "associate", size: 1},
		{name: "associate charged by setting", set: func(s *cartSettings) { s.ChargeAssociates = true }, events: []object{code("ASSOCIATE", "s")}, visitor: "s", kind: "ASSOCIATE", entry: "SCAN_CODE", act: "charge", size: 1},
		{name: "cash first", events: []object{code("CASH", "c"), code("SHOPPER", "a")}, visitor: "c", kind: "CASH_SHOPPER", entry: "SCAN_CODE", act: "release", reason: "cash_shopper", size: 2},
		{name: "loyalty alone pays nothing", events: []object{code("LOYALTY", "l")}, kind: "SHOPPER", entry: "SCAN_CODE", act: "hold", reason: "no_payer", size: 1, flags: []string{"no_payer"}},
		{name: "loyalty alone charged by setting", set: func(s *cartSettings) { s.NoPayer = cart.Charge }, events: []object{code("LOYALTY", "l")}, kind: "SHOPPER", entry: "SCAN_CODE", act: "charge", size: 1, flags: []string{"no_payer"}},
		{name: "no entry event", events: []object{}, kind: "SHOPPER", entry: "FINANCIAL", act: "charge", size: 1, flags: []string{"no_auth_events"}},
		{name: "no entry event held by setting", set: func(s *cartSettings) { s.NoAuthEvents = cart.Hold }, events: []object{}, kind: "SHOPPER", entry: "FINANCIAL", act: "hold", reason: "no_auth_events", size: 1, flags: []string{"no_auth_events"}},
		{name: "an exit is no person", events: []object{card("", ""), exit}, kind: "SHOPPER", entry: "FINANCIAL", act: "charge", size: 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := open(t, testkit.SQLite(t))
			if c.set != nil {
				s.set(c.set)
			}
			trip := trip()
			if a := s.post(t, body(trip, items(item("WATER", "1")), events(c.events...))); a.Status != 201 {
				t.Fatalf("%+v", a)
			}
			p, o := s.get(t, trip), s.till.of(t, trip)
			if p.Visitor != c.visitor || p.Kind != c.kind || p.Entry != c.entry || p.GroupSize != c.size || !slices.Equal(p.Flags, c.flags) && len(c.flags)+len(p.Flags) > 0 {
				t.Errorf("visitor %q kind %s entry %s size %d flags %v", p.Visitor, p.Kind, p.Entry, p.GroupSize, p.Flags)
			}
			if o.Act != c.act || o.Reason != c.reason || o.Visitor != c.visitor || o.Entry != c.entry || o.Total != 100 {
				t.Errorf("payment %+v", o)
			}
			if held := p.State == cart.InReview; held != (c.act == "hold") {
				t.Errorf("state %s", p.State)
			}
			if c.act != "hold" {
				return
			}
			if err := s.Resolve(t.Context(), fix(trip)); err != nil {
				t.Fatal(err)
			}
			if o := s.till.of(t, trip); o.Act != "charge" || o.Total != 100 {
				t.Errorf("resolved: %+v", o)
			}
		})
	}
}

func TestSettingsNameWhatIsWrong(t *testing.T) {
	t.Parallel()
	if err := (cart.Settings{}).Check(); err != nil {
		t.Errorf("the zero value: %v", err)
	}
	bad := cart.Settings{POSStore: "a b", SuccessStatus: 204, PriceAt: "now", PriceTimeout: -1, BadCart: cart.BadCartSettings{Mode: "x"}, ChangedCart: "x", Payer: "x", NoPayer: "x", NoAuthEvents: "x"}
	err := bad.Check()
	if err == nil {
		t.Fatal("accepted")
	}
	many := err.(interface{ Unwrap() []error }).Unwrap()
	var paths []string
	for _, e := range many {
		paths = append(paths, e.Error()[:slices.Index([]byte(e.Error()), ':')])
	}
	want := []string{"pos_store", "success_status", "price_timeout", "price_at", "bad_cart.mode", "changed_cart", "payer", "no_payer", "no_auth_events"}
	if !slices.Equal(paths, want) {
		t.Errorf("%v, want %v", paths, want)
	}
	if err := cart.CheckStores(map[string]cart.Settings{"a": {POSStore: "1"}, "b": {POSStore: "1"}}); err == nil {
		t.Error("two stores stand for one")
	}
	if err := cart.CheckStores(map[string]cart.Settings{"a": {POSStore: "b"}, "b": {}}); err == nil {
		t.Error("a store's own id is another's number")
	}
}
