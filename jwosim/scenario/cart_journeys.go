package scenario

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/strollhq/stroll/jwosim"
)

// cartJourneys are the cases in which more happens than one delivery.
func cartJourneys() []Scenario {
	return []Scenario{
		{
			Name: "ordering.empty-cart", Title: "somebody leaves without anything",
			Explains: "Delivers a cart without items.",
			Expect:   "201 with an empty purchaseId; then one Cancel, and neither Adjust nor Capture.",
			Sources:  []string{"ordering 9.1/1.7", "ordering 9.5/empty cart", "payments 11.2/1 empty cart", "payments 11.8/cancel empty cart"},
			Run: func(ctx context.Context, st *Stage) {
				trip := st.shop(ctx, "approve")
				st.charge(ctx, trip, "the hold is released", "cancelled")
				st.Quiet(ctx)
				calls := st.calls(trip, "CancelCharge")
				st.Expect(len(calls) == 1, "Cancel came once", "once", times(len(calls)))
				st.never(trip, "AdjustCharge", "CaptureCharge")
			},
		},
		{
			Name: "ordering.code-trip", Title: "a trip entered by code",
			Explains: "Lets somebody in by a fresh code and delivers their cart.",
			Expect:   "201 with a purchaseId. Where the Payment Service charges app trips, one Adjust and one Capture.",
			Sources:  []string{"ordering 9.1/1.9"}, Needs: []Need{NeedCode(Shopper), NeedItem},
			Run: func(ctx context.Context, st *Stage) {
				trip := st.enterByCode(ctx, st.Code(ctx, Shopper))
				st.take(trip, st.item("1"))
				st.bought(st.ask(ctx, "the cart is delivered", cartAPI, trip, st.cart(trip)), "the cart is accepted", false)
				if st.store.AppPayment == "payment_service" {
					st.once(ctx, trip)
				}
			},
		},
		{
			Name: "ordering.unknown-item", Title: "a cart of nothing we sell",
			Explains: "Delivers a cart whose only item is in nobody's catalog.",
			Expect:   "201 with a purchaseId, never 400: the cart waits for a person, and no card is charged for what has no price.",
			Sources:  []string{"ordering 9.1/ours unknown SKU all", "R-7"},
			Run: func(ctx context.Context, st *Stage) {
				trip := st.shop(ctx, "approve", jwosim.Item{ID: "SCENARIO-UNKNOWN", Quantity: "2"})
				st.Quiet(ctx)
				st.never(trip, "CaptureCharge")
			},
		},
		{
			Name: "ordering.some-unknown", Title: "a cart with one unknown item",
			Explains: "Delivers a cart of which one line is in nobody's catalog.",
			Expect:   "201 with a purchaseId; at most what is known is charged, once.",
			Sources:  []string{"ordering 9.1/ours unknown SKU some", "catalog 9/bad cart"}, Needs: []Need{NeedItem},
			Run: func(ctx context.Context, st *Stage) {
				trip := st.shop(ctx, "approve", st.item("1"), jwosim.Item{ID: "SCENARIO-UNKNOWN"})
				st.Quiet(ctx)
				b := st.book(trip)
				st.Expect(b.Captures <= 1, "it is not charged twice", "at most one capture", fmt.Sprint(b.Captures))
				st.orderly(trip)
			},
		},
		{
			Name: "ordering.late-cart", Title: "a cart that comes a day after the shopper left",
			Explains: "Delivers a cart whose trip began 25 hours and ended 24 hours ago.",
			Expect:   "201 with a purchaseId: lateness is no fault, and the pre-authorization still lives.",
			Sources:  []string{"R-12 late", "ordering 5/late"}, Needs: []Need{NeedItem},
			Run: func(ctx context.Context, st *Stage) {
				trip, cart := st.visit(ctx, "approve", st.item("1"))
				st.backdate(cart, 25*time.Hour)
				st.bought(st.ask(ctx, "the late cart is delivered", cartAPI, trip, cart), "the cart is accepted", false)
				st.once(ctx, trip)
			},
		},
		{
			Name: "ordering.peak", Title: "forty carts, eight at a time",
			Explains: "Lets forty people shop, and delivers their carts eight at a time.",
			Expect:   "201 to each within the 29 seconds of an API gateway, nearly all within two; each is charged once.",
			Sources:  []string{"entry 11.2/phase load"}, Needs: []Need{NeedItem}, Patience: time.Minute,
			Run: cartPeak,
		},
		{
			Name: "ordering.store-down", Title: "the cart cannot be kept",
			Explains: "Takes away what carts are kept in, delivers a cart, gives it back and delivers it again.",
			Expect:   "500 or 503 and nothing kept, or no answer; then 201, and one charge.",
			Sources:  []string{"ordering 9.1/ours store failure"}, Needs: []Need{NeedBreak, NeedItem}, Alone: true, Patience: time.Minute,
			Run: storeDown,
		},
	}
}

// backdate moves a cart's trip into the past, an hour long.
func (st *Stage) backdate(cart body, begin time.Duration) {
	now := time.Now()
	cart.set("shoppingTrip.startTime", at(now.Add(-begin)))
	cart.set("shoppingTrip.endTime", at(now.Add(time.Hour-begin)))
	for i := range cart["shoppingTrip"].(map[string]any)["authEvents"].([]any) {
		cart.set(fmt.Sprintf("shoppingTrip.authEvents.%d.timestamp", i), at(now.Add(-begin)))
	}
}

func cartPeak(ctx context.Context, st *Stage) {
	var trips []*jwosim.Trip
	var took []time.Duration
	for range 5 {
		var texts [][]byte
		for range 8 {
			trip, cart := st.visit(ctx, "approve", st.item("1"))
			trips, texts = append(trips, trip), append(texts, cart.text())
		}
		for _, r := range st.atOnce(ctx, cartAPI, nil, texts) {
			st.bought(r, "a cart is accepted", false)
			took = append(took, r.Took)
		}
	}
	slices.Sort(took)
	p99 := took[len(took)*99/100]
	st.Expect(p99 < 29*time.Second, "every answer comes in time", "under 29s", p99.String())
	st.Advise(p99 < 2*time.Second, "nearly all are quick", "p99 under 2s", p99.String())
	for _, trip := range trips {
		st.charge(ctx, trip, "the trip is charged", "captured")
		b := st.book(trip)
		st.Expect(b.Captures == 1 && b.Captured == b.Adjusted, "once", "one capture", fmt.Sprint(b.Captures))
		st.orderly(trip)
	}
}

func storeDown(ctx context.Context, st *Stage) {
	trip, cart := st.visit(ctx, "approve", st.item("1"))
	mend, err := st.opt.Break(ctx)
	if err != nil {
		st.Skip("could not break: %v", err)
	}
	r := st.ask(ctx, "a cart while the retailer's system is broken", cartAPI, trip, cart)
	if err := mend(ctx); err != nil {
		st.Skip("could not mend: %v", err)
	}
	st.Expect(r.Err != nil || slices.Contains([]int{http.StatusInternalServerError, http.StatusServiceUnavailable}, r.Status), "it is not acknowledged", "500 or 503", r.String())
	st.until(ctx, func() bool {
		r = st.ask(ctx, "the cart is delivered again", cartAPI, trip, cart)
		return r.Err == nil && r.Status < 500
	})
	st.bought(r, "afterwards the cart is accepted", false)
	st.once(ctx, trip)
}
