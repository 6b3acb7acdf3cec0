package price

import (
	"fmt"
	"slices"
	"strings"
)

// Fault is one thing wrong with a Spec. Path leads to the field in the terms
// of YAML, counting from 0: items[12].barcodes[0].
type Fault struct {
	Path   string `json:"path"`
	Reason string `json:"reason"`
}

func (f Fault) String() string { return f.Path + ": " + f.Reason }

// Faults is the error of Compile: everything that is wrong, in the order in
// which it was found.
type Faults []Fault

func (f Faults) Error() string {
	parts := make([]string, len(f))
	for i := range f {
		parts[i] = f[i].String()
	}
	return strings.Join(parts, "\n")
}

// faults collects while compiling.
type faults struct{ list Faults }

func (f *faults) add(path, format string, args ...any) {
	f.list = append(f.list, Fault{path, fmt.Sprintf(format, args...)})
}

func (f *faults) oneOf(path, got string, want ...string) {
	if slices.Contains(want, got) {
		return
	}
	if want[0] == "" {
		want = want[1:]
	}
	f.add(path, "%.30q is not one of %s", got, strings.Join(want, ", "))
}

// at is an indexed path: at("items", 3, "price") is items[3].price.
func at(list string, i int, field string) string {
	if field != "" {
		field = "." + field
	}
	return fmt.Sprintf("%s[%d]%s", list, i, field)
}

func sorted[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
