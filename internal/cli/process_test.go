package cli_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/strollhq/stroll/jwo"
)

// patience is how long a test waits for another process.
const patience = 40 * time.Second

// store is the store of the configurations of these tests.
const store = "airport-t2-gate-b14"

// process is a running stroll and what it has printed so far.
type process struct {
	t    *testing.T
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended and all it printed is here

	mu      sync.Mutex
	lines   []string
	changed chan struct{} // closed and replaced at each line
}

// start runs stroll in dir. It is killed at the end of the test, if not before.
func start(t *testing.T, dir string, args ...string) *process {
	t.Helper()
	return launch(t, "stroll", dir, args...)
}

// launch is start for another program file.
func launch(t *testing.T, program, dir string, args ...string) *process {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Dir = dir
	return follow(t, cmd)
}

// follow starts a command and listens to it.
func follow(t *testing.T, cmd *exec.Cmd) *process {
	t.Helper()
	r, w := io.Pipe()
	cmd.Stdout, cmd.Stderr = w, w
	p := &process{t: t, cmd: cmd, done: make(chan struct{}), changed: make(chan struct{})}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		for s := bufio.NewScanner(r); s.Scan(); {
			p.mu.Lock()
			p.lines = append(p.lines, s.Text())
			close(p.changed)
			p.changed = make(chan struct{})
			p.mu.Unlock()
		}
	}()
	go func() {
		_ = cmd.Wait() // its status is in cmd.ProcessState
		w.Close()
		<-read
		close(p.done)
	}()
	t.Cleanup(func() {
		killed := errors.Is(cmd.Process.Kill(), os.ErrProcessDone)
		<-p.done
		if t.Failed() {
			lines := strings.Split(p.printed(), "\n")
			if killed { // a campaign has hundreds
				lines = lines[max(0, len(lines)-5):]
			}
			t.Logf("stroll %s:\n%s", strings.Join(cmd.Args[1:], " "), strings.Join(lines[max(0, len(lines)-50):], "\n"))
		}
	})
	return p
}

func (p *process) printed() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.lines, "\n")
}

// wait returns the first line that a pattern fits.
func (p *process) wait(pattern string) string {
	p.t.Helper()
	re, late := regexp.MustCompile(pattern), time.After(patience)
	for seen := 0; ; {
		p.mu.Lock()
		fresh, changed := p.lines[seen:], p.changed
		p.mu.Unlock()
		for _, line := range fresh {
			if re.MatchString(line) {
				return line
			}
		}
		seen += len(fresh)
		select {
		case <-changed:
		case <-late:
			p.t.Fatalf("it never printed %q", pattern)
		case <-p.done:
			if p.mu.Lock(); len(p.lines) == seen {
				p.mu.Unlock()
				p.t.Fatalf("it ended and never printed %q", pattern)
			}
			p.mu.Unlock()
		}
	}
}

func (p *process) signal(s syscall.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// ended waits for the process and checks its status.
func (p *process) ended(status int) {
	p.t.Helper()
	select {
	case <-p.done:
	case <-time.After(patience):
		p.t.Fatal("it does not end")
	}
	if got := p.cmd.ProcessState.ExitCode(); got != status {
		p.t.Fatalf("it ended with status %d, not %d", got, status)
	}
}

// stop ends a process as a service manager does.
func (p *process) stop() {
	p.t.Helper()
	p.signal(syscall.SIGTERM)
	p.ended(0)
}

// server is stroll serve with the addresses it has printed.
type server struct {
	*process
	connector, portal, admin string
}

var serving = regexp.MustCompile(`msg=serving connector=(\S+) portal=(\S+) admin=(\S+)`)

func serve(t *testing.T, dir string) server {
	t.Helper()
	return start(t, dir, "serve").serving()
}

// serving waits until the process serves.
func (p *process) serving() server {
	p.t.Helper()
	m := serving.FindStringSubmatch(p.wait("msg=serving"))
	return server{p, "http://" + m[1], "http://" + m[2], "http://" + m[3]}
}

// config is a configuration with free ports, whose Amazon is at an address.
const config = `
database: stroll.db
listen: {connector: 127.0.0.1:0, portal: 127.0.0.1:0, admin: 127.0.0.1:0}
amazon:
  region: us-east-1
  payments_url: %s
  access_key_id: AKIDSTROLL
  secret_access_key: secret-of-the-tests
jobs: {lease: 3s, poll: 100ms}
stores:
  - id: airport-t2-gate-b14
    pay:
      preauth: {amount: "25.00"}
      retry: {first: 50ms, ceiling: 200ms, call_timeout: 1s}
      capture: {evidence_grace: 1s}
    prices:
      items:
        - {sku: SNK-001, name: Almonds, price: 2.99}
        - {sku: SNK-002, name: Crisps, price: 1.99}
`

// nowhere is an address at which nobody is.
const nowhere = "http://127.0.0.1:9"

// folder makes a folder with a configuration in it.
func folder(t *testing.T, amazon string, replace ...string) string {
	t.Helper()
	dir := t.TempDir()
	configure(t, dir, amazon, replace...)
	return dir
}

// configure writes a folder's configuration, with texts replaced.
func configure(t *testing.T, dir, amazon string, replace ...string) {
	t.Helper()
	text := fmt.Sprintf(config, amazon)
	for i := 0; i < len(replace); i += 2 {
		if !strings.Contains(text, replace[i]) {
			t.Fatalf("the configuration has no %q", replace[i])
		}
		text = strings.Replace(text, replace[i], replace[i+1], 1)
	}
	if err := os.WriteFile(filepath.Join(dir, "store.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// command runs a command to its end and returns what it printed.
func command(t *testing.T, dir string, args ...string) string {
	t.Helper()
	return ask(t, "stroll", dir, args...)
}

// ask is command for another program file.
func ask(t *testing.T, program, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Dir = dir
	out, err := cmd.Output()
	if exit := new(exec.ExitError); errors.As(err, &exit) {
		t.Fatalf("stroll %s: %v\n%s", strings.Join(args, " "), err, exit.Stderr)
	} else if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// listed runs a command with --json and reads what it printed.
func listed(t *testing.T, dir string, args ...string) []map[string]any {
	t.Helper()
	var rows []map[string]any
	if err := json.Unmarshal([]byte(command(t, dir, append(args, "--json")...)), &rows); err != nil {
		t.Fatal(err)
	}
	return rows
}

// get fetches a page that must be there with a status.
func get(t *testing.T, url string, status int) string {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != status {
		t.Fatalf("%s: %d, not %d (%v): %s", url, resp.StatusCode, status, err, body)
	}
	return string(body)
}

// post sends a cart and returns the status and the purchase's id.
func post(t *testing.T, connector string, r *jwo.CreatePurchasesRequest) (int, string, error) {
	t.Helper()
	body, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Post(connector+jwo.PathCreatePurchases, "application/json", bytes.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	var answer jwo.CreatePurchasesResponse
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return 0, "", err
	}
	return resp.StatusCode, answer.PurchaseID, nil
}

// eventually asks again and again until another process has got somewhere.
func eventually(t *testing.T, what string, reached func() bool) {
	t.Helper()
	late, again := time.After(patience), time.NewTicker(50*time.Millisecond)
	defer again.Stop()
	for !reached() {
		select {
		case <-again.C:
		case <-late:
			t.Fatalf("never %s", what)
		}
	}
}
