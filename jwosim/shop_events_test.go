package jwosim_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/strollhq/stroll/jwosim"
)

// event is one event of a stream.
type event struct{ name, id, data string }

// tail reads a stream.
type tail struct {
	t    *testing.T
	in   *bufio.Scanner
	past []event // read on the way to others, and not asked for yet
}

func newTail(t *testing.T, r io.Reader) *tail {
	in := bufio.NewScanner(r)
	in.Buffer(nil, 1<<20)
	return &tail{t: t, in: in}
}

// next is the next event; ok is false at the end of the stream.
func (l *tail) next() (e event, ok bool) {
	l.t.Helper()
	for l.in.Scan() {
		name, value, _ := strings.Cut(l.in.Text(), ": ")
		switch name {
		case "event":
			e.name = value
		case "id":
			e.id = value
		case "data":
			e.data = value
		case "":
			if e.name != "" {
				return e, true
			}
		}
	}
	return e, false
}

// until reads on to an event that holds a text; calls and visits come in no
// order among each other.
func (l *tail) until(name, text string) event {
	l.t.Helper()
	is := func(e event) bool { return e.name == name && strings.Contains(e.data, text) }
	if i := slices.IndexFunc(l.past, is); i >= 0 {
		e := l.past[i]
		l.past = slices.Delete(l.past, i, i+1)
		return e
	}
	for {
		e, ok := l.next()
		if !ok {
			l.t.Fatalf("the stream ended before a %s with %s: %v", name, text, l.in.Err())
		}
		if is(e) {
			return e
		}
		l.past = append(l.past, e)
	}
}

// follow opens the stream as a browser does.
func (p port) follow(lastID string) *tail {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), "GET", p.base+"/events", nil)
	if err != nil {
		p.t.Fatal(err)
	}
	if lastID != "" {
		req.Header.Set("Last-Event-ID", lastID)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil || resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "text/event-stream" {
		p.t.Fatalf("%+v, %v", resp, err)
	}
	p.t.Cleanup(func() { resp.Body.Close() })
	return newTail(p.t, resp.Body)
}

// A browser sees a shopper at a gate, the call with its bodies, the cart and
// what it costs, as they happen.
func TestEvents_live(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *jwosim.Config) { c.Stores[0].Products = goods(t) })
	p := manage(t, w)
	s := p.follow("")
	if e, _ := s.next(); e.name != "hello" || !strings.Contains(e.data, `"products":4`) {
		t.Fatalf("%+v", e)
	}
	seen := make(chan struct{})
	w.con.on(authorizePath, func(w http.ResponseWriter, r *http.Request) {
		<-seen
		say(200, `{"shopperAuthorized":true}`)(w, r)
	})
	var trip jwosim.TripState
	entered := make(chan struct{})
	go func() {
		defer close(entered)
		p.do("POST", "/gate/card", `{"storeId":"store-1","card":"approve#g","key":"gate-3/1"}`, 200, &trip)
	}()
	s.until("visit", `"state":"entering"`)
	close(seen)
	<-entered
	var call jwosim.Exchange
	e := s.until("call", trip.ID)
	if err := json.Unmarshal([]byte(e.data), &call); err != nil || call.API != "GetShopperAuthorization" || call.Status != 200 ||
		!strings.Contains(call.Request, trip.ID) || !strings.Contains(call.Response, "shopperAuthorized") {
		t.Errorf("%+v, %v", call, err)
	}
	s.until("visit", `"state":"shopping"`)
	p.do("POST", "/trip/"+trip.ID+"/take", `{"id":"NUT-1","quantity":"0.455","unit":"lb"}`, 200, nil)
	var v jwosim.Visit
	e = s.until("visit", "NUT-1")
	if err := json.Unmarshal([]byte(e.data), &v); err != nil || v.Gate != "gate-3" || v.Basket.Sum != "6.82045" || v.Basket.Lines[0].Name != "Almonds" {
		t.Errorf("%+v, %v", v, err)
	}
	p.do("POST", "/trip/"+trip.ID+"/out", "", 200, nil)
	s.until("visit", `"state":"delivered"`)
	w.expect(adjustPath, fmt.Sprintf(`{"storeId":"store-1","shoppingTripId":%q,"amount":{"amount":6.82,"code":"USD"}}`, trip.ID), 200, "")
	s.until("visit", `"charge":"adjust_approved"`)
	// Trips that came in elsewhere are calls, but nobody's visit.
	w.shop("store-1", "approve")
	s.until("call", "CreatePurchases")
	p.do("POST", "/gate/card", `{"storeId":"store-1","card":"expired","key":"gate-4/1"}`, 409, nil)
	e = s.until("visit", "gate-4")
	for ; !strings.Contains(e.data, `"reason":"card_expired"`); e = s.until("visit", "gate-4") {
	}
	for _, e := range s.past {
		if e.name == "visit" && !strings.Contains(e.data, `"gate":"gate-`) {
			t.Errorf("%+v", e)
		}
	}
}

// A browser that comes back gets what it missed and nothing twice; one that
// comes back to another simulator begins again.
func TestEvents_resume(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	p := manage(t, w)
	w.shop("store-1", "approve")
	w.shop("store-1", "approve")
	s := p.follow("")
	var ids []string
	for range 4 {
		ids = append(ids, s.until("call", "").id)
	}
	again := p.follow(ids[1])
	for _, want := range ids[2:] {
		if e := again.until("call", ""); e.id != want {
			t.Errorf("%s, want %s", e.id, want)
		}
	}
	for _, stranger := range []string{"otherlife-2", ids[3] + "0"} {
		if e := p.follow(stranger).until("call", ""); e.id != ids[0] {
			t.Errorf("after %s: %s", stranger, e.id)
		}
	}
	for _, bad := range []string{"7", "x-y", ids[0] + "-1", "a--5"} {
		req, _ := http.NewRequest("GET", p.base+"/events", nil)
		req.Header.Set("Last-Event-ID", bad)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != 400 || !strings.Contains(string(body), "leave it out") {
			t.Errorf("%s: %d %s", bad, resp.StatusCode, body)
		}
	}
}
