package scenario_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/strollhq/stroll/jwosim"
	"github.com/strollhq/stroll/jwosim/scenario"
)

// simulator calls a connector that answers 401 to everything.
func simulator(t *testing.T) *jwosim.Sim {
	t.Helper()
	connector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }))
	sim, err := jwosim.New(jwosim.Config{Seed: 1, AcceptUnsigned: true, Stores: []jwosim.Store{{ID: "first", ConnectorURL: connector.URL}, {ID: "second", ConnectorURL: connector.URL}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sim.Close(); connector.Close() })
	return sim
}

func TestVerdicts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		run             func(context.Context, *scenario.Stage)
		needs           []scenario.Need
		options         scenario.Options
		verdict, reason string
		steps           []string
	}{
		"all is well": {run: func(_ context.Context, st *scenario.Stage) { st.Note("n"); st.Expect(true, "a", "", "") }, verdict: scenario.InOrder, steps: []string{"note", "ok"}},
		"a failed expectation does not end it": {run: func(_ context.Context, st *scenario.Stage) {
			st.Expect(false, "a", "1", "2")
			st.Expect(false, "b", "3", "4")
		}, verdict: scenario.Differs, reason: "a: want 1, got 2", steps: []string{"differs", "differs"}},
		"a failed must does": {run: func(_ context.Context, st *scenario.Stage) {
			st.Must(false, "a", "1", "2")
			st.Note("never")
		}, verdict: scenario.Differs, reason: "a: want 1, got 2", steps: []string{"differs"}},
		"advice is no failure":         {run: func(_ context.Context, st *scenario.Stage) { st.Advise(false, "a", "1", "2") }, verdict: scenario.InOrder, steps: []string{"advice"}},
		"skipped":                      {run: func(_ context.Context, st *scenario.Stage) { st.Skip("no %s", "way") }, verdict: scenario.NotApplicable, reason: "no way", steps: []string{}},
		"skipped after it had failed":  {run: func(_ context.Context, st *scenario.Stage) { st.Expect(false, "a", "1", "2"); st.Skip("no") }, verdict: scenario.Differs, reason: "a: want 1, got 2", steps: []string{"differs"}},
		"nobody has a code":            {run: func(ctx context.Context, st *scenario.Stage) { st.Code(ctx, scenario.Cash) }, options: scenario.Options{Code: none}, verdict: scenario.NotApplicable, reason: "needs a scan code of somebody who pays cash: --code cash=CODE, or --code-command", steps: []string{}},
		"no code can be drawn":         {run: func(ctx context.Context, st *scenario.Stage) { st.Code(ctx, scenario.Cash) }, options: scenario.Options{Code: broken}, verdict: scenario.NotApplicable, reason: "no code could be drawn: the printer is out of paper", steps: []string{}},
		"something needed is missing":  {needs: []scenario.Need{scenario.NeedItem}, verdict: scenario.NotApplicable, reason: "needs the SKU of something with a price: --item", steps: []string{}},
		"the strategy does not fit":    {needs: []scenario.Need{scenario.NeedAdvice}, verdict: scenario.NotApplicable, reason: "needs the strategy amazon_recommendation, on both sides", steps: []string{}},
		"there is no such store":       {options: scenario.Options{StoreID: "third"}, verdict: scenario.NotApplicable, reason: `the simulator has no store "third"`, steps: []string{}},
		"it would take longer than ok": {options: scenario.Options{Longest: time.Second}, verdict: scenario.NotApplicable, reason: "good systems may wait here for up to 1m0s: --longest 1m0s", steps: []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.run == nil {
				c.run = func(context.Context, *scenario.Stage) { t.Error("it was played") }
			}
			r := scenario.Runner{Sim: simulator(t), Options: c.options}
			res := r.Run(t.Context(), scenario.Scenario{Name: "x.y", Needs: c.needs, Patience: time.Minute, Run: c.run})
			steps := []string{}
			for _, s := range res.Steps {
				steps = append(steps, s.Verdict)
			}
			if res.Verdict != c.verdict || res.Reason != c.reason || !slices.Equal(steps, c.steps) {
				t.Errorf("%s, steps %q", res, steps)
			}
		})
	}
}

func none(context.Context, scenario.Role) (string, error) { return "", scenario.ErrNoCode }
func broken(context.Context, scenario.Role) (string, error) {
	return "", errors.New("the printer is out of paper")
}

func TestInterrupted(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	r := scenario.Runner{Sim: simulator(t)}
	res := r.Run(ctx, scenario.Scenario{Name: "x.y", Run: func(ctx context.Context, st *scenario.Stage) { stop(); st.Quiet(ctx); t.Error("it went on") }})
	if res.Verdict != scenario.NotApplicable || res.Reason != "interrupted" {
		t.Error(res)
	}
}

// TestRunAll: those that disturb others come by themselves, and those that move
// the clock last; the results come in the order given.
func TestRunAll(t *testing.T) {
	t.Parallel()
	var now, most atomic.Int64
	var mu sync.Mutex
	var order []string
	solo := func(name string, alone, moves bool) scenario.Scenario {
		return scenario.Scenario{Name: name, Alone: alone, Moves: moves, Run: func(context.Context, *scenario.Stage) {
			n := now.Add(1)
			defer now.Add(-1)
			most.Store(max(most.Load(), n))
			if (alone || moves) && n > 1 {
				t.Errorf("%s was not by itself", name)
			}
			mu.Lock()
			defer mu.Unlock()
			order = append(order, name)
		}}
	}
	list := []scenario.Scenario{solo("m", false, true), solo("a", true, false)}
	for i := range 20 {
		list = append(list, solo(fmt.Sprint(i), false, false))
	}
	told := 0
	r := scenario.Runner{Sim: simulator(t)}
	results := r.RunAll(t.Context(), list, 3, func(scenario.Result) { told++ })
	for i, res := range results {
		if res.Name != list[i].Name {
			t.Errorf("result %d is of %s", i, res.Name)
		}
	}
	if most.Load() > 3 || told != len(list) || !slices.Equal(order[20:], []string{"a", "m"}) {
		t.Errorf("%d at once, %d told, in the order %v", most.Load(), told, order)
	}
}

func TestErr(t *testing.T) {
	t.Parallel()
	is := func(verdict string) scenario.Result {
		return scenario.Result{Name: "a." + verdict, Verdict: verdict, Reason: "because"}
	}
	for want, list := range map[string][]scenario.Result{
		"": {is(scenario.InOrder), is(scenario.NotApplicable)},
		"a.differs differs from what a good connector does":                             {is(scenario.InOrder), is(scenario.Differs)},
		"2 of 3 scenarios differ from what a good connector does: a.differs, a.differs": {is(scenario.InOrder), is(scenario.Differs), is(scenario.Differs)},
		"nothing could be tried: because":                                               {is(scenario.NotApplicable)},
		"nothing could be tried":                                                        {is(scenario.NotApplicable), is(scenario.NotApplicable)},
	} {
		got := ""
		if err := scenario.Err(list); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if n := len(scenario.Failed([]scenario.Result{is(scenario.InOrder), is(scenario.Differs)})); n != 1 {
		t.Errorf("%d failed", n)
	}
}

func TestRequest(t *testing.T) {
	t.Parallel()
	base := scenario.Options{Item: "BASE", Code: func(context.Context, scenario.Role) (string, error) { return "base", nil }}
	o, err := scenario.Request{
		Store: "second", Weighed: "NUTS=kg", Codes: map[scenario.Role][]string{scenario.Shopper: {"one", "two"}}, Freshness: "60s", Quiet: "1s",
		Priced: map[string]string{"price.tax": "A*2, B*0.455kg,C = 12.34"},
	}.Options(base)
	if err != nil {
		t.Fatal(err)
	}
	if o.Item != "BASE" || o.StoreID != "second" || o.Weighed != "NUTS" || o.Unit != "kg" || o.Freshness != time.Minute || o.Quiet != time.Second {
		t.Errorf("%+v", o)
	}
	want := scenario.Priced{Total: "12.34", Items: []jwosim.Item{{ID: "A", Quantity: "2"}, {ID: "B", Quantity: "0.455", Unit: "kg"}, {ID: "C"}}}
	if d := cmp.Diff(want, o.Priced["price.tax"]); d != "" {
		t.Error(d)
	}
	for i, want := range []string{"one", "two", "two"} {
		if got, err := o.Code(t.Context(), scenario.Shopper); got != want || err != nil {
			t.Errorf("code %d is %q, %v", i, got, err)
		}
	}
	if got, _ := o.Code(t.Context(), scenario.Cash); got != "base" {
		t.Errorf("%q", got)
	}
	for _, c := range []struct {
		r    scenario.Request
		want string
	}{
		{scenario.Request{Weighed: "NUTS"}, `weighed "NUTS" is not written SKU=UNIT`},
		{scenario.Request{Fallback: "pray"}, `fallback "pray" is not allow, deny or error`},
		{scenario.Request{Patience: "-1s"}, `patience "-1s" is no time such as 30s`},
		{scenario.Request{Priced: map[string]string{"price.tax": "A*=1"}}, `is not written SKU*QUANTITY`},
		{scenario.Request{Priced: map[string]string{"price.tax": "A*1="}}, `is not written SKU*QUANTITY`},
		{scenario.Request{Codes: map[scenario.Role][]string{"king": {"x"}}}, `there is no role "king"`},
	} {
		if _, err := c.r.Options(base); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %s", err, c.want)
		}
	}
}
