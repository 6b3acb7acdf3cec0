package cli_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/strollhq/stroll/jwo"
	"github.com/strollhq/stroll/jwosim"
)

// found is what comparing both sides came to.
type found struct {
	gates, repeated, carts, charged, uncharged int
	unrecorded                                 int // refusals
	differences                                []string
	suspects                                   []string // trips that differ
}

func (f *found) differ(format string, args ...any) {
	f.differences = append(f.differences, fmt.Sprintf(format, args...))
}

// payment is our record of a trip.
type payment struct {
	state, purchase            string
	captured, total, cartThere int64
	final, indebted            int64
}

// compare lays the program's records beside Amazon's, with the program at rest
// and still serving. gone is for answers.
func (c *campaign) compare(s server, gone ...int) (f found) {
	c.t.Helper()
	c.books(s, &f)
	c.trips(&f)
	c.repeats(&f)
	if c.failures.Load() > 0 || len(gone) > 0 {
		c.answers(&f, gone...)
	}
	c.report(f)
	return f
}

// report fails the test for each difference, and tells what is known about the
// trips that differ.
func (c *campaign) report(f found) {
	c.t.Helper()
	for i, d := range f.differences {
		if i == 20 {
			c.t.Errorf("and %d more", len(f.differences)-i)
			break
		}
		c.t.Error(d)
	}
	for _, trip := range f.suspects[:min(3, len(f.suspects))] {
		c.story(trip)
	}
}

// story logs all that is known about a trip.
func (c *campaign) story(trip string) {
	c.t.Helper()
	var b strings.Builder
	for _, e := range c.sim.History(jwosim.Filter{TripID: trip}) {
		fmt.Fprintf(&b, "%s +%s %s %s: %d %s %s %s\n", e.At.Format("15:04:05.000"), e.Took, e.Direction, e.API, e.Status, e.Error, e.Request, e.Response)
	}
	c.t.Logf("trip %s\n%s%s", trip, b.String(), ask(c.t, c.program, c.dir, "pay", "show", trip))
}

// books asks each side whether its own are right.
func (c *campaign) books(s server, f *found) {
	c.t.Helper()
	var ours struct {
		Verification struct{ Differences []string }
	}
	if err := json.Unmarshal([]byte(get(c.t, s.admin+"/books.json", http.StatusOK)), &ours); err != nil {
		c.t.Fatal(err)
	}
	for _, d := range ours.Verification.Differences {
		f.differ("our ledger: %s", d)
	}
	if n := metric(get(c.t, s.admin+"/metrics", http.StatusOK), "stroll_pay_invariants_broken_total"); n > 0 {
		f.differ("%v invariants were about to be broken", n)
	}
	theirs := c.sim.Books()
	if theirs.Balanced != "" {
		f.differ("Amazon's books: %s", theirs.Balanced)
	}
	for _, v := range theirs.Findings {
		f.differ("Amazon saw: %v", v)
	}
}

// trips compares trip by trip.
func (c *campaign) trips(f *found) {
	c.t.Helper()
	rows, err := c.records().Query(`SELECT p.trip_id, p.state, p.final, p.captured, p.total, p.indebted, p.opened_at,
		COALESCE(b.purchase_id, ''), CASE WHEN b.trip_id IS NULL THEN 0 ELSE 1 END
		FROM payment p LEFT JOIN purchase b ON b.trip_id = p.trip_id`)
	if err != nil {
		c.t.Fatal(err)
	}
	defer rows.Close()
	ours := map[string]payment{}
	for rows.Next() {
		var id string
		var p payment
		var opened int64
		if err := rows.Scan(&id, &p.state, &p.final, &p.captured, &p.total, &p.indebted, &opened, &p.purchase, &p.cartThere); err != nil {
			c.t.Fatal(err)
		}
		if (opened > 0) != (p.cartThere == 1) {
			f.differ("trip %s: half a cart: opened at %d, purchase %d", id, opened, p.cartThere)
		}
		ours[id] = p
	}
	if err := rows.Err(); err != nil {
		c.t.Fatal(err)
	}
	for _, b := range c.sim.Books().Trips {
		p, known := ours[b.TripID]
		delete(ours, b.TripID)
		f.trip(b, p, known)
	}
	for id, p := range ours {
		// A gate may have answered and died before anyone heard of it; nothing
		// but the entry may be left of that.
		if p.cartThere == 1 || p.captured != 0 {
			f.differ("trip %s is ours alone: %+v", id, p)
		}
	}
}

func (f *found) trip(b jwosim.TripBook, p payment, known bool) {
	f.carts++
	was := len(f.differences)
	defer func() {
		if len(f.differences) > was {
			f.suspects = append(f.suspects, b.TripID)
		}
	}()
	switch {
	case b.State != "delivered":
		f.differ("trip %s: its cart is %s", b.TripID, b.State)
	case !known || p.cartThere == 0:
		f.differ("trip %s: answered with 2xx and not there (payment there: %v)", b.TripID, known)
	case p.purchase != b.PurchaseID:
		f.differ("trip %s: purchase %q on record, answered was %q", b.TripID, p.purchase, b.PurchaseID)
	case p.captured != b.Captured || b.Captures > 1:
		f.differ("trip %s: we captured %d, Amazon %d in %d times (%s)", b.TripID, p.captured, b.Captured, b.Captures, p.state)
	case p.final == 0:
		f.differ("trip %s: still in state %s", b.TripID, p.state)
	case b.Held != 0:
		f.differ("trip %s: we are done (%s), Amazon still holds %d", b.TripID, p.state, b.Held)
	case p.captured < p.total && p.indebted == 0:
		f.differ("trip %s: %d of %d paid, no debt (%s)", b.TripID, p.captured, p.total, p.state)
	}
	if p.captured > 0 {
		f.charged++
	} else {
		f.uncharged++
	}
}

// answers checks that every answer the program gave was a decision, or said that
// there is none, as the contract wants it (entry 3.4, 7.4 and ordering 2.5). gone are
// the statuses that others answer with while there is no program.
func (c *campaign) answers(f *found, gone ...int) {
	c.t.Helper()
	failures := 0
	for _, e := range c.sim.History(jwosim.Filter{Direction: jwosim.FromAmazon}) {
		if e.Error != "" || slices.Contains(gone, e.Status) {
			continue
		}
		switch e.Status {
		case http.StatusOK, http.StatusCreated, http.StatusUnauthorized:
		case http.StatusInternalServerError, http.StatusServiceUnavailable:
			failures++
		default:
			f.differ("%s of trip %s was answered %d: %s %s", e.API, e.TripID, e.Status, e.Response, e.Error)
		}
	}
	if failures == 0 {
		c.t.Error("no call met the outage")
	}
}

// repeats sends every gate event that was answered, and every cart that was
// taken, once more: the answer must be the first one, to the byte, and comes from
// the record. A refusal that was known when its record failed stays a refusal
// (contract: entry 3.3) and is decided anew; those are counted.
func (c *campaign) repeats(f *found) {
	c.t.Helper()
	d := c.records()
	rows := func() (n [2]int) {
		err := d.QueryRow(`SELECT (SELECT COUNT(*) FROM gate_decision), (SELECT COUNT(*) FROM purchase)`).Scan(&n[0], &n[1])
		if err != nil {
			c.t.Fatal(err)
		}
		return n
	}
	again := func(e jwosim.Exchange) {
		f.repeated++
		if e.API != jwo.APICreatePurchases {
			f.gates++
		}
		if status, body := c.send(e.Path, e.Request); status != e.Status || body != e.Response {
			f.differ("%s %s of trip %s: %d %s, repeated %d %s", e.API, e.EventID, e.TripID, e.Status, e.Response, status, body)
		}
	}
	var refusals []jwosim.Exchange
	recorded := c.recorded(d)
	before := rows()
	for _, e := range c.sim.History(jwosim.Filter{Direction: jwosim.FromAmazon}) {
		switch {
		case e.Error != "":
		case e.Status == http.StatusUnauthorized, strings.Contains(e.Response, `"shopperAuthorized":false`):
			refusals = append(refusals, e)
		case e.Status == http.StatusOK, e.Status == http.StatusCreated:
			if e.API != jwo.APICreatePurchases && !recorded[e.EventID] {
				f.differ("%s %s of trip %s was answered %d at %s in %s and is not on record", e.API, e.EventID, e.TripID, e.Status, e.At.Format("15:04:05.000000"), e.Took)
			}
			again(e)
		}
	}
	if after := rows(); after != before {
		f.differ("repeats made rows: decisions and purchases were %v, are %v", before, after)
	}
	for _, e := range refusals {
		again(e)
	}
	f.unrecorded = rows()[0] - before[0]
}

// recorded are the events of the gate's recorded answers.
func (c *campaign) recorded(d *sql.DB) map[string]bool {
	c.t.Helper()
	rows, err := d.Query(`SELECT event_key FROM gate_decision WHERE recorded = 1`)
	if err != nil {
		c.t.Fatal(err)
	}
	defer rows.Close()
	all := map[string]bool{}
	for rows.Next() {
		var key string
		if err := rows.Scan(&key); err != nil {
			c.t.Fatal(err)
		}
		all[key[strings.LastIndex(key, "/")+1:]] = true
	}
	if err := rows.Err(); err != nil {
		c.t.Fatal(err)
	}
	return all
}
