package scenario

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/strollhq/stroll/jwosim"
)

// mended expects that a refused cart had no effect, and that the whole one is
// taken.
func (st *Stage) mended(ctx context.Context, trip *jwosim.Trip, cart body) {
	st.never(trip, "AdjustCharge", "CaptureCharge", "CancelCharge")
	st.bought(st.ask(ctx, "the cart as it should have been", cartAPI, trip, cart), "the corrected cart is accepted", false)
}

// repeatFamily is group 2 of Create Purchases: every repeat gets the first
// answer, and nothing happens twice.
func repeatFamily() []Scenario {
	return []Scenario{
		{
			Name: "ordering.duplicate-cart", Title: "a cart is delivered three times",
			Explains: "Delivers one cart three times, byte for byte.",
			Expect:   "The first answer each time; one charge.",
			Sources:  []string{"ordering 9.1/2 same request id", "payments 11.9/duplicates", "R-17"}, Needs: []Need{NeedItem},
			Run: func(ctx context.Context, st *Stage) {
				trip, cart := st.visit(ctx, "approve", st.item("1"))
				first := st.ask(ctx, "the cart is delivered", cartAPI, trip, cart)
				st.bought(first, "the cart is accepted", false)
				for range 2 {
					st.again(ctx, trip, cart, first)
				}
				st.once(ctx, trip)
			},
		},
		{
			Name: "ordering.duplicate-new-request-id", Title: "a cart is delivered again under another requestId",
			Explains: "Delivers one trip's cart twice, the second time with a new requestId.",
			Expect:   "The first answer: the trip is the key. One charge.",
			Sources:  []string{"ordering 9.1/2 new request id"}, Needs: []Need{NeedItem},
			Run: func(ctx context.Context, st *Stage) {
				trip, cart := st.visit(ctx, "approve", st.item("1"))
				first := st.ask(ctx, "the cart is delivered", cartAPI, trip, cart)
				st.bought(first, "the cart is accepted", false)
				st.again(ctx, trip, cart.with("requestId", newID()), first)
				st.once(ctx, trip)
			},
		},
		{
			Name: "ordering.concurrent-carts", Title: "fifty copies of one cart at once",
			Explains: "Delivers one cart fifty times at the same moment.",
			Expect:   "One purchase, whose answer all get; one Adjust, one Capture, no refund.",
			Sources:  []string{"ordering 9.1/2 concurrent", "payments 11.9/many at once", "R-1", "R-2"}, Needs: []Need{NeedItem},
			Run: func(ctx context.Context, st *Stage) {
				trip, cart := st.visit(ctx, "approve", st.item("1"))
				texts := make([][]byte, 50)
				for i := range texts {
					texts[i] = cart.with("requestId", newID()).text()
				}
				st.Note("fifty copies are delivered at once")
				all := st.atOnce(ctx, cartAPI, trip, texts)
				st.bought(all[0], "one of them is accepted", false)
				for _, r := range all[1:] {
					st.Must(r.same(all[0]), "every copy gets the same answer", all[0].String(), r.String())
				}
				st.once(ctx, trip)
				st.never(trip, "Refund", "CancelCharge")
				adjusts := st.calls(trip, "AdjustCharge")
				st.Expect(len(adjusts) == 1, "it was adjusted once", "once", times(len(adjusts)))
			},
		},
		{
			Name: "ordering.duplicate-empty-cart", Title: "an empty cart is delivered again",
			Explains: "Delivers an empty cart twice, and once more after the hold was released.",
			Expect:   "201 with an empty purchaseId each time; one Cancel.",
			Sources:  []string{"ordering 9.1/2 empty"},
			Run: func(ctx context.Context, st *Stage) {
				trip, cart := st.visit(ctx, "approve")
				first := st.ask(ctx, "the empty cart is delivered", cartAPI, trip, cart)
				st.bought(first, "the cart is accepted", true)
				st.again(ctx, trip, cart, first)
				st.charge(ctx, trip, "the hold is released", "cancelled")
				st.again(ctx, trip, cart, first)
				st.Quiet(ctx)
				calls := st.calls(trip, "CancelCharge")
				st.Expect(len(calls) == 1, "it was cancelled once", "once", times(len(calls)))
			},
		},
		{
			Name: "ordering.repeat-after-settlement", Title: "a cart comes again after it was charged",
			Explains: "Delivers a cart, waits until it is charged, and delivers it again.",
			Expect:   "The first answer, and no second charge.",
			Sources:  []string{"ordering 9.1/2 after settlement"}, Needs: []Need{NeedItem},
			Run: func(ctx context.Context, st *Stage) {
				trip, cart := st.visit(ctx, "approve", st.item("1"))
				first := st.ask(ctx, "the cart is delivered", cartAPI, trip, cart)
				st.bought(first, "the cart is accepted", false)
				st.once(ctx, trip)
				st.again(ctx, trip, cart, first)
				st.once(ctx, trip)
			},
		},
		{
			Name: "ordering.changed-cart", Title: "the same trip with another cart",
			Explains: "Delivers a cart, and then another one for the same trip, with more in it.",
			Expect:   "The first answer again. The first cart is charged, once; the other is kept for a person to see.",
			Sources:  []string{"ordering 9.1/2 other cart", "R-9 other content"}, Needs: []Need{NeedItem},
			Run: changedCart,
		},
		{
			Name: "ordering.resend-after-400", Title: "a refused cart comes corrected",
			Explains: "Delivers a cart without requestId, and then a whole one for the same trip.",
			Expect:   "400, then 201: a refusal is not recorded. One charge.",
			Sources:  []string{"ordering 9.1/2 after 400"}, Needs: []Need{NeedItem},
			Run: func(ctx context.Context, st *Stage) {
				trip, cart := st.visit(ctx, "approve", st.item("1"))
				r := st.ask(ctx, "a cart without requestId", cartAPI, trip, cart.with("requestId", gone{}))
				st.status(r, "it is refused", http.StatusBadRequest)
				st.mended(ctx, trip, cart)
				st.once(ctx, trip)
			},
		},
		{
			Name: "ordering.lost-answer", Title: "Amazon loses the answer and delivers again",
			Explains: "Drops the connector's answer to a cart unread, so that it is delivered again.",
			Expect:   "The same answer to the second delivery; one charge.",
			Sources:  []string{"R-16"}, Needs: []Need{NeedItem},
			Run: func(ctx context.Context, st *Stage) {
				trip := st.enter(ctx, "approve")
				st.take(trip, st.item("1"))
				st.force(trip, cartAPI, "lost", 1)
				err := st.Sim.WalkOut(ctx, trip)
				st.Must(err == nil, "the cart is taken in the end", "taken", fmt.Sprint(err))
				asked := st.asked(trip, cartAPI)
				st.Must(len(asked) == 2, "it was delivered twice", "twice", times(len(asked)))
				st.Expect(asked[0].Response == asked[1].Response && asked[0].Status == asked[1].Status, "both answers are the same", asked[0].Response, asked[1].Response)
				st.once(ctx, trip)
			},
		},
		{
			Name: "ordering.restart", Title: "the retailer's system is killed after the cart was taken",
			Explains: "Delivers a cart, kills the retailer's system and starts it again, and delivers the cart once more.",
			Expect:   "The first answer again; one charge.",
			Sources:  []string{"ordering 9.1/2 restart", "payments 11.9/killed", "R-2 restart", "R-40"}, Needs: []Need{NeedRestart, NeedItem}, Alone: true, Patience: time.Minute,
			Run: func(ctx context.Context, st *Stage) {
				trip, cart := st.visit(ctx, "approve", st.item("1"))
				first := st.ask(ctx, "the cart is delivered", cartAPI, trip, cart)
				st.bought(first, "the cart is accepted", false)
				if err := st.opt.Restart(ctx); err != nil {
					st.Skip("could not restart: %v", err)
				}
				var r reply
				st.until(ctx, func() bool {
					r = st.ask(ctx, "the cart is delivered again", cartAPI, trip, cart)
					return r.Err == nil && r.Status < 500
				})
				st.Expect(r.same(first), "the first answer is given again", first.String(), r.String())
				st.once(ctx, trip)
			},
		},
	}
}

// again delivers a cart once more and expects the first answer.
func (st *Stage) again(ctx context.Context, trip *jwosim.Trip, cart body, first reply) {
	r := st.ask(ctx, "the same cart again", cartAPI, trip, cart)
	st.Expect(r.same(first), "the first answer is given again", first.String(), r.String())
}

func changedCart(ctx context.Context, st *Stage) {
	trip, cart := st.visit(ctx, "approve", st.item("1"))
	// What the first cart comes to is known once it is adjusted to.
	first := st.ask(ctx, "the cart is delivered", cartAPI, trip, cart)
	st.bought(first, "the cart is accepted", false)
	adjust := st.await(ctx, trip, "AdjustCharge", 1)[0]
	r := st.ask(ctx, "another cart for the same trip", cartAPI, trip, cart.with("cartItems.0.quantity.value", "7").with("requestId", newID()))
	st.Expect(r.same(first), "the first answer is given again", first.String(), r.String())
	b := st.once(ctx, trip)
	want, _ := st.named(adjust)
	st.Expect(b.Captured == want, "the first cart is charged", fmt.Sprint(want), fmt.Sprint(b.Captured))
}
