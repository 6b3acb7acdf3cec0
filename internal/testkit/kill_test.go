package testkit_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/strollhq/stroll/internal/testkit"
)

// TestKilled kills a test process that has a cluster; the cluster must end
// with it and leave nothing behind.
func TestKilled(t *testing.T) {
	t.Parallel()
	testkit.PostgresDSN(t) // skips where there is no PostgreSQL
	cmd := exec.Command(os.Args[0], "-test.run=^TestKilledChild$", "-test.v")
	cmd.Env = append(os.Environ(), "STROLL_KILLED_CHILD=1")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var dir string
	for in := bufio.NewScanner(out); dir == "" && in.Scan(); {
		if _, dsn, ok := strings.Cut(in.Text(), "cluster at "); ok {
			u, err := url.Parse(dsn)
			if err != nil {
				t.Fatal(err)
			}
			dir = u.Query().Get("host")
		}
	}
	socket := filepath.Join(dir, ".s.PGSQL.5432")
	conn, err := net.Dial("unix", socket)
	if err != nil {
		t.Fatalf("the child's cluster: %v", err)
	}
	defer conn.Close()
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
	// The server ends our connection, and its keeper then removes the folder.
	conn.SetDeadline(time.Now().Add(30 * time.Second))
	if _, err := io.Copy(io.Discard, conn); err != nil {
		t.Errorf("the cluster lives on: %v", err)
	}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for range 1000 {
		if _, err := os.Stat(dir); os.IsNotExist(err) {
			return
		}
		<-tick.C
	}
	t.Errorf("%s is still there", dir)
}

// TestKilledChild is the process that TestKilled kills.
func TestKilledChild(t *testing.T) {
	if os.Getenv("STROLL_KILLED_CHILD") == "" {
		t.Skip("a part of TestKilled")
	}
	fmt.Println("cluster at", testkit.PostgresDSN(t))
	io.Copy(io.Discard, os.Stdin) // until killed
}
