package db

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/strollhq/stroll/internal/fault"
)

// unopened is the error of a file that cannot be opened or brought up to date.
// When what keeps it passes by itself or by a person's hand, the kind is
// fault.Unavailable, and the text says what that person can do.
func unopened(path string, err error) error {
	if !passing(err) && !errors.Is(err, fault.Unavailable) {
		return fmt.Errorf("database %s: %w", path, err)
	}
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		err = e.Err // the path stands before it already
	}
	// SQLite's own words are the same for most causes, so the file system is
	// asked.
	advice := ""
	switch cause := writable(path); {
	case errors.Is(cause, syscall.EROFS):
		advice = ": its file system is read-only: mount it for writing, or name another file under database"
	case errors.Is(cause, syscall.ENOSPC), errors.Is(cause, syscall.EDQUOT):
		advice = ": there is no space left for it: make some, or name another file under database"
	case errors.Is(cause, fs.ErrPermission):
		advice = fmt.Sprintf(": user %d may not write there: the file and its folder, in which others are made beside it, must belong to the user the program runs as", os.Geteuid())
	case errors.Is(cause, fs.ErrNotExist):
		advice = ": make its folder first, or name another file under database"
	}
	return fault.New(fault.Unavailable, "database %s: %w%s", path, err, advice)
}

// writable tries to write to the file, if it is there, and beside it: enough
// for the index that SQLite keeps there. It leaves nothing behind.
func writable(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	switch {
	case err == nil:
		f.Close()
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	f, err = os.CreateTemp(filepath.Dir(path), ".stroll-probe-")
	if err != nil {
		return err
	}
	_, err = f.Write(make([]byte, 64<<10))
	return errors.Join(err, f.Sync(), f.Close(), os.Remove(f.Name()))
}
