package app

import (
	"os"
	"runtime/debug"
)

// What the garbage collector may leave lying. The program keeps little and
// throws much away, so collecting each time its memory has doubled, as is the
// default, takes an eighth of all work under load.
const (
	growth    = 400       // percent of what is kept
	heapLimit = 192 << 20 // bytes, from where on it collects as often as it must
)

// TuneMemory sets how much memory this process trades for speed, for a process
// that is one serving program. The variables GOGC and GOMEMLIMIT take
// precedence.
func TuneMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(growth)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(heapLimit)
	}
}
