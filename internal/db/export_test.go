package db

import "runtime"

// WaitQueued waits until n transactions wait for the writer of an SQLite file.
// The queue has no signal for that, and needs none in production.
func WaitQueued(d *DB, n int) {
	for g := d.back.(*sqliteDB).group; len(g.queue) < n; {
		runtime.Gosched()
	}
}
