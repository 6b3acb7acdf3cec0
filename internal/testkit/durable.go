package testkit

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Durable is a PostgreSQL server of a test's own with the server's default
// settings, so that a commit is on the disk when it is answered: for
// measurements, and for tests of what a crash leaves.
type Durable struct {
	Dir       string // where its socket is: the host of a connection
	Bin       string // the folder of the server's programs
	Version   string // as the server prints it
	Keeper    int    // process that is the server's parent
	databases int
}

// NewDurable starts a server for the length of the test. settings are added to
// the defaults, as in "shared_buffers=256MB". Without PostgreSQL on the machine
// the test is skipped, or fails when the variable CI is set.
func NewDurable(t testing.TB, settings ...string) *Durable {
	t.Helper()
	d, stop, err := startDurable(settings)
	if _, missing := err.(*missingError); missing && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatalf("start a durable PostgreSQL: %v", err)
	}
	t.Cleanup(stop)
	return d
}

func startDurable(settings []string) (_ *Durable, stop func(), err error) {
	bin, err := binDir()
	if err != nil {
		return nil, nil, err
	}
	who, err := runAs()
	if err != nil {
		return nil, nil, err
	}
	base := os.TempDir()
	if len(base) > 60 {
		base = "/tmp" // a socket's path is short
	}
	dir, err := os.MkdirTemp(base, "stroll-durable-")
	if err != nil {
		return nil, nil, err
	}
	defer func() {
		if err != nil {
			os.RemoveAll(dir)
		}
	}()
	if err := os.Chown(dir, who.uid, who.gid); err != nil {
		return nil, nil, err
	}
	data := filepath.Join(dir, "data")
	if err := who.run(filepath.Join(bin, "initdb"), "--no-instructions", "--auth=trust", "--username=postgres",
		"--encoding=UTF8", "--locale=C", "-D", data); err != nil {
		return nil, nil, err
	}
	args := []string{"-c", keeper, "sh", dir, filepath.Join(bin, "postgres"), "-D", data, "-k", dir, "-c", "listen_addresses=", "-c", "log_destination=stderr"}
	for _, s := range settings {
		args = append(args, "-c", s)
	}
	cmd := exec.Command("sh", args...)
	who.apply(cmd)
	life, err := cmd.StdinPipe()
	if err != nil {
		return nil, nil, err
	}
	log, err := cmd.StderrPipe()
	if err != nil {
		return nil, nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, nil, err
	}
	ended := make(chan struct{})
	stop = func() { life.Close(); <-ended }
	ready, said := false, []string{}
	in := bufio.NewScanner(log)
	for !ready && in.Scan() {
		said = append(said, in.Text())
		ready = strings.Contains(in.Text(), "ready to accept connections")
	}
	go func() {
		io.Copy(io.Discard, log)
		cmd.Wait()
		close(ended)
	}()
	if !ready {
		stop()
		return nil, nil, fmt.Errorf("it did not start:\n%s", strings.Join(said, "\n"))
	}
	d := &Durable{Dir: dir, Bin: bin, Keeper: cmd.Process.Pid}
	err = d.admin("SHOW server_version", &d.Version)
	if err != nil {
		stop()
		return nil, nil, err
	}
	return d, stop, nil
}

// DSN is the address of one of its databases.
func (d *Durable) DSN(name string) string {
	q := url.Values{"host": {d.Dir}, "user": {"postgres"}, "sslmode": {"disable"}}
	return "postgres:///" + name + "?" + q.Encode()
}

// Database makes an empty database, not migrated, and returns its address.
func (d *Durable) Database(t testing.TB) string {
	t.Helper()
	d.databases++
	name := fmt.Sprintf("durable_%d", d.databases)
	if err := d.admin("CREATE DATABASE "+name, nil); err != nil {
		t.Fatal(err)
	}
	return d.DSN(name)
}

// admin runs a statement in the server's own database and reads its one value
// if into is not nil.
func (d *Durable) admin(statement string, into any) error {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, d.DSN("postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	if into == nil {
		_, err = conn.Exec(ctx, statement)
	} else {
		err = conn.QueryRow(ctx, statement).Scan(into)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", statement, err)
	}
	return nil
}
