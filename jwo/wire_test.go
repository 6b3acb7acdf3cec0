package jwo_test

import (
	"bufio"
	"bytes"
	"net/http"
)

// parse reads a request from the wire as a server does, with its body apart;
// nil when a server would not.
func parse(wire []byte) (*http.Request, []byte) {
	head, body, _ := bytes.Cut(wire, []byte("\r\n\r\n"))
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(append(bytes.Clone(head), "\r\n\r\n"...))))
	if err != nil {
		return nil, nil
	}
	return r, body
}
