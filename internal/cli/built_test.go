package cli_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// built is the program's own file, as it is released: what happens to it
// happens to a process without tests and without the race detector in it. It is
// built once, beside the test binary that stands for stroll elsewhere, and is
// removed with that.
func built(t *testing.T) string {
	t.Helper()
	path, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

var build = sync.OnceValues(func() (string, error) {
	beside, err := exec.LookPath("stroll")
	if err != nil {
		return "", err
	}
	path := filepath.Join(filepath.Dir(beside), "stroll-as-released")
	cmd := exec.Command("go", "build", "-buildvcs=false", "-o", path, "github.com/strollhq/stroll")
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	return path, cmd.Run()
})
