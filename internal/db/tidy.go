package db

import (
	"context"
	"database/sql"
	"sync"
	"sync/atomic"
)

// SQLite's log of committed pages must be copied into the file now and then (a
// checkpoint), which would hold up whoever commits at that moment. It is done
// beside the writer, over a connection of its own. Only the last few pages,
// without which the log never starts anew, are copied by the writer itself.

const (
	// tidyAfter is how many transactions pass between checkpoints.
	tidyAfter = 64
	// wrapAt is the length of the log, in pages, from which it is to start
	// anew once no more than wrapRest are left to be copied; from wrapHard on
	// it is to in any case.
	wrapAt, wrapRest, wrapHard = 1000, 500, 4000
)

// tidier copies the log into the file.
type tidier struct {
	db    *sql.DB
	wake  chan struct{}
	ended chan struct{}
	once  sync.Once
	wrap  atomic.Bool // the writer is to copy what is left

	since int // transactions since the last wake; the writer's own
}

func startTidier(db *sql.DB) *tidier {
	t := &tidier{db: db, wake: make(chan struct{}, 1), ended: make(chan struct{})}
	go t.run()
	return t
}

func (t *tidier) stop() error {
	t.once.Do(func() { close(t.wake) })
	<-t.ended
	return t.db.Close()
}

// committed tells of transactions that were committed. The writer calls it.
func (t *tidier) committed(n int) {
	if t.since += n; t.since < tidyAfter {
		return
	}
	t.since = 0
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

func (t *tidier) run() {
	defer close(t.ended)
	for range t.wake {
		pages, copied, err := checkpoint(t.db)
		if err != nil {
			continue // a full disk for example: the log keeps everything meanwhile
		}
		if pages > wrapHard || pages > wrapAt && pages-copied < wrapRest {
			t.wrap.Store(true)
		}
	}
}

// checkpoint copies what nobody needs in the log any more, without waiting for
// anybody, and answers how many pages the log has and how many are copied.
func checkpoint(q interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}) (pages, copied int, err error) {
	var busy int
	err = q.QueryRowContext(context.Background(), "PRAGMA wal_checkpoint(PASSIVE)").Scan(&busy, &pages, &copied)
	return pages, copied, err
}
