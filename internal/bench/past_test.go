package bench_test

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/testkit"
)

// size is what a database remembers.
type size struct{ trips, shoppers int }

func (z size) String() string {
	return fmt.Sprintf("%s past trips, %s shoppers", thousands(z.trips), thousands(z.shoppers))
}

func thousands(n int) string {
	switch {
	case n >= 1_000_000 && n%1_000_000 == 0:
		return fmt.Sprint(n/1_000_000, " million")
	case n >= 1000 && n%1000 == 0:
		return fmt.Sprint(n/1000, " thousand")
	}
	return fmt.Sprint(n)
}

// past are the rows that one settled trip leaves behind, and a shopper. In the
// expressions i numbers the trip, k is its key and v its shopper, t0 the moment
// of entry; JSON bodies are kept tiny. Half of the trips were by the app.
var past = []struct{ table, columns, values, where string }{
	{"gate_decision", "id, at, api, event_key, recorded, body, store_id, event_at, location, entry, trip_id, visitor, visitor_type, instrument, outcome, status, reason, rule, strategy, policy, shadow, answer, took, admitted_at, code",
		"'d' || k, t0, 'VerifyIdentityKeys', 'e' || k, 1, k, 'STORE', t0, 'ENTRY', 'SCAN_CODE', '', v, 'SHOPPER', '', 'accepted', 200, 'admitted', '', 'retailer_managed', 'p', '', '', 900, t0, 'r' || k", "i % 2 = 0"},
	{"gate_decision", "id, at, api, event_key, recorded, body, store_id, event_at, location, entry, trip_id, visitor, visitor_type, instrument, outcome, status, reason, rule, strategy, policy, shadow, answer, took, admitted_at, code",
		"'d' || k, t0, 'GetShopperAuthorization', 'e' || k, 1, k, 'STORE', t0, 'ENTRY', 'FINANCIAL', 't' || k, '', '', 'c' || k, 'accepted', 200, 'admitted', '', 'retailer_managed', 'p', '', '{}', 900, t0, ''", "i % 2 = 1"},
	{"recognition", "token, shopper_id, store_id, prefix, issued_at, admitted, revoked_at", "'r' || k, v, 'STORE', 'STROLL0', t0 - 9000, 0, 0", "i % 2 = 0"},
	{"purchase", "trip_id, store_id, pos_store, purchase_id, status, state, reason, entry, kind, visitor, instrument, loyalty, shopper, device, group_size, flags, started, ended, received, price_at, pricing, currency, total, priced, digest, lines, body, version, result",
		"'t' || k, 'STORE', '0214', 'p' || k, 201, 'PRICED', '', CASE i % 2 WHEN 0 THEN 'SCAN_CODE' ELSE 'FINANCIAL' END, 'SHOPPER', CASE i % 2 WHEN 0 THEN v ELSE '' END, 'c' || k, '', CASE i % 2 WHEN 0 THEN v ELSE 'c' || k END, '', 1, '', t0, t0 + 600000, t0 + 660000, t0 + 600000, 1, 'USD', 4711, t0 + 660000, k, '', '{}', 'v', '{}'", ""},
	{"payment", "trip_id, version, store_id, purchase_id, state, final, act, reason, route, entry, visitor, instrument, currency, priced, total, hold, authorized, captured, sold, started_at, ended_at, opened_at, expires_at, captured_at, settled_at, changed_at, warned, parked_from, due_at, declines, indebted, partial, auth_ref, note",
		"'t' || k, 4, 'STORE', 'p' || k, 'CAPTURED', 1, 'charge', '', 'payment_service', CASE i % 2 WHEN 0 THEN 'SCAN_CODE' ELSE 'FINANCIAL' END, CASE i % 2 WHEN 0 THEN v ELSE '' END, 'c' || k, 'USD', 1, 4711, 2500, 4711, 4711, 4711, t0, t0 + 600000, t0 + 660000, t0 + 165600000, t0 + 661000, t0 + 661000, t0 + 661000, 0, '', 0, 0, 0, 0, '', ''", ""},
	{"pay_history", "trip_id, seq, was, event, became, at, by_whom, note", "'t' || k, 1, '', 'entered', 'PREAUTHORIZED', t0, 'gate', ''", ""},
	{"pay_history", "trip_id, seq, was, event, became, at, by_whom, note", "'t' || k, 2, 'PREAUTHORIZED', 'priced', 'CART_PRICED', t0 + 660000, 'cart', ''", ""},
	{"pay_history", "trip_id, seq, was, event, became, at, by_whom, note", "'t' || k, 3, 'CART_PRICED', 'adjust_approved', 'ADJUST_APPROVED', t0 + 660500, 'worker', ''", ""},
	{"pay_history", "trip_id, seq, was, event, became, at, by_whom, note", "'t' || k, 4, 'ADJUST_APPROVED', 'captured', 'CAPTURED', t0 + 661000, 'worker', ''", ""},
	{"pay_operation", "trip_id, op, seq, api, state, amount, currency, body, attempts, touched, lost, created_at, sent_at, answered_at, unknown_at, next_at, barred, outcome",
		"'t' || k, 'adjust', 1, 'AdjustCharge', 'done', 4711, 'USD', '{}', 1, 1, 0, t0 + 660000, t0 + 660000, t0 + 660500, 0, 0, 0, 'done'", ""},
	{"pay_operation", "trip_id, op, seq, api, state, amount, currency, body, attempts, touched, lost, created_at, sent_at, answered_at, unknown_at, next_at, barred, outcome",
		"'t' || k, 'capture', 1, 'CaptureCharge', 'done', 4711, 'USD', '{}', 1, 1, 0, t0 + 660500, t0 + 660500, t0 + 661000, 0, 0, 0, 'done'", ""},
	{"ledger_entry", "id, trip_id, kind, debit, credit, amount, currency, at, by_whom, ref, note", "'a' || k, 't' || k, 'sale', 'shopper', 'sales', 4711, 'USD', t0 + 660000, 'cart', '', ''", ""},
	{"ledger_entry", "id, trip_id, kind, debit, credit, amount, currency, at, by_whom, ref, note", "'b' || k, 't' || k, 'capture', 'amazon', 'shopper', 4711, 'USD', t0 + 661000, 'worker', '', ''", ""},
	{"receipt", "trip_id, token, store_id, purchase_id, state, note, received, created, issued, completed, ask_after, content, card",
		"'t' || k, 'x' || k, 'STORE', 'p' || k, 'COMPLETE', '', t0 + 660000, t0 + 661000, t0 + 662000, t0 + 662000, 0, '{}', '{}'", ""},
	{"api_call", "id, at, direction, api, store_id, trip_id, request_id, status, outcome, took_us", "'1' || k, t0, 'in', 'VerifyIdentityKeys', 'STORE', '', 'q' || k, 200, 'done', 900", ""},
	{"api_call", "id, at, direction, api, store_id, trip_id, request_id, status, outcome, took_us", "'2' || k, t0 + 660000, 'in', 'CreatePurchases', 'STORE', 't' || k, 'q' || k, 201, 'done', 900", ""},
	{"api_call", "id, at, direction, api, store_id, trip_id, request_id, status, outcome, took_us", "'3' || k, t0 + 660500, 'out', 'AdjustCharge', 'STORE', 't' || k, '', 200, 'done', 900", ""},
	{"api_call", "id, at, direction, api, store_id, trip_id, request_id, status, outcome, took_us", "'4' || k, t0 + 661000, 'out', 'CaptureCharge', 'STORE', 't' || k, '', 200, 'done', 900", ""},
}

// remember fills a migrated database that nobody else has open. Keys are spread
// over all there could be and inserted in their order, times are in none;
// indexes are made last. It takes minutes for millions.
func remember(t testing.TB, engine, dsn string, z size) {
	t.Helper()
	began := time.Now()
	driver, address := "pgx", dsn
	if engine == db.SQLite {
		driver, address = "sqlite", "file:"+dsn+"?_pragma=journal_mode(off)&_pragma=synchronous(off)&_pragma=cache_size(-1048576)&_pragma=locking_mode(exclusive)"
	}
	d, err := sql.Open(driver, address)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	d.SetMaxOpenConns(1)
	do := func(q string) {
		if _, err := d.ExecContext(t.Context(), q); err != nil {
			t.Fatalf("%.200s: %v", q, err)
		}
	}
	if engine == db.Postgres {
		do(`SET synchronous_commit = off`)
		do(`SET maintenance_work_mem = '512MB'`)
	}
	again := unindex(t, d, engine)
	for from := 0; from < z.shoppers; from += chunk {
		do(`INSERT INTO shopper (id, kind, name, email, status, fraud, payment_method, card_expires, created_at, changed_at)
			SELECT v, 'SHOPPER', 'Shopper', '', 'active', 0, 1, 0, 0, 0 FROM ` + numbered(engine, from, min(from+chunk, z.shoppers), z.shoppers, z.shoppers))
	}
	for from := 0; from < z.trips; from += chunk {
		rows := numbered(engine, from, min(from+chunk, z.trips), z.trips, z.shoppers)
		for _, p := range past {
			q := fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM %s", p.table, p.columns, strings.ReplaceAll(p.values, "STORE", storeID), rows)
			if p.where != "" {
				q += " WHERE " + p.where
			}
			do(q)
		}
	}
	for _, q := range again {
		do(q)
	}
	if engine == db.Postgres {
		do(`VACUUM ANALYZE`)
		do(`CHECKPOINT`)
	} else {
		do(`PRAGMA journal_mode = wal`)
	}
	t.Logf("%s on %s after %s", z, name(engine), time.Since(began).Round(time.Second))
}

// chunk is how many trips one statement writes.
const chunk = 200_000

// numbered are rows of i, k, v and t0 for the trips from..to-1 of so many.
func numbered(engine string, from, to, trips, shoppers int) string {
	gap, now := (1<<32)/trips, time.Now().UnixMilli()
	key := fmt.Sprintf(`lpad(to_hex(i * %d::bigint), 8, '0') || lpad(to_hex(i), 6, '0')`, gap)
	visitor := fmt.Sprintf(`'visitor-' || lpad((i %% %d)::text, 8, '0')`, shoppers)
	series := fmt.Sprintf(`generate_series(%d::bigint, %d::bigint) g(i)`, from, to-1)
	with := ""
	if engine == db.SQLite {
		key = fmt.Sprintf(`printf('%%08x%%06x', i * %d, i)`, gap)
		visitor = fmt.Sprintf(`printf('visitor-%%08d', i %% %d)`, shoppers)
		with = fmt.Sprintf(`WITH RECURSIVE g(i) AS (VALUES (%d) UNION ALL SELECT i + 1 FROM g WHERE i < %d) `, from, to-1)
		series = "g"
	}
	// Ninety days, in an order that has nothing to do with the keys'.
	return fmt.Sprintf(`(%sSELECT i, %s AS k, %s AS v, %d - (i * 2654435761) %% 7776000000 AS t0 FROM %s) past`, with, key, visitor, now, series)
}

// unindex drops what no constraint needs and returns the statements that make
// it again.
func unindex(t testing.TB, d *sql.DB, engine string) (again []string) {
	t.Helper()
	q := `SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND indexname NOT IN (SELECT conname FROM pg_constraint)`
	if engine == db.SQLite {
		q = `SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL`
	}
	rows, err := d.QueryContext(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for rows.Next() {
		var name, make string
		if err := rows.Scan(&name, &make); err != nil {
			t.Fatal(err)
		}
		names, again = append(names, name), append(again, make)
	}
	if err := rows.Close(); err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		if _, err := d.ExecContext(context.WithoutCancel(t.Context()), "DROP INDEX "+n); err != nil {
			t.Fatal(err)
		}
	}
	return again
}

// TestThePastCanBeMade: the rows fit the schema, and the program's books agree
// with them.
func TestThePastCanBeMade(t *testing.T) {
	t.Parallel()
	testkit.EachDSN(t, func(t *testing.T, dsn string) {
		const trips, shoppers = 60, 7
		engine := db.SQLite
		if db.IsPostgres(dsn) {
			engine = db.Postgres
		}
		remember(t, engine, dsn, size{trips, shoppers})
		s := open(t, dsn, "127.0.0.1:1")
		for query, want := range map[string]int{
			`SELECT COUNT(*) FROM shopper`: shoppers,
			`SELECT COUNT(*) FROM purchase c JOIN payment p ON p.trip_id = c.trip_id JOIN receipt r ON r.trip_id = c.trip_id WHERE p.final = 1 AND p.captured = c.total`: trips,
			`SELECT COUNT(*) FROM gate_decision`:                                      trips,
			`SELECT COUNT(*) FROM gate_decision d JOIN shopper s ON s.id = d.visitor`: trips / 2,
			`SELECT COUNT(DISTINCT trip_id) FROM api_call WHERE trip_id <> ''`:        trips,
		} {
			var n int
			if err := s.DB.Reader().QueryRowContext(t.Context(), query).Scan(&n); err != nil || n != want {
				t.Errorf("%s: %d, want %d; %v", query, n, want, err)
			}
		}
		codes := s.issue(t, shoppers, shoppers)
		for i := range uint64(2 * shoppers) {
			s.ask(t, identitySource(codes)(nil, 1<<45+i), 200)
		}
	})
}
