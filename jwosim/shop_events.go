package jwosim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	heartbeat = 10 * time.Second
	// patience with a browser that reads nothing; it may come back and resume.
	patience = 30 * time.Second
	// recent is how many of the exchanges before it came a browser is told.
	recent = 200
)

// greeting is the first event of every stream.
type greeting struct {
	Life   string      `json:"life"` // another one after a restart
	Seed   uint64      `json:"seed"`
	Run    string      `json:"run"`
	Codes  bool        `json:"codes"` // can be drawn
	Stores []shopStore `json:"stores"`
	beat
}

type shopStore struct {
	ID           string `json:"id"`
	Currency     string `json:"currency"`
	Strategy     string `json:"strategy"`
	DefaultGate  string `json:"defaultGate"`
	ConnectorURL string `json:"connectorUrl"`
	Products     int    `json:"products"`
}

// beat is sent when nothing else is.
type beat struct {
	At     time.Time `json:"at"`
	Ahead  string    `json:"ahead"` // of the machine's clock; "" when it was never moved
	Faults string    `json:"faults"`
	Strict bool      `json:"strict"`
}

func (s *Sim) beat() beat {
	b := beat{At: s.Now(), Faults: s.Faults().String(), Strict: s.Strict()}
	if d := s.Ahead(); d > 0 {
		b.Ahead = d.String()
	}
	return b
}

func (s *Sim) greet() greeting {
	g := greeting{Life: s.life(), Seed: s.cfg.Seed, Run: s.cfg.Run, Codes: s.cfg.Code != nil, beat: s.beat()}
	for _, st := range s.Stores() {
		g.Stores = append(g.Stores, shopStore{
			st.ID, string(st.Currency), st.Strategy, st.DefaultGate, st.ConnectorURL, len(st.Products),
		})
	}
	return g
}

// life names this simulator: event ids of an earlier one mean nothing to it.
func (s *Sim) life() string { return strconv.FormatInt(s.born.UnixNano(), 36) }

// serveEvents tells a browser what happens, as server-sent events: "hello" at
// the beginning, "call" for each Exchange, "visit" for each Visit of the shop
// page's gates that changed, "gap" for exchanges that are no longer kept,
// "beat" every few seconds. Last-Event-ID resumes after that exchange.
func (s *Sim) serveEvents(w http.ResponseWriter, r *http.Request) {
	resume, err := s.resume(r.Header.Get("Last-Event-ID"))
	if err != nil {
		respond(w, nil, err)
		return
	}
	if srv, ok := r.Context().Value(http.ServerContextKey).(*http.Server); ok {
		if _, known := s.servers.LoadOrStore(srv, true); !known {
			srv.RegisterOnShutdown(s.endWatches) // or it would wait for its browsers
		}
	}
	me, after := s.watch(recent)
	defer s.unwatch(me)
	if resume >= 0 {
		after = resume
	}
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
	st := stream{w: w, c: http.NewResponseController(w)}
	st.b.WriteString("retry: 1000\n\n")
	st.event("hello", "", s.greet())
	pulse := time.NewTicker(heartbeat)
	defer pulse.Stop()
	for st.flush() == nil {
		select {
		case <-r.Context().Done():
			return
		case <-s.ctx.Done():
			return
		case <-me.ended:
			return
		case <-pulse.C:
			st.event("beat", "", s.beat())
			s.passed()
		case <-me.wake:
			calls, missed, visits := s.changes(me, after)
			for _, v := range visits {
				st.event("visit", "", v)
			}
			if missed > 0 {
				after += missed
				st.event("gap", "", map[string]int64{"missed": missed})
			}
			for _, e := range calls {
				after = e.Seq
				st.event("call", fmt.Sprintf("%s-%d", s.life(), e.Seq), e)
			}
		}
	}
}

// resume reads the id of the last event a browser has; −1 is the beginning.
func (s *Sim) resume(id string) (int64, error) {
	if id == "" {
		return -1, nil
	}
	life, text, _ := strings.Cut(id, "-")
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0, errors.New("Last-Event-ID is not the id of an event of this stream: leave it out")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if life != s.life() || n > s.history.seq {
		return -1, nil // of another simulator at this address
	}
	return n, nil
}

// stream writes events in one piece per look.
type stream struct {
	w http.ResponseWriter
	c *http.ResponseController
	b bytes.Buffer
}

func (st *stream) event(name, id string, v any) {
	data, err := json.Marshal(v) // in one line, and never invalid UTF-8
	if err != nil {
		return // these values have no such error
	}
	if id != "" {
		fmt.Fprintf(&st.b, "id: %s\n", id)
	}
	fmt.Fprintf(&st.b, "event: %s\ndata: %s\n\n", name, data)
}

func (st *stream) flush() error {
	// Not every writer has deadlines; then its owner's patience counts.
	if err := st.c.SetWriteDeadline(time.Now().Add(patience)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := st.b.WriteTo(st.w); err != nil {
		return err
	}
	return st.c.Flush()
}
