package cli

import (
	"fmt"
	"time"

	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/internal/gate"
)

type gateCmd struct {
	Decisions gateDecisionsCmd `cmd:"" default:"withargs" help:"List the gate's decisions with their reasons, the newest first."`
	Pattern   gatePatternCmd   `cmd:"" help:"Print the scan code pattern to paste into Amazon's Merchant Portal."`
}

type gateDecisionsCmd struct {
	configFlag
	limit
	Store   string        `placeholder:"ID" help:"Only this store."`
	Reason  string        `placeholder:"CODE" help:"Only this reason, such as debt or code_stale."`
	Outcome string        `placeholder:"WORD" help:"Only this outcome: accepted, refused, invalid or failed."`
	Visitor string        `placeholder:"ID" help:"Only this visitor."`
	Trip    string        `placeholder:"ID" help:"Only this trip."`
	Since   time.Duration `placeholder:"TIME" help:"Only those of the last so long, such as 2h."`
	JSON    bool          `name:"json" help:"As JSON."`
}

func (c *gateDecisionsCmd) Run(s *streams) (err error) {
	if c.Outcome, err = choice("outcome", c.Outcome, gate.Accepted, gate.Refused, gate.Invalid, gate.Failed); err != nil {
		return err
	}
	if c.Since < 0 {
		return fault.New(fault.Invalid, "--since %s: say how long ago, such as 2h", c.Since)
	}
	if err := c.check(longest); err != nil {
		return err
	}
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
		rows = append(rows, []string{stamp(d.At), d.StoreID, d.Entry, d.Outcome, d.Reason, d.VisitorType, d.Visitor, d.TripID, brief(d.Took)})
	}
	s.list([]string{"At", "Store", "Entry", "Outcome", "Reason", "Who", "Visitor", "Trip", "Took "}, rows, "No such decision.")
	c.note(s, len(list))
	return nil
}

type gatePatternCmd struct {
	configFlag
	Store string `placeholder:"ID" help:"Only this store, and the pattern alone."`
	JSON  bool   `name:"json" help:"As JSON."`
}

func (c *gatePatternCmd) Run(s *streams) error {
	a, err := c.openOrMake(s)
	if err != nil {
		return err
	}
	defer a.Close()
	if c.Store != "" {
		if _, err := onlyStore(a, c.Store); err != nil {
			return err
		}
	}
	type pattern struct{ StoreID, Pattern string }
	list := []pattern{}
	for _, store := range a.Config().Stores {
		if c.Store != "" && c.Store != store.ID {
			continue
		}
		text, err := a.Gate.Pattern(store.ID)
		if err != nil {
			return fmt.Errorf("pattern of store %s: %w", store.ID, err)
		}
		list = append(list, pattern{store.ID, text})
	}
	if c.JSON {
		return s.json(list)
	}
	for _, p := range list {
		if c.Store == "" {
			fmt.Fprintf(s.out, "%s\t", p.StoreID)
		}
		fmt.Fprintln(s.out, p.Pattern)
	}
	return nil
}
