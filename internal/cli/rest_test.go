package cli_test

import (
	"bufio"
	"database/sql"
	"fmt"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/strollhq/stroll/internal/db"
)

// records opens the campaign's database beside the program, to look at it.
func (c *campaign) records() *sql.DB {
	c.t.Helper()
	driver, dsn := "pgx", c.database
	if !db.IsPostgres(dsn) {
		path := dsn
		if !filepath.IsAbs(path) {
			path = filepath.Join(c.dir, path)
		}
		driver, dsn = "sqlite", "file:"+path+"?mode=ro&_pragma=busy_timeout(10000)"
	}
	d, err := sql.Open(driver, dsn)
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { d.Close() })
	return d
}

// metric sums the figures of a name that the process shows; −1 when it shows
// none of that name.
func metric(text, name string) (sum float64) {
	found := false
	defer func() {
		if !found {
			sum = -1
		}
	}()
	for in := bufio.NewScanner(strings.NewReader(text)); in.Scan(); {
		key, value, _ := strings.Cut(in.Text(), " ")
		if key, _, _ = strings.Cut(key, "{"); key == name {
			v, err := strconv.ParseFloat(value, 64)
			if err != nil {
				return -1
			}
			sum, found = sum+v, true
		}
	}
	return sum
}

// rest waits until nothing is unfinished: no payment whose cart is there, no
// report, no job but those that wait for a day to pass. A person prices the carts
// that wait because the program knew none of their items.
func (c *campaign) rest(s server) {
	c.t.Helper()
	d := c.records()
	var why string
	defer func() {
		if c.t.Failed() {
			c.t.Logf("at rest: %s", why)
			c.unfinished(d)
		}
	}()
	priced := map[string]bool{}
	eventually(c.t, "at rest", func() bool {
		for _, trip := range c.bad(d) {
			if !priced[trip] {
				priced[trip] = true
				ask(c.t, c.program, c.dir, "cart", "resolve", trip, "--price", "1=1.50", "--reason", "read from the shelf")
			}
		}
		m := get(c.t, s.admin+"/metrics", http.StatusOK)
		var busy int
		err := d.QueryRow(`SELECT COUNT(*) FROM job WHERE state <> 'waiting' OR run_at < $1`, time.Now().Add(time.Hour).UnixMilli()).Scan(&busy)
		if err != nil {
			c.t.Fatal(err)
		}
		open, oldest := metric(m, "stroll_pay_open"), metric(m, "stroll_pay_oldest_open_seconds")
		reports := metric(m, "stroll_pay_reports_queued")
		why = fmt.Sprintf("%d jobs, %v payments open, the oldest for %v s, %v reports", busy, open, oldest, reports)
		return busy == 0 && open == 0 && oldest == 0 && reports == 0
	})
}

// bad are the trips that a person has to price.
func (c *campaign) bad(d *sql.DB) (trips []string) {
	c.t.Helper()
	rows, err := d.Query(`SELECT p.trip_id FROM payment p JOIN purchase b ON b.trip_id = p.trip_id WHERE p.state = 'PARKED' AND b.state = 'BAD'`)
	if err != nil {
		c.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var trip string
		if err := rows.Scan(&trip); err != nil {
			c.t.Fatal(err)
		}
		trips = append(trips, trip)
	}
	if err := rows.Err(); err != nil {
		c.t.Fatal(err)
	}
	return trips
}

// unfinished logs the payments that keep the campaign from its rest.
func (c *campaign) unfinished(d *sql.DB) {
	c.t.Helper()
	rows, err := d.Query(`SELECT trip_id, state, note FROM payment WHERE final = 0 AND opened_at > 0 ORDER BY opened_at LIMIT 5`)
	if err != nil {
		c.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var trip, state, note string
		if err := rows.Scan(&trip, &state, &note); err != nil {
			c.t.Fatal(err)
		}
		c.t.Logf("open: %s %s %s", trip, state, note)
		c.story(trip)
	}
}
