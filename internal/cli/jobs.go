package cli

import (
	"fmt"
	"strconv"

	"github.com/strollhq/stroll/internal/journal"
	"github.com/strollhq/stroll/internal/outbox"
)

type jobsCmd struct {
	List  jobsListCmd  `cmd:"" default:"withargs" help:"List unfinished jobs."`
	Retry jobsRetryCmd `cmd:"" help:"Run a waiting or parked job now."`
}

type jobsListCmd struct {
	configFlag
	Kind  string `help:"Only this kind, such as pay.step."`
	State string `help:"Only this state: waiting, ready, running or parked."`
	JSON  bool   `name:"json" help:"As JSON."`
}

func (c *jobsListCmd) Run(s *streams) error {
	a, err := c.open(s)
	if err != nil {
		return err
	}
	defer a.Close()
	list, err := a.Jobs.List(s.ctx, outbox.Filter{Kind: c.Kind, State: c.State})
	if err != nil || c.JSON {
		return orJSON(s, list, err)
	}
	rows := [][]string{}
	for _, r := range list {
		rows = append(rows, []string{r.ID, r.Kind, r.Key, r.State, stamp(r.RunAt), strconv.Itoa(r.Attempt), r.Error})
	}
	s.table([]string{"Job", "Kind", "Key", "State", "Runs", "Attempts ", "Last error"}, rows)
	return nil
}

type jobsRetryCmd struct {
	configFlag
	Job string `arg:"" help:"Job id."`
}

func (c *jobsRetryCmd) Run(s *streams) error {
	a, err := c.open(s)
	if err != nil {
		return err
	}
	defer a.Close()
	if err := a.Jobs.Retry(s.ctx, c.Job); err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "Job %s is due now.\n", c.Job)
	return err
}

type callsCmd struct {
	configFlag
	Trip      string `help:"Only calls about this trip."`
	API       string `name:"api" help:"Only this operation, such as AdjustCharge."`
	Direction string `enum:"in,out,both" default:"both" help:"in: Amazon called us; out: we called Amazon."`
	Limit     int    `default:"50" help:"At most so many."`
	JSON      bool   `name:"json" help:"As JSON."`
}

func (c *callsCmd) Run(s *streams) error {
	a, err := c.open(s)
	if err != nil {
		return err
	}
	defer a.Close()
	f := journal.Filter{TripID: c.Trip, API: c.API, Limit: c.Limit}
	if c.Direction != "both" {
		f.Direction = c.Direction
	}
	list, err := a.Journal.List(s.ctx, f)
	if err != nil || c.JSON {
		return orJSON(s, list, err)
	}
	rows := [][]string{}
	for _, call := range list {
		rows = append(rows, []string{stamp(call.At), call.Direction, call.API, call.TripID,
			strconv.Itoa(call.Status), call.Outcome, call.Took.String()})
	}
	s.table([]string{"At", "", "Operation", "Trip", "Status ", "Outcome", "Took "}, rows)
	return nil
}
