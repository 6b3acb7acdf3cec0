package cli

import (
	"fmt"
	"strconv"

	"github.com/strollhq/stroll/internal/journal"
	"github.com/strollhq/stroll/internal/outbox"
	"github.com/strollhq/stroll/jwo"
)

type jobsCmd struct {
	List  jobsListCmd  `cmd:"" default:"withargs" help:"List unfinished jobs."`
	Retry jobsRetryCmd `cmd:"" help:"Run a waiting or parked job now."`
}

type jobsListCmd struct {
	configFlag
	limit
	Kind  string `placeholder:"KIND" help:"Only this kind, such as pay.step."`
	State string `placeholder:"STATE" help:"Only this state: waiting, ready, running or parked."`
	JSON  bool   `name:"json" help:"As JSON."`
}

func (c *jobsListCmd) Run(s *streams) (err error) {
	if c.State, err = choice("state", c.State, outbox.Waiting, outbox.Ready, outbox.Running, outbox.Parked); err != nil {
		return err
	}
	if err := c.check(longest); err != nil {
		return err
	}
	a, err := c.open(s)
	if err != nil {
		return err
	}
	defer a.Close()
	list, err := a.Jobs.List(s.ctx, outbox.Filter{Kind: c.Kind, State: c.State, Limit: c.Limit})
	if err != nil || c.JSON {
		return orJSON(s, list, err)
	}
	rows := [][]string{}
	for _, r := range list {
		rows = append(rows, []string{r.ID, r.Kind, r.Key, r.State, stamp(r.RunAt), strconv.Itoa(r.Attempt), r.Error})
	}
	s.list([]string{"Job", "Kind", "Key", "State", "Runs", "Attempts ", "Last error"}, rows, "No such job is unfinished.")
	c.note(s, len(list))
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
	limit
	Trip      string `placeholder:"ID" help:"Only calls about this trip."`
	API       string `name:"api" placeholder:"NAME" help:"Only this operation, such as AdjustCharge."`
	Direction string `placeholder:"WAY" help:"Only one way: in (Amazon called us) or out (we called Amazon)."`
	JSON      bool   `name:"json" help:"As JSON."`
}

// operations are the calls there may be rows about.
var operations = []string{
	jwo.APIVerifyIdentityKeys, jwo.APIGetShopperAuthorization, jwo.APICreatePurchases, jwo.APIResolveScan, jwo.APIGetScanDetails,
	jwo.APIGetShopper, jwo.APIAdjustCharge, jwo.APICancelCharge, jwo.APICaptureCharge, jwo.APIRefund, jwo.APIGetTransactionalData,
	jwo.APIGetShopperIdentity, jwo.APIReportPaymentStatus, jwo.APIUploadCatalog, jwo.APIUploadCartCatalog, jwo.APIArchiveCatalog,
	jwo.APIGetCatalogUploadStatus, jwo.APICheckout,
}

func (c *callsCmd) Run(s *streams) (err error) {
	if c.Direction, err = choice("direction", c.Direction, journal.In, journal.Out); err != nil {
		return err
	}
	if c.API, err = choice("api", c.API, operations...); err != nil {
		return err
	}
	if err := c.check(longest); err != nil {
		return err
	}
	a, err := c.open(s)
	if err != nil {
		return err
	}
	defer a.Close()
	list, err := a.Journal.List(s.ctx, journal.Filter{TripID: c.Trip, API: c.API, Direction: c.Direction, Limit: c.Limit})
	if err != nil || c.JSON {
		return orJSON(s, list, err)
	}
	rows := [][]string{}
	for _, call := range list {
		status := "–"
		if call.Status > 0 {
			status = strconv.Itoa(call.Status)
		}
		rows = append(rows, []string{stamp(call.At), call.Direction, call.API, call.TripID, status, call.Outcome, brief(call.Took)})
	}
	s.list([]string{"At", "Way", "Operation", "Trip", "Status ", "Outcome", "Took "}, rows, "No such call.")
	c.note(s, len(list))
	return nil
}
