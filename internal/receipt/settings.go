package receipt

import (
	"errors"
	"fmt"
	"time"
)

// Settings is when receipts are issued. The zero value of each field stands
// for the default named with it.
type Settings struct {
	// EMVWait is the longest a receipt waits for the card's details before it
	// is issued without them (contract: payments 6). Default 60s, at most 15m;
	// 1ns is as good as not waiting.
	EMVWait time.Duration `yaml:"emv_wait,omitempty" json:"emv_wait_ns"`
	// Schedule is when missing details are asked for after the receipt was
	// issued, each time counted from the one before. After the last the
	// receipt stays as it is. Default 1m, 5m, 30m, 2h, 12h, 24h.
	Schedule []time.Duration `yaml:"schedule,omitempty" json:"schedule_ns"`
}

// WithDefaults is s with every empty field filled in.
func (s Settings) WithDefaults() Settings {
	if s.EMVWait == 0 {
		s.EMVWait = time.Minute
	}
	if s.Schedule == nil {
		s.Schedule = []time.Duration{time.Minute, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 12 * time.Hour, 24 * time.Hour}
	}
	return s
}

// Check reports every wrong field, each error beginning with its path.
func (s Settings) Check() error {
	s = s.WithDefaults()
	var errs []error
	if s.EMVWait < 0 || s.EMVWait > 15*time.Minute {
		errs = append(errs, fmt.Errorf("emv_wait: %s is not between 0 and 15m", s.EMVWait))
	}
	if len(s.Schedule) > 20 {
		errs = append(errs, fmt.Errorf("schedule: %d times are more than 20", len(s.Schedule)))
	}
	for i, d := range s.Schedule {
		if d < time.Second || d > 7*24*time.Hour {
			errs = append(errs, fmt.Errorf("schedule[%d]: %s is not between 1s and 168h", i, d))
		}
	}
	return errors.Join(errs...)
}

// firstAsks is how the details are asked for while the receipt waits, counted
// from its beginning: soon, then less and less often.
var firstAsks = []time.Duration{0, time.Second, 3 * time.Second, 7 * time.Second, 15 * time.Second, 30 * time.Second, time.Minute,
	2 * time.Minute, 4 * time.Minute, 8 * time.Minute}

// next is how long to wait from now until the details are asked for again, or
// until the receipt has to be issued if that is sooner; false when they are
// not asked for any more.
func (s Settings) next(r Receipt, now time.Time) (time.Duration, bool) {
	if r.State == Pending {
		due := r.Created.Add(s.EMVWait)
		for _, d := range firstAsks {
			if at := r.Created.Add(d); at.After(now) && at.Before(due) {
				return at.Sub(now), true
			}
		}
		return max(due.Sub(now), 0), true
	}
	at := r.Issued
	for _, d := range s.Schedule {
		if at = at.Add(d); at.After(now) {
			return at.Sub(now), true
		}
	}
	return 0, false
}
