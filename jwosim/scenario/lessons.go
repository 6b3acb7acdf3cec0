package scenario

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/strollhq/stroll/jwosim"
)

// planFamily are the connectivity and end-to-end cases of the store plans.
func planFamily() []Scenario {
	return []Scenario{
		{
			Name: "plan.identity-reachable", Title: "the identity connector is reachable",
			Explains: "Asks about a valid key as the portal's connectivity test does.",
			Expect:   "200, without an authentication or network error.",
			Sources:  []string{"entry 11.2/VAL-CONN-001", "readiness 4.4/VAL-CONN-001"}, Needs: []Need{NeedCode(Shopper)},
			Run: func(ctx context.Context, st *Stage) {
				st.admitted(st.ask(ctx, "a valid key", identityAPI, nil, st.identity(st.Code(ctx, Shopper))), "it answers", "")
			},
		},
		{
			Name: "plan.ordering-reachable", Title: "the ordering connector is reachable",
			Explains: "Delivers a cart of one item as the portal's connectivity test does.",
			Expect:   "201 with a purchaseId; the portal's test is described as passing on 200, which counts as well.",
			Sources:  []string{"entry 11.2/VAL-CONN-002", "ordering 9.5/VAL-CONN-001", "ordering 9.5/VAL-CONN-002", "readiness 4.4/VAL-CONN-002"},
			Run: func(ctx context.Context, st *Stage) {
				trip, cart := st.visit(ctx, "approve", st.item("1"))
				st.bought(st.ask(ctx, "a cart is delivered", cartAPI, trip, cart), "it answers", false)
			},
		},
		{
			Name: "plan.card-journey", Title: "from the tap to the charge",
			Explains: "Lets a group of three in by one card, takes things, puts one back, walks out, and waits for the end.",
			Expect:   "The gate opens three times; one purchase, one charge of its total, and the card's data are fetched.",
			Sources:  []string{"readiness 4.2/6 card", "ordering 9.5/end to end"}, Needs: []Need{NeedItem}, Patience: 2 * time.Minute,
			Run: func(ctx context.Context, st *Stage) {
				trip := st.enter(ctx, "approve")
				for range 2 {
					err := st.Sim.Join(ctx, trip, jwosim.Entry{Card: trip.State().Card})
					st.Must(err == nil, "another person passes", "the gate opens", fmt.Sprint(err))
				}
				st.take(trip, st.item("3"))
				if err := trip.PutBack(st.item("1")); err != nil {
					st.Skip("%v", err)
				}
				err := st.Sim.WalkOut(ctx, trip)
				st.Must(err == nil, "the cart is taken", "taken", fmt.Sprint(err))
				st.once(ctx, trip)
			},
		},
		{
			Name: "plan.code-journey", Title: "from the code to the charge",
			Explains: "Lets somebody in by a code, takes something, walks out, and waits for the end.",
			Expect:   "The gate opens; one purchase, and one charge of its total where the Payment Service charges app trips.",
			Sources:  []string{"readiness 4.2/6 app"}, Needs: []Need{NeedCode(Shopper), NeedItem},
			Run: func(ctx context.Context, st *Stage) {
				trip := st.enterByCode(ctx, st.Code(ctx, Shopper))
				st.take(trip, st.item("2"))
				err := st.Sim.WalkOut(ctx, trip)
				st.Must(err == nil, "the cart is taken", "taken", fmt.Sprint(err))
				if st.store.AppPayment == "payment_service" {
					st.once(ctx, trip)
				}
			},
		},
	}
}

// lessonFamily are lessons from the field that Amazon's side can bring about
// and no case above already is.
func lessonFamily() []Scenario {
	return []Scenario{
		{
			Name: "r-01.one-writer", Title: "deliveries, repeats and a slow Amazon at once",
			Explains: "Delivers a cart ten times while the first Adjust is answered 500 after its effect and the first Capture's answer is lost.",
			Expect:   "One charge of one amount, and never a Refund or Cancel that undoes it.",
			Sources:  []string{"R-1 interleaved"}, Needs: []Need{NeedItem}, Patience: 25 * time.Minute,
			Run: func(ctx context.Context, st *Stage) {
				trip, cart := st.visit(ctx, "approve", st.item("1"))
				st.force(trip, "AdjustCharge", "500-after", 1)
				st.force(trip, "CaptureCharge", "lost", 1)
				texts := make([][]byte, 10)
				for i := range texts {
					texts[i] = cart.with("requestId", newID()).text()
				}
				all := st.atOnce(ctx, cartAPI, trip, texts)
				st.bought(all[0], "the cart is accepted", false)
				st.once(ctx, trip)
				st.never(trip, "Refund", "CancelCharge")
			},
		},
		{
			Name: "r-04.no-effect-of-errors", Title: "a refused cart moves no money",
			Explains: "Delivers a cart that is refused, and waits.",
			Expect:   "400, and no call to Amazon about the trip.",
			Sources:  []string{"R-4"},
			Run: func(ctx context.Context, st *Stage) {
				trip, cart := st.visit(ctx, "approve", st.item("1"))
				r := st.ask(ctx, "a cart without shoppingTrip", cartAPI, trip, cart.with("shoppingTrip", gone{}))
				st.status(r, "it is refused", http.StatusBadRequest)
				st.Quiet(ctx)
				st.never(trip, "AdjustCharge", "CaptureCharge", "CancelCharge")
			},
		},
		{
			Name: "r-08.unknown-heals", Title: "an answer that never comes", Patience: 2 * time.Minute,
			Explains: "Lets the first two Adjusts of a trip hang until the retailer gives up.",
			Expect:   "The payment is neither taken for failed nor for done: the same Adjust again, and in the end one Capture.",
			Sources:  []string{"R-8"}, Needs: []Need{NeedItem},
			Run: func(ctx context.Context, st *Stage) {
				o := op("adjust")
				trip := o.begin(ctx, st, jwosim.Force{Outcome: "hang-after", Times: 2})
				o.again(ctx, st, trip)
				st.once(ctx, trip)
			},
		},
		{
			Name: "r-09.same-key-other-content", Title: "the same key with other content",
			Explains: "Delivers one trip's cart twice with different content, before anything was charged.",
			Expect:   "The first answer again, and the first cart is what is charged, once.",
			Sources:  []string{"R-9"}, Needs: []Need{NeedItem},
			Run: changedCart,
		},
		{
			Name: "r-11.closed-life", Title: "a cart with goods after the empty one",
			Explains: "Delivers an empty cart, waits until its hold is released, and delivers the same trip with goods in it.",
			Expect:   "The first answer again; no Adjust and no Capture after the Cancel.",
			Sources:  []string{"R-11", "payments 11.9/illegal capture after cancel"},
			Run: func(ctx context.Context, st *Stage) {
				trip, cart := st.visit(ctx, "approve")
				first := st.ask(ctx, "the empty cart is delivered", cartAPI, trip, cart)
				st.bought(first, "the cart is accepted", true)
				st.charge(ctx, trip, "the hold is released", "cancelled")
				goods := cart.with("cartItems", []any{body{"id": st.item("1").ID, "type": "SKU", "quantity": body{"value": "1", "unit": "each"}}})
				st.again(ctx, trip, goods, first)
				st.Quiet(ctx)
				st.never(trip, "AdjustCharge", "CaptureCharge")
				st.orderly(trip)
			},
		},
		{
			Name: "r-11.no-cancel-after-charge", Title: "an empty cart after the one with goods",
			Explains: "Delivers a cart, waits until it is charged, and delivers the same trip without anything in it.",
			Expect:   "The first answer again; no Cancel and no Refund after the Capture.",
			Sources:  []string{"R-11", "payments 11.9/illegal cancel after capture"}, Needs: []Need{NeedItem},
			Run: func(ctx context.Context, st *Stage) {
				trip, cart := st.visit(ctx, "approve", st.item("1"))
				first := st.ask(ctx, "the cart is delivered", cartAPI, trip, cart)
				st.bought(first, "the cart is accepted", false)
				st.once(ctx, trip)
				st.again(ctx, trip, cart.with("cartItems", []any{}), first)
				st.Quiet(ctx)
				st.never(trip, "CancelCharge", "Refund")
				st.orderly(trip)
			},
		},
		{
			Name: "r-14.late-gate-event", Title: "the gate asks again after the cart has come",
			Explains: "Lets somebody in by card, delivers their cart, and then asks about the same tap again, as a slow gate may.",
			Expect:   "The first decision again, and one charge: the order in which things come changes nothing.",
			Sources:  []string{"R-14"}, Needs: []Need{NeedItem, NeedAsked},
			Run: func(ctx context.Context, st *Stage) {
				trip := st.shop(ctx, "approve", st.item("1"))
				tap := st.asked(trip, cardAPI)
				st.Must(len(tap) > 0, "the tap was asked about", "once", times(len(tap)))
				st.once(ctx, trip)
				r := st.send(ctx, "the same tap again", cardAPI, trip, []byte(tap[0].Request))
				first := reply{Status: tap[0].Status, Body: []byte(tap[0].Response)}
				st.Expect(r.same(first), "the first decision is given again", first.String(), r.String())
				st.once(ctx, trip)
			},
		},
		{
			Name: "r-12.adjust-up", Title: "a cart above the hold",
			Explains: "Delivers a cart of so many items that they cost more than the hold.",
			Expect:   "One Adjust to the full total, not to the difference, and one Capture of it.",
			Sources:  []string{"R-12", "R-12 up"}, Needs: []Need{NeedItem},
			Run: func(ctx context.Context, st *Stage) { hold(ctx, st, "40", true) },
		},
		{
			Name: "r-12.adjust-down", Title: "a cart below the hold",
			Explains: "Delivers a cart of one item that costs less than the hold.",
			Expect:   "One Adjust to the full total and one Capture of it; the rest is released.",
			Sources:  []string{"R-12", "R-12 down"}, Needs: []Need{NeedItem},
			Run: func(ctx context.Context, st *Stage) { hold(ctx, st, "1", false) },
		},
		{
			Name: "r-18.identity-is-the-trip", Title: "two trips with the same cart",
			Explains: "Delivers the same content for two different trips.",
			Expect:   "Two purchases with different ids, each charged once: what is alike is not the same.",
			Sources:  []string{"R-18"}, Needs: []Need{NeedItem},
			Run: func(ctx context.Context, st *Stage) {
				one, first := st.visit(ctx, "approve", st.item("1"))
				two, second := st.visit(ctx, "approve", st.item("1"))
				a := st.bought(st.ask(ctx, "one cart", cartAPI, one, first), "it is accepted", false)
				b := st.bought(st.ask(ctx, "another like it", cartAPI, two, second), "it is accepted", false)
				st.Expect(a != b, "they are two purchases", "different ids", a)
				st.once(ctx, one)
				st.once(ctx, two)
			},
		},
		{
			Name: "r-13.report-until-taken", Title: "a report that fails three times", Patience: 3 * time.Minute,
			Explains: "Answers the first three reports of a trip's outcome 500, by a lost answer and by garbage.",
			Expect:   "The report comes again with the same content until it is accepted.",
			Sources:  []string{"R-13"}, Needs: []Need{NeedItem, NeedReports},
			Run: func(ctx context.Context, st *Stage) {
				o := op("report")
				trip := o.begin(ctx, st, jwosim.Force{Outcome: "500"}, jwosim.Force{Outcome: "reset"}, jwosim.Force{Outcome: "503"})
				st.await(ctx, trip, o.api, 4)
				o.healed(ctx, st, trip)
			},
		},
	}
}

func hold(ctx context.Context, st *Stage, quantity string, above bool) {
	trip := st.shop(ctx, "approve", st.item(quantity))
	adjust := st.await(ctx, trip, "AdjustCharge", 1)[0]
	total, _ := st.named(adjust)
	if (total > st.store.PreAuth.Minor) != above {
		st.Skip("%s of the item come to %d, and the hold is %d: name an --item that fits", quantity, total, st.store.PreAuth.Minor)
	}
	b := st.once(ctx, trip)
	st.Expect(b.Captured == total && b.Held == 0, "the total is charged and nothing is held any more", fmt.Sprint(total), fmt.Sprintf("%d, %d held", b.Captured, b.Held))
}
