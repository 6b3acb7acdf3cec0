package cli

import (
	"errors"
	"fmt"
)

type ledgerCmd struct {
	Verify ledgerVerifyCmd `cmd:"" default:"withargs" help:"Recompute every balance and state from the journal; differences end with status 1."`
}

type ledgerVerifyCmd struct {
	configFlag
	JSON bool `name:"json" help:"As JSON."`
}

func (c *ledgerVerifyCmd) Run(s *streams) error {
	a, err := c.open(s)
	if err != nil {
		return err
	}
	defer a.Close()
	v, err := a.Pay.Verify(s.ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		err = s.json(v)
	} else {
		_, err = fmt.Fprintf(s.out, "%d trips and %d ledger entries recomputed: %d differences\n", v.Trips, v.Entries, len(v.Differences))
		for _, d := range v.Differences {
			fmt.Fprintf(s.out, "  %v\n", d)
		}
	}
	if err == nil && !v.OK() {
		err = errors.New("the books are wrong")
	}
	return err
}
