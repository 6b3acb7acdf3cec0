package cli_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/strollhq/stroll/jwosim"
)

// What the program may keep in memory, in megabytes.
const (
	mostIdle = 60  // after its start
	mostBusy = 250 // at any time while carts arrive at full speed
)

// memory reads a figure of the kernel about a process, in megabytes: VmRSS is
// what it keeps in memory now, VmHWM the most it ever kept.
func (p *process) memory(figure string) float64 {
	p.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		p.t.Skipf("there is no /proc to read memory from: %v", err)
	}
	_, rest, _ := strings.Cut(string(text), "\n"+figure+":")
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		p.t.Fatalf("no %s in\n%s", figure, text)
	}
	kilobytes, err := strconv.Atoi(fields[0])
	if err != nil {
		p.t.Fatal(err)
	}
	return float64(kilobytes) / 1024
}

// TestMemory measures the program that serves the example configuration, before
// anybody has come, and while carts arrive from 64 connections as fast as they
// are taken and are paid.
func TestMemory(t *testing.T) {
	t.Parallel()
	t.Run("idle", func(t *testing.T) {
		t.Parallel()
		eachDatabase(t, func(t *testing.T, dir, database string) {
			text := ask(t, "stroll", dir, "config", "example")
			for _, change := range [][2]string{
				{"database: stroll.db", "database: " + database},
				{"connector: 127.0.0.1:8080", "connector: 127.0.0.1:0"},
				{"portal: 127.0.0.1:8081", "portal: 127.0.0.1:0"},
				{"admin: 127.0.0.1:9090", "admin: 127.0.0.1:0"},
			} {
				if !strings.Contains(text, change[0]) {
					t.Fatalf("the example has no %q", change[0])
				}
				text = strings.Replace(text, change[0], change[1], 1)
			}
			if err := os.WriteFile(filepath.Join(dir, "store.yaml"), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			s := launch(t, built(t), dir, "serve").serving()
			get(t, s.admin+"/metrics", 200)
			now, most := s.memory("VmRSS"), s.memory("VmHWM")
			t.Logf("idle: %.1f MB, never more than %.1f MB", now, most)
			if now >= mostIdle {
				t.Errorf("%.1f MB when idle, the limit is %d", now, mostIdle)
			}
			s.stop()
		})
	})
	t.Run("busy", func(t *testing.T) {
		t.Parallel()
		eachDatabase(t, func(t *testing.T, dir, database string) {
			c := newCampaign(t, dir, database)
			c.gates = 64
			if err := c.sim.SetFaults(jwosim.NoFaults()); err != nil {
				t.Fatal(err)
			}
			c.shoppers()
			s := c.open()
			for len(c.sim.Books().Trips) < 100**kills { // 500, or by the flag
				c.pass(1000)
			}
			c.dismiss()
			c.rest(s)
			var f found
			c.books(s, &f)
			c.trips(&f)
			c.report(f)
			t.Logf("%d carts, %d charged: never more than %.1f MB", f.carts, f.charged, s.memory("VmHWM"))
			if most := s.memory("VmHWM"); most >= mostBusy {
				t.Errorf("%.1f MB under load, the limit is %d", most, mostBusy)
			}
			s.stop()
		})
	})
}
