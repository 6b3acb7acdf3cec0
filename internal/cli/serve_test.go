package cli_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/strollhq/stroll/jwo"
)

func TestServe_a_stop_answers_what_has_begun_and_loses_nothing(t *testing.T) {
	t.Parallel()
	dir := folder(t, nowhere)
	s := serve(t, dir)
	get(t, s.admin+"/healthz", 200)
	get(t, s.admin+"/readyz", 200)
	if m := get(t, s.admin+"/metrics", 200); !strings.Contains(m, "stroll_") {
		t.Errorf("no metric of ours: %s", m)
	}
	get(t, s.portal+"/r/nonsense", 404)

	// One request is half sent when the stop comes.
	slow := purchase(store, "slow", "SNK-001")
	body, err := json.Marshal(slow)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.connector, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: store\r\nContent-Length: %d\r\n\r\n%s", jwo.PathCreatePurchases, len(body), body[:40])

	// Others keep coming until nobody answers.
	accepted := make(chan string)
	var senders sync.WaitGroup
	for n := range 4 {
		senders.Go(func() {
			for i := 0; ; i++ {
				trip := fmt.Sprintf("trip-%d-%d", n, i)
				status, _, err := post(t, s.connector, purchase(store, trip, "SNK-001", "SNK-002"))
				if err != nil {
					return // nobody answers any more
				}
				if status != http.StatusCreated {
					t.Errorf("%s: answered %d", trip, status)
				}
				accepted <- trip
			}
		})
	}
	go func() { senders.Wait(); close(accepted) }()
	durable := map[string]bool{"slow": true}
	for trip := range accepted {
		if durable[trip] = true; len(durable) == 20 {
			s.signal(syscall.SIGTERM)
			s.wait("msg=stopping")
			if _, err := conn.Write(body[40:]); err != nil {
				t.Fatal(err)
			}
		}
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil || resp.StatusCode != http.StatusCreated {
		t.Errorf("the request that had begun: %v, %v", resp, err)
	}
	s.ended(0)

	for _, row := range listed(t, dir, "cart", "list", "--limit", "1000") {
		delete(durable, row["trip_id"].(string))
	}
	if len(durable) > 0 {
		t.Errorf("accepted and lost: %v", durable)
	}
}

func TestServe_two_processes_share_a_database(t *testing.T) {
	t.Parallel()
	dir := folder(t, nowhere)
	// On a fresh file, so that both make its tables.
	one, two := start(t, dir, "serve"), start(t, dir, "serve")
	var ids [2]string
	var both sync.WaitGroup
	for i, p := range []*process{one, two} {
		m := serving.FindStringSubmatch(p.wait("msg=serving"))
		both.Go(func() {
			status, id, err := post(t, "http://"+m[1], purchase(store, "shared", "SNK-001"))
			if err != nil || status != http.StatusCreated {
				t.Errorf("answered %d, %v", status, err)
			}
			ids[i] = id
		})
	}
	both.Wait()
	if ids[0] != ids[1] || ids[0] == "" {
		t.Errorf("one cart is two purchases: %v", ids)
	}
	one.stop()
	two.stop()
	if rows := listed(t, dir, "cart"); len(rows) != 1 || rows[0]["purchase_id"] != ids[0] {
		t.Errorf("stored: %v", rows)
	}
}

func TestServe_an_address_in_use_is_refused(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, door := range []string{"connector", "portal", "admin"} {
		dir := folder(t, nowhere, door+": 127.0.0.1:0", door+": "+taken.Addr().String())
		p := start(t, dir, "serve")
		p.wait(door + ".*" + taken.Addr().String() + ".*address already in use")
		p.ended(1)
		if strings.Contains(p.printed(), "msg=serving") {
			t.Error("it said that it serves")
		}
	}
}

func TestServe_an_interrupt_ends_it(t *testing.T) {
	t.Parallel()
	s := serve(t, folder(t, nowhere))
	s.signal(syscall.SIGINT)
	s.ended(0)
}

func TestServe_reload(t *testing.T) {
	t.Parallel()
	dir := folder(t, nowhere)
	s := serve(t, dir)
	sent := 0
	cart := func(want int) {
		t.Helper()
		sent++
		if status, _, err := post(t, s.connector, purchase(store, fmt.Sprintf("trip-%d", sent), "SNK-001")); err != nil || status != want {
			t.Errorf("answered %d, not %d (%v)", status, want, err)
		}
	}
	cart(201)

	// A good one takes effect: from now on callers show a secret.
	const region, guarded = "  region: us-east-1\n", "  region: us-east-1\n  inbound: {mode: header, secrets: [0123456789abcdef]}\n"
	configure(t, dir, nowhere, region, guarded)
	s.signal(syscall.SIGHUP)
	s.wait("configuration reloaded")
	cart(403)

	// A bad one is refused whole: what is right in it does not take effect either.
	for _, c := range []struct{ from, to, fault string }{
		{"price: 2.99", "price: cheap", `store.yaml:.*cheap`},
		{"evidence_grace: 1s", "unknown_policy: perhaps", `store.yaml:15: stores\[0\].pay.capture.unknown_policy`},
		{"stores:", "shops: 1\nstores:", `store.yaml:.*unknown field \\"shops\\"`},
		{"stroll.db", "other.db", "database changed, which needs a restart"},
		{"jobs:", "log: {level: error}\njobs:", "log changed, which needs a restart"},
	} {
		configure(t, dir, nowhere, c.from, c.to)
		s.signal(syscall.SIGHUP)
		s.wait(`configuration refused.*` + c.fault)
		cart(403)
	}
	if err := os.Remove(filepath.Join(dir, "store.yaml")); err != nil {
		t.Fatal(err)
	}
	s.signal(syscall.SIGHUP)
	s.wait("configuration refused.*no such file")
	cart(403)

	// And the next good one is taken again.
	configure(t, dir, nowhere)
	s.signal(syscall.SIGHUP)
	eventually(t, "open again", func() bool {
		sent++
		status, _, err := post(t, s.connector, purchase(store, fmt.Sprintf("trip-%d", sent), "SNK-001"))
		return err == nil && status == http.StatusCreated
	})
	s.stop()
}

func TestOutput_a_closed_pipe_is_no_error(t *testing.T) {
	t.Parallel()
	temp := t.TempDir()
	for _, args := range [][]string{{"config", "example"}, {"demo", "--trips", "10", "--exit"}} {
		cmd := exec.Command("stroll", args...)
		cmd.Env = append(os.Environ(), "TMPDIR="+temp)
		var errs strings.Builder
		cmd.Stderr = &errs
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := out.Read(make([]byte, 10)); err != nil {
			t.Fatal(err)
		}
		out.Close()
		if err := cmd.Wait(); err != nil || errs.String() != "" {
			t.Errorf("stroll %s: %v, %s", args[0], err, errs.String())
		}
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestOutput_a_full_disk_is_an_error(t *testing.T) {
	t.Parallel()
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("there is no /dev/full here")
	}
	defer full.Close()
	cmd := exec.Command("stroll", "config", "example")
	var errs strings.Builder
	cmd.Stdout, cmd.Stderr = full, &errs
	if err := cmd.Run(); cmd.ProcessState.ExitCode() != 1 || !strings.Contains(errs.String(), "write output: ") {
		t.Errorf("%v: %s", err, errs.String())
	}
}
