package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/jwosim"
)

type simulateHistoryCmd struct {
	simulatorFlag
	limit
	Trip      string `placeholder:"ID" help:"Only exchanges about this trip."`
	API       string `name:"api" placeholder:"NAME" help:"Only this operation, such as CaptureCharge."`
	Store     string `placeholder:"ID" help:"Only this store."`
	Direction string `placeholder:"WAY" help:"Only one way: to_amazon (the retailer called) or from_amazon (the simulator called)."`
	Status    int    `placeholder:"CODE" help:"Only answers with this status."`
	Fault     string `placeholder:"KIND" help:"Only exchanges that met this fault, such as lost, outage or strict."`
	After     int64  `placeholder:"NUMBER" help:"Only what came after the exchange of this number."`
	Bodies    bool   `help:"With headers and bodies."`
	Follow    bool   `help:"Go on with what comes, until interrupted."`
	Expect    *int   `placeholder:"NUMBER" help:"End with status 1 unless just so many exchanges fit."`
	JSON      bool   `name:"json" help:"As JSON; with --follow one object a line."`
}

func (c *simulateHistoryCmd) query() url.Values {
	q := url.Values{}
	for name, value := range map[string]string{
		"trip": c.Trip, "api": c.API, "store": c.Store, "direction": c.Direction, "fault": c.Fault,
		"status": strconv.Itoa(c.Status), "after": strconv.FormatInt(c.After, 10), "limit": strconv.Itoa(c.Limit),
	} {
		if value != "" && value != "0" {
			q.Set(name, value)
		}
	}
	return q
}

func (c *simulateHistoryCmd) Run(s *streams) (err error) {
	if c.Direction, err = choice("direction", c.Direction, jwosim.ToAmazon, jwosim.FromAmazon); err != nil {
		return err
	}
	if c.API, err = choice("api", c.API, operations...); err != nil {
		return err
	}
	if err := c.check(longest); err != nil {
		return err
	}
	switch {
	case c.Expect != nil && c.Follow:
		return fault.New(fault.Invalid, "--expect counts what is there, --follow waits for more: choose one")
	case c.Expect != nil:
		return c.count(s)
	case c.Follow:
		return c.follow(s)
	}
	list := []jwosim.Exchange{}
	if _, err := c.ask(s, "GET", "history", c.query(), nil, &list); err != nil || c.JSON {
		return orJSON(s, list, err)
	}
	if c.Bodies {
		for _, e := range list {
			io.WriteString(s.out, whole(e))
		}
	} else {
		rows := [][]string{}
		for _, e := range list {
			rows = append(rows, exchangeRow(e))
		}
		s.list(exchangeHead, rows, "No such exchange.")
	}
	c.note(s, len(list))
	return nil
}

// count asserts how many exchanges fit, whatever the limit of lists.
func (c *simulateHistoryCmd) count(s *streams) error {
	q := c.query()
	q.Del("limit")
	q.Set("is", strconv.Itoa(*c.Expect))
	var got struct {
		Count int
		Error string
	}
	held, err := c.ask(s, "GET", "history/count", q, nil, &got)
	switch {
	case err != nil:
		return err
	case c.JSON:
		err = s.json(map[string]any{"count": got.Count, "expected": *c.Expect, "ok": held})
	case held:
		_, err = fmt.Fprintf(s.out, "%d exchanges fit, as expected.\n", got.Count)
	}
	if err == nil && !held {
		err = errors.New(got.Error)
	}
	return err
}

// pace is how often follow asks.
const pace = 300 * time.Millisecond

// follow prints what is there and then what comes. An interrupt is its end.
func (c *simulateHistoryCmd) follow(s *streams) error {
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for {
		var list []jwosim.Exchange
		if _, err := c.ask(s, "GET", "history", c.query(), nil, &list); s.ctx.Err() != nil {
			return nil
		} else if err != nil {
			return err
		}
		for _, e := range list {
			c.After = e.Seq
			if err := c.line(s, e); err != nil {
				return err
			}
		}
		select {
		case <-s.ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func (c *simulateHistoryCmd) line(s *streams, e jwosim.Exchange) error {
	switch {
	case c.JSON:
		return json.NewEncoder(s.out).Encode(e)
	case c.Bodies:
		_, err := io.WriteString(s.out, whole(e))
		return err
	}
	_, err := fmt.Fprintln(s.out, clean(strings.Join(exchangeRow(e), "  ")))
	return err
}

var exchangeHead = []string{"No ", "At", "Way", "Operation", "Trip", "Try ", "Status ", "Fault", "Took "}

func exchangeRow(e jwosim.Exchange) []string {
	status := "–"
	if e.Status > 0 {
		status = strconv.Itoa(e.Status)
	}
	return []string{strconv.FormatInt(e.Seq, 10), stamp(e.At), e.Direction, e.API, e.TripID, strconv.Itoa(e.Attempt + 1), status, e.Fault, brief(e.Took)}
}

// whole is an exchange with headers and bodies.
func whole(e jwosim.Exchange) string {
	var b strings.Builder
	row := exchangeRow(e)
	fmt.Fprintf(&b, "── %s %s %s %s, try %s: %s %s (%s)\n", row[0], row[1], clean(e.Direction), clean(e.Path), row[5], row[6], clean(e.Fault+e.Error), row[8])
	for _, part := range []struct {
		mark    string
		headers map[string]string
		body    string
	}{{">", e.RequestHeaders, e.Request}, {"<", e.ResponseHeaders, e.Response}} {
		for _, name := range slices.Sorted(maps.Keys(part.headers)) {
			fmt.Fprintf(&b, "%s %s: %s\n", part.mark, clean(name), clean(part.headers[name]))
		}
		fmt.Fprintf(&b, "%s %s\n", part.mark, clean(part.body))
	}
	return b.String()
}
