package cli_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/google/uuid"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/strollhq/stroll/internal/app"
	"github.com/strollhq/stroll/internal/cli"
	"github.com/strollhq/stroll/jwo"
)

// TestMain puts the test binary on the path as stroll, so that scripts and
// tests start real processes.
func TestMain(m *testing.M) {
	// A program built with the race detector waits for a second at its end.
	os.Setenv("GORACE", "atexit_sleep_ms=0")
	testscript.Main(m, map[string]func(){
		"stroll": func() { os.Exit(cli.Main(os.Args[1:], os.Stdout, os.Stderr)) },
	})
}

// TestScripts runs the scripts of testdata/script, each in a folder of its own.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"),
		Setup: func(e *testscript.Env) error {
			e.Setenv("GORACE", os.Getenv("GORACE"))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"shop": shop, "cart": cart, "field": field, "names": names, "status": status, "keep": keep,
		},
	})
}

// small is a configuration of the demo's store with little on its shelves: it
// is read faster than the complete one.
const small = `
database: %s
amazon: {region: us-east-1}
stores:
  - id: airport-t2-gate-b14
    name: Stroll at Gate B14
    prices:
      items:
        - {sku: SNK-001, name: Almonds, price: 2.99}
        - {sku: SNK-002, name: Crisps, price: 1.99}
`

// shop FILE [DATABASE] writes a small configuration.
func shop(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 || len(args) > 2 {
		ts.Fatalf("usage: shop FILE [DATABASE]")
	}
	database := "stroll.db"
	if len(args) == 2 {
		database = args[1]
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(fmt.Sprintf(small, database)), 0o600))
}

// cart CONFIG TRIP ITEM... takes a cart as Amazon delivers it, of a shopper
// who came by card.
func cart(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: cart CONFIG TRIP ITEM...")
	}
	cfg, err := app.Load(ts.MkAbs(args[0]))
	ts.Check(err)
	if !filepath.IsAbs(cfg.Database) {
		cfg.Database = ts.MkAbs(cfg.Database)
	}
	a, err := app.New(context.Background(), cfg, app.Env{})
	ts.Check(err)
	defer a.Close()
	// As serve would have done: without a price list nothing has a price.
	v, _, err := a.Books.Publish(context.Background(), cfg.Stores[0].ID, cfg.Stores[0].Prices, time.Now().Add(-time.Hour))
	ts.Check(err)
	ts.Logf("price list %s", v.ID)
	_, err = a.Carts.CreatePurchases(context.Background(), purchase(cfg.Stores[0].ID, args[1], args[2:]...))
	ts.Check(err)
}

// purchase is the cart of a trip that has just ended.
func purchase(store, trip string, items ...string) *jwo.CreatePurchasesRequest {
	now := time.Now()
	r := &jwo.CreatePurchasesRequest{
		RequestID: uuidOf("request " + trip), StoreID: store, IdempotentShoppingTripID: trip,
		ShoppingTrip: &jwo.ShoppingTrip{
			StartTime: jwo.At(now.Add(-time.Minute)), EndTime: jwo.At(now),
			AuthEvents: []jwo.PurchaseAuthEvent{{ID: uuidOf("event " + trip), Timestamp: jwo.At(now.Add(-time.Minute)), Location: "ENTRY", PayloadType: jwo.Financial}},
		},
		ShopperIdentity: &jwo.Identity{ID: "instrument-" + trip},
		CartItems:       []jwo.CartItem{},
	}
	for _, id := range items {
		r.CartItems = append(r.CartItems, jwo.CartItem{ID: id, Type: jwo.ItemSKU, Quantity: &jwo.Quantity{Value: "1", Unit: "each"}})
	}
	return r
}

// uuidOf is the same id for the same name.
func uuidOf(name string) string { return uuid.NewSHA1(uuid.NameSpaceOID, []byte(name)).String() }

// value reads a file of JSON and follows a path such as shoppers.failures.0;
// a last step of len is the length of a list.
func value(ts *testscript.TestScript, file, path string) string {
	var v any
	if err := json.Unmarshal([]byte(ts.ReadFile(file)), &v); err != nil {
		ts.Fatalf("%s is not JSON: %v", file, err)
	}
	for _, step := range strings.Split(path, ".") {
		switch at := v.(type) {
		case map[string]any:
			next, ok := at[step]
			if !ok {
				ts.Fatalf("%s: there is no %s", path, step)
			}
			v = next
		case []any:
			if step == "len" {
				v = len(at)
				continue
			}
			n, err := strconv.Atoi(step)
			if err != nil || n < 0 || n >= len(at) {
				ts.Fatalf("%s: a list of %d has no %s", path, len(at), step)
			}
			v = at[n]
		default:
			ts.Fatalf("%s: nothing is below %v", path, v)
		}
	}
	text, err := json.Marshal(v)
	ts.Check(err)
	return strings.Trim(string(text), `"`)
}

// field FILE PATH VALUE compares a value in JSON.
func field(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: [!] field FILE PATH VALUE")
	}
	if got := value(ts, args[0], args[1]); (got == args[2]) == neg {
		ts.Fatalf("%s is %s", args[1], got)
	}
}

// keep NAME FILE PATH sets a variable to a value in JSON.
func keep(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: keep NAME FILE PATH")
	}
	ts.Setenv(args[0], value(ts, args[1], args[2]))
}

// inSnakeCase also fits the ids some objects are keyed by.
var inSnakeCase = regexp.MustCompile(`^[a-z0-9_-]+$`)

// names FILE checks that all names in JSON are in snake_case.
func names(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: names FILE")
	}
	var v any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &v))
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for name, below := range v {
				if !inSnakeCase.MatchString(name) {
					ts.Fatalf("%q is not in snake_case", name)
				}
				walk(below)
			}
		case []any:
			for _, below := range v {
				walk(below)
			}
		}
	}
	walk(v)
}

// status CODE COMMAND... runs a command that must end with a status, and that
// writes nothing to standard output unless the status is 0.
func status(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status CODE COMMAND...")
	}
	err := ts.Exec(args[1], args[2:]...)
	code := 0
	if err != nil {
		exit, ok := err.(interface{ ExitCode() int })
		if !ok {
			ts.Fatalf("%v", err)
		}
		code = exit.ExitCode()
	}
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("%s ended with status %d: %v\n%s", args[1], code, err, ts.ReadFile("stderr"))
	}
	if out := ts.ReadFile("stdout"); code != 0 && out != "" {
		ts.Fatalf("status %d, and yet it printed\n%s", code, out)
	}
}
