package cli

import (
	"fmt"
	"strconv"

	"github.com/strollhq/stroll/internal/app"
)

// alertCmd is what the program wants a person to know.
type alertCmd struct {
	List alertListCmd `cmd:"" default:"withargs" help:"List open alerts, the oldest first."`
	Done alertDoneCmd `cmd:"" help:"Close an alert that has been dealt with."`
}

type alertListCmd struct {
	configFlag
	Trip string `placeholder:"ID" help:"All of this trip, closed ones too."`
	JSON bool   `name:"json" help:"As JSON."`
}

func (c *alertListCmd) Run(s *streams) error {
	a, err := c.open(s)
	if err != nil {
		return err
	}
	defer a.Close()
	list, err := a.Pay.Alerts(s.ctx, c.Trip)
	if err != nil || c.JSON {
		return orJSON(s, list, err)
	}
	rows := [][]string{}
	for _, l := range list {
		rows = append(rows, []string{stamp(l.At), l.Kind, l.TripID, l.Ref, l.Note, stamp(l.Done), l.DoneBy})
	}
	s.list([]string{"Since", "Alert", "Trip", "Ref", "Note", "Closed", "By"}, rows, "No alert is open.")
	return nil
}

type alertDoneCmd struct {
	configFlag
	Kind     string `arg:"" help:"The alert's name, as listed."`
	Trip     string `placeholder:"ID" help:"Its trip."`
	Ref      string `placeholder:"TEXT" help:"Its reference, where one is listed."`
	Operator string `placeholder:"NAME" help:"Who dealt with it (default: the login name)."`
}

func (c *alertDoneCmd) Run(s *streams) error {
	a, err := c.open(s)
	if err != nil {
		return err
	}
	defer a.Close()
	if err := a.Pay.Acknowledge(s.ctx, c.Trip, c.Kind, c.Ref, operator{Operator: c.Operator}.name()); err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "Alert %s is closed.\n", c.Kind)
	return err
}

// payAgeingCmd lists Captures nobody confirmed.
type payAgeingCmd struct {
	configFlag
	JSON bool `name:"json" help:"As JSON."`
}

func (c *payAgeingCmd) Run(s *streams) error {
	a, err := c.open(s)
	if err != nil {
		return err
	}
	defer a.Close()
	list, err := a.Pay.Ageing(s.ctx)
	if err != nil || c.JSON {
		return orJSON(s, list, err)
	}
	rows := [][]string{}
	for _, p := range list {
		rows = append(rows, []string{stamp(p.CapturedAt), p.TripID, p.StoreID, amount(p.Captured), p.Note})
	}
	s.list([]string{"Captured", "Trip", "Store", "Sum ", "Note"}, rows, "Every capture is confirmed, or young.")
	return nil
}

// payReportsCmd lists what Amazon was told, and sends it again.
type payReportsCmd struct {
	List  payReportListCmd  `cmd:"" default:"withargs" help:"List reports Amazon has not accepted."`
	Retry payReportRetryCmd `cmd:"" help:"Send a parked report again."`
}

type payReportListCmd struct {
	configFlag
	Trip string `placeholder:"ID" help:"All of this trip, accepted ones too."`
	JSON bool   `name:"json" help:"As JSON."`
}

func (c *payReportListCmd) Run(s *streams) error {
	a, err := c.open(s)
	if err != nil {
		return err
	}
	defer a.Close()
	list, err := a.Pay.Reports(s.ctx, c.Trip)
	if err != nil || c.JSON {
		return orJSON(s, list, err)
	}
	rows := [][]string{}
	for _, r := range list {
		rows = append(rows, []string{stamp(r.Created), r.TripID, strconv.FormatInt(r.Seq, 10), r.State, r.Settled.String(), r.Total.String(), r.Outcome})
	}
	s.list([]string{"Since", "Trip", "No ", "State", "Settled ", "Total ", "Outcome"}, rows, "Amazon has accepted every report.")
	return nil
}

type payReportRetryCmd struct {
	configFlag
	operator
	Trip string `arg:"" help:"Trip id."`
	No   int64  `arg:"" help:"The report's number, as listed."`
}

func (c *payReportRetryCmd) Run(s *streams) error {
	a, err := c.open(s)
	if err != nil {
		return err
	}
	defer a.Close()
	if err := a.Pay.RetryReport(s.ctx, c.Trip, c.No, c.name(), c.Reason); err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "Report %d of trip %s will be sent again.\n", c.No, c.Trip)
	return err
}

// payPausedCmd lists APIs that are not called, and resumes them.
type payPausedCmd struct {
	List   payPausedListCmd `cmd:"" default:"withargs" help:"List the APIs of Amazon that are not called for a while, and why."`
	Resume payResumeCmd     `cmd:"" help:"Call a paused API again, once the cause is removed."`
}

type payPausedListCmd struct {
	configFlag
	JSON bool `name:"json" help:"As JSON."`
}

func (c *payPausedListCmd) Run(s *streams) error {
	a, err := c.open(s)
	if err != nil {
		return err
	}
	defer a.Close()
	list, err := a.Pay.Pauses(s.ctx)
	if err != nil || c.JSON {
		return orJSON(s, list, err)
	}
	rows := [][]string{}
	for _, p := range list {
		rows = append(rows, []string{p.API, p.Kind, stamp(p.Since), stamp(p.Until), p.Note})
	}
	s.list([]string{"Operation", "Pause", "Since", "Until", "Note"}, rows, "No API is paused.")
	return nil
}

type payResumeCmd struct {
	configFlag
	operator
	API string `arg:"" name:"api" help:"The operation, such as AdjustCharge."`
}

func (c *payResumeCmd) Run(s *streams) error {
	a, err := c.open(s)
	if err != nil {
		return err
	}
	defer a.Close()
	if err := a.Pay.ResumeAPI(s.ctx, c.API, c.name(), c.Reason); err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "%s is called again.\n", c.API)
	return err
}

// payEscalateCmd flags a debt.
type payEscalateCmd struct {
	decision
	Off bool `help:"Take the flag back."`
}

func (c *payEscalateCmd) Run(s *streams) error {
	became := "flagged"
	if c.Off {
		became = "no longer flagged"
	}
	return c.debt(s, became, func(a *app.App) error { return a.Pay.Escalate(s.ctx, c.Trip, !c.Off, c.name(), c.Reason) })
}

// shopperRevokeCmd takes a shopper's scan codes back.
type shopperRevokeCmd struct {
	configFlag
	ID string `arg:"" help:"The shopper."`
}

func (c *shopperRevokeCmd) Run(s *streams) error {
	a, err := c.open(s)
	if err != nil {
		return err
	}
	defer a.Close()
	if _, err := a.Shoppers.Get(s.ctx, a.DB.Reader(), c.ID); err != nil {
		return err
	}
	if err := a.Gate.RevokeAll(s.ctx, c.ID); err != nil {
		return fmt.Errorf("codes of shopper %s: %w", c.ID, err)
	}
	_, err = fmt.Fprintf(s.out, "No code shopper %s was shown so far opens a gate any more.\n", c.ID)
	return err
}
