package bench_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/pprof"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Where says where the time of a subject went.
type Where struct {
	Cost string   `json:"cost"` // processor time of one event, of subject and baseline
	Top  []string `json:"top"`  // functions with what they and those below them took
}

// where runs a subject and its baseline once more and looks where the time
// goes. Without the flag -profiles nothing is run.
func (s *site) where(t testing.TB, key string, subject, baseline func() run) Where {
	t.Helper()
	if *profiles == "" {
		return Where{}
	}
	if err := os.MkdirAll(*profiles, 0o755); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(*profiles, strings.ReplaceAll(key, "/", "-")+".pprof")
	file, err := os.Create(path)
	if err == nil {
		err = pprof.StartCPUProfile(file)
	}
	if err != nil {
		t.Fatal(err)
	}
	ours := s.cost(t, subject)
	pprof.StopCPUProfile()
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("go", "tool", "pprof", "-top", "-cum", "-nodecount=400", path).Output()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path+".txt", out, 0o644); err != nil {
		t.Fatal(err)
	}
	w := Where{ours.String(), top(string(out))}
	if baseline != nil {
		theirs := s.cost(t, baseline)
		w.Cost += fmt.Sprintf("; the baseline %s, %s of it", theirs, three(theirs.all()/ours.all()))
	}
	t.Logf("%s: %s", key, w.Cost)
	return w
}

// usage is processor time: used until now, or by one event.
type usage struct{ program, load, server time.Duration }

// cost is what one event of a run uses. Other than a rate it does not depend on
// what else the machine does.
func (s *site) cost(t testing.TB, f func() run) usage {
	t.Helper()
	before := s.usage(t)
	n := time.Duration(f().Answers)
	after := s.usage(t)
	return usage{(after.program - before.program) / n, (after.load - before.load) / n, (after.server - before.server) / n}
}

func (u usage) all() float64 { return float64(u.program + u.load + u.server) }

func (u usage) String() string {
	micro := func(d time.Duration) string { return three(float64(d) / 1000) }
	return fmt.Sprintf("%s µs in the program, %s in PostgreSQL, %s in the load", micro(u.program), micro(u.server), micro(u.load))
}

// usage reads what this process, its generators and the server have used. The
// first is the subject, with Amazon's side where there is one.
func (s *site) usage(t testing.TB) usage {
	t.Helper()
	var ended syscall.Rusage // of this process's children that have ended, such as pgbench
	if err := syscall.Getrusage(syscall.RUSAGE_CHILDREN, &ended); err != nil {
		t.Fatal(err)
	}
	u := usage{program: processor(t), load: time.Duration(ended.Utime.Nano() + ended.Stime.Nano())}
	parents, used := processes(t)
	for pid, parent := range parents {
		switch {
		case parent == os.Getpid() && s.loads[pid]:
			u.load += used[pid]
		case s.server != nil && (parent == s.server.Keeper || parents[parent] == s.server.Keeper):
			u.server += used[pid] // the server, and its processes
		}
	}
	return u
}

// processes reads every process's parent and the time it has used, with that of
// its own children that have ended.
func processes(t testing.TB) (parents map[int]int, used map[int]time.Duration) {
	t.Helper()
	parents, used = map[int]int{}, map[int]time.Duration{}
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			continue // it has ended
		}
		// The name, in parentheses, may hold anything.
		text := string(data)
		fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
		pid, err1 := strconv.Atoi(filepath.Base(filepath.Dir(f)))
		parent, err2 := strconv.Atoi(fields[1])
		if err1 != nil || err2 != nil {
			t.Fatalf("%s: %s", f, text)
		}
		parents[pid] = parent
		for _, field := range fields[11:15] { // user, system, and those of children that have ended
			n, err := strconv.ParseInt(field, 10, 64)
			if err != nil {
				t.Fatalf("%s: %s", f, text)
			}
			const ticks = 100 // a second, on every Linux
			used[pid] += time.Duration(n) * time.Second / ticks
		}
	}
	return parents, used
}

// telling are the functions by which a profile is understood: our own, and
// where the standard library and the drivers leave for the kernel, the database
// or the garbage collector.
var telling = regexp.MustCompile(`^(github\.com/strollhq/stroll/|modernc\.org/sqlite/lib\.(Xsqlite3_(step|prepare_v2)|_sqlite3(VdbeExec|BtreeInsert|WalFrames))$|` +
	`github\.com/jackc/pgx/v5/pgconn\.\(\*PgConn\)|internal/runtime/syscall/linux\.Syscall6$|runtime\.(mallocgc|gcBgMarkWorker|findRunnable)$|` +
	`net/http\.\(\*(conn\)\.serve|Client\)\.Do|Transport\)\.roundTrip)$|encoding/json\.(Marshal|Unmarshal)$|database/sql\.\(\*(DB|Stmt|Conn|Tx)\)\.(Query|Exec)Context$)`)

var (
	profileLine = regexp.MustCompile(`^\s*\S+\s+\S+%\s+\S+%\s+\S+\s+(\S+)%\s+(.+)$`)
	shapes      = regexp.MustCompile(`\[go\.shape[^]]*\]| \(inline\)$`)
)

// top are the first of the telling functions.
func top(profile string) (list []string) {
	for line := range strings.Lines(profile) {
		m := profileLine.FindStringSubmatch(strings.TrimRight(line, "\n"))
		if m == nil || !telling.MatchString(m[2]) || strings.Contains(m[2], ".func") {
			continue
		}
		name := shapes.ReplaceAllString(m[2], "")
		list = append(list, m[1]+" % "+strings.TrimPrefix(name, "github.com/strollhq/stroll/"))
		if len(list) == 24 {
			break
		}
	}
	return list
}

func TestTop(t *testing.T) {
	t.Parallel()
	const text = `      flat  flat%   sum%        cum   cum%
         0     0%     0%      2.59s 52.97%  github.com/strollhq/stroll/internal/db.(*DB).Tx (inline)
         0     0%  0.41%      2.51s 51.33%  github.com/strollhq/stroll/internal/gate.(*Gate).inTime.func2
         0     0%  0.41%      2.02s 41.31%  database/sql.(*DB).retry
     0.80s 16.36% 19.84%      0.80s 16.36%  internal/runtime/syscall/linux.Syscall6
`
	if got := strings.Join(top(text), "; "); got != "52.97 % internal/db.(*DB).Tx; 16.36 % internal/runtime/syscall/linux.Syscall6" {
		t.Error(got)
	}
}
