package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/internal/outbox"
	"github.com/strollhq/stroll/internal/testkit"
)

// TestStormOfJobs adds a hundred copies of each of a hundred jobs at once, through
// two programs on one database, and lets four programs fall upon them: each job
// runs once. Then it adds them all again while they run: no two runs of one job
// ever overlap, and each addition is followed by a run.
func TestStormOfJobs(t *testing.T) {
	t.Parallel()
	const jobs, copies, programs = 100, 100, 4
	testkit.EachDSN(t, func(t *testing.T, dsn string) {
		var runs, inside [jobs]atomic.Int64
		var lastAdd, lastRun [jobs]atomic.Int64 // by one clock: when was which
		var clock, overlaps atomic.Int64
		all := make(chan struct{})
		var left atomic.Int64
		left.Store(jobs)
		boxes := make([]*outbox.Outbox, programs)
		handles := make([]*db.DB, programs)
		for i := range boxes {
			handles[i] = testkit.Open(t, dsn)
			boxes[i] = outbox.New(outbox.Config{DB: handles[i], Poll: 50 * time.Millisecond})
			boxes[i].Handle("storm", func(_ context.Context, r outbox.Run) error {
				n, err := strconv.Atoi(r.Key)
				if err != nil {
					return outbox.Stop(err)
				}
				if inside[n].Add(1) > 1 {
					overlaps.Add(1)
				}
				defer inside[n].Add(-1)
				lastRun[n].Store(clock.Add(1))
				if runs[n].Add(1) == 1 && left.Add(-1) == 0 {
					close(all)
				}
				return nil
			}, outbox.Policy{})
		}
		// storm adds every copy at once; one job at a time.
		storm := func(copies int) {
			for n := range jobs {
				var adding sync.WaitGroup
				for i := range copies {
					adding.Go(func() {
						insist(t, handles[i%2], boxes[i%2], outbox.Job{Kind: "storm", Key: fmt.Sprint(n)})
						lastAdd[n].Store(clock.Add(1))
					})
				}
				adding.Wait()
			}
		}
		storm(copies)
		if rows := list(t, boxes[0], outbox.Filter{}); len(rows) != jobs {
			t.Fatalf("%d jobs of %d", len(rows), jobs)
		}
		var stops []func()
		for _, o := range boxes {
			stops = append(stops, run(t, o))
		}
		<-all
		rest(t, boxes[0])
		lost := 0
		for n := range jobs {
			if got := runs[n].Load(); got != 1 {
				t.Errorf("job %d ran %d times", n, got)
				lost++
			}
		}
		storm(copies / 10)
		rest(t, boxes[0])
		for _, stop := range stops {
			stop()
		}
		for n := range jobs {
			if lastRun[n].Load() < lastAdd[n].Load()-copies || runs[n].Load() < 2 {
				t.Errorf("job %d did not run after it was added again", n)
				lost++
			}
		}
		if o := overlaps.Load(); o > 0 {
			t.Errorf("%d runs of one job overlapped", o)
			lost += int(o)
		}
		testkit.Tell(t, testkit.Tried{Fault: "100 copies of one job added at once by two programs, claimed by four", Where: "outbox", Times: jobs * (copies + copies/10), Lost: lost, On: handles[0].Engine()})
	})
}

// insist adds a job, again where so many meet at one row that the database says
// it is too busy, as whoever is told so does.
func insist(t *testing.T, d *db.DB, o *outbox.Outbox, j outbox.Job) {
	t.Helper()
	for {
		err := d.Tx(t.Context(), func(ctx context.Context, tx *db.Tx) error { return o.Add(ctx, tx, j) })
		if err == nil {
			return
		}
		if !errors.Is(err, fault.Unavailable) {
			t.Error(err)
			return
		}
	}
}

// rest waits until no job is left.
func rest(t *testing.T, o *outbox.Outbox) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for range 6000 {
		left, _, err := o.Rest(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if left == 0 {
			return
		}
		<-tick.C
	}
	t.Fatal("the jobs do not come to rest")
}
