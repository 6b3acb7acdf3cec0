package bench_test

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
)

// wire stands between the program and its PostgreSQL and counts what goes to
// the server.
type wire struct {
	statements atomic.Int64 // begin and commit included
	trips      atomic.Int64 // times the program must wait for an answer
}

// listenOn puts a wire before the server of an address and returns the address
// to use instead.
func (w *wire) listenOn(t testing.TB, dsn string) string {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("/tmp", "stroll-wire-") // a socket's path is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	const socket = ".s.PGSQL.5432"
	q := u.Query()
	server := filepath.Join(q.Get("host"), socket)
	lis, err := net.Listen("unix", filepath.Join(dir, socket))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { lis.Close() })
	go func() {
		for {
			c, err := lis.Accept()
			if err != nil {
				return
			}
			go w.carry(c, server)
		}
	}()
	q.Set("host", dir)
	u.RawQuery = q.Encode()
	return u.String()
}

func (w *wire) carry(client net.Conn, address string) {
	defer client.Close()
	server, err := net.Dial("unix", address)
	if err != nil {
		return
	}
	defer server.Close()
	go func() {
		io.Copy(client, server)
		client.Close()
	}()
	w.count(server, client)
}

// count passes messages on. The first one has no type; all others are a type, a
// length that counts itself, and so many bytes.
func (w *wire) count(server io.Writer, client io.Reader) error {
	for first := true; ; first = false {
		head := make([]byte, 5)
		if first {
			head = head[1:]
		}
		if _, err := io.ReadFull(client, head); err != nil {
			return err
		}
		length := binary.BigEndian.Uint32(head[len(head)-4:])
		if length < 4 {
			return fmt.Errorf("a message of length %d", length)
		}
		message := make([]byte, len(head)+int(length)-4)
		copy(message, head)
		if _, err := io.ReadFull(client, message[len(head):]); err != nil {
			return err
		}
		if !first {
			switch head[0] {
			case 'Q': // a simple query: statement and round trip in one
				w.statements.Add(1)
				w.trips.Add(1)
			case 'E': // Execute
				w.statements.Add(1)
			case 'S': // Sync
				w.trips.Add(1)
			}
		}
		if _, err := server.Write(message); err != nil {
			return err
		}
	}
}
