package bench_test

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// Machine is where figures were measured.
type Machine struct {
	CPU      string  `json:"cpu"`
	Cores    int     `json:"cores"`
	Memory   string  `json:"memory"`
	Go       string  `json:"go"`
	Postgres string  `json:"postgres"`
	Syncs    float64 `json:"syncs"` // fdatasync calls a second, of 8 KiB each, by one writer
}

func (b *board) machine(s *site) {
	m := Machine{CPU: field("/proc/cpuinfo", "model name"), Cores: runtime.GOMAXPROCS(0), Memory: field("/proc/meminfo", "MemTotal"),
		Go: runtime.Version(), Postgres: s.server.Version}
	file, err := os.Create(filepath.Join(b.t.TempDir(), "sync"))
	if err != nil {
		b.t.Fatal(err)
	}
	defer file.Close()
	block, n := bytes.Repeat([]byte{1}, 8<<10), 0
	began := time.Now()
	for ; time.Since(began) < time.Second; n++ {
		if _, err = file.Write(block); err == nil {
			err = syscall.Fdatasync(int(file.Fd()))
		}
		if err != nil {
			b.t.Fatal(err)
		}
	}
	m.Syncs = float64(n) / time.Since(began).Seconds()
	b.kept.Machine = m
	b.t.Logf("%+v", m)
}

// field is the value of the first line of a file that begins with a name.
func field(file, name string) string {
	data, err := os.ReadFile(file)
	if err != nil {
		return "unknown"
	}
	for line := range strings.Lines(string(data)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}
