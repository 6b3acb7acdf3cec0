package shopper

import (
	"context"
	"fmt"
	"strings"

	"github.com/strollhq/stroll/internal/db"
)

// Filter narrows List. The zero value is the first thousand accounts.
type Filter struct {
	Kind   string // one kind only
	Status string // one status only
	Fraud  bool   // flagged ones only
	After  string // accounts whose ID follows: for the next page
	Limit  int    // default 1000
}

// List answers accounts in the order of their IDs; never nil.
func (s *Shoppers) List(ctx context.Context, f Filter) ([]Shopper, error) {
	where, args := []string{"id > $1"}, []any{f.After}
	add := func(condition string, value any) {
		args = append(args, value)
		where = append(where, fmt.Sprintf(condition, len(args)))
	}
	if f.Kind != "" {
		add("kind = $%d", f.Kind)
	}
	if f.Status != "" {
		add("status = $%d", f.Status)
	}
	if f.Fraud {
		add("fraud = $%d", int64(1))
	}
	if f.Limit <= 0 {
		f.Limit = 1000
	}
	args = append(args, int64(f.Limit))
	rows, err := s.db.Reader().QueryContext(ctx, `SELECT `+columns+` FROM shopper WHERE `+strings.Join(where, " AND ")+
		fmt.Sprintf(` ORDER BY id LIMIT $%d`, len(args)), args...)
	if err != nil {
		return nil, fmt.Errorf("list shoppers: %w", err)
	}
	defer rows.Close()
	list := []Shopper{}
	for rows.Next() {
		a, err := scan(rows)
		if err != nil {
			return nil, fmt.Errorf("list shoppers: %w", err)
		}
		list = append(list, a)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list shoppers: %w", err)
	}
	return list, nil
}

// Counts says how many accounts there are.
type Counts struct {
	Total   int64
	Kinds   map[string]int64 // by kind
	Blocked int64
	Fraud   int64 // flagged
}

// Count counts the accounts.
func (s *Shoppers) Count(ctx context.Context) (Counts, error) {
	rows, err := s.db.Reader().QueryContext(ctx, `SELECT kind, status, fraud, count(*) FROM shopper GROUP BY kind, status, fraud`)
	if err != nil {
		return Counts{}, fmt.Errorf("count shoppers: %w", err)
	}
	defer rows.Close()
	c := Counts{Kinds: map[string]int64{}}
	for rows.Next() {
		var kind, status string
		var fraud, n int64
		if err := rows.Scan(&kind, &status, &fraud, &n); err != nil {
			return Counts{}, fmt.Errorf("count shoppers: %w", err)
		}
		c.Total += n
		c.Kinds[kind] += n
		if status == Blocked {
			c.Blocked += n
		}
		if fraud != 0 {
			c.Fraud += n
		}
	}
	if err := rows.Err(); err != nil {
		return Counts{}, fmt.Errorf("count shoppers: %w", err)
	}
	return c, nil
}

// History answers what changed an account's standing, the oldest first; never
// nil.
func (s *Shoppers) History(ctx context.Context, q db.Querier, id string) ([]Change, error) {
	rows, err := q.QueryContext(ctx, `SELECT shopper_id, at, operator, what, was, became, reason
		FROM shopper_change WHERE shopper_id = $1 ORDER BY id`, id)
	if err != nil {
		return nil, fmt.Errorf("history of shopper %s: %w", id, err)
	}
	defer rows.Close()
	list := []Change{}
	for rows.Next() {
		var c Change
		var at int64
		if err := rows.Scan(&c.ShopperID, &at, &c.Operator, &c.What, &c.Was, &c.Became, &c.Reason); err != nil {
			return nil, fmt.Errorf("history of shopper %s: %w", id, err)
		}
		c.At = moment(at)
		list = append(list, c)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("history of shopper %s: %w", id, err)
	}
	return list, nil
}
