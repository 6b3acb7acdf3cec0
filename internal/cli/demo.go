package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/strollhq/stroll/internal/app"
	"github.com/strollhq/stroll/internal/catalog"
	"github.com/strollhq/stroll/internal/demo"
	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/internal/gate"
	"github.com/strollhq/stroll/internal/load"
	"github.com/strollhq/stroll/internal/price"
	"github.com/strollhq/stroll/jwosim"
)

type demoCmd struct {
	Trips    int    `default:"200" placeholder:"NUMBER" help:"How many shoppers come (default 200)."`
	Gates    int    `default:"8" placeholder:"NUMBER" help:"How many are in the store at once (default 8)."`
	Seed     uint64 `default:"1" placeholder:"NUMBER" help:"Decides shoppers, prices and faults; the same seed repeats the run (default 1)."`
	Faults   string `default:"default" placeholder:"FAULTS" help:"What goes wrong on Amazon's side: none, default (default), heavy, or such as 500=0.05,lost=0.02."`
	Items    string `placeholder:"FILE" help:"Put the items of a CSV file of barcode, name and price on the shelves; missing prices are drawn from the seed."`
	Database string `placeholder:"DSN" help:"Keep the books here: a file, or postgres://… (default: a file that is removed at the end)."`
	Exit     bool   `help:"Do not stay up after the tables."`
	JSON     bool   `name:"json" help:"Print the result as JSON and nothing else."`
	Verbose  bool   `short:"v" help:"Show the programs' logs."`
}

func (c *demoCmd) Run(s *streams) (err error) {
	if c.Trips < 1 || c.Trips > 1_000_000 || c.Gates < 1 || c.Gates > 1000 {
		return fault.New(fault.Invalid, "--trips takes 1 to 1000000, --gates 1 to 1000")
	}
	faults, err := jwosim.ParseFaults(c.Faults)
	if err != nil {
		return fault.New(fault.Invalid, "--faults: %w", err)
	}
	items, err := c.items(s)
	if err != nil {
		return err
	}
	dsn, clean, err := c.database()
	if err != nil {
		return err
	}
	defer clean()
	opened := time.Now()
	cfg := demo.Config{Database: dsn, Seed: c.Seed, Run: opened.UTC().Format("20060102T150405.000"), Faults: faults, Items: items, Edit: demo.Hurry}
	if c.Verbose {
		cfg.Log = logger(s.err, app.Log{Level: "info"})
	} else {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	w, err := demo.Open(s.ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	ctx, stop := context.WithCancel(s.ctx)
	defer stop()
	served := make(chan error, 1)
	go func() {
		served <- w.Run(ctx)
		stop() // nobody waits for shops that do not answer
	}()

	c.opening(s, w)
	sum, err := c.shop(ctx, s, w)
	if err == nil {
		r := result{Summary: sum}
		if r.Decisions, err = w.App.Gate.Tally(ctx, gate.Filter{Since: opened}); err == nil {
			err = c.closing(ctx, s, w, r)
		}
	}
	stop()
	if e := <-served; e != nil {
		err = e // what else went wrong follows from it
	}
	return err
}

// items reads --items and says which rows cannot be sold.
func (c *demoCmd) items(s *streams) ([]price.Item, error) {
	if c.Items == "" {
		return nil, nil
	}
	f, err := os.Open(c.Items)
	if err != nil {
		return nil, fault.New(fault.NotFound, "--items: %w\nName a CSV file with the columns barcode, name and price", err)
	}
	defer f.Close()
	items, refused, err := catalog.ReadItems(f, catalog.DrawPrice(c.Seed))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Items, err)
	}
	for _, r := range refused {
		fmt.Fprintf(s.err, "%s: %s\n", c.Items, r)
	}
	if len(items) == 0 {
		return nil, fault.New(fault.Invalid, "%s: none of its %d rows can be sold", c.Items, len(refused))
	}
	fmt.Fprintf(s.err, "%s: %d items on the shelves, %d rows cannot be sold\n", c.Items, len(items), len(refused))
	return items, nil
}

// database is where the books are, and how they are cleaned up.
func (c *demoCmd) database() (dsn string, clean func(), err error) {
	if c.Database != "" {
		return c.Database, func() {}, nil
	}
	dir, err := os.MkdirTemp("", "stroll-demo-")
	if err != nil {
		return "", nil, fmt.Errorf("a place for the demo's books: %w", err)
	}
	return filepath.Join(dir, "stroll.db"), func() { os.RemoveAll(dir) }, nil
}

func (c *demoCmd) opening(s *streams, w *demo.World) {
	if c.JSON {
		return
	}
	p := paint(terminal(s.out))
	cfg := w.App.Config()
	store := cfg.Stores[0]
	fmt.Fprintf(s.out, "%s  %d items, %d promotions, %s\n", p.title(store.Name), len(store.Prices.Items), len(store.Prices.Promotions), w.App.DB.Engine())
	fmt.Fprintf(s.out, "%s\n", p.dim(fmt.Sprintf("%d shoppers through %d gates, seed %d, faults: %s", c.Trips, c.Gates, c.Seed, c.Faults)))
	fmt.Fprintf(s.out, "%s\n\n", p.bad("Amazon is simulated here: no card is charged and no gate opens."))
}

// shop lets the shoppers through and waits until every payment and receipt has
// come to rest.
func (c *demoCmd) shop(ctx context.Context, s *streams, w *demo.World) (demo.Summary, error) {
	out := s.out
	if c.JSON {
		out = s.err
	}
	bar := newProgress(out, "Shoppers")
	tally, err := w.Shop(ctx, c.Trips, c.Gates, func(t load.Tally) {
		refused := t.NoCode
		for _, n := range t.Refused {
			refused += n
		}
		if !c.JSON || bar.moves {
			bar.show(t.Trips, c.Trips, fmt.Sprintf("in %d  refused %d  left %d", t.ByCode+t.ByCard, refused, t.Left))
		}
	})
	bar.end()
	if err != nil {
		return demo.Summary{}, err
	}
	wait, most := newProgress(out, "Payments and receipts"), 0
	defer wait.end()
	rest := func() error {
		return w.Rest(ctx, demo.Minute, func(left int) {
			most = max(most, left)
			if !c.JSON || wait.moves {
				wait.show(most-left, most, "at rest")
			}
		})
	}
	if err := rest(); err != nil {
		return demo.Summary{}, err
	}
	resolved, err := w.Tidy(ctx)
	if err != nil {
		return demo.Summary{}, err
	}
	if err := rest(); err != nil {
		return demo.Summary{}, err
	}
	sum, err := w.Summary(ctx, tally)
	sum.Resolved = resolved
	return sum, err
}

// closing shows the tables, and stays up until interrupted.
func (c *demoCmd) closing(ctx context.Context, s *streams, w *demo.World, r result) error {
	if c.JSON {
		if err := s.json(r); err != nil {
			return err
		}
	} else {
		c.tables(s, r)
	}
	if !r.OK() {
		return errors.New("the books of both sides differ; see above")
	}
	if c.Exit {
		return nil
	}
	a := w.Addresses()
	note := s.out
	if c.JSON {
		note = s.err
	}
	p := paint(terminal(note))
	fmt.Fprintf(note, "\n%s\n", p.bold("Still open. Look around, and stop with Ctrl-C:"))
	for _, l := range [][2]string{
		{"Walk through the shop", a["simulator"] + "/shop"},
		{"Receipts", a["admin"] + "/receipts"}, {"Our books", a["admin"] + "/books"}, {"Amazon's books", a["simulator"] + "/books"},
		{"Gates, cards, history", a["simulator"] + "/"}, {"What waits", a["admin"] + "/waiting"}, {"Calls", a["admin"] + "/calls"},
		{"Health", a["admin"] + "/readyz"}, {"Metrics", a["admin"] + "/metrics"},
	} {
		fmt.Fprintf(note, "  %-22s %s\n", l[0], l[1])
	}
	if r.Sample != "" {
		fmt.Fprintf(note, "  %-22s %s\n", "A receipt", r.Sample)
	}
	<-ctx.Done()
	return nil
}
