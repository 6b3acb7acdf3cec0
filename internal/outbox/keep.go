package outbox

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// keep renews leases and sets the gauges until stop is closed.
func (r *runner) keep(stop chan struct{}) {
	ticker := time.NewTicker(r.Lease / 3)
	defer ticker.Stop()
	seen := map[[2]string]bool{}
	for {
		select {
		case <-stop:
			return
		case <-ticker.C:
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.work), statement)
		if err := r.renewAll(ctx); err != nil {
			r.Log.ErrorContext(ctx, "leases cannot be renewed", "error", err)
		}
		if r.metrics.on {
			if err := r.measure(ctx, seen); err != nil {
				r.Log.WarnContext(ctx, "no figures about jobs", "error", err)
			}
		}
		cancel()
	}
}

// renewAll prolongs the leases of jobs held for a while and ends the contexts
// of those that were lost. A handler that has overrun its timeout by a whole
// lease is stuck, and its lease is left to end.
func (r *runner) renewAll(ctx context.Context) error {
	now := time.Now()
	var jobs []held
	r.mu.Lock()
	for _, h := range r.holds {
		if now.After(h.stuck) {
			continue
		}
		if h.until.Sub(now) <= r.Lease*2/3 {
			jobs = append(jobs, h.held)
		}
	}
	r.mu.Unlock()
	if len(jobs) == 0 {
		return nil
	}
	slices.SortFunc(jobs, func(a, b held) int { return cmp.Compare(a.ID, b.ID) })
	until := now.Add(r.Lease)
	kept, err := r.renew(ctx, jobs, until)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, j := range jobs {
		h := r.holds[j.lease]
		switch {
		case h == nil: // finished meanwhile
		case kept[j.ID]:
			h.until = until
		case h.cancel != nil:
			h.cancel(errLost)
		default:
			delete(r.holds, j.lease) // start finds it gone
		}
	}
	return nil
}
