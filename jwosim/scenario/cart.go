package scenario

import (
	"context"
	"strings"

	"github.com/strollhq/stroll/jwosim"
)

const cartAPI = "CreatePurchases"

// edited is a cart that is sent as Amazon may send it, and must be accepted.
type edited struct {
	id, name, title string
	explains        string
	needs           []Need
	items           func(*Stage) []jwosim.Item // default one item
	edit            func(*Stage, body)         // default none
	charged         bool                       // what follows is a charge
}

// cartFamily is group 1 of Create Purchases.
func cartFamily() []Scenario {
	one := func(st *Stage) []jwosim.Item { return []jwosim.Item{st.item("1")} }
	var list []Scenario
	for _, e := range []edited{
		{"1.1", "single-item", "one item by SKU", "Delivers a cart with one item.", []Need{NeedItem}, one, nil, true},
		{"1.2", "several-items", "several lines", "Delivers a cart of three lines, one of them something nobody sells.", nil, func(st *Stage) []jwosim.Item {
			return []jwosim.Item{st.item("2"), {ID: "SCENARIO-UNKNOWN"}, {ID: "SCENARIO-UNKNOWN-2", Quantity: "3"}}
		}, nil, false},
		{"1.3", "weighed", "an item sold by weight", "Delivers a cart with 0.455 of something weighed.", []Need{NeedWeighed}, func(st *Stage) []jwosim.Item {
			return []jwosim.Item{{ID: st.opt.Weighed, Quantity: "0.455", Unit: st.opt.Unit}}
		}, nil, true},
		{"1.4", "barcode", "an item by its barcode", "Delivers a cart whose item is a scanned barcode.", []Need{NeedBarcode}, func(st *Stage) []jwosim.Item {
			return []jwosim.Item{{ID: st.opt.Barcode, Type: "SCANCODE"}}
		}, nil, true},
		{"1.5", "external-identifiers", "an item with external identifiers", "Delivers a cart whose item carries a UPC beside its SKU.", nil, func(st *Stage) []jwosim.Item {
			it := st.item("1")
			it.External = []jwosim.External{{ID: "036000291452", Type: "UPC"}}
			return []jwosim.Item{it}
		}, nil, false},
		{"1.6", "line-item-id", "lines with ids", "Delivers a cart whose lines have ids of their own.", nil, one, func(_ *Stage, b body) { b.set("cartItems.0.lineItemId", "line-1-of-the-scenario") }, false},
		{"1.8", "card-trip", "a trip paid by card", "Delivers the cart of somebody who tapped a card.", []Need{NeedItem}, one, func(_ *Stage, b body) { b.set("shoppingTrip.authEvents.0.payloadType", "FINANCIAL") }, true},
		{"1.10", "associate-cart", "the cart of an associate", "Delivers the cart of somebody whose scan said ASSOCIATE.", nil, one, scanned("ASSOCIATE"), false},
		{"1.11 CASH", "cash-cart", "the cart of a cash shopper", "Delivers the cart of somebody whose scan said CASH.", nil, one, scanned("CASH"), false},
		{"1.11 CASH_SHOPPER", "cash-shopper-cart", "the cart of a cash shopper, in the other spelling", "Delivers the cart of somebody whose scan said CASH_SHOPPER.", nil, one, scanned("CASH_SHOPPER"), false},
		{"1.12", "loyalty-cart", "a card trip with a loyalty scan", "Delivers the cart of somebody who tapped a card and also scanned a loyalty code.", []Need{NeedItem}, one, func(_ *Stage, b body) {
			b.set("shoppingTrip.authEvents.0.scanResult", body{"id": "loyalty-of-the-scenario", "type": "LOYALTY"})
		}, true},
		{"1.13", "group", "a group trip", "Delivers a cart with three authentication events, for whom one pays.", []Need{NeedItem}, one, func(_ *Stage, b body) {
			first := b["shoppingTrip"].(map[string]any)["authEvents"].([]any)[0]
			events := []any{first}
			for range 2 {
				events = append(events, body(first.(map[string]any)).with("id", newID()))
			}
			b.set("shoppingTrip.authEvents", events)
		}, true},
		{"1.14", "manual-in-store", "an event made by staff inside", "Delivers a cart whose event has the location MANUAL_IN_STORE.", []Need{NeedItem}, one, func(_ *Stage, b body) { b.set("shoppingTrip.authEvents.0.location", "MANUAL_IN_STORE") }, true},
		{"1.15", "required-only", "required fields alone", "Delivers a cart without any optional field.", []Need{NeedItem}, one, func(_ *Stage, b body) {
			for _, path := range []string{"shopperIdentity", "shopperDeviceId", "paymentSource", "cartItems.0.lineItemId", "cartItems.0.externalIdentifiers",
				"shoppingTrip.authEvents.0.timestamp", "shoppingTrip.authEvents.0.location", "shoppingTrip.authEvents.0.scanResult"} {
				b.set(path, gone{})
			}
		}, true},
		{"ours extra fields", "unknown-fields", "fields nobody knows, at every depth", "Delivers a cart with attributes of a later version of the contract in every object.", []Need{NeedItem}, one, func(_ *Stage, b body) {
			for k, v := range b.strangers() {
				b[k] = v
			}
		}, true},
		{"ours at the limit", "longest-fields", "every text as long as is allowed", "Delivers a cart whose optional texts have exactly 255 characters, and a quantity of 10.", nil, one, func(_ *Stage, b body) {
			long := strings.Repeat("x", 255)
			b.set("shopperDeviceId", long)
			b.set("cartItems.0.lineItemId", long)
			b.set("cartItems.0.id", long)
			b.set("cartItems.0.externalIdentifiers", []any{body{"id": long, "type": "UPC"}})
			b.set("cartItems.0.quantity.value", "1.00000000")
			b.set("shoppingTrip.authEvents.0.scanResult", body{"id": long, "type": "LOYALTY"})
		}, false},
	} {
		list = append(list, e.scenario())
	}
	return append(list, cartJourneys()...)
}

// scanned makes a cart that of somebody whose code said what they are.
func scanned(kind string) func(*Stage, body) {
	return func(_ *Stage, b body) {
		b.set("shoppingTrip.authEvents.0.payloadType", "SCAN_CODE")
		b.set("shoppingTrip.authEvents.0.scanResult", body{"id": "somebody-of-the-scenario", "type": kind})
		b.set("shopperIdentity", gone{})
	}
}

func (e edited) scenario() Scenario {
	expect := "201 with a purchaseId."
	if e.charged {
		expect = "201 with a purchaseId; then one Adjust to the total and one Capture of it."
	} else if strings.Contains(e.name, "associate") || strings.Contains(e.name, "cash") {
		expect = "201 with a purchaseId; the card is never charged."
	}
	return Scenario{
		Name: "ordering." + e.name, Title: e.title, Explains: e.explains, Expect: expect,
		Sources: []string{"ordering 9.1/" + e.id}, Needs: e.needs,
		Run: func(ctx context.Context, st *Stage) {
			trip, cart := st.visit(ctx, "approve", e.items(st)...)
			if e.edit != nil {
				e.edit(st, cart)
			}
			st.bought(st.ask(ctx, "the cart is delivered", cartAPI, trip, cart), "the cart is accepted", false)
			switch {
			case e.charged:
				st.once(ctx, trip)
			case strings.HasPrefix(expect, "201 with a purchaseId; the card is never"):
				st.Quiet(ctx)
				st.never(trip, "CaptureCharge")
			default:
				st.Quiet(ctx)
				st.orderly(trip)
			}
		},
	}
}
