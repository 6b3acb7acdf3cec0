package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"time"
)

// start runs a job that is held on a goroutine of its own, or gives it back
// when the shutdown has begun. It answers false for one whose lease was lost
// while it was held.
func (r *runner) start(ctx context.Context, j held) bool {
	k := r.kinds[j.Kind]
	r.mu.Lock()
	h := r.holds[j.lease]
	if h == nil {
		r.mu.Unlock()
		return false
	}
	var jobCtx context.Context
	jobCtx, h.cancel = context.WithCancelCause(r.work)
	h.stuck = time.Now().Add(k.Timeout + r.Lease)
	r.mu.Unlock()
	r.finals.Add(1)
	if ctx.Err() != nil {
		r.write <- r.release(j)
		return true
	}
	go func() {
		limited, done := context.WithTimeout(jobCtx, k.Timeout)
		defer done()
		begun := time.Now()
		err := r.call(limited, k, j.Run)
		r.metrics.took.Observe(time.Since(begun), j.Kind)
		r.write <- r.judge(limited, k, j, err)
	}()
	return true
}

// call runs the handler and makes an error of a panic.
func (r *runner) call(ctx context.Context, k kind, j Run) (err error) {
	if !json.Valid(j.Payload) {
		return Stop(fmt.Errorf("the payload of %s %s is not JSON", j.Kind, j.Key))
	}
	done := make(chan struct{})
	go func() {
		// On a goroutine of its own because runtime.Goexit, which a failing
		// test calls, would otherwise end the job's bookkeeping too.
		defer close(done)
		err = errors.New("the handler left without returning")
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("panic: %v", p)
				r.Log.ErrorContext(ctx, "a job's handler panicked", "kind", j.Kind, "job", j.ID, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			}
		}()
		err = k.handle(ctx, j)
	}()
	<-done
	return err
}

// judge turns what a handler returned into what becomes of its job.
func (r *runner) judge(ctx context.Context, k kind, j held, err error) verdict {
	v := verdict{job: j, at: time.Now(), attempt: j.Attempt - 1}
	var wait *later
	var halt *stop
	switch {
	case err == nil:
		v.outcome = outDone
	case errors.As(err, &halt):
		v.outcome, v.state, v.attempt, v.err = outParked, Parked, j.Attempt, err.Error()
		r.Log.ErrorContext(ctx, "job parked for a person", "kind", j.Kind, "job", j.ID, "error", err)
	case errors.As(err, &wait):
		v.outcome, v.state, v.at = outLater, Waiting, v.at.Add(wait.in)
		if wait.in <= 0 {
			v.state = Ready
		}
	case errors.Is(context.Cause(ctx), errShutdown):
		return r.release(j)
	default:
		v.outcome, v.state, v.attempt, v.err = outRetry, Waiting, j.Attempt, err.Error()
		// A millisecond at least, so that a fault cannot make a tight loop.
		v.at = v.at.Add(time.Millisecond + r.Jitter(backoff(k.Policy, j.Attempt)))
		r.Log.WarnContext(ctx, "job failed", "kind", j.Kind, "job", j.ID, "attempt", j.Attempt, "again", v.at, "error", err)
	}
	return v
}

func (r *runner) release(j held) verdict {
	return verdict{job: j, outcome: outReleased, state: Ready, at: time.UnixMilli(j.runAt), attempt: j.Attempt - 1}
}

// backoff is the ceiling of the wait after a failed attempt.
func backoff(p Policy, attempt int) time.Duration {
	d := p.First
	for range attempt - 1 {
		if d *= 2; d >= p.Ceiling {
			return p.Ceiling
		}
	}
	return d
}
