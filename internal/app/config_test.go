package app_test

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/strollhq/stroll/internal/app"
	"github.com/strollhq/stroll/internal/fault"
)

// edited is the example with one line replaced.
func edited(t *testing.T, from, to string) string {
	t.Helper()
	text := app.Example()
	if strings.Count(text, from) < 1 {
		t.Fatalf("the example has no %q", from)
	}
	return strings.Replace(text, from, to, 1)
}

func TestTheExampleLoadsAndNamesEveryKey(t *testing.T) {
	t.Parallel()
	if _, err := app.Sample(); err != nil {
		t.Fatal(err)
	}
	// A key the example does not show is a key nobody finds. Price lists have
	// too many kinds to show all; their own package documents them.
	var keys func(path string, ty reflect.Type, has any)
	keys = func(path string, ty reflect.Type, has any) {
		for ty.Kind() == reflect.Slice {
			list, _ := has.([]any)
			ty = ty.Elem()
			merged := map[string]any{}
			for _, item := range list {
				if m, ok := item.(map[string]any); ok {
					for k, v := range m {
						merged[k] = v
					}
				}
			}
			has = merged
		}
		if ty.Kind() != reflect.Struct || ty == reflect.TypeFor[time.Time]() || strings.HasSuffix(path, ".prices") || strings.HasSuffix(path, ".accept") {
			return
		}
		m, _ := has.(map[string]any)
		for i := range ty.NumField() {
			f := ty.Field(i)
			name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
			if !f.IsExported() || name == "-" {
				continue
			}
			if name == "" {
				t.Errorf("%s.%s has no yaml name", path, f.Name)
				continue
			}
			v, ok := m[name]
			if !ok {
				t.Errorf("the example does not show %s.%s", path, name)
				continue
			}
			keys(path+"."+name, f.Type, v)
		}
	}
	var tree map[string]any
	if err := yaml.Unmarshal([]byte(app.Example()), &tree); err != nil {
		t.Fatal(err)
	}
	keys("", reflect.TypeFor[app.Config](), tree)
}

func TestAWrongConfigurationIsRefusedWithLineAndReason(t *testing.T) {
	t.Parallel()
	line := func(text, of string) int {
		before, _, _ := strings.Cut(text, of)
		return strings.Count(before, "\n") + 1
	}
	for name, c := range map[string]struct{ from, to, at, says string }{
		"unknown key":              {"profile: test", "profil: test", "profil:", "unknown field"},
		"unknown profile":          {"profile: test", "profile: staging", "profile: staging", "profile: \"staging\""},
		"repeated key":             {"profile: test", "profile: test\nprofile: test", "", "already defined"},
		"wrong type":               {"workers: 64", "workers: many", "workers: many", "workers"},
		"a wrong decimal":          {`debt_threshold: "0.00"`, `debt_threshold: "1e3"`, `debt_threshold: "1e3"`, "1e3"},
		"production host":          {"payments_url: http://127.0.0.1:8090", "payments_url: https://us-east-1.payments.amazonphysicalstores.com", "payments_url:", "real cards"},
		"freshness too long":       {"freshness: 60s", "freshness: 91s", "freshness: 91s", "stores[0].gate.codes.freshness"},
		"freshness short":          {"freshness: 60s", "freshness: 29s", "freshness: 29s", "stores[0].gate.codes.freshness"},
		"own cards":                {"financial_route: payment_service", "financial_route: own_processor", "financial_route: own_processor", "financial_route"},
		"a rule that is no rule":   {"when: visits_hour > 30", "when: visits_hour >", "when: visits_hour >", "stores[0].gate.rules[0]"},
		"unknown route":            {"route: payment_service # app", "route: barter # app", "route: barter", "settlement.route"},
		"no store id":              {"- id: airport-t2-gate-b14", "- id: \"gate b14\"", "- id: \"gate b14\"", "stores[0].id"},
		"missing secret":           {"secret: example-gateway-secret", "secret: env:STROLL_TEST_NOT_SET", "secret: env:STROLL_TEST_NOT_SET", "STROLL_TEST_NOT_SET"},
		"no region to sign for":    {"region: us-east-1", "region: \"\"", "region: \"\"", "Region must be set"},
		"a hold that is no sum":    {`amount: "25.00" #`, `amount: "25.005x" #`, `amount: "25.005x" #`, "stores[0].pay.preauth.amount"},
		"forgetting too early":     {"lifetime: 46h\n      ", "lifetime: 9000h\n      ", "decisions: 2160h", "keep.decisions"},
		"a processor that is none": {"route: payment_service # app", "route: own_processor # app", "route: own_processor", "processor is none"},
		"currency":                 {"currency: USD", "currency: DOLLAR", "currency: DOLLAR", "prices.currency"},
		"not YAML":                 {"profile: test", "profile: [test", "", "store.yaml:"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := edited(t, c.from, c.to)
			_, err := app.Parse("store.yaml", []byte(text))
			if !errors.Is(err, fault.Invalid) {
				t.Fatalf("error: %v", err)
			}
			if !strings.Contains(err.Error(), c.says) {
				t.Errorf("does not say %q: %v", c.says, err)
			}
			at := "store.yaml:" + itoa(line(text, c.at)) + ":"
			if c.at != "" && !strings.Contains(err.Error(), at) {
				// A reader's error shows [line:column].
				if !strings.Contains(err.Error(), "["+itoa(line(text, c.at))+":") {
					t.Errorf("does not say %s: %v", at, err)
				}
			}
		})
	}
}

func itoa(n int) string { return strconv.Itoa(n) }

func TestAllFaultsAreReportedAtOnce(t *testing.T) {
	t.Parallel()
	text := strings.Replace(edited(t, "workers: 64", "workers: -1"), "freshness: 60s", "freshness: 5s", 1)
	_, err := app.Parse("store.yaml", []byte(text))
	for _, says := range []string{"jobs.workers", "freshness"} {
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("does not say %q: %v", says, err)
		}
	}
}

func TestProductionRefusesTestHostsAndOpenDoors(t *testing.T) {
	t.Parallel()
	text := strings.Replace(edited(t, "profile: test", "profile: production"), "payments_url: http://127.0.0.1:8090",
		"payments_url: https://us-east-1.test.payments.amazonphysicalstores.com", 1)
	text = strings.Replace(text, "mode: sigv4", "mode: off", 1)
	_, err := app.Parse("store.yaml", []byte(text))
	for _, says := range []string{"amazon.payments_url", "no card is charged", "amazon.inbound.mode"} {
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("does not say %q: %v", says, err)
		}
	}
}

func TestHostsComeFromTheRegion(t *testing.T) {
	t.Parallel()
	for profile, want := range map[string]string{
		"test":       "https://us-east-1.test.payments.amazonphysicalstores.com",
		"production": "https://us-east-1.payments.amazonphysicalstores.com",
	} {
		text := strings.Replace(edited(t, "profile: test", "profile: "+profile), "payments_url: http://127.0.0.1:8090", "payments_url: \"\"", 1)
		cfg, err := app.Parse("store.yaml", []byte(text))
		if err != nil || cfg.Amazon.PaymentsURL != want {
			t.Errorf("%s: %v, %v", profile, cfg, err)
		}
	}
}

func TestSecretsComeFromEnvironmentAndFilesAndAreNeverPrinted(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "key")
	if err := os.WriteFile(path, []byte("from-a-file-0123456789\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("STROLL_TEST_SECRET", "from-the-environment")
	t.Setenv("STROLL_TEST_DB", "postgres://stroll:hunter2@db.example/stroll")
	text := strings.Replace(edited(t, "secret_access_key: example-secret-not-a-real-one", "secret_access_key: env:STROLL_TEST_SECRET"),
		"- example-app-key-0123456789", "- file:"+path, 1)
	text = strings.Replace(text, "database: stroll.db", "database: env:STROLL_TEST_DB", 1)
	cfg, err := app.Parse("store.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Amazon.SecretAccessKey != "from-the-environment" || cfg.AppKeys[0] != "from-a-file-0123456789" || !strings.Contains(cfg.Database, "hunter2") {
		t.Errorf("read %q, %q", cfg.Amazon.SecretAccessKey, cfg.AppKeys)
	}
	printed, err := cfg.Redacted()
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"from-the-environment", "from-a-file-0123456789", "hunter2", "example-code-signing-secret",
		"example-gateway-secret", "associate-badge#1", "AKIDSTROLLEXAMPLE"} {
		if strings.Contains(string(printed), secret) {
			t.Errorf("prints the secret %s", secret)
		}
	}
	if !strings.Contains(string(printed), "(hidden)") || !strings.Contains(string(printed), "airport-t2-gate-b14") {
		t.Errorf("printed: %.400s", printed)
	}
	if cfg.Amazon.SecretAccessKey != "from-the-environment" {
		t.Error("printing changed the configuration")
	}
}

func TestPricesAndItemsFromFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("prices.yaml", "currency: EUR\n")
	write("items.csv", "barcode,name,price\n4006381333931,Pen,2.50\n")
	write("bad.csv", "barcode,name,price\n4006381333932,Pen,2.50\n")
	head, _, _ := strings.Cut(app.Example(), "    prices_file:")
	with := func(items string) (*app.Config, error) {
		return app.Parse(filepath.Join(dir, "store.yaml"), []byte(head+"    prices_file: prices.yaml\n    items_file: "+items+"\n"))
	}
	cfg, err := with("items.csv")
	if err != nil {
		t.Fatal(err)
	}
	if p := cfg.Stores[0].Prices; p.Currency != "EUR" || len(p.Items) != 1 || p.Items[0].Name != "Pen" {
		t.Errorf("%+v", p)
	}
	if _, err := with("bad.csv"); err == nil || !strings.Contains(err.Error(), "line 2") || !strings.Contains(err.Error(), "check digit") {
		t.Errorf("a bad row: %v", err)
	}
	if _, err := with("missing.csv"); err == nil || !strings.Contains(err.Error(), "items_file") {
		t.Errorf("a missing file: %v", err)
	}
}
