package scenario

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/strollhq/stroll/jwosim"
	"github.com/strollhq/stroll/money"
)

// Forms of storeId and shoppingTripId that every call refuses.
func forms(store, trip, long string) []faulty {
	return []faulty{
		{store, "store-format", "storeId holds other characters than letters, digits, _ and -", "storeId", "store one", ""},
		{trip, "trip-format", "shoppingTripId holds other characters than letters, digits, _ and -", "shoppingTripId", "trip one", ""},
		{long, "too-long", "shoppingTripId has more than 255 characters", "shoppingTripId", strings.Repeat("t", 256), ""},
	}
}

func unknownTrip(id string) faulty {
	return faulty{id, "unknown-trip", "the trip is not known", "shoppingTripId", "no-such-trip", ""}
}

func adjustFamily() []Scenario {
	o := op("adjust")
	list := []Scenario{
		{
			Name: "pay.adjust-approved", Title: "AdjustCharge is approved",
			Explains: "Delivers a cart and approves the Adjust.",
			Expect:   "One Adjust to the full total, one Capture of the same amount, both as numbers of the currency.",
			Sources:  []string{"payments 11.1/1", "payments 11.3/1", "payments 11.8/adjust approved", "payments 11.8/capture", "R-19"}, Needs: o.needs,
			Run: func(ctx context.Context, st *Stage) {
				trip := o.begin(ctx, st)
				st.once(ctx, trip)
				for _, api := range []string{"AdjustCharge", "CaptureCharge"} {
					for _, e := range st.calls(trip, api) {
						st.wellFormed(e)
					}
				}
			},
		},
		{
			Name: "pay.adjust-declined", Title: "AdjustCharge is declined",
			Explains: "Delivers the cart of somebody whose card declines every Adjust.",
			Expect:   "The decline is final, or asked again a few times at most. Never a Capture of more than the hold; what is open is a debt.",
			Sources:  []string{"payments 11.1/2", "payments 11.8/adjust declined", "payments 11.9/decline"}, Needs: o.needs,
			Run: func(ctx context.Context, st *Stage) {
				trip := st.shop(ctx, "decline_adjust", st.item("1"))
				st.await(ctx, trip, o.api, 1)
				st.Quiet(ctx)
				calls, b := st.calls(trip, o.api), st.book(trip)
				st.Expect(len(calls) <= 4, "the decline is taken for one", "few Adjusts", times(len(calls)))
				st.Expect(b.Captured <= b.PreAuth, "at most the hold is captured", money.New(b.PreAuth, b.Currency).String(), money.New(b.Captured, b.Currency).String())
				st.orderly(trip)
			},
		},
		{
			Name: "pay.adjust-pending", Title: "AdjustCharge is pending", Patience: 3 * time.Minute,
			Explains: "Answers the first Adjust PENDING, with the full amount in it, and approves the second.",
			Expect:   "The same Adjust again, and no Capture before it is approved.",
			Sources:  []string{"payments 11.1/3"}, Needs: o.needs,
			Run: func(ctx context.Context, st *Stage) {
				trip := o.begin(ctx, st, jwosim.Force{Outcome: "pending"})
				calls := o.again(ctx, st, trip)
				st.once(ctx, trip)
				if captures := st.calls(trip, "CaptureCharge"); len(captures) > 0 {
					st.Expect(captures[0].Seq > calls[1].Seq, "Capture waited for the approval", "after the second Adjust", "before it")
				}
			},
		},
		adjusted("partial", "approved for less", "partial:40", "Capture of what was authorized, or none while a person decides; the rest is owed.", "payments 11.9/partial"),
		adjusted("approved-more", "approved for more", "approved_more", "Capture of what was asked, not of more.", "payments 2/more"),
		adjusted("approved-no-amount", "approved without an amount", "approved_no_amount", "The amount asked for is taken as authorized.", "payments 2/no amount"),
		adjusted("other-currency", "approved in another currency", "other_currency", "No Capture: a person must look.", "payments 2/currency"),
		adjusted("unknown-status", "answered with an unknown status", "unknown_status", "Not read as an approval: the same Adjust again, then one Capture.", "payments 11.9/garbage adjust status"),
		adjusted("no-status", "answered without a status", "no_status", "Not read as an approval: the same Adjust again, then one Capture.", "payments 2/no status"),
	}
	list = append(list, o.refusals(append([]faulty{
		unknownTrip("4"),
		{"5", "invalid-store", "the store is not known", "storeId", "no-such-store", ""},
		{"6", "missing-field", "the amount is missing", "amount", gone{}, ""},
		{"7", "wrong-type", "the amount is a text", "amount.amount", "ten", ""},
		{"8", "invalid-currency", "the currency code is none", "amount.code", "usd", ""},
	}, forms("12", "13", "14")...)...)...)
	return append(append(list, o.unavailable("9", "10", "11")...), byDate(o))
}

// byDate asks to wait by a date.
func byDate(o operation) Scenario {
	sc := o.trouble("rate-limited-by-date", "answered 429 with an HTTP date", "429", true, "")
	sc.Sources, sc.Alone = []string{"payments 11.9/429 date"}, true
	play := sc.Run
	sc.Run = func(ctx context.Context, st *Stage) {
		before := st.Sim.Faults()
		f := before
		f.RetryAfterAs = "date"
		if err := st.Sim.SetFaults(f); err != nil {
			st.Skip("%v", err)
		}
		defer st.Sim.SetFaults(before) // what was in force is in order
		play(ctx, st)
	}
	return sc
}

// adjusted is an approval that is not quite one.
func adjusted(name, title, outcome, expect, source string) Scenario {
	o := op("adjust")
	return Scenario{
		Name: "pay.adjust-" + name, Title: "AdjustCharge is " + title,
		Explains: "Answers the first Adjust so that it is " + title + ".", Expect: expect,
		Sources: []string{source}, Needs: o.needs, Patience: 2 * time.Minute,
		Run: func(ctx context.Context, st *Stage) {
			trip := o.begin(ctx, st, jwosim.Force{Outcome: outcome})
			first := st.await(ctx, trip, o.api, 1)[0]
			asked, _ := st.named(first)
			switch name {
			case "unknown-status", "no-status":
				calls := o.again(ctx, st, trip)
				st.once(ctx, trip)
				if captures := st.calls(trip, "CaptureCharge"); len(captures) > 0 {
					st.Expect(captures[0].Seq > calls[1].Seq, "Capture waited for an approval", "after the second Adjust", "before it")
				}
			case "other-currency":
				st.Quiet(ctx)
				st.never(trip, "CaptureCharge")
			case "partial":
				st.Quiet(ctx)
				b := st.book(trip)
				st.Expect(b.Captured == b.Adjusted || b.Captured == 0 && b.Captures == 0, "at most what was authorized is captured", fmt.Sprint(b.Adjusted), fmt.Sprint(b.Captured))
				st.orderly(trip)
			default:
				b := st.once(ctx, trip)
				st.Expect(b.Captured == asked, "what was asked for is captured", fmt.Sprint(asked), fmt.Sprint(b.Captured))
			}
		},
	}
}

func cancelFamily() []Scenario {
	o := op("cancel")
	list := []Scenario{{
		Name: "pay.cancel", Title: "CancelCharge is taken",
		Explains: "Delivers an empty cart and answers the Cancel with an empty 200.",
		Expect:   "One Cancel of store and trip, without an amount; an empty answer is a success.",
		Sources:  []string{"payments 11.2/1"},
		Run: func(ctx context.Context, st *Stage) {
			trip := o.begin(ctx, st)
			st.wellFormed(st.await(ctx, trip, o.api, 1)[0])
			o.healed(ctx, st, trip)
			st.Quiet(ctx)
			calls := st.calls(trip, o.api)
			st.Expect(len(calls) == 1, "it is not sent again", "once", times(len(calls)))
		},
	}}
	list = append(list, o.refusals(append([]faulty{
		unknownTrip("2"),
		{"3", "invalid-store", "the store is not known", "storeId", "no-such-store", ""},
		{"4", "missing-field", "storeId is missing", "storeId", gone{}, ""},
		{"5", "missing-trip", "shoppingTripId is missing", "shoppingTripId", gone{}, ""},
		{"6", "wrong-type", "shoppingTripId is a number", "shoppingTripId", 7, ""},
		{"13", "empty-text", "shoppingTripId is empty", "shoppingTripId", "", ""},
		{"14", "null", "shoppingTripId is null", "shoppingTripId", nil, ""},
		{"15", "blank", "shoppingTripId is white space", "shoppingTripId", "   ", ""},
	}, forms("7", "8", "9")...)...)...)
	return append(list, o.unavailable("10", "11", "12")...)
}

func captureFamily() []Scenario {
	o := op("capture")
	list := o.refusals(append([]faulty{
		unknownTrip("2"),
		{"3", "invalid-store", "the store is not known", "storeId", "no-such-store", ""},
		{"4", "missing-field", "storeId is missing", "storeId", gone{}, ""},
		{"5", "missing-trip", "shoppingTripId is missing", "shoppingTripId", gone{}, ""},
		{"6", "missing-amount", "the amount is missing", "amount", gone{}, ""},
		{"7", "wrong-type", "the amount is a text", "amount.amount", "ten", ""},
		{"8", "invalid-currency", "the currency code is in small letters", "amount.code", "usd", ""},
		{"9", "long-currency", "the currency code has four letters", "amount.code", "USDX", ""},
		{"16", "zero", "the amount is zero", "amount.amount", 0, ""},
		{"17", "negative", "the amount is negative", "amount.amount", -1, ""},
		{"18", "empty-text", "shoppingTripId is empty", "shoppingTripId", "", ""},
		{"19", "null", "shoppingTripId is null", "shoppingTripId", nil, ""},
	}, forms("10", "11", "12")...)...)
	return append(list, o.unavailable("13", "14", "15")...)
}
