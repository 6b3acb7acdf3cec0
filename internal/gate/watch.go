package gate

import (
	"context"
	"sync"
	"time"
)

// watch is a store's sliding windows: one over all its decisions, on which the
// alarm stands, and one for each kind of visitor and entry.
type watch struct {
	mu      sync.Mutex
	all     window
	alarmed bool
	kinds   map[kind]*window
}

// kind is whom a share is told of apart.
type kind struct{ visitorType, entry string }

// window is a sliding window over decisions, in slots.
type window struct{ slots [60]slot }

type slot struct {
	tick    int64 // which slot of time it counts
	yes, no int64
}

// add counts a decision and answers the window's sums.
func (w *window) add(now time.Time, length time.Duration, accepted bool) (yes, no int64) {
	width := int64(length) / int64(len(w.slots))
	tick := now.UnixNano() / width
	s := &w.slots[tick%int64(len(w.slots))]
	if s.tick != tick {
		*s = slot{tick: tick}
	}
	if accepted {
		s.yes++
	} else {
		s.no++
	}
	for _, s := range w.slots {
		if s.tick > tick-int64(len(w.slots)) && s.tick <= tick {
			yes, no = yes+s.yes, no+s.no
		}
	}
	return yes, no
}

// observe watches the share of accepted entries and raises the alarm when it
// falls below the store's limit.
func (g *Gate) observe(ctx context.Context, p *policy, d *Decision) {
	if d.Outcome != Accepted && d.Outcome != Refused {
		return
	}
	held, _ := g.watches.LoadOrStore(d.StoreID, &watch{})
	w := held.(*watch)
	set := p.set.Watch
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	who := kind{d.VisitorType, d.Entry}
	if w.kinds[who] == nil {
		if w.kinds == nil {
			w.kinds = map[kind]*window{}
		}
		w.kinds[who] = &window{}
	}
	yes, no := w.kinds[who].add(now, set.Window, d.Outcome == Accepted)
	g.m.share.Set(float64(yes)/float64(yes+no), d.StoreID, who.visitorType, who.entry)
	yes, no = w.all.add(now, set.Window, d.Outcome == Accepted)
	g.m.ratio.Set(float64(yes)/float64(yes+no), d.StoreID)
	low := !set.Off && yes+no >= int64(set.Least) && yes*100 < (yes+no)*int64(set.AlertBelow)
	if low != w.alarmed {
		w.alarmed = low
		if low {
			g.m.alarm.Set(1, d.StoreID)
			g.log.WarnContext(ctx, "few entries are accepted", "store", d.StoreID, "accepted", yes, "refused", no, "window", set.Window)
			return
		}
		g.m.alarm.Set(0, d.StoreID)
		g.log.InfoContext(ctx, "entries are accepted again", "store", d.StoreID, "accepted", yes, "refused", no, "window", set.Window)
	}
}
