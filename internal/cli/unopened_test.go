package cli_test

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/testkit"
)

// TestUnopenable starts the program where it cannot have its database file. It
// says what is wrong, with which file, and what to do, and changes nothing.
func TestUnopenable(t *testing.T) {
	t.Parallel()
	// A database that was closed properly, and one that was not.
	program, closed, torn := built(t), folder(t, nowhere), folder(t, nowhere)
	launch(t, program, closed, "serve").serving().stop()
	s := launch(t, program, torn, "serve").serving()
	s.signal(syscall.SIGKILL)
	<-s.done
	for _, tc := range []struct {
		name, from string
		size       string // of a file system of its own
		spoil      func(t *testing.T, dir string) (undo func())
		says       string
	}{
		{"read_only", closed, "8m", remountReadOnly, "its file system is read-only: mount it for writing, or name another file under database"},
		{"read_only_after_a_kill", torn, "8m", remountReadOnly, "its file system is read-only: mount it for writing, or name another file under database"},
		{"read_only_and_no_file_yet", "", "8m", remountReadOnly, "its file system is read-only: mount it for writing, or name another file under database"},
		{"full", closed, "2m", filled, "there is no space left for it: make some, or name another file under database"},
		{"full_and_no_file_yet", "", "2m", filled, "there is no space left for it: make some, or name another file under database"},
		{"a_folder_of_somebody_else", closed, "", func(t *testing.T, dir string) func() {
			chmod(t, dir, 0o555)
			chmod(t, filepath.Join(dir, "stroll.db"), 0o666)
			return func() { chmod(t, dir, 0o777) }
		}, `user \d+ may not write there: the file and its folder, in which others are made beside it, must belong to the user the program runs as`},
		{"a_file_of_somebody_else", closed, "", func(t *testing.T, dir string) func() {
			chmod(t, dir, 0o777)
			chmod(t, filepath.Join(dir, "stroll.db"), 0o444)
			return func() { chmod(t, filepath.Join(dir, "stroll.db"), 0o666) }
		}, `user \d+ may not write there`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			dir := mountPoint(t)
			if tc.size != "" {
				dir = tmpfs(t, tc.size)
			}
			for _, pattern := range []string{"store.yaml", "stroll.db*"} {
				copyFiles(t, filepath.Join(tc.from, pattern), dir)
			}
			if tc.from == "" {
				configure(t, dir, nowhere)
			}
			chmod(t, filepath.Join(dir, "store.yaml"), 0o644)
			undo := tc.spoil(t, dir)
			before := contents(t, dir)
			program := forEverybody(t, program)
			for _, args := range [][]string{{"serve"}, {"shopper", "put", "ada"}} {
				p := anybody(t, program, dir, tc.size == "", args...)
				p.wait(`database ` + regexp.QuoteMeta(filepath.Join(dir, "stroll.db")) + `: .*: ` + tc.says)
				p.ended(1)
			}
			after := contents(t, dir)
			if tc.size == "2m" { // the file is the same; empty ones beside it are no harm
				before, after = map[string]string{"db": before["stroll.db"]}, map[string]string{"db": after["stroll.db"]}
				if tc.from == "" { // made and left empty
					after["db"] = ""
				}
			}
			if diff := cmp.Diff(before, after); diff != "" {
				t.Error(diff)
			}
			undo()
			anybody(t, program, dir, tc.size == "", "serve").serving().stop()
			lost := 0
			if t.Failed() {
				lost = 1
			}
			testkit.Tell(t, testkit.Tried{Fault: "database file cannot be opened", Where: "at the start: " + tc.name, On: db.SQLite, Times: 2, Lost: lost})
		})
	}
}

func remountReadOnly(t *testing.T, dir string) func() {
	t.Helper()
	remount := func(flags uintptr) {
		if err := syscall.Mount("", dir, "", syscall.MS_REMOUNT|flags, "mode=0755"); err != nil {
			t.Fatal(err)
		}
	}
	remount(syscall.MS_RDONLY)
	return func() { remount(0) }
}

func filled(t *testing.T, dir string) func() {
	t.Helper()
	path := ballast(t, dir, 0)
	return func() {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}

func chmod(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func copyFiles(t *testing.T, pattern, dir string) {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(f)), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// forEverybody is the program where users other than this one can reach it.
func forEverybody(t *testing.T, program string) string {
	t.Helper()
	path := filepath.Join(mountPoint(t), "stroll")
	if os.Link(program, path) == nil {
		return path
	}
	from, err := os.Open(program)
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	to, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.Copy(to, from)
	if e := to.Close(); err != nil || e != nil {
		t.Fatal(err, e)
	}
	return path
}

// anybody starts the program, as a user without rights if asked to and if this
// one has them: root may write everywhere.
func anybody(t *testing.T, program, dir string, plain bool, args ...string) *process {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Dir = dir
	if plain && os.Geteuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534, NoSetGroups: true}}
	}
	return follow(t, cmd)
}
