package app

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/strollhq/stroll/internal/cart"
	"github.com/strollhq/stroll/internal/console"
	"github.com/strollhq/stroll/internal/journal"
	"github.com/strollhq/stroll/internal/outbox"
	"github.com/strollhq/stroll/internal/pay"
	"github.com/strollhq/stroll/internal/receipt"
)

// recent is how many rows a page shows.
const recent = 200

func (a *App) receiptsPage(ctx context.Context) (console.View, error) {
	list, err := a.Receipts.List(ctx, recent)
	if err != nil {
		return console.View{}, err
	}
	return console.View{Tables: []console.Table{a.receiptsTable("", list)}, JSON: list}, nil
}

func (a *App) receiptsTable(title string, list []receipt.Receipt) console.Table {
	t := console.Table{Title: title, Columns: []string{"Cart received, UTC", "Total ", "Receipt", "State", "After ", "Store"}, Empty: "No receipt yet."}
	for _, r := range list {
		after := "–"
		if !r.Issued.IsZero() {
			after = length(r.Issued.Sub(r.Received))
		}
		t.Rows = append(t.Rows, []console.Cell{
			{Text: clock(r.Received)}, {Text: r.Content.Captured.Format(r.Content.Store.Locale)},
			{Text: "open", Link: a.PublicURL() + "/r/" + r.Token},
			{Text: words(r.State)}, {Text: after}, {Text: r.Content.Store.Name},
		})
	}
	return t
}

// waiting is what waits for a person, and what waits for its time.
type waiting struct {
	Carts    []cart.BadCart `json:"carts"`
	Payments []pay.Payment  `json:"payments"`
	Jobs     []outbox.Row   `json:"jobs"`
	Alerts   []pay.Alert    `json:"alerts"`
}

func (a *App) waiting(ctx context.Context) (w waiting, err error) {
	if w.Carts, err = a.Carts.Bad(ctx, ""); err != nil {
		return w, err
	}
	if w.Payments, err = a.Pay.Parked(ctx); err != nil {
		return w, err
	}
	if w.Jobs, err = a.Jobs.List(ctx, outbox.Filter{Limit: recent}); err != nil {
		return w, err
	}
	w.Alerts, err = a.Pay.Alerts(ctx, "")
	return w, err
}

// people is how much waits for a person: each cart once, though its payment
// waits with it.
func (w waiting) people() int {
	carts := map[string]bool{}
	for _, c := range w.Carts {
		carts[c.TripID] = true
	}
	n := len(w.Carts)
	for _, p := range w.Payments {
		if !carts[p.TripID] {
			n++
		}
	}
	return n + w.parked()
}

// parked is how many jobs wait for a person.
func (w waiting) parked() (n int) {
	for _, j := range w.Jobs {
		if j.State == outbox.Parked {
			n++
		}
	}
	return n
}

func (a *App) waitingPage(ctx context.Context) (console.View, error) {
	w, err := a.waiting(ctx)
	if err != nil {
		return console.View{}, err
	}
	carts := console.Table{Title: "Carts for a person", Columns: []string{"Age ", "Trouble", "Trip", "Store"}, Empty: "No cart waits for a person."}
	for _, b := range w.Carts {
		carts.Rows = append(carts.Rows, []console.Cell{{Text: length(b.Age)}, {Text: trouble(b)}, id(b.TripID), {Text: b.StoreID}})
	}
	payments := console.Table{Title: "Payments for a person", Columns: []string{"Due, UTC", "Total ", "Why", "Trip", "Store"}, Empty: "No payment waits for a person."}
	for _, p := range w.Payments {
		total := "no price"
		if p.Priced() {
			total = sum(p.Total.Minor, p.Total.Currency)
		}
		payments.Rows = append(payments.Rows, []console.Cell{{Text: clock(p.Due)}, {Text: total}, {Text: p.Note}, id(p.TripID), {Text: p.StoreID}})
	}
	jobs := console.Table{Title: "Jobs", Columns: []string{"Kind", "State", "Runs, UTC", "Attempts ", "Last error", "For"}, Empty: "Every job is done."}
	for _, j := range w.Jobs {
		state := console.Cell{Text: j.State}
		if j.State == outbox.Parked {
			state.Mark = console.Bad
		}
		jobs.Rows = append(jobs.Rows, []console.Cell{{Text: j.Kind}, state, {Text: clock(j.RunAt)}, {Text: strconv.Itoa(j.Attempt)}, {Text: j.Error}, id(j.Key)})
	}
	alerts := console.Table{Title: "Alerts, the newest first", Columns: []string{"Raised, UTC", "Alert", "About", "Trip"}, Empty: "No alert is open."}
	for i := range min(len(w.Alerts), recent) {
		al := w.Alerts[len(w.Alerts)-1-i]
		alerts.Rows = append(alerts.Rows, []console.Cell{{Text: clock(al.At)}, {Text: words(al.Kind)}, {Text: al.Note}, id(al.TripID)})
	}
	return console.View{Tables: []console.Table{carts, payments, jobs, alerts}, JSON: w}, nil
}

func trouble(b cart.BadCart) string {
	for _, l := range b.Lines {
		if l.Trouble != "" {
			return fmt.Sprintf("line %d, %s: %s", l.No, l.ID, l.Trouble)
		}
	}
	return words(b.State)
}

func (a *App) callsPage(ctx context.Context) (console.View, error) {
	calls, err := a.Journal.List(ctx, journal.Filter{Limit: recent})
	if err != nil {
		return console.View{}, err
	}
	t := console.Table{Columns: []string{"At, UTC", "Operation", "Status ", "Outcome", "Took ", "Direction", "Trip"}, Empty: "No call yet."}
	for _, c := range calls {
		status := console.Cell{Text: strconv.Itoa(c.Status)}
		switch {
		case c.Status == 0:
			status = console.Cell{Text: "none", Mark: console.Bad}
		case c.Status >= 500:
			status.Mark = console.Bad
		}
		direction := "to Amazon"
		if c.Direction == "in" {
			direction = "from Amazon"
		}
		t.Rows = append(t.Rows, []console.Cell{
			{Text: clock(c.At)}, {Text: c.API}, status, {Text: words(c.Outcome)}, {Text: length(c.Took)}, {Text: direction}, id(c.TripID),
		})
	}
	return console.View{Tables: []console.Table{t}, JSON: calls}, nil
}

// clock is a time as a table shows it: without its date while that is today's.
func clock(t time.Time) string {
	switch now := time.Now().UTC(); {
	case t.IsZero():
		return "–"
	case t.UTC().Format(time.DateOnly) == now.Format(time.DateOnly):
		return t.UTC().Format(time.TimeOnly)
	}
	return t.UTC().Format("2006-01-02 15:04")
}

// length is a duration with as many digits as somebody reads.
func length(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return fmt.Sprintf("%d days", d/(24*time.Hour))
	case d >= time.Minute:
		return strings.TrimSuffix(d.Truncate(time.Minute).String(), "0s")
	case d >= time.Second:
		return d.Round(10 * time.Millisecond).String()
	case d >= 10*time.Millisecond:
		return d.Round(time.Millisecond).String()
	}
	return d.Round(10 * time.Microsecond).String()
}

// words makes a state or a reason readable.
func words(s string) string { return strings.ToLower(strings.ReplaceAll(s, "_", " ")) }

// way is how somebody came in.
func way(entry string) string {
	switch entry {
	case pay.ByCard:
		return "card"
	case pay.ByCode:
		return "app code"
	}
	return words(entry)
}

func id(s string) console.Cell { return console.Cell{Text: s, Mark: console.ID} }
