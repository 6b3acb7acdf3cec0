package jwosim

import (
	"strings"
	"time"
)

// Directions of an Exchange.
const (
	ToAmazon   = "to_amazon"   // the retailer called Amazon's API
	FromAmazon = "from_amazon" // the simulator called a connector
)

// Exchange is one request with its answer, as the simulator saw it.
type Exchange struct {
	Seq       int64         `json:"seq"` // from 1, in order of completion
	At        time.Time     `json:"at"`  // of the request
	Took      time.Duration `json:"tookNanos"`
	Direction string        `json:"direction"`
	API       string        `json:"api"` // "VerifyIdentityKeys"
	StoreID   string        `json:"storeId"`
	TripID    string        `json:"tripId"`
	EventID   string        `json:"eventId"`
	RequestID string        `json:"requestId"`
	Attempt   int           `json:"attempt"` // from 0, of this request
	Path      string        `json:"path"`
	// Status of the answer; 0 when the caller got none.
	Status int `json:"status"`
	// Fault that was played, "" for none.
	Fault string `json:"fault"`
	// Error of the network, "" for none.
	Error    string `json:"error"`
	Request  string `json:"request"`  // body, up to 64 KB
	Response string `json:"response"` // body, up to 64 KB; of a lost answer, what would have been sent
}

// Filter chooses exchanges; empty fields choose all.
type Filter struct {
	TripID    string
	API       string
	StoreID   string
	Direction string
	Status    int
	// Fault as History names it; "outage" and "strict" take all of theirs.
	Fault string
	After int64 // only later ones than this Seq
	Limit int   // the last so many; 0 is all
}

type history struct {
	size int
	seq  int64
	ring []Exchange
}

const maxKept = 64 << 10

// record keeps an exchange.
func (s *Sim) record(e Exchange) {
	s.mu.Lock()
	h := &s.history
	h.seq++
	e.Seq = h.seq
	e.Request, e.Response = clip(e.Request), clip(e.Response)
	if h.size > 0 {
		if len(h.ring) < h.size {
			h.ring = append(h.ring, e)
		} else {
			h.ring[(e.Seq-1)%int64(h.size)] = e
		}
	}
	s.changed(s.trips[e.TripID])
	s.mu.Unlock()
	s.cfg.Log.Info("exchange", "direction", e.Direction, "api", e.API, "store", e.StoreID, "trip", e.TripID,
		"attempt", e.Attempt, "status", e.Status, "fault", e.Fault, "took", e.Took)
}

func clip(s string) string {
	if len(s) > maxKept {
		return s[:maxKept]
	}
	return s
}

// History lists exchanges in order of completion, the oldest kept first.
func (s *Sim) History(f Filter) []Exchange {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []Exchange{}
	h := &s.history
	n := int64(len(h.ring))
	for seq := h.seq - n + 1; seq <= h.seq; seq++ {
		e := h.ring[(seq-1)%n]
		if seq > f.After && f.takes(e) {
			out = append(out, e)
		}
	}
	if f.Limit > 0 && len(out) > f.Limit {
		out = out[len(out)-f.Limit:]
	}
	return out
}

func (f Filter) takes(e Exchange) bool {
	return (f.TripID == "" || f.TripID == e.TripID) &&
		(f.API == "" || strings.EqualFold(f.API, e.API)) &&
		(f.StoreID == "" || f.StoreID == e.StoreID) &&
		(f.Direction == "" || f.Direction == e.Direction) &&
		(f.Status == 0 || f.Status == e.Status) &&
		(f.Fault == "" || f.Fault == e.Fault || strings.HasPrefix(e.Fault, f.Fault+":"))
}
