package scenario

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/strollhq/stroll/jwosim"
)

// operation is one of the calls to Amazon that follow a trip, and how a
// scenario brings it about.
type operation struct {
	api, word string
	list      string // of the contract: "payments 11.1/"
	path      string // of the request
	needs     []Need
	empty     bool // comes after an empty cart
	patience  time.Duration
	// healed waits until the call has had its effect, and looks at it.
	healed func(context.Context, *Stage, *jwosim.Trip)
	// stopped looks at what must not follow once the call was refused for good.
	stopped func(context.Context, *Stage, *jwosim.Trip)
}

func operations() []operation {
	once := func(ctx context.Context, st *Stage, trip *jwosim.Trip) { st.once(ctx, trip) }
	return []operation{
		{api: "AdjustCharge", word: "adjust", list: "payments 11.1/", needs: []Need{NeedItem}, healed: once,
			stopped: func(_ context.Context, st *Stage, trip *jwosim.Trip) { st.never(trip, "CaptureCharge") }},
		{api: "CancelCharge", word: "cancel", list: "payments 11.2/", empty: true,
			healed: func(ctx context.Context, st *Stage, trip *jwosim.Trip) {
				st.charge(ctx, trip, "the hold is released", "cancelled")
				st.never(trip, "AdjustCharge", "CaptureCharge")
			},
			stopped: func(_ context.Context, st *Stage, trip *jwosim.Trip) { st.never(trip, "AdjustCharge", "CaptureCharge") }},
		{api: "CaptureCharge", word: "capture", list: "payments 11.3/", needs: []Need{NeedItem}, healed: once,
			stopped: func(_ context.Context, st *Stage, trip *jwosim.Trip) {
				b := st.book(trip)
				st.Expect(b.Captured == 0, "nothing was captured", "0", fmt.Sprint(b.Captured))
				st.orderly(trip)
			}},
		{api: "GetTransactionalData", word: "data", list: "payments 11.5/", needs: []Need{NeedItem}, patience: 3 * time.Minute,
			healed: func(ctx context.Context, st *Stage, trip *jwosim.Trip) {
				st.until(ctx, func() bool { return st.answered(trip, "GetTransactionalData") > 0 })
				n := st.answered(trip, "GetTransactionalData")
				st.Expect(n > 0, "the card's data are fetched", "200", st.seen(trip))
				st.once(ctx, trip)
			},
			stopped: func(ctx context.Context, st *Stage, trip *jwosim.Trip) { st.once(ctx, trip) }},
		{api: "ReportPaymentStatus", word: "report", list: "payments 11.7/", needs: []Need{NeedItem, NeedReports},
			healed: func(ctx context.Context, st *Stage, trip *jwosim.Trip) {
				st.until(ctx, func() bool { return st.book(trip).Reported != nil })
				b := st.book(trip)
				ok := b.Reported != nil && b.Reported.Settled.Minor == b.Captured && b.Reported.Total.Minor == b.Captured
				st.Expect(ok, "the outcome is reported", "total and settled as captured", fmt.Sprintf("%+v of captured %d", b.Reported, b.Captured))
				st.orderly(trip)
			},
			stopped: func(ctx context.Context, st *Stage, trip *jwosim.Trip) { st.once(ctx, trip) }},
	}
}

// operation by its word.
func op(word string) operation {
	for _, o := range operations() {
		if o.word == word {
			return o
		}
	}
	panic("scenario: no operation " + word)
}

// begin brings the call about, with what Amazon will answer to it.
func (o operation) begin(ctx context.Context, st *Stage, forced ...jwosim.Force) *jwosim.Trip {
	var items []jwosim.Item
	if !o.empty {
		items = append(items, st.item("1"))
	}
	trip, cart := st.visit(ctx, "approve", items...)
	for _, f := range forced {
		f.API, f.Trip = o.api, trip.ID()
		st.forced(f)
	}
	st.bought(st.ask(ctx, "the cart is delivered", cartAPI, trip, cart), "the cart is accepted", o.empty)
	return trip
}

// answered counts the calls that were answered 200.
func (st *Stage) answered(trip *jwosim.Trip, api string) int {
	n := 0
	for _, e := range st.calls(trip, api) {
		if e.Status == http.StatusOK {
			n++
		}
	}
	return n
}

var (
	storeForm = regexp.MustCompile(`^[0-9a-zA-Z_-]{1,255}$`)
	tripForm  = regexp.MustCompile(`^[0-9a-zA-Z_-]{1,255}$`)
)

// wellFormed holds a request to Amazon to its documented form.
func (st *Stage) wellFormed(e jwosim.Exchange) {
	var b struct {
		StoreID        string          `json:"storeId"`
		ShoppingTripID string          `json:"shoppingTripId"`
		Time           json.RawMessage `json:"paymentStatusTime"`
	}
	err := json.Unmarshal([]byte(e.Request), &b)
	ok := err == nil && storeForm.MatchString(b.StoreID) && tripForm.MatchString(b.ShoppingTripID) && b.StoreID == st.store.ID
	switch e.API {
	case "AdjustCharge", "CaptureCharge":
		minor, fine := st.named(e)
		ok = ok && fine && minor > 0 && !strings.Contains(e.Request, `"amount":"`)
	case "ReportPaymentStatus":
		ok = ok && (len(b.Time) == 0 || b.Time[0] != '"')
	}
	st.Expect(ok, e.API+" is as documented", "storeId, shoppingTripId, amounts as numbers of the currency", e.Request)
}

// again expects that the call comes once more with the same content.
func (o operation) again(ctx context.Context, st *Stage, trip *jwosim.Trip) []jwosim.Exchange {
	calls := st.await(ctx, trip, o.api, 2)
	first, second := content(calls[0]), content(calls[1])
	st.Expect(first == second, "the repeat says the same", first, second)
	return calls
}

// content is a request without the moment it was written at.
func content(e jwosim.Exchange) string {
	var b map[string]any
	d := json.NewDecoder(strings.NewReader(e.Request))
	d.UseNumber()
	if d.Decode(&b) != nil {
		return e.Request
	}
	delete(b, "paymentStatusTime")
	text, err := json.Marshal(b)
	if err != nil {
		return e.Request
	}
	return string(text)
}

// final expects that a refusal is taken for one: no repeat.
func (o operation) final(ctx context.Context, st *Stage, trip *jwosim.Trip) {
	calls := st.await(ctx, trip, o.api, 1)
	st.wellFormed(calls[0])
	st.Quiet(ctx)
	calls = st.calls(trip, o.api)
	// Data may be asked for again shortly after the capture, which may not have
	// come through yet.
	most := 1
	if o.word == "data" {
		most = 3
	}
	st.Expect(len(calls) <= most, "it is not sent again and again", "once", times(len(calls)))
	if o.stopped != nil {
		o.stopped(ctx, st, trip)
	}
}

// refusals are documented answers to the call that are final. Each is shown
// on a body that is broken in that way, and then given to the retailer's own.
func (o operation) refusals(broken ...faulty) []Scenario {
	var list []Scenario
	for _, f := range broken {
		list = append(list, Scenario{
			Name: "pay." + o.word + "-" + f.name, Title: o.api + ": " + f.title,
			Explains: "Shows what Amazon answers to " + o.api + " when " + f.title + ", then gives that answer to the retailer's own call.",
			Expect:   "The retailer's call is well-formed; a 400 is final: it is not sent again, and nothing follows that needs it.",
			Sources:  []string{o.list + f.id}, Needs: o.needs, Patience: o.patience,
			Run: func(ctx context.Context, st *Stage) {
				outcome := "BadRequestException"
				if f.name == "unknown-trip" {
					outcome = "UnknownShoppingTrip"
				}
				trip := o.begin(ctx, st, jwosim.Force{Outcome: outcome})
				st.shown(o.api, o.example(st, trip), f)
				o.final(ctx, st, trip)
			},
		})
	}
	return list
}

// shown is Amazon's answer to a broken body.
func (st *Stage) shown(api string, whole body, f faulty) {
	text := whole.with(f.path, f.value).text()
	status, answer, err := st.Sim.Answer(api, text)
	if err != nil {
		st.Skip("%v", err)
	}
	st.step(Step{What: "Amazon's answer when " + f.title, Request: string(text), Status: status, Response: string(answer), Verdict: Noted})
	st.Expect(status == http.StatusBadRequest, "Amazon refuses it", "400", fmt.Sprintf("%d %s", status, answer))
}

// example is a well-formed body of the call.
func (o operation) example(st *Stage, trip *jwosim.Trip) body {
	b := body{"storeId": st.store.ID, "shoppingTripId": trip.ID()}
	switch o.api {
	case "AdjustCharge", "CaptureCharge":
		b["amount"] = st.amount("1")
	case "ReportPaymentStatus":
		b["totalAmount"], b["settledAmount"], b["paymentStatusTime"] = st.amount("1"), st.amount("1"), 1700000000
	}
	return b
}
