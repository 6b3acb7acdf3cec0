package db

import (
	"context"
	"database/sql"
	"sync"
)

// maxStmts bounds the statements kept prepared. Texts beyond it, from lists of
// varying length for example, are prepared for each use.
const maxStmts = 512

// stmts keeps prepared statements by their text.
type stmts struct {
	mu   sync.Mutex
	byQ  map[string]*sql.Stmt
	prep interface {
		PrepareContext(ctx context.Context, query string) (*sql.Stmt, error)
	}
}

// get returns the prepared statement, or nil when the text cannot be prepared
// or there are too many already; the caller then runs it unprepared, which
// also reports what is wrong with it.
func (s *stmts) get(query string) *sql.Stmt {
	s.mu.Lock()
	defer s.mu.Unlock()
	if st, ok := s.byQ[query]; ok {
		return st
	}
	if len(s.byQ) >= maxStmts {
		return nil
	}
	st, err := s.prep.PrepareContext(context.Background(), query)
	if err != nil {
		return nil
	}
	s.byQ[query] = st
	return st
}

func (s *stmts) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, st := range s.byQ {
		st.Close()
	}
	clear(s.byQ)
}

// prepared is a pool whose statements are kept prepared on each connection.
type prepared struct {
	db *sql.DB
	st *stmts
}

func newPrepared(db *sql.DB) prepared {
	return prepared{db, &stmts{byQ: map[string]*sql.Stmt{}, prep: db}}
}

func (p prepared) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	res, err := p.db.ExecContext(ctx, query, args...)
	return res, classify(err)
}

func (p prepared) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	var rows *sql.Rows
	var err error
	if st := p.st.get(query); st != nil {
		rows, err = st.QueryContext(ctx, args...)
	} else {
		rows, err = p.db.QueryContext(ctx, query, args...)
	}
	return rows, classify(err)
}

func (p prepared) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if st := p.st.get(query); st != nil {
		return st.QueryRowContext(ctx, args...)
	}
	return p.db.QueryRowContext(ctx, query, args...)
}
