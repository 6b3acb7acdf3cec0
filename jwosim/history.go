package jwosim

import (
	"fmt"
	"net/http"
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
	Error string `json:"error"`
	// RequestHeaders and ResponseHeaders by canonical name. Secrets are not
	// kept: of a signature there is the key's id, of headers that are not known
	// to be harmless the name alone.
	RequestHeaders  map[string]string `json:"requestHeaders,omitempty"`
	ResponseHeaders map[string]string `json:"responseHeaders,omitempty"`
	Request         string            `json:"request"`  // body, up to 64 KB
	Response        string            `json:"response"` // body, up to 64 KB; of a lost answer, what would have been sent
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

// harmless are the headers whose values are kept.
var harmless = map[string]bool{
	"Accept": true, "Accept-Encoding": true, "Allow": true, "Content-Length": true, "Content-Type": true, "Date": true,
	"Retry-After": true, "Server": true, "Transfer-Encoding": true, "User-Agent": true, "X-Amz-Date": true, "X-Not-Amazon": true,
}

// hidden stands for a value that is not kept.
const hidden = "(not kept)"

// headers are those of a message, without secrets; nil when nothing is kept.
func (s *Sim) headers(h http.Header) map[string]string {
	if s.cfg.History < 0 {
		return nil
	}
	kept := make(map[string]string, len(h))
	for name, values := range h {
		switch {
		case harmless[name]:
			kept[name] = strings.Join(values, ", ")
		case name == "Authorization" && credential.MatchString(values[0]):
			kept[name] = "key " + credential.FindStringSubmatch(values[0])[1]
		default:
			kept[name] = hidden
		}
	}
	return kept
}

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

// Count is how many of the exchanges that are kept fit.
func (s *Sim) Count(f Filter) int { return len(s.History(f)) }

// Expect is an assertion: an error that lists what there is unless so many
// exchanges fit.
func (s *Sim) Expect(f Filter, n int) error {
	list := s.History(f)
	if len(list) == n {
		return nil
	}
	var b strings.Builder
	for i, e := range list {
		if i == 20 {
			fmt.Fprintf(&b, "\n… %d more", len(list)-i)
			break
		}
		fmt.Fprintf(&b, "\n%d %s %s trip %s attempt %d: status %d %s", e.Seq, e.Direction, e.API, e.TripID, e.Attempt, e.Status, e.Fault)
	}
	return fmt.Errorf("history: %d exchanges fit instead of %d%s", len(list), n, b.String())
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
