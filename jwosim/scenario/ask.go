package scenario

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/strollhq/stroll/jwosim"
)

// reply is a connector's answer, or that none came.
type reply struct {
	Status int
	Body   []byte
	Took   time.Duration
	Err    error
}

func (r reply) String() string {
	if r.Err != nil {
		return "no answer: " + r.Err.Error()
	}
	return fmt.Sprintf("%d %.200s", r.Status, bytes.TrimSpace(r.Body))
}

// same reports whether two answers are equal in status and content.
func (r reply) same(o reply) bool {
	if r.Err != nil || o.Err != nil || r.Status != o.Status {
		return false
	}
	var x, y any
	if json.Unmarshal(r.Body, &x) != nil || json.Unmarshal(o.Body, &y) != nil {
		return bytes.Equal(r.Body, o.Body)
	}
	a, _ := json.Marshal(x)
	b, _ := json.Marshal(y)
	return bytes.Equal(a, b)
}

// ask sends a body to the connector and keeps what came back.
func (st *Stage) ask(ctx context.Context, what, api string, trip *jwosim.Trip, b body) reply {
	return st.send(ctx, what, api, trip, st.override(b).text())
}

// send sends any bytes.
func (st *Stage) send(ctx context.Context, what, api string, trip *jwosim.Trip, text []byte) reply {
	r := st.quietly(ctx, api, trip, text)
	s := Step{What: what, Request: string(text), Status: r.Status, Response: string(r.Body), Verdict: Noted}
	if r.Err != nil {
		s.Got = r.Err.Error()
	}
	st.step(s)
	return r
}

// quietly sends without keeping a step.
func (st *Stage) quietly(ctx context.Context, api string, trip *jwosim.Trip, text []byte) reply {
	var b struct {
		AuthEvent struct{ ID string } `json:"authEvent"`
	}
	_ = json.Unmarshal(text, &b) // for the history only; it may be as wrong as it likes
	a, err := st.Sim.Send(ctx, jwosim.Raw{API: api, StoreID: st.store.ID, Trip: trip, EventID: b.AuthEvent.ID, Body: text})
	if ctx.Err() != nil {
		panic(over{"interrupted"})
	}
	return reply{a.Status, a.Body, a.Took, err}
}

// atOnce sends the same bytes so many times at the same moment.
func (st *Stage) atOnce(ctx context.Context, api string, trip *jwosim.Trip, texts [][]byte) []reply {
	out := make([]reply, len(texts))
	var all sync.WaitGroup
	for i, text := range texts {
		all.Go(func() {
			a, err := st.Sim.Send(ctx, jwosim.Raw{API: api, StoreID: st.store.ID, Trip: trip, Body: text})
			out[i] = reply{a.Status, a.Body, a.Took, err}
		})
	}
	all.Wait()
	if ctx.Err() != nil {
		panic(over{"interrupted"})
	}
	return out
}

// status expects one of some statuses.
func (st *Stage) status(r reply, what string, want ...int) bool {
	return st.Expect(r.Err == nil && slices.Contains(want, r.Status), what, statuses(want), r.String())
}

func statuses(list []int) string {
	text := ""
	for i, s := range list {
		if i > 0 {
			text += " or "
		}
		text += fmt.Sprint(s)
	}
	return text
}

// visitor reads an accepted identity key.
func visitor(r reply) (v jwosim.Visitor, ok bool) {
	var b struct {
		VisitorDetails jwosim.Visitor `json:"visitorDetails"`
	}
	if r.Err != nil || r.Status != http.StatusOK || json.Unmarshal(r.Body, &b) != nil {
		return v, false
	}
	v = b.VisitorDetails
	return v, v.ID != "" && len(v.ID) <= 255 && slices.Contains([]string{"SHOPPER", "ASSOCIATE", "CASH_SHOPPER"}, v.Type)
}

// admitted expects that somebody is let in, as what they are.
func (st *Stage) admitted(r reply, what, kind string) jwosim.Visitor {
	v, ok := visitor(r)
	st.Must(ok && (kind == "" || v.Type == kind), what, "200 with visitorDetails of type "+kind, r.String())
	return v
}

// decision reads a shopper authorization.
type decision struct {
	Authorized *bool `json:"shopperAuthorized"`
	Conditions []struct {
		Type   string `json:"type"`
		Amount struct {
			Value        json.Number `json:"value"`
			CurrencyCode string      `json:"currencyCode"`
		} `json:"amount"`
	} `json:"authorizationConditions"`
	Risks []string `json:"shopperRisks"`
}

func decided(r reply) (d decision, ok bool) {
	if r.Err != nil || r.Status != http.StatusOK || json.Unmarshal(r.Body, &d) != nil || d.Authorized == nil {
		return d, false
	}
	return d, true
}

// allowed expects a decision.
func (st *Stage) allowed(r reply, what string, want bool) decision {
	d, ok := decided(r)
	st.Must(ok && *d.Authorized == want, what, fmt.Sprintf("200 with shopperAuthorized %v", want), r.String())
	return d
}

// purchase reads an accepted cart: 201, or 200 as the portal's own test is
// described.
func purchase(r reply) (id string, ok bool) {
	var b struct {
		PurchaseID *string `json:"purchaseId"`
	}
	if r.Err != nil || r.Status != http.StatusCreated && r.Status != http.StatusOK || json.Unmarshal(r.Body, &b) != nil || b.PurchaseID == nil {
		return "", false
	}
	return *b.PurchaseID, true
}

// bought expects an accepted cart with a purchase id, or with an empty one.
func (st *Stage) bought(r reply, what string, empty bool) string {
	id, ok := purchase(r)
	want := "201 with a purchaseId"
	if empty {
		want = "201 with an empty purchaseId"
	}
	st.Must(ok && (id == "") == empty, what, want, r.String())
	return id
}

// names expects that a refusal says which field is at fault.
func (st *Stage) names(r reply, field string) {
	st.Advise(bytes.Contains(r.Body, []byte(field)), "the answer names the field", field, r.String())
}
