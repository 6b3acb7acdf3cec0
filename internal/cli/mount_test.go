package cli_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// tmpfs mounts an empty file system of a size, which ends with the test. Without
// the right to mount the test is skipped: a full disk cannot be had otherwise.
func tmpfs(t *testing.T, size string) (dir string) {
	t.Helper()
	dir = mountPoint(t)
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "mode=0755,size="+size); err != nil {
		t.Skipf("mounting a small file system needs root and CAP_SYS_ADMIN: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Errorf("unmount the small file system: %v", err)
		}
	})
	return dir
}

// mountPoint is a folder everybody can look into, with a short path: sockets of
// a database go there.
func mountPoint(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "stroll-disk-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// disk is an ext4 file system in a file, mounted by loop.
type disk struct {
	t          *testing.T
	image, dir string
	mounted    bool
}

// ext4 makes and mounts one. Without the means the test is skipped: a file system
// that turns read-only under its writers cannot be had otherwise.
func ext4(t *testing.T, megabytes int64) *disk {
	t.Helper()
	d := &disk{t: t, dir: mountPoint(t), image: filepath.Join(t.TempDir(), "disk.img")}
	if err := os.WriteFile(d.image, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(d.image, megabytes<<20); err != nil {
		t.Fatal(err)
	}
	for _, cmd := range [][]string{{"mkfs.ext4", "-q", "-F", d.image}, {"mount", "-o", "loop", d.image, d.dir}} {
		if out, err := exec.Command(cmd[0], cmd[1:]...).CombinedOutput(); err != nil {
			t.Skipf("a disk that fails needs root, loop devices and e2fsprogs: %s: %v %s", cmd[0], err, out)
		}
	}
	d.mounted = true
	if err := os.Chmod(d.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if d.mounted {
			d.run("umount", d.dir)
		}
	})
	return d
}

func (d *disk) run(name string, args ...string) {
	d.t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		d.t.Fatalf("%s %v: %v %s", name, args, err, out)
	}
}

// fail turns the file system read-only under everybody who has files open, as
// the kernel does when the device answers with errors. Only a repair ends that.
func (d *disk) fail() {
	d.t.Helper()
	began := time.Now()
	d.run("mount", "-o", "remount,abort", d.dir)
	d.t.Logf("the disk failed between %s and %s", began.Format("15:04:05.000000"), time.Now().Format("15:04:05.000000"))
}

// repair is what an operator does then; nobody may have a file open.
func (d *disk) repair() {
	d.t.Helper()
	d.run("umount", d.dir)
	d.mounted = false
	// Status 1: errors were corrected.
	out, err := exec.Command("fsck.ext4", "-p", "-f", d.image).CombinedOutput()
	if exit, ok := err.(*exec.ExitError); err != nil && (!ok || exit.ExitCode() != 1) {
		d.t.Fatalf("fsck.ext4: %v %s", err, out)
	}
	d.run("mount", "-o", "loop", d.image, d.dir)
	d.mounted = true
}

// ballast fills a file system until nothing more can be written, and returns
// what to remove.
func ballast(t *testing.T, dir string, n int) string {
	t.Helper()
	path := filepath.Join(dir, fmt.Sprintf("ballast-%d", n))
	f, err := os.Create(path)
	if err != nil {
		return path // not even that fits
	}
	defer f.Close()
	for chunk := make([]byte, 64<<10); len(chunk) > 0; {
		if _, err := f.Write(chunk); err != nil {
			chunk = chunk[:len(chunk)/2]
		}
	}
	return path
}
