package db

import (
	"encoding/binary"

	"github.com/jackc/pgx/v5/pgtype"
)

// arrays are the parameters of a group's statement in PostgreSQL's binary
// form, written from the rows as they are. The memory is used again for the
// next group.
type arrays struct {
	params [][]byte
	buf    []byte
	ends   []int // of each parameter in buf
	rows   [][]keyed
}

// keyed is a row and its write's key.
type keyed struct {
	key    string
	values []any
}

// fill makes the parameters of a group, in the order of Kind.together's text.
func (a *arrays) fill(group []*Begun) {
	k := group[0].w.kind
	a.buf, a.ends, a.params = a.buf[:0], a.ends[:0], a.params[:0]
	tables := len(k.checks) + 1 + len(k.rows)
	for len(a.rows) < tables {
		a.rows = append(a.rows, nil)
	}
	for i := range a.rows {
		clear(a.rows[i])
		a.rows[i] = a.rows[i][:0]
	}
	for _, c := range group {
		w := c.w
		for _, p := range w.checks {
			i := k.nthC[p.what]
			a.rows[i] = append(a.rows[i], keyed{w.key, p.values})
		}
		i := len(k.checks)
		a.rows[i] = append(a.rows[i], keyed{w.key, w.claim})
		for _, p := range w.rows {
			i := len(k.checks) + 1 + k.nth[p.what]
			a.rows[i] = append(a.rows[i], keyed{w.key, p.values})
		}
	}
	for i, c := range k.checks {
		a.table(a.rows[i], c.cols)
	}
	a.table(a.rows[len(k.checks)], k.claim.cols)
	for i, s := range k.rows {
		a.table(a.rows[len(k.checks)+1+i], s.cols)
	}
	a.head(pgtype.TextOID, len(group))
	for _, c := range group {
		a.text(c.w.key)
	}
	a.end()
	a.head(pgtype.Int8OID, len(group))
	for _, c := range group {
		var n int64
		for _, p := range c.w.rows {
			if !p.what.loose {
				n++
			}
		}
		a.number(n)
	}
	a.end()
	start := 0
	for _, end := range a.ends {
		a.params = append(a.params, a.buf[start:end])
		start = end
	}
	const most = 4 << 20
	if cap(a.buf) > most {
		a.buf = nil // params hold it until the next group
	}
}

// table adds the array of the rows' keys and one for each column.
func (a *arrays) table(rows []keyed, cols []column) {
	a.head(pgtype.TextOID, len(rows))
	for _, r := range rows {
		a.text(r.key)
	}
	a.end()
	for i, c := range cols {
		if c.kind == "text" {
			a.head(pgtype.TextOID, len(rows))
			for _, r := range rows {
				a.text(r.values[i].(string))
			}
		} else {
			a.head(pgtype.Int8OID, len(rows))
			for _, r := range rows {
				a.number(r.values[i].(int64))
			}
		}
		a.end()
	}
}

// head begins an array of n elements: dimensions, whether there are NULLs, the
// type, and if it is not empty its length and first index.
func (a *arrays) head(oid uint32, n int) {
	dimensions := uint32(0)
	if n > 0 {
		dimensions = 1
	}
	a.buf = binary.BigEndian.AppendUint32(a.buf, dimensions)
	a.buf = binary.BigEndian.AppendUint32(a.buf, 0)
	a.buf = binary.BigEndian.AppendUint32(a.buf, oid)
	if n > 0 {
		a.buf = binary.BigEndian.AppendUint32(a.buf, uint32(n))
		a.buf = binary.BigEndian.AppendUint32(a.buf, 1)
	}
}

func (a *arrays) text(s string) {
	a.buf = binary.BigEndian.AppendUint32(a.buf, uint32(len(s)))
	a.buf = append(a.buf, s...)
}

func (a *arrays) number(n int64) {
	a.buf = binary.BigEndian.AppendUint32(a.buf, 8)
	a.buf = binary.BigEndian.AppendUint64(a.buf, uint64(n))
}

func (a *arrays) end() { a.ends = append(a.ends, len(a.buf)) }
