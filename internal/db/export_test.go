package db

import "time"

// WaitQueued waits until n transactions wait for the writer of an SQLite file.
func WaitQueued(d *DB, n int) {
	g := d.back.(*sqliteDB).group
	for len(g.queue) < n {
		// The queue has no signal for this, and wants none in production.
		time.Sleep(50 * time.Microsecond)
	}
}
