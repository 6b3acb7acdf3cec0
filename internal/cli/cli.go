package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/strollhq/stroll/internal/fault"
)

// commands is the whole command line.
type commands struct {
	Demo     demoCmd     `cmd:"" help:"Open a sample store with a simulated Amazon, let shoppers through, and show the books."`
	Serve    serveCmd    `cmd:"" help:"Run the retailer's side of the configured stores."`
	Simulate simulateCmd `cmd:"" help:"Run a simulated Amazon for any retailer's system."`
	Config   configCmd   `cmd:"" help:"Print the effective configuration, or a complete example."`
	Code     codeCmd     `cmd:"" help:"Draw a shopper's scan code in the terminal, or as PNG or SVG."`
	Shopper  shopperCmd  `cmd:"" help:"Register shoppers and change what they may do."`
	Gate     gateCmd     `cmd:"" help:"Look at the gate's decisions and the published scan code pattern."`
	Cart     cartCmd     `cmd:"" help:"Look at carts and resolve bad ones."`
	Pay      payCmd      `cmd:"" help:"Look at payments and decide what waits for a person."`
	Receipt  receiptCmd  `cmd:"" help:"Find receipts."`
	Jobs     jobsCmd     `cmd:"" help:"Look at durable jobs and run parked ones again."`
	Calls    callsCmd    `cmd:"" help:"Look at the calls to and from Amazon."`
	Ledger   ledgerCmd   `cmd:"" help:"Recompute the books from the journal."`
}

// streams are where a command writes.
type streams struct {
	ctx      context.Context
	out, err io.Writer
}

// Main runs a command line and returns the exit status. An interrupt or a
// SIGTERM ends the command's context; a second one ends the process.
func Main(args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	return Run(ctx, args, stdout, stderr)
}

// Run is Main under a given context.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer) (status int) {
	var c commands
	exited := -1
	parser, err := kong.New(&c,
		kong.Name("stroll"),
		kong.Description("The retailer's side of an Amazon Just Walk Out store."),
		kong.Writers(stdout, stderr),
		kong.Exit(func(code int) { exited = code; panic(exit{}) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.UsageOnError(),
	)
	if err != nil {
		fmt.Fprintln(stderr, "stroll:", err)
		return 2
	}
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(exit); !ok {
				panic(r)
			}
			status = exited
		}
	}()
	if len(args) == 0 {
		args = []string{"--help"}
	}
	k, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintln(stderr, "stroll:", err)
		fmt.Fprintln(stderr, "Run stroll --help for the commands.")
		return 2
	}
	err = k.Run(&streams{ctx: ctx, out: stdout, err: stderr})
	switch {
	case err == nil, errors.Is(err, syscall.EPIPE):
		return 0
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		return 0
	}
	fmt.Fprintln(stderr, "stroll:", err)
	if errors.Is(err, fault.Invalid) {
		return 2
	}
	return 1
}

// exit unwinds kong's own endings, such as --help.
type exit struct{}

// json writes a value as indented JSON.
func (s *streams) json(v any) error {
	e := json.NewEncoder(s.out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// table writes rows under a head in aligned columns; a column whose head ends
// with a blank is aligned to the right.
func (s *streams) table(head []string, rows [][]string) {
	fmt.Fprint(s.out, table(head, rows))
}

func table(head []string, rows [][]string) string {
	width := make([]int, len(head))
	for _, row := range append([][]string{head}, rows...) {
		for i, cell := range row {
			width[i] = max(width[i], len([]rune(cell)))
		}
	}
	var b strings.Builder
	line := func(row []string) {
		var l strings.Builder
		for i, cell := range row {
			pad := strings.Repeat(" ", width[i]-len([]rune(cell)))
			if strings.HasSuffix(head[i], " ") {
				l.WriteString(pad + cell)
			} else {
				l.WriteString(cell + pad)
			}
			l.WriteString("  ")
		}
		b.WriteString(strings.TrimRight(l.String(), " ") + "\n")
	}
	line(head)
	rule := make([]string, len(head))
	for i := range rule {
		rule[i] = strings.Repeat("─", width[i])
	}
	line(rule)
	for _, row := range rows {
		line(row)
	}
	return b.String()
}
