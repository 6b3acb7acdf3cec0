package testkit

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// patience is how long a server may take to start or to recover.
const patience = 60 * time.Second

// Server is a PostgreSQL of one test's own, set up as one that holds money: each
// commit is on the disk before it is answered. The test may crash it and start
// it again. It ends with the test, and with the test process however that ends.
type Server struct {
	// DSN is the address of its database, empty at first.
	DSN string

	t       testing.TB
	dir     string
	mu      sync.Mutex
	orders  io.WriteCloser
	said    []string      // its log
	changed chan struct{} // closed and replaced at each line
}

// serverKeeper obeys orders: "start", or the name of a signal for the server,
// which is then waited for. When the orders end it ends the server and removes
// its folder, $1.
const serverKeeper = `dir=$1; shift; exec 3>&2 >/dev/null 2>&1
up() { "$@" </dev/null 2>&3 3>&- & pid=$!; }
up "$@"
while read -r order; do
	case $order in
	start) up "$@" ;;
	*) kill -"$order" $pid; wait $pid; echo "keeper: the server has ended" >&3 ;;
	esac
done
kill -QUIT $pid; wait $pid; cd /; rm -rf "$dir"`

// NewServer starts a server whose folder is made inside parent; empty is where
// temporary files are. Without PostgreSQL on the machine the test is skipped,
// or fails when the variable CI is set.
func NewServer(t testing.TB, parent string) *Server {
	t.Helper()
	bin, err := binDir()
	refuse(t, err)
	who, err := runAs()
	refuse(t, err)
	data, err := freshData(bin, who, parent)
	if err != nil {
		t.Fatalf("prepare a PostgreSQL server: %v", err)
	}
	cmd := exec.Command("sh", "-c", serverKeeper, "sh", data,
		filepath.Join(bin, "postgres"), "-D", data, "-k", data,
		"-c", "listen_addresses=", "-c", "unix_socket_permissions=0700", "-c", "max_connections=100",
		"-c", "shared_buffers=32MB", "-c", "min_wal_size=2MB", "-c", "max_wal_size=16MB",
		"-c", "logging_collector=off", "-c", "log_destination=stderr", "-c", "jit=off",
		"-c", "log_min_messages=log", "-c", "log_checkpoints=off")
	who.apply(cmd)
	s := &Server{t: t, dir: data, changed: make(chan struct{})}
	if s.orders, err = cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	log, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("start PostgreSQL: %v", err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for in := bufio.NewScanner(log); in.Scan(); {
			s.hear(in.Text())
		}
		_ = cmd.Wait() // whatever ended the server, it was ordered
	}()
	t.Cleanup(func() {
		s.orders.Close()
		<-ended
		if t.Failed() {
			t.Logf("PostgreSQL said:\n%s", strings.Join(s.said[max(0, len(s.said)-60):], "\n"))
		}
	})
	s.await(0, "ready to accept connections")
	s.run("postgres", "CREATE DATABASE stroll")
	s.DSN = s.dsn("stroll")
	return s
}

// Crash ends the server at once with SIGQUIT, as "pg_ctl stop -m immediate"
// does, or with SIGKILL, and returns when it has ended. Nothing is shut down:
// the next start recovers from the log.
func (s *Server) Crash(sig syscall.Signal) {
	s.t.Helper()
	name := map[syscall.Signal]string{syscall.SIGQUIT: "QUIT", syscall.SIGKILL: "KILL"}[sig]
	if name == "" {
		s.t.Fatalf("a server does not crash by %v", sig)
	}
	from := s.lines()
	s.order(name)
	s.await(from, "keeper: the server has ended")
}

// Start starts a server that has ended, and returns when it takes connections.
func (s *Server) Start() {
	s.t.Helper()
	for late := time.Now().Add(patience); ; {
		from := s.lines()
		s.order("start")
		// The processes of a server that was killed may outlive it for a moment.
		line := s.await(from, "ready to accept connections", "pre-existing shared memory block", "lock file")
		if strings.Contains(line, "ready") {
			return
		}
		if time.Now().After(late) {
			s.t.Fatalf("PostgreSQL does not start: %s", line)
		}
	}
}

// Supervise starts the server if it has ended by itself, as a service manager
// does, and returns when it takes connections.
func (s *Server) Supervise() {
	s.t.Helper()
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	for late := time.Now().Add(patience); ; <-again.C {
		conn, err := pgx.Connect(s.t.Context(), s.DSN)
		if err == nil {
			conn.Close(s.t.Context())
			return
		}
		if _, answered := errors.AsType[*pgconn.PgError](err); !answered {
			s.Start()
		}
		if time.Now().After(late) {
			s.t.Fatalf("PostgreSQL does not come back: %v", err)
		}
	}
}

// CrashBackend kills the process behind one of the connections of an
// application: the server ends all others and recovers. It returns when
// connections are taken again.
func (s *Server) CrashBackend(application string) {
	s.t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, s.dsn("postgres"))
	if err != nil {
		s.t.Fatal(err)
	}
	defer conn.Close(ctx)
	var pid int
	err = conn.QueryRow(ctx, `SELECT pid FROM pg_stat_activity WHERE application_name = $1 ORDER BY query_start DESC LIMIT 1`, application).Scan(&pid)
	if err != nil {
		s.t.Fatalf("find a connection of %s: %v", application, err)
	}
	from := s.lines()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		s.t.Fatal(err)
	}
	s.await(from, "ready to accept connections")
}

func (s *Server) dsn(name string) string {
	q := url.Values{"host": {s.dir}, "user": {"postgres"}, "sslmode": {"disable"}}
	return "postgres:///" + name + "?" + q.Encode()
}

func (s *Server) run(database, statement string) {
	s.t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, s.dsn(database))
	if err != nil {
		s.t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, statement); err != nil {
		s.t.Fatalf("%s: %v", statement, err)
	}
}

func (s *Server) order(what string) {
	s.t.Helper()
	if _, err := fmt.Fprintln(s.orders, what); err != nil {
		s.t.Fatalf("order PostgreSQL to %s: %v", what, err)
	}
}

func (s *Server) hear(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.said = append(s.said, line)
	close(s.changed)
	s.changed = make(chan struct{})
}

func (s *Server) lines() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.said)
}

// await returns the first line of the log, from a place on, that has one of the
// texts in it.
func (s *Server) await(from int, texts ...string) string {
	s.t.Helper()
	late := time.After(patience)
	for {
		s.mu.Lock()
		fresh, changed := s.said[from:], s.changed
		s.mu.Unlock()
		for _, line := range fresh {
			for _, text := range texts {
				if strings.Contains(line, text) {
					return line
				}
			}
		}
		from += len(fresh)
		select {
		case <-changed:
		case <-late:
			s.t.Fatalf("PostgreSQL never said %q", texts)
		}
	}
}
