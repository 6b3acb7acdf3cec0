package gate

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/strollhq/stroll/internal/db"
)

// Filter narrows Decisions and Tally. Empty fields do not narrow.
type Filter struct {
	StoreID, API, Event, TripID string
	Entry                       string // SCAN_CODE or FINANCIAL
	Visitor, VisitorType        string
	Instrument                  string
	Outcome, Reason, Rule       string
	Since, Until                time.Time // decided from Since on and before Until
	Limit                       int       // of Decisions; default 100
}

func (f Filter) where() (string, []any) {
	conditions, args := []string{"at >= $1"}, []any{millis(f.Since)}
	add := func(condition string, value any) {
		args = append(args, value)
		conditions = append(conditions, fmt.Sprintf("%s $%d", condition, len(args)))
	}
	if !f.Until.IsZero() {
		add("at <", millis(f.Until))
	}
	for _, c := range []struct{ column, value string }{
		{"store_id", f.StoreID}, {"api", f.API}, {"event_key", f.Event}, {"trip_id", f.TripID}, {"entry", f.Entry}, {"visitor", f.Visitor},
		{"visitor_type", f.VisitorType}, {"instrument", f.Instrument}, {"outcome", f.Outcome}, {"reason", f.Reason}, {"rule", f.Rule},
	} {
		if c.value != "" {
			add(c.column+" <> '' AND "+c.column+" =", c.value) // the indexes leave the empty text out
		}
	}
	return strings.Join(conditions, " AND "), args
}

// Decisions answers the decisions a filter fits, the newest first; never nil.
func (g *Gate) Decisions(ctx context.Context, f Filter) ([]Decision, error) {
	where, args := f.where()
	if f.Limit <= 0 {
		f.Limit = 100
	}
	args = append(args, int64(f.Limit))
	rows, err := g.c.DB.Reader().QueryContext(ctx, `SELECT `+decisionColumns+` FROM gate_decision WHERE `+where+
		fmt.Sprintf(` ORDER BY at DESC, id DESC LIMIT $%d`, len(args)), args...)
	if err != nil {
		return nil, fmt.Errorf("gate decisions: %w", err)
	}
	defer rows.Close()
	list := []Decision{}
	for rows.Next() {
		d, err := scanDecision(rows)
		if err != nil {
			return nil, fmt.Errorf("gate decisions: %w", err)
		}
		list = append(list, *d)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("gate decisions: %w", err)
	}
	return list, nil
}

// Count is how many decisions were the same in every way Tally tells apart.
type Count struct {
	StoreID, API, Entry, VisitorType, Outcome, Reason string
	N                                                 int64
}

// Tally counts the decisions a filter fits, in the order of the fields of
// Count; never nil. Repeats of an event are not decisions.
func (g *Gate) Tally(ctx context.Context, f Filter) ([]Count, error) {
	where, args := f.where()
	const by = `store_id, api, entry, visitor_type, outcome, reason`
	rows, err := g.c.DB.Reader().QueryContext(ctx, `SELECT `+by+`, count(*) FROM gate_decision WHERE `+where+
		` GROUP BY `+by+` ORDER BY `+by, args...)
	if err != nil {
		return nil, fmt.Errorf("count gate decisions: %w", err)
	}
	defer rows.Close()
	list := []Count{}
	for rows.Next() {
		var c Count
		if err := rows.Scan(&c.StoreID, &c.API, &c.Entry, &c.VisitorType, &c.Outcome, &c.Reason, &c.N); err != nil {
			return nil, fmt.Errorf("count gate decisions: %w", err)
		}
		list = append(list, c)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("count gate decisions: %w", err)
	}
	return list, nil
}

// Admissions counts who was let in: one for each event, however often it was
// repeated. A group entering on one code is several.
func (g *Gate) Admissions(ctx context.Context, storeID string, since, until time.Time) (n int64, err error) {
	err = g.c.DB.Reader().QueryRowContext(ctx, `SELECT count(*) FROM gate_decision WHERE store_id = $1 AND at >= $2 AND at < $3 AND admitted_at <> 0`,
		storeID, millis(since), millis(until)).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count admissions: %w", err)
	}
	return n, nil
}

// KeepAtLeast is how long a decision answers repeats of its event: longer than
// a pre-authorization lives.
const KeepAtLeast = 72 * time.Hour

// slice is how many rows are deleted at once, so that entries need not wait.
const slice = 500

// Purge forgets decisions and codes from before the time given,
// but none that is younger than KeepAtLeast, and answers how many rows went.
func (g *Gate) Purge(ctx context.Context, before time.Time) (int64, error) {
	if limit := time.Now().Add(-KeepAtLeast); before.After(limit) {
		before = limit
	}
	var total int64
	for _, t := range []struct{ table, key, at string }{
		{"gate_decision", "id", "at"}, {"recognition", "token", "issued_at"},
	} {
		for {
			var n int64
			err := g.c.DB.Tx(ctx, func(ctx context.Context, tx *db.Tx) error {
				res, err := tx.ExecContext(ctx, fmt.Sprintf(`DELETE FROM %s WHERE %s IN (SELECT %s FROM %s WHERE %s < $1 LIMIT $2)`,
					t.table, t.key, t.key, t.table, t.at), before.UnixMilli(), int64(slice))
				if err != nil {
					return err
				}
				n, err = res.RowsAffected()
				return err
			})
			if err != nil {
				return total, fmt.Errorf("purge %s: %w", t.table, err)
			}
			total += n
			g.m.rows.Add(n, t.table)
			if n < slice {
				break
			}
		}
	}
	return total, nil
}
