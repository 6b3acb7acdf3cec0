package scenario

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/strollhq/stroll/jwosim"
)

// Options is what a scenario cannot know. The zero value works: what needs
// more is then not applicable.
type Options struct {
	// StoreID to play in. Default: the simulator's first.
	StoreID string
	// Code draws a fresh scan code of somebody in a role. An error that is
	// ErrNoCode makes what needs it not applicable. Default: there is none.
	Code func(context.Context, Role) (string, error)
	// Item is the SKU of something that has a price. Default: none.
	Item string
	// Weighed is a SKU sold by weight, in Unit (default "kg").
	Weighed, Unit string
	// Barcode of something that has a price.
	Barcode string
	// Priced says, by the name of a case such as "price.percentage", which cart
	// tries it and what that must cost.
	Priced map[string]Priced
	// Freshness limit of codes. Default: not known, so only what lies outside
	// the documented 30 to 90 seconds is tried.
	Freshness time.Duration
	// Burst is how many gate requests at once are too many. Default: not known.
	Burst int
	// Operator says, by what an operator ordered (accept, deny or adjust), for
	// which risk of Amazon's that holds.
	Operator map[string]string
	// Fallback says what the gate answers when its fraud system is down: "allow",
	// "deny", or "error". Default: not known.
	Fallback string
	// Patience is how long something may take to happen. Default 30 s.
	Patience time.Duration
	// Quiet is how long is waited for what must not happen. Default 3 s.
	Quiet time.Duration
	// Longest patience that is borne: a scenario that may have to wait for longer
	// is not applicable. Default: any.
	Longest time.Duration
	// Override sets fields of every body that a scenario writes itself, by path:
	// "keyChannel" or "shoppingTrip.authEvents.0.location".
	Override map[string]string
	// Break takes away what the retailer's gate and carts depend on, such as the
	// database, until the function returned is called. Default: cannot.
	Break func(context.Context) (mend func(context.Context) error, err error)
	// Restart kills the retailer's system and starts it again. Default: cannot.
	Restart func(context.Context) error
}

// Priced is a cart and what it must cost.
type Priced struct {
	Items []jwosim.Item
	Total string // as in "12.34"
}

// ErrNoCode says that there is nobody in a role.
var ErrNoCode = errors.New("no code for this role")

// Verdicts.
const (
	InOrder       = "ok"
	Differs       = "differs"        // a required expectation failed
	NotApplicable = "not applicable" // with the reason
	Advice        = "advice"         // of a step: differs, but only from what is assumed
	Noted         = "note"           // of a step: nothing was expected
)

// Step is one thing done or looked at.
type Step struct {
	What string `json:"what"`
	// Request and Response are bodies where something was sent.
	Request  string `json:"request,omitempty"`
	Status   int    `json:"status,omitempty"`
	Response string `json:"response,omitempty"`
	Want     string `json:"want,omitempty"`
	Got      string `json:"got,omitempty"`
	// Verdict: ok, differs, advice or note.
	Verdict string `json:"verdict"`
}

// Result is how one scenario went.
type Result struct {
	Name    string        `json:"name"`
	Title   string        `json:"title"`
	Verdict string        `json:"verdict"` // ok, differs or not applicable
	Reason  string        `json:"reason"`  // of what differs or is not applicable
	Trips   []string      `json:"trips"`   // shopping trip ids, for looking further
	Steps   []Step        `json:"steps"`
	Took    time.Duration `json:"took_ns"`
}

// String is one line.
func (r Result) String() string {
	if r.Reason == "" {
		return r.Name + ": " + r.Verdict
	}
	return fmt.Sprintf("%s: %s: %s", r.Name, r.Verdict, r.Reason)
}

// Advised counts the steps that differ from what is only assumed.
func (r Result) Advised() int {
	n := 0
	for _, s := range r.Steps {
		if s.Verdict == Advice {
			n++
		}
	}
	return n
}

// Runner plays scenarios with a simulator, whose connector is the one tried.
type Runner struct {
	Sim     *jwosim.Sim
	Options Options
}

// Run plays one scenario to its end. It is not applicable when the context
// ends first.
func (r *Runner) Run(ctx context.Context, sc Scenario) Result {
	st := &Stage{Sim: r.Sim, opt: r.Options, sc: sc}
	st.result = Result{Name: sc.Name, Title: sc.Title, Verdict: InOrder, Trips: []string{}, Steps: []Step{}}
	if err := st.prepare(); err != nil {
		st.result.Verdict, st.result.Reason = NotApplicable, err.Error()
		return st.result
	}
	begin := time.Now()
	st.play(ctx)
	st.result.Took = time.Since(begin)
	if ctx.Err() != nil {
		st.result.Verdict, st.result.Reason = NotApplicable, "interrupted"
	}
	return st.result
}

// RunAll plays scenarios, so many at once, those that disturb others by
// themselves at the end, and last of all those that move the clock. The results
// come in the order given; each is told as it comes, one at a time.
func (r *Runner) RunAll(ctx context.Context, list []Scenario, atOnce int, tell func(Result)) []Result {
	results := make([]Result, len(list))
	var mu sync.Mutex
	one := func(i int) {
		res := r.Run(ctx, list[i])
		mu.Lock()
		defer mu.Unlock()
		results[i] = res
		if tell != nil {
			tell(res)
		}
	}
	places := make(chan struct{}, max(1, atOnce))
	var playing sync.WaitGroup
	for i, sc := range list {
		if sc.Alone || sc.Moves {
			continue
		}
		places <- struct{}{}
		playing.Go(func() { defer func() { <-places }(); one(i) })
	}
	playing.Wait()
	for _, moves := range []bool{false, true} {
		for i, sc := range list {
			if (sc.Alone || sc.Moves) && sc.Moves == moves {
				one(i)
			}
		}
	}
	return results
}

// Failed lists the results that differ.
func Failed(results []Result) []Result {
	return slices.DeleteFunc(slices.Clone(results), func(r Result) bool { return r.Verdict != Differs })
}
