package scenario

import (
	"context"
	"time"

	"github.com/strollhq/stroll/jwosim"
)

// throttle is what a 429 asks to wait.
const throttle = 3 * time.Second

// unavailable are the three ways in which Amazon is not available; the ids are
// those of the call's own list.
func (o operation) unavailable(ids ...string) []Scenario {
	list := []Scenario{
		o.trouble("rate-limited", "answered 429", "429", true, ids[0]),
		o.trouble("server-error", "answered 500", "500", true, ids[1]),
		o.trouble("unavailable", "answered 503", "503", true, ids[2]),
	}
	list[0].Sources = append(list[0].Sources, "payments 11.9/429 number")
	return list
}

// troubleFamily is what can happen to every call on its way.
func troubleFamily() []Scenario {
	var list []Scenario
	for _, o := range operations() {
		for _, f := range []struct {
			name, title, outcome string
			effect               bool // the call had its effect
		}{
			{"reset", "cut off before it is answered", "reset", false},
			{"hang", "never answered, and had no effect", "hang", false},
			{"hang-after", "never answered, and had its effect", "hang-after", true},
			{"lost", "answered, but the answer is lost", "lost", true},
			{"cut", "answered by half an answer", "cut", true},
			{"garbage", "answered 200 by something that is no JSON", "malformed", true},
			{"error-after-effect", "answered 500, and had its effect", "500-after", true},
		} {
			// A call whose answer says nothing is done with any 200; one whose
			// effect shows elsewhere may be healed without sending it again.
			again := !f.effect || o.word == "adjust" || o.word == "report" || o.word == "data" && f.name != "garbage"
			sc := o.trouble(f.name, f.title, f.outcome, again, "")
			sc.Sources = []string{"payments 11.9/" + o.word + " " + f.name}
			if o.word == "capture" {
				// What may have taken money is not sent again before evidence had
				// the time to come.
				sc.Patience = 25 * time.Minute
			}
			list = append(list, sc)
		}
	}
	return list
}

// trouble is a call that does not get through at first.
func (o operation) trouble(name, title, outcome string, again bool, id string) Scenario {
	expect := "The same call again, with the same content, until it is answered; then all goes on, and nothing happened twice."
	if !again {
		expect = "Whether it is sent again or not: nothing happens twice, and the right state is reached in the end."
	}
	if outcome == "429" {
		expect = "No call of this operation before the time asked for is over; then the same again, and all goes on."
	}
	return Scenario{
		Name: "pay." + o.word + "-" + name, Title: o.api + " is " + title,
		Explains: "Lets the retailer's first " + o.api + " of a trip be " + title + ".",
		Expect:   expect,
		Sources:  []string{o.list + id}, Needs: o.needs, Patience: max(o.patience, time.Minute),
		Run: func(ctx context.Context, st *Stage) {
			f := jwosim.Force{Outcome: outcome}
			if outcome == "429" {
				f.RetryAfter = throttle
			}
			trip := o.begin(ctx, st, f)
			calls := st.await(ctx, trip, o.api, 1)
			if again {
				calls = o.again(ctx, st, trip)
			}
			if outcome == "429" {
				waited := calls[1].At.Sub(calls[0].At.Add(calls[0].Took))
				slack := 100 * time.Millisecond
				if st.Sim.Faults().RetryAfterAs == "date" {
					slack += time.Second // a date has whole seconds
				}
				st.Expect(waited >= throttle-slack, "it waited as long as it was asked to", throttle.String(), waited.String())
			}
			if o.word == "capture" && !again {
				// The books are right already; what counts is what comes of the doubt.
				came := st.until(ctx, func() bool { return len(st.calls(trip, o.api)) > 1 || len(st.calls(trip, "GetTransactionalData")) > 0 })
				st.Advise(came, "the doubt is looked into", "the card's data are asked for, or the same Capture comes again", st.seen(trip))
			}
			o.healed(ctx, st, trip)
			for _, c := range st.calls(trip, o.api) {
				st.Expect(content(c) == content(calls[0]), "every repeat says the same", content(calls[0]), content(c))
			}
		},
	}
}
