package scenario

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/strollhq/stroll/jwosim"
)

// gateFamily is about events that repeat, faults and load at the gate.
func gateFamily() []Scenario {
	return []Scenario{
		{
			Name: "entry.repeat-accepted", Title: "an accepted entry is asked about again",
			Explains: "Asks three times about one event, byte for byte.",
			Expect:   "The first answer each time.",
			Sources:  []string{"entry 11.1/6 accepted"}, Needs: []Need{NeedCode(Shopper)},
			Run: func(ctx context.Context, st *Stage) {
				st.repeated(ctx, st.identity(st.Code(ctx, Shopper)), http.StatusOK, func(b body) body { return b })
			},
		},
		{
			Name: "entry.repeat-refused", Title: "a refused entry is asked about again",
			Explains: "Asks three times about one event with a key nobody issued.",
			Expect:   "401 each time.",
			Sources:  []string{"entry 11.1/6 refused"},
			Run: func(ctx context.Context, st *Stage) {
				st.repeated(ctx, st.identity(madeUp()), http.StatusUnauthorized, func(b body) body { return b })
			},
		},
		{
			Name: "entry.repeat-new-request-id", Title: "a repeat under another requestId",
			Explains: "Asks again about one event, each time with a new requestId, as a retry may have.",
			Expect:   "The first answer: the event is what counts.",
			Sources:  []string{"entry 11.1/6 request id"}, Needs: []Need{NeedCode(Shopper)},
			Run: func(ctx context.Context, st *Stage) {
				st.repeated(ctx, st.identity(st.Code(ctx, Shopper)), http.StatusOK, func(b body) body { return b.with("requestId", newID()) })
			},
		},
		{
			Name: "entry.concurrent", Title: "twenty copies of one entry at once",
			Explains: "Asks about one event twenty times at the same moment.",
			Expect:   "One decision, given to all.",
			Sources:  []string{"entry 11.1/6 concurrent", "R-2 gate"}, Needs: []Need{NeedCode(Shopper)},
			Run: func(ctx context.Context, st *Stage) {
				b := st.override(st.identity(st.Code(ctx, Shopper)))
				texts := make([][]byte, 20)
				for i := range texts {
					texts[i] = b.with("requestId", newID()).text()
				}
				st.Note("twenty copies are sent at once")
				all := st.atOnce(ctx, identityAPI, nil, texts)
				st.admitted(all[0], "one of them is admitted", "SHOPPER")
				for _, r := range all[1:] {
					st.Must(r.same(all[0]), "every copy gets the same answer", all[0].String(), r.String())
				}
			},
		},
		{
			Name: "entry.repeat-stale", Title: "a repeat long after the code went stale",
			Explains: "Asks about an event, and again once the code would be refused by the clock.",
			Expect:   "The first answer: it is recorded, not decided anew.",
			Sources:  []string{"entry 11.1/6 stale"}, Needs: []Need{NeedCode(Shopper)}, Patience: 2 * time.Minute,
			Run: func(ctx context.Context, st *Stage) {
				b := st.override(st.identity(st.Code(ctx, Shopper)))
				first := st.send(ctx, "an entry", identityAPI, nil, b.text())
				st.admitted(first, "the gate opens", "SHOPPER")
				st.pause(ctx, 95*time.Second)
				again := st.send(ctx, "the same after 95 seconds", identityAPI, nil, b.text())
				st.Expect(again.same(first), "the first answer is given again", first.String(), again.String())
			},
		},
		{
			Name: "entry.changed-body", Title: "one event with two different keys",
			Explains: "Asks about one event twice, the second time with the key of nobody.",
			Expect:   "400, or the first answer: never a second decision about the same event.",
			Sources:  []string{"entry 11.1/6 changed"}, Needs: []Need{NeedCode(Shopper)},
			Run: func(ctx context.Context, st *Stage) {
				b := st.identity(st.Code(ctx, Shopper))
				first := st.ask(ctx, "an entry", identityAPI, nil, b)
				st.admitted(first, "the gate opens", "SHOPPER")
				r := st.ask(ctx, "the same event with another key", identityAPI, nil, b.with("identityKey", st.identity(madeUp())["identityKey"]))
				st.Expect(r.Status == http.StatusBadRequest || r.same(first), "nothing else is decided", "400, or the first answer", r.String())
				st.Advise(r.Status == http.StatusBadRequest, "the contradiction is refused", "400", r.String())
			},
		},
		{
			Name: "entry.rate-limit", Title: "more entries at once than are allowed",
			Explains: "Asks about so many different events at once that some must be turned away, then asks about one of those again.",
			Expect:   "429 to some, a decision to the others; nothing is recorded of a 429, so the event is decided when it comes again.",
			Sources:  []string{"entry 11.1/4", "R-37"}, Needs: []Need{NeedBurst}, Alone: true,
			Run: rateLimit,
		},
		{
			Name: "entry.gate-closed", Title: "what the gate makes of an answer",
			Explains: "Shows a code nobody issued at a simulated gate, whose own pattern is not asked.",
			Expect:   "The gate stays closed because the connector said 401, after one try.",
			Sources:  []string{"entry 11.1/8 401"},
			Run: func(ctx context.Context, st *Stage) {
				if st.store.ScanCodePattern != "" {
					st.Skip("the store's scan code pattern would drop the code before anybody is asked")
				}
				_, refused := st.enteredBy(ctx, madeUp())
				st.Must(refused != nil, "the gate stays closed", "closed", "open")
				st.Expect(refused.Status == http.StatusUnauthorized && refused.Tries == 1, "because the shopper was refused", "401 at the first try",
					fmt.Sprintf("%d after %d tries (%s)", refused.Status, refused.Tries, refused.Reason))
			},
		},
		{
			Name: "entry.gate-malformed", Title: "what the gate makes of a 400",
			Explains: "Shows a code at a simulated gate whose location is not of the enumeration.",
			Expect:   "The gate stays closed because the connector said 400, after one try.",
			Sources:  []string{"entry 11.1/8 400"}, Needs: []Need{NeedCode(Shopper)},
			Run: func(ctx context.Context, st *Stage) {
				trip, err := st.Sim.Enter(ctx, jwosim.Entry{StoreID: st.store.ID, Code: st.Code(ctx, Shopper), Location: "MOON"})
				_, refused := st.tried(trip, err, "a code is shown on the moon")
				st.Must(refused != nil, "the gate stays closed", "closed", "open")
				st.Expect(refused.Status == http.StatusBadRequest && refused.Tries == 1, "because the request was malformed", "400 at the first try",
					fmt.Sprintf("%d after %d tries (%s)", refused.Status, refused.Tries, refused.Reason))
			},
		},
		{
			Name: "entry.gate-open", Title: "the gate opens for a code",
			Explains: "Shows a code at a simulated gate.",
			Expect:   "The gate opens after one try.",
			Sources:  []string{"entry 11.1/8 200"}, Needs: []Need{NeedCode(Shopper)},
			Run: func(ctx context.Context, st *Stage) {
				trip := st.enterByCode(ctx, st.Code(ctx, Shopper))
				asked := st.asked(trip, identityAPI)
				st.Expect(len(asked) == 1 && asked[0].Status == http.StatusOK, "one answer was enough", "one 200", fmt.Sprint(len(asked)))
			},
		},
		{
			Name: "entry.lost-answer", Title: "the gate loses the answer and asks again",
			Explains: "Drops the first answer to an entry unread, so that the gate repeats the event.",
			Expect:   "The gate opens, both answers being the same.",
			Sources:  []string{"entry 11.1/8 no answer", "R-16 gate"}, Needs: []Need{NeedAsked}, Alone: true,
			Run: lostAtGate,
		},
		{
			Name: "entry.dependency-down", Title: "nothing can be decided",
			Explains: "Takes away what the gate depends on, asks about an entry, gives it back and asks again.",
			Expect:   "500, so that the store's default decides, or 401 where the retailer chose so; within two seconds. Afterwards the same event is decided.",
			Sources:  []string{"entry 11.1/5", "entry 11.1/8 500", "entry 11.1/9 slow"}, Needs: []Need{NeedBreak}, Alone: true,
			Run: dependencyDown,
		},
		{
			Name: "entry.peak", Title: "eight gates at once",
			Explains: "Asks about 160 different entries, eight at a time, with keys nobody issued.",
			Expect:   "Every answer within two seconds.",
			Sources:  []string{"entry 11.1/9 peak", "entry 11.2/phase load"},
			Run:      peak,
		},
	}
}
