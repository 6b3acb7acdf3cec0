package db

import (
	"context"
	"fmt"
	"regexp"
	"strings"
)

// alone is the claim of one write and its checks as one statement: the claim is
// made if all of them hold. The checks' parameters follow the claim's. The
// texts are kept, since writes of one kind come with few sets of checks.
func (k *Kind) alone(checks []put[Check]) string {
	var buf [16]byte
	set := buf[:0]
	for _, c := range checks {
		set = append(set, byte(k.nthC[c.what]))
	}
	if text, ok := k.claims.Load(string(set)); ok {
		return text.(string)
	}
	n := len(k.claim.cols)
	conditions := []string{"1 = 1"}
	for _, c := range checks {
		conditions = append(conditions, "("+c.what.with(n)+")")
		n += len(c.what.cols)
	}
	text := strings.ReplaceAll(k.claim.onlyIf, "{if}", strings.Join(conditions, " AND "))
	k.claims.Store(string(set), text)
	return text
}

var ofRow = regexp.MustCompile(`\br\.\w+`)

// with is the condition on parameters that follow n others.
func (c *Check) with(n int) string {
	return ofRow.ReplaceAllStringFunc(c.cond, func(field string) string {
		for i, col := range c.cols {
			if "r."+col.name == field {
				return fmt.Sprintf("$%d", n+i+1)
			}
		}
		panic("db: a check asks for " + field + ", which is none of its columns")
	})
}

// run makes the write alone, in a transaction under way.
func (w *Write) run(ctx context.Context, tx *Tx) (made bool, err error) {
	args := w.claim
	for _, c := range w.checks {
		args = append(args, c.values...)
	}
	res, err := tx.ExecContext(ctx, w.kind.alone(w.checks), args...)
	if err != nil {
		return false, err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return false, err
	}
	for _, r := range w.rows {
		if err := tx.Put(ctx, r.what, r.values...); err != nil {
			return false, err
		}
	}
	return true, nil
}
