package cli_test

import (
	"bufio"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/strollhq/stroll/internal/cli"
	"github.com/strollhq/stroll/jwosim"
)

// opening starts a simulator, ends it once it has opened, and returns what it
// printed by the first word of each line.
func opening(t *testing.T, args ...string) map[string]string {
	t.Helper()
	ctx, interrupt := context.WithCancel(t.Context())
	r, w := io.Pipe()
	go func() {
		defer w.Close()
		args := append([]string{"simulate", "--listen", "127.0.0.1:0", "--manage", "127.0.0.1:0"}, args...)
		if status := cli.Run(ctx, args, w, io.Discard); status != 0 {
			t.Errorf("%q: status %d", args, status)
		}
	}()
	lines := map[string]string{}
	for s := bufio.NewScanner(r); s.Scan(); {
		word, rest, _ := strings.Cut(s.Text(), " ")
		if lines[word] = strings.TrimSpace(rest); word == "Strict" {
			interrupt() // the last line of the opening
		}
	}
	interrupt()
	return lines
}

// Faults come from the flag, a file of faults or the simulator's file; they
// are on unless one of these says otherwise.
func TestSimulateRun_faults(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	stores := "stores: [{id: store-1}]\n"
	silent, own := file("silent.yaml", stores), file("own.yaml", stores+"strict: true\nfaults: {preset: none, late-cart: 0.5, late-by: 2d}\n")
	short, fields := file("short.yaml", "default,500=0.5\n"), file("fields.yaml", "429: 0.5\nretry-after: 5m\noutage: [0s+1m@amazon]\n")
	std := jwosim.DefaultFaults()
	for _, c := range []struct {
		args           []string
		faults, strict string
	}{
		{nil, std.String(), "no"},
		{[]string{"--faults", "none"}, "none", "no"},
		{[]string{"--faults", "none,outage=1h+1m", "--strict"}, "outage=1h0m0s+1m0s", "yes"},
		{[]string{"-f", silent}, std.String(), "no"},
		{[]string{"-f", own}, "late-cart=0.5,late-by=48h0m0s", "yes"},
		{[]string{"-f", own, "--faults", "none"}, "none", "yes"},
		{[]string{"-f", own, "--faults-file", short}, strings.Replace(std.String(), "500=0.015", "500=0.5", 1), "yes"},
		{[]string{"--faults-file", fields}, "429=0.5,retry-after=5m0s,outage=0s+1m0s@amazon", "no"},
	} {
		if got := opening(t, c.args...); got["Faults"] != c.faults || got["Strict"] != c.strict || !strings.Contains(got["┃"], "not Amazon") {
			t.Errorf("%q: %+v", c.args, got)
		}
	}
	for _, c := range []struct {
		args string
		want string
	}{
		{"--faults none --faults-file " + short, "choose one"},
		{"--faults-file " + file("bad.yaml", "speed: 1\n"), `"speed" is not known`},
		{"--faults-file " + filepath.Join(dir, "none.yaml"), "no such file"},
		{"--faults 500=2", "--faults: faults: 500: 2 is not from 0 to 1"},
		{"-f " + file("worse.yaml", stores+"faults: {outage: [1m]}\nfault: none\n"), "fault"},
	} {
		if status, _, errs := run(t, append([]string{"simulate"}, strings.Fields(c.args)...)...); status == 0 || !strings.Contains(errs, c.want) {
			t.Errorf("%s: %d %s", c.args, status, errs)
		}
	}
}
