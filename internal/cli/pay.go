package cli

import (
	"fmt"
	"time"

	"github.com/strollhq/stroll/internal/app"
	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/internal/pay"
)

type payCmd struct {
	List     payListCmd     `cmd:"" default:"withargs" help:"List payments by the nearest deadline."`
	Show     payShowCmd     `cmd:"" help:"Show one payment, how it came to be where it is, and its ledger."`
	Parked   payParkedCmd   `cmd:"" help:"List payments that wait for a person."`
	Retry    payRetryCmd    `cmd:"" help:"Send a parked payment on from where it was."`
	Decide   payDecideCmd   `cmd:"" help:"Say whether a Capture in doubt happened."`
	Cancel   payCancelCmd   `cmd:"" help:"Let a trip go uncharged and release its pre-authorization."`
	Hold     payHoldCmd     `cmd:"" help:"Keep a payment from moving until it is released."`
	Release  payReleaseCmd  `cmd:"" help:"Send a held payment on."`
	Debts    payDebtsCmd    `cmd:"" help:"List open debts, the oldest first."`
	WriteOff payWriteOffCmd `cmd:"" help:"Give up a debt."`
	Escalate payEscalateCmd `cmd:"" help:"Flag a debt for whoever collects it."`
	Ageing   payAgeingCmd   `cmd:"" help:"List captures that nothing has confirmed in time."`
	Reports  payReportsCmd  `cmd:"" help:"Look at what Amazon was told about payments, and send it again."`
	Paused   payPausedCmd   `cmd:"" help:"Look at paused APIs and resume them."`
}

type payListCmd struct {
	configFlag
	limit
	Store string `placeholder:"ID" help:"Only this store."`
	State string `placeholder:"STATE" help:"Only this state, such as PARKED."`
	Open  bool   `help:"Only those that are not final."`
	JSON  bool   `name:"json" help:"As JSON."`
}

// states are the words --state takes.
var states = []pay.State{
	pay.Preauthorized, pay.CartPriced, pay.AdjustPending, pay.AdjustApproved, pay.AdjustDeclined, pay.AdjustUnknown,
	pay.CaptureInitiated, pay.CaptureUnknown, pay.Captured, pay.CaptureDeclined, pay.CancelInitiated, pay.CancelUnknown,
	pay.Expired, pay.Parked, pay.NeverCharged,
}

func (c *payListCmd) Run(s *streams) error {
	words := []string{}
	for _, state := range states {
		words = append(words, string(state))
	}
	state, err := choice("state", c.State, words...)
	if err != nil {
		return err
	}
	f := pay.Filter{StoreID: c.Store, State: pay.State(state), Open: c.Open}
	return listPayments(s, c.configFlag, c.limit, c.JSON, f, "No such payment.")
}

type payParkedCmd struct {
	configFlag
	limit
	JSON bool `name:"json" help:"As JSON."`
}

func (c *payParkedCmd) Run(s *streams) error {
	return listPayments(s, c.configFlag, c.limit, c.JSON, pay.Filter{State: pay.Parked}, "No payment waits for a person.")
}

func listPayments(s *streams, c configFlag, l limit, asJSON bool, f pay.Filter, none string) error {
	if err := l.check(longest); err != nil {
		return err
	}
	f.Limit = l.Limit
	a, err := c.open(s)
	if err != nil {
		return err
	}
	defer a.Close()
	list, err := a.Pay.List(s.ctx, f)
	if err != nil || asJSON {
		return orJSON(s, list, err)
	}
	rows := [][]string{}
	for _, p := range list {
		left := "–"
		if !p.Final() {
			left = p.Remaining(time.Now()).Truncate(time.Minute).String()
		}
		rows = append(rows, []string{p.TripID, p.StoreID, string(p.State), p.Entry, amount(p.Total), amount(p.Captured), left, p.Note})
	}
	s.list([]string{"Trip", "Store", "State", "Entry", "Total ", "Captured ", "Time left ", "Note"}, rows, none)
	l.note(s, len(list))
	return nil
}

type payShowCmd struct {
	configFlag
	Trip string `arg:"" help:"Trip id."`
	JSON bool   `name:"json" help:"As JSON."`
}

func (c *payShowCmd) Run(s *streams) error {
	a, err := c.open(s)
	if err != nil {
		return err
	}
	defer a.Close()
	p, err := a.Pay.Get(s.ctx, a.DB.Reader(), c.Trip)
	if err != nil {
		return err
	}
	steps, err := a.Pay.History(s.ctx, c.Trip)
	if err != nil {
		return err
	}
	ledger, err := a.Pay.Journal(s.ctx, c.Trip)
	if err != nil || c.JSON {
		return orJSON(s, struct {
			Payment pay.Payment
			History []pay.Step
			Ledger  []pay.Entry
		}{p, steps, ledger}, err)
	}
	fmt.Fprintf(s.out, "Trip %s in store %s: %s\nTotal %s, authorized %s, captured %s; pre-authorization ends %s\n",
		p.TripID, p.StoreID, p.State, amount(p.Total), amount(p.Authorized), amount(p.Captured), stamp(p.Expires))
	for _, f := range [][2]string{{"Route", p.Route}, {"Because", p.Reason}, {"Note", clean(p.Note)}} {
		if f[1] != "" {
			fmt.Fprintf(s.out, "%s: %s\n", f[0], f[1])
		}
	}
	rows := [][]string{}
	for _, h := range steps {
		rows = append(rows, []string{stamp(h.At), string(h.Was), string(h.Event), string(h.Became), h.By, h.Note})
	}
	fmt.Fprintln(s.out)
	s.table([]string{"At", "From", "Event", "To", "By", "Note"}, rows)
	rows = nil
	for _, e := range ledger {
		rows = append(rows, []string{stamp(e.At), e.Kind, e.Debit, e.Credit, e.Amount.String(), e.Note})
	}
	fmt.Fprintln(s.out)
	s.list([]string{"At", "Entry", "Debit", "Credit", "Amount ", "Note"}, rows, "Nothing in the ledger.")
	return nil
}

// decision is an operator's act on one trip.
type decision struct {
	configFlag
	operator
	Trip string `arg:"" help:"Trip id."`
}

// act does it and says where the payment is now. The running program notices
// within its polling time.
func (c *decision) act(s *streams, do func(*app.App) error) error {
	return c.do(s, do, func(p pay.Payment) string { return fmt.Sprintf("Trip %s is %s.", p.TripID, p.State) })
}

// debt does it and says what became of the debt.
func (c *decision) debt(s *streams, became string, do func(*app.App) error) error {
	return c.do(s, do, func(p pay.Payment) string { return fmt.Sprintf("The debt of trip %s is %s.", p.TripID, became) })
}

func (c *decision) do(s *streams, do func(*app.App) error, said func(pay.Payment) string) error {
	a, err := c.open(s)
	if err != nil {
		return err
	}
	defer a.Close()
	if err := do(a); err != nil {
		return err
	}
	p, err := a.Pay.Get(s.ctx, a.DB.Reader(), c.Trip)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(s.out, said(p))
	return err
}

type payRetryCmd struct{ decision }

func (c *payRetryCmd) Run(s *streams) error {
	return c.act(s, func(a *app.App) error { return a.Pay.RetryParked(s.ctx, c.Trip, c.name(), c.Reason) })
}

type payCancelCmd struct{ decision }

func (c *payCancelCmd) Run(s *streams) error {
	return c.act(s, func(a *app.App) error { return a.Pay.CancelTrip(s.ctx, c.Trip, c.name(), c.Reason) })
}

type payHoldCmd struct{ decision }

func (c *payHoldCmd) Run(s *streams) error {
	return c.act(s, func(a *app.App) error { return a.Pay.HoldTrip(s.ctx, c.Trip, c.name(), c.Reason) })
}

type payReleaseCmd struct{ decision }

func (c *payReleaseCmd) Run(s *streams) error {
	return c.act(s, func(a *app.App) error { return a.Pay.ReleaseTrip(s.ctx, c.Trip, c.name(), c.Reason) })
}

type payWriteOffCmd struct{ decision }

func (c *payWriteOffCmd) Run(s *streams) error {
	return c.debt(s, "written off", func(a *app.App) error { return a.Pay.WriteOff(s.ctx, c.Trip, c.name(), c.Reason) })
}

type payDecideCmd struct {
	decision
	Captured    bool `xor:"what" help:"The Capture happened."`
	NotCaptured bool `xor:"what" help:"The Capture did not happen."`
}

func (c *payDecideCmd) Run(s *streams) error {
	if c.Captured == c.NotCaptured {
		return fault.New(fault.Invalid, "say --captured or --not-captured")
	}
	return c.act(s, func(a *app.App) error { return a.Pay.DecideUnknown(s.ctx, c.Trip, c.Captured, c.name(), c.Reason) })
}

type payDebtsCmd struct {
	configFlag
	JSON bool `name:"json" help:"As JSON."`
}

func (c *payDebtsCmd) Run(s *streams) error {
	a, err := c.open(s)
	if err != nil {
		return err
	}
	defer a.Close()
	list, err := a.Pay.Debts(s.ctx)
	if err != nil || c.JSON {
		return orJSON(s, list, err)
	}
	rows := [][]string{}
	for _, d := range list {
		rows = append(rows, []string{stamp(d.Opened), d.TripID, d.StoreID, d.State, d.Cause, d.Balance().String()})
	}
	s.list([]string{"Since", "Trip", "Store", "State", "Cause", "Owed "}, rows, "Nobody owes anything.")
	return nil
}
