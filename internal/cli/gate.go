package cli

import (
	"fmt"
	"time"

	"github.com/strollhq/stroll/internal/gate"
)

type gateCmd struct {
	Decisions gateDecisionsCmd `cmd:"" default:"withargs" help:"List the gate's decisions with their reasons, the newest first."`
	Pattern   gatePatternCmd   `cmd:"" help:"Print the scan code pattern to paste into Amazon's Merchant Portal."`
}

type gateDecisionsCmd struct {
	configFlag
	Store   string        `placeholder:"ID" help:"Only this store."`
	Reason  string        `help:"Only this reason, such as debt or code_stale."`
	Outcome string        `help:"Only this outcome: accepted, refused, invalid or failed."`
	Visitor string        `placeholder:"ID" help:"Only this visitor."`
	Trip    string        `placeholder:"ID" help:"Only this trip."`
	Since   time.Duration `help:"Only those of the last so long, such as 2h."`
	Limit   int           `default:"50" help:"At most so many."`
	JSON    bool          `name:"json" help:"As JSON."`
}

func (c *gateDecisionsCmd) Run(s *streams) error {
	a, err := c.open(s)
	if err != nil {
		return err
	}
	defer a.Close()
	f := gate.Filter{StoreID: c.Store, Reason: c.Reason, Outcome: c.Outcome, Visitor: c.Visitor, TripID: c.Trip, Limit: c.Limit}
	if c.Since > 0 {
		f.Since = time.Now().Add(-c.Since)
	}
	list, err := a.Gate.Decisions(s.ctx, f)
	if err != nil || c.JSON {
		return orJSON(s, list, err)
	}
	rows := [][]string{}
	for _, d := range list {
		rows = append(rows, []string{stamp(d.At), d.StoreID, d.Entry, d.Outcome, d.Reason, d.VisitorType, d.Visitor, d.TripID, d.Took.String()})
	}
	s.table([]string{"At", "Store", "Entry", "Outcome", "Reason", "Who", "Visitor", "Trip", "Took "}, rows)
	return nil
}

type gatePatternCmd struct{ configFlag }

func (c *gatePatternCmd) Run(s *streams) error {
	a, err := c.open(s)
	if err != nil {
		return err
	}
	defer a.Close()
	for _, store := range a.Config().Stores {
		pattern, err := a.Gate.Pattern(store.ID)
		if err != nil {
			return err
		}
		fmt.Fprintf(s.out, "%s\t%s\n", store.ID, pattern)
	}
	return nil
}
