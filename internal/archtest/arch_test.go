package archtest_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/strollhq/stroll"

// allSlices are the things the store does, one package each.
const allSlices = "internal/catalog internal/gate internal/cart internal/price internal/pay internal/receipt internal/shopper"

// everywhere may be imported by every package under internal.
const everywhere = "internal/fault internal/metric"

// arrows says what each package may import of ours, beside everywhere.
var arrows = map[string]string{
	".":            "internal/cli",
	"internal/cli": "internal/app internal/demo internal/load jwosim jwosim/scenario jwo money internal/journal internal/outbox internal/qrcode " + allSlices,

	// The program as a value, and its surfaces.
	"internal/app": allSlices + " internal/connector internal/portal internal/console internal/web " +
		"internal/pay/simproc internal/journal internal/outbox internal/db jwo money",
	"internal/connector": allSlices + " internal/journal jwo",
	"internal/portal":    allSlices + " internal/web internal/qrcode jwo money",
	"internal/console":   allSlices + " internal/web internal/journal internal/outbox jwo money",
	"internal/web":       "",
	"internal/qrcode":    "",

	// The slices.
	"internal/catalog":     "internal/price internal/outbox internal/db jwo money",
	"internal/gate":        "internal/shopper internal/pay internal/outbox internal/db jwo money",
	"internal/cart":        "internal/price internal/pay internal/outbox internal/db jwo money",
	"internal/price":       "money",
	"internal/pay":         "internal/outbox internal/db jwo money",
	"internal/pay/simproc": "internal/pay jwo money", // a processor for demo and tests
	"internal/receipt":     "internal/cart internal/pay internal/shopper internal/price internal/outbox internal/db jwo money",
	"internal/shopper":     "internal/outbox internal/db jwo money",

	// What the slices stand on.
	"internal/journal": "internal/db",
	"internal/outbox":  "internal/db",
	"internal/db":      "",
	"internal/metric":  "",
	"internal/fault":   "",

	// Amazon's side, which must not share our mistakes, and who plays with it.
	"jwosim":          "jwo money",
	"jwosim/scenario": "jwosim jwo money",
	"internal/load":   "jwosim jwo money",
	"internal/demo":   "internal/app internal/load internal/outbox internal/pay/simproc jwosim jwo money " + allSlices,

	// For everybody.
	"jwo":     "money",
	"money":   "",
	"openapi": "",

	// Imported by tests alone: no line above names them.
	"internal/testkit":    "internal/db",
	"internal/archtest":   "",
	"bench/render":        "",
	"internal/bench":      "",
	"openapi/openapitest": "openapi",
}

// doors says through which packages a foreign module comes in. The longest
// prefix of the import path counts.
var doors = map[string]string{
	"modernc.org/sqlite":                  "internal/db",
	"github.com/pressly/goose/v3":         "internal/db",
	"github.com/jackc/pgx/v5":             "internal/db internal/testkit",
	"github.com/prometheus/client_golang": "internal/metric",
	"github.com/alecthomas/kong":          "internal/cli",
	"github.com/mattn/go-isatty":          "internal/cli",
	"github.com/goccy/go-yaml":            "internal/app",
	"github.com/cockroachdb/apd/v3":       "money",
	"github.com/bojanz/currency":          "money",
	"github.com/expr-lang/expr":           "internal/gate internal/price",
	// Signing belongs to the protocol; finding credentials to the program.
	"github.com/aws/aws-sdk-go-v2":             "jwo jwosim internal/app",
	"github.com/aws/aws-sdk-go-v2/config":      "internal/app",
	"github.com/aws/aws-sdk-go-v2/credentials": "internal/app jwosim",
	"github.com/makiuchi-d/gozxing":            "jwosim",
	"rsc.io/qr":                                "internal/qrcode",
	"golang.org/x/time":                        "internal/web internal/connector internal/gate",
	"golang.org/x/text":                        "money internal/price internal/web",
	"github.com/HdrHistogram/hdrhistogram-go":  "internal/load",
	"github.com/getkin/kin-openapi":            "openapi/openapitest",
	// Not a dependency to swap but a format: row ids are made where rows are.
	"github.com/google/uuid": "internal/outbox internal/gate internal/cart internal/pay internal/receipt internal/shopper internal/catalog internal/journal jwosim jwosim/scenario",
}

// imports reads which package imports what, tests aside.
func imports(t *testing.T) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	root := os.DirFS("../..")
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata"):
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		src, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, src, parser.ImportsOnly)
		if err != nil {
			return err
		}
		pkg := path.Dir(name)
		if _, seen := found[pkg]; !seen {
			found[pkg] = nil // even if it imports nothing
		}
		for _, spec := range file.Imports {
			p, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			found[pkg] = append(found[pkg], p)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for pkg, list := range found {
		slices.Sort(list)
		found[pkg] = slices.Compact(list)
	}
	return found
}

// TestArrows checks the imports among our packages.
func TestArrows(t *testing.T) {
	t.Parallel()
	for pkg, list := range imports(t) {
		allowed, known := arrows[pkg]
		if !known {
			t.Errorf("package %s is not in the table of arrows", pkg)
		}
		if strings.HasPrefix(pkg, "internal/") {
			allowed += " " + everywhere
		}
		for _, p := range list {
			if to, ours := strings.CutPrefix(p, module+"/"); ours && !slices.Contains(strings.Fields(allowed), to) {
				t.Errorf("%s must not import %s", pkg, to)
			}
		}
	}
}

// TestDoors checks the imports of foreign modules.
func TestDoors(t *testing.T) {
	t.Parallel()
	for pkg, list := range imports(t) {
		for _, p := range list {
			if !strings.Contains(strings.Split(p, "/")[0], ".") || p == module || strings.HasPrefix(p, module+"/") {
				continue // the standard library, or ours
			}
			if m := door(p); m == "" {
				t.Errorf("%s imports %s, which is not in the table of doors", pkg, p)
			} else if !slices.Contains(strings.Fields(doors[m]), pkg) {
				t.Errorf("%s imports %s; the door of %s is %s", pkg, p, m, doors[m])
			}
		}
	}
}

// door is the longest module in the table that holds an import path.
func door(p string) string {
	best := ""
	for m := range doors {
		if (p == m || strings.HasPrefix(p, m+"/")) && len(m) > len(best) {
			best = m
		}
	}
	return best
}
