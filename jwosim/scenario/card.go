package scenario

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

const cardAPI = "GetShopperAuthorization"

// cardFamily is GetShopperAuthorization.
func cardFamily() []Scenario {
	list := []Scenario{
		{
			Name: "card.authorized", Title: "a good card",
			Explains: "Asks about a card nobody has seen before, with good advice where the strategy gives any.",
			Expect:   "200 with shopperAuthorized true, within two seconds; a repeat of the event gets the same.",
			Sources:  []string{"entry 11.4/7a.1", "entry 11.2/combo authorization approved", "entry 11.2/VAL-CONN-001 card"}, Needs: []Need{NeedAsked},
			Run: func(ctx context.Context, st *Stage) {
				b := st.advised(true, nil, "")
				r := st.ask(ctx, "a good card", cardAPI, nil, b)
				st.allowed(r, "it is authorized", true)
				st.Expect(r.Took < 2*time.Second, "the answer comes in time", "under 2s", r.Took.String())
				again := st.ask(ctx, "the same event again", cardAPI, nil, b)
				st.Expect(again.same(r), "the first answer is given again", r.String(), again.String())
			},
		},
		risky("card.fraud", "advice: fraud", "CustomerFraud", "entry 11.4/7a.2 fraud", "entry 11.2/combo authorization denied"),
		risky("card.bad-debt", "advice: a debt", "BadDebt", "entry 11.4/7a.2 debt", "entry 11.4/7a.6 BadDebt"),
		risky("card.invalid", "advice: an invalid card", "InvalidCard", "entry 11.4/7a.4", "entry 11.4/7a.6 InvalidCard"),
		risky("card.expired", "advice: an expired card", "ExpiredCard", "entry 11.4/7a.5", "entry 11.4/7a.6 ExpiredCard"),
		{
			Name: "card.reduced", Title: "advice: a smaller pre-authorization",
			Explains: "Advises to admit with two fifths of the usual hold.",
			Expect:   "200 with shopperAuthorized true and one ADJUST above zero and below the hold: the advised one, or the retailer's own.",
			Sources:  []string{"entry 11.4/7a.3", "entry 11.4/7a.10"}, Needs: []Need{NeedAdvice},
			Run: func(ctx context.Context, st *Stage) {
				reduced := st.share(40)
				d := st.allowed(st.ask(ctx, "advice to hold less", cardAPI, nil, st.advised(true, nil, reduced)), "it is authorized", true)
				st.Must(len(d.Conditions) == 1 && d.Conditions[0].Type == "ADJUST", "with one condition", "ADJUST", fmt.Sprintf("%+v", d.Conditions))
				got := d.Conditions[0].Amount
				st.Expect(got.CurrencyCode == string(st.store.Currency) && st.below(got.Value.String()), "of less than the hold", "above zero, below "+st.store.PreAuth.String(), got.Value.String()+" "+got.CurrencyCode)
			},
		},
		{
			Name: "card.unknown-risk", Title: "advice: a risk nobody has heard of",
			Explains: "Names an unknown risk, once with advice to admit and once with advice to deny.",
			Expect:   "200 both times, and never 400: the list of risks is open. To follow the advice is the default.",
			Sources:  []string{"entry 11.4/7a.6 unknown"}, Needs: []Need{NeedAdvice},
			Run: func(ctx context.Context, st *Stage) {
				for _, good := range []bool{true, false} {
					r := st.ask(ctx, fmt.Sprintf("an unknown risk, advice %v", good), cardAPI, nil, st.advised(good, []string{"RiskOf2030"}, ""))
					d, ok := decided(r)
					st.Must(ok, "it is decided", "200 with shopperAuthorized", r.String())
					st.Advise(*d.Authorized == good, "the advice is followed", fmt.Sprint(good), fmt.Sprint(*d.Authorized))
				}
			},
		},
		{
			Name: "card.event-types", Title: "every type of authentication event, and an unknown one",
			Explains: "Asks about events of the documented type, of others, and with other interaction types and locations.",
			Expect:   "200 each time: these enumerations are open, and an unknown word never closes the gate.",
			Sources:  []string{"entry 11.4/7a.7"}, Needs: []Need{NeedAsked},
			Run: func(ctx context.Context, st *Stage) {
				for _, w := range [][3]string{{"CREDIT_CARD", "TAP", "ENTRY"}, {"CREDIT_CARD", "INSERT", "ENTRY"}, {"PALM", "HOVER", "ENTRY"}, {"TYPE_OF_2030", "WAVE", "ROOF"}} {
					b := st.advised(true, nil, "")
					event := "shopperInteraction.gateAuthenticationEvent."
					b.set(event+"type", w[0])
					b.set(event+"interactionType", w[1])
					b.set(event+"location", w[2])
					st.allowed(st.ask(ctx, strings.Join(w[:], " "), cardAPI, nil, b), "it is authorized", true)
				}
			},
		},
		{
			Name: "card.no-advice", Title: "advice is expected and does not come",
			Explains: "Leaves out the recommendation.",
			Expect:   "200: the retailer's own rules decide.",
			Sources:  []string{"entry 8/no recommendation"}, Needs: []Need{NeedAsked},
			Run: func(ctx context.Context, st *Stage) {
				r := st.ask(ctx, "without a recommendation", cardAPI, nil, st.authorization(newInstrument()))
				_, ok := decided(r)
				st.Expect(ok, "it is decided", "200 with shopperAuthorized", r.String())
			},
		},
		{
			Name: "card.unasked", Title: "a store whose cards are Amazon's affair",
			Explains: "Asks about a card although the strategy leaves the decision to Amazon.",
			Expect:   "404: the connector is not configured for it.",
			Sources:  []string{"entry 11.4/7a.14"}, Needs: []Need{NeedUnasked},
			Run: func(ctx context.Context, st *Stage) {
				st.status(st.ask(ctx, "a card", cardAPI, nil, st.authorization(newInstrument())), "it is not configured", http.StatusNotFound)
			},
		},
		{
			Name: "card.owes", Title: "a card that owes", Patience: 2 * time.Minute,
			Explains: "Lets a card in whose charge is then declined, and taps it again.",
			Expect:   "200 with shopperAuthorized false and the risk BadDebt.",
			Sources:  []string{"entry 11.4/7a.11", "entry 11.2/7.13", "payments 11.9/debt refused", "readiness 4.4/7.13"}, Needs: []Need{NeedAsked, NeedItem},
			Run: func(ctx context.Context, st *Stage) { st.owes(ctx, "decline_adjust") },
		},
		{
			Name: "card.fallback", Title: "the fraud system is down",
			Explains: "Takes away what the gate depends on, asks about a card, and gives it back.",
			Expect:   "What the retailer chose: admit, deny, or 503 upon which Amazon asks again. Afterwards the same event is decided.",
			Sources:  []string{"entry 11.4/7a.15", "entry 11.4/7a.16"}, Needs: []Need{NeedAsked, NeedBreak, NeedFallback}, Alone: true,
			Run: cardFallback,
		},
	}
	return append(append(list, operators()...), cardFaults()...)
}

// operators are the standing orders of the retailer's own operators.
func operators() []Scenario {
	var list []Scenario
	for _, o := range []struct {
		act, source  string
		advice, want bool
	}{{"accept", "7a.8", false, true}, {"deny", "7a.9", true, false}, {"adjust", "7a.10 own", true, true}} {
		list = append(list, Scenario{
			Name: "card.operator-" + o.act, Title: "an operator ordered to " + o.act + " this risk",
			Explains: "Names a risk about which the retailer's operator gave an order, with advice that says something else.",
			Expect:   fmt.Sprintf("200 with shopperAuthorized %v: the order comes before Amazon's advice. With adjust, one ADJUST of the retailer's own amount.", o.want),
			Sources:  []string{"entry 11.4/" + o.source}, Needs: []Need{NeedAdvice, NeedOperator(o.act)},
			Run: func(ctx context.Context, st *Stage) {
				d := st.allowed(st.ask(ctx, "a risk with an order", cardAPI, nil, st.advised(o.advice, []string{st.opt.Operator[o.act]}, "")), "the order is followed", o.want)
				ok := len(d.Conditions) == 0
				if o.act == "adjust" {
					ok = len(d.Conditions) == 1 && d.Conditions[0].Type == "ADJUST" && st.below(d.Conditions[0].Amount.Value.String())
				}
				st.Expect(ok, "its amount is the operator's", "one ADJUST with adjust, else none", fmt.Sprintf("%+v", d.Conditions))
			},
		})
	}
	return list
}

// advised is a request with advice under the strategy that has any.
func (st *Stage) advised(good bool, risks []string, reduced string) body {
	b := st.authorization(newInstrument())
	if st.lacks(NeedAdvice) == "" {
		b.set("shopperInteraction.recommendation", st.advice(good, risks, reduced))
	}
	return b
}

// risky is advice against somebody.
func risky(name, title, risk string, sources ...string) Scenario {
	return Scenario{
		Name: name, Title: title,
		Explains: "Advises to deny, naming the risk " + risk + ".",
		Expect:   "200 with shopperAuthorized false, not a 4xx, and the risk beside it.",
		Sources:  sources, Needs: []Need{NeedAdvice},
		Run: func(ctx context.Context, st *Stage) {
			d := st.allowed(st.ask(ctx, "advice to deny: "+risk, cardAPI, nil, st.advised(false, []string{risk}, "")), "it is denied", false)
			st.Advise(slices.Contains(d.Risks, risk), "the risk is named", risk, fmt.Sprint(d.Risks))
		},
	}
}

// cardFaults are the malformed requests.
func cardFaults() []Scenario {
	var list []Scenario
	for _, f := range []faulty{
		{"7a.12 storeId", "card.missing-store", "storeId is missing", "storeId", gone{}, ""},
		{"7a.12 shopperIdentity", "card.missing-identity", "shopperIdentity is missing", "shopperIdentity", gone{}, ""},
		{"7a.12 shopperIdentity.id", "card.missing-identity-id", "shopperIdentity.id is missing", "shopperIdentity.id", gone{}, ""},
		{"7a.13 unknown", "card.unknown-store", "storeId is no store served", "storeId", "no-such-store", ""},
		{"7a.13 long", "card.long-store", "storeId has more than 255 characters", "storeId", strings.Repeat("s", 256), ""},
	} {
		list = append(list, Scenario{
			Name: f.name, Title: f.title,
			Explains: "Asks about a card once well-formed and once broken: " + f.title + ".",
			Expect:   "400 to the broken request, saying which field is at fault; a decision on the other.",
			Sources:  []string{"entry 11.4/" + f.id}, Needs: []Need{NeedAsked},
			Run: func(ctx context.Context, st *Stage) {
				r := st.ask(ctx, "well-formed", cardAPI, nil, st.advised(true, nil, ""))
				st.allowed(r, "it is authorized", true)
				r = st.send(ctx, f.title, cardAPI, nil, f.text(st, st.advised(true, nil, "")))
				st.status(r, "the broken request is refused", http.StatusBadRequest)
				st.names(r, f.path)
			},
		})
	}
	return list
}

// share is so many percent of the store's hold.
func (st *Stage) share(percent int64) string {
	p := st.store.PreAuth
	p.Minor = p.Minor * percent / 100
	return p.Number()
}

// below says whether a number is above zero and below the hold.
func (st *Stage) below(number string) bool {
	minor, ok := st.minor(number)
	return ok && minor > 0 && minor < st.store.PreAuth.Minor
}

func cardFallback(ctx context.Context, st *Stage) {
	b := st.advised(true, nil, "")
	mend, err := st.opt.Break(ctx)
	if err != nil {
		st.Skip("could not break: %v", err)
	}
	r := st.ask(ctx, "a card while the retailer's system is broken", cardAPI, nil, b)
	if err := mend(ctx); err != nil {
		st.Skip("could not mend: %v", err)
	}
	d, ok := decided(r)
	got := r.String()
	switch st.opt.Fallback {
	case "allow", "deny":
		st.Expect(ok && *d.Authorized == (st.opt.Fallback == "allow"), "the fallback answers", st.opt.Fallback, got)
	default:
		st.status(r, "it says that it cannot decide", http.StatusServiceUnavailable, http.StatusInternalServerError)
	}
	st.Expect(r.Took < 2*time.Second, "the answer comes in time", "under 2s", r.Took.String())
	st.until(ctx, func() bool { r = st.quietly(ctx, cardAPI, nil, b.text()); _, ok := decided(r); return ok })
	st.allowed(r, "afterwards the event is decided", true)
}
