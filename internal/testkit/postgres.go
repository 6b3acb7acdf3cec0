package testkit

import (
	"bufio"
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5"

	"github.com/strollhq/stroll/internal/db"
)

// missingError says that this machine has no PostgreSQL.
type missingError struct{ what string }

func (e *missingError) Error() string {
	return e.what + " is missing: run ./test, which installs what the tests need, or apt-get install postgresql"
}

// cluster is a running PostgreSQL of our own.
type cluster struct {
	dir   string    // its home; also where its socket is
	life  io.Closer // the cluster ends when this is closed
	ended chan struct{}
	next  int
}

// initdbArgs are part of the name under which the result is kept.
var initdbArgs = []string{"--no-sync", "--no-instructions", "--auth=trust", "--username=postgres",
	"--encoding=UTF8", "--locale=C", "--wal-segsize=1"}

// keeper starts the server and ends it when its input does, which happens
// however the test process ends. $1 is the folder to remove after that.
const keeper = `dir=$1; shift; "$@" </dev/null & pid=$!; exec >/dev/null 2>&1; read -r _; kill -QUIT $pid; wait $pid; cd /; rm -rf "$dir"`

func startCluster() (*cluster, error) {
	bin, err := binDir()
	if err != nil {
		return nil, err
	}
	who, err := runAs()
	if err != nil {
		return nil, err
	}
	data, err := freshData(bin, who, "")
	if err != nil {
		return nil, fmt.Errorf("prepare a PostgreSQL cluster: %w", err)
	}
	cmd := exec.Command("sh", "-c", keeper, "sh", data,
		filepath.Join(bin, "postgres"), "-D", data, "-k", data,
		"-c", "listen_addresses=", "-c", "unix_socket_permissions=0700",
		"-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off",
		"-c", "wal_level=minimal", "-c", "max_wal_senders=0", "-c", "autovacuum=off",
		"-c", "max_connections=400", "-c", "shared_buffers=64MB", "-c", "max_wal_size=256MB",
		"-c", "logging_collector=off", "-c", "log_destination=stderr", "-c", "jit=off")
	who.apply(cmd)
	life, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	log, err := cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	c := &cluster{dir: data, life: life, ended: make(chan struct{})}
	var said []string
	ready := false
	in := bufio.NewScanner(log)
	for !ready && in.Scan() {
		said = append(said, in.Text())
		ready = strings.Contains(in.Text(), "ready to accept connections")
	}
	go func() {
		io.Copy(io.Discard, log) // a full pipe would stop the server
		cmd.Wait()
		close(c.ended)
	}()
	if !ready {
		c.stop()
		return nil, fmt.Errorf("PostgreSQL did not start:\n%s", strings.Join(said, "\n"))
	}
	if err := c.makeTemplate(); err != nil {
		c.stop()
		return nil, err
	}
	return c, nil
}

func (c *cluster) stop() {
	c.life.Close()
	<-c.ended
}

func (c *cluster) dsn(name string) string {
	q := url.Values{"host": {c.dir}, "user": {"postgres"}, "sslmode": {"disable"}}
	return "postgres:///" + name + "?" + q.Encode()
}

// makeTemplate migrates a database once; all others are copies of it.
func (c *cluster) makeTemplate() error {
	if err := c.admin(`CREATE DATABASE migrated`); err != nil {
		return err
	}
	d, err := db.Open(context.Background(), db.Config{DSN: c.dsn("migrated")})
	if err != nil {
		return fmt.Errorf("migrate the template database: %w", err)
	}
	return d.Close()
}

func (c *cluster) create(empty bool) (string, error) {
	c.next++
	name, from := fmt.Sprintf("test_%d", c.next), "migrated"
	if empty {
		from = "template0"
	}
	err := c.admin(fmt.Sprintf(`CREATE DATABASE %s TEMPLATE %s STRATEGY wal_log`, name, from))
	return c.dsn(name), err
}

func (c *cluster) drop(dsn string) {
	if u, err := url.Parse(dsn); err == nil {
		// What cannot be dropped goes with the cluster.
		c.admin(fmt.Sprintf(`DROP DATABASE IF EXISTS %s WITH (FORCE)`, strings.TrimPrefix(u.Path, "/")))
	}
}

func (c *cluster) admin(statement string) error {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, c.dsn("postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, statement); err != nil {
		return fmt.Errorf("%s: %w", statement, err)
	}
	return nil
}

// binDir finds the server's programs, which Debian keeps out of PATH.
func binDir() (string, error) {
	dirs := filepath.SplitList(os.Getenv("PATH"))
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil {
		return "", err
	}
	slices.Reverse(found) // the newest first
	for _, dir := range append(found, dirs...) {
		_, e1 := os.Stat(filepath.Join(dir, "initdb"))
		_, e2 := os.Stat(filepath.Join(dir, "postgres"))
		if e1 == nil && e2 == nil {
			return dir, nil
		}
	}
	return "", &missingError{"PostgreSQL (initdb and postgres)"}
}

// identity is whom the server runs as; it refuses to run as root.
type identity struct {
	uid, gid int
	change   bool
}

func runAs() (identity, error) {
	if os.Geteuid() != 0 {
		return identity{uid: os.Geteuid(), gid: os.Getegid()}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.Atoi(u.Uid)
		gid, err2 := strconv.Atoi(u.Gid)
		if err := errors.Join(err1, err2); err != nil {
			return identity{}, err
		}
		return identity{uid, gid, true}, nil
	}
	return identity{}, &missingError{"a user to run PostgreSQL as (postgres or nobody)"}
}

func (w identity) apply(cmd *exec.Cmd) {
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C", "TZ=UTC"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // an interrupt at the terminal is ours to handle
	if w.change {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(w.uid), Gid: uint32(w.gid), NoSetGroups: true}
	}
}

func (w identity) run(name string, args ...string) error {
	cmd := exec.Command(name, args...)
	w.apply(cmd)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", filepath.Base(name), err, out)
	}
	return nil
}

// freshData makes the folder of a new cluster: a copy of one that was
// initialised once for this version of PostgreSQL and this user. It is inside
// parent, or where temporary files are when that is empty.
func freshData(bin string, who identity, parent string) (string, error) {
	out, err := exec.Command(filepath.Join(bin, "postgres"), "--version").Output()
	if err != nil {
		return "", err
	}
	base := os.TempDir()
	if len(base) > 60 {
		base = "/tmp" // a socket's path is short
	}
	key := sha256.Sum256(fmt.Append(nil, bin, string(out), initdbArgs))
	kept := filepath.Join(base, fmt.Sprintf("stroll-initdb-%x-%d", key[:6], who.uid))
	if !ownedBy(kept, who.uid) {
		if err := initialise(base, kept, bin, who); err != nil {
			return "", err
		}
	}
	dir, err := os.MkdirTemp(cmp.Or(parent, base), "stroll-pg-")
	if err != nil {
		return "", err
	}
	if err := os.Chown(dir, who.uid, who.gid); err != nil {
		return "", err
	}
	return dir, who.run("cp", "-a", "--reflink=auto", kept+"/.", dir)
}

// initialise makes kept, which appears whole or not at all. Of several
// processes that try at once the first wins.
func initialise(base, kept, bin string, who identity) error {
	dir, err := os.MkdirTemp(base, "stroll-initdb-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := os.Chown(dir, who.uid, who.gid); err != nil {
		return err
	}
	made := filepath.Join(dir, "data")
	if err := who.run(filepath.Join(bin, "initdb"), append(initdbArgs, "-D", made)...); err != nil {
		return err
	}
	if err := os.Rename(made, kept); err != nil && !ownedBy(kept, who.uid) {
		return err
	}
	return nil
}

// ownedBy says whether a real folder of that user's own is there: the folder
// for temporary files is open to others.
func ownedBy(dir string, uid int) bool {
	info, err := os.Lstat(dir)
	if err != nil || !info.IsDir() {
		return false
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(st.Uid) == uid
}
