package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
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
	Alert    alertCmd    `cmd:"" help:"Look at what a person should know, and close it."`
	Receipt  receiptCmd  `cmd:"" help:"Find receipts."`
	Jobs     jobsCmd     `cmd:"" help:"Look at durable jobs and run parked ones again."`
	Calls    callsCmd    `cmd:"" help:"Look at the calls to and from Amazon."`
	Ledger   ledgerCmd   `cmd:"" help:"Recompute the books from the journal."`

	Version kong.VersionFlag `help:"Print the version."`
}

// streams are where a command writes.
type streams struct {
	ctx      context.Context
	out, err io.Writer
}

// Main runs a command line and returns the exit status. An interrupt or a
// SIGTERM ends the command's context; a second one ends the process.
func Main(args []string, stdout, stderr io.Writer) int {
	// A closed pipe is then an error of the write, after which a command can
	// still clean up behind itself.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	return Run(ctx, args, stdout, stderr)
}

// Run is Main under a given context.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	out := &output{w: stdout, failed: cancel}
	status, err := run(ctx, args, out, stderr)
	switch lost := out.lost(); {
	case errors.Is(lost, syscall.EPIPE):
		return 0
	case lost != nil:
		status, err = 1, fmt.Errorf("write output: %w", lost)
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		err = errors.New("interrupted")
	}
	if err != nil {
		fmt.Fprintln(stderr, "stroll:", err)
	}
	return status
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) (status int, err error) {
	var c commands
	parser, err := kong.New(&c,
		kong.Name("stroll"),
		kong.Description("The retailer's side of an Amazon Just Walk Out store."),
		kong.Writers(stdout, stderr),
		kong.Exit(func(code int) { panic(exit(code)) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true}),
		kong.ShortUsageOnError(),
		kong.Vars{"version": version()},
	)
	if err != nil {
		return 2, err
	}
	defer func() {
		if r := recover(); r != nil {
			code, ok := r.(exit)
			if !ok {
				panic(r)
			}
			status, err = int(code), nil
		}
	}()
	if len(args) == 0 {
		args = []string{"--help"}
	}
	k, err := parser.Parse(args)
	if err != nil {
		return 2, misuse(err)
	}
	err = k.Run(&streams{ctx: ctx, out: stdout, err: stderr})
	switch {
	case err == nil:
		return 0, nil
	case errors.Is(err, fault.Invalid):
		return 2, err
	}
	return 1, err
}

// exit is the status of kong's own endings, such as --help.
type exit int

// misuse says what is wrong with a command line and how it is used.
func misuse(err error) error {
	text, name := err.Error(), "stroll"
	p := new(kong.ParseError)
	if errors.As(err, &p) && p.Context != nil && p.Context.Selected() != nil {
		node := p.Context.Selected()
		name = node.FullPath()
		text = strings.TrimSpace(node.Path()) + ": " + text + "\nUsage: stroll " + strings.TrimSpace(node.Summary())
		if group := node.Parent; group != nil && group.Type == kong.CommandNode {
			var names []string
			for _, n := range group.Children {
				names = append(names, n.Name)
			}
			text += "\nCommands of " + group.FullPath() + ": " + strings.Join(names, ", ")
		}
	} else if rest, ok := strings.CutPrefix(text, "unexpected argument "); ok {
		text = "there is no command " + rest
	} else if strings.HasPrefix(text, "unknown flag ") {
		text, _, _ = strings.Cut(text, ",")
		text += "; the command comes first, its flags behind it"
	}
	return fmt.Errorf("%s\nRun %s --help for more.", text, name)
}

// version is what the build knows about itself.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	v := info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			v += " " + s.Value
		}
	}
	return fmt.Sprintf("stroll %s, %s", strings.TrimSpace(v), info.GoVersion)
}
