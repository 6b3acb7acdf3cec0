package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/strollhq/stroll/internal/fault"
)

// simulatorFlag says which running simulator is asked.
type simulatorFlag struct {
	At string `default:"http://127.0.0.1:8091" placeholder:"URL" help:"The simulator's management port (default http://127.0.0.1:8091)."`
}

// ask sends a request to the management port and reads its answer into a
// value. An answer of 409 is read as well: it is the answer of an assertion
// that does not hold, and held says so.
func (c simulatorFlag) ask(s *streams, method, path string, query url.Values, body, into any) (held bool, err error) {
	base, err := url.Parse(c.At)
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return false, fault.New(fault.Invalid, "--at %q: not an address such as http://127.0.0.1:8091", c.At)
	}
	address := base.JoinPath(path)
	address.RawQuery = query.Encode()
	var send io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return false, fmt.Errorf("ask the simulator: %w", err)
		}
		send = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(s.ctx, method, address.String(), send)
	if err != nil {
		return false, fmt.Errorf("ask the simulator: %w", err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false, fmt.Errorf("ask the simulator: %w\nIs it running, with its management port at %s? stroll simulate starts one; --at names another", err, c.At)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return false, fmt.Errorf("ask the simulator: read its answer: %w", err)
	}
	if resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusConflict {
		return false, refusal(resp.StatusCode, c.At, text)
	}
	if err := json.Unmarshal(text, into); err != nil {
		return false, fmt.Errorf("%s does not answer as a simulator: %w", c.At, err)
	}
	return resp.StatusCode == http.StatusOK, nil
}

// refusal is what the simulator, or somebody else at its address, says.
func refusal(status int, at string, text []byte) error {
	var b struct{ Error string }
	switch err := json.Unmarshal(text, &b); {
	case err != nil || b.Error == "":
		return fmt.Errorf("%s is no management port of a simulator: status %d", at, status)
	case status == http.StatusBadRequest:
		return fault.New(fault.Invalid, "the simulator: %w", errors.New(b.Error))
	}
	return fmt.Errorf("the simulator: %s", strings.TrimSpace(b.Error))
}
