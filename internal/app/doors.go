package app

import (
	"net/http"

	"github.com/strollhq/stroll/internal/console"
	"github.com/strollhq/stroll/internal/portal"
)

// Connector is Amazon's door without its listener, for measurements of what
// stands behind it: Run alone also works on what the calls leave to be done.
func (a *App) Connector() http.Handler { return a.connector }

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
			{Path: "/", Title: "Stroll", About: "What this program knows about itself, just now.", Load: a.overview()},
			{Path: "/books", Title: "Books", About: "What was charged, what was not, and whether the journal agrees.", Load: a.booksPage},
			{Path: "/gate", Title: "Gate", About: "Who was let in during the last day, and who was not and why.", Load: a.gatePage},
			{Path: "/receipts", Title: "Receipts", About: "The newest receipts. Their addresses are for the shopper alone.", Load: a.receiptsPage},
			{Path: "/waiting", Title: "Waiting", About: "What waits for a person, and what waits for its time.", Load: a.waitingPage},
			{Path: "/calls", Title: "Calls", About: "The newest calls to and from Amazon.", Load: a.callsPage},
		},
	})
}
