package cli_test

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/testkit"
)

// rounds is how often a disk fails in one test.
func rounds() int { return max(2, *kills/10) }

// TestFullDisk fills the disk under the running program again and again while
// shoppers keep arriving. What cannot be kept is answered 500 or 503 and nothing
// of it is there; when there is space again the program goes on by itself.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	t.Run(db.SQLite, func(t *testing.T) {
		t.Parallel()
		dir := tmpfs(t, "24m")
		fullDisk(newCampaign(t, t.TempDir(), filepath.Join(dir, "stroll.db")), dir, func() {})
	})
	t.Run(db.Postgres, func(t *testing.T) {
		t.Parallel()
		dir := tmpfs(t, "96m")
		pg := testkit.NewServer(t, dir)
		// A server that cannot write its log ends, and whoever looks after it
		// starts it again.
		fullDisk(newCampaign(t, t.TempDir(), pg.DSN), dir, pg.Supervise)
	})
}

func fullDisk(c *campaign, dir string, supervise func()) {
	t := c.t
	c.shoppers()
	s := c.open()
	for range rounds() {
		c.pass(50 + c.rng.IntN(100))
		before := c.failures.Load()
		var full []string
		for c.failures.Load() < before+25 {
			// The database may hold space of its own that it used before.
			full = append(full, ballast(t, dir, len(full)))
			c.pass(20)
		}
		get(t, s.admin+"/healthz", http.StatusOK)
		for _, path := range full {
			if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
				t.Fatal(err)
			}
		}
		supervise()
	}
	c.pass(100)
	tally := c.dismiss()
	c.rest(s)
	f := c.compare(s)
	c.quiet(s.process)
	s.stop()
	ask(t, c.program, c.dir, "ledger", "verify")
	c.sound()
	t.Logf("%d shoppers came, %v were refused; %d carts, %d charged; %d calls were answered that nothing could be kept", tally.Trips, tally.Refused, f.carts, f.charged, c.failures.Load())
	testkit.Tell(t, testkit.Tried{Fault: "disk full", Where: "under the running program, shoppers arriving", On: c.engine(), Times: rounds(), Lost: len(f.differences)})
}

// TestDiskTurnsReadOnly lets the file system turn read-only under its writers,
// as it does on a failing device; what is not yet on the disk then is lost, as in
// a power cut. No process survives that with its files, so the database, the
// program and the file system are taken down, repaired and started again, while
// shoppers keep arriving. Nothing that was answered is lost.
func TestDiskTurnsReadOnly(t *testing.T) {
	t.Parallel()
	t.Run(db.SQLite, func(t *testing.T) {
		t.Parallel()
		d := ext4(t, 64)
		file := filepath.Join(d.dir, "stroll.db")
		c := newCampaign(t, t.TempDir(), file)
		turnsReadOnly(c, d, func() {
			p := c.start()
			p.wait(`open database: database ` + file + `: .*read-only: mount it for writing, or name another file under database`)
			p.ended(1)
		}, func() {})
	})
	t.Run(db.Postgres, func(t *testing.T) {
		t.Parallel()
		d := ext4(t, 160)
		pg := testkit.NewServer(t, d.dir)
		d.run("sync", "-f", d.dir) // initdb did not
		turnsReadOnly(newCampaign(t, t.TempDir(), pg.DSN), d, func() { pg.Crash(syscall.SIGKILL) }, pg.Start)
	})
}

// still stops the program where it is and returns when nothing it asked for is
// being made durable. An fsync that is under way while ext4 is made to fail may be
// answered well and be lost all the same, whoever asks for it: 4 of 60 appends
// were, with nothing but a loop of write and fsync (Linux 6.18).
func (c *campaign) still(p *process) {
	c.t.Helper()
	p.signal(syscall.SIGSTOP)
	tasks := fmt.Sprintf("/proc/%d/task/*/stat", p.cmd.Process.Pid)
	eventually(c.t, "stopped", func() bool {
		files, err := filepath.Glob(tasks)
		if err != nil || len(files) == 0 {
			c.t.Fatal(files, err)
		}
		for _, name := range files {
			// The state stands behind the name of the program, in parentheses.
			text, err := os.ReadFile(name)
			if _, state, ok := strings.Cut(string(text), ") "); err == nil && (!ok || state[0] != 'T') {
				return false
			}
		}
		return true
	})
	if c.engine() != db.Postgres {
		return
	}
	d := c.records()
	eventually(c.t, "idle", func() bool {
		var active int
		err := d.QueryRow(`SELECT COUNT(*) FROM pg_stat_activity WHERE application_name = 'stroll' AND state = 'active'`).Scan(&active)
		if err != nil {
			c.t.Fatal(err)
		}
		return active == 0
	})
}

func turnsReadOnly(c *campaign, d *disk, before, after func()) {
	t, times := c.t, max(1, *kills/10)
	c.shoppers()
	s := c.open()
	for i := range times {
		c.pass(150 + c.rng.IntN(200))
		c.moment(20 * time.Millisecond)
		c.still(s.process)
		d.fail()
		s.signal(syscall.SIGCONT)
		for met := c.failures.Load(); c.failures.Load() < met+25; {
			c.pass(20)
		}
		get(t, s.admin+"/healthz", http.StatusOK)
		if i%2 == 0 {
			s.signal(syscall.SIGTERM)
			select {
			case <-s.done: // with which status is no matter: it may not have written all it wanted
			case <-time.After(patience):
				t.Fatal("it does not end")
			}
			c.quiet(s.process)
		} else {
			c.kill(s.process)
		}
		before()
		d.repair()
		after()
		s = c.open()
	}
	c.pass(100)
	tally := c.dismiss()
	c.rest(s)
	f := c.compare(s, http.StatusBadGateway)
	s.stop()
	ask(t, c.program, c.dir, "ledger", "verify")
	c.sound()
	t.Logf("%d times; %d shoppers came, %v were refused; %d carts, %d charged", times, tally.Trips, tally.Refused, f.carts, f.charged)
	testkit.Tell(t, testkit.Tried{Fault: "file system turns read-only, what it has not written is lost", Where: "under the running program, shoppers arriving", On: c.engine(), Times: times, Lost: len(f.differences)})
}

// TestFileTurnsReadOnly forbids writing to the open files and allows it again,
// a few times: the same process goes on by itself.
func TestFileTurnsReadOnly(t *testing.T) {
	t.Parallel()
	c := newCampaign(t, t.TempDir(), "stroll.db")
	chattr := func(flag string) error {
		files, err := filepath.Glob(filepath.Join(c.dir, "stroll.db*"))
		if err != nil {
			return err
		}
		return exec.Command("chattr", append([]string{flag}, files...)...).Run()
	}
	t.Cleanup(func() { chattr("-i") })
	ask(t, c.program, c.dir, "shopper", "put", "first")
	if err := chattr("+i"); err != nil {
		t.Skipf("an open file turns read-only by chattr +i, which needs root and e2fsprogs: %v", err)
	}
	if err := chattr("-i"); err != nil {
		t.Fatal(err)
	}
	cannotWrite(c, "files turn read-only and writable again",
		func(server) error { return chattr("+i") }, func(server) error { return chattr("-i") })
}

// TestFilesMayNotGrow is a full disk that any user can have: the limit on the
// size of the files a process writes.
func TestFilesMayNotGrow(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("prlimit"); err != nil {
		t.Skip("a limit on a running process needs prlimit of util-linux")
	}
	limit := func(s server, to string) error {
		return exec.Command("prlimit", "--pid", fmt.Sprint(s.cmd.Process.Pid), "--fsize="+to+":unlimited").Run()
	}
	cannotWrite(newCampaign(t, t.TempDir(), "stroll.db"), "files may not be written any further, and then may",
		func(s server) error { return limit(s, "4096") }, func(s server) error { return limit(s, "unlimited") })
}

func cannotWrite(c *campaign, fault string, forbid, allow func(server) error) {
	t := c.t
	c.shoppers()
	s := c.open()
	for range rounds() {
		c.pass(50 + c.rng.IntN(100))
		before := c.failures.Load()
		if err := forbid(s); err != nil {
			t.Fatal(err)
		}
		for c.failures.Load() < before+25 {
			c.pass(20)
		}
		get(t, s.admin+"/healthz", http.StatusOK)
		if err := allow(s); err != nil {
			t.Fatal(err)
		}
	}
	c.pass(100)
	tally := c.dismiss()
	c.rest(s)
	f := c.compare(s)
	c.quiet(s.process)
	s.stop()
	ask(t, c.program, c.dir, "ledger", "verify")
	c.sound()
	t.Logf("%d shoppers came, %v were refused; %d carts, %d charged; %d calls were answered that nothing could be kept", tally.Trips, tally.Refused, f.carts, f.charged, c.failures.Load())
	testkit.Tell(t, testkit.Tried{Fault: fault, Where: "under the running program, shoppers arriving", On: db.SQLite, Times: rounds(), Lost: len(f.differences)})
}
