package db_test

import (
	"context"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/testkit"
)

// SQLite's log does not grow with what is written, also while others read and
// write all the time; and nothing is left of it after a close.
func TestLogStaysShort(t *testing.T) {
	t.Parallel()
	path := testkit.SQLiteDSN(t)
	d, err := db.Open(t.Context(), db.Config{DSN: path})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	seats(t, d)
	text := strings.Repeat("x", 20_000)
	const writers, each = 8, 800
	longest := int64(0)
	var mu sync.Mutex
	var all sync.WaitGroup
	for i := range writers {
		all.Go(func() {
			for n := range each {
				id := string(rune('a'+i)) + "/" + string(rune(0x4e00+n))
				if err := d.Tx(context.Background(), func(ctx context.Context, tx *db.Tx) error {
					return tx.Put(ctx, addNote, id, text, int64(n))
				}); err != nil {
					t.Error(err)
					return
				}
				var have int
				if err := d.Reader().QueryRowContext(context.Background(), "SELECT COUNT(*) FROM note WHERE id = $1", id).Scan(&have); err != nil || have != 1 {
					t.Errorf("%s: %d, %v", id, have, err)
					return
				}
				if info, err := os.Stat(path + "-wal"); err == nil {
					mu.Lock()
					longest = max(longest, info.Size())
					mu.Unlock()
				}
			}
		})
	}
	all.Wait()
	written := int64(writers * each * len(text))
	if longest == 0 || longest > written/3 {
		t.Errorf("the log grew to %d bytes for %d written", longest, written)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path + "-wal"); err == nil {
		t.Error("the log is still there after the close")
	}
}
