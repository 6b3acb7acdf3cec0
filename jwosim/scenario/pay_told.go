package scenario

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/strollhq/stroll/jwosim"
	"github.com/strollhq/stroll/money"
)

func dataFamily() []Scenario {
	o := op("data")
	list := []Scenario{
		{
			Name: "pay.data", Title: "GetTransactionalData gives all fields",
			Explains: "Lets somebody shop and answers the request for their card's data in full.",
			Expect:   "The data are asked for once the trip is captured, and not again when they are complete.",
			Sources:  []string{"payments 11.5/1", "payments 11.8/data"}, Needs: o.needs, Patience: o.patience,
			Run: func(ctx context.Context, st *Stage) {
				trip := o.begin(ctx, st)
				o.healed(ctx, st, trip)
				st.wellFormed(st.calls(trip, o.api)[0])
				captures := st.calls(trip, "CaptureCharge")
				st.Expect(len(captures) > 0 && st.calls(trip, o.api)[0].Seq > captures[0].Seq, "they are asked for after the Capture", "later", "earlier")
				n := len(st.calls(trip, o.api))
				st.Quiet(ctx)
				st.Advise(len(st.calls(trip, o.api)) == n, "and not again", times(n), times(len(st.calls(trip, o.api))))
			},
		},
		{
			Name: "pay.data-incomplete", Title: "GetTransactionalData lacks fields",
			Explains: "Answers the first request with brand, last four and currency alone.",
			Expect:   "The trip is charged all the same. To ask again for what is missing is good manners.",
			Sources:  []string{"payments 11.5/edge missing", "payments 11.5/edge early"}, Needs: o.needs, Patience: o.patience,
			Run: func(ctx context.Context, st *Stage) {
				trip := o.begin(ctx, st, jwosim.Force{Outcome: "missing_fields"})
				st.await(ctx, trip, o.api, 1)
				st.once(ctx, trip)
				came := st.until(ctx, func() bool { return len(st.calls(trip, o.api)) > 1 })
				st.Advise(came, "they are asked for again", "twice", times(len(st.calls(trip, o.api))))
			},
		},
		{
			Name: "pay.data-unknown-mode", Title: "GetTransactionalData names an unknown entry mode",
			Explains: "Lets somebody shop with a card whose data carry an entry mode outside the documented five.",
			Expect:   "It is tolerated: the data are not asked for again and again.",
			Sources:  []string{"payments 11.5/edge mode"}, Needs: o.needs, Patience: o.patience,
			Run: func(ctx context.Context, st *Stage) {
				trip := st.shop(ctx, "unknown_entry_mode", st.item("1"))
				o.healed(ctx, st, trip)
				st.Quiet(ctx)
				n := len(st.calls(trip, o.api))
				st.Expect(n <= 2, "they are not asked for again and again", "once", times(n))
			},
		},
	}
	list = append(list, o.refusals(append([]faulty{
		unknownTrip("2"),
		{"3", "invalid-store", "the store is not known", "storeId", "no-such-store", ""},
		{"4", "missing-field", "storeId is missing", "storeId", gone{}, ""},
		{"5", "missing-trip", "shoppingTripId is missing", "shoppingTripId", gone{}, ""},
		{"6", "wrong-type", "shoppingTripId is a number", "shoppingTripId", 7, ""},
	}, forms("7", "8", "9")...)...)...)
	return append(list, o.unavailable("10", "11", "12")...)
}

func reportFamily() []Scenario {
	o := op("report")
	list := []Scenario{
		reported("full", "settled in full", "approve", []string{"entry 11.5/7b.1", "entry 11.5/TC001", "entry 11.2/combo report", "payments 11.7/7b.1", "payments 11.7/TC001", "payments 11.8/report accepted"}, func(total, captured int64) int64 { return total }),
		reported("part", "settled in part", "partial_50", []string{"entry 11.5/7b.2", "entry 11.5/TC003", "payments 11.7/7b.2", "payments 11.7/TC003"}, func(_, captured int64) int64 { return captured }),
		reported("nothing", "nothing settled", "decline_adjust", []string{"entry 11.5/7b.3", "entry 11.5/TC004", "payments 11.7/7b.3", "payments 11.7/TC004", "payments 11.7/7b.7", "entry 11.5/7b.7"}, func(_, captured int64) int64 { return captured }),
		{
			Name: "pay.report-rejected", Title: "ReportPaymentStatus is rejected",
			Explains: "Answers the report 200 with the status Rejected.",
			Expect:   "A person looks at it; the same report is not sent again and again.",
			Sources:  []string{"entry 11.5/TC002", "payments 11.7/TC002", "payments 11.9/rejected"}, Needs: o.needs,
			Run: func(ctx context.Context, st *Stage) {
				trip := o.begin(ctx, st, jwosim.Force{Outcome: "Rejected", Times: 3})
				o.final(ctx, st, trip)
			},
		},
		{
			Name: "pay.report-forms", Title: "ReportPaymentStatus is as documented",
			Explains: "Lets somebody shop and looks at every field of the report.",
			Expect:   "storeId, shoppingTripId, both amounts as numbers of the store's currency with no more decimals than it has, paymentStatusTime a number.",
			Sources: []string{"entry 11.5/TC005", "entry 11.5/TC006", "entry 11.5/TC007", "entry 11.5/TC008", "entry 11.5/TC009", "entry 11.5/TC010",
				"payments 11.7/TC005", "payments 11.7/TC006", "payments 11.7/TC007", "payments 11.7/TC008", "payments 11.7/TC009", "payments 11.7/TC010"}, Needs: o.needs,
			Run: func(ctx context.Context, st *Stage) {
				trip := o.begin(ctx, st)
				e := st.await(ctx, trip, o.api, 1)[0]
				st.wellFormed(e)
				total, settled, ok := st.reportOf(e)
				st.Expect(ok && total > 0 && settled <= total, "both amounts are numbers of the currency", string(st.store.Currency), e.Request)
				o.healed(ctx, st, trip)
			},
		},
	}
	list = append(list, o.refusals(
		faulty{"7b.4", "unknown-trip", "the trip is not known", "shoppingTripId", "no-such-trip", ""},
		faulty{"TC011", "missing-store", "storeId is missing", "storeId", gone{}, ""},
		faulty{"TC012", "missing-trip", "shoppingTripId is missing", "shoppingTripId", gone{}, ""},
		faulty{"TC013", "missing-total", "totalAmount is missing", "totalAmount", gone{}, ""},
		faulty{"TC014", "missing-settled", "settledAmount is missing", "settledAmount", gone{}, ""},
		faulty{"7b.5", "missing-amount", "an amount has no number", "totalAmount.amount", gone{}, ""},
	)...)
	list = append(list, o.unavailable("ours 429", "7b.6", "ours 503")...)
	for i := range list { // the same list stands in two places of the contract
		if id, ok := strings.CutPrefix(list[i].Sources[0], o.list); ok {
			list[i].Sources = append(list[i].Sources, "entry 11.5/"+id)
		}
	}
	return list
}

// reported is an outcome that must be told to Amazon.
func reported(name, title, card string, sources []string, settled func(total, captured int64) int64) Scenario {
	o := op("report")
	return Scenario{
		Name: "pay.report-" + name, Title: "ReportPaymentStatus: " + title,
		Explains: "Lets somebody shop with a card (" + card + ") and waits for the report of how that ended.",
		Expect:   "One report of this outcome, with the total and what was captured of it.",
		Sources:  sources, Needs: o.needs,
		Run: func(ctx context.Context, st *Stage) {
			trip := st.shop(ctx, card, st.item("2"))
			st.await(ctx, trip, o.api, 1)
			st.Quiet(ctx)
			calls, b := st.calls(trip, o.api), st.book(trip)
			total, got, ok := st.reportOf(calls[len(calls)-1])
			want := settled(total, b.Captured)
			st.Expect(ok && total == b.Asked, "the total is the cart's", money.New(b.Asked, b.Currency).String(), fmt.Sprint(total))
			st.Expect(got == want, "what is settled is what was captured", fmt.Sprint(want), fmt.Sprint(got))
			distinct := map[string]bool{}
			for _, c := range calls {
				distinct[content(c)] = true
			}
			st.Expect(len(distinct) == 1 && len(calls) == 1, "one report for the outcome", "once", fmt.Sprintf("%s, %d different", times(len(calls)), len(distinct)))
		},
	}
}

// reportOf reads the amounts of a report.
func (st *Stage) reportOf(e jwosim.Exchange) (total, settled int64, ok bool) {
	type amount struct {
		Amount json.Number `json:"amount"`
		Code   string      `json:"code"`
	}
	var b struct{ TotalAmount, SettledAmount *amount }
	if json.Unmarshal([]byte(e.Request), &b) != nil || b.TotalAmount == nil || b.SettledAmount == nil {
		return 0, 0, false
	}
	total, fine := st.minor(b.TotalAmount.Amount.String())
	settled, too := st.minor(b.SettledAmount.Amount.String())
	cur := string(st.store.Currency)
	return total, settled, fine && too && b.TotalAmount.Code == cur && b.SettledAmount.Code == cur
}
