package catalog

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/internal/price"
)

const (
	// stale is how long a process may go on with the list of versions it has
	// read: a price published by another process is in force here after it.
	stale = 2 * time.Second
	// keep is how many compiled price lists stay in memory beyond one a store;
	// late carts bring old ones back.
	keep = 16
)

// Books publishes and finds price lists.
type Books struct {
	db *db.DB

	mu       sync.Mutex
	stores   map[string]versions
	compiled map[string]*price.Book
	order    []string // versions in compiled, the oldest first
}

// versions are a store's price lists as last read, the newest first.
type versions struct {
	read time.Time
	list []Version
}

// Version says from when a price list is in force.
type Version struct {
	ID   string    `json:"version"` // hash of the list's content
	From time.Time `json:"from"`
}

// NewBooks makes the price lists of a database.
func NewBooks(d *db.DB) *Books {
	return &Books{db: d, stores: map[string]versions{}, compiled: map[string]*price.Book{}}
}

// Publish puts a price list in force from a moment on, unless the store's
// newest list has the same content. It returns the version in force, and
// whether it is new. A list with faults is refused and nothing changes.
func (b *Books) Publish(ctx context.Context, storeID string, spec price.Spec, from time.Time) (Version, bool, error) {
	book, err := price.Compile(spec)
	if err != nil {
		return Version{}, false, fault.New(fault.Invalid, "price list of store %s: %w", storeID, err)
	}
	body, err := json.Marshal(spec)
	if err != nil {
		return Version{}, false, fmt.Errorf("price list of store %s: %w", storeID, err)
	}
	sum := sha256.Sum256(body)
	v := Version{ID: hex.EncodeToString(sum[:8]), From: from.UTC().Truncate(time.Millisecond)}
	fresh := false
	err = b.db.Tx(ctx, func(ctx context.Context, tx *db.Tx) error {
		var newest Version
		var ms int64
		err := tx.QueryRowContext(ctx, `SELECT version, from_ms FROM price_list WHERE store_id = $1
			ORDER BY from_ms DESC LIMIT 1`, storeID).Scan(&newest.ID, &ms)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		newest.From = time.UnixMilli(ms).UTC()
		fresh = err != nil || newest.ID != v.ID
		if !fresh {
			v = newest
			return nil
		}
		if err == nil && !newest.From.Before(v.From) {
			// Two lists cannot begin in the same moment, nor a newer one before an older.
			v.From = newest.From.Add(time.Millisecond)
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO price_list_body (version, body) VALUES ($1, $2)
			ON CONFLICT (version) DO NOTHING`, v.ID, string(body)); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO price_list (store_id, from_ms, version) VALUES ($1, $2, $3)`,
			storeID, v.From.UnixMilli(), v.ID)
		return err
	})
	if err != nil {
		return Version{}, false, fmt.Errorf("publish price list of store %s: %w", storeID, err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.stores, storeID)
	b.remember(v.ID, book)
	return v, fresh, nil
}

// At returns the price list of a store in force at a moment, with its
// version. A moment before the first list gets the first. A store without a
// list is fault.NotFound.
func (b *Books) At(ctx context.Context, storeID string, at time.Time) (*price.Book, string, error) {
	list, err := b.Versions(ctx, storeID)
	if err != nil {
		return nil, "", err
	}
	if len(list) == 0 {
		return nil, "", fault.New(fault.NotFound, "store %s has no price list", storeID)
	}
	v := list[len(list)-1]
	for _, candidate := range list {
		if !candidate.From.After(at) {
			v = candidate
			break
		}
	}
	book, err := b.book(ctx, v.ID)
	if err != nil {
		return nil, "", fmt.Errorf("price list %s of store %s: %w", v.ID, storeID, err)
	}
	return book, v.ID, nil
}

// Versions lists a store's price lists, the newest first.
func (b *Books) Versions(ctx context.Context, storeID string) ([]Version, error) {
	b.mu.Lock()
	known := b.stores[storeID]
	b.mu.Unlock()
	if len(known.list) > 0 && time.Since(known.read) < stale {
		return known.list, nil
	}
	now := time.Now()
	rows, err := b.db.Reader().QueryContext(ctx, `SELECT version, from_ms FROM price_list WHERE store_id = $1
		ORDER BY from_ms DESC`, storeID)
	if err != nil {
		return nil, fmt.Errorf("price lists of store %s: %w", storeID, err)
	}
	defer rows.Close()
	var list []Version
	for rows.Next() {
		var v Version
		var ms int64
		if err := rows.Scan(&v.ID, &ms); err != nil {
			return nil, fmt.Errorf("price lists of store %s: %w", storeID, err)
		}
		v.From = time.UnixMilli(ms).UTC()
		list = append(list, v)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("price lists of store %s: %w", storeID, err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stores[storeID] = versions{read: now, list: list}
	return list, nil
}

// book is the compiled price list of a version.
func (b *Books) book(ctx context.Context, version string) (*price.Book, error) {
	b.mu.Lock()
	book := b.compiled[version]
	b.mu.Unlock()
	if book != nil {
		return book, nil
	}
	var body string
	if err := b.db.Reader().QueryRowContext(ctx, `SELECT body FROM price_list_body WHERE version = $1`,
		version).Scan(&body); err != nil {
		return nil, err
	}
	var spec price.Spec
	if err := json.Unmarshal([]byte(body), &spec); err != nil {
		return nil, err
	}
	book, err := price.Compile(spec)
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.remember(version, book)
	return book, nil
}

// remember keeps a compiled list and lets go of the oldest. The lock is held.
func (b *Books) remember(version string, book *price.Book) {
	if _, ok := b.compiled[version]; !ok {
		b.order = append(b.order, version)
	}
	b.compiled[version] = book
	if len(b.order) > keep+len(b.stores) {
		delete(b.compiled, b.order[0])
		b.order = b.order[1:]
	}
}
