package scenario

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/strollhq/stroll/jwosim"
)

// debtFamily is about charges that fail, and what follows at the gate.
func debtFamily() []Scenario {
	expired := func(word, source string, run func(context.Context, *Stage)) Scenario {
		return Scenario{
			Name: "pay." + word + "-expired", Title: op(word).api + " comes after the pre-authorization has ended",
			Explains: "Answers " + op(word).api + " with ShoppingTripExpiredException.",
			Expect:   "The call is not sent again and again; nothing is captured; what was bought is owed.",
			Sources:  []string{source, "R-10", "payments 11.9/clock " + word}, Needs: op(word).needs, Run: run,
		}
	}
	return []Scenario{
		expired("adjust", "R-10 adjust", func(ctx context.Context, st *Stage) {
			o := op("adjust")
			o.final(ctx, st, o.begin(ctx, st, jwosim.Force{Outcome: "ShoppingTripExpiredException", Times: 9}))
		}),
		expired("capture", "R-10 capture", func(ctx context.Context, st *Stage) {
			o := op("capture")
			o.final(ctx, st, o.begin(ctx, st, jwosim.Force{Outcome: "ShoppingTripExpiredException", Times: 9}))
		}),
		expired("cancel", "R-10 cancel", func(ctx context.Context, st *Stage) {
			o := op("cancel")
			o.final(ctx, st, o.begin(ctx, st, jwosim.Force{Outcome: "ShoppingTripExpiredException", Times: 9}))
		}),
		{
			Name: "pay.pending-until-expired", Title: "AdjustCharge stays pending until the pre-authorization ends", Patience: 3 * time.Minute,
			Explains: "Answers the first Adjust PENDING, and the next one that the trip has expired, as happens after 46 hours.",
			Expect:   "No Capture; the call ends; what was bought is owed.",
			Sources:  []string{"payments 11.9/pending for ever"}, Needs: []Need{NeedItem},
			Run: func(ctx context.Context, st *Stage) {
				o := op("adjust")
				trip := o.begin(ctx, st, jwosim.Force{Outcome: "pending"}, jwosim.Force{Outcome: "ShoppingTripExpiredException", Times: 9})
				o.again(ctx, st, trip)
				st.Quiet(ctx)
				calls := st.calls(trip, o.api)
				st.Expect(len(calls) == 2, "the end is taken for one", "twice", times(len(calls)))
				st.never(trip, "CaptureCharge")
			},
		},
		{
			Name: "pay.hold-ends", Title: "two days pass while AdjustCharge is pending", Moves: true, Patience: 3 * time.Minute,
			Explains: "Answers the first Adjust PENDING and moves the simulator's clock by 47 hours, so that the pre-authorization ends in its books. The retailer's clock does not move.",
			Expect:   "Amazon's answer to the next Adjust is taken for the end: no Capture, no call again and again, and what was bought is owed.",
			Sources:  []string{"R-10 clock", "payments 11.9/clock pending"}, Needs: []Need{NeedItem},
			Run: func(ctx context.Context, st *Stage) {
				o := op("adjust")
				trip := o.begin(ctx, st, jwosim.Force{Outcome: "pending"})
				st.await(ctx, trip, o.api, 1)
				st.ahead(47 * time.Hour)
				o.again(ctx, st, trip)
				st.ended(ctx, trip, 2)
			},
		},
		{
			Name: "ordering.cart-after-hold", Title: "a shopper stays for two days", Moves: true, Patience: time.Minute,
			Explains: "Lets somebody in, moves the simulator's clock by 47 hours, and lets them walk out. The retailer's clock does not move, so to it the trip ends in two days.",
			Expect:   "201 with a purchaseId; Amazon answers the Adjust that the trip has expired, which is taken for the end.",
			Sources:  []string{"R-10 cart", "ordering 5/expired"}, Needs: []Need{NeedItem},
			Run: func(ctx context.Context, st *Stage) {
				trip := st.enter(ctx, "approve")
				st.take(trip, st.item("1"))
				st.ahead(47 * time.Hour)
				st.bought(st.ask(ctx, "the cart is delivered", cartAPI, trip, st.cart(trip)), "the cart is accepted", false)
				st.ended(ctx, trip, 1)
			},
		},
		{
			Name: "pay.too-late", Title: "a cart that comes after the pre-authorization has ended",
			Explains: "Delivers a cart whose trip began 47 hours ago. The simulator's own clock is not moved, so its charge still lives.",
			Expect:   "201 with a purchaseId, never a refusal. Not to charge any more after the nominal 46 hours is assumed, so a charge is advice.",
			Sources:  []string{"R-10 late", "entry 11.2/7.14 late"}, Needs: []Need{NeedItem},
			Run: func(ctx context.Context, st *Stage) {
				trip, cart := st.visit(ctx, "approve", st.item("1"))
				st.backdate(cart, 47*time.Hour)
				st.bought(st.ask(ctx, "the late cart is delivered", cartAPI, trip, cart), "the cart is accepted", false)
				st.Quiet(ctx)
				st.Advise(st.book(trip).Captured == 0, "it is not charged any more", "0", fmt.Sprint(st.book(trip).Captured))
				st.orderly(trip)
			},
		},
		{
			Name: "pay.expired-then-refused", Title: "somebody whose cart could not be charged comes back", Patience: 2 * time.Minute,
			Explains: "Lets the pre-authorization of a trip end before it is charged, and taps the card again.",
			Expect:   "200 with shopperAuthorized false and the risk BadDebt.",
			Sources:  []string{"entry 11.2/7.14", "ordering 9.5/7.14", "payments 11.8/7.14", "readiness 4.4/7.14"}, Needs: []Need{NeedAsked, NeedItem},
			Run: func(ctx context.Context, st *Stage) {
				o := op("adjust")
				trip := o.begin(ctx, st, jwosim.Force{Outcome: "ShoppingTripExpiredException", Times: 9})
				st.await(ctx, trip, o.api, 1)
				st.keptOut(ctx, trip.State().Card)
			},
		},
		{
			Name: "pay.part-then-refused", Title: "somebody who paid in part comes back", Patience: 2 * time.Minute,
			Explains: "Lets half of a trip's Adjust be approved, and taps the card again.",
			Expect:   "200 with shopperAuthorized false and the risk BadDebt, once the part was captured.",
			Sources:  []string{"payments 10/partial"}, Needs: []Need{NeedAsked, NeedItem},
			Run: func(ctx context.Context, st *Stage) { st.owes(ctx, "partial_50") },
		},
		{
			Name: "entry.owes-by-code", Title: "an app shopper who owes comes back", Patience: 2 * time.Minute,
			Explains: "Lets an app shopper in, learns who they are to the retailer, lets their next charge be declined, and shows another of their codes.",
			Expect:   "401, or no code for them at all.",
			Sources:  []string{"entry 11.2/7.13 app", "payments 11.8/7.13"}, Needs: []Need{NeedCode(Debtor), NeedItem},
			Run: owesByCode,
		},
	}
}

// ahead moves the simulator's clock.
func (st *Stage) ahead(d time.Duration) {
	st.Sim.Advance(d)
	st.Note("the simulator's clock moves by %s", d)
}

// ended expects that a trip whose hold has ended is left alone, after so many
// Adjusts at most.
func (st *Stage) ended(ctx context.Context, trip *jwosim.Trip, most int) {
	st.Quiet(ctx)
	b, calls := st.book(trip), st.calls(trip, "AdjustCharge")
	st.Expect(b.Charge == "expired" && b.Captured == 0, "the hold ended and nothing was captured", "expired, 0", fmt.Sprintf("%s, %d", b.Charge, b.Captured))
	st.Expect(len(calls) <= most, "it is not asked again and again", fmt.Sprint(most), fmt.Sprintf("%d (%s)", len(calls), st.seen(trip)))
	st.never(trip, "CaptureCharge")
}

// owes lets a card in whose charge then fails, and expects it to be kept out.
func (st *Stage) owes(ctx context.Context, card string) {
	trip := st.shop(ctx, card, st.item("2"))
	st.await(ctx, trip, "AdjustCharge", 1)
	if card == "partial_50" {
		st.charge(ctx, trip, "the part is captured", "captured")
	}
	st.keptOut(ctx, trip.State().Card)
}

// keptOut taps a card until its debt is known at the gate.
func (st *Stage) keptOut(ctx context.Context, card string) {
	var refused *jwosim.Refused
	st.until(ctx, func() bool {
		_, refused = st.enterAgain(ctx, card, "the card is tapped again")
		return refused != nil
	})
	got := "it is let in"
	if refused != nil {
		got = refused.Error() + " " + strings.Join(refused.Risks, ", ")
	}
	st.Must(refused != nil && refused.Gate == "authorization" && refused.Reason == "denied", "the card is kept out", "shopperAuthorized false", got)
	st.Advise(strings.Contains(got, "BadDebt"), "the reason is named", "BadDebt", got)
}

func owesByCode(ctx context.Context, st *Stage) {
	if st.store.AppPayment != "payment_service" {
		st.Skip("the retailer's own processor charges app trips, so Amazon declines nothing")
	}
	first := st.enterByCode(ctx, st.Code(ctx, Debtor))
	st.bought(st.ask(ctx, "an empty cart is delivered", cartAPI, first, st.cart(first)), "the cart is accepted", true)
	who := first.State().Visitor.ID
	if err := st.Sim.RegisterVisitor(who, "decline_adjust#"+newID()); err != nil {
		st.Skip("%v", err)
	}
	trip := st.enterByCode(ctx, st.Code(ctx, Debtor))
	if again := trip.State().Visitor.ID; again != who {
		st.Skip("the two codes are of different shoppers (%s and %s)", who, again)
	}
	st.take(trip, st.item("2"))
	st.bought(st.ask(ctx, "the cart is delivered", cartAPI, trip, st.cart(trip)), "the cart is accepted", false)
	st.await(ctx, trip, "AdjustCharge", 1)
	var refused *jwosim.Refused
	st.until(ctx, func() bool {
		code, err := st.opt.Code(ctx, Debtor)
		if err != nil {
			refused = &jwosim.Refused{Gate: "app", Reason: err.Error()}
			return true
		}
		_, refused = st.enteredBy(ctx, code)
		return refused != nil
	})
	got := "let in"
	if refused != nil {
		got = refused.Error()
	}
	st.Expect(refused != nil, "they are kept out", "401, or no code", got)
}
