package cli

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"

	"github.com/strollhq/stroll/internal/app"
	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/jwosim"
	"github.com/strollhq/stroll/money"
)

type simulateBooksCmd struct {
	simulatorFlag
	JSON bool `name:"json" help:"As JSON."`
}

func (c *simulateBooksCmd) Run(s *streams) error {
	var b jwosim.Books
	if _, err := c.ask(s, "GET", "books", nil, nil, &b); err != nil || c.JSON {
		return orJSON(s, b, err)
	}
	rows := [][]string{}
	for _, t := range b.Trips {
		sum := func(minor int64) string { return money.New(minor, t.Currency).Number() }
		rows = append(rows, []string{t.TripID, t.StoreID, t.State, t.Card, t.Charge, sum(t.PreAuth), sum(t.Held), sum(t.Adjusted),
			sum(t.Captured), sum(t.Refunded), string(t.Currency)})
	}
	s.list([]string{"Trip", "Store", "State", "Card", "Charge", "Hold ", "Held ", "Adjusted ", "Captured ", "Refunded ", ""}, rows, "Nobody has entered.")
	for _, t := range b.Totals {
		fmt.Fprintf(s.out, "In all %s held, %s captured, %s refunded.\n", money.New(t.Held, t.Currency), money.New(t.Captured, t.Currency), money.New(t.Refunded, t.Currency))
	}
	for _, reason := range slices.Sorted(maps.Keys(b.Refused)) {
		fmt.Fprintf(s.out, "Refused at the gate, %s: %d\n", clean(reason), b.Refused[reason])
	}
	fmt.Fprintf(s.out, "Seed %d.\n", b.Seed)
	return nil
}

type simulateVerifyCmd struct {
	simulatorFlag
	JSON bool `name:"json" help:"As JSON."`
}

// Help is what --help adds.
func (*simulateVerifyCmd) Help() string {
	return "The exit status is 1 when money was made or lost in the simulator's books, or when it found something a well-behaved system never does."
}

func (c *simulateVerifyCmd) Run(s *streams) error {
	var v jwosim.Verification
	held, err := c.ask(s, "GET", "verify", nil, nil, &v)
	if err != nil {
		return err
	}
	if c.JSON {
		err = s.json(v)
	} else {
		rows := [][]string{}
		for _, f := range v.Findings {
			rows = append(rows, []string{stamp(f.At), f.Kind, f.Trip, f.Text})
		}
		s.list([]string{"At", "Found", "Trip", "What"}, rows, "Nothing was found.")
		_, err = fmt.Fprintf(s.out, "%d exchanges; %d carts are not taken yet.\n", v.Exchanges, v.Undelivered)
	}
	switch {
	case err != nil || held:
		return err
	case v.Balanced != "":
		return errors.New("the simulator's books do not balance: " + v.Balanced)
	}
	return fmt.Errorf("the simulator found %d things a well-behaved system never does", len(v.Findings))
}

type simulateClockCmd struct {
	simulatorFlag
	Advance string `placeholder:"TIME" help:"Move it forward, by such as 46h or 30d."`
	JSON    bool   `name:"json" help:"As JSON."`
}

// Help is what --help adds.
func (*simulateClockCmd) Help() string {
	return "When the clock is moved, pre-authorizations expire, outages begin and end, and late carts and pauses between deliveries come due. " +
		"The retailer's system keeps its own time."
}

func (c *simulateClockCmd) Run(s *streams) error {
	var state jwosim.ClockState
	method, body := "GET", any(nil)
	if c.Advance != "" {
		if _, err := jwosim.ParseDuration(c.Advance); err != nil {
			return fault.New(fault.Invalid, "--advance: %w", err)
		}
		method, body = "POST", map[string]string{"advance": c.Advance}
	}
	if _, err := c.ask(s, method, "clock", nil, body, &state); err != nil || c.JSON {
		return orJSON(s, state, err)
	}
	_, err := fmt.Fprintf(s.out, "%s, %s ahead of the machine's clock.\n", stamp(state.Now), state.Ahead)
	return err
}

type simulateFaultsCmd struct {
	simulatorFlag
	Set  string `placeholder:"FAULTS" help:"Replace them: none, default, heavy, or such as 500=0.05,outage=0s+2m."`
	File string `placeholder:"FILE" help:"Replace them by those of a file in YAML."`
	List bool   `help:"List every fault there is, with its unit and presets; asks no simulator."`
	JSON bool   `name:"json" help:"As JSON."`
}

func (c *simulateFaultsCmd) Run(s *streams) error {
	if c.List {
		return listFaults(s, c.JSON)
	}
	method, body := "GET", any(nil)
	if c.Set != "" || c.File != "" {
		f, err := chooseFaults("--set", c.Set, "--file", c.File)
		if err != nil {
			return err
		}
		method, body = "PUT", map[string]jwosim.Faults{"faults": f}
	}
	var state jwosim.FaultsState
	if _, err := c.ask(s, method, "faults", nil, body, &state); err != nil || c.JSON {
		return orJSON(s, state, err)
	}
	_, err := fmt.Fprintf(s.out, "%s\nSeed %d, in force since %s.\n", state.Faults, state.Seed, stamp(state.Since))
	return err
}

func listFaults(s *streams, asJSON bool) error {
	fields := jwosim.FaultFields()
	if asJSON {
		return s.json(fields)
	}
	rows := [][]string{}
	for _, f := range fields {
		rows = append(rows, []string{f.Name, f.Unit, f.Unset, f.Default, f.Heavy, f.Explain})
	}
	s.list([]string{"Fault", "Unit", "Unset", "default", "heavy", "What happens"}, rows, "")
	return nil
}

// chooseFaults reads faults in short form or of a file, not of both.
func chooseFaults(flag, text, fileFlag, file string) (f jwosim.Faults, err error) {
	switch {
	case text != "" && file != "":
		return f, fault.New(fault.Invalid, "%s and %s both say what goes wrong: choose one", flag, fileFlag)
	case file == "":
		if f, err = jwosim.ParseFaults(text); err != nil {
			return f, fault.New(fault.Invalid, "%s: %w", flag, err)
		}
		return f, nil
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return f, fault.New(fault.NotFound, "%s: %w", fileFlag, err)
	}
	return f, app.DecodeYAML(file, data, &f)
}

type simulateStrictCmd struct {
	simulatorFlag
	On   bool `xor:"switch" help:"Switch the strict mode of a running simulator on."`
	Off  bool `xor:"switch" help:"Switch it off."`
	JSON bool `name:"json" help:"As JSON."`
}

// Help is what --help adds.
func (*simulateStrictCmd) Help() string {
	return "Alone it lists what the strict mode refuses and asks no simulator."
}

func (c *simulateStrictCmd) Run(s *streams) error {
	if c.On || c.Off {
		var state jwosim.StrictState
		if _, err := c.ask(s, "PUT", "strict", nil, map[string]bool{"strict": c.On}, &state); err != nil || c.JSON {
			return orJSON(s, map[string]bool{"strict": state.Strict}, err)
		}
		_, err := io.WriteString(s.out, "Strict: "+yes(state.Strict)+"\n")
		return err
	}
	rules := jwosim.StrictRules()
	if c.JSON {
		return s.json(rules)
	}
	rows := [][]string{}
	for i, r := range rules {
		rows = append(rows, []string{strconv.Itoa(i + 1), r.Name, r.Of, r.Refuses, r.Source})
	}
	s.list([]string{"", "Rule", "Of", "Refuses", "Contract"}, rows, "")
	return nil
}
