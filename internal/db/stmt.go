package db

import (
	"fmt"
	"strings"
	"sync"
)

// Stmt is a statement that is run for one row of values or, on PostgreSQL, for
// the rows of many callers at once. Make it once, as a package variable.
type Stmt struct {
	cols []column
	one  string // for one row: $1, $2, …
	bare string // the same with ? for each
	many string // for many: {rows} stands for them, as r
	// onlyIf is one with {if} in the place of a further condition.
	onlyIf string
	loose  bool
}

type column struct {
	name string
	kind string // text or bigint
}

// Insert is a statement that inserts the columns, given as "id text, at bigint"
// with the types text and bigint, into a table. The tail, such as
// ON CONFLICT (id) DO UPDATE SET at = excluded.at, may be empty.
func Insert(table, columns, tail string) *Stmt {
	s := &Stmt{cols: parseColumns(columns)}
	names, marks, values := make([]string, len(s.cols)), make([]string, len(s.cols)), make([]string, len(s.cols))
	for i, c := range s.cols {
		names[i], marks[i], values[i] = c.name, fmt.Sprintf("$%d", i+1), "r."+c.name
	}
	into := fmt.Sprintf("INSERT INTO %s (%s) ", table, strings.Join(names, ", "))
	s.one = into + "VALUES (" + strings.Join(marks, ", ") + ") " + tail
	s.many = into + "SELECT " + strings.Join(values, ", ") + " FROM {rows} " + tail
	s.bare = plain(s.one)
	s.onlyIf = into + "SELECT " + strings.Join(marks, ", ") + " WHERE {if} " + tail
	return s
}

// Update is a statement that sets columns of a table where others are equal to
// what is given, a compare-and-swap for example. The values of set come first,
// then those of where.
func Update(table, set, where string) *Stmt {
	sets, wheres := parseColumns(set), parseColumns(where)
	var one, many, oneIf, manyIf []string
	for i, c := range sets {
		one = append(one, fmt.Sprintf("%s = $%d", c.name, i+1))
		many = append(many, fmt.Sprintf("%s = r.%s", c.name, c.name))
	}
	s := &Stmt{cols: sets}
	for i, c := range wheres {
		oneIf = append(oneIf, fmt.Sprintf("%s = $%d", c.name, len(sets)+i+1))
		manyIf = append(manyIf, fmt.Sprintf("%s.%s = r.was_%s", table, c.name, c.name))
		s.cols = append(s.cols, column{"was_" + c.name, c.kind})
	}
	s.one = fmt.Sprintf("UPDATE %s SET %s WHERE %s", table, strings.Join(one, ", "), strings.Join(oneIf, " AND "))
	s.bare = plain(s.one)
	s.onlyIf = s.one + " AND {if}"
	s.many = fmt.Sprintf("UPDATE %s SET %s FROM {rows} WHERE %s", table, strings.Join(many, ", "), strings.Join(manyIf, " AND "))
	return s
}

// Names are the columns of a list with types, for a SELECT.
func Names(columns string) string {
	var names []string
	for _, c := range parseColumns(columns) {
		names = append(names, c.name)
	}
	return strings.Join(names, ", ")
}

// Change is a statement that changes rows: an UPDATE … FROM {rows} WHERE … or
// the like, in which {rows} stands for the given columns, as r. It ends with
// its condition.
func Change(columns, sql string) *Stmt {
	s := &Stmt{cols: parseColumns(columns), many: sql}
	s.one = strings.ReplaceAll(sql, "{rows}", s.single())
	s.bare = plain(s.one)
	s.onlyIf = s.one + " AND {if}"
	return s
}

// Loose is s for rows that may find nothing to do: an insert whose row is there
// already. Any other statement must touch one row for each it is given, or
// nothing of its transaction happens.
func (s *Stmt) Loose() *Stmt {
	l := *s
	l.loose = true
	return &l
}

// Check is a condition on what a decision was made from, such as
// NOT EXISTS (SELECT 1 FROM debt WHERE debt.visitor = r.visitor).
type Check struct {
	cols []column
	cond string
}

// NewCheck makes a check of a condition on r, a row of the columns.
func NewCheck(columns, condition string) *Check {
	return &Check{parseColumns(columns), condition}
}

// single is one row of parameters, as r.
func (s *Stmt) single() string {
	casts := make([]string, len(s.cols))
	for i, c := range s.cols {
		casts[i] = fmt.Sprintf("CAST($%d AS %s) AS %s", i+1, c.kind, c.name)
	}
	return "(SELECT " + strings.Join(casts, ", ") + ") AS r"
}

func parseColumns(list string) []column {
	var cols []column
	for part := range strings.SplitSeq(list, ",") {
		name, kind, _ := strings.Cut(strings.TrimSpace(part), " ")
		if kind = strings.TrimSpace(kind); name == "" || kind != "text" && kind != "bigint" {
			panic(fmt.Sprintf("db: column %q is not a name with text or bigint", part))
		}
		cols = append(cols, column{name, kind})
	}
	return cols
}

// Kind is a shape of transaction that many callers share: on PostgreSQL all
// writes of one kind that wait are a single statement and a single round trip.
type Kind struct {
	name   string
	claim  *Stmt
	checks []*Check
	rows   []*Stmt
	nth    map[*Stmt]int
	nthC   map[*Check]int
	claims sync.Map // alone's texts, by the checks
	sql    string
}

// NewKind makes a kind. Its claim is the statement that decides whether a write
// happens: an insert that gives way to a row that is there (ON CONFLICT … DO
// NOTHING), or a compare-and-swap. key is the expression over the claim's
// table that yields the write's key. The other statements follow only a claim
// that was made.
func NewKind(name string, claim *Stmt, key string, checks []*Check, rows ...*Stmt) *Kind {
	k := &Kind{name: name, claim: claim, checks: checks, rows: rows, nth: map[*Stmt]int{}, nthC: map[*Check]int{}}
	for i, s := range rows {
		k.nth[s] = i
	}
	for i, c := range checks {
		k.nthC[c] = i
	}
	k.sql = k.together(key)
	return k
}

// together is the statement for many writes on PostgreSQL. Its parameters are
// arrays: for each check, the claim and each statement the keys of the writes,
// then one array for each column; last come all writes' keys and how many rows
// of statements that are not loose each brings. An array is read by its index,
// which costs half of an unnest of as many columns.
func (k *Kind) together(key string) string {
	var b strings.Builder
	n := 0
	// rows is a query for the rows of one table whose key passes.
	rows := func(cols []column, passes string) string {
		n++
		keys := fmt.Sprintf("$%d::text[]", n)
		list := []string{fmt.Sprintf("(%s)[i] AS k", keys)}
		for _, c := range cols {
			n++
			list = append(list, fmt.Sprintf("($%d::%s[])[i] AS %s", n, c.kind, c.name))
		}
		return fmt.Sprintf("(SELECT %s FROM generate_series(1, cardinality(%s)) AS i WHERE %s) AS r",
			strings.Join(list, ", "), keys, strings.ReplaceAll(passes, "{k}", "("+keys+")[i]"))
	}
	b.WriteString("WITH ")
	passed := "true"
	for i, c := range k.checks {
		fmt.Fprintf(&b, "c%d AS MATERIALIZED (SELECT r.k FROM %s WHERE NOT (%s)), ", i, rows(c.cols, "true"), c.cond)
		passed += fmt.Sprintf(" AND {k} NOT IN (SELECT k FROM c%d)", i)
	}
	of := func(s *Stmt, passes string) string {
		return strings.ReplaceAll(s.many, "{rows}", rows(s.cols, passes))
	}
	fmt.Fprintf(&b, "claim AS (%s RETURNING %s AS k)", of(k.claim, passed), key)
	// Not bare, or it would be planned as a join.
	const made = "COALESCE({k} IN (SELECT k FROM claim), false)"
	touched := "0"
	for i, s := range k.rows {
		fmt.Fprintf(&b, ", s%d AS (%s RETURNING 1)", i, of(s, made))
		if !s.loose {
			touched += fmt.Sprintf(" + (SELECT count(*) FROM s%d)", i)
		}
	}
	// A statement that touched fewer rows than it was given fails the whole: a
	// division by zero, which is computed once. None touches more.
	given := fmt.Sprintf("(SELECT COALESCE(sum(($%d::bigint[])[i]), 0) FROM generate_series(1, cardinality($%d::text[])) AS i WHERE %s)",
		n+2, n+1, strings.ReplaceAll(made, "{k}", fmt.Sprintf("($%d::text[])[i]", n+1)))
	fmt.Fprintf(&b, " SELECT k, (SELECT 1 / CASE WHEN %s = %s THEN 1 ELSE 0 END) FROM claim", touched, given)
	return b.String()
}
