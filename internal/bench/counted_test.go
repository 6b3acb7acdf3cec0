package bench_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/strollhq/stroll/internal/app"
	"github.com/strollhq/stroll/internal/testkit"
)

// ask hands a request as it stands on the wire to the connector.
func (s *subject) ask(t testing.TB, wire []byte, status int) []byte {
	t.Helper()
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(wire)))
	if err != nil {
		t.Error(err)
		return nil
	}
	w := httptest.NewRecorder()
	s.Connector().ServeHTTP(w, r)
	if w.Code != status {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	return w.Body.Bytes()
}

// TestStatementsOfAFreshEvent counts what goes to PostgreSQL while somebody
// waits at the gate or a cart waits to be accepted, after the statements were
// prepared.
func TestStatementsOfAFreshEvent(t *testing.T) {
	t.Parallel()
	w := &wire{}
	s := open(t, w.listenOn(t, testkit.PostgresDSN(t)), "127.0.0.1:1")
	codes := s.enrol(t, 40)
	items := s.cfg.Stores[0].Prices.Items
	for _, c := range []struct {
		name              string
		from              source
		status            int
		statements, trips int64
	}{
		{"scan code", identitySource(codes), 200, codeStatements, codeTrips},
		{"card", cardSource(), 200, cardStatements, cardTrips},
		{"purchase", purchaseSource(items, 10, 40, 0), 201, purchaseStatements, purchaseTrips},
	} {
		n := uint64(1) << 40
		send := func(times int) {
			for range times {
				n++
				s.ask(t, c.from(nil, n), c.status)
			}
		}
		const events = 10
		send(20) // on every connection the pool may use
		statements, trips := w.statements.Load(), w.trips.Load()
		send(events)
		statements, trips = w.statements.Load()-statements, w.trips.Load()-trips
		if statements > c.statements*events || trips > c.trips*events {
			t.Errorf("%s: %d statements and %d round trips for %d events, want at most %d and %d each", c.name, statements, trips, events, c.statements, c.trips)
		}
		t.Logf("%s: %d statements and %d round trips for %d events", c.name, statements, trips, events)
	}
}

// TestCommitsOfAFreshEvent: on both databases, whoever waits waits for one
// commit.
func TestCommitsOfAFreshEvent(t *testing.T) {
	t.Parallel()
	testkit.EachDSN(t, func(t *testing.T, dsn string) {
		var commits atomic.Int64
		s := openProbed(t, dsn, "127.0.0.1:1", func(point string) error {
			if strings.HasPrefix(point, "after commit:") {
				commits.Add(1)
			}
			return nil
		})
		codes := s.enrol(t, 40)
		for name, c := range map[string]struct {
			from   source
			status int
		}{
			"scan code": {identitySource(codes), 200},
			"card":      {cardSource(), 200},
			"purchase":  {purchaseSource(s.cfg.Stores[0].Prices.Items, 10, 40, 0), 201},
		} {
			before := commits.Load()
			for n := range uint64(10) {
				s.ask(t, c.from(nil, 1<<41+n), c.status)
			}
			if got := commits.Load() - before; got != 10 {
				t.Errorf("%s: %d commits for 10 events", name, got)
			}
		}
	})
}

// crowd sends requests 0 to n-1 from 64 goroutines and returns the answers.
func (s *subject) crowd(t testing.TB, n int, from source, number func(i int) uint64) [][]byte {
	t.Helper()
	answers := make([][]byte, n)
	parallel(t, n, func(i int) error {
		answers[i] = s.ask(t, from(nil, number(i)), 201)
		return nil
	})
	return answers
}

// TestSyncsOfPurchases: 64 purchases at once share their syncs of the
// write-ahead log, and none is answered without one.
func TestSyncsOfPurchases(t *testing.T) {
	t.Parallel()
	server := testkit.NewDurable(t)
	dsn := server.Database(t)
	const purchases = 3200
	var syncs float64
	count := func() {
		conn, err := pgx.Connect(t.Context(), dsn)
		if err == nil {
			err = conn.QueryRow(t.Context(), `SELECT wal_sync FROM pg_stat_wal`).Scan(&syncs)
			conn.Close(t.Context())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Run("load", func(t *testing.T) {
		s := open(t, dsn, "127.0.0.1:1")
		from := purchaseSource(s.cfg.Stores[0].Prices.Items, 10, 500, 0)
		s.crowd(t, 64, from, func(i int) uint64 { return 1<<42 + uint64(i) })
		reset(t, dsn)
		s.crowd(t, purchases, from, func(i int) uint64 { return 1<<43 + uint64(i) })
	})
	count() // a server process tells what it did when it ends at the latest
	if each := syncs / purchases; each > syncsPerPurchase*slack || syncs == 0 {
		t.Errorf("%.0f syncs for %d purchases, %.3f each, want at most %.2f and some", syncs, purchases, each, syncsPerPurchase*slack)
	} else {
		t.Logf("%.0f syncs for %d purchases, %.3f each", syncs, purchases, each)
	}
}

// reset begins the count of syncs anew.
func reset(t testing.TB, dsn string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(t.Context(), `SELECT pg_stat_reset_shared('wal')`); err != nil {
		t.Fatal(err)
	}
}

// TestRepeatsHaveOneEffect: of 64 at once, every fifth request is a repeat of
// one that may still be under way. Each trip has one purchase with its lines,
// one price, one payment and one job, and all who asked got one answer.
func TestRepeatsHaveOneEffect(t *testing.T) {
	t.Parallel()
	testkit.EachDSN(t, func(t *testing.T, dsn string) {
		// Prices are waited for, however slow the machine is.
		s := openProbed(t, dsn, "127.0.0.1:1", nil, func(c *app.Config) { c.Stores[0].Cart.PriceTimeout = 10 * time.Second })
		const sent, lines = 2000, 10
		first := func(i int) int { // the request that i repeats, or i itself
			if i%5 == 4 {
				return i - 1
			}
			return i
		}
		from := purchaseSource(s.cfg.Stores[0].Prices.Items, lines, 100, 0)
		answers := s.crowd(t, sent, from, func(i int) uint64 { return 1<<44 + uint64(first(i)) })
		for i := range answers {
			if !bytes.Equal(answers[i], answers[first(i)]) {
				t.Fatalf("request %d got %s, its first %s", i, answers[i], answers[first(i)])
			}
		}
		const trips = sent * 4 / 5
		for what, query := range map[string]string{
			"purchases":        `SELECT COUNT(*) FROM purchase`,
			"prices":           `SELECT COUNT(*) FROM purchase WHERE pricing = 1 AND result <> ''`,
			"payments":         `SELECT COUNT(*) FROM payment`,
			"opened payments":  `SELECT COUNT(*) FROM payment p JOIN purchase c ON c.trip_id = p.trip_id AND c.purchase_id = p.purchase_id AND c.total = p.total`,
			"jobs":             `SELECT COUNT(*) FROM job`,
			"trips with a job": `SELECT COUNT(DISTINCT j.key) FROM job j JOIN purchase c ON c.trip_id = j.key`,
		} {
			var n int
			if err := s.DB.Reader().QueryRowContext(t.Context(), query).Scan(&n); err != nil {
				t.Fatal(err)
			}
			if n != trips {
				t.Errorf("%d %s for %d trips", n, what, trips)
			}
		}
		if ids := purchaseIDs(t, answers); len(ids) != trips {
			t.Errorf("%d purchase ids for %d trips", len(ids), trips)
		}
		s.wholeCarts(t, trips, lines)
	})
}

func purchaseIDs(t testing.TB, answers [][]byte) []string {
	t.Helper()
	var ids []string
	for _, a := range answers {
		var v struct{ PurchaseID string }
		if err := json.Unmarshal(a, &v); err != nil || v.PurchaseID == "" {
			t.Fatalf("%s: %v", a, err)
		}
		ids = append(ids, v.PurchaseID)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// wholeCarts demands that every purchase has so many lines, all priced.
func (s *subject) wholeCarts(t testing.TB, trips, lines int) {
	t.Helper()
	rows, err := s.DB.Reader().QueryContext(t.Context(), `SELECT trip_id FROM purchase`)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	if err := rows.Close(); err != nil || len(ids) != trips {
		t.Fatalf("%d of %d trips: %v", len(ids), trips, err)
	}
	parallel(t, trips, func(i int) error {
		p, err := s.Carts.Get(t.Context(), s.DB.Reader(), ids[i])
		if err == nil && (len(p.Lines) != lines || p.Result == nil || len(p.Result.Lines) != lines) {
			err = fmt.Errorf("trip %s has not all of its %d lines and their prices: %+v", ids[i], lines, p)
		}
		return err
	})
}

// TestAllocationsOfAPrice: a cart of 20 lines with all promotions.
func TestAllocationsOfAPrice(t *testing.T) {
	book, cart := pricing(t)
	if n := testing.AllocsPerRun(100, func() {
		if _, err := book.Price(cart); err != nil {
			t.Fatal(err)
		}
	}); n > 100 {
		t.Errorf("%.0f allocations, want at most 100", n)
	}
}
