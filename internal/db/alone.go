package db

import (
	"context"
	"regexp"
	"slices"
	"strings"
)

// bound is a statement of one write whose parameters are marked ? instead of
// $1, since SQLite looks a name up each time a parameter is bound. args says
// which of the values goes to each.
type bound struct {
	text string
	args []int
}

var dollar = regexp.MustCompile(`\$\d+`)

// plain is a statement with its parameters in the order of their marks, as all
// of ours are.
func plain(text string) string { return dollar.ReplaceAllString(text, "?") }

// alone is the claim of one write and its checks as one statement: the claim is
// made if all of them hold. The checks' values follow the claim's. The texts
// are kept, since writes of one kind come with few sets of checks.
func (k *Kind) alone(checks []put[Check]) bound {
	var buf [16]byte
	set := buf[:0]
	for _, c := range checks {
		set = append(set, byte(k.nthC[c.what]))
	}
	if b, ok := k.claims.Load(string(set)); ok {
		return b.(bound)
	}
	n := len(k.claim.cols)
	b := bound{args: make([]int, n)}
	for i := range n {
		b.args[i] = i
	}
	conditions := []string{"1 = 1"}
	for _, c := range checks {
		conditions = append(conditions, ofRow.ReplaceAllStringFunc("("+c.what.cond+")", func(field string) string {
			i := slices.IndexFunc(c.what.cols, func(col column) bool { return "r."+col.name == field })
			if i < 0 {
				panic("db: a check asks for " + field + ", which is none of its columns")
			}
			b.args = append(b.args, n+i)
			return "?"
		}))
		n += len(c.what.cols)
	}
	b.text = strings.ReplaceAll(plain(k.claim.onlyIf), "{if}", strings.Join(conditions, " AND "))
	k.claims.Store(string(set), b)
	return b
}

var ofRow = regexp.MustCompile(`\br\.\w+`)

// run makes the write alone, in a transaction under way on SQLite.
func (w *Write) run(ctx context.Context, tx *Tx) (made bool, err error) {
	values := w.claim
	for _, c := range w.checks {
		values = append(values, c.values...)
	}
	claim := w.kind.alone(w.checks)
	args := make([]any, len(claim.args))
	for i, n := range claim.args {
		args[i] = values[n]
	}
	res, err := tx.ExecContext(ctx, claim.text, args...)
	if err != nil {
		return false, err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return false, err
	}
	for _, r := range w.rows {
		if err := tx.put(ctx, r.what, r.what.bare, r.values); err != nil {
			return false, err
		}
	}
	return true, nil
}
