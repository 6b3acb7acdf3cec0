package scenario

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/strollhq/stroll/jwosim"
)

// asked are the calls to the connector about a trip.
func (st *Stage) asked(trip *jwosim.Trip, api string) []jwosim.Exchange {
	return st.Sim.History(jwosim.Filter{TripID: trip.ID(), API: api, Direction: jwosim.FromAmazon})
}

func (st *Stage) enteredBy(ctx context.Context, code string) (*jwosim.Trip, *jwosim.Refused) {
	trip, err := st.Sim.Enter(ctx, jwosim.Entry{StoreID: st.store.ID, Code: code})
	return st.tried(trip, err, "a code is shown at the gate")
}

// repeated asks three times about one event.
func (st *Stage) repeated(ctx context.Context, b body, status int, next func(body) body) {
	first := st.ask(ctx, "an entry", identityAPI, nil, b)
	st.status(first, "it is decided", status)
	if status == http.StatusOK {
		st.admitted(first, "the gate opens", "SHOPPER")
	}
	for range 2 {
		r := st.ask(ctx, "the same event again", identityAPI, nil, next(b))
		st.Expect(r.same(first) || status == http.StatusUnauthorized && r.Status == status, "the first answer is given again", first.String(), r.String())
	}
}

func rateLimit(ctx context.Context, st *Stage) {
	var texts [][]byte
	for range st.opt.Burst {
		texts = append(texts, st.identity(madeUp()).text())
	}
	st.Note("%d different entries are asked about at once", len(texts))
	all := st.atOnce(ctx, identityAPI, nil, texts)
	turned := slices.IndexFunc(all, func(r reply) bool { return r.Status == http.StatusTooManyRequests })
	counts := map[int]int{}
	for _, r := range all {
		counts[r.Status]++
	}
	st.Must(turned >= 0, "some are turned away", "429", fmt.Sprint(counts))
	st.Expect(counts[http.StatusTooManyRequests]+counts[http.StatusUnauthorized] == len(all), "the others are decided", "401", fmt.Sprint(counts))
	st.pause(ctx, 2*time.Second)
	decided := st.until(ctx, func() bool {
		all[turned] = st.quietly(ctx, identityAPI, nil, texts[turned])
		return all[turned].Status != http.StatusTooManyRequests
	})
	st.Expect(decided && all[turned].Status == http.StatusUnauthorized, "what was turned away is decided later", "401", all[turned].String())
}

func lostAtGate(ctx context.Context, st *Stage) {
	const api = "GetShopperAuthorization"
	if err := st.Sim.Force(jwosim.Force{API: api, Outcome: "lost"}); err != nil {
		st.Skip("%v", err)
	}
	st.Note("the next answer about a card is lost")
	trip := st.enter(ctx, "approve")
	asked := st.asked(trip, api)
	if len(asked) == 1 && asked[0].Fault == "" {
		st.Skip("another entry met the fault: run it when nobody else is at the gates")
	}
	st.Must(len(asked) == 2, "the gate asks again", "twice", times(len(asked)))
	st.Expect(asked[0].EventID == asked[1].EventID && asked[0].Status == asked[1].Status && asked[0].Response == asked[1].Response,
		"both answers are the same", asked[0].Response, asked[1].Response)
	st.orderly(trip)
}

func dependencyDown(ctx context.Context, st *Stage) {
	b := st.identity(madeUp())
	mend, err := st.opt.Break(ctx)
	if err != nil {
		st.Skip("could not break: %v", err)
	}
	r := st.ask(ctx, "an entry while the retailer's system is broken", identityAPI, nil, b)
	if err := mend(ctx); err != nil {
		st.Skip("could not mend: %v", err)
	}
	st.status(r, "it says that it cannot decide", http.StatusInternalServerError, http.StatusUnauthorized)
	st.Expect(r.Took < 2*time.Second, "the answer comes in time", "under 2s", r.Took.String())
	st.until(ctx, func() bool {
		r = st.quietly(ctx, identityAPI, nil, b.text())
		return r.Status == http.StatusUnauthorized
	})
	st.Expect(r.Status == http.StatusUnauthorized, "afterwards the event is decided", "401", r.String())
}

func peak(ctx context.Context, st *Stage) {
	var took []time.Duration
	slow, wrong := 0, ""
	for range 20 {
		texts := make([][]byte, 8)
		for i := range texts {
			texts[i] = st.identity(madeUp()).text()
		}
		for _, r := range st.atOnce(ctx, identityAPI, nil, texts) {
			took = append(took, r.Took)
			if r.Took >= 2*time.Second {
				slow++
			}
			if r.Status != http.StatusUnauthorized && r.Status != http.StatusTooManyRequests {
				wrong = r.String()
			}
		}
	}
	slices.Sort(took)
	p99 := took[len(took)*99/100]
	st.Expect(slow == 0, "every answer comes in time", "under 2s", fmt.Sprintf("%d of %d did not; p99 %s", slow, len(took), p99))
	st.Expect(wrong == "", "every entry is decided", "401", wrong)
	st.Advise(p99 < time.Second, "nearly all are quick", "p99 under 1s", p99.String())
}
