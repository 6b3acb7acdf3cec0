package scenario

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/strollhq/stroll/jwosim"
)

// Stage is where a scenario is played: it brings things about and keeps what
// was expected and seen. It belongs to one run.
type Stage struct {
	// Sim is the simulator.
	Sim *jwosim.Sim

	opt    Options
	sc     Scenario
	store  jwosim.Store
	mu     sync.Mutex
	result Result
}

// over ends a run early: what follows makes no sense any more.
type over struct{ reason string }

// play runs the scenario and catches its early end.
func (st *Stage) play(ctx context.Context) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case over:
			if r.reason != "" && st.result.Verdict == InOrder {
				st.result.Verdict, st.result.Reason = NotApplicable, r.reason
			}
		default:
			panic(r)
		}
	}()
	st.sc.Run(ctx, st)
}

// prepare finds the store and whether everything needed is there.
func (st *Stage) prepare() error {
	set := func(d *time.Duration, std time.Duration) {
		if *d == 0 {
			*d = std
		}
	}
	set(&st.opt.Patience, 30*time.Second)
	set(&st.opt.Quiet, 3*time.Second)
	st.opt.Patience = max(st.opt.Patience, st.sc.Patience)
	if most := st.opt.Longest; most > 0 && st.sc.Patience > most {
		return fmt.Errorf("good systems may wait here for up to %s: --longest %s", st.sc.Patience, st.sc.Patience)
	}
	stores := st.Sim.Stores()
	i := slices.IndexFunc(stores, func(s jwosim.Store) bool { return st.opt.StoreID == "" || s.ID == st.opt.StoreID })
	if i < 0 {
		return fmt.Errorf("the simulator has no store %.40q", st.opt.StoreID)
	}
	st.store = stores[i]
	for _, n := range st.sc.Needs {
		if why := st.lacks(n); why != "" {
			return errors.New(why)
		}
	}
	return nil
}

// lacks says what to tell for a need, or nothing when it is met.
func (st *Stage) lacks(n Need) string {
	strategy := st.store.Strategy
	if name, ok := strings.CutPrefix(string(n), "priced:"); ok {
		if _, there := st.opt.Priced[name]; !there {
			return fmt.Sprintf("needs a cart and what it must cost: --priced '%s=SKU*2=12.34'", name)
		}
		return ""
	}
	if act, ok := strings.CutPrefix(string(n), "operator:"); ok {
		if st.opt.Operator[act] == "" {
			return fmt.Sprintf("needs a risk about which an operator ordered to %s: --operator %s=RISK", act, act)
		}
		return ""
	}
	if role, ok := strings.CutPrefix(string(n), "code:"); ok {
		if st.opt.Code == nil {
			return fmt.Sprintf("needs a scan code: --code %s=CODE, or --code-command", role)
		}
		return ""
	}
	missing := map[Need]struct {
		lacks bool
		why   string
	}{
		NeedItem:     {st.opt.Item == "", "needs the SKU of something with a price: --item"},
		NeedWeighed:  {st.opt.Weighed == "", "needs the SKU of something sold by weight: --weighed SKU=UNIT"},
		NeedBarcode:  {st.opt.Barcode == "", "needs the barcode of something with a price: --barcode"},
		NeedAsked:    {strategy != jwosim.RetailerManaged && strategy != jwosim.AmazonRecommendation, "under " + strategy + " nobody asks the retailer about cards"},
		NeedAdvice:   {strategy != jwosim.AmazonRecommendation, "needs the strategy amazon_recommendation, on both sides"},
		NeedOwn:      {strategy != jwosim.RetailerManaged, "needs the strategy retailer_managed, on both sides"},
		NeedReports:  {strategy != jwosim.AmazonManaged && strategy != jwosim.AmazonRecommendation, "under " + strategy + " outcomes are not reported to Amazon"},
		NeedUnasked:  {strategy != jwosim.AmazonManaged && strategy != jwosim.NoStrategy, "under " + strategy + " the retailer is asked about cards"},
		NeedBreak:    {st.opt.Break == nil, "begins inside the retailer's system: say how with --break and --mend"},
		NeedRestart:  {st.opt.Restart == nil, "needs a way to kill and start the retailer's system: --restart"},
		NeedBurst:    {st.opt.Burst == 0, "needs to know how many requests at once are too many: --burst"},
		NeedFallback: {st.opt.Fallback == "", "needs to know the gate's fallback: --fallback allow, deny or error"},
		NeedPattern:  {st.store.ScanCodePattern == "", "needs the scan code pattern: --pattern"},
	}[n]
	if missing.lacks {
		return missing.why
	}
	return ""
}

// step keeps a step.
func (st *Stage) step(s Step) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.result.Steps = append(st.result.Steps, s)
	if s.Verdict == Differs && st.result.Verdict != Differs {
		st.result.Verdict, st.result.Reason = Differs, fmt.Sprintf("%s: want %s, got %s", s.What, s.Want, s.Got)
	}
}

// Note says what was done.
func (st *Stage) Note(format string, args ...any) {
	st.step(Step{What: fmt.Sprintf(format, args...), Verdict: Noted})
}

// Expect is a required expectation; the run goes on either way.
func (st *Stage) Expect(ok bool, what, want, got string) bool {
	s := Step{What: what, Want: want, Got: got, Verdict: InOrder}
	if !ok {
		s.Verdict = Differs
	}
	st.step(s)
	return ok
}

// Must is a required expectation without which the rest makes no sense.
func (st *Stage) Must(ok bool, what, want, got string) {
	if !st.Expect(ok, what, want, got) {
		panic(over{})
	}
}

// Advise is an expectation that is only assumed.
func (st *Stage) Advise(ok bool, what, want, got string) {
	s := Step{What: what, Want: want, Got: got, Verdict: InOrder}
	if !ok {
		s.Verdict = Advice
	}
	st.step(s)
}

// Skip ends a run that turns out not to be applicable.
func (st *Stage) Skip(format string, args ...any) {
	panic(over{fmt.Sprintf(format, args...)})
}

// Code draws a scan code of somebody in a role.
func (st *Stage) Code(ctx context.Context, r Role) string {
	if st.opt.Code == nil {
		st.Skip("%s", st.lacks(NeedCode(r)))
	}
	code, err := st.opt.Code(ctx, r)
	if errors.Is(err, ErrNoCode) {
		st.Skip("needs a scan code of somebody who %s: --code %s=CODE, or --code-command", explain(r), r)
	}
	if err != nil {
		st.Skip("no code could be drawn: %v", err)
	}
	return code
}

func explain(r Role) string {
	for _, pair := range Roles() {
		if pair[0] == string(r) {
			return pair[1]
		}
	}
	return string(r)
}

// pause waits, or ends the run with the context.
func (st *Stage) pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
		panic(over{"interrupted"})
	}
}

// Quiet waits for what must not happen.
func (st *Stage) Quiet(ctx context.Context) { st.pause(ctx, st.opt.Quiet) }

// until waits for a condition within the patience, and says whether it came.
func (st *Stage) until(ctx context.Context, reached func() bool) bool {
	late, again := time.Now().Add(st.opt.Patience), 10*time.Millisecond
	for !reached() {
		left := time.Until(late)
		if left <= 0 {
			return false
		}
		st.pause(ctx, min(again, left))
		again = min(2*again, st.opt.Patience/100+10*time.Millisecond)
	}
	return true
}
