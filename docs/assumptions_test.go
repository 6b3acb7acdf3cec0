// Package docs_test holds the book of assumptions to the program: what it
// names must exist, and what it says is the default must be.
package docs_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/strollhq/stroll/internal/app"
	"github.com/strollhq/stroll/jwo"
	"github.com/strollhq/stroll/jwosim"
)

// row is one assumption.
type row struct {
	line     int
	chapter  string
	settings []string
	tests    []string // "package Name" or "package Name/case"
}

var quoted = regexp.MustCompile("`([^`]+)`")

// book reads the tables.
func book(t *testing.T) (rows []row) {
	t.Helper()
	text, err := os.ReadFile("assumptions.md")
	if err != nil {
		t.Fatal(err)
	}
	chapter := ""
	for i, line := range strings.Split(string(text), "\n") {
		if title, ok := strings.CutPrefix(line, "## "); ok {
			chapter = title
		}
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| Open") {
			continue
		}
		cells := strings.Split(strings.Trim(line, "| "), " | ")
		if len(cells) != 4 {
			t.Errorf("line %d has %d cells, want 4", i+1, len(cells))
			continue
		}
		r, pkg := row{line: i + 1, chapter: chapter}, ""
		for _, m := range quoted.FindAllStringSubmatch(cells[2], -1) {
			r.settings = append(r.settings, m[1])
		}
		if len(r.settings) == 0 && !strings.HasPrefix(cells[2], "none") {
			t.Errorf("line %d names no setting, and does not say that there is none", i+1)
		}
		for _, m := range quoted.FindAllStringSubmatch(cells[3], -1) {
			before, name, there := strings.Cut(m[1], " ")
			if there {
				pkg = before
			} else {
				name = before // of the package named before it
			}
			r.tests = append(r.tests, pkg+" "+name)
		}
		if len(r.tests) == 0 {
			t.Errorf("line %d names no test", i+1)
		}
		rows = append(rows, r)
	}
	return rows
}

// find is the setting at a path, looked up by the names YAML has for it.
// Without a value it is looked up in the types alone.
func find(v reflect.Value, path string) (reflect.Value, bool) {
	for _, name := range strings.Split(path, ".") {
		name, list := strings.CutSuffix(name, "[]")
		if v.Kind() != reflect.Struct {
			return v, false
		}
		below := reflect.Value{}
		for i := range v.NumField() {
			if tag, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("yaml"), ","); tag == name {
				below = v.Field(i)
			}
		}
		if !below.IsValid() {
			return v, false
		}
		if v = below; list {
			if v.Kind() != reflect.Slice {
				return v, false
			}
			if v.Len() == 0 {
				v = reflect.New(v.Type().Elem()).Elem()
			} else {
				v = v.Index(0)
			}
		}
	}
	return v, true
}

// TestSettingsExist looks up every setting the book names.
func TestSettingsExist(t *testing.T) {
	t.Parallel()
	program, simulator := reflect.ValueOf(app.Config{}), reflect.ValueOf(jwosim.Config{})
	sdk := map[string]reflect.Type{
		"ClientConfig": reflect.TypeFor[jwo.ClientConfig](), "Limits": reflect.TypeFor[jwo.Limits](), "VerifierConfig": reflect.TypeFor[jwo.VerifierConfig](),
	}
	for _, r := range book(t) {
		for _, s := range r.settings {
			ok := false
			if name, inSDK := strings.CutPrefix(s, "jwo."); inSDK {
				name, field, _ := strings.Cut(name, ".")
				if ok = sdk[name] != nil; ok && field != "" {
					_, ok = sdk[name].FieldByName(field)
				}
			} else if _, ok = find(program, s); r.chapter == "The simulator" || !ok && strings.HasPrefix(s, "settings.") {
				_, ok = find(simulator, s)
			}
			if !ok {
				t.Errorf("line %d: there is no setting %s", r.line, s)
			}
		}
	}
}

// TestTestsExist looks for every test the book names. Cases within one are not
// looked for: their names are made while the test runs.
func TestTestsExist(t *testing.T) {
	t.Parallel()
	known := map[string]map[string]bool{} // package → names
	for _, r := range book(t) {
		for _, name := range r.tests {
			pkg, test, _ := strings.Cut(name, " ")
			if known[pkg] == nil {
				known[pkg] = testsOf(t, pkg)
			}
			if test, _, _ = strings.Cut(test, "/"); !known[pkg][test] {
				t.Errorf("line %d: %q has no %s", r.line, pkg, test)
			}
		}
	}
}

func testsOf(t *testing.T, pkg string) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	files, err := filepath.Glob(filepath.Join("..", pkg, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil {
				names[f.Name.Name] = true
			}
		}
	}
	return names
}

// defaults are what a store gets that sets nothing, where the book says so.
const defaults = `
amazon.timeout 10s
amazon.inbound.mode off
amazon.inbound.omit_empty_arrays false
amazon.inbound.timeout 15s
keep.decisions 2160h0m0s
receipt.emv_wait 1m0s
receipt.schedule [1m0s 5m0s 30m0s 2h0m0s 12h0m0s 24h0m0s]
stores[].gate.strategy retailer_managed
stores[].gate.debt_threshold 0
stores[].gate.codes.freshness 1m0s
stores[].gate.codes.skew 5s
stores[].gate.codes.renew 30s
stores[].gate.codes.max_admissions_per_code 0
stores[].gate.identity.deadline 1.5s
stores[].gate.identity.on_dependency_failure store_default
stores[].gate.identity.rate_limit {1000 2000 false}
stores[].gate.fa.fallback recommendation_else_deny
stores[].gate.doors.resolve_scan false
stores[].cart.success_status 201
stores[].cart.price_at trip_end
stores[].cart.price_timeout 500ms
stores[].cart.bad_cart.mode hold_all
stores[].cart.changed_cart keep
stores[].cart.payer card_first
stores[].cart.no_payer hold
stores[].cart.no_auth_events charge
stores[].cart.charge_associates false
stores[].cart.members_by_app false
stores[].pay.settlement.route payment_service
stores[].pay.settlement.held false
stores[].pay.preauth.lifetime 46h0m0s
stores[].pay.preauth.try_once_after_expiry false
stores[].pay.adjust.decline_retries 0
stores[].pay.adjust.partial capture
stores[].pay.adjust.pending_first 1m0s
stores[].pay.adjust.pending_ceiling 1h0m0s
stores[].pay.decline.policy cancel_and_debt
stores[].pay.capture.unknown_policy evidence_then_resend
stores[].pay.capture.evidence_grace 20m0s
stores[].pay.capture.weak_evidence initiated
stores[].pay.capture.confirm_within 24h0m0s
stores[].pay.cancel.report_nothing false
stores[].pay.own_processor.preauth after_answer
stores[].pay.own_processor.lifetime 46h0m0s
stores[].pay.own_processor.no_report false
stores[].pay.retry.first 1s
stores[].pay.retry.ceiling 5m0s
stores[].pay.retry.throttle_default 10m0s
stores[].pay.retry.denied_probe 5m0s
stores[].pay.retry.call_timeout 10s
stores[].pay.retry.report_for 72h0m0s
stores[].pay.debt.outage_exempt false
stores[].pay.debt.writeoff_restores_access false
stores[].pay.report.omit_full false
stores[].pay.report.when initiated
stores[].pay.report.time_unit seconds`

// TestDefaults reads a configuration that sets nothing it need not.
func TestDefaults(t *testing.T) {
	t.Parallel()
	cfg, err := app.Parse("store.yaml", []byte("amazon: {region: us-east-1}\nstores: [{id: store-1}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(strings.TrimSpace(defaults), "\n") {
		path, want, _ := strings.Cut(line, " ")
		v, ok := find(reflect.ValueOf(*cfg), path)
		if !ok {
			t.Errorf("there is no setting %s", path)
		} else if got := fmt.Sprint(v.Interface()); got != want {
			t.Errorf("%s is %s, want %s", path, got, want)
		}
	}
}
