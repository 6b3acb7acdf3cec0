package cli_test

import (
	"crypto/sha256"
	"database/sql"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/testkit"
)

// contents are the files of a folder by name, each with a hash of its bytes.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all[e.Name()] = fmt.Sprintf("%d bytes, %x", len(data), sha256.Sum256(data))
	}
	return all
}

// newer is a schema version that no program of today knows.
const newer = `INSERT INTO goose_db_version (version_id, is_applied) VALUES (90001, $1)`

// refusesNewer starts every kind of command on a database from the future.
func refusesNewer(t *testing.T, program, dir string) {
	t.Helper()
	for _, args := range [][]string{{"serve"}, {"cart", "list"}, {"shopper", "put", "ben"}, {"ledger", "verify"}} {
		p := launch(t, program, dir, args...)
		p.wait("has schema version 90001, written by a newer Stroll: this program knows versions up to .* and has left it untouched")
		p.ended(1)
	}
}

// TestNewerVersion starts the program on a database that a newer one has
// written. It says so and leaves every byte as it was: of the file, and of what
// the newer one left beside it when it was killed.
func TestNewerVersion(t *testing.T) {
	t.Parallel()
	tried, lost := 0, 0
	t.Cleanup(func() {
		testkit.Tell(t, testkit.Tried{Fault: "database of a newer version", Where: "at the start", On: db.SQLite, Times: tried, Lost: lost})
	})
	program := built(t)
	made := folder(t, nowhere)
	s := launch(t, program, made, "serve").serving()
	if status, _, err := post(t, s.connector, purchase(store, "first", "SNK-001")); err != nil || status != http.StatusCreated {
		t.Fatalf("answered %d, %v", status, err)
	}
	d, err := sql.Open("sqlite", "file:"+filepath.Join(made, "stroll.db")+"?_pragma=busy_timeout(10000)")
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if _, err := d.Exec(newer, 1); err != nil {
		t.Fatal(err)
	}
	// A rolling start: the older one that runs goes on.
	if status, _, err := post(t, s.connector, purchase(store, "second", "SNK-001")); err != nil || status != http.StatusCreated {
		t.Errorf("with a newer one beside it: answered %d, %v", status, err)
	}
	refusesNewer(t, program, made)
	if status, _, err := post(t, s.connector, purchase(store, "third", "SNK-001")); err != nil || status != http.StatusCreated {
		t.Errorf("after another was refused: answered %d, %v", status, err)
	}
	s.signal(9)
	<-s.done

	image := map[string][]byte{}
	for name := range contents(t, made) {
		if image[name], err = os.ReadFile(filepath.Join(made, name)); err != nil {
			t.Fatal(err)
		}
	}
	for _, without := range []string{"", "stroll.db-shm"} {
		dir := t.TempDir()
		for name, data := range image {
			if name == without {
				continue
			}
			if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		before := contents(t, dir)
		if before["stroll.db-wal"] == "" {
			t.Fatalf("no log was left behind: %v", before)
		}
		refusesNewer(t, program, dir)
		tried++
		if diff := cmp.Diff(before, contents(t, dir)); diff != "" {
			lost++
			t.Errorf("without %q: %s", without, diff)
		}
	}
	// One that was closed properly.
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if left, err := filepath.Glob(filepath.Join(made, "stroll.db*")); err != nil || len(left) != 1 {
		t.Fatal(left, err)
	}
	before := contents(t, made)
	refusesNewer(t, program, made)
	tried++
	if diff := cmp.Diff(before, contents(t, made)); diff != "" {
		lost++
		t.Error(diff)
	}
}

// TestNewerVersion_postgres is the same on a server.
func TestNewerVersion_postgres(t *testing.T) {
	t.Parallel()
	dsn := testkit.PostgresDSN(t)
	dir := folder(t, nowhere, "stroll.db", dsn)
	program := built(t)
	s := launch(t, program, dir, "serve").serving()
	d, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if _, err := d.Exec(newer, true); err != nil {
		t.Fatal(err)
	}
	if status, _, err := post(t, s.connector, purchase(store, "beside", "SNK-001")); err != nil || status != http.StatusCreated {
		t.Errorf("with a newer one beside it: answered %d, %v", status, err)
	}
	s.stop()
	// The tables' files, and who wrote the versions.
	state := func() (all string) {
		err := d.QueryRow(`SELECT
			(SELECT string_agg(relname || ' ' || relfilenode, ',' ORDER BY relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace)
			|| (SELECT string_agg(v::text || ' ' || xmin::text, ',' ORDER BY id) FROM goose_db_version v)`).Scan(&all)
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	before := state()
	refusesNewer(t, program, dir)
	lost := 0
	if diff := cmp.Diff(before, state()); diff != "" {
		lost++
		t.Error(diff)
	}
	testkit.Tell(t, testkit.Tried{Fault: "database of a newer version", Where: "at the start", On: db.Postgres, Times: 1, Lost: lost})
}
