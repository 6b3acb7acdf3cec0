package app

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/strollhq/stroll/internal/console"
	"github.com/strollhq/stroll/internal/gate"
	"github.com/strollhq/stroll/internal/pay"
)

// overview makes the front page: whether work is taken, whether the books are
// right, what waits. Recomputing the books reads all of them, so the page
// spends at most a twentieth of the time on it and says how old its verdict is.
func (a *App) overview() func(context.Context) (console.View, error) {
	type known struct {
		audit
		at, until time.Time
	}
	slot := make(chan known, 1)
	slot <- known{}
	books := func(ctx context.Context) (known, error) {
		select {
		case <-ctx.Done():
			return known{}, ctx.Err()
		case k := <-slot:
			var err error
			if start := time.Now(); start.After(k.until) {
				var now audit
				if now, err = a.audit(ctx); err == nil {
					end := time.Now()
					k = known{now, end, end.Add(20 * end.Sub(start))}
				}
			}
			slot <- k
			return k, err
		}
	}
	return func(ctx context.Context) (console.View, error) {
		k, err := books(ctx)
		if err != nil {
			return console.View{}, err
		}
		verdict := k.verdict()
		verdict.Link = "/books"
		if age := time.Since(k.at); age > time.Second {
			verdict.Note += ", " + length(age) + " ago"
		}
		v := console.View{Facts: []console.Fact{a.working(ctx), verdict}}
		for _, f := range append(k.captured(), k.owed()...) {
			f.Link = "/books"
			v.Facts = append(v.Facts, f)
		}
		waits, err := a.waits(ctx)
		if err != nil {
			return v, err
		}
		gates, tally, err := a.gates(ctx)
		if err != nil {
			return v, err
		}
		v.Facts = append(append(v.Facts, waits...), gates)
		newest, err := a.Receipts.List(ctx, 5)
		if err != nil {
			return v, err
		}
		v.Tables = []console.Table{refusals(tally), a.receiptsTable("Newest receipts", newest)}
		v.JSON = map[string]any{"facts": v.Facts, "gate": tally}
		return v, nil
	}
}

// working tells whether the program takes work.
func (a *App) working(ctx context.Context) console.Fact {
	f := console.Fact{Label: "Taking work", Text: "yes", Link: "/readyz", Mark: console.Good, Note: count(len(a.Config().Stores), "store") + ", " + a.DB.Engine()}
	if err := a.Ready(ctx); err != nil {
		f.Text, f.Note, f.Mark = "no", err.Error(), console.Bad
	}
	return f
}

// many is how many open payments the front page counts.
const many = 1000

// waits is what is on its way and what waits for a person.
func (a *App) waits(ctx context.Context) ([]console.Fact, error) {
	open, err := a.Pay.List(ctx, pay.Filter{Open: true, Limit: many})
	if err != nil {
		return nil, err
	}
	moving := console.Fact{Label: "Being charged", Text: "nothing"}
	if len(open) == many {
		moving.Note = "or more; "
	}
	open = slices.DeleteFunc(open, func(p pay.Payment) bool { return p.State == pay.Parked })
	if len(open) > 0 { // the nearest deadline comes first
		moving.Text = count(len(open), "trip")
		moving.Note += "the first must be done in " + length(open[0].Remaining(time.Now()))
	}
	w, err := a.waiting(ctx)
	if err != nil {
		return nil, err
	}
	people := console.Fact{Label: "For a person", Text: "nothing", Link: "/waiting", Mark: console.Good}
	if n := w.people(); n > 0 {
		people.Text, people.Mark = strconv.Itoa(n), console.Bad
	}
	var parts []string
	for _, part := range []struct {
		n     int
		thing string
	}{{len(w.Carts), "cart"}, {len(w.Payments), "payment"}, {w.parked(), "job"}, {len(w.Alerts), "open alert"}} {
		if part.n > 0 {
			parts = append(parts, count(part.n, part.thing))
		}
	}
	people.Note = strings.Join(parts, ", ")
	return []console.Fact{moving, people}, nil
}

// entries is how many decisions of the gate had the same end.
type entries struct {
	Store   string `json:"store"`
	Entry   string `json:"entry"`
	Kind    string `json:"kind"`
	Outcome string `json:"outcome"`
	Reason  string `json:"reason"`
	Count   int64  `json:"count"`
}

// day is how far back the gate's figures reach.
const day = 24 * time.Hour

// gates is who was let in during the last day.
func (a *App) gates(ctx context.Context) (console.Fact, []entries, error) {
	tally, err := a.Gate.Tally(ctx, gate.Filter{Since: time.Now().Add(-day)})
	if err != nil {
		return console.Fact{}, nil, err
	}
	list := make([]entries, 0, len(tally))
	var in, asked int64
	for _, c := range tally {
		list = append(list, entries{c.StoreID, c.Entry, c.VisitorType, c.Outcome, c.Reason, c.N})
		asked += c.N
		if c.Outcome == gate.Accepted {
			in += c.N
		}
	}
	slices.SortStableFunc(list, func(a, b entries) int { return cmp.Compare(b.Count, a.Count) })
	f := console.Fact{Label: "Let in, last day", Text: strconv.FormatInt(in, 10), Link: "/gate", Note: "everybody who came"}
	switch {
	case asked == 0:
		f.Note = "nobody came"
	case asked > in:
		f.Note = fmt.Sprintf("of %d asked for, %d%%", asked, in*100/asked)
	}
	return f, list, nil
}

// refusals is why people were not let in.
func refusals(tally []entries) console.Table {
	t := console.Table{Title: "Not let in, last day", Columns: []string{"Reason", "Decisions ", "Outcome", "Entry", "Store"}, Empty: "Everybody who came was let in."}
	for _, e := range tally {
		if e.Outcome != gate.Accepted {
			t.Rows = append(t.Rows, console.Text(words(e.Reason), strconv.FormatInt(e.Count, 10), e.Outcome, way(e.Entry), e.Store))
		}
	}
	return t
}

// gatePage shows the gate's decisions: by reason, and the newest.
func (a *App) gatePage(ctx context.Context) (console.View, error) {
	fact, tally, err := a.gates(ctx)
	if err != nil {
		return console.View{}, err
	}
	fact.Link = ""
	newest, err := a.Gate.Decisions(ctx, gate.Filter{Limit: recent})
	if err != nil {
		return console.View{}, err
	}
	t := console.Table{Title: "Newest decisions", Columns: []string{"At, UTC", "Outcome", "Reason", "Who", "Entry", "Took ", "Trip or event"}, Empty: "Nobody came yet."}
	for _, d := range newest {
		outcome := console.Cell{Text: d.Outcome}
		switch d.Outcome {
		case gate.Accepted:
			outcome.Mark = console.Good
		case gate.Failed:
			outcome.Mark = console.Bad
		}
		t.Rows = append(t.Rows, []console.Cell{
			{Text: clock(d.At)}, outcome, {Text: words(d.Reason)}, {Text: words(d.VisitorType)}, {Text: way(d.Entry)}, {Text: length(d.Took)},
			id(cmp.Or(d.TripID, d.Event)),
		})
	}
	return console.View{Facts: []console.Fact{fact}, Tables: []console.Table{refusals(tally), t}, JSON: tally}, nil
}
