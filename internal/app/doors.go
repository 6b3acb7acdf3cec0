package app

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/strollhq/stroll/internal/cart"
	"github.com/strollhq/stroll/internal/console"
	"github.com/strollhq/stroll/internal/journal"
	"github.com/strollhq/stroll/internal/outbox"
	"github.com/strollhq/stroll/internal/portal"
)

// portal is the shoppers' door.
func (a *App) portal() http.Handler {
	return portal.New(portal.Config{
		Receipts: a.Receipts, Codes: a.Gate, Keys: func() []string { return a.Config().AppKeys },
		Log: a.log, Metrics: a.Metrics,
	})
}

// PublicURL is where shoppers reach the portal, without a slash at the end.
func (a *App) PublicURL() string {
	if u := a.Config().PublicURL; u != "" {
		return u
	}
	return "http://" + a.Addr("portal")
}

// admin is the operators' door.
func (a *App) admin() http.Handler {
	return console.New(console.Config{
		Ready: a.Ready, Metrics: a.Metrics.Handler(), Log: a.log,
		Pages: []console.Page{
			{Path: "/books", Title: "Books", About: "What was charged, what was not, and whether the journal agrees.", Load: a.booksPage},
			{Path: "/receipts", Title: "Receipts", About: "The newest receipts. Their addresses are for the shopper alone.", Load: a.receiptsPage},
			{Path: "/waiting", Title: "Waiting", About: "What waits for a person, and what waits for its time.", Load: a.waitingPage},
			{Path: "/calls", Title: "Calls", About: "The newest calls to and from Amazon.", Load: a.callsPage},
		},
	})
}

// recent is how many rows a page shows.
const recent = 200

func (a *App) receiptsPage(ctx context.Context) ([]console.Table, any, error) {
	list, err := a.Receipts.List(ctx, recent)
	if err != nil {
		return nil, nil, err
	}
	t := console.Table{Columns: []string{"Cart received", "Store", "Total ", "State", "After ", "Receipt"}, Empty: "No receipt yet."}
	for _, r := range list {
		after := "–"
		if !r.Issued.IsZero() {
			after = r.Issued.Sub(r.Received).Truncate(time.Millisecond).String()
		}
		t.Rows = append(t.Rows, append(console.Text(clock(r.Received), r.Content.Store.Name,
			r.Content.Captured.Format(r.Content.Store.Locale), r.State, after),
			console.Cell{Text: "open", Link: a.PublicURL() + "/r/" + r.Token}))
	}
	return []console.Table{t}, list, nil
}

func (a *App) waitingPage(ctx context.Context) ([]console.Table, any, error) {
	jobs, err := a.Jobs.List(ctx, outbox.Filter{Limit: recent})
	if err != nil {
		return nil, nil, err
	}
	bad, err := a.Carts.Bad(ctx, "")
	if err != nil {
		return nil, nil, err
	}
	carts := console.Table{Title: "Carts for a person", Columns: []string{"Trip", "Store", "Age", "Trouble"}, Empty: "No cart waits for a person."}
	for _, b := range bad {
		carts.Rows = append(carts.Rows, console.Text(b.TripID, b.StoreID, b.Age.Truncate(time.Second).String(), trouble(b)))
	}
	work := console.Table{Title: "Jobs", Columns: []string{"Kind", "For", "State", "Runs", "Attempts ", "Last error"}, Empty: "Every job is done."}
	for _, j := range jobs {
		mark := ""
		if j.State == outbox.Parked {
			mark = "bad"
		}
		row := console.Text(j.Kind, j.Key, j.State, clock(j.RunAt), strconv.Itoa(j.Attempt), j.Error)
		row[2].Mark = mark
		work.Rows = append(work.Rows, row)
	}
	return []console.Table{carts, work}, map[string]any{"carts": bad, "jobs": jobs}, nil
}

func trouble(b cart.BadCart) string {
	for _, l := range b.Lines {
		if l.Trouble != "" {
			return fmt.Sprintf("line %d, %s: %s", l.No, l.ID, l.Trouble)
		}
	}
	return b.State
}

func (a *App) callsPage(ctx context.Context) ([]console.Table, any, error) {
	calls, err := a.Journal.List(ctx, journal.Filter{Limit: recent})
	if err != nil {
		return nil, nil, err
	}
	t := console.Table{Columns: []string{"At", "Direction", "Operation", "Trip", "Status ", "Outcome", "Took "}, Empty: "No call yet."}
	for _, c := range calls {
		row := console.Text(clock(c.At), c.Direction, c.API, c.TripID, strconv.Itoa(c.Status), c.Outcome, c.Took.Truncate(10*time.Microsecond).String())
		if c.Status >= 500 || c.Status == 0 {
			row[4].Mark = "bad"
		}
		t.Rows = append(t.Rows, row)
	}
	return []console.Table{t}, calls, nil
}

func clock(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return t.UTC().Format("2006-01-02 15:04:05")
}
