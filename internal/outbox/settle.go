package outbox

import (
	"context"
	"math"
	"time"
)

// finishAll writes verdicts, together those that wait, until there are no more.
func (r *runner) finishAll() {
	for first := range r.write {
		batch := []verdict{first}
	more:
		for len(batch) < maxBatch {
			select {
			case v, open := <-r.write:
				if !open {
					break more
				}
				batch = append(batch, v)
			default:
				break more
			}
		}
		r.finishBatch(batch)
	}
}

// finishBatch does not give up before the leases of its jobs have ended and
// somebody else will run them: a handler's work must not be repeated because
// the disk was full for a moment. After a shutdown it does not wait so long.
func (r *runner) finishBatch(batch []verdict) {
	giveUp := time.Now().Add(r.Lease)
	for try := 1; ; try++ {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.work), statement)
		fates, err := r.finish(ctx, batch)
		cancel()
		if err == nil {
			r.settle(batch, fates)
			return
		}
		r.Log.ErrorContext(r.work, "finished jobs cannot be recorded", "jobs", len(batch), "error", err)
		if time.Now().After(giveUp) || r.work.Err() != nil && try > 3 {
			r.settle(batch, nil)
			return
		}
		select {
		case <-time.After(min(shortest<<try, time.Second)):
		case <-r.work.Done():
		}
	}
}

// settle lets go of jobs whose verdicts are written, or given up.
func (r *runner) settle(batch []verdict, fates map[string]fate) {
	r.mu.Lock()
	r.done += len(batch)
	for _, v := range batch {
		if h := r.holds[v.job.lease]; h != nil {
			h.cancel(nil)
			delete(r.holds, v.job.lease)
		}
	}
	r.mu.Unlock()
	next := int64(math.MaxInt64)
	for _, v := range batch {
		f, ok := fates[v.job.ID]
		if !ok {
			f.outcome = outLost
		}
		r.metrics.jobs.Inc(v.job.Kind, f.outcome)
		if f.next != 0 {
			next = min(next, f.next)
		}
	}
	if next != math.MaxInt64 {
		r.bell.ring(time.UnixMilli(next))
	}
	select {
	case r.freed <- struct{}{}:
	default:
	}
	r.finals.Add(-len(batch))
}
