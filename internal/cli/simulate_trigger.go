package cli

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/jwosim"
	"github.com/strollhq/stroll/jwosim/scenario"
)

type simulateTriggerCmd struct {
	Names    []string `arg:"" optional:"" help:"Scenarios by name, patterns such as 'entry.*', or all."`
	List     bool     `help:"Explain every scenario, or those named, and say which cases cannot be tried."`
	Markdown bool     `help:"With --list: as the tables of docs/scenarios.md."`
	JSON     bool     `name:"json" help:"As JSON, with every body that was sent and that came back."`
	Verbose  bool     `short:"v" help:"Show the steps of every scenario, not only of one that differs."`

	At        string            `placeholder:"URL" help:"Play inside a simulator that runs already, by its management port; flags about the simulator are then its own."`
	For       string            `placeholder:"FILE" help:"Be the other side of this Stroll configuration: its stores, keys and addresses, with items of its price list."`
	File      string            `short:"f" placeholder:"FILE" help:"The simulator's configuration in YAML; flags come on top."`
	Connector string            `placeholder:"URL" help:"Base address of the retailer's connectors."`
	Listen    string            `placeholder:"ADDRESS" help:"Where the retailer's system finds Amazon's API (default 127.0.0.1:8090)."`
	Store     string            `placeholder:"ID" help:"The store to play in (default store-1, or the first one configured)."`
	Currency  string            `default:"USD" placeholder:"CODE" help:"Its currency (default USD)."`
	Strategy  string            `default:"retailer_managed" placeholder:"NAME" help:"Its fraud and abuse strategy: retailer_managed (default), amazon_managed, amazon_recommendation or none."`
	Pattern   string            `placeholder:"REGEXP" help:"Its scan code pattern, as in the Merchant Portal."`
	Key       []string          `placeholder:"ID:SECRET" help:"Keys the retailer's calls may be signed with (default: any call is taken)."`
	Sign      string            `placeholder:"ID:SECRET" help:"Sign calls to the connectors with this key."`
	Header    map[string]string `placeholder:"NAME=VALUE" help:"Add a header to calls to the connectors."`
	Strict    bool              `help:"Refuse what a stricter Amazon might refuse; simulate strict lists it."`

	Code        []string          `placeholder:"ROLE=CODE" help:"A scan code of somebody: shopper, associate, cash, debtor, indebted, flagged, expired-card, no-method or revoked."`
	CodeCommand string            `placeholder:"COMMAND" help:"Draw a fresh code by a shell command, which finds the role in $$ROLE; no output is no such person."`
	Item        string            `placeholder:"SKU" help:"Something with a price."`
	Weighed     string            `placeholder:"SKU=UNIT" help:"Something sold by weight."`
	Barcode     string            `placeholder:"CODE" help:"The barcode of something with a price."`
	Priced      map[string]string `mapsep:"none" placeholder:"CASE=CART=TOTAL" help:"Which cart tries a case of prices, and what it must cost: price.tax=SKU*2=12.34."`
	Operator    map[string]string `placeholder:"ACT=RISK" help:"A risk about which the retailer's operator ordered to accept, deny or adjust."`
	Fallback    string            `placeholder:"WORD" help:"What the gate answers without its fraud system: allow, deny or error."`
	Freshness   string            `placeholder:"TIME" help:"How old a code may be, if known, such as 60s."`
	Burst       int               `placeholder:"NUMBER" help:"How many gate requests at once are too many."`
	Break       string            `placeholder:"COMMAND" help:"A shell command that takes away what the retailer's system depends on, such as its database."`
	Mend        string            `placeholder:"COMMAND" help:"A shell command that gives it back."`
	Restart     string            `placeholder:"COMMAND" help:"A shell command that kills the retailer's system and starts it again."`
	Override    map[string]string `mapsep:"none" placeholder:"FIELD=VALUE" help:"Set a field of every body a scenario writes itself, by its path."`
	Patience    string            `placeholder:"TIME" help:"How long something may take to happen (default 30s)."`
	Quiet       string            `placeholder:"TIME" help:"How long is waited for what must not happen (default 3s)."`
	Longest     string            `default:"3m" placeholder:"TIME" help:"Leave out scenarios in which good systems may wait for longer (default 3m)."`
	Parallel    int               `default:"8" placeholder:"NUMBER" help:"How many are played at once (default 8)."`
}

// Help is what --help adds.
func (*simulateTriggerCmd) Help() string {
	return "The retailer's system must call Amazon's API at the address of --listen, or at that of the simulator of --at. " +
		"What only the retailer knows, such as codes and SKUs, is told by flags; what needs more is not applicable, and says what it needs. " +
		"The status is 1 if an expectation fails that is required, or if nothing could be tried. " +
		"It is not Amazon, moves no money and opens no gate."
}

func (c *simulateTriggerCmd) Run(s *streams) error {
	if c.List || c.Markdown {
		return c.list(s)
	}
	if len(c.Names) == 0 {
		return fault.New(fault.Invalid, "name a scenario, a pattern such as 'entry.*', or all; --list explains them")
	}
	list, err := scenario.Match(c.Names...)
	if err != nil {
		return fault.New(fault.Invalid, "%w", err)
	}
	req, err := c.request()
	if err != nil {
		return err
	}
	var results []scenario.Result
	if c.At != "" {
		results, err = c.attached(s, list, req)
	} else {
		results, err = c.alone(s, list, req)
	}
	if err != nil {
		return err
	}
	if err := c.show(s, results); err != nil {
		return err
	}
	return scenario.Err(results)
}

// request is what the flags say.
func (c *simulateTriggerCmd) request() (scenario.Request, error) {
	r := scenario.Request{
		Store: c.Store, Item: c.Item, Weighed: c.Weighed, Barcode: c.Barcode, Priced: c.Priced, Operator: c.Operator, Fallback: c.Fallback,
		Freshness: c.Freshness, Burst: c.Burst, Patience: c.Patience, Quiet: c.Quiet, Longest: c.Longest, Override: c.Override, AtOnce: c.Parallel,
	}
	for _, pair := range c.Code {
		role, code, ok := strings.Cut(pair, "=")
		if !ok || code == "" {
			return r, fault.New(fault.Invalid, "--code: a code is written ROLE=CODE")
		}
		if r.Codes == nil {
			r.Codes = map[scenario.Role][]string{}
		}
		r.Codes[scenario.Role(role)] = append(r.Codes[scenario.Role(role)], code)
	}
	if (c.Break == "") != (c.Mend == "") {
		return r, fault.New(fault.Invalid, "--break and --mend go together")
	}
	return r, nil
}

// alone plays with a simulator of this run.
func (c *simulateTriggerCmd) alone(s *streams, list []scenario.Scenario, req scenario.Request) ([]scenario.Result, error) {
	run := simulateRunCmd{
		For: c.For, File: c.File, Listen: c.Listen, Connector: c.Connector, Currency: c.Currency, Strategy: c.Strategy,
		Key: c.Key, Sign: c.Sign, Header: c.Header, Strict: c.Strict, Faults: "none",
	}
	if c.Store != "" && c.For == "" && c.File == "" {
		run.Store = []string{c.Store}
	}
	cfg, err := run.config()
	if err != nil {
		return nil, err
	}
	if c.For != "" {
		if err := c.known(&req); err != nil {
			return nil, err
		}
	}
	for i := range cfg.Stores {
		cfg.Stores[i].ScanCodePattern = cmp.Or(c.Pattern, cfg.Stores[i].ScanCodePattern)
	}
	if cfg.Stores[0].ConnectorURL == "" && len(cfg.Stores[0].URLs) == 0 {
		return nil, fault.New(fault.Invalid, "whose system is to be tried? Name its address with --connector, or --for or --at")
	}
	opt, err := req.Options(c.hooks())
	if err != nil {
		return nil, fault.New(fault.Invalid, "%w", err)
	}
	cfg.Log = slog.New(slog.DiscardHandler)
	sim, err := jwosim.New(cfg)
	if err != nil {
		return nil, fault.New(fault.Invalid, "%w", err)
	}
	defer sim.Close()
	lis, err := net.Listen("tcp", run.Listen)
	if err != nil {
		return nil, fmt.Errorf("trigger, --listen: %w", err)
	}
	defer lis.Close()
	fmt.Fprintf(s.err, "This is a simulator. It is not Amazon, moves no money and opens no gate.\nAmazon's API http://%s, connector %s\n", lis.Addr(), cfg.Stores[0].ConnectorURL)
	ctx, stop := context.WithCancel(s.ctx)
	served := make(chan error, 1)
	go func() {
		served <- serveUntil(ctx, []*http.Server{{Handler: sim.Handler(), ReadHeaderTimeout: 5 * time.Second}}, []net.Listener{lis})
	}()
	results := c.play(s, &scenario.Runner{Sim: sim, Options: opt}, list)
	stop()
	return results, <-served
}

// play runs the scenarios and shows how far it is.
func (c *simulateTriggerCmd) play(s *streams, r *scenario.Runner, list []scenario.Scenario) []scenario.Result {
	if len(list) == 1 {
		return []scenario.Result{r.Run(s.ctx, list[0])}
	}
	p, done, differ := newProgress(s.err, "scenarios"), 0, 0
	results := r.RunAll(s.ctx, list, c.Parallel, func(res scenario.Result) {
		done++
		if res.Verdict == scenario.Differs {
			differ++
		}
		p.show(done, len(list), fmt.Sprintf("%s: %s, %d differ", res.Name, res.Verdict, differ))
	})
	p.end()
	return results
}

// attached plays inside a simulator that runs already, one after the other.
func (c *simulateTriggerCmd) attached(s *streams, list []scenario.Scenario, req scenario.Request) ([]scenario.Result, error) {
	if c.For != "" || c.File != "" || c.Connector != "" || c.Listen != "" || c.CodeCommand != "" || c.Break != "" || c.Restart != "" {
		return nil, fault.New(fault.Invalid, "--at plays inside another process: --for, --file, --connector, --listen, --code-command, --break and --restart are said when that is started")
	}
	text, err := json.Marshal(req)
	if err != nil {
		return nil, err
	}
	var results []scenario.Result
	p := newProgress(s.err, "scenarios")
	for i, sc := range list {
		if sc.Moves && !slices.ContainsFunc(c.Names, func(n string) bool { return strings.EqualFold(n, sc.Name) }) {
			results = append(results, scenario.Result{Name: sc.Name, Title: sc.Title, Verdict: scenario.NotApplicable, Reason: "it moves the clock of the running simulator for good: name it if you mean it"})
			continue
		}
		res, err := ask(s.ctx, strings.TrimSuffix(c.At, "/")+"/scenarios/"+url.PathEscape(sc.Name), text)
		if err != nil {
			return nil, err
		}
		results = append(results, res...)
		if len(list) > 1 {
			p.show(i+1, len(list), sc.Name)
		}
	}
	p.end()
	return results, nil
}

// ask has one scenario played by a running simulator.
func ask(ctx context.Context, address string, body []byte) ([]scenario.Result, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return nil, fault.New(fault.Invalid, "--at: %w", err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("trigger at a running simulator: %w", err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, fmt.Errorf("trigger at a running simulator: %w", err)
	}
	var played struct {
		Results []scenario.Result `json:"results"`
		Error   string            `json:"error"`
	}
	if err := json.Unmarshal(text, &played); err != nil {
		return nil, fmt.Errorf("%s: %d, which is no simulator's management port with scenarios", address, resp.StatusCode)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, errors.New(played.Error)
	}
	return played.Results, nil
}
