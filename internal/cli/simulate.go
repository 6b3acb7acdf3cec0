package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/strollhq/stroll/internal/app"
	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/jwosim"
	"github.com/strollhq/stroll/jwosim/scenario"
)

// simulateCmd is the simulator, and what is asked of one that runs.
type simulateCmd struct {
	Start   simulateRunCmd     `cmd:"" name:"run" default:"withargs" help:"Run it: what simulate does without a command."`
	Trigger simulateTriggerCmd `cmd:"" help:"Play named scenarios against a retailer's system."`
	History simulateHistoryCmd `cmd:"" help:"Show every request and answer of a running one, and assert over them."`
	Books   simulateBooksCmd   `cmd:"" help:"Show its own books."`
	Verify  simulateVerifyCmd  `cmd:"" help:"Check that no cent was made or lost and that it found nothing wrong."`
	Clock   simulateClockCmd   `cmd:"" help:"Show its clock, or move it."`
	Faults  simulateFaultsCmd  `cmd:"" help:"Show its faults, replace them, or list those there are."`
	Strict  simulateStrictCmd  `cmd:"" help:"List what the strict mode refuses, or switch it."`
}

// Help is what --help adds.
func (*simulateCmd) Help() string {
	return "Without a command it runs the simulator, with the flags that run --help explains. " +
		"It is not Amazon, moves no money and opens no gate."
}

type simulateRunCmd struct {
	For        string            `placeholder:"FILE" help:"Be the other side of this Stroll configuration: its stores, keys and addresses; flags come on top."`
	File       string            `short:"f" placeholder:"FILE" help:"The simulator's configuration in YAML; flags come on top."`
	Listen     string            `placeholder:"ADDRESS" help:"Where the retailer's system finds Amazon's API (default 127.0.0.1:8090)."`
	Manage     string            `default:"127.0.0.1:8091" placeholder:"ADDRESS" help:"Where people and tests find gates, books and history (default 127.0.0.1:8091)."`
	Connector  string            `placeholder:"URL" help:"Base address of the retailer's connectors."`
	Store      []string          `placeholder:"ID" help:"Store ids (default store-1)."`
	Currency   string            `default:"USD" placeholder:"CODE" help:"Currency of the stores named with --store (default USD)."`
	Strategy   string            `default:"retailer_managed" placeholder:"NAME" help:"Fraud and abuse strategy of those stores: retailer_managed (default), amazon_managed, amazon_recommendation or none."`
	Key        []string          `placeholder:"ID:SECRET" help:"Keys the retailer's calls may be signed with (default: any call is taken)."`
	Sign       string            `placeholder:"ID:SECRET" help:"Sign calls to the connectors with this key."`
	Header     map[string]string `placeholder:"NAME=VALUE" help:"Add a header to calls to the connectors."`
	Seed       *uint64           `placeholder:"NUMBER" help:"Seed of faults and ids (default: drawn and printed)."`
	RunID      string            `name:"run" placeholder:"TEXT" help:"Mixed into ids: the same seed and run give the same ids again (default: new ids at each start)."`
	Faults     string            `placeholder:"FAULTS" help:"What goes wrong: none, default, heavy, or such as 500=0.05,lost=0.02 (default: default); faults --list lists them."`
	FaultsFile string            `placeholder:"FILE" help:"The same of a file in YAML, by name or as one text."`
	Strict     bool              `help:"Refuse what a stricter Amazon might refuse; simulate strict lists it."`

	CodeCommand string `placeholder:"COMMAND" help:"For scenarios and the shop page: draw a fresh scan code by a shell command, which finds the role in $$ROLE."`
}

// Help is what --help adds.
func (*simulateRunCmd) Help() string {
	return "Gates, cards, trips, books and history are driven over HTTP on the management port, whose first page lists what it offers. " +
		"It is not Amazon, moves no money and opens no gate."
}

func (c *simulateRunCmd) Run(s *streams) error {
	cfg, err := c.config()
	if err != nil {
		return err
	}
	cfg.Log = logger(s.err, app.Log{Level: "info", Format: "text"})
	if c.CodeCommand != "" {
		cfg.Code = func(ctx context.Context, who string) (string, error) {
			return shell(ctx, c.CodeCommand, cmp.Or(who, string(scenario.Shopper)))
		}
	}
	sim, err := jwosim.New(cfg)
	if err != nil {
		return fault.New(fault.Invalid, "%w", err)
	}
	defer sim.Close()
	var doors []*http.Server
	var lis []net.Listener
	for _, d := range []struct {
		flag, addr string
		h          http.Handler
	}{{"--listen", c.Listen, sim.Handler()}, {"--manage", c.Manage, c.management(sim)}} {
		l, err := net.Listen("tcp", d.addr)
		if err != nil {
			return fmt.Errorf("simulate, %s: %w", d.flag, err)
		}
		defer l.Close()
		lis = append(lis, l)
		doors = append(doors, &http.Server{Handler: d.h, ReadHeaderTimeout: 5 * time.Second})
	}
	c.opening(s, sim, cfg, lis)
	return serveUntil(s.ctx, doors, lis)
}

// management is the simulator's own port, with scenarios beside it.
func (c *simulateRunCmd) management(sim *jwosim.Sim) http.Handler {
	var known scenario.Options
	if c.CodeCommand != "" {
		known.Code = drawn(c.CodeCommand)
	}
	mux := http.NewServeMux()
	mux.Handle("/", sim.Management())
	scenarios := scenario.Handler(sim, known)
	mux.Handle("/scenarios", scenarios)
	mux.Handle("/scenarios/", scenarios)
	return mux
}

func (c *simulateRunCmd) opening(s *streams, sim *jwosim.Sim, cfg jwosim.Config, lis []net.Listener) {
	banner(s)
	keys := []string{}
	for _, k := range cfg.Accept {
		keys = append(keys, k.AccessKeyID)
	}
	signed := "signed with " + strings.Join(keys, ", ")
	if cfg.AcceptUnsigned {
		signed = "any call is taken, signed or not"
	}
	rows := [][2]string{
		{"Amazon's API", fmt.Sprintf("http://%s  (%s)", lis[0].Addr(), signed)},
		{"The shop", fmt.Sprintf("http://%s/shop  (walk through it in a browser)", lis[1].Addr())},
		{"Gates, books", fmt.Sprintf("http://%s", lis[1].Addr())},
		{"Scenarios", fmt.Sprintf("stroll simulate trigger NAME --at http://%s  (--list explains them)", lis[1].Addr())},
	}
	for _, st := range sim.Stores() {
		to := st.ConnectorURL
		if to == "" && len(st.URLs) == 0 {
			to = "nowhere, so its gate keeps to its default: name a connector with --connector"
		}
		rows = append(rows, [2]string{"Store", fmt.Sprintf("%s, %s, calls %s", st.ID, st.Strategy, to)})
	}
	rows = append(rows, [2]string{"Seed", fmt.Sprintf("%d, run %q  (the same seed meets the same faults, the same run has the same ids)", sim.Seed(), cfg.Run)},
		[2]string{"Faults", sim.Faults().String()}, [2]string{"Strict", yes(sim.Strict())})
	for _, r := range rows {
		fmt.Fprintf(s.out, "%-13s %s\n", r[0], r[1])
	}
}

// banner cannot be overlooked.
func banner(s *streams) {
	const text = "  THIS IS A SIMULATOR. It is not Amazon, moves no money and opens no gate.  "
	p := paint(terminal(s.out))
	line := strings.Repeat("━", width(text))
	for _, l := range []string{"┏" + line + "┓", "┃" + text + "┃", "┗" + line + "┛"} {
		fmt.Fprintln(s.out, p.with("1;31", l))
	}
}

// serveUntil serves until the context ends, and then lets requests under way
// finish.
func serveUntil(ctx context.Context, doors []*http.Server, lis []net.Listener) error {
	failed := make(chan error, len(doors))
	var serving sync.WaitGroup
	for i, d := range doors {
		serving.Go(func() {
			if err := d.Serve(lis[i]); !errors.Is(err, http.ErrServerClosed) {
				failed <- err
			}
		})
	}
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	for _, d := range doors {
		err = errors.Join(err, d.Shutdown(grace))
	}
	serving.Wait()
	return err
}
