package outbox

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Why a handler's context ended; see context.Cause.
var (
	errShutdown = errors.New("the program is shutting down")
	errLost     = errors.New("the lease of the job was lost")
)

// shortest keeps the dispatcher from spinning on rows it cannot take.
const shortest = 5 * time.Millisecond

// statement bounds the dispatcher's own transactions: a hung server must not
// hang shutdown.
const statement = 10 * time.Second

// runner is one call of Run.
type runner struct {
	*Outbox
	work   context.Context // ends some time after Run's context
	freed  chan struct{}   // holds one token when a worker became free
	write  chan verdict
	finals sync.WaitGroup // handlers and their verdicts

	mu    sync.Mutex
	holds map[string]*hold // by lease
	spare []held           // claimed and held, for the next workers to be free
	done  int              // jobs finished since the last claim
}

// hold is a job in this process.
type hold struct {
	held
	cancel context.CancelCauseFunc // nil before it is started
	until  time.Time               // end of the lease
	stuck  time.Time               // when the handler has overrun its timeout by far
}

// Run runs jobs until ctx ends. Handlers under way then get Config.Grace to
// return before their contexts end too, and are waited for; what they did not
// finish is given back without using up an attempt. Run returns nil after such
// a shutdown; trouble with the database is logged and outlasted.
func (o *Outbox) Run(ctx context.Context) error {
	if !o.running.CompareAndSwap(false, true) {
		return errors.New("outbox: Run is running already")
	}
	defer o.running.Store(false)

	work, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancel(nil)
	r := &runner{
		Outbox: o,
		work:   work,
		freed:  make(chan struct{}, 1),
		write:  make(chan verdict, maxBatch),
		holds:  map[string]*hold{},
	}
	var service sync.WaitGroup
	stopKeeping := make(chan struct{})
	service.Go(func() { r.keep(stopKeeping) })
	service.Go(r.finishAll)

	r.dispatch(ctx)

	all := make(chan struct{})
	go func() { r.finals.Wait(); close(all) }()
	grace := time.NewTimer(o.Grace)
	defer grace.Stop()
	select {
	case <-all:
	case <-grace.C:
		cancel(errShutdown)
		<-all
	}
	close(r.write)
	close(stopKeeping)
	service.Wait()
	return nil
}

// dispatch claims jobs for free workers until ctx ends.
func (r *runner) dispatch(ctx context.Context) {
	timer := time.NewTimer(shortest) // set anew before it is waited for
	defer timer.Stop()
	defer r.startSpare(ctx) // gives back what is still held
	sweepAt := time.Time{}  // when to look at more than the ready jobs
	due := true             // something may be ready
	for failures := 0; ; {
		var err error
		if now := time.Now(); !now.Before(sweepAt) {
			var ready bool
			if ready, sweepAt, err = r.advance(ctx); ready {
				due = true
			}
		}
		if free, more := r.free(); err == nil && due && free > 0 && r.startSpare(ctx) < free {
			var jobs []held
			free = min(free+more, maxBatch)
			jobs, err = r.take(ctx, free)
			due = len(jobs) == free
			r.hold(jobs)
			r.startSpare(ctx)
		}
		due = due || r.waiting()
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			r.Log.ErrorContext(ctx, "jobs are not being run", "error", err)
			failures++
			due, sweepAt = true, time.Now().Add(min(shortest<<min(failures, 20), r.Poll))
		} else {
			failures = 0
		}
		timer.Reset(max(time.Until(sweepAt), shortest))
		freed := r.freed
		if !due || err != nil {
			freed = nil
		}
		select {
		case <-ctx.Done():
			return
		case <-freed:
		case <-timer.C:
		case <-r.bell.rung:
			switch at := r.bell.take(); {
			case at.IsZero():
			case at.After(time.Now()):
				if at.Before(sweepAt) {
					sweepAt = at
				}
			default:
				due = true
			}
		}
	}
}

// advance makes due jobs ready and takes back those of dead workers. It
// returns whether anything may be ready and when to look again.
func (r *runner) advance(ctx context.Context) (ready bool, next time.Time, err error) {
	ctx, cancel := context.WithTimeout(ctx, statement)
	defer cancel()
	l, err := r.look(ctx)
	if err != nil {
		return false, time.Time{}, err
	}
	now := time.Now()
	next = now.Add(r.Poll)
	if first := min(l.waiting, l.leased); first > now.UnixMilli() {
		if at := time.UnixMilli(first); at.Before(next) {
			next = at
		}
		return l.ready, next, nil
	}
	due, rescued, err := r.sweep(ctx, now)
	if err != nil {
		return false, time.Time{}, err
	}
	if rescued > 0 {
		r.metrics.rescued.Add(rescued)
		r.Log.WarnContext(ctx, "jobs taken back from workers whose lease had ended", "jobs", rescued)
	}
	// The new first times are known only after another look.
	return l.ready || due+rescued > 0, now, nil
}

// take claims jobs. It does not heed ctx, because a claim whose answer was
// not read would keep its jobs until the lease ends.
func (r *runner) take(ctx context.Context, n int) ([]held, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), statement)
	defer cancel()
	return r.claim(ctx, n, r.names, r.owner, time.Now().Add(r.Lease))
}

// free is how many workers are, and how many jobs to claim beyond them: no more
// than were finished since the last claim, so that a claim serves many short
// jobs and nothing waits here behind long ones.
func (r *runner) free() (workers, more int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.Workers - (len(r.holds) - len(r.spare)), min(r.done, r.Workers/2)
}

func (r *runner) waiting() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.spare) > 0
}

// hold keeps claimed jobs until workers are free.
func (r *runner) hold(jobs []held) {
	if len(jobs) == 0 {
		return
	}
	until := time.Now().Add(r.Lease)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.done = 0
	for _, j := range jobs {
		r.holds[j.lease] = &hold{held: j, until: until, stuck: until.Add(r.kinds[j.Kind].Timeout)}
	}
	r.spare = append(r.spare, jobs...)
}

// startSpare starts what is held for the workers that are free, or gives all of
// it back when the shutdown has begun, and returns how many it started.
func (r *runner) startSpare(ctx context.Context) (started int) {
	for {
		r.mu.Lock()
		busy := len(r.holds) - len(r.spare)
		if len(r.spare) == 0 || busy >= r.Workers && ctx.Err() == nil {
			r.mu.Unlock()
			return started
		}
		j := r.spare[0]
		r.spare = r.spare[1:]
		r.mu.Unlock()
		if r.start(ctx, j) {
			started++
		}
	}
}
